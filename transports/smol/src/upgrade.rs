//! Connections that the application has taken.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use h1events_connection::{Connection, Request};

use crate::listener::Peer;

/// A connection that has switched to another protocol: its stream is the application's.
pub struct Upgraded<S> {
    pub(crate) connection: Connection,
    pub(crate) stream: S,
    pub(crate) peer: Peer,
}

impl<S> Upgraded<S> {
    /// The request that was answered by [`Response::upgrade`](crate::Response::upgrade).
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.connection.request()
    }

    /// Who is at the other end.
    #[must_use]
    pub const fn peer(&self) -> Peer {
        self.peer
    }

    /// The stream, and the bytes that have already been read from it: they come first.
    #[must_use]
    pub fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.connection.into_leftover())
    }
}

impl<S> fmt::Debug for Upgraded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// What the application does with them.
pub(crate) type OnUpgrade<S> =
    Arc<dyn Fn(Upgraded<S>) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

pub(crate) fn on_upgrade<S: 'static>(
    handler: impl AsyncFn(Upgraded<S>) + Send + Sync + 'static,
) -> OnUpgrade<S> {
    let handler = Arc::new(handler);
    Arc::new(move |upgraded| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler(upgraded).await })
    })
}
