//! The accept loop: it waits for connections, makes room for them, and ends them all.

use std::io::ErrorKind::{ConnectionAborted, Interrupted, WouldBlock};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use h1events_connection::{Request, Response};
use rustix::io::Errno;

use crate::drive::{Seat, Serving, serve_connection};
use crate::listener::{Listener, Peer};
use crate::registry::Eviction;
use crate::shutdown::Summary;
use crate::threads::Threads;

/// How long to wait where the system gives no sign when to try again.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a connection has to be silent before it is closed for another one. The request
/// of a client that has just connected is on its way, and comes well within this time.
const MOMENT: Duration = Duration::from_millis(5);

/// How many closed connections may not have ended yet when the next one is accepted, so that
/// the accept loop doesn't wait for each thread. They are beyond the cap for as long.
const CLOSING: usize = 16;

/// How long threads whose streams have been cut off get to notice.
const CUT_OFF: Duration = Duration::from_millis(100);

/// The accept loop.
pub(crate) struct Accepting<L: Listener, A> {
    listener: L,
    max_connections: usize,
    threads: Arc<Threads>,
    /// Whether the last attempt failed for want of something: it is logged once.
    in_trouble: bool,
    serving: Arc<Serving<L::Stream, A>>,
}

impl<L, A> Accepting<L, A>
where
    L: Listener,
    A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
{
    pub(crate) fn new(
        listener: L,
        max_connections: usize,
        stack_size: usize,
        serving: Arc<Serving<L::Stream, A>>,
    ) -> Self {
        let threads = Arc::new(Threads::new(stack_size));
        Self { listener, max_connections, threads, in_trouble: false, serving }
    }

    /// Accepts until it is shut down, then ends the connections.
    pub(crate) fn run(mut self) -> Summary {
        while !self.serving.shutdown.has_begun() {
            match self.serving.shutdown.wake().wait(Some(&self.listener), None) {
                Ok(false) => {}
                Ok(true) => self.accept_next(),
                Err(error) => {
                    self.complain("waiting for connections failed", &error);
                    thread::sleep(PAUSE);
                }
            }
        }
        self.finish()
    }

    /// Accepts the connection that waits, or makes room for it.
    fn accept_next(&mut self) {
        if !self.has_room() {
            return self.make_room(|| self.has_room());
        }
        match self.listener.accept() {
            Ok((stream, peer)) => self.start(stream, peer),
            Err(error) if error.kind() == WouldBlock => {}
            Err(error) if is_over(&error) => log::debug!("a connection was lost: {error}"),
            Err(error) => {
                self.complain("accepting failed", &error);
                if is_shortage(&error) {
                    self.make_more_room();
                } else {
                    self.wait(PAUSE);
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        let registry = &self.serving.registry;
        let closing = registry.closing();
        closing <= CLOSING && registry.running().saturating_sub(closing) < self.max_connections
    }

    /// Gives the connection its thread.
    fn start(&mut self, stream: L::Stream, peer: Peer) {
        let number = self.serving.registry.insert(stream, peer);
        loop {
            let serving = Arc::clone(&self.serving);
            let serve = move |number| serve_connection(&serving, number);
            match self.threads.serve(number, serve) {
                Ok(()) => {
                    self.in_trouble = false;
                    return;
                }
                Err(error) => self.complain("no thread for a connection", &error),
            }
            if self.serving.shutdown.has_begun() {
                return drop(Seat { serving: &self.serving, number });
            }
            self.make_more_room();
        }
    }

    /// Trouble is logged once, not once for each attempt.
    fn complain(&mut self, what: &str, error: &io::Error) {
        if !std::mem::replace(&mut self.in_trouble, true) {
            log::warn!("{what}: {error}; trying again");
        }
    }

    /// What the system lacks may be there when a connection has ended.
    fn make_more_room(&self) {
        let before = self.serving.registry.running();
        self.make_room(|| self.serving.registry.running() < before);
    }

    /// Closes a connection that can be spared, and waits until there is enough room. If none
    /// can, waits for one, or for another one to end, and has the next answer say that it is
    /// the last one. In any case, it doesn't wait for long.
    fn make_room(&self, is_enough: impl Fn() -> bool) {
        let Serving { registry, shutdown, .. } = &*self.serving;
        let deadline = Instant::now() + PAUSE;
        let mut evicted = false;
        let mut asked = false;
        loop {
            registry.want_room();
            let mut wait = deadline.saturating_duration_since(Instant::now());
            if !evicted {
                let eviction = registry.evict(MOMENT);
                evicted = eviction == Eviction::Done;
                if let Eviction::In(time) = eviction {
                    wait = wait.min(time);
                }
            }
            if is_enough() || wait.is_zero() || shutdown.has_begun() {
                break;
            }
            if !evicted && !std::mem::replace(&mut asked, true) {
                registry.want_last_answer(true);
            }
            self.wait(wait);
        }
        registry.want_last_answer(false);
    }

    /// Waits for the time to pass, for a connection to end or to rest, or for a shutdown.
    fn wait(&self, time: Duration) {
        if self.serving.shutdown.wake().wait(None::<&L>, Some(time)).is_err() {
            thread::sleep(time);
        }
    }

    /// Accepts who has connected before the shutdown, as far as there is room: a request may
    /// have come already.
    fn accept_the_rest(&mut self) {
        while self.has_room() {
            match self.listener.accept() {
                Ok((stream, peer)) => self.start(stream, peer),
                Err(error) if is_over(&error) => {}
                Err(_) => return,
            }
        }
    }

    /// Ends the connections: the silent ones at once, the others when they have finished,
    /// or at the deadline.
    fn finish(mut self) -> Summary {
        self.accept_the_rest();
        let Self { listener, serving, threads, .. } = self;
        drop(listener);
        let registry = &serving.registry;
        registry.dismiss_silent();
        serving.wait_for_all(|| serving.shutdown.time_left());
        let summary = registry.summary();
        if registry.running() > 0 {
            registry.close_all();
            let deadline = Instant::now() + CUT_OFF;
            serving.wait_for_all(|| Some(deadline.saturating_duration_since(Instant::now())));
        }
        threads.end();
        summary
    }
}

/// Whether the error is that of one connection, which is over: the next one can be accepted at
/// once.
fn is_over(error: &io::Error) -> bool {
    // accept(2) of Linux: errors that are "already pending on the new socket" are passed on.
    const OVER: [Errno; 11] = [
        Errno::PROTO,
        Errno::PERM,
        Errno::NOPROTOOPT,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::OPNOTSUPP,
        Errno::TIMEDOUT,
        Errno::CONNRESET,
        Errno::NOTCONN,
    ];
    matches!(error.kind(), Interrupted | ConnectionAborted)
        || Errno::from_io_error(error).is_some_and(|errno| OVER.contains(&errno))
}

/// Whether the system, or this process, lacks something that a connection could give back.
fn is_shortage(error: &io::Error) -> bool {
    const SHORTAGE: [Errno; 4] = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| SHORTAGE.contains(&errno))
}
