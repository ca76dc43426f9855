//! The state machine.
//!
//! ```text
//!            +------------------------ respond, keep-alive ------------------------+
//!            v                                                                     |
//!        Receiving ---- a whole request ----> Handling ---- respond, upgrade --> Upgrading
//!         |     |                                |                                 |
//!         |     | error, timeout, end of input   | respond, close                  | all is written
//!         |     | in a head: an answer           |                                 v
//!         |     v                                v                              Upgraded
//!         |   Closing <--------------------------+
//!         |     |
//!         |     | all is written: Shutdown
//!         |     v
//!         |   Lingering
//!         |     |
//!         |     | end of input, timeout
//!         v     v
//!         Closed <---- the client reads too slowly: from wherever something is written
//!
//! Receiving -> Closed: end of input between requests or in a body, keep-alive timeout,
//!                      graceful_shutdown (but Closing, if an answer has been written just then)
//! ```
//!
//! An application that streams has its request from the end of the head, and reads the body in
//! Handling and in Sending:
//!
//! ```text
//!        Handling ---- respond, a body that is made while it is sent ----> Sending
//!         |                                                                 |   |
//!         | respond, the request's body isn't read to its end               |   | the body fails
//!         v                                                                 |   v
//!        Draining <--------------- the end of the answer -------------------+  Failing
//!         |     |                                                               | all is written
//!         |     | too much of it: Closing                                       v
//!         v                                                                    Cut or Closed
//!        Receiving
//!
//! Failing -> Closing, or Parting -> Cut: if there were answers before, which the client may not have received
//! ```
//!
//! In Receiving, waiting answers are written before more is read, and only after all requests that
//! have been read are answered. So their answers leave in one write.

mod activity;
mod body;
mod bytes;
mod parse;
mod refuse;
mod respond;
mod sending;
mod unsent;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use h1events::RequestParser;

pub use activity::Activity;

use crate::buffer::Buffer;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::peer::Peer;
use crate::request::Request;
use crate::step::Step;
use crate::wait::{Awaiting, Wait};
use parse::Parsed;

/// The server side of one connection.
///
/// See the [crate documentation](crate) for the loop and the promises.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Instant, SystemTime};
/// use h1events_server::{Config, Connection, Peer, Response, Step};
///
/// let now = Instant::now();
/// let config = Arc::new(Config::new());
/// let mut connection = Connection::new(config, Peer::Local, now, SystemTime::now);
/// let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/// connection.read_space()[..request.len()].copy_from_slice(request);
/// connection.advance_read(request.len());
///
/// assert_eq!(connection.step(now), Step::Handle);
/// assert_eq!(connection.request().path(), b"/");
/// connection.respond(Response::text("Hello, World\n"), now);
///
/// assert!(matches!(connection.step(now), Step::Write { .. }));
/// assert!(connection.write_slices()[0].starts_with(b"HTTP/1.1 200 OK\r\n"));
/// ```
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    peer: Peer,
    time_of_day: fn() -> SystemTime,
    parser: RequestParser,
    buffer: Option<Box<Buffer>>,
    wait: Wait,
    diagnostic: Option<Diagnostic>,
    phase: Phase,
    expectation: Expectation,
    input_ended: bool,
    has_answered: bool,
    shuts_down: bool,
    /// Whether the application has requests from the end of their head.
    streams_bodies: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Receiving,
    Handling,
    Sending,
    Draining,
    Closing,
    Lingering,
    Upgrading,
    Failing,
    Parting,
    Cut,
    Closed,
}

/// Whether the client waits for a 100 (Continue).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expectation {
    /// The client doesn't wait, or has been told to continue.
    None,
    /// The client waits, and has sent nothing of the body.
    Due,
    /// The client asked for a 100, but has sent some of the body without waiting.
    Overtaken,
}

