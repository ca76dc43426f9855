//! Scenarios: each has one situation, and bounds that a server must keep.

mod bursts;
mod client;
mod crowd;
mod distant;
mod honest;
mod lockout;
mod memory;
mod partial_reads;
mod relay;
mod report;
mod silent;
mod stderr;
mod stopped;
mod streams;
mod uploads;
mod victim;

use std::{error::Error, time::Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::report::Report;
use crate::{TRANSPORTS, USAGE};

type Scenario = fn(&mut Report) -> Result<(), Box<dyn Error>>;

const SCENARIOS: [(&str, Scenario); 10] = [
    ("lockout", lockout::run),
    ("distant", distant::run),
    ("bursts", bursts::run),
    ("stopped", stopped::run),
    ("stderr", stderr::run),
    ("memory", memory::run),
    ("silent", silent::run),
    ("uploads", uploads::run),
    ("streams", streams::run),
    ("partial-reads", partial_reads::run),
];

/// Runs the named scenarios, or all.
///
/// # Errors
///
/// The arguments are wrong, or a server broke a bound.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let mut quick = false;
    let mut names = Vec::new();
    let mut transports = Vec::new();
    for argument in arguments {
        if argument == "--quick" {
            quick = true;
        } else if let Some(transport) = TRANSPORTS.iter().find(|name| **name == argument) {
            transports.push(*transport);
        } else if let Some((name, _)) = SCENARIOS.iter().find(|(name, _)| *name == argument) {
            names.push(*name);
        } else {
            let all = SCENARIOS.map(|(name, _)| name).join(", ");
            return Err(format!("{USAGE}\nscenarios: {all}").into());
        }
    }
    raise_descriptor_limit()?;
    let start = Instant::now();
    let (mut kept, mut broken) = (0, Vec::new());
    for transport in TRANSPORTS {
        if !transports.is_empty() && !transports.contains(&transport) {
            continue;
        }
        let mut report = Report::new(transport, quick);
        for (name, scenario) in SCENARIOS {
            if names.is_empty() || names.contains(&name) {
                report.begin(name);
                scenario(&mut report).unwrap_or_else(|error| report.fail(error));
            }
        }
        let results = report.end();
        kept += results.0;
        broken.extend(results.1);
    }
    println!("{kept} as asked, {} not, in {} s", broken.len(), start.elapsed().as_secs());
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\nattack: ").into()) }
}

/// Raises the descriptor limit to the highest allowed, for thousands of connections in a process.
fn raise_descriptor_limit() -> Result<(), Box<dyn Error>> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(())
}
