//! The threads that serve: one for each connection, and some that wait for the next one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// How long a thread waits for another connection. Clients that open one for each request need
/// no new thread for each, and a server that has become quiet keeps none.
const WAIT: Duration = Duration::from_secs(1);

/// Address space that has to be left beside a new thread's stack. Where it is bounded
/// (`RLIMIT_AS`), a server that filled it with stacks would abort at its next allocation.
const HEADROOM: u64 = 16 * 1024 * 1024;

/// Threads that work on jobs.
pub(crate) struct Threads<J, W> {
    work: W,
    /// `None` for the default of std.
    stack_size: Option<usize>,
    state: Mutex<State<J>>,
    given: Condvar,
}

struct State<J> {
    started: u64,
    /// Threads that work, and those that wait or are about to.
    living: usize,
    /// Each of them has a thread that waits, or is about to.
    jobs: Vec<J>,
    ends: bool,
}

impl<J, W> Threads<J, W>
where
    J: Send + 'static,
    W: Fn(J) + Send + Sync + 'static,
{
    pub(crate) fn new(stack_size: Option<usize>, work: W) -> Arc<Self> {
        let state = State { started: 0, living: 0, jobs: Vec::new(), ends: false };
        Arc::new(Self { work, stack_size, state: state.into(), given: Condvar::new() })
    }

    /// Has a job done, with which there are `jobs` of them: by a thread that has done another one, or
    /// else by a new one. If the system is short of something, the job comes back.
    pub(crate) fn give(self: &Arc<Self>, job: J, jobs: usize) -> Result<(), (J, io::Error)> {
        let mut state = self.state();
        state.jobs.push(job);
        if state.living >= jobs {
            self.given.notify_one();
            return Ok(());
        }
        state.living += 1;
        state.started += 1;
        // 15 characters are what systems show of it.
        let name = format!("h1-{}", state.started);
        drop(state);
        let Err(error) = self.start(name) else { return Ok(()) };
        let mut state = self.state();
        state.living -= 1;
        // If another thread has taken it, all is well.
        state.jobs.pop().map_or(Ok(()), |job| Err((job, error)))
    }

    /// Has the threads that wait end.
    pub(crate) fn end(&self) {
        self.state().ends = true;
        self.given.notify_all();
    }

    fn start(self: &Arc<Self>, name: String) -> io::Result<()> {
        // To take it for a moment would be an attempt, too, but other threads may abort in that moment.
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
                // A panic ends the connection alone. Its guard logs it.
                let _ = catch_unwind(AssertUnwindSafe(|| (threads.work)(job)));
            }
        };
        builder.spawn(work).map(drop)
    }

    /// Returns the next job. If none comes in time, the thread is to end.
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
        // Nothing is left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
