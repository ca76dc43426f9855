//! Octets a second of large bodies, and their processor time in the server.

use std::error::Error;

use crate::{
    nginx::Nginx,
    process::Server,
    table::{median, print_ratio},
    transfer::Transfer,
};

/// Octets of a body: a GiB.
const LENGTH: u64 = 1024 * 1024 * 1024;

/// The result of a server in one round.
struct Round {
    /// GB a second.
    rate: f64,
    /// Milliseconds of the server's processor time for a GiB.
    cost: f64,
}

/// A server, its transfer, and its rounds.
struct Contestant<'a> {
    name: &'static str,
    server: &'a Server,
    transfer: Transfer,
    rounds: Vec<Round>,
}

/// Measures downloads against nginx, then uploads against hyper.
pub(crate) fn measure(rounds: usize) -> Result<(), Box<dyn Error>> {
    let nginx = Nginx::start(LENGTH)?;
    let [thread, smol, hyper] =
        ["thread", "smol", "hyper"].map(|name| Server::start_kind("stream", name));
    let (thread, smol, hyper) = (thread?, smol?, hyper?);
    let [down, down_chunked] = [false, true].map(|chunked| Transfer::Download { chunked });
    let [up, up_chunked] = [false, true].map(|chunked| Transfer::Upload { chunked });
    let contest = |name, server, transfer| Contestant { name, server, transfer, rounds: vec![] };
    let mut downloads = [
        contest("nginx", &nginx.server, down),
        contest("thread", &thread, down),
        contest("thread, chunked", &thread, down_chunked),
        contest("smol", &smol, down),
        contest("smol, chunked", &smol, down_chunked),
    ];
    run("download of a GiB", &mut downloads, rounds)?;
    compare(&downloads, &[(1, 0), (2, 0), (3, 0), (4, 0)]);
    let mut uploads = [
        contest("hyper", &hyper, up),
        contest("hyper, chunked", &hyper, up_chunked),
        contest("thread", &thread, up),
        contest("thread, chunked", &thread, up_chunked),
        contest("smol", &smol, up),
        contest("smol, chunked", &smol, up_chunked),
    ];
    run("upload of a GiB", &mut uploads, rounds)?;
    compare(&uploads, &[(2, 0), (3, 1), (4, 0), (5, 1)]);
    Ok(())
}

/// Lets them take turns in a rotating order.
fn run(
    what: &str,
    contestants: &mut [Contestant<'_>],
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    for round in 0..rounds {
        for turn in 0..contestants.len() {
            let at = (round + turn) % contestants.len();
            let Contestant { server, transfer, rounds, .. } = &mut contestants[at];
            let before = server.ticks()?;
            let time = transfer.run(server.address, LENGTH)?;
            let cost = (server.ticks()? - before) as f64 * 10.0;
            rounds.push(Round { rate: LENGTH as f64 / 1e9 / time.as_secs_f64(), cost });
        }
    }
    println!("\n{what}, {rounds} rounds");
    println!("{:<28}{:>8}{:>16}", "", "GB/s", "CPU ms/GiB");
    for Contestant { name, rounds, .. } in contestants {
        let rate = median(rounds.iter().map(|round| round.rate));
        let cost = median(rounds.iter().map(|round| round.cost));
        println!("{name:<28}{rate:>8.2}{cost:>16.0}");
    }
    Ok(())
}

fn compare(contestants: &[Contestant<'_>], pairs: &[(usize, usize)]) {
    for &(ours, theirs) in pairs {
        let (ours, theirs) = (&contestants[ours], &contestants[theirs]);
        let pairs = || ours.rounds.iter().zip(&theirs.rounds);
        let name = format!("{} / {}", ours.name, theirs.name);
        print_ratio(&name, pairs().map(|(a, b)| a.rate / b.rate));
        print_ratio("    CPU for a GiB", pairs().map(|(a, b)| a.cost / b.cost));
    }
}
