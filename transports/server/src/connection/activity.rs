//! A connection's activity, for the endpoint to judge. No transitions here.

use std::time::Instant;

use super::{Connection, Phase};

/// What a connection does, and the time of its last progress.
///
/// A full server first ends the connections that have made no progress for longest. Progress is a
/// complete message, or a KiB moved since the last progress; a single byte is none.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Instant, SystemTime};
/// use h1events_server::{Activity, Config, Connection, Peer, Step};
///
/// let now = Instant::now();
/// let mut connection = Connection::new(Arc::new(Config::new()), Peer::Local, now, SystemTime::now);
/// assert_eq!(connection.activity(), Activity::New { since: now });
/// assert!(matches!(connection.step(now), Step::Read { .. }));
/// connection.read_space()[..5].copy_from_slice(b"GET /");
/// connection.advance_read(5);
/// assert!(matches!(connection.step(now), Step::Read { .. }));
/// assert!(matches!(connection.activity(), Activity::Receiving { .. }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activity {
    /// The client has never sent a byte of a request. An empty line isn't one.
    New {
        /// When the connection was opened.
        since: Instant,
    },
    /// The client has all its answers, and has sent no byte of the next request.
    Idle {
        /// When the last answer had been written.
        since: Instant,
    },
    /// A request is on its way.
    Receiving {
        /// The last progress.
        since: Instant,
    },
    /// The answer has begun, while the rest of the request's body is still coming.
    Exchanging {
        /// The last progress.
        since: Instant,
    },
    /// An answer waits to be written.
    Sending {
        /// The last progress.
        since: Instant,
    },
    /// The last answer has been written, and input is discarded.
    Lingering {
        /// When the client's last byte came, or when the last answer had been written.
        since: Instant,
    },
    /// The application has the request.
    Handling,
    /// The application has the connection.
    Upgraded,
    /// The connection is over.
    Closed,
}

impl Connection {
    /// Returns what the connection does, as of the last [`step`](Self::step) or
    /// [`respond`](Self::respond).
    #[must_use]
    pub fn activity(&self) -> Activity {
        let since = self.wait.progress();
        let incoming = self.buffer.as_ref().and_then(|buffer| buffer.incoming.as_ref());
        match self.phase {
            Phase::Handling if self.is_writing_first() => Activity::Sending { since },
            Phase::Handling => match incoming.filter(|incoming| incoming.lacks_content()) {
                Some(_) if self.has_output() => Activity::Sending { since },
                Some(incoming) => Activity::Receiving { since: incoming.wait.progress() },
                None => Activity::Handling,
            },
            Phase::Cut | Phase::Closed => Activity::Closed,
            _ if self.has_output() => Activity::Sending { since },
            // The end is the next step.
            Phase::Failing => Activity::Closed,
            Phase::Sending | Phase::Draining => {
                match incoming.filter(|incoming| incoming.is_open()) {
                    Some(incoming) if self.phase == Phase::Draining || incoming.is_wanted => {
                        Activity::Exchanging { since: incoming.wait.progress() }
                    }
                    _ => Activity::Handling,
                }
            }
            Phase::Receiving if !self.is_silent() => Activity::Receiving { since },
            Phase::Receiving if self.has_answered => Activity::Idle { since },
            Phase::Receiving => Activity::New { since },
            // Closing: the shutdown is the next step.
            Phase::Closing | Phase::Lingering | Phase::Parting => Activity::Lingering { since },
            Phase::Upgrading => Activity::Upgraded,
        }
    }

    /// Returns whether the connection is [new](Activity::New) or [idle](Activity::Idle): no client waits for an
    /// answer, and the server may close it at any time.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.phase == Phase::Receiving
            && self.parser.is_idle()
            && !self.has_output()
            && self.has_only_empty_lines()
    }

    /// Returns whether the connection is in its lingering close: all answers are sent, and input is
    /// discarded.
    #[must_use]
    pub const fn is_lingering(&self) -> bool {
        matches!(self.phase, Phase::Lingering | Phase::Parting)
    }

    /// Returns whether the rest of a request's body is read and discarded, after the answer.
    #[must_use]
    pub const fn is_draining(&self) -> bool {
        matches!(self.phase, Phase::Draining)
    }

    /// Returns whether the last answer has been given, and the connection closes after it.
    #[must_use]
    pub const fn is_closing(&self) -> bool {
        match self.phase {
            Phase::Closing
            | Phase::Lingering
            | Phase::Failing
            | Phase::Parting
            | Phase::Cut
            | Phase::Closed => true,
            Phase::Receiving
            | Phase::Handling
            | Phase::Sending
            | Phase::Draining
            | Phase::Upgrading => false,
        }
    }

    /// Returns whether anything waits to be written.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.buffer.as_ref().is_some_and(|buffer| !buffer.output.is_empty())
    }

    /// Returns whether all input that has been read is parsed.
    pub(super) fn has_parsed_all(&self) -> bool {
        self.unread().is_empty()
    }

    /// Returns whether the unparsed input has only empty lines, which are ignored (RFC 9112 section 2.2). A CR
    /// alone is half of one.
    pub(super) fn has_only_empty_lines(&self) -> bool {
        let unread = self.unread();
        let lines = unread.strip_suffix(b"\r").unwrap_or(unread);
        lines.len().is_multiple_of(2) && lines.chunks_exact(2).all(|line| line == b"\r\n")
    }
}
