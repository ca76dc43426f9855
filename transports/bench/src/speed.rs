//! Requests a second, and what they cost the server.

use std::{error::Error, time::Duration};

use crate::{RATIOS, SERVERS, load, process::Server, table::median};

/// What a server did in one round.
struct Round {
    rate: f64,
    /// Microseconds of the server's processor time for one request.
    cost: f64,
}

/// Loads one server after the other, round by round, so that a busy machine disturbs all
/// of them alike.
pub(crate) fn measure(
    connections: usize,
    pipelined: usize,
    rounds: usize,
    length: Duration,
) -> Result<(), Box<dyn Error>> {
    let servers = SERVERS.map(Server::start);
    let servers: Vec<Server> = servers.into_iter().collect::<Result<_, _>>()?;
    let mut results: Vec<Vec<Round>> = SERVERS.iter().map(|_| Vec::new()).collect();
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
    for (name, rounds) in SERVERS.iter().zip(&results) {
        let rate = median(rounds.iter().map(|round| round.rate));
        let cost = median(rounds.iter().map(|round| round.cost));
        println!("{name:<12}{rate:>12.0}{cost:>16.2}");
    }
    println!("{:<20}{:>8}{:>20}", "ratio of rates", "median", "lowest - highest");
    let of = |name| &results[SERVERS.iter().position(|server| *server == name).unwrap_or(0)];
    for (ours, theirs) in RATIOS {
        let mut ratios: Vec<f64> =
            of(ours).iter().zip(of(theirs)).map(|(a, b)| a.rate / b.rate).collect();
        ratios.sort_by(f64::total_cmp);
        let range = format!("{:.2} - {:.2}", ratios[0], ratios[ratios.len() - 1]);
        let median = median(ratios.into_iter());
        println!("{:<20}{median:>8.2}{range:>20}", format!("{ours}/{theirs}"));
    }
    Ok(())
}
