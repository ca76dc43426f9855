//! Ending a server from outside.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io};

use crate::wake::Wake;

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
    wake: Wake,
}

/// What a server has done, as [`Server::serve`](crate::Server::serve) reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Connections that were accepted.
    pub connections: u64,
    /// Of these, how many were silent at the shutdown, and closed at once.
    pub idle: usize,
    /// How many had something to finish, and did.
    pub finished: usize,
    /// How many had not finished in time, and were closed all the same. A handler that still
    /// runs then is left alone, and so is whoever took a connection by an upgrade.
    pub cut_off: usize,
}

impl Shutdown {
    pub(crate) fn new() -> io::Result<Self> {
        let state =
            State { begun: AtomicBool::new(false), deadline: Mutex::new(None), wake: Wake::new()? };
        Ok(Self { state: Arc::new(state) })
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
        *deadline = match (*deadline, new) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        self.state.begun.store(true, SeqCst);
        drop(deadline);
        self.state.wake.wake();
    }

    /// Whether [`begin`](Self::begin) has been called. Whoever took a connection by an upgrade
    /// may look here.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.state.begun.load(SeqCst)
    }

    /// How long until what is left is cut off; without an end if `None`.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let deadline = self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn wake(&self) -> &Wake {
        &self.state.wake
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, idle, finished, cut_off } = self;
        write!(f, "{connections} connections; {idle} idle, {finished} finished, {cut_off} cut off")
    }
}
