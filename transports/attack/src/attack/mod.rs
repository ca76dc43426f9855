//! The attacks. Each runs in threads of its own until the round is over, and checks the server's
//! reaction.

mod disconnects;
mod malformed;
mod panics;
mod silence;
mod slow_reads;
mod slow_writes;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{net::connect_from, random::Random};

/// An attacking client.
pub(crate) struct Attacker {
    server: SocketAddr,
    /// Connections that the server allows.
    connections: usize,
    /// When the round is over.
    end: Instant,
    random: Random,
}

/// The number of attacks, and of the answers to them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    done: u64,
    answered: u64,
}

/// A fault of the server.
pub(crate) type Wrong = String;

type Attack = fn(&mut Attacker) -> Result<Tally, Wrong>;

/// The attacks: name, function, number of threads.
const ATTACKS: [(&str, Attack, usize); 6] = [
    ("broken requests", malformed::run, 2),
    ("silent connections", silence::run, 1),
    ("slow requests", slow_writes::run, 1),
    ("slowly read answers", slow_reads::run, 1),
    ("disconnects", disconnects::run, 2),
    ("panics", panics::run, 1),
];

/// Runs all attacks at once, until the round is over.
pub(crate) fn run(
    server: SocketAddr,
    connections: usize,
    end: Instant,
    random: &mut Random,
) -> Result<Tallies, Wrong> {
    let mut threads = Vec::new();
    for (index, (_, attack, count)) in ATTACKS.into_iter().enumerate() {
        for _ in 0..count {
            let random = Random::new(random.next());
            let mut attacker = Attacker { server, connections, end, random };
            threads.push((index, thread::spawn(move || attack(&mut attacker))));
        }
    }
    let mut tallies = Tallies::default();
    for (index, thread) in threads {
        let (name, ..) = ATTACKS[index];
        let tally = thread.join().map_err(|_| format!("{name}: the attack panicked"))?;
        tallies.0[index] += tally.map_err(|wrong| format!("{name}: {wrong}"))?;
    }
    Ok(tallies)
}

/// The tallies of all attacks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tallies([Tally; ATTACKS.len()]);

impl std::ops::AddAssign for Tallies {
    fn add_assign(&mut self, other: Self) {
        for (tally, more) in self.0.iter_mut().zip(other.0) {
            *tally += more;
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.done += other.done;
        self.answered += other.answered;
    }
}

impl fmt::Display for Tallies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((name, ..), Tally { done, answered }) in ATTACKS.iter().zip(self.0) {
            writeln!(f, "{done:>10} {name}, {answered} answered")?;
        }
        Ok(())
    }
}

impl Attacker {
    fn goes_on(&self) -> bool {
        Instant::now() < self.end
    }

    /// Connects from an address of its own.
    fn connect(&mut self) -> Option<TcpStream> {
        self.connect_with(None)
    }

    fn connect_with(&mut self, receive_buffer: Option<usize>) -> Option<TcpStream> {
        let [a, b, c, ..] = self.random.next().to_le_bytes();
        let source = Ipv4Addr::new(127, 1 + a % 254, b, c);
        let connected = connect_from(source, self.server, receive_buffer);
        if connected.is_err() {
            // The well-behaved clients detect whether this is the server's fault.
            thread::sleep(Duration::from_millis(5));
        }
        connected.ok()
    }
}

/// Returns whether it is the answer of an HTTP server, or as much of it as has come.
fn is_answer(received: &[u8]) -> bool {
    received.iter().zip(b"HTTP/1.1 ").all(|(received, expected)| received == expected)
}

/// Returns whether a stream that doesn't block has no input yet.
fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_may_be_cut_short() {
        for answer in ["", "HTTP", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\n"] {
            assert!(is_answer(answer.as_bytes()), "{answer}");
        }
        for other in ["http", "HTTP/1.0 200 OK\r\n", " HTTP/1.1 200 OK\r\n"] {
            assert!(!is_answer(other.as_bytes()), "{other}");
        }
    }
}
