//! Answers, and whether the connection goes on after them.

use std::time::Instant;

use super::{Connection, Expectation, Phase};
use crate::answer::{self, ResponseContext};
use crate::diagnostic::Diagnostic;
use crate::outgoing::Outgoing;
use crate::request::Request;
use crate::response::Response;

impl Connection {
    /// Answers the request.
    ///
    /// Replaces a response that HTTP doesn't permit for that request: an upgrade that the client hasn't
    /// offered, or a 426 without Upgrade, by a 500; a 2xx to CONNECT that isn't an
    /// [upgrade](Response::upgrade) by a 501.
    ///
    /// # Panics
    ///
    /// If there is no request to answer.
    pub fn respond(&mut self, response: Response, now: Instant) {
        assert_eq!(self.phase, Phase::Handling, "a request is there after Step::Handle");
        let response = answer::permitted(response, self.request());
        if response.upgrade.is_some() {
            return self.switch_protocols(response, now);
        }
        // A streamed body may be made of the request's body.
        let is_streamed = answer::is_streamed(&response, self.request());
        if !is_streamed {
            self.discard_body();
        }
        let can_drain = self.can_drain();
        if is_streamed
            && can_drain
            && self.has_open_body()
            && !self.input_ended
            && self.expectation == Expectation::Due
        {
            // No 100 can come once the answer has begun.
            self.expectation_met();
        }
        let request = self.request();
        let ends_with_connection = is_streamed && answer::ends_with_connection(&response, request);
        let is_last = self.shuts_down && (self.has_open_body() || self.has_parsed_all());
        // RFC 9931: a refused CONNECT closes the connection.
        let may_persist = self.client_goes_on() && !request.has_method("CONNECT") && can_drain;
        let persists = may_persist
            && !response.closes()
            && !ends_with_connection
            && !is_last
            && !self.refuses_pipelined();
        self.expectation = Expectation::None;
        if let Some(buffer) = &mut self.buffer {
            buffer.writes_first = false;
        }
        if self.answer(response, persists, now) {
            self.phase = Phase::Sending;
        } else {
            self.end_of_answer(persists);
        }
    }

    /// Answers with a change of protocols.
    fn switch_protocols(&mut self, mut response: Response, now: Instant) {
        self.throw_body_away();
        if !self.has_ended_body() {
            // The bytes to come still belong to HTTP.
            let error = Response::error(500, "the server switched protocols within a body");
            return self.respond(error.with_close(), now);
        }
        self.end_body();
        self.expectation_met();
        let handler = response.upgrade.as_mut().and_then(|upgrade| upgrade.handler.take());
        self.answer(response, true, now);
        self.buffer.get_or_insert_default().upgrade_handler = handler;
        self.phase = Phase::Upgrading;
    }

    /// Appends an answer, which ends its request. Returns whether its body is streamed.
    pub(super) fn answer(&mut self, response: Response, persists: bool, now: Instant) -> bool {
        let buffer = self.buffer.get_or_insert_default();
        let stored = buffer.request.get_or_insert_default();
        let request = Request::new(stored, &self.peer);
        let mut context = ResponseContext::new(request, &response, persists);
        if !stored.has_begun() {
            // RFC 9110 section 9.3.2: no content for HEAD, even if the rest of its line is wrong.
            context.is_head = buffer.unread().trim_ascii_start().starts_with(b"HEAD ");
        }
        let date = if self.config.date { buffer.date.line_at(now, self.time_of_day) } else { "" };
        let upgrades = response.upgrade.is_some();
        buffer.outgoing = answer::write(&mut buffer.output, response, context, date);
        let is_streamed = buffer.outgoing.is_some();
        buffer.ends_with_connection =
            buffer.outgoing.as_ref().is_some_and(Outgoing::ends_with_connection);
        buffer.follows_answers = self.has_answered;
        // After an upgrade, `request` still gives it.
        if !upgrades {
            buffer.request.as_mut().into_iter().for_each(|request| request.clear());
            buffer.end_allowance();
        }
        self.has_answered = true;
        self.wait.made_progress(now);
        is_streamed
    }

    /// Appends the 100, if the client expects one. RFC 9110 section 7.8: with an upgrade, the 100 has
    /// to come before the 101.
    pub(super) fn expectation_met(&mut self) {
        if self.expectation != Expectation::None {
            answer::write_continue(&mut self.buffer.get_or_insert_default().output);
            self.expectation = Expectation::None;
        }
    }

    /// Returns whether the client may send another request after the one that is answered.
    pub(super) fn client_goes_on(&self) -> bool {
        let framing = self.buffer.as_ref().and_then(|buffer| buffer.framing());
        framing.is_some_and(|framing| framing.keep_alive)
            && !(self.input_ended && self.has_parsed_all())
    }

    /// Returns whether to discard the bytes after the request, since pipelining is not allowed.
    pub(super) fn refuses_pipelined(&mut self) -> bool {
        if self.config.allow_pipelining || self.has_open_body() || self.has_only_empty_lines() {
            return false;
        }
        self.diagnose(Diagnostic::Pipelined);
        true
    }
}
