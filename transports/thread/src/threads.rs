//! The threads that serve: one for each connection, and some that wait for the next one.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// How long a thread waits for another connection. Clients that open one for each request need
/// no new thread for each, and a server that has become quiet keeps none.
const WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Threads {
    stack_size: usize,
    state: Mutex<State>,
    given: Condvar,
}

#[derive(Debug, Default)]
struct State {
    started: u64,
    /// Never fewer than the connections that wait for them.
    waiting: usize,
    connections: Vec<u64>,
    ends: bool,
}

impl Threads {
    pub(crate) fn new(stack_size: usize) -> Self {
        Self { stack_size, state: Mutex::default(), given: Condvar::new() }
    }

    /// Has a connection served, by a thread that waits, or else by a new one.
    pub(crate) fn serve(
        self: &Arc<Self>,
        connection: u64,
        serve: impl Fn(u64) + Send + 'static,
    ) -> io::Result<()> {
        let mut state = self.state();
        if state.waiting > state.connections.len() {
            state.connections.push(connection);
            self.given.notify_one();
            return Ok(());
        }
        state.started += 1;
        // 15 characters are what systems show of it.
        let name = format!("h1-{}", state.started);
        drop(state);
        let threads = Arc::clone(self);
        thread::Builder::new().name(name).stack_size(self.stack_size).spawn(move || {
            serve(connection);
            while let Some(connection) = threads.wait() {
                serve(connection);
            }
        })?;
        Ok(())
    }

    /// Nobody waits any longer.
    pub(crate) fn end(&self) {
        self.state().ends = true;
        self.given.notify_all();
    }

    /// The next connection, if one comes in time.
    fn wait(&self) -> Option<u64> {
        let mut state = self.state();
        state.waiting += 1;
        let (mut state, _) = self
            .given
            .wait_timeout_while(state, WAIT, |state| state.connections.is_empty() && !state.ends)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state.connections.pop()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use super::*;

    #[test]
    fn a_thread_that_waits_is_used_again() {
        let threads = Arc::new(Threads::new(64 * 1024));
        let (sender, served) = channel();
        for connection in 0..20 {
            let sender = sender.clone();
            let serve = move |connection| {
                sender.send((connection, thread::current().id())).expect("the test waits");
            };
            threads.serve(connection, serve).expect("there are threads");
            assert_eq!(served.recv().expect("it has been served").0, connection);
            while threads.state().waiting == 0 {
                thread::yield_now();
            }
        }
        assert_eq!(threads.state().started, 1);
    }

    #[test]
    fn at_once_each_has_its_own_and_at_the_end_none_is_left() {
        let threads = Arc::new(Threads::new(64 * 1024));
        let (sender, all_gone) = channel::<()>();
        let barrier = Arc::new(std::sync::Barrier::new(8));
        for connection in 0..8 {
            let (sender, barrier) = (sender.clone(), Arc::clone(&barrier));
            let serve = move |_| {
                let _ = &sender;
                barrier.wait();
            };
            threads.serve(connection, serve).expect("there are threads");
        }
        drop(sender);
        threads.end();
        let ended = all_gone.recv_timeout(20 * WAIT);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
        assert_eq!(threads.state().started, 8);
    }
}
