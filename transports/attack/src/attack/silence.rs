//! Silent connections, more than the server allows, which come and go.

use std::{
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::{Attacker, Tally, Wrong};
use crate::net::close;

/// Connections beyond the server's limit.
const MORE: usize = 100;

/// New connections a second. If they came faster, the system would refuse those that wait, and the
/// attack would not reach the server.
const RATE: u32 = 2_000;

pub(super) fn run(attacker: &mut Attacker) -> Result<Tally, Wrong> {
    let start = Instant::now();
    let mut silent: Vec<TcpStream> = Vec::new();
    let mut tally = Tally::default();
    let mut next = Duration::ZERO;
    while attacker.goes_on() {
        if silent.len() >= attacker.connections + MORE {
            let stream = silent.swap_remove(attacker.random.below(silent.len()));
            close(stream, attacker.random.coin());
        }
        silent.extend(attacker.connect());
        tally.done += 1;
        next += Duration::from_secs(1) / RATE;
        thread::sleep(next.saturating_sub(start.elapsed()));
    }
    Ok(tally)
}
