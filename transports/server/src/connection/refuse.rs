//! Requests that fail: malformed, refused, too slow, cut short.

use std::time::Instant;

use h1events::{Error, ErrorKind};

use super::{Connection, Phase};
use crate::diagnostic::Diagnostic;
use crate::incoming::RequestBodyError;
use crate::response::Response;
use crate::wait::Awaiting;

/// Why a request is refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    Malformed(Error),
    HostMismatch,
}

impl Connection {
    /// Answers with an error and closes: nothing that follows is parsed.
    pub(super) fn refuse(&mut self, refusal: Refusal, now: Instant) {
        match refusal {
            Refusal::Malformed(error) => {
                self.diagnose(Diagnostic::Refused(error));
                self.close_with(error.status(), &error.kind().to_string(), now);
            }
            Refusal::HostMismatch => {
                self.diagnose(Diagnostic::HostMismatch);
                let text = "target and Host field name different hosts";
                self.close_with(400, text, now);
            }
        }
    }

    /// Answers a request with a 503, since there is no memory for its body, and closes. If the application
    /// has the request already, its body fails instead.
    pub fn refuse_body(&mut self, now: Instant) {
        if self.phase != Phase::Receiving {
            return self.fail_body(RequestBodyError::OutOfMemory);
        }
        self.diagnose(Diagnostic::OutOfMemory);
        self.close_with(503, "no memory for the body of the request", now);
    }

    /// Handles a read deadline: no byte, or too few, have come in time.
    pub(super) fn read_timeout(&mut self, now: Instant) {
        let (diagnostic, text) = match self.wait.awaiting() {
            Awaiting::Head => (Diagnostic::HeadTimeout, "the head of the request took too long"),
            Awaiting::Body => (Diagnostic::BodyTimeout, "the body of the request came too slowly"),
            // RFC 9112 section 9.5: no request, so no answer.
            Awaiting::Request | Awaiting::Writing | Awaiting::Close => {
                self.phase = Phase::Closed;
                return;
            }
        };
        self.diagnose(diagnostic);
        self.close_with(408, text, now);
    }

    /// Handles the end of the input, after all complete requests are answered.
    pub(super) fn end_of_input(&mut self, now: Instant) {
        if self.is_silent() {
            self.phase = Phase::Closed;
            return;
        }
        self.diagnose(Diagnostic::UnexpectedEnd);
        if self.awaited() == Awaiting::Body {
            // RFC 9112 section 8: the request is incomplete, and its client waits for no answer.
            self.phase = Phase::Closed;
        } else {
            self.close_with(400, &ErrorKind::UnexpectedEnd.to_string(), now);
        }
    }

    /// Answers with an error, in a fixed text, and closes.
    fn close_with(&mut self, status: u16, text: &str, now: Instant) {
        self.answer(Response::error(status, text), false, now);
        self.phase = Phase::Closing;
    }
}