impl Connection {
    /// Creates the state of a connection that has just been opened.
    ///
    /// Deadlines count from `now`. `time_of_day` is asked for the Date of answers, at most once a
    /// second: [`SystemTime::now`].
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        peer: Peer,
        now: Instant,
        time_of_day: fn() -> SystemTime,
    ) -> Self {
        Self {
            peer,
            time_of_day,
            parser: RequestParser::with_limits(config.limits)
                .allow_non_ascii_target(config.allow_non_ascii_target)
                .allow_any_host(config.allow_any_host),
            buffer: None,
            wait: Wait::new(Awaiting::Request, now, &config),
            diagnostic: None,
            phase: Phase::Receiving,
            expectation: Expectation::None,
            input_ended: false,
            has_answered: false,
            shuts_down: false,
            streams_bodies: false,
            config,
        }
    }

    /// Returns what to do next. Calling it again changes nothing, except that [`Step::Shutdown`] is
    /// returned once.
    ///
    /// `now` is the time of the call. Don't pass the deadline of a wait: the wait may have ended
    /// later.
    pub fn step(&mut self, now: Instant) -> Step {
        loop {
            if let Some(step) = self.advance(now) {
                return step;
            }
        }
    }

    /// Returns the request to handle, after [`Step::Handle`], or the request that switched the
    /// protocol, after [`Step::Upgraded`].
    ///
    /// # Panics
    ///
    /// If there is no request.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let has_request = matches!(self.phase, Phase::Handling | Phase::Upgrading);
        let buffer = self.buffer.as_ref().filter(|_| has_request);
        let request = buffer.and_then(|buffer| buffer.request.as_deref());
        Request::new(request.expect("a request is there after Step::Handle"), &self.peer)
    }

    /// Ends the connection after the answers to all requests that have begun to arrive, the last
    /// one with `Connection: close`. If there is none, it ends at once.
    ///
    /// A client that always sends the next request before it has its answer keeps the connection open.
    /// To close after a certain answer, use [`Response::with_close`](crate::Response::with_close).
    pub const fn graceful_shutdown(&mut self) {
        self.shuts_down = true;
    }

    /// Returns the peer.
    #[must_use]
    pub const fn peer(&self) -> Peer {
        self.peer
    }

    /// Takes the first diagnostic since the last call.
    #[must_use]
    pub const fn take_diagnostic(&mut self) -> Option<Diagnostic> {
        self.diagnostic.take()
    }

    /// Makes one transition, or returns what the transport has to do for the next one.
    fn advance(&mut self, now: Instant) -> Option<Step> {
        match self.phase {
            Phase::Receiving => self.receive(now),
            Phase::Handling => {
                let step = self.flush_first(now).or_else(|| self.receive_body(now));
                step.or(Some(Step::Handle))
            }
            Phase::Sending => self.send(now),
            Phase::Draining => self.drain_body(now),
            Phase::Closing => self.flush(now).or_else(|| {
                self.phase = Phase::Lingering;
                Some(Step::Shutdown)
            }),
            Phase::Lingering | Phase::Parting => self.linger(now),
            Phase::Upgrading => self.flush(now).or(Some(Step::Upgraded)),
            Phase::Failing => self.flush(now).or_else(|| {
                self.end_of_cut_answer();
                None
            }),
            Phase::Cut => Some(Step::Reset),
            Phase::Closed => Some(Step::Close),
        }
    }

    fn receive(&mut self, now: Instant) -> Option<Step> {
        self.resume(now);
        let has_written = self.wait.awaiting() == Awaiting::Writing;
        if has_written && let Some(step) = self.flush(now) {
            return Some(step);
        }
        let parsed = match self.parse(now) {
            Ok(parsed) => parsed,
            Err(refusal) => {
                self.refuse(refusal, now);
                return None;
            }
        };
        if parsed == Parsed::Request {
            self.phase = Phase::Handling;
            return None;
        }
        // RFC 9110 section 10.1.1: a server "MAY omit sending a 100 (Continue) response if it
        // has already received some or all of the content".
        if self.expectation == Expectation::Due && !self.input_ended {
            self.expectation_met();
        }
        if let Some(step) = self.flush(now) {
            return Some(step);
        }
        if let Parsed::Lacks { bytes } = parsed {
            // All answers are written, and the memory that they free may be enough.
            if self.buffer.as_mut().is_some_and(|buffer| buffer.output.release()) {
                return None;
            }
            self.pause(now);
            return Some(Step::Allocate { bytes });
        }
        if self.input_ended {
            self.end_of_input(now);
            return None;
        }
        if self.shuts_down && self.is_silent() {
            // A reset must not destroy an answer that was written just now.
            self.phase = if has_written { Phase::Closing } else { Phase::Closed };
            return None;
        }
        let deadline = self.wait.deadline(&self.config);
        if now < deadline {
            return Some(Step::Read { deadline });
        }
        self.read_timeout(now);
        None
    }

    fn await_now(&mut self, awaiting: Awaiting, now: Instant) -> u32 {
        self.wait.begin(awaiting, now, &self.config)
    }

    /// Asks for writes until all answers are written.
    fn flush(&mut self, now: Instant) -> Option<Step> {
        self.resume(now);
        if !self.has_output() {
            match self.phase {
                Phase::Receiving => {
                    self.await_now(self.awaited(), now);
                }
                // The application may have more to write later.
                Phase::Handling | Phase::Sending | Phase::Draining => {
                    if self.wait.awaiting() == Awaiting::Writing {
                        self.await_writing(now);
                    }
                    self.pause(now);
                }
                _ => {}
            }
            return None;
        }
        let deadline = self.await_writing(now);
        if now < deadline {
            return Some(Step::Write { deadline });
        }
        self.diagnose(Diagnostic::WriteTimeout);
        self.abort();
        Some(if self.phase == Phase::Cut { Step::Reset } else { Step::Close })
    }

    /// Begins or continues to wait for the client to read, and returns until when.
    fn await_writing(&mut self, now: Instant) -> Instant {
        let moved = self.await_now(Awaiting::Writing, now);
        let deadline = self.wait.deadline(&self.config);
        let incoming = self.buffer.as_mut().and_then(|buffer| buffer.incoming.as_mut());
        // Only one wait for the client runs at a time.
        let of_both = incoming.and_then(|it| it.await_writing(moved, now, &self.config));
        of_both.map_or(deadline, |of_both| deadline.min(of_both))
    }

    /// Keeps the first diagnostic for the log: it is the cause of the others.
    const fn diagnose(&mut self, diagnostic: Diagnostic) {
        if self.diagnostic.is_none() {
            self.diagnostic = Some(diagnostic);
        }
    }

    /// Lingers. RFC 9112 section 9.6: "The server then continues to read from the connection until it
    /// receives a corresponding close by the client, or until the server is reasonably certain that
    /// its own TCP stack has received the client's acknowledgement". A reset destroys what the client hasn't
    /// received, too.
    fn linger(&mut self, now: Instant) -> Option<Step> {
        let discarded = self.buffer.as_mut().map_or(0, |buffer| buffer.discard());
        self.wait.moved(discarded);
        self.await_now(Awaiting::Close, now);
        let deadline = self.wait.deadline(&self.config);
        if self.input_ended || now >= deadline {
            self.phase = if self.phase == Phase::Parting { Phase::Cut } else { Phase::Closed };
            return None;
        }
        Some(Step::Read { deadline })
    }
}

/// Bytes that an idle connection costs, beside its socket.
const _: () = assert!(size_of::<Connection>() <= 256);
