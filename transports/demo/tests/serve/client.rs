//! A client that sees every byte.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

/// Longer than any step takes that works.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Client {
    stream: TcpStream,
    /// Bytes that were read and belong to no answer yet.
    unread: Vec<u8>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    #[track_caller]
    pub(crate) fn check(&self, status: u16, body: impl AsRef<[u8]>) {
        assert_eq!(self.status, status, "{}", self.head);
        assert_eq!(String::from_utf8_lossy(&self.body), String::from_utf8_lossy(body.as_ref()));
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, unread: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends while the server reads.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Shuts the write half down.
    pub(crate) fn half_close(&self) {
        // The server may have closed before.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Returns the next final answer.
    pub(crate) fn answer(&mut self) -> Answer {
        self.answer_to("GET").expect("an answer")
    }

    /// Returns the next final answer, or the bytes up to the end if there is none.
    pub(crate) fn answer_to(&mut self, method: &str) -> Result<Answer, Vec<u8>> {
        loop {
            let Some(end) = self.fill(|bytes| {
                bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
            }) else {
                return Err(std::mem::take(&mut self.unread));
            };
            let head = String::from_utf8(self.unread.drain(..end).collect()).unwrap();
            let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
            let status: u16 = status.unwrap_or_else(|| panic!("{head:?}")).parse().unwrap();
            if status == 100 {
                continue;
            }
            let mut answer = Answer { status, head, body: Vec::new() };
            let length = answer.field("Content-Length").map_or(0, |value| value.parse().unwrap());
            if method != "HEAD" && status != 204 {
                self.fill(|bytes| (bytes.len() >= length).then_some(length)).expect("a whole body");
                answer.body = self.unread.drain(..length).collect();
            }
            return Ok(answer);
        }
    }

    /// Reads the interim answer that asks for a body.
    pub(crate) fn interim(&mut self) {
        const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        self.fill(|bytes| (bytes.len() >= CONTINUE.len()).then_some(0)).expect("a whole answer");
        assert!(self.unread.starts_with(CONTINUE), "{}", self.unread.escape_ascii());
        self.unread.drain(..CONTINUE.len());
    }

    /// Reads until `find` returns a length, unless the end comes before.
    fn fill(&mut self, find: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        let mut block = [0; 4096];
        loop {
            if let Some(end) = find(&self.unread) {
                return Some(end);
            }
            match self.stream.read(&mut block) {
                Ok(0) => return None,
                Ok(n) => self.unread.extend_from_slice(&block[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("{error}, after {:?}", self.unread.escape_ascii().to_string()),
            }
        }
    }

    /// Returns everything up to the end.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        self.fill(|_| None);
        std::mem::take(&mut self.unread)
    }

    /// Returns whether no byte comes in that time.
    pub(crate) fn is_quiet_for(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let mut block = [0; 4096];
        let result = self.stream.read(&mut block);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        if let Ok(n) = result {
            self.unread.extend_from_slice(&block[..n]);
        }
        self.unread.is_empty() && result.is_err_and(|error| is_late(&error))
    }
}

/// Returns whether the time of a read has passed. Windows has an error of its own for it.
fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
