//! Attacks both servers, with well-behaved clients beside the attacks. The README explains the output.

mod attack;
mod beside;
mod net;
mod pattern;
mod process;
mod random;
mod round;
mod scenario;

use std::{
    error::Error,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The options of the command line.
struct Options {
    /// Time of all rounds together, for each server.
    length: Duration,
    rounds: u32,
    connections: usize,
    seed: u64,
    /// Empty means both.
    transports: Vec<&'static str>,
}

const TRANSPORTS: [&str; 2] = ["thread", "smol"];

const USAGE: &str = "[--seconds S] [--rounds N] [--connections N] [--seed N] [thread] [smol]
    or scenarios [--quick] [NAME]... [thread] [smol]; see README.md";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let result = match arguments.next_if_eq("scenarios") {
        Some(_) => scenario::run(arguments),
        None => parse(arguments).and_then(|options| run(&options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let mut options = Options {
        length: Duration::from_secs(300),
        rounds: 5,
        connections: 200,
        seed: since.as_secs(),
        transports: Vec::new(),
    };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().ok_or(USAGE)?.parse::<u32>().map_err(|_| USAGE);
        match &*argument {
            "--seconds" => options.length = Duration::from_secs(number()?.max(1).into()),
            // One round can't show growth.
            "--rounds" => options.rounds = number()?.max(2),
            "--connections" => options.connections = number()?.max(150) as usize,
            "--seed" => options.seed = number()?.into(),
            "thread" => options.transports.push("thread"),
            "smol" => options.transports.push("smol"),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    for transport in TRANSPORTS {
        if options.transports.is_empty() || options.transports.contains(&transport) {
            round::all(transport, options).map_err(|error| format!("{transport}: {error}"))?;
        }
    }
    Ok(())
}
