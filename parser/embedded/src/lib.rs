//! A server in fixed memory, without std, heap or I/O: it shows and switches a lamp.
//!
//! `GET /lamp` answers `on` or `off`, `PUT /lamp` takes either. The bytes come from anywhere: the
//! firmware in `main.rs` has them from a serial port, and the tests from arrays.

#![no_std]
#![forbid(unsafe_code)]

mod request;

use core::fmt::{self, Write};

use h1events::{Event, Limits, RequestParser};

use request::Request;

/// What is accepted: little, but the fields of browsers have room.
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

/// Octets of the buffer: as long as this, it always has room for more.
const BUFFER: usize = LIMITS.required_buffer();

/// A connection, and the lamp.
pub struct Server {
    parser: RequestParser,
    buffer: [u8; BUFFER],
    filled: usize,
    request: Request,
    is_on: bool,
}

/// What a client may do after an answer, or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum State {
    /// It goes on.
    Open,
    /// That was the last answer: what follows isn't parsed, and the connection is to be closed.
    Closed,
}

impl Server {
    /// Waits for the first request, with the lamp off.
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

    /// Whether the lamp is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// Returns where to put the next octets: for one at least, as long as the state is open.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }

    /// Takes as many octets as have been put into the [space](Self::space), and writes the answers.
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
