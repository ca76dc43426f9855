//! Measures the servers against each other. The README explains the results.

mod load;
mod nginx;
mod process;
mod silent;
mod speed;
mod streams;
mod table;
mod transfer;

use std::{error::Error, hint::black_box, process::ExitCode, thread, time::Duration};

use crate::process::Server;

/// The servers in pairs: ours, then its peer.
const SERVERS: [&str; 4] = ["thread", "tiny_http", "smol", "hyper"];
const RATIOS: [(&str, &str); 3] = [("smol", "hyper"), ("thread", "tiny_http"), ("smol", "thread")];

/// The same service, by h1events-tower on smol and by `axum::serve` on tokio, as it is and with TCP_NODELAY; and the
/// transport without a service, which no service can exceed.
const AXUM: [&str; 4] = ["axum-smol", "axum-tokio", "axum-nodelay", "smol"];
const AXUM_RATIOS: [(&str, &str); 3] =
    [("axum-smol", "axum-tokio"), ("axum-smol", "axum-nodelay"), ("smol", "axum-nodelay")];

/// The options of the command line.
struct Options {
    rounds: usize,
    length: Duration,
    connections: usize,
    /// Threads that only compute meanwhile.
    busy: usize,
    /// Empty means everything.
    parts: Vec<String>,
}

fn main() -> ExitCode {
    let result = parse(std::env::args().skip(1)).and_then(|options| run(&options));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        rounds: 5,
        length: Duration::from_secs(3),
        connections: 10_000,
        busy: 0,
        parts: Vec::new(),
    };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().ok_or(USAGE)?.parse::<u32>().map_err(|_| USAGE);
        match &*argument {
            "--rounds" => options.rounds = number()?.max(1) as usize,
            "--seconds" => options.length = Duration::from_secs(number()?.max(1).into()),
            "--connections" => options.connections = number()?.max(1) as usize,
            "--busy" => options.busy = number()? as usize,
            "speed" | "memory" | "beside" | "streams" | "axum" => options.parts.push(argument),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

const USAGE: &str = "[--rounds N] [--seconds S] [--connections N] [--busy N] \
    [speed] [memory] [beside] [streams] [axum]; see README.md";

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let wants = |part| options.parts.is_empty() || options.parts.iter().any(|name| name == part);
    for name in SERVERS.into_iter().chain(AXUM) {
        Server::start(name)?.check()?;
    }
    for _ in 0..options.busy {
        thread::spawn(|| while black_box(true) {});
    }
    if wants("speed") {
        for (connections, pipelined) in [(8, 1), (64, 1), (256, 1), (64, 16)] {
            let load = speed::Load { connections, pipelined };
            speed::measure(&SERVERS, &RATIOS, load, options.rounds, options.length)?;
        }
    }
    if wants("memory") {
        silent::memory(&["smol", "hyper"], options.connections)?;
    }
    if wants("beside") {
        silent::beside(&SERVERS, 1_500)?;
    }
    if wants("streams") {
        streams::measure(options.rounds)?;
    }
    if wants("axum") {
        for pipelined in [1, 16] {
            let load = speed::Load { connections: 64, pipelined };
            speed::measure(&AXUM, &AXUM_RATIOS, load, options.rounds, options.length)?;
        }
    }
    Ok(())
}
