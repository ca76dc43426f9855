//! Connections that the application has taken.

use std::fmt;

use h1events_server::{Connection, Peer, Request};

/// A connection that has switched to another protocol: its stream is the application's.
pub struct Upgraded<S> {
    connection: Connection,
    stream: S,
}

impl<S> Upgraded<S> {
    /// After [`Step::Upgraded`](h1events_server::Step::Upgraded), with a stream that nobody
    /// else reads or writes any more.
    #[must_use]
    pub const fn new(connection: Connection, stream: S) -> Self {
        Self { connection, stream }
    }

    /// The request that was answered by
    /// [`Response::upgrade`](h1events_server::Response::upgrade).
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.connection.request()
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.request().peer()
    }

    /// The stream, without timeouts, and the bytes that have already been read from it: they
    /// come first.
    #[must_use]
    pub fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.connection.into_parts().1)
    }
}

impl<S> fmt::Debug for Upgraded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").field("peer", &self.peer()).finish_non_exhaustive()
    }
}
