//! The place of a connection in its endpoint.

use std::any::Any;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use h1events_server::{ConnectionId, Endpoint, Order, Peer};
use log::Level;

use crate::log::panic_message;
use crate::shared::SharedEndpoint;

/// An accepted connection, with its place in an endpoint. The
/// [smallest transport](crate#the-smallest-transport) takes it apart.
#[derive(Debug)]
pub struct Admitted<T> {
    /// The position of the endpoint: a thread server has one, each worker has its own.
    pub endpoint: usize,
    /// The accepted connection.
    pub accepted: T,
    /// The place. Drop it last, so that the descriptor is free before the endpoint admits another
    /// connection.
    pub guard: ConnectionGuard,
}

/// Keeps a connection's place in its endpoint until it is dropped. The
/// [smallest transport](crate#the-smallest-transport) makes a session from it.
#[derive(Debug)]
pub struct ConnectionGuard {
    pub(crate) endpoint: Arc<SharedEndpoint>,
    id: ConnectionId,
    peer: Peer,
}

impl ConnectionGuard {
    /// Opens a connection in an endpoint that has room.
    pub(crate) fn open(endpoint: Arc<SharedEndpoint>, peer: Peer, now: Instant) -> Self {
        log::info!("{peer}: opened");
        let id = endpoint.with(|endpoint| endpoint.open(now));
        Self { endpoint, id, peer }
    }

    /// Returns the ID of the connection in the endpoint.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Returns the peer.
    #[must_use]
    pub const fn peer(&self) -> Peer {
        self.peer
    }

    /// Sets the function to call after a decision about the connection. It is called from any thread,
    /// while the endpoint is locked, and must not wait.
    pub fn on_wake(&self, wake: impl Fn(Order) + Send + 'static) {
        self.endpoint.set_waker(self.id, Some(Box::new(wake)));
    }

    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Endpoint, ConnectionId) -> R) -> R {
        self.endpoint.with(|endpoint| act(endpoint, self.id))
    }

    /// Logs a panic of the application.
    pub fn panicked(&self, panic: &(dyn Any + Send)) {
        let (peer, message) = (self.peer, panic_message(panic));
        let complaint = format_args!("{peer}: the handler panicked: {message}");
        self.endpoint.log.log(Level::Error, "panic", complaint);
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            log::error!("a stream's own code panicked: its connection is closed");
        }
        self.endpoint.set_waker(self.id, None);
        // The server may end with its last connection, and then logs no more.
        log::info!("{}: closed", self.peer);
        self.with(Endpoint::close);
    }
}
