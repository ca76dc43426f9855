//! Answers that wait to be written while the next request is handled.

use std::time::Instant;

use super::Connection;
use crate::output::Output;
use crate::step::Step;

impl Connection {
    /// Writes the answers before the request first: [`step`](Self::step) returns [`Step::Write`], and
    /// [`Step::Handle`] when they are written. Call it after [`Step::Handle`].
    pub fn write_first(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.writes_first = true;
        }
    }

    /// Returns the number of answers that wait while the request is handled.
    #[must_use]
    pub fn unsent_answers(&self) -> u32 {
        let output = self.buffer.as_ref().map(|buffer| &buffer.output);
        output.filter(|output| !output.is_empty()).map_or(0, Output::answers)
    }

    /// Returns whether no byte after the request has been read, except its body.
    #[must_use]
    pub fn is_last_request(&self) -> bool {
        self.has_open_body() || self.has_parsed_all()
    }

    /// Writes the answers that leave before the request is handled.
    pub(super) fn flush_first(&mut self, now: Instant) -> Option<Step> {
        let writes_first = self.buffer.as_ref()?.writes_first;
        if writes_first { self.flush(now) } else { None }
    }

    /// Returns whether the answers before the request are being written.
    pub(super) fn is_writing_first(&self) -> bool {
        self.has_output() && self.buffer.as_ref().is_some_and(|buffer| buffer.writes_first)
    }
}
