//! Ending a server from outside.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use smol::channel::{Receiver, Sender, bounded};

/// Ends a server, from any thread.
///
/// It can be cloned, and sent to a signal handler's thread.
#[derive(Clone, Debug)]
pub struct Shutdown {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    begun: AtomicBool,
    deadline: Mutex<Option<Instant>>,
    wake: Sender<()>,
}

/// What a server has done, as [`Server::serve`](crate::Server::serve) reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Connections that were accepted.
    pub connections: u64,
    /// Of these, how many were silent at the shutdown, and closed at once.
    pub idle: u64,
    /// How many had something to finish, and did.
    pub finished: u64,
    /// How many had not finished in time, and were closed all the same. A handler that
    /// blocks its thread then is left alone.
    pub cut_off: u64,
}

impl Shutdown {
    pub(crate) fn new() -> (Self, Receiver<()>) {
        let (wake, woken) = bounded(1);
        let state = State { begun: AtomicBool::new(false), deadline: Mutex::new(None), wake };
        (Self { state: Arc::new(state) }, woken)
    }

    /// Begins to end the server: it stops accepting, closes silent connections at once,
    /// finishes requests that have begun, and after the grace cuts off what is left.
    ///
    /// Returns at once; [`Server::serve`](crate::Server::serve) returns when all is done. Of
    /// several calls, the earliest end counts. A server that isn't serving yet will end as soon as
    /// it does.
    pub fn begin(&self, grace: Duration) {
        let mut deadline = self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Instant::now().checked_add(grace);
        *deadline = [*deadline, new].into_iter().flatten().min();
        self.state.begun.store(true, SeqCst);
        drop(deadline);
        // If there is a wake-up already, that one is enough.
        let _ = self.state.wake.try_send(());
    }

    /// Whether [`begin`](Self::begin) has been called. Whoever took a connection by an upgrade
    /// may look here.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.state.begun.load(SeqCst)
    }

    /// When what is left is cut off: never, if `None`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        *self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, idle, finished, cut_off } = self;
        write!(f, "{connections} connections; {idle} idle, {finished} finished, {cut_off} cut off")
    }
}
