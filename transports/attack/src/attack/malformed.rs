//! Requests of real clients, damaged at random, as fast as possible.

use std::{fs, io::Write, net::Shutdown};

use super::{Attacker, Tally, Wrong, is_answer};
use crate::{net::read_to_end, random::Random};

const CAPTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../parser/tests/captures");

pub(super) fn run(attacker: &mut Attacker) -> Result<Tally, Wrong> {
    let requests = captures().map_err(|error| format!("{CAPTURES}: {error}"))?;
    let mut tally = Tally::default();
    while attacker.goes_on() {
        let mut request = requests[attacker.random.below(requests.len())].clone();
        for _ in 0..=attacker.random.below(4) {
            damage(&mut request, &mut attacker.random);
        }
        let Some(mut stream) = attacker.connect() else { continue };
        // The server may refuse it before all of it has come.
        let _ = stream.write_all(&request);
        // An incomplete request must end, too.
        let _ = stream.shutdown(Shutdown::Write);
        let received = read_to_end(&stream).map_err(|error| {
            format!("no end after {:?}: {error}", request.escape_ascii().to_string())
        })?;
        if !is_answer(&received) {
            return Err(format!("answered by {:?}", received.escape_ascii().to_string()));
        }
        tally.done += 1;
        tally.answered += u64::from(!received.is_empty());
    }
    Ok(tally)
}

fn captures() -> std::io::Result<Vec<Vec<u8>>> {
    let mut requests = Vec::new();
    for entry in fs::read_dir(CAPTURES)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "http") {
            requests.push(fs::read(path)?);
        }
    }
    // The order of a folder differs between machines, but a seed must give the same order.
    requests.sort();
    if requests.is_empty() { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(requests) }
}

/// Damages one part.
fn damage(request: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(request.len() + 1);
    let until = (at + random.below(20)).min(request.len());
    match random.below(6) {
        0 => request.truncate(at),
        1 => request.insert(at, random.octet()),
        2 => drop(request.drain(at..until)),
        3 => request.extend_from_within(at..until),
        4 => drop(request.splice(at..until, *b"\r\n")),
        _ => request[at..until].fill_with(|| random.octet()),
    }
}
