//! Bodies of requests that the application reads as they come.

use std::time::Instant;

use h1events::{BodyLength, Event, RequestParser};

use super::{Connection, Expectation, Phase};
use crate::content::Content;
use crate::diagnostic::Diagnostic;
use crate::incoming::{BodyState, Incoming, RequestBodyError, State};
use crate::owned_request::OwnedRequest;
use crate::step::Step;
use crate::trailers::Trailers;

/// Octets of a body that are discarded after its request was answered, at most, so that the connection
/// can go on. Go discards 256 KiB, and more if they have come.
const MAX_DRAINED: usize = 256 * 1024;

impl Connection {
    /// Hands requests to the application as soon as their head has come, and their bodies as it
    /// [wants](Self::want_body) them, up to
    /// [`Config::streamed_content`](crate::Config::streamed_content).
    ///
    /// Call it before the first byte is read.
    #[must_use]
    pub fn with_streamed_bodies(mut self) -> Self {
        self.streams_bodies = true;
        let mut limits = self.config.limits;
        limits.content = self.config.streamed_content;
        self.parser = RequestParser::with_limits(limits)
            .allow_non_ascii_target(self.config.allow_non_ascii_target)
            .allow_any_host(self.config.allow_any_host);
        self
    }

    /// Returns the state of the request's body, for an application that reads it as it comes. A
    /// collected body is at its end.
    #[must_use]
    pub fn body_state(&self) -> BodyState<'_> {
        if !matches!(self.phase, Phase::Handling | Phase::Sending) {
            return BodyState::Failed(RequestBodyError::Over);
        }
        let Some(buffer) = &self.buffer else { return BodyState::End };
        let Some(incoming) = &buffer.incoming else { return BodyState::End };
        let (skipped, ready) = incoming.ready();
        if ready > 0 {
            return BodyState::Content(&buffer.unread()[skipped..skipped + ready]);
        }
        match incoming.state {
            State::Open => BodyState::Pending,
            State::Ended => BodyState::End,
            State::Failed(error) => BodyState::Failed(error),
        }
    }

    /// Marks the first `n` octets of [`BodyState::Content`] as taken.
    ///
    /// # Panics
    ///
    /// If there were fewer.
    pub fn consume_body(&mut self, n: usize) {
        let buffer = self.buffer.as_deref_mut().expect("there is content");
        let incoming = buffer.incoming.as_mut().expect("there is content");
        let done = incoming.consume(n);
        buffer.consume(done);
    }

    /// Takes [`BodyState::Content`] without a copy, if there is much: 16 KiB at least. The connection reads
    /// into the same memory again when the content has been dropped, and otherwise into a copy.
    #[must_use]
    pub fn take_large_content(&mut self) -> Option<Content> {
        let buffer = self.buffer.as_deref()?;
        let (skipped, ready) = buffer.incoming.as_ref()?.ready();
        let content = buffer.share(skipped..skipped + ready)?;
        self.consume_body(ready);
        Some(content)
    }

    /// Notes that the application waits for more of the body: [`step`](Self::step) reads until some has
    /// come, or none will come. The client's time for the body runs only during this wait.
    pub fn want_body(&mut self) {
        if let Some(incoming) = self.incoming_mut() {
            incoming.is_wanted = true;
        }
    }

    /// Returns whether the application waits for more of the body while the answer has parts, or is being
    /// written. No step asks to read then. The transport reads if it can do so without waiting, so
    /// that neither direction blocks the other.
    #[must_use]
    pub fn wants_input(&mut self) -> bool {
        let Some(buffer) = &mut self.buffer else { return false };
        let is_wanted = self.phase == Phase::Sending
            && !self.input_ended
            && buffer.incoming.as_ref().is_some_and(Incoming::lacks_content);
        if is_wanted {
            self.decline_memory();
        }
        is_wanted
    }

    /// Returns whether the connection can go on without the memory that it asks for by [`Step::Allocate`], since it
    /// only wants to read more of a body at once. If there is none, call
    /// [`decline_memory`](Self::decline_memory) instead of waiting.
    #[must_use]
    pub fn can_decline_memory(&self) -> bool {
        self.buffer.as_ref().is_some_and(|buffer| buffer.lacking_body_space().is_some())
    }

    /// Answers [`Step::Allocate`] without memory: the connection goes on with reads for which it has enough.
    pub fn decline_memory(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.keep_body_space();
        }
    }

    /// Notes how many bytes of the body the transport holds for the application. They count as
    /// [buffered](Self::buffered).
    pub fn hold_body(&mut self, bytes: usize) {
        if let Some(incoming) = self.incoming_mut() {
            incoming.held = bytes;
        }
    }

    /// Notes that the application ignores the rest of the body.
    ///
    /// Then no 100 (Continue) is sent. After the answer, the rest is discarded if it is short;
    /// otherwise the connection closes.
    pub fn discard_body(&mut self) {
        if let Some(incoming) = self.incoming_mut() {
            incoming.is_discarded = true;
            incoming.is_wanted = false;
        }
        self.throw_body_away();
    }

    /// Returns the trailers, once the body is at its end.
    #[must_use]
    pub fn body_trailers(&self) -> Option<&Trailers> {
        self.buffer.as_ref()?.incoming.as_ref().map(|incoming| &incoming.trailers)
    }

    /// Takes the request out, so that the application can hold it while the connection reads the
    /// body. [Put it back](Self::put_request_back) before [`respond`](Self::respond).
    ///
    /// # Panics
    ///
    /// If there is no request.
    #[must_use]
    pub fn take_request(&mut self) -> OwnedRequest {
        assert_eq!(self.phase, Phase::Handling, "a request is there after Step::Handle");
        let buffer = self.buffer.get_or_insert_default();
        let request = buffer.request.take().unwrap_or_default();
        buffer.lent = request.capacity();
        OwnedRequest::new(request, self.peer)
    }

    /// Puts a request back that was [taken](Self::take_request).
    pub fn put_request_back(&mut self, request: OwnedRequest) {
        let buffer = self.buffer.get_or_insert_default();
        buffer.request = Some(request.into_stored());
    }

    /// Begins a body that the application reads as it comes.
    pub(super) fn begin_body(&mut self, length: BodyLength, now: Instant) {
        let left = match length {
            BodyLength::Length(octets) => Some(octets),
            BodyLength::None | BodyLength::Chunked => None,
        };
        let incoming = Incoming::new(left, now, &self.config);
        self.buffer.get_or_insert_default().incoming = Some(incoming);
    }

    /// Takes a step toward more of the body. `None` if there is some, if none will come, or if the
    /// application doesn't want it.
    pub(super) fn receive_body(&mut self, now: Instant) -> Option<Step> {
        let lacks_content = self.incoming_mut()?.lacks_content();
        let step = if lacks_content { self.next_of_body(now) } else { None };
        // The connection may have ended.
        if let Some(incoming) = self.incoming_mut() {
            incoming.is_wanted = step.is_some();
        }
        if step.is_none() {
            self.pause_body(now);
        }
        step
    }

    /// Passes on the body as far as it has been read, if the application waits for it.
    pub(super) fn pass_body_on(&mut self) {
        if !self.incoming_mut().is_some_and(|incoming| incoming.lacks_content()) {
            return;
        }
        if !self.parse_body() && self.input_ended {
            self.fail_body(RequestBodyError::UnexpectedEnd);
        }
        if let Some(incoming) = self.incoming_mut() {
            incoming.is_wanted = incoming.lacks_content();
        }
    }

    fn next_of_body(&mut self, now: Instant) -> Option<Step> {
        if self.parse_body() {
            return None;
        }
        if self.expectation == Expectation::Due && !self.input_ended {
            self.expectation_met();
        }
        if let Some(step) = self.flush(now) {
            return Some(step);
        }
        self.read_body(now)
    }

    fn read_body(&mut self, now: Instant) -> Option<Step> {
        let buffer = self.buffer.as_deref_mut()?;
        let incoming = buffer.incoming.as_mut()?;
        let deadline = incoming.await_content(now, &self.config);
        if self.input_ended {
            self.fail_body(RequestBodyError::UnexpectedEnd);
            return None;
        }
        if now >= deadline {
            self.fail_body(RequestBodyError::TimedOut);
            return None;
        }
        let Some(growth) = buffer.lacking_body_space() else {
            return Some(Step::Read { deadline });
        };
        let bytes = buffer.allowance_for(growth);
        if let Some(incoming) = &mut buffer.incoming {
            incoming.pause(now, &self.config);
        }
        Some(Step::Allocate { bytes })
    }

    /// Parses the body as far as it has been read. Returns whether there is news for the application.
    fn parse_body(&mut self) -> bool {
        loop {
            let Some(buffer) = self.buffer.as_deref_mut() else { return false };
            let (mut input, incoming) = buffer.split_body();
            let Some(incoming) = incoming.filter(|incoming| incoming.is_open()) else {
                return true;
            };
            let before = input.len();
            let event = self.parser.next_event(&mut input);
            let consumed = before - input.len();
            match event {
                Ok(Some(Event::Body(content))) => {
                    if self.expectation == Expectation::Due {
                        self.expectation = Expectation::Overtaken;
                    }
                    incoming.parsed_content(consumed, content.len());
                    return true;
                }
                Ok(Some(Event::Trailer(field))) => incoming.trailers.push(field),
                Ok(Some(Event::End)) => incoming.state = State::Ended,
                Ok(Some(_)) => {}
                Ok(None) => {
                    buffer.consume(consumed);
                    return false;
                }
                Err(error) => {
                    self.fail_body(RequestBodyError::Refused(error));
                    return true;
                }
            }
            buffer.consume(consumed);
        }
    }

    /// Stops the client's time for the body.
    pub(super) fn pause_body(&mut self, now: Instant) {
        let incoming = self.buffer.as_mut().and_then(|buffer| buffer.incoming.as_mut());
        if let Some(incoming) = incoming {
            incoming.pause(now, &self.config);
        }
    }

    /// Ends the body early, unless it has ended already.
    pub(super) fn fail_body(&mut self, error: RequestBodyError) {
        let Some(incoming) = self.incoming_mut().filter(|incoming| incoming.is_open()) else {
            return;
        };
        incoming.fail(error);
        self.diagnose(match error {
            RequestBodyError::Refused(error) => Diagnostic::Refused(error),
            RequestBodyError::TimedOut => Diagnostic::BodyTimeout,
            RequestBodyError::UnexpectedEnd => Diagnostic::UnexpectedEnd,
            RequestBodyError::OutOfMemory => Diagnostic::OutOfMemory,
            RequestBodyError::Over => return,
        });
    }

    /// Reads the rest of an answered request's body, so that the next request can come.
    pub(super) fn drain_body(&mut self, now: Instant) -> Option<Step> {
        self.throw_body_away();
        if let Some(step) = self.flush(now) {
            return Some(step);
        }
        let is_long = self.incoming_mut()?.discarded >= MAX_DRAINED;
        match self.incoming_mut()?.state {
            State::Ended => {
                self.end_body();
                self.phase = Phase::Receiving;
            }
            State::Open if !is_long => return self.read_body(now),
            State::Open | State::Failed(_) => {
                self.end_body();
                self.phase = Phase::Closing;
            }
        }
        None
    }

    /// Returns whether the connection can go on after the answer to a request whose body is incomplete.
    pub(super) fn can_drain(&mut self) -> bool {
        let is_asked_for = self.expectation != Expectation::Due;
        let Some(incoming) = self.incoming_mut() else { return true };
        match incoming.state {
            State::Ended => true,
            State::Failed(_) => false,
            State::Open if incoming.is_discarded => {
                let most = MAX_DRAINED.saturating_sub(incoming.discarded) as u64;
                is_asked_for && incoming.left().is_none_or(|left| left <= most)
            }
            State::Open => true,
        }
    }

    /// Returns whether there is a body that the connection hasn't read to its end.
    pub(super) fn has_open_body(&self) -> bool {
        let incoming = self.buffer.as_ref().and_then(|buffer| buffer.incoming.as_ref());
        incoming.is_some_and(Incoming::is_open)
    }

    /// Returns whether there is no body, or all of it has come.
    pub(super) fn has_ended_body(&self) -> bool {
        let incoming = self.buffer.as_ref().and_then(|buffer| buffer.incoming.as_ref());
        incoming.is_none_or(|incoming| incoming.state == State::Ended)
    }

    /// Forgets the body.
    pub(super) fn end_body(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.incoming = None;
        }
    }

    /// Parses and discards the body as far as it has been read.
    pub(super) fn throw_body_away(&mut self) {
        while let Some(incoming) = self.incoming_mut() {
            let (_, ready) = incoming.ready();
            if ready > 0 {
                incoming.discarded += ready;
                self.consume_body(ready);
            } else if !incoming.is_open() || !self.parse_body() {
                break;
            }
        }
    }

    fn incoming_mut(&mut self) -> Option<&mut Incoming> {
        self.buffer.as_mut()?.incoming.as_mut()
    }
}
