//! An endpoint that an acceptor and its connections share.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use h1events_server::{Endpoint, EndpointConfig, Purse};

use crate::log::ServerLog;
use crate::poller::Notifier;

/// An [`Endpoint`] behind a mutex. When something has changed that concerns the acceptor, it
/// is notified.
#[derive(Debug)]
pub struct SharedEndpoint {
    endpoint: Mutex<Endpoint>,
    is_watchful: Watchful,
    notifier: Notifier,
    log: Arc<ServerLog>,
}

/// Mirrors [`Endpoint::is_watchful`], so that an answer needs no lock. It has a cache line for itself:
/// each answer reads it, while others lock the endpoint.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Watchful(AtomicBool);

/// A locked endpoint.
#[derive(Debug)]
pub(crate) struct Locked<'a> {
    shared: &'a SharedEndpoint,
    endpoint: MutexGuard<'a, Endpoint>,
}

impl SharedEndpoint {
    /// Creates an endpoint without connections.
    #[must_use]
    pub fn new(
        config: EndpointConfig,
        purse: impl Purse + Send + 'static,
        notifier: Notifier,
        log: Arc<ServerLog>,
    ) -> Self {
        let endpoint = Mutex::new(Endpoint::new(config, Box::new(purse)));
        Self { endpoint, is_watchful: Watchful::default(), notifier, log }
    }

    /// Locks the endpoint. Keep the lock for a short time, and never wait with it.
    pub fn lock(&self) -> impl DerefMut<Target = Endpoint> {
        // An endpoint that panicked is our bug; its connections go on as far as they can.
        let endpoint = self.endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { shared: self, endpoint }
    }

    /// Returns the log of the server.
    #[must_use]
    pub fn log(&self) -> &ServerLog {
        &self.log
    }

    /// Whether each answer is to be reported: [`Endpoint::is_watchful`].
    #[must_use]
    pub fn is_watchful(&self) -> bool {
        self.is_watchful.0.load(Relaxed)
    }
}

impl Deref for Locked<'_> {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let is_watchful = self.endpoint.is_watchful();
        if self.shared.is_watchful() != is_watchful {
            self.shared.is_watchful.0.store(is_watchful, Relaxed);
        }
        if self.endpoint.take_acceptor_due() {
            self.shared.notifier.notify();
        }
    }
}
