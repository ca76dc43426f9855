//! The parts of a request that the server keeps, and the answer.

use core::fmt::{self, Write};

use h1events::{Error, Event};

use crate::State;

/// Octets of the longest valid content.
pub(crate) const CONTENT: usize = "off".len();

pub(crate) struct Request {
    method: Method,
    is_lamp: bool,
    keep_alive: bool,
    expects_continue: bool,
    content: [u8; CONTENT],
    length: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Head,
    Put,
    Connect,
    Other,
}

impl Request {
    pub(crate) const fn new() -> Self {
        Self {
            method: Method::Other,
            is_lamp: false,
            keep_alive: false,
            expects_continue: false,
            content: [0; CONTENT],
            length: 0,
        }
    }

    /// Copies the parts that matter, since the octets in the buffer move.
    pub(crate) fn add(&mut self, event: Event<'_>) {
        match event {
            Event::RequestLine(line) => {
                self.method = match line.method {
                    b"GET" => Method::Get,
                    b"HEAD" => Method::Head,
                    b"PUT" => Method::Put,
                    b"CONNECT" => Method::Connect,
                    _ => Method::Other,
                };
                self.is_lamp = line.target == b"/lamp";
            }
            Event::HeadEnd(framing) => {
                self.keep_alive = framing.keep_alive && self.method != Method::Connect;
                self.expects_continue = framing.expect_continue;
            }
            Event::Body(octets) => {
                self.expects_continue = false;
                // The limit of the parser is as long as the array.
                for (place, octet) in self.content[self.length..].iter_mut().zip(octets) {
                    *place = *octet;
                }
                self.length += octets.len();
            }
            Event::Header(_) | Event::Trailer(_) | Event::End => {}
        }
    }

    /// Asks a waiting client for the body. Call it when there are no more events.
    pub(crate) fn ask_for_body(&mut self, output: &mut impl Write) -> fmt::Result {
        if core::mem::replace(&mut self.expects_continue, false) {
            output.write_str("HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        Ok(())
    }

    /// Answers the whole request.
    pub(crate) fn answer(
        &self,
        is_on: &mut bool,
        output: &mut impl Write,
    ) -> Result<State, fmt::Error> {
        let (status, text) = match (self.is_lamp, self.method, &self.content[..self.length]) {
            (_, Method::Connect | Method::Other, _) => ("501 Not Implemented", ""),
            (false, ..) => ("404 Not Found", ""),
            (true, Method::Put, b"on") => {
                *is_on = true;
                ("200 OK", "on\n")
            }
            (true, Method::Put, b"off") => {
                *is_on = false;
                ("200 OK", "off\n")
            }
            (true, Method::Put, _) => ("422 Unprocessable Content", "on or off?\n"),
            (true, Method::Get | Method::Head, _) => {
                ("200 OK", if *is_on { "on\n" } else { "off\n" })
            }
        };
        let connection = if self.keep_alive { "keep-alive" } else { "close" };
        write!(
            output,
            "HTTP/1.1 {status}\r\nConnection: {connection}\r\nContent-Length: {}\r\n\r\n",
            text.len()
        )?;
        if self.method != Method::Head {
            output.write_str(text)?;
        }
        Ok(if self.keep_alive { State::Open } else { State::Closed })
    }

    /// Answers a malformed request, the last one of its connection. A reason phrase may be empty.
    pub(crate) fn refuse(&self, error: Error, output: &mut impl Write) -> fmt::Result {
        let status = error.status();
        write!(output, "HTTP/1.1 {status} \r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    }
}
