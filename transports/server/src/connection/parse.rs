//! Input as parts of a request. No transitions here.

use std::time::Instant;

use h1events::BodyLength;

use super::refuse::Refusal;
use super::{Connection, Expectation};
use crate::buffer::Buffer;
use crate::request::Request;
use crate::stored_request::Part;
use crate::wait::Awaiting;

/// Where parsing has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// The end of a request.
    Request,
    /// The end of the input so far.
    Part,
    /// The end of the memory that the connection may hold.
    Lacks {
        /// Bytes that it needs to go on.
        bytes: usize,
    },
}

impl Connection {
    /// Parses the input so far, up to the end of a request.
    pub(super) fn parse(&mut self, now: Instant) -> Result<Parsed, Refusal> {
        // Without a byte there is no event: the last call has reached the end of a request or of the
        // input.
        let may_parse =
            |buffer: &&mut Buffer| !buffer.unread().is_empty() && !buffer.output.is_full();
        let Some(buffer) = self.buffer.as_deref_mut().filter(may_parse) else {
            return Ok(Parsed::Part);
        };
        let (mut input, request, room) = buffer.split();
        let before = input.len();
        let mut lacking = None;
        let mut streamed = None;
        let result = loop {
            match request.read(&mut self.parser, &mut input, room) {
                Ok(Some(Part::Head(framing))) => {
                    if self.config.refuse_host_mismatch
                        && Request::new(request, &self.peer).has_host_mismatch()
                    {
                        break Err(Refusal::HostMismatch);
                    }
                    if framing.body != BodyLength::None {
                        self.wait.begin(Awaiting::Body, now, &self.config);
                    }
                    self.expectation = match (framing.expect_continue, input.is_empty()) {
                        (false, _) => Expectation::None,
                        (true, true) => Expectation::Due,
                        (true, false) => Expectation::Overtaken,
                    };
                    if self.streams_bodies && framing.body != BodyLength::None {
                        streamed = Some(framing.body);
                        break Ok(Parsed::Request);
                    }
                }
                Ok(Some(Part::Body(octets))) => self.wait.moved(octets),
                Ok(Some(Part::End)) => break Ok(Parsed::Request),
                Ok(Some(Part::Lacks { growth })) => {
                    lacking = Some(growth);
                    break Ok(Parsed::Part);
                }
                Ok(None) => break Ok(Parsed::Part),
                Err(error) => break Err(Refusal::Malformed(error)),
            }
        };
        let consumed = before - input.len();
        buffer.consume(consumed);
        if let Some(length) = streamed {
            self.begin_body(length, now);
            return result;
        }
        let lacking = lacking.or_else(|| match result {
            Ok(Parsed::Part) if !self.input_ended => buffer.lacking_space(&self.config.limits),
            _ => None,
        });
        match lacking {
            Some(growth) => Ok(Parsed::Lacks { bytes: buffer.allowance_for(growth) }),
            None => result,
        }
    }

    /// Returns which part of a request comes next.
    pub(super) fn awaited(&self) -> Awaiting {
        let framing = self.buffer.as_ref().and_then(|buffer| buffer.framing());
        match framing {
            _ if self.parser.is_idle() => Awaiting::Request,
            None => Awaiting::Head,
            Some(_) => Awaiting::Body,
        }
    }

    /// Pauses the client's time: there is no memory to read into, or nothing to write yet.
    pub(super) fn pause(&mut self, now: Instant) {
        if let Some(buffer) = &mut self.buffer {
            buffer.paused.get_or_insert(now);
        }
    }

    pub(super) fn resume(&mut self, now: Instant) {
        if let Some(paused) = self.buffer.as_mut().and_then(|buffer| buffer.paused.take()) {
            self.wait.postpone(now.saturating_duration_since(paused));
        }
    }
}
