//! Clients that read answers byte by byte, or not at all.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::{Attacker, Tally, Wrong, is_answer, is_early};

/// Connections at the same time.
const CONNECTIONS: usize = 20;

const PAUSE: Duration = Duration::from_millis(20);

/// Time of a connection, which is longer than the server allows for such a slow reader. A client that reads nothing
/// sees no end while the system holds bytes for it.
const TIME: Duration = Duration::from_secs(3);

/// Several requests in one write.
const REQUESTS: &[u8] = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n\
    GET /large HTTP/1.1\r\nHost: a\r\n\r\n\
    GET /large HTTP/1.1\r\nHost: a\r\n\r\n";

/// Bytes: the least that a system accepts.
const RECEIVE_BUFFER: usize = 2048;

struct Slow {
    stream: TcpStream,
    since: Instant,
    /// Bytes of one read.
    bytes: usize,
    received: Vec<u8>,
}

pub(super) fn run(attacker: &mut Attacker) -> Result<Tally, Wrong> {
    let mut tally = Tally::default();
    let mut connections: Vec<Slow> = Vec::new();
    while attacker.goes_on() {
        while connections.len() < CONNECTIONS
            && let Some(mut stream) = attacker.connect_with(Some(RECEIVE_BUFFER))
            && stream.write_all(REQUESTS).is_ok()
        {
            stream.set_nonblocking(true).map_err(|error| error.to_string())?;
            let bytes = attacker.random.below(4);
            connections.push(Slow { stream, since: Instant::now(), bytes, received: Vec::new() });
        }
        connections.retain_mut(|slow| {
            let goes_on = slow.go_on();
            if !goes_on {
                tally.done += 1;
                tally.answered += u64::from(!slow.received.is_empty());
            }
            goes_on
        });
        if let Some(slow) = connections.iter().find(|slow| !is_answer(&slow.received)) {
            return Err(format!("answered by {:?}", slow.received.escape_ascii().to_string()));
        }
        thread::sleep(PAUSE);
    }
    Ok(tally)
}

impl Slow {
    /// Reads a little more, unless the server has closed.
    fn go_on(&mut self) -> bool {
        let mut space = [0; 4];
        match self.stream.read(&mut space[..self.bytes]) {
            Ok(0) if self.bytes > 0 => return false,
            Ok(n) => self.received.extend_from_slice(&space[..n]),
            Err(error) if is_early(&error) => {}
            Err(_) => return false,
        }
        self.since.elapsed() < TIME
    }
}
