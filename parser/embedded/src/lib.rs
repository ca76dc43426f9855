//! A server in fixed memory, without std, heap or I/O: it shows and switches a lamp.
//!
//! `GET /lamp` answers `on` or `off`, `PUT /lamp` takes either. The bytes may come from anywhere: the
//! firmware in `main.rs` gets them from a serial port, and the tests from arrays.

#![no_std]
#![forbid(unsafe_code)]

mod request;

use core::fmt::{self, Write};

use h1events::{Event, Limits, RequestParser};

use request::Request;

/// The limits of a request: small, but large enough for browsers.
const LIMITS: Limits = {
    let mut limits = Limits::new();
    limits.method = 16;
    limits.target = 64;
    limits.field_line = 1024;
    limits.header_section = 8 * 1024;
    limits.trailer_section = 1024;
    limits.content = request::CONTENT as u64;
    limits
};

/// Octets of the buffer, which always has space for more.
const BUFFER: usize = LIMITS.required_buffer();

/// A connection, and the lamp.
pub struct Server {
    parser: RequestParser,
    buffer: [u8; BUFFER],
    filled: usize,
    request: Request,
    is_on: bool,
}

/// Whether the connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum State {
    /// The client may send more.
    Open,
    /// That was the last answer. Close the connection: further bytes aren't parsed.
    Closed,
}

impl Server {
    /// Creates a server that waits for its first request, with the lamp off.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            parser: RequestParser::with_limits(LIMITS),
            buffer: [0; BUFFER],
            filled: 0,
            request: Request::new(),
            is_on: false,
        }
    }

    /// Returns whether the lamp is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// Returns the space for the next octets: at least one, as long as the state is open.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }

    /// Takes the octets that the caller has put into the [space](Self::space), and writes the answers.
    ///
    /// # Errors
    ///
    /// The output fails.
    ///
    /// # Panics
    ///
    /// The space is shorter than that.
    pub fn advance(&mut self, octets: usize, output: &mut impl Write) -> Result<State, fmt::Error> {
        self.filled += octets;
        let mut input = &self.buffer[..self.filled];
        loop {
            match self.parser.next_event(&mut input) {
                Ok(Some(Event::End)) => {
                    let state = self.request.answer(&mut self.is_on, output)?;
                    if state == State::Closed {
                        return Ok(state);
                    }
                    self.request = Request::new();
                }
                Ok(Some(event)) => self.request.add(event),
                Ok(None) => break,
                Err(error) => {
                    self.request.refuse(error, output)?;
                    return Ok(State::Closed);
                }
            }
        }
        let unconsumed = self.filled - input.len()..self.filled;
        self.filled = unconsumed.len();
        self.buffer.copy_within(unconsumed, 0);
        self.request.ask_for_body(output)?;
        Ok(State::Open)
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
