//! Requests that come byte by byte and never end: heads, bodies and chunks.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use super::{Attacker, Tally, Wrong, is_answer, is_early};

/// Connections at the same time.
const CONNECTIONS: usize = 50;

const PAUSE: Duration = Duration::from_millis(20);

/// The beginnings of the requests, which have no end.
const BEGINNINGS: [&[u8]; 3] = [
    b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n",
];

struct Slow {
    stream: TcpStream,
    beginning: &'static [u8],
}

pub(super) fn run(attacker: &mut Attacker) -> Result<Tally, Wrong> {
    let mut tally = Tally::default();
    let mut connections: Vec<Slow> = Vec::new();
    while attacker.goes_on() {
        while connections.len() < CONNECTIONS
            && let Some(stream) = attacker.connect()
        {
            stream.set_nonblocking(true).map_err(|error| error.to_string())?;
            let beginning = BEGINNINGS[attacker.random.below(BEGINNINGS.len())];
            connections.push(Slow { stream, beginning });
        }
        let mut wrong = None;
        connections.retain_mut(|slow| {
            slow.go_on() || {
                let received = slow.received();
                if !is_answer(&received) {
                    wrong = Some(format!("answered by {:?}", received.escape_ascii().to_string()));
                }
                tally.done += 1;
                tally.answered += u64::from(!received.is_empty());
                false
            }
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        thread::sleep(PAUSE);
    }
    Ok(tally)
}

impl Slow {
    /// Sends one more byte, unless the server has closed.
    fn go_on(&mut self) -> bool {
        match self.stream.peek(&mut [0]) {
            Err(error) if is_early(&error) => {}
            _ => return false,
        }
        let (byte, rest) = self.beginning.split_first().unwrap_or((&b'x', &[]));
        self.beginning = rest;
        self.stream.write(&[*byte]).is_ok_and(|sent| sent == 1)
    }

    /// Returns the bytes that have come.
    fn received(&mut self) -> Vec<u8> {
        let mut space = [0; 1024];
        let n = self.stream.read(&mut space).unwrap_or(0);
        space[..n].to_vec()
    }
}
