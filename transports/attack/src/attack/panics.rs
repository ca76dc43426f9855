//! Requests whose handler panics, between others on the same connection.

use std::io::Write;

use super::{Attacker, Tally, Wrong};
use crate::net::read_to_end;

const REQUESTS: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nbefore\
    GET /panic HTTP/1.1\r\nHost: a\r\n\r\n\
    POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nafter";

pub(super) fn run(attacker: &mut Attacker) -> Result<Tally, Wrong> {
    let mut tally = Tally::default();
    while attacker.goes_on() {
        let Some(mut stream) = attacker.connect() else { continue };
        if stream.write_all(REQUESTS).is_err() {
            continue;
        }
        let received = read_to_end(&stream).map_err(|error| format!("no end: {error}"))?;
        let received = String::from_utf8_lossy(&received);
        // The 500 closes the connection. To make room, the answer before it may close it, too.
        let is_right = received.starts_with("HTTP/1.1 200 OK\r\n")
            && received.contains("\r\nConnection: close\r\n")
            && !received.contains("after");
        if !received.is_empty() && !is_right {
            return Err(format!("answered by {received:?}"));
        }
        tally.done += 1;
        tally.answered += u64::from(!received.is_empty());
    }
    Ok(tally)
}
