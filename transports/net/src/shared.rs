//! An endpoint that an acceptor and its connections share.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

use h1events_server::{Config, ConnectionId, Endpoint, Order};

use crate::log::ServerLog;
use crate::shutdown::ShutdownHandle;

/// An [`Endpoint`] behind a mutex. After each use, it wakes the acceptor and the connections that have
/// a new decision. An [`Acceptor`](crate::Acceptor) makes it:
///
/// ```
/// let mut acceptor = h1events_net::Acceptor::new(h1events_net::bind("127.0.0.1:0")?)?;
/// let endpoint = acceptor.add_endpoint(100, None);
/// assert_eq!(endpoint.with(|endpoint| endpoint.len()), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SharedEndpoint {
    pub(crate) config: Arc<Config>,
    pub(crate) inner: Mutex<(Endpoint, Wakers)>,
    pub(crate) is_watchful: Watchful,
    /// Wakes the thread that handles the timeouts, if it isn't the acceptor's.
    pub(crate) tender: Option<Waker>,
    pub(crate) log: Arc<ServerLog>,
    pub(crate) shutdown: ShutdownHandle,
}

/// The wakers of connections, by their index.
#[derive(Default)]
pub(crate) struct Wakers(Vec<Option<WakeConnection>>);

/// Wakes a connection with an order.
pub(crate) type WakeConnection = Box<dyn Fn(Order) + Send>;

/// Mirrors [`Endpoint::is_watchful`], so that an answer needs no lock. It has a cache line for itself:
/// each answer reads it, while others lock the endpoint.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Watchful(AtomicBool);

impl SharedEndpoint {
    /// Uses the endpoint, which is locked meanwhile. `act` must be short, and must not wait.
    pub fn with<R>(&self, act: impl FnOnce(&mut Endpoint) -> R) -> R {
        self.locked(|endpoint, Wakers(wakers)| {
            let result = act(endpoint);
            while let Some(id) = endpoint.poll_wake() {
                if let Some(Some(wake)) = wakers.get(id.index()) {
                    wake(endpoint.order(id));
                }
            }
            if self.is_watchful() != endpoint.is_watchful() {
                self.is_watchful.0.store(endpoint.is_watchful(), Relaxed);
            }
            if endpoint.take_acceptor_due() {
                self.shutdown.acceptor.wake_by_ref();
            }
            result
        })
    }

    /// Returns whether each answer is to be reported: [`Endpoint::is_watchful`].
    pub(crate) fn is_watchful(&self) -> bool {
        self.is_watchful.0.load(Relaxed)
    }

    /// Sets or removes the waker of a connection.
    pub(crate) fn set_waker(&self, id: ConnectionId, waker: Option<WakeConnection>) {
        let former = self.locked(|_, Wakers(wakers)| {
            let len = wakers.len().max(id.index() + 1);
            wakers.resize_with(len, || None);
            std::mem::replace(&mut wakers[id.index()], waker)
        });
        // Dropped without the lock, since it may hold a stream.
        drop(former);
    }

    /// Handles the timeouts, and returns when to do so next.
    pub fn handle_timeout(&self, now: Instant) -> Option<Instant> {
        self.with(|endpoint| {
            endpoint.handle_timeout(now);
            endpoint.timeout()
        })
    }

    fn locked<R>(&self, act: impl FnOnce(&mut Endpoint, &mut Wakers) -> R) -> R {
        // An endpoint that panicked is our bug; its connections go on as far as they can.
        let (endpoint, wakers) = &mut *self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        act(endpoint, wakers)
    }
}

impl fmt::Debug for Wakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wakers").finish_non_exhaustive()
    }
}
