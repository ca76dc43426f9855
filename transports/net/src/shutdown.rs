//! Ending a server from outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

/// Ends a server, from any thread.
///
/// It can be cloned, and sent to a signal handler's thread.
#[derive(Clone, Debug)]
pub struct ShutdownHandle {
    begun: Arc<Mutex<Option<Begun>>>,
    acceptor: Waker,
}

/// A shutdown that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    /// When the connections that are left are cut off: never, if `None`.
    pub(crate) deadline: Option<Instant>,
}

impl ShutdownHandle {
    /// Creates a handle that wakes an acceptor.
    pub(crate) fn new(acceptor: Waker) -> Self {
        Self { begun: Arc::default(), acceptor }
    }

    /// Shuts the server down: it finishes the requests that have begun, closes idle connections, and
    /// after the grace cuts off what is left. See
    /// [`Endpoint::drain`](h1events_server::Endpoint::drain) for how.
    ///
    /// Returns at once; the server's `serve` returns when all is done. Of several calls, the
    /// earliest end counts. A server that doesn't serve yet ends as soon as it does.
    pub fn shutdown(&self, grace: Duration) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = begun.and_then(|begun| begun.deadline);
        let deadline = [earlier, Instant::now().checked_add(grace)].into_iter().flatten().min();
        *begun = Some(Begun { deadline });
        drop(begun);
        self.acceptor.wake_by_ref();
    }

    /// Whether the server has been told to shut down. An application that took a connection by an
    /// upgrade may look here.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun().is_some()
    }

    /// Returns when the connections that are left are cut off: never, if `None`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.begun()?.deadline
    }

    pub(crate) fn begun(&self) -> Option<Begun> {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poller::Poller;

    #[test]
    fn shutdown_keeps_the_earliest_deadline() {
        let poller = Poller::new().expect("there are descriptors");
        let handle = ShutdownHandle::new(poller.waker());
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
