//! A client that waits for its answers, and newcomers of this kind.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use super::report::{Report, Times, ms};

/// The simplest request.
pub(crate) const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection, and the bytes of answers that haven't been read yet.
pub(crate) struct Client<S = TcpStream> {
    stream: S,
    received: Vec<u8>,
}

/// The parts of an answer that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether the server says that it closes.
    pub(crate) closes: bool,
}

impl Client {
    /// Connects. None of its waits is longer than `patience`.
    pub(crate) fn connect(server: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&server, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self::new(stream))
    }

    /// Returns whether the server has closed it, as far as the client knows.
    pub(crate) fn is_closed(&self) -> bool {
        if self.stream.set_nonblocking(true).is_err() {
            return true;
        }
        let closed = match self.stream.peek(&mut [0]) {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        };
        closed || self.stream.set_nonblocking(false).is_err()
    }
}

impl<S: Read + Write> Client<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub(crate) const fn stream(&self) -> &S {
        &self.stream
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads the next answer, which has a Content-Length or no body.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let head = loop {
            match self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                Some(end) => break self.received.drain(..end + 4).collect::<Vec<_>>(),
                None => self.read()?,
            }
        };
        let (answer, length) = parse(&head).ok_or(io::ErrorKind::InvalidData)?;
        while self.received.len() < length {
            self.read()?;
        }
        self.received.drain(..length);
        Ok(answer)
    }

    /// Sends a request and reads its answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request)?;
        self.answer()
    }

    fn read(&mut self) -> io::Result<()> {
        let mut space = [0; 16 * 1024];
        match self.stream.read(&mut space)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            bytes => {
                self.received.extend_from_slice(&space[..bytes]);
                Ok(())
            }
        }
    }
}

/// Parses a head: the answer, and the length of its body.
fn parse(head: &[u8]) -> Option<(Answer, usize)> {
    let head = str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let mut answer = Answer { status, closes: false };
    let mut length = 0;
    for line in lines {
        let Some((name, value)) = line.split_once(": ") else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        } else if name.eq_ignore_ascii_case("connection") {
            answer.closes = value.eq_ignore_ascii_case("close");
        }
    }
    Some((answer, length))
}

/// The longest wait of a newcomer, which is longer than any bound.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects `count` times, for one request each. Each answer must come within `bound`.
pub(crate) fn newcomers(
    report: &mut Report,
    case: impl std::fmt::Display,
    server: SocketAddr,
    count: usize,
    bound: Duration,
) {
    let mut times = Times::default();
    let mut wrong = None;
    while times.len() < count && wrong.is_none() {
        let start = Instant::now();
        match Client::connect(server, PATIENCE).and_then(|mut client| client.ask(GET)) {
            Ok(Answer { status: 200, .. }) => times.push(start.elapsed()),
            // One wrong answer breaks the bound.
            Ok(answer) => wrong = Some(format!("{answer:?}")),
            Err(error) => wrong = Some(format!("none in {} ({error})", ms(start.elapsed()))),
        }
    }
    let is_kept = wrong.is_none() && times.worst().is_some_and(|worst| worst <= bound);
    let wrong = wrong.map(|wrong| format!(", then {wrong}")).unwrap_or_default();
    let asked = format_args!("{count} newcomers answered within {} each", ms(bound)).to_string();
    report.check(case, asked, format!("{times}{wrong}"), is_kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Canned(&'static [u8]);

    impl Read for Canned {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            // One byte at a time.
            self.0.read(&mut space[..1])
        }
    }

    impl Write for Canned {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn answers_are_told_apart() {
        let mut client = Client::new(Canned(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab\
            HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ));
        let first = client.ask(GET).unwrap();
        assert_eq!(first, Answer { status: 200, closes: false });
        assert_eq!(client.answer().unwrap(), Answer { status: 413, closes: true });
        assert_eq!(client.answer().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
