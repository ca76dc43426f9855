//! The results of a parser for some octets, in one form for all parsers.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// The requests that were found. The last one may be incomplete.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Run {
    pub requests: Vec<Request>,
    /// Why the parser has stopped. `None` if it would take more octets.
    pub refused: Option<Refusal>,
    /// Whether the parser leaves the next octets to its caller.
    #[serde(default)]
    pub left_to_caller: bool,
}

/// Names and values.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// Octets as received, except for what the parser changes. `None`: the parser doesn't say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Request {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub fields: Fields,
    pub content: Vec<u8>,
    pub trailers: Fields,
    pub keep_alive: Option<bool>,
    /// Whether the client waits for a 100, or got one.
    pub expect_continue: Option<bool>,
    pub upgrade: Option<bool>,
    /// Whether the end of the request was reached.
    pub complete: bool,
    /// Whether a target, a name or a value came in several pieces.
    #[serde(default)]
    pub in_pieces: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// The status to answer, or the one that was answered.
    pub status: Option<u16>,
    /// The octet that was refused, counted from the first one.
    pub offset: Option<u64>,
}

/// A parser, behind the least code that a caller of it needs. The adapter judges nothing.
pub trait Peer {
    /// Returns the name of the package in its registry.
    fn package(&self) -> &'static str;

    /// Parses requests that come in reads of `read` octets.
    fn requests(&self, octets: &[u8], read: usize) -> Run;

    /// Parses requests with a limit for the head in octets. Returns `None` if the parser has no such
    /// limit.
    fn limited(&self, octets: &[u8], read: usize, limit: usize) -> Option<Run>;

    /// Parses the body of a request that has the chunked coding.
    fn chunked(&self, body: &[u8], read: usize) -> Run {
        let mut octets = CHUNKED_HEAD.to_vec();
        octets.extend_from_slice(body);
        self.requests(&octets, read)
    }

    /// Returns whether it parses this response.
    fn response(&self, octets: &[u8]) -> bool;

    /// Returns the octets of memory that the parser takes for a connection between two requests.
    fn memory(&self) -> u64;

    /// Measures the time that [`requests`](Self::requests) takes.
    fn time(&self, octets: &[u8], read: usize) -> Duration {
        let start = Instant::now();
        self.requests(octets, read);
        start.elapsed()
    }
}

/// The head before a chunked body.
const CHUNKED_HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

impl Run {
    pub fn refuse(mut self, status: Option<u16>, offset: Option<u64>) -> Self {
        self.refused = Some(Refusal { status, offset });
        self
    }

    /// Returns the request that is being received.
    pub fn last(&mut self) -> &mut Request {
        self.requests.last_mut().expect("a request line comes first")
    }
}

/// Yields the number of octets that have come after each read.
pub fn reads(octets: usize, read: usize) -> impl Iterator<Item = usize> {
    (1..=octets.div_ceil(read)).map(move |reads| octets.min(reads * read))
}

/// A call of [`Peer`], for a process.
#[derive(Serialize)]
pub struct Call<'a> {
    pub call: &'a str,
    pub octets: &'a [u8],
    pub read: usize,
    pub limit: Option<usize>,
}
