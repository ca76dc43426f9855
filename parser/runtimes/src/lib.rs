//! The parser under tokio and under mio, without the servers of this repository.
//!
//! The two examples move bytes and keep deadlines:
//!
//! - `examples/parser_tokio.rs`: an async task for each connection
//! - `examples/parser_mio.rs`: one thread for all connections, which are state machines
//!
//! They share this library, which does no I/O: [`Exchange`] takes the events of a request and
//! returns the answer. Together with the loops, it does all that a caller of the parser has to do:
//!
//! | A caller has to | Here |
//! |---|---|
//! | stop after `keep_alive: false`, and after CONNECT | [`Answer::is_last`] |
//! | send `100 Continue` before it waits for a body that needs it | [`Exchange::take_continue`] |
//! | answer the status of an error, and close | [`Exchange::refuse`] |
//! | set a limit for the content | [`limits`] |
//! | give up on a client that is silent or slow | [`Patience`] |

#![forbid(unsafe_code)]

use std::fmt::Display;
use std::mem;
use std::time::Duration;

use h1events::{Event, Limits};

/// The response that asks a waiting client for the body of its request.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How long a server waits for its client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the first byte of a request. Then the connection is closed without an answer.
    pub idle: Duration,
    /// From the first byte of a request to its last. Then the answer is 408.
    pub request: Duration,
    /// Until the client has taken the answers to what it has sent.
    pub write: Duration,
    /// After the last answer, until the client closes. The server discards bytes that come
    /// meanwhile: a close with unread bytes would be a reset, and the client could lose the answer.
    pub linger: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { idle: seconds(60), request: seconds(30), write: seconds(30), linger: seconds(2) }
    }
}

/// Returns the limits of both servers: contents of up to 1 MiB.
#[must_use]
pub const fn limits() -> Limits {
    let mut limits = Limits::new();
    limits.content = 1024 * 1024;
    limits
}

/// A request, from its first event to its answer.
#[derive(Debug, Default)]
pub struct Exchange {
    what: String,
    is_head: bool,
    is_connect: bool,
    keep_alive: bool,
    expects_continue: bool,
    /// Octets of content. A service would store or process the content as it comes.
    content: u64,
}

/// An answer, with its head.
#[derive(Debug)]
pub struct Answer {
    /// The bytes to send.
    pub bytes: Vec<u8>,
    /// Whether to close then. The bytes after this request aren't parsed.
    pub is_last: bool,
}

impl Exchange {
    /// Takes the next event. Returns the answer at the end of the request.
    pub fn add(&mut self, event: Event<'_>) -> Option<Answer> {
        match event {
            Event::RequestLine(line) => {
                let (method, target) = (line.method.escape_ascii(), line.target.escape_ascii());
                self.what = format!("{method} {target}");
                self.is_head = line.method == b"HEAD";
                self.is_connect = line.method == b"CONNECT";
            }
            Event::HeadEnd(framing) => {
                self.keep_alive = framing.keep_alive;
                self.expects_continue = framing.expect_continue;
            }
            Event::Body(bytes) => {
                self.content += bytes.len() as u64;
                self.expects_continue = false;
            }
            Event::Header(_) | Event::Trailer(_) => {}
            Event::End => return Some(mem::take(self).answer()),
        }
        None
    }

    /// Returns whether to send [`CONTINUE`], once. Call it when there are no more events, before
    /// you wait for more bytes.
    pub const fn take_continue(&mut self) -> bool {
        mem::replace(&mut self.expects_continue, false)
    }

    /// Returns the last answer of a connection, for a malformed or incomplete request, with the
    /// reason as its text.
    pub fn refuse(&self, status: u16, reason: impl Display) -> Answer {
        let bytes = message(status, &format!("{reason}\n"), false, self.is_head);
        Answer { bytes, is_last: true }
    }

    fn answer(self) -> Answer {
        if self.is_connect {
            // The bytes after it are for a tunnel, which this server doesn't open.
            return self.refuse(501, "no tunnels");
        }
        let Self { what, content, keep_alive, .. } = self;
        let text = format!("{what}, with {content} octets of content\n");
        let bytes = message(200, &text, keep_alive, self.is_head);
        Answer { bytes, is_last: !keep_alive }
    }
}

fn message(status: u16, text: &str, keep_alive: bool, is_head: bool) -> Vec<u8> {
    let length = text.len();
    let connection = if keep_alive { "keep-alive" } else { "close" };
    // A reason phrase may be empty.
    let mut message = format!(
        "HTTP/1.1 {status} \r\nConnection: {connection}\r\n\
         Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
    );
    if !is_head {
        message.push_str(text);
    }
    message.into_bytes()
}
