//! A request that borrows from no connection.

use h1events::{Error, RequestParser};

use crate::buffer::Buffer;
use crate::peer::Peer;
use crate::request::Request;
use crate::stored_request::{Part, StoredRequest};

/// A request that owns its bytes: for a test of an application without a connection, or from a
/// connection that has switched to another protocol.
///
/// ```
/// use h1events_server::{OwnedRequest, Request, Response};
///
/// fn application(request: &Request<'_>) -> Response {
///     if request.path() == b"/" { Response::text("tea\n") } else { Response::new(404) }
/// }
///
/// let request = OwnedRequest::parse(b"GET /coffee HTTP/1.1\r\nHost: a\r\n\r\n")?;
/// assert_eq!(application(&request.as_request()).status(), 404);
/// # Ok::<(), h1events_server::ParseRequestError>(())
/// ```
#[derive(Debug)]
pub struct OwnedRequest(Box<StoredRequest>);

/// Why bytes aren't exactly one request.
///
/// ```
/// use h1events_server::{OwnedRequest, ParseRequestError};
///
/// let error = OwnedRequest::parse(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap_err();
/// assert_eq!(error, ParseRequestError::Incomplete);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRequestError {
    /// The request is malformed.
    #[error(transparent)]
    Malformed(#[from] Error),
    /// The bytes end before the request does.
    #[error("the request is not complete")]
    Incomplete,
    /// The request ends before the bytes do: after this number of them.
    #[error("the request is {0} bytes long, and there are more")]
    TrailingBytes(usize),
}

impl OwnedRequest {
    pub(crate) fn new(mut stored: Box<StoredRequest>, peer: Peer) -> Self {
        stored.peer = peer;
        Self(stored)
    }

    pub(crate) fn into_stored(self) -> Box<StoredRequest> {
        self.0
    }

    /// Parses the bytes of one whole request, with the default limits and [`Peer::Local`].
    ///
    /// # Errors
    ///
    /// The bytes aren't exactly one valid request.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseRequestError> {
        let mut parser = RequestParser::new();
        let mut buffer = Buffer::new();
        buffer.allowance = usize::MAX;
        let (_, stored, room) = buffer.split();
        let mut rest = bytes;
        while let Some(part) = stored.read(&mut parser, &mut rest, room)? {
            if let Part::End = part {
                return match rest {
                    [] => Ok(Self::new(buffer.request.unwrap_or_default(), Peer::Local)),
                    _ => Err(ParseRequestError::TrailingBytes(bytes.len() - rest.len())),
                };
            }
        }
        Err(ParseRequestError::Incomplete)
    }

    /// Sets the peer.
    #[must_use]
    pub fn with_peer(self, peer: Peer) -> Self {
        Self::new(self.0, peer)
    }

    /// Borrows the request, as an application gets it.
    #[must_use]
    pub fn as_request(&self) -> Request<'_> {
        Request::new(&self.0, &self.0.peer)
    }
}
