//! An endpoint that an acceptor and its connections share.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use h1events_server::{ConnectionId, Endpoint, EndpointConfig, Order, Purse};

use crate::log::ServerLog;

/// An [`Endpoint`] behind a mutex. Whenever it is unlocked, those hear of it that it concerns: the
/// acceptor, and the connections about which something was decided.
#[derive(Debug)]
pub struct SharedEndpoint {
    inner: Mutex<Inner>,
    is_watchful: Watchful,
    acceptor: Waker,
    /// Wakes the thread that handles the timeouts, if it isn't the acceptor's.
    tender: Option<Waker>,
    log: Arc<ServerLog>,
}

struct Inner {
    endpoint: Endpoint,
    /// By the index of the connection.
    wakers: Vec<Option<WakeConnection>>,
}

/// Has a connection hear what was decided.
pub(crate) type WakeConnection = Box<dyn Fn(Order) + Send>;

/// Mirrors [`Endpoint::is_watchful`], so that an answer needs no lock. It has a cache line for itself:
/// each answer reads it, while others lock the endpoint.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Watchful(AtomicBool);

/// A locked endpoint.
#[derive(Debug)]
struct Locked<'a> {
    shared: &'a SharedEndpoint,
    inner: MutexGuard<'a, Inner>,
}

impl SharedEndpoint {
    pub(crate) fn new(
        config: EndpointConfig,
        purse: impl Purse + Send + 'static,
        acceptor: Waker,
        tender: Option<Waker>,
        log: Arc<ServerLog>,
    ) -> Self {
        let endpoint = Endpoint::new(config, Box::new(purse));
        let inner = Mutex::new(Inner { endpoint, wakers: Vec::new() });
        Self { inner, is_watchful: Watchful::default(), acceptor, tender, log }
    }

    /// Locks the endpoint. Keep the lock for a short time, and never wait with it.
    pub fn lock(&self) -> impl DerefMut<Target = Endpoint> {
        self.locked()
    }

    pub(crate) fn log(&self) -> &ServerLog {
        &self.log
    }

    /// Whether each answer is to be reported: [`Endpoint::is_watchful`].
    pub(crate) fn is_watchful(&self) -> bool {
        self.is_watchful.0.load(Relaxed)
    }

    /// Sets how a connection is woken, and returns how it was. What that holds may have to be dropped
    /// without the lock.
    pub(crate) fn set_waker(
        &self,
        id: ConnectionId,
        waker: Option<WakeConnection>,
    ) -> Option<WakeConnection> {
        let mut locked = self.locked();
        let wakers = &mut locked.inner.wakers;
        if wakers.len() <= id.index() {
            wakers.resize_with(id.index() + 1, || None);
        }
        std::mem::replace(&mut wakers[id.index()], waker)
    }

    /// Handles the timeouts, if nobody else does, and returns when to do so next.
    pub(crate) fn tend(&self, now: Instant) -> Option<Instant> {
        if self.tender.is_some() {
            return None;
        }
        let mut endpoint = self.lock();
        endpoint.handle_timeout(now);
        endpoint.timeout(now)
    }

    /// Tells the one who handles the timeouts that they have changed.
    pub(crate) fn wake_tender(&self) {
        if let Some(tender) = &self.tender {
            tender.wake_by_ref();
        }
    }

    fn locked(&self) -> Locked<'_> {
        // An endpoint that panicked is our bug; its connections go on as far as they can.
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { shared: self, inner }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}

impl Deref for Locked<'_> {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.inner.endpoint
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Endpoint {
        &mut self.inner.endpoint
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let Inner { endpoint, wakers } = &mut *self.inner;
        while let Some(id) = endpoint.poll_wake() {
            if let Some(Some(wake)) = wakers.get(id.index()) {
                wake(endpoint.order(id));
            }
        }
        let is_watchful = endpoint.is_watchful();
        if self.shared.is_watchful() != is_watchful {
            self.shared.is_watchful.0.store(is_watchful, Relaxed);
        }
        if endpoint.take_acceptor_due() {
            self.shared.acceptor.wake_by_ref();
        }
    }
}
