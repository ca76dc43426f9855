//! The body of a request that the application reads as it comes.

use std::time::Instant;

use h1events::{Error, ErrorKind};

use crate::config::Config;
use crate::trailers::Trailers;
use crate::wait::{Awaiting, Exchange, Wait};

/// The state of a request's body, for an application that reads it as it comes.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Instant, SystemTime};
/// use h1events_server::{BodyState, Config, Connection, Peer, Response, Step};
///
/// let now = Instant::now();
/// let config = Arc::new(Config::new());
/// let mut connection = Connection::new(config, Peer::Local, now, SystemTime::now).with_streamed_bodies();
/// let head = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
/// for bytes in [&head[..], b"tea"] {
///     while let Step::Handle = connection.step(now) {
///         assert_eq!(connection.body_state(), BodyState::Pending);
///         connection.want_body();
///     }
///     connection.read_space()[..bytes.len()].copy_from_slice(bytes);
///     connection.advance_read(bytes.len());
/// }
/// assert_eq!(connection.step(now), Step::Handle);
/// assert_eq!(connection.body_state(), BodyState::Content(b"tea"));
/// connection.consume_body(3);
/// connection.respond(Response::new(204), now);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyState<'a> {
    /// The next octets, decoded from chunks. They stay until
    /// [`consume_body`](crate::Connection::consume_body).
    Content(&'a [u8]),
    /// Nothing yet. To get more, call [`want_body`](crate::Connection::want_body), and take
    /// steps.
    Pending,
    /// The body has come to its end.
    End,
    /// The rest won't come.
    Failed(RequestBodyError),
}

/// Why the body of a request has ended early.
///
/// It converts into a [`Response`](crate::Response) with a suitable status, and into an
/// [`io::Error`](std::io::Error).
///
/// ```
/// use h1events_server::{RequestBodyError, Response};
///
/// assert_eq!(Response::from(RequestBodyError::TimedOut).status(), 408);
/// assert_eq!(std::io::Error::from(RequestBodyError::TimedOut).kind(), std::io::ErrorKind::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestBodyError {
    /// The parser refuses the body: it is malformed, or too long.
    #[error("the body of the request is refused: {0}")]
    Refused(Error),
    /// The body came more slowly than [`Config::body_data_rate`] says.
    #[error("the body of the request came too slowly")]
    TimedOut,
    /// The client has closed its side before the end of the body.
    #[error("the input ended within the body of the request")]
    UnexpectedEnd,
    /// The server has no memory for the rest.
    #[error("no memory for the body of the request")]
    OutOfMemory,
    /// The request is over: the application has answered it, or the server has ended the connection.
    #[error("the request is over")]
    Over,
}

/// The progress of a request's body, while the application reads it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) state: State,
    /// Whether the application waits for more.
    pub(crate) is_wanted: bool,
    /// Whether the application ignores the rest.
    pub(crate) is_discarded: bool,
    /// Octets that have been discarded.
    pub(crate) discarded: usize,
    /// Octets in front of the parsed content that were consumed with it.
    skipped: usize,
    /// Octets of parsed content that the application hasn't taken.
    ready: usize,
    /// Octets of content that are still to come, if there is a Content-Length.
    left: Option<u64>,
    /// Bytes of space for the next read.
    pub(crate) space: usize,
    /// Bytes that the transport holds for the application.
    pub(crate) held: usize,
    /// The client's time, which runs only while the application waits.
    pub(crate) wait: Wait,
    paused: Option<Instant>,
    /// The client's time in both directions.
    exchange: Exchange,
    pub(crate) trailers: Trailers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Ended,
    Failed(RequestBodyError),
}

impl Incoming {
    pub(crate) fn new(left: Option<u64>, now: Instant, config: &Config) -> Self {
        Self {
            state: State::Open,
            is_wanted: false,
            is_discarded: false,
            discarded: 0,
            skipped: 0,
            ready: 0,
            left,
            space: 0,
            held: 0,
            wait: Wait::new(Awaiting::Body, now, config),
            paused: Some(now),
            exchange: Exchange::new(now, config),
            trailers: Trailers::new(),
        }
    }

