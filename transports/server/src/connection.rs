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
//!         |     | end of input, caps
//!         v     v
//!         Closed <---- the client reads too slowly: from wherever something is written
//!
//! Receiving -> Closed: end of input between requests or in a body, idle timeout, end_soon
//!                      (but Closing, if an answer has been written just then)
//! ```
//!
//! In Receiving, what waits to be written is written before more is read, but not before all
//! requests that have been read are answered, so that the answers leave in one write.

mod bytes;

use std::sync::Arc;

use h1events::{Error, ErrorKind, Event, RequestParser};

use crate::answer::{self, Terms};
use crate::buffer::Buffer;
use crate::config::Config;
use crate::request::Request;
use crate::response::Response;
use crate::step::{Notice, Now, Step};
use crate::wait::{For, Wait};

/// The server side of one connection.
///
/// See the [crate documentation](crate) for the loop, and for what is promised.
///
/// ```
/// use std::sync::Arc;
/// use h1events_server::{Config, Connection, Now, Response, Step};
///
/// let now = Now::from_clocks();
/// let mut connection = Connection::new(Arc::new(Config::new()), now);
/// let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/// connection.read_space()[..request.len()].copy_from_slice(request);
/// connection.received(request.len());
///
/// assert_eq!(connection.step(now), Step::Handle);
/// assert_eq!(connection.request().path(), b"/");
/// connection.respond(Response::text("Hello, World\n"), now);
///
/// assert!(matches!(connection.step(now), Step::Write { .. }));
/// assert!(connection.unsent()[0].starts_with(b"HTTP/1.1 200 OK\r\n"));
/// ```
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    parser: RequestParser,
    buffer: Option<Box<Buffer>>,
    wait: Wait,
    notice: Option<Notice>,
    phase: Phase,
    expectation: Expectation,
    input_ended: bool,
    ends_soon: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Receiving,
    Handling,
    Closing,
    Lingering,
    Upgrading,
    Closed,
}

/// Whether the client waits for a 100 (Continue).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expectation {
    /// It doesn't, or has it.
    None,
    /// It does, and has sent nothing of the body.
    Due,
    /// It does, but has sent some of the body all the same.
    Overtaken,
}

impl Connection {
    /// A connection that has just been opened.
    #[must_use]
    pub fn new(config: Arc<Config>, now: Now) -> Self {
        Self {
            parser: RequestParser::with_limits(config.limits)
                .allow_non_ascii_target(config.allow_non_ascii_target),
            config,
            buffer: None,
            wait: Wait::new(For::Request, now.instant),
            notice: None,
            phase: Phase::Receiving,
            expectation: Expectation::None,
            input_ended: false,
            ends_soon: false,
        }
    }

    /// What to do next. To ask again changes nothing, except that [`Step::Shutdown`] is
    /// returned once.
    pub fn step(&mut self, now: Now) -> Step {
        loop {
            if let Some(step) = self.advance(now) {
                return step;
            }
        }
    }

