//! The threads that serve: one for each connection, and some that wait for the next one.

use std::panic::{AssertUnwindSafe, catch_unwind};
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
    /// Those that serve, and those that wait, or are about to.
    living: usize,
    /// Each of them has a thread that waits, or is about to.
    connections: Vec<u64>,
    ends: bool,
}

impl Threads {
    pub(crate) fn new(stack_size: usize) -> Self {
        Self { stack_size, state: Mutex::default(), given: Condvar::new() }
    }

    /// Has a connection served, which is one of so many: by a thread that has served another one,
    /// or else by a new one.
    pub(crate) fn serve(
        self: &Arc<Self>,
        connection: u64,
        running: usize,
        serve: impl Fn(u64) + Send + 'static,
    ) -> io::Result<()> {
        let mut state = self.state();
        if state.living >= running {
            state.connections.push(connection);
            self.given.notify_one();
            return Ok(());
        }
        state.started += 1;
        state.living += 1;
        // 15 characters are what systems show of it.
        let name = format!("h1-{}", state.started);
        drop(state);
        let threads = Arc::clone(self);
        let thread = thread::Builder::new().name(name).stack_size(self.stack_size);
        let spawned = thread.spawn(move || {
            let mut next = Some(connection);
            while let Some(connection) = next {
                // A panic ends the connection alone. Its seat logs it.
                let _ = catch_unwind(AssertUnwindSafe(|| serve(connection)));
                next = threads.wait();
            }
        });
        if spawned.is_err() {
            self.state().living -= 1;
        }
        spawned.map(drop)
    }

    /// Nobody waits any longer.
    pub(crate) fn end(&self) {
        self.state().ends = true;
        self.given.notify_all();
    }

    /// The next connection. If none comes in time, the thread is to end.
    fn wait(&self) -> Option<u64> {
        let (mut state, _) = self
            .given
            .wait_timeout_while(self.state(), WAIT, |state| {
                state.connections.is_empty() && !state.ends
            })
            .unwrap_or_else(PoisonError::into_inner);
        let connection = state.connections.pop();
        if connection.is_none() {
            state.living -= 1;
        }
        connection
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
            threads.serve(connection, 1, serve).expect("there are threads");
            assert_eq!(served.recv().expect("it has been served").0, connection);
        }
        assert_eq!(threads.state().started, 1);
        threads.end();
        while threads.state().living > 0 {
            thread::yield_now();
        }
    }

    #[test]
    fn at_once_each_has_its_own_and_at_the_end_none_is_left() {
        let threads = Arc::new(Threads::new(64 * 1024));
        let (sender, all_gone) = channel::<()>();
        let barrier = Arc::new(std::sync::Barrier::new(8));
        for connection in 0..8_u32 {
            let (sender, barrier) = (sender.clone(), Arc::clone(&barrier));
            let serve = move |_| {
                let _ = &sender;
                barrier.wait();
            };
            let running = connection as usize + 1;
            threads.serve(connection.into(), running, serve).expect("there are threads");
        }
        drop(sender);
        threads.end();
        let ended = all_gone.recv_timeout(20 * WAIT);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
        assert_eq!(threads.state().started, 8);
    }
}
