//! Ending a server from outside.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::poller::Notifier;

/// Ends a server, from any thread.
///
/// It can be cloned, and sent to a signal handler's thread.
#[derive(Clone)]
pub struct ShutdownHandle {
    state: Arc<State>,
}

struct State {
    has_begun: AtomicBool,
    deadline: Mutex<Option<Instant>>,
    notifier: Notifier,
}

impl ShutdownHandle {
    /// Creates a handle that wakes an acceptor.
    #[must_use]
    pub(crate) fn new(notifier: Notifier) -> Self {
        let has_begun = AtomicBool::new(false);
        Self { state: Arc::new(State { has_begun, deadline: Mutex::new(None), notifier }) }
    }

    /// Shuts the server down: it finishes the requests that have begun, closes idle connections, and
    /// after the grace cuts off what is left. See
    /// [`Endpoint::drain`](h1events_server::Endpoint::drain) for how.
    ///
    /// Returns at once; the server's `serve` returns when all is done. Of several calls, the
    /// earliest end counts. A server that doesn't serve yet ends as soon as it does.
    pub fn shutdown(&self, grace: Duration) {
        let mut deadline = self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Instant::now().checked_add(grace);
        *deadline = [*deadline, new].into_iter().flatten().min();
        self.state.has_begun.store(true, SeqCst);
        drop(deadline);
        self.state.notifier.notify();
    }

    /// Whether the server has been told to shut down. An application that took a connection by an
    /// upgrade may look here.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.state.has_begun.load(SeqCst)
    }

    /// Returns when the connections that are left are cut off: never, if `None`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        *self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ShutdownHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownHandle")
            .field("has_begun", &self.state.has_begun)
            .field("deadline", &self.state.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poller::Poller;

    #[test]
    fn shutdown_keeps_the_earliest_deadline() {
        let poller = Poller::new().expect("there are descriptors");
        let handle = ShutdownHandle::new(poller.notifier());
        assert!(!handle.has_begun());
        handle.shutdown(Duration::MAX);
        assert!(handle.has_begun());
        assert_eq!(handle.deadline(), None);
        handle.shutdown(Duration::from_secs(60));
        let deadline = handle.deadline();
        assert!(deadline.is_some_and(|deadline| deadline > Instant::now()));
        handle.clone().shutdown(Duration::from_secs(90));
        assert_eq!(handle.deadline(), deadline);
        handle.shutdown(Duration::ZERO);
        assert!(handle.deadline() < deadline);
    }
}
