//! Rounds of attacks, and the resources in use after each.

use std::{error::Error, fmt, time::Instant};

use crate::{
    Options,
    attack::{self, Tallies},
    beside::{Beside, Seen},
    process::{Server, Usage},
    random::Random,
};

/// Attacks a server in several rounds.
pub(crate) fn all(transport: &str, options: &Options) -> Result<(), Box<dyn Error>> {
    let &Options { length, rounds, connections, seed, .. } = options;
    let seconds = length.as_secs();
    println!(
        "\n{transport}: {seconds} s in {rounds} rounds, {connections} connections, seed {seed}"
    );
    let server = Server::start(transport, connections)?;
    let limits = Limits::new(server.at_start()?, connections);
    let columns = ["heap bytes", "blocks", "resident KiB", "trimmed KiB", "descriptors", "threads"];
    print(&"", &columns);
    limits.before.print(&"before");

    let mut random = Random::new(seed);
    let mut tallies = Tallies::default();
    let mut seen = Seen::two();
    let mut first = None;
    for round in 1..=rounds {
        let clients = Beside::start(server.address, seen);
        let end = Instant::now() + length / rounds;
        let attacked =
            server.watch(|| attack::run(server.address, connections, end, &mut random))?;
        seen = clients.join()?;
        tallies += attacked.result?;
        attacked.most.print(&"at most");
        limits.check_most(attacked.most)?;

        let after = server.settled(limits.before)?;
        after.print(&format!("after {round}"));
        limits.check(after, *first.get_or_insert(after))?;
    }
    let summary = server.stop()?;

    print!("{tallies}");
    for seen in &mut seen {
        println!("{}", seen.summary());
    }
    println!("the server ended: {summary}");
    Ok(())
}

/// The resources that a server may still have without clients.
struct Limits {
    before: Usage,
    /// Additional descriptors at any time. Threads have no such limit: one that has closed its
    /// connection ends only when the system schedules it.
    connections: usize,
    heap: u64,
    trimmed: u64,
}

/// Connections that are about to be closed for others.
const CLOSING: usize = 32;

/// Bytes of a buffer. The server keeps as many for the next connections as there were at the same time. A
/// buffer has 8 KiB, and a little for the parts of a request.
const BUFFER: u64 = 10 * 1024;

/// KiB of pages that hold one of a few hundred small blocks, of stacks that the C library keeps for the next
/// threads, and of code that wasn't loaded before.
const PAGES_STACKS_AND_CODE: u64 = 4 * 1024;

/// KiB by which the memory may grow after the first round. A leak would grow in each round: one byte for each
/// connection would exceed this in five minutes.
const GROWTH: u64 = 1024;

impl Limits {
    const fn new(before: Usage, connections: usize) -> Self {
        let heap = connections as u64 * BUFFER;
        Self {
            before,
            connections: connections + CLOSING,
            heap: before.heap + heap,
            trimmed: before.trimmed + heap / 1024 + PAGES_STACKS_AND_CODE,
        }
    }

    fn check_most(&self, most: Usage) -> Result<(), Box<dyn Error>> {
        if most.descriptors > self.before.descriptors + self.connections {
            return Err(format!("there were {} descriptors", most.descriptors).into());
        }
        Ok(())
    }

    fn check(&self, after: Usage, first: Usage) -> Result<(), Box<dyn Error>> {
        if after.descriptors != self.before.descriptors {
            return Err("there are not as many descriptors as before".into());
        }
        if after.threads != self.before.threads {
            return Err("there are not as many threads as before".into());
        }
        if after.heap > self.heap {
            return Err(format!("more than {} bytes of the heap are in use", self.heap).into());
        }
        if after.trimmed > self.trimmed {
            return Err(format!("more than {} KiB are resident", self.trimmed).into());
        }
        if after.trimmed > first.trimmed + GROWTH {
            return Err("the resident memory grows with each round".into());
        }
        Ok(())
    }
}

impl Usage {
    fn print(&self, when: &dyn fmt::Display) {
        let Self { heap, blocks, resident, trimmed, descriptors, threads } = *self;
        // During an attack, some numbers aren't known.
        let text = |number: u64| if number > 0 { number.to_string() } else { String::new() };
        let numbers = [heap, blocks, resident, trimmed, descriptors as u64, threads as u64];
        print(when, &numbers.map(text));
    }
}

fn print<T: fmt::Display>(first: &dyn fmt::Display, columns: &[T]) {
    print!("{first:<10}");
    for column in columns {
        print!("{column:>14}");
    }
    println!();
}
