//! Connections that the application has taken.

use std::fmt;

use h1events_server::{OwnedRequest, Peer, Request};

use crate::shutdown::ShutdownHandle;

/// A connection that has switched to another protocol: its stream belongs to the application. The
/// function `upgrade` of each transport hands it over.
///
/// If the stream is dropped before the application has read all input, systems reset the connection. The client may then
/// lose what it hasn't read, even answers to earlier requests.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use h1events_net::Upgraded;
///
/// /// Sends everything back.
/// fn echo(upgraded: Upgraded<TcpStream>) -> std::io::Result<()> {
///     let (stream, leftover) = upgraded.into_parts();
///     let mut input = leftover.chain(&stream);
///     std::io::copy(&mut input, &mut &stream)?;
///     Ok(())
/// }
/// ```
pub struct Upgraded<S> {
    pub(crate) request: OwnedRequest,
    pub(crate) leftover: Vec<u8>,
    pub(crate) stream: S,
    pub(crate) shutdown: ShutdownHandle,
}

impl<S> Upgraded<S> {
    /// Returns the request that was answered by
    /// [`Response::upgrade`](h1events_server::Response::upgrade).
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.request.as_request()
    }

    /// Returns the peer.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.request().peer()
    }

    /// Returns the handle of the server, for an application that waits for its
    /// [shutdown](ShutdownHandle::wait). The server leaves the connection alone until the end of the grace.
    #[must_use]
    pub const fn shutdown_handle(&self) -> &ShutdownHandle {
        &self.shutdown
    }

    /// Returns the stream, without timeouts, and the bytes that have already been read from it: they
    /// come first.
    #[must_use]
    pub fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.leftover)
    }
}

impl<S> fmt::Debug for Upgraded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").field("peer", &self.peer()).finish_non_exhaustive()
    }
}
