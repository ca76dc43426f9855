//! The shutdown of a server, from any thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use event_listener::{Event, Listener};

/// Ends a server, from any thread.
///
/// It can be cloned, and sent to a signal handler's thread.
///
/// ```
/// use std::time::Duration;
///
/// let acceptor = h1events_net::Acceptor::new(h1events_net::bind("127.0.0.1:0")?)?;
/// let handle = acceptor.shutdown_handle();
/// let waiting = handle.clone();
/// let waiting = std::thread::spawn(move || waiting.wait(Duration::from_secs(60)));
/// handle.shutdown(Duration::from_secs(4));
/// assert!(waiting.join().unwrap() && handle.has_begun());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShutdownHandle {
    deadline: Arc<Mutex<Option<Instant>>>,
    pub(crate) acceptor: Waker,
    event: Arc<Event>,
}

/// The longest grace, since an `Instant` has an end: a hundred years.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl ShutdownHandle {
    /// Creates a handle that wakes an acceptor.
    pub(crate) fn new(acceptor: Waker) -> Self {
        Self { deadline: Arc::default(), acceptor, event: Arc::default() }
    }

    /// Shuts the server down: it finishes the requests that have begun, closes idle connections, and
    /// after the grace cuts off the rest. [`Endpoint::drain`](h1events_server::Endpoint::drain) has the
    /// details.
    ///
    /// Returns at once; the server's `serve` returns when all is done. Of several calls, the
    /// earliest end counts. A server that doesn't serve yet ends as soon as it starts.
    pub fn shutdown(&self, grace: Duration) {
        let new = Instant::now() + grace.min(NEVER);
        let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        *deadline = Some(deadline.map_or(new, |earlier| earlier.min(new)));
        drop(deadline);
        self.acceptor.wake_by_ref();
        self.event.notify(usize::MAX);
    }

    /// Waits until the server begins to shut down, at most for `timeout`. Returns whether it has begun.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> bool {
        let listener = self.event.listen();
        self.has_begun() || listener.wait_timeout(timeout).is_some()
    }

    /// Waits until the server is told to shut down.
    pub async fn begin(&self) {
        let listener = self.event.listen();
        if !self.has_begun() {
            listener.await;
        }
    }

    /// Returns whether the server has been told to shut down.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.deadline().is_some()
    }

    /// Returns when the remaining connections are cut off, if the server has been told to shut down.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn shutdown_keeps_the_earliest_deadline() {
        let handle = ShutdownHandle::new(Waker::noop().clone());
        assert!(!handle.has_begun());
        handle.shutdown(Duration::MAX);
        assert!(handle.has_begun());
        let never = handle.deadline();
        handle.shutdown(Duration::from_secs(60));
        let deadline = handle.deadline();
        assert!(deadline < never && deadline.is_some_and(|deadline| deadline > Instant::now()));
        handle.clone().shutdown(Duration::from_secs(90));
        assert_eq!(handle.deadline(), deadline);
        handle.shutdown(Duration::ZERO);
        assert!(handle.deadline() < deadline);
    }

    #[test]
    fn waiter_hears_of_a_shutdown() {
        let handle = ShutdownHandle::new(Waker::noop().clone());
        assert!(!handle.wait(Duration::from_millis(1)));
        let waiting: Vec<_> = (0..3)
            .map(|_| handle.clone())
            .map(|handle| thread::spawn(move || handle.wait(Duration::from_secs(20))))
            .collect();
        handle.shutdown(Duration::ZERO);
        assert!(waiting.into_iter().all(|waiting| waiting.join().unwrap()));
        assert!(handle.wait(Duration::MAX), "it has begun before");
    }
}
