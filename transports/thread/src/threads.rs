//! The threads that serve: one for each connection, and some that wait for the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// Time that a thread waits for another connection. Clients that connect for each request don't need a new
/// thread each time, and a quiet server keeps none.
const WAIT: Duration = Duration::from_secs(1);

/// Bytes of address space that have to be left besides a new thread's stack. If it is limited
/// (`RLIMIT_AS`), a server that filled it with stacks would abort at its next allocation.
const HEADROOM: u64 = 16 * 1024 * 1024;

/// Threads that work on jobs.
pub(crate) struct Threads<J, W> {
    work: W,
    /// In bytes; `None` for the default of std.
    stack_size: Option<usize>,
    state: Mutex<State<J>>,
    given: Condvar,
}

struct State<J> {
    started: u64,
    /// Threads that work, wait, or are about to wait.
    living: usize,
    /// Each job has a thread that waits, or is about to wait.
    jobs: Vec<J>,
    ends: bool,
}

impl<J: Send + 'static, W: Fn(J) + Send + Sync + 'static> Threads<J, W> {
    pub(crate) fn new(stack_size: Option<usize>, work: W) -> Arc<Self> {
        let state = State { started: 0, living: 0, jobs: Vec::new(), ends: false };
        Arc::new(Self { work, stack_size, state: state.into(), given: Condvar::new() })
    }

    /// Gives a job to a thread that has finished another one, or else to a new thread. `jobs` counts all
    /// jobs, this one included. If the system is short of something, returns the job.
    pub(crate) fn give(self: &Arc<Self>, job: J, jobs: usize) -> Result<(), (J, io::Error)> {
        let mut state = self.state();
        state.jobs.push(job);
        if state.living >= jobs {
            self.given.notify_one();
            return Ok(());
        }
        state.living += 1;
        state.started += 1;
        // Systems show the first 15 characters.
        let name = format!("h1-{}", state.started);
        drop(state);
        let Err(error) = self.start(name) else { return Ok(()) };
        let mut state = self.state();
        state.living -= 1;
        // If another thread has taken it, all is well.
        state.jobs.pop().map_or(Ok(()), |job| Err((job, error)))
    }

    /// Ends the waiting threads.
    pub(crate) fn end(&self) {
        self.state().ends = true;
        self.given.notify_all();
    }

    fn start(self: &Arc<Self>, name: String) -> io::Result<()> {
        // Allocating it for a moment would be another test, but other threads might abort in that moment.
        if h1events_net::address_space_left().is_some_and(|left| left < HEADROOM) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let mut builder = thread::Builder::new().name(name);
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        let threads = Arc::clone(self);
        let work = move || {
            while let Some(job) = threads.wait() {
                // A panic ends only this connection. Its guard logs it.
                let _ = catch_unwind(AssertUnwindSafe(|| (threads.work)(job)));
            }
        };
        builder.spawn(work).map(drop)
    }

    /// Returns the next job. `None` if the thread has to end.
    fn wait(&self) -> Option<J> {
        let (mut state, _) = self
            .given
            .wait_timeout_while(self.state(), WAIT, |state| state.jobs.is_empty() && !state.ends)
            .unwrap_or_else(PoisonError::into_inner);
        let job = state.jobs.pop();
        state.living -= usize::from(job.is_none());
        job
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        // No panic leaves the state inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
