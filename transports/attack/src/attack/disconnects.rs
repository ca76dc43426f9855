//! Clients that leave after each byte of a request, and of its answer.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use super::{Attacker, Tally, Wrong};
use crate::net::close;

const REQUESTS: [&[u8]; 6] = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /panic HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
];

/// Bytes of an answer, at most. All answers have more, so no client waits for bytes that never come.
const RECEIVED: usize = 70;

pub(super) fn run(attacker: &mut Attacker) -> Result<Tally, Wrong> {
    let mut tally = Tally::default();
    let places = |request: &'static [u8]| {
        (0..=request.len() + RECEIVED).map(move |bytes| {
            (&request[..bytes.min(request.len())], bytes.saturating_sub(request.len()))
        })
    };
    let mut places = REQUESTS.into_iter().flat_map(places).cycle();
    while attacker.goes_on()
        && let Some((sent, received)) = places.next()
    {
        let Some(stream) = attacker.connect() else { continue };
        let got = exchange(&stream, sent, received);
        close(stream, attacker.random.coin());
        tally.done += 1;
        tally.answered += u64::from(got > 0);
    }
    Ok(tally)
}

/// Sends a request, and reads up to `received` bytes. Returns how many have come.
fn exchange(mut stream: &TcpStream, request: &[u8], received: usize) -> usize {
    let mut space = [0; RECEIVED];
    let mut got = 0;
    if stream.write_all(request).is_ok() {
        while got < received
            && let Ok(n @ 1..) = stream.read(&mut space[got..received])
        {
            got += n;
        }
    }
    got
}
