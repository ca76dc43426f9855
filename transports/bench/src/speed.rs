//! Requests a second, and their processor time in the server.

use std::{error::Error, time::Duration};

use crate::{
    load,
    process::Server,
    table::{median, print_ratio},
};

/// The load of wrk on a server.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// Requests in one write.
    pub(crate) pipelined: usize,
}

/// The result of a server in one round.
struct Round {
    rate: f64,
    /// Microseconds of the server's processor time for one request.
    cost: f64,
}

/// Loads one server after the other, round by round, so that a busy machine affects all of them
/// equally.
pub(crate) fn measure(
    names: &[&'static str],
    ratios: &[(&'static str, &'static str)],
    Load { connections, pipelined }: Load,
    rounds: usize,
    length: Duration,
) -> Result<(), Box<dyn Error>> {
    let servers: Vec<Server> =
        names.iter().copied().map(Server::start).collect::<Result<_, _>>()?;
    let mut results: Vec<Vec<Round>> = names.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for turn in 0..servers.len() {
            let at = (round + turn) % servers.len();
            let server = &servers[at];
            let before = server.ticks()?;
            let rate = load::run(server.address, connections, pipelined, length)?;
            let spent = (server.ticks()? - before) as f64 * 10_000.0;
            results[at].push(Round { rate, cost: spent / (rate * length.as_secs_f64()) });
        }
    }

    println!("\n{pipelined} in a write, {connections} connections, {rounds} rounds");
    println!("{:<12}{:>12}{:>16}", "", "requests/s", "CPU us/request");
    for (name, rounds) in names.iter().zip(&results) {
        let rate = median(rounds.iter().map(|round| round.rate));
        let cost = median(rounds.iter().map(|round| round.cost));
        println!("{name:<12}{rate:>12.0}{cost:>16.2}");
    }
    let of = |name| &results[names.iter().position(|server| *server == name).unwrap_or(0)];
    for (ours, theirs) in ratios {
        let rates = of(*ours).iter().zip(of(*theirs)).map(|(a, b)| a.rate / b.rate);
        print_ratio(&format!("{ours}/{theirs}"), rates);
    }
    Ok(())
}