    /// Notes parsed content: the last of the octets that were consumed for it.
    pub(crate) fn parsed_content(&mut self, consumed: usize, content: usize) {
        self.skipped = consumed - content;
        self.ready = content;
        self.left = self.left.map(|left| left.saturating_sub(content as u64));
        self.wait.moved(content);
    }

    /// Returns the number of octets in front of the content, and of the content.
    pub(crate) const fn ready(&self) -> (usize, usize) {
        (self.skipped, self.ready)
    }

    /// Takes content, and returns how many octets of the buffer are no longer needed.
    pub(crate) fn consume(&mut self, n: usize) -> usize {
        self.ready = self.ready.checked_sub(n).expect("more content taken than there was");
        let done = self.skipped + n;
        self.skipped = 0;
        done
    }

    /// Returns whether the application needs more of the body.
    pub(crate) fn lacks_content(&self) -> bool {
        self.is_wanted && self.ready == 0 && self.state == State::Open
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Returns the number of octets that are still to come, if it is known.
    pub(crate) const fn left(&self) -> Option<u64> {
        self.left
    }

    /// Waits for the client to send more; returns until when.
    pub(crate) fn await_content(&mut self, now: Instant, config: &Config) -> Instant {
        if let Some(paused) = self.paused.take() {
            self.wait.postpone(now.saturating_duration_since(paused));
        }
        self.exchange.resume(now);
        self.account(now, config)
    }

    /// Accounts for the bytes that have come. Returns when the client's time is used up.
    fn account(&mut self, now: Instant, config: &Config) -> Instant {
        let moved = self.wait.begin(Awaiting::Body, now, config);
        let both = self.exchange.deadline(moved, now, config.body_data_rate);
        self.wait.deadline(config).min(both)
    }

    /// Waits for the client to read; it has read `moved` bytes since the last call. Returns until when, as
    /// far as the body is concerned.
    pub(crate) fn await_writing(
        &mut self,
        moved: u32,
        now: Instant,
        config: &Config,
    ) -> Option<Instant> {
        self.pause(now, config);
        self.exchange.resume(now);
        let deadline = self.exchange.deadline(moved, now, config.write_data_rate);
        Some(deadline).filter(|_| self.is_open())
    }

    /// Pauses the client's time, since the application doesn't wait.
    pub(crate) fn pause(&mut self, now: Instant, config: &Config) {
        if self.paused.is_none() {
            self.account(now, config);
            self.paused = Some(now);
        }
        self.exchange.pause(now);
    }

    pub(crate) fn fail(&mut self, error: RequestBodyError) {
        self.state = State::Failed(error);
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.trailers.capacity() + self.held
    }
}

impl RequestBodyError {
    /// Returns the status for an answer to such a request.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Refused(error) => error.status(),
            Self::TimedOut => 408,
            Self::UnexpectedEnd => ErrorKind::UnexpectedEnd.status(),
            Self::OutOfMemory => 503,
            Self::Over => 500,
        }
    }
}

impl From<RequestBodyError> for std::io::Error {
    fn from(error: RequestBodyError) -> Self {
        let kind = match error {
            RequestBodyError::Refused(_) => std::io::ErrorKind::InvalidData,
            RequestBodyError::TimedOut => std::io::ErrorKind::TimedOut,
            RequestBodyError::UnexpectedEnd => std::io::ErrorKind::UnexpectedEof,
            RequestBodyError::OutOfMemory => std::io::ErrorKind::OutOfMemory,
            RequestBodyError::Over => std::io::ErrorKind::BrokenPipe,
        };
        Self::new(kind, error)
    }
}

impl From<RequestBodyError> for crate::Response {
    fn from(error: RequestBodyError) -> Self {
        Self::error(error.status(), error)
    }
}
