//! Ending a server from outside.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what has been cut off gets to notice.
pub const CUT_OFF: Duration = Duration::from_millis(100);

/// Ends a server, from any thread.
///
/// It can be cloned, and sent to a signal handler's thread.
///
/// ```
/// use std::time::Duration;
/// use h1events_serving::Shutdown;
///
/// let shutdown = Shutdown::new(|| println!("no more of them"));
/// shutdown.begin(Duration::from_secs(4));
/// assert!(shutdown.has_begun() && shutdown.deadline().is_some());
/// ```
#[derive(Clone)]
pub struct Shutdown {
    state: Arc<State>,
}

struct State {
    begun: AtomicBool,
    deadline: Mutex<Option<Instant>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// What a server has done, as it reports it at its end.
///
/// ```
/// use h1events_serving::Summary;
///
/// let summary = Summary { connections: 9, idle: 3, finished: 2, cut_off: 1 };
/// assert_eq!(summary.to_string(), "9 connections; 3 idle, 2 finished, 1 cut off");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Connections that were accepted.
    pub connections: u64,
    /// Of these, how many were silent at the shutdown, and closed at once.
    pub idle: u64,
    /// How many had something to finish, and did.
    pub finished: u64,
    /// How many had not finished in time: they are closed, but for those whose handler still
    /// runs, or that somebody has taken by an upgrade.
    pub cut_off: u64,
}

impl Shutdown {
    /// With what wakes the thread that accepts. It may be called before there is one.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let begun = AtomicBool::new(false);
        let state = State { begun, deadline: Mutex::new(None), wake: Box::new(wake) };
        Self { state: Arc::new(state) }
    }

    /// Begins to end the server: it stops accepting, closes silent connections at once,
    /// finishes requests that have begun, and after the grace cuts off what is left.
    ///
    /// Returns at once; the server's `serve` returns when all is done. Of several calls, the
    /// earliest end counts. A server that isn't serving yet will end as soon as it does.
    pub fn begin(&self, grace: Duration) {
        let mut deadline = self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Instant::now().checked_add(grace);
        *deadline = [*deadline, new].into_iter().flatten().min();
        self.state.begun.store(true, SeqCst);
        drop(deadline);
        (self.state.wake)();
    }

    /// Whether [`begin`](Self::begin) has been called. Whoever took a connection by an upgrade
    /// may look here.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.state.begun.load(SeqCst)
    }

    /// When what is left is cut off: never, if `None`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        *self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is left is to be cut off now.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("begun", &self.state.begun)
            .field("deadline", &self.state.deadline)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, idle, finished, cut_off } = self;
        write!(f, "{connections} connections; {idle} idle, {finished} finished, {cut_off} cut off")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_earliest_end_counts() {
        let (sender, woken) = channel();
        let shutdown = Shutdown::new(move || sender.send(()).expect("the test waits"));
        assert!(!shutdown.has_begun());
        shutdown.begin(Duration::MAX);
        assert!(shutdown.has_begun());
        assert_eq!(shutdown.deadline(), None);
        assert!(!shutdown.is_over(Instant::now()));
        shutdown.begin(Duration::from_secs(60));
        let deadline = shutdown.deadline();
        assert!(!shutdown.is_over(Instant::now()));
        assert!(deadline.is_some_and(|deadline| shutdown.is_over(deadline)));
        assert!(deadline.is_some_and(|deadline| deadline > Instant::now()));
        shutdown.clone().begin(Duration::from_secs(90));
        assert_eq!(shutdown.deadline(), deadline);
        shutdown.begin(Duration::ZERO);
        assert!(shutdown.deadline() < deadline);
        assert_eq!(woken.try_iter().count(), 4);
    }
}
