//! A request of one's own.

use h1events::{Error, Event, RequestParser};

use crate::request::{Request, StoredRequest};

/// A request of one's own, to test an application without a connection.
///
/// ```
/// use h1events_server::{Request, RequestBuf, Response};
///
/// fn application(request: &Request<'_>) -> Response {
///     if request.path() == b"/" { Response::text("tea\n") } else { Response::new(404) }
/// }
///
/// let request = RequestBuf::parse(b"GET /coffee HTTP/1.1\r\nHost: a\r\n\r\n")?;
/// assert_eq!(application(&request.as_request()).status_code(), 404);
/// # Ok::<(), h1events_server::NotOneRequest>(())
/// ```
#[derive(Debug)]
pub struct RequestBuf {
    stored: StoredRequest,
}

/// Why bytes are not one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOneRequest {
    /// They are none.
    #[error(transparent)]
    Malformed(#[from] Error),
    /// It has not come to its end.
    #[error("the request is not complete")]
    Incomplete,
    /// It ends before the last byte.
    #[error("the request is {0} bytes long, and there are more")]
    Longer(usize),
}

impl RequestBuf {
    /// Parses the bytes of one whole request.
    ///
    /// # Errors
    ///
    /// The bytes are not exactly one valid request.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotOneRequest> {
        let mut parser = RequestParser::new();
        let mut stored = StoredRequest::new();
        let mut rest = bytes;
        while let Some(event) = parser.next_event(&mut rest)? {
            stored.add(&event);
            if event == Event::End {
                return match rest {
                    [] => Ok(Self { stored }),
                    _ => Err(NotOneRequest::Longer(bytes.len() - rest.len())),
                };
            }
        }
        Err(NotOneRequest::Incomplete)
    }

    /// What an application gets.
    #[must_use]
    pub const fn as_request(&self) -> Request<'_> {
        Request::new(&self.stored)
    }
}
