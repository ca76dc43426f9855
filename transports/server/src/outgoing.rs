//! An answer with a streamed body.

use std::fmt;
use std::pin::Pin;
use std::task::Poll;

use crate::body::{Body, BodyError, Part};
use crate::content::Content;
use crate::output::Output;
use crate::trailers::Trailers;

/// How the end of a body is marked (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFraming {
    /// By Content-Length: octets that are still to come.
    Length(u64),
    Chunked,
    /// By the end of the connection: an HTTP/1.0 client knows no chunks.
    Close,
}

/// The rest of a streamed answer.
pub(crate) struct Outgoing {
    /// `None` while the transport asks it for a part.
    pub(crate) body: Option<Pin<Box<dyn Body>>>,
    framing: BodyFraming,
    /// Whether the client gets the trailers.
    has_trailers: bool,
    /// Whether the connection goes on after it.
    pub(crate) persists: bool,
    /// Whether it had no part last time: waiting bytes are written before it is asked again.
    is_pending: bool,
}

/// The result of asking a body for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    None,
    Part,
    End,
}

impl Outgoing {
    pub(crate) const fn new(
        body: Pin<Box<dyn Body>>,
        framing: BodyFraming,
        has_trailers: bool,
        persists: bool,
    ) -> Self {
        Self { body: Some(body), framing, has_trailers, persists, is_pending: false }
    }

    /// Returns whether the body has no part yet, as far as is known: it had none last time, or is being asked
    /// now, and may be reading the body of the request.
    pub(crate) const fn waits(&self) -> bool {
        self.is_pending || self.body.is_none()
    }

    /// Lets the body be asked again.
    pub(crate) const fn wake(&mut self) {
        self.is_pending = false;
    }

    /// Returns whether a cut connection looks like the end of the body.
    pub(crate) fn ends_with_connection(&self) -> bool {
        self.framing == BodyFraming::Close
    }

    /// Appends a part to the output.
    pub(crate) fn take_part(
        &mut self,
        polled: Poll<Option<Result<Part, BodyError>>>,
        output: &mut Output,
    ) -> Result<Progress, BodyError> {
        self.is_pending = polled.is_pending();
        let Poll::Ready(part) = polled else { return Ok(Progress::None) };
        match part.transpose()? {
            Some(Part::Content(content)) => self.send(content, output),
            Some(Part::Trailers(trailers)) => self.finish(&trailers, output),
            None => self.finish(&Trailers::new(), output),
        }
    }

    fn send(&mut self, content: Content, output: &mut Output) -> Result<Progress, BodyError> {
        match &mut self.framing {
            _ if content.is_empty() => {}
            BodyFraming::Length(left) => {
                let len = content.len() as u64;
                *left =
                    left.checked_sub(len).ok_or("the body is longer than its Content-Length")?;
                output.push_body(content);
            }
            BodyFraming::Chunked => output.push_chunk(content),
            BodyFraming::Close => output.push_body(content),
        }
        Ok(Progress::Part)
    }

    fn finish(&mut self, trailers: &Trailers, output: &mut Output) -> Result<Progress, BodyError> {
        match self.framing {
            BodyFraming::Length(1..) => {
                return Err("the body is shorter than its Content-Length".into());
            }
            BodyFraming::Chunked => output.append(|out| {
                out.extend_from_slice(b"0\r\n");
                if self.has_trailers {
                    out.extend_from_slice(trailers.lines());
                }
                out.extend_from_slice(b"\r\n");
            }),
            BodyFraming::Length(0) | BodyFraming::Close => {}
        }
        output.count_answer();
        Ok(Progress::End)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("framing", &self.framing).finish_non_exhaustive()
    }
}