    /// The request to handle, after [`Step::Handle`]; or that which took the connection, after
    /// [`Step::Upgraded`].
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let has_request = matches!(self.phase, Phase::Handling | Phase::Upgrading);
        let buffer = self.buffer.as_ref().filter(|_| has_request);
        Request::new(&buffer.expect("a request is there after Step::Handle").request)
    }

    /// Answers the request.
    ///
    /// What HTTP doesn't permit as an answer to that request is replaced: an upgrade that
    /// wasn't offered, or a 426 without Upgrade, by a 500; a 2xx to CONNECT that isn't an
    /// [upgrade](Response::upgrade) by a 501.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn respond(&mut self, response: Response, now: Now) {
        let request = self.request();
        assert_eq!(self.phase, Phase::Handling, "a request is there after Step::Handle");
        let response = answer::permitted(response, request);
        if response.protocol.is_some() {
            self.expectation_met();
            self.answer(response, true, now);
            self.phase = Phase::Upgrading;
            return;
        }
        // RFC 9931: a refused CONNECT closes the connection.
        let is_last = self.ends_soon && self.has_read_all();
        let persists = self.client_goes_on()
            && !self.request().has_method("CONNECT")
            && !response.close
            && !is_last;
        self.answer(response, persists, now);
        self.phase = if persists { Phase::Receiving } else { Phase::Closing };
    }

    /// Whether no byte of the next request has come and nothing is to be done: such a
    /// connection may be closed at any time, say to make room for another one.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        // A CR alone is half of the empty line that is ignored.
        let is_empty =
            |buffer: &Buffer| matches!(buffer.unread(), [] | [b'\r']) && buffer.output.is_empty();
        self.phase == Phase::Receiving
            && self.parser.is_idle()
            && self.buffer.as_deref().is_none_or(is_empty)
    }

    /// Whether the connection is in its lingering close, or past it: the client has been sent all
    /// answers, and what it sends is thrown away.
    #[must_use]
    pub const fn is_lingering(&self) -> bool {
        matches!(self.phase, Phase::Lingering | Phase::Closed)
    }

    /// Ends the connection as soon as all requests are answered of which something has been
    /// read, the last one with `Connection: close`; at once, if there is none.
    ///
    /// A client that has always begun the next one before it has its answer goes on. To end
    /// with a certain answer, [`close`](Response::close) it.
    pub const fn end_soon(&mut self) {
        self.ends_soon = true;
    }

    /// What is to be logged: the first thing since the last time.
    #[must_use]
    pub const fn take_notice(&mut self) -> Option<Notice> {
        self.notice.take()
    }

    /// One transition, or what the transport has to do for the next one.
    fn advance(&mut self, now: Now) -> Option<Step> {
        match self.phase {
            Phase::Receiving => self.receive(now),
            Phase::Handling => Some(Step::Handle),
            Phase::Closing => self.flush(now).or_else(|| {
                self.phase = Phase::Lingering;
                self.wait.begin(For::Close, now.instant);
                Some(Step::Shutdown)
            }),
            Phase::Lingering => self.linger(now),
            Phase::Upgrading => self.flush(now).or(Some(Step::Upgraded)),
            Phase::Closed => Some(Step::Close),
        }
    }

    fn receive(&mut self, now: Now) -> Option<Step> {
        let has_written = self.wait.what() == For::Writing;
        if has_written && let Some(step) = self.flush(now) {
            return Some(step);
        }
        match self.parse(now) {
            Ok(true) => {
                self.phase = Phase::Handling;
                return None;
            }
            Ok(false) => {}
            Err(error) => {
                self.notice(Notice::Refused(error));
                self.refuse(error.status(), &error.kind().to_string(), now);
                return None;
            }
        }
        // RFC 9110 section 10.1.1: a server "MAY omit sending a 100 (Continue) response if it
        // has already received some or all of the content".
        if self.expectation == Expectation::Due && !self.input_ended {
            self.expectation_met();
        }
        if let Some(step) = self.flush(now) {
            return Some(step);
        }
        if self.input_ended {
            self.end_of_input(now);
            return None;
        }
        if self.ends_soon && self.is_silent() {
            // An answer that was written just now must not be lost in a reset.
            self.phase = if has_written { Phase::Closing } else { Phase::Closed };
            return None;
        }
        self.wait.begin(self.awaited(), now.instant);
        let deadline = self.wait.deadline(&self.config);
        if now.instant < deadline {
            return Some(Step::Read { deadline });
        }
        self.read_timeout(now);
        None
    }

    /// Parses what has been read, up to the end of a request: whether there was one.
    fn parse(&mut self, now: Now) -> Result<bool, Error> {
        let Some(buffer) = self.buffer.as_deref_mut().filter(|buffer| !buffer.output.is_full())
        else {
            return Ok(false);
        };
        let (mut input, request) = buffer.split();
        let before = input.len();
        let result = loop {
            let event = match self.parser.next_event(&mut input) {
                Ok(Some(event)) => event,
                Ok(None) => break Ok(false),
                Err(error) => break Err(error),
            };
            request.add(&event);
            match event {
                Event::HeadEnd(framing) => {
                    self.wait.begin(For::Body, now.instant);
                    self.expectation = match (framing.expect_continue, input.is_empty()) {
                        (false, _) => Expectation::None,
                        (true, true) => Expectation::Due,
                        (true, false) => Expectation::Overtaken,
                    };
                }
                Event::Body(data) => self.wait.moved(data.len()),
                Event::End => break Ok(true),
                Event::RequestLine(_) | Event::Header(_) | Event::Trailer(_) => {}
            }
        };
        let consumed = before - input.len();
        buffer.consume(consumed);
        result
    }

    /// What of a request comes next.
    fn awaited(&self) -> For {
        let framing = self.buffer.as_ref().and_then(|buffer| buffer.request.framing());
        match framing {
            _ if self.parser.is_idle() => For::Request,
            None => For::Head,
            Some(_) => For::Body,
        }
    }

    /// Writes what waits, as long as there is something.
    fn flush(&mut self, now: Now) -> Option<Step> {
        if self.buffer.as_ref().is_none_or(|buffer| buffer.output.is_empty()) {
            if self.wait.what() == For::Writing {
                self.wait.begin(self.awaited(), now.instant);
            }
            return None;
        }
        self.wait.begin(For::Writing, now.instant);
        let deadline = self.wait.deadline(&self.config);
        if now.instant < deadline {
            return Some(Step::Write { deadline });
        }
        self.notice(Notice::WriteTimeout);
        self.phase = Phase::Closed;
        Some(Step::Close)
    }

    fn read_timeout(&mut self, now: Now) {
        let (notice, reason) = match self.wait.what() {
            For::Head => (Notice::HeadTimeout, "the head of the request took too long"),
            For::Body => (Notice::BodyTimeout, "the body of the request came too slowly"),
            // RFC 9112 section 9.5: nobody waits for an answer.
            For::Request | For::Writing | For::Close => {
                self.phase = Phase::Closed;
                return;
            }
        };
        self.notice(notice);
        self.refuse(408, reason, now);
    }

    /// The client has sent its last byte, and has all answers to what came before.
    fn end_of_input(&mut self, now: Now) {
        let rest = self.buffer.as_ref().map_or(&[][..], |buffer| buffer.unread());
        if self.parser.finish(rest).is_ok() {
            self.phase = Phase::Closed;
            return;
        }
        self.notice(Notice::UnexpectedEnd);
        if self.awaited() == For::Body {
            // RFC 9112 section 8: the request is incomplete, and nobody waits for an answer.
            self.phase = Phase::Closed;
        } else {
            self.refuse(400, &ErrorKind::UnexpectedEnd.to_string(), now);
        }
    }

    /// Answers with an error, in a fixed text, and closes.
    fn refuse(&mut self, status: u16, explanation: &str, now: Now) {
        self.answer(answer::error(status, explanation), false, now);
        self.phase = Phase::Closing;
    }

    /// Appends an answer, after which its request is done with.
    fn answer(&mut self, response: Response, persists: bool, now: Now) {
        let buffer = self.buffer.get_or_insert_default();
        let mut terms = Terms::new(Request::new(&buffer.request), persists);
        if !buffer.request.has_begun() {
            // RFC 9110 section 9.3.2: no content for HEAD, even if the rest of its line is wrong.
            terms.is_head = buffer.unread().starts_with(b"HEAD ");
        }
        let date = if self.config.date { buffer.date.at(now.date) } else { "" };
        let upgrades = response.protocol.is_some();
        answer::write(&mut buffer.output, response, terms, date);
        // After an upgrade, `request` still gives it.
        if !upgrades {
            buffer.request.clear();
        }
    }

    /// Appends the 100, if the client expects one. RFC 9110 section 7.8: if it offers an upgrade,
    /// too, the 100 has to come before the 101.
    fn expectation_met(&mut self) {
        if self.expectation != Expectation::None {
            answer::write_continue(&mut self.buffer.get_or_insert_default().output);
            self.expectation = Expectation::None;
        }
    }

    /// Whether the client may have another request after the one that is answered.
    fn client_goes_on(&self) -> bool {
        self.buffer
            .as_ref()
            .and_then(|buffer| buffer.request.framing())
            .is_some_and(|framing| framing.keep_alive && !(self.input_ended && self.has_read_all()))
    }

    /// Whether nothing that has been read waits to be parsed.
    fn has_read_all(&self) -> bool {
        self.buffer.as_ref().is_none_or(|buffer| buffer.unread().is_empty())
    }

    /// The first thing that went wrong is what has to be logged.
    const fn notice(&mut self, notice: Notice) {
        if self.notice.is_none() {
            self.notice = Some(notice);
        }
    }

    /// RFC 9112 section 9.6: "The server then continues to read from the connection until it
    /// receives a corresponding close by the client, or until the server is reasonably certain that
    /// its own TCP stack has received the client's acknowledgement".
    fn linger(&mut self, now: Now) -> Option<Step> {
        let discarded = self.buffer.as_mut().map_or(0, |buffer| buffer.discard());
        self.wait.moved(discarded);
        self.wait.begin(For::Close, now.instant);
        let deadline = self.wait.deadline(&self.config);
        if self.input_ended
            || self.wait.bytes() > self.config.linger.bytes
            || now.instant >= deadline
        {
            self.phase = Phase::Closed;
            return None;
        }
        Some(Step::Read { deadline })
    }
}

/// What an idle connection costs, beside its socket.
const _: () = assert!(size_of::<Connection>() <= 256);
