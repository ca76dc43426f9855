//! Bodies of requests that the application reads as they come.

use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use h1events_server::{RequestBodyError, Trailers};

/// The body of a request, as it comes.
///
/// Nothing is read for it that it isn't asked for: [`read`](Read::read) waits for the client. When it is
/// dropped, the rest is thrown away. It may be sent to another thread, and be part of the answer.
///
/// Errors are those of [`RequestBodyError`].
pub struct RequestBody {
    /// `None` if the request has no body.
    source: Option<Source>,
}

struct Source {
    connection: Weak<Mutex<dyn ReadBody + Send>>,
    /// Which request of the connection it belongs to.
    number: u64,
    /// The connection sees when it is dropped.
    _token: Arc<()>,
}

/// A connection, as the body of its request sees it.
pub(crate) trait ReadBody {
    /// Reads from the body of that request.
    fn read_body(&mut self, number: u64, space: &mut [u8]) -> io::Result<usize>;

    fn body_trailers(&mut self, number: u64) -> Option<Trailers>;
}

impl RequestBody {
    pub(crate) const fn empty() -> Self {
        Self { source: None }
    }

    pub(crate) fn new(
        connection: Weak<Mutex<dyn ReadBody + Send>>,
        number: u64,
        token: Arc<()>,
    ) -> Self {
        Self { source: Some(Source { connection, number, _token: token }) }
    }

    /// Returns the trailers, when the body has come to its end (RFC 9110 section 6.5).
    #[must_use]
    pub fn trailers(&self) -> Option<Trailers> {
        let source = self.source.as_ref()?;
        let connection = source.connection.upgrade()?;
        let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.body_trailers(source.number)
    }
}

impl Read for RequestBody {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let Some(source) = &self.source else { return Ok(0) };
        let connection =
            source.connection.upgrade().ok_or_else(|| io::Error::from(RequestBodyError::Over))?;
        // A stream's own code may have panicked. Its connection ends.
        let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.read_body(source.number, space)
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").finish_non_exhaustive()
    }
}
