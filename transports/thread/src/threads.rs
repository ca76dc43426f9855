//! The threads that serve: one for each connection, and some that wait for the next one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// What a thread is to do.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// How long a thread waits for another connection. Clients that open one for each request need
/// no new thread for each, and a server that has become quiet keeps none.
const WAIT: Duration = Duration::from_secs(1);

/// Address space that has to be left beside a new thread's stack. Where it is bounded
/// (`RLIMIT_AS`), a server that filled it with stacks would abort at its next allocation.
const HEADROOM: u64 = 16 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Threads {
    /// `None` for the default of std.
    stack_size: Option<usize>,
    state: Mutex<State>,
    given: Condvar,
}

#[derive(Default)]
struct State {
    started: u64,
    /// Threads that serve, and those that wait or are about to.
    living: usize,
    /// Each of them has a thread that waits, or is about to.
    jobs: Vec<Job>,
    ends: bool,
}

impl Threads {
    pub(crate) fn new(stack_size: Option<usize>) -> Self {
        Self { stack_size, ..Self::default() }
    }

    /// Runs a job, with which `running` of them run: on a thread that has done another one, or else
    /// on a new one.
    pub(crate) fn run(self: &Arc<Self>, running: usize, job: Job) -> io::Result<()> {
        let mut state = self.state();
        if state.living >= running {
            state.jobs.push(job);
            self.given.notify_one();
            return Ok(());
        }
        has_headroom()?;
        state.started += 1;
        state.living += 1;
        // 15 characters are what systems show of it.
        let mut builder = thread::Builder::new().name(format!("h1-{}", state.started));
        drop(state);
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        let threads = Arc::clone(self);
        let spawned = builder.spawn(move || {
            let mut next = Some(job);
            while let Some(job) = next {
                // A panic ends the connection alone. Its guard logs it.
                let _ = catch_unwind(AssertUnwindSafe(job));
                next = threads.wait();
            }
        });
        if spawned.is_err() {
            self.state().living -= 1;
        }
        spawned.map(drop)
    }

    /// Has the threads that wait end.
    pub(crate) fn end(&self) {
        self.state().ends = true;
        self.given.notify_all();
    }

    /// The next job. If none comes in time, the thread is to end.
    fn wait(&self) -> Option<Job> {
        let (mut state, _) = self
            .given
            .wait_timeout_while(self.state(), WAIT, |state| state.jobs.is_empty() && !state.ends)
            .unwrap_or_else(PoisonError::into_inner);
        let job = state.jobs.pop();
        if job.is_none() {
            state.living -= 1;
        }
        job
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there is address space beside a new thread's stack.
fn has_headroom() -> io::Result<()> {
    // To take it for a moment would be an attempt, too, but other threads may abort in that moment.
    match h1events_net::address_space_left() {
        Some(left) if left < HEADROOM => Err(io::ErrorKind::OutOfMemory.into()),
        _ => Ok(()),
    }
}
