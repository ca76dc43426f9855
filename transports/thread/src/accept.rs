//! The accept loop: it waits for connections, makes room for them, and ends them all.

use std::io::ErrorKind::WouldBlock;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, mem, thread};

use h1events_server::{Request, Response};
use h1events_serving::{BACKLOG, CUT_OFF, Failure, MOMENT, PAUSE, Peer, Summary, Trouble};

use crate::listener::Listener;
use crate::registry::Eviction;
use crate::serve::{Serving, serve_connection};
use crate::stream::Stream;
use crate::threads::Threads;

/// How many closed connections may not have ended yet when the next one is accepted, so that
/// the accept loop doesn't wait for each thread. They are beyond the cap for as long.
const CLOSING: usize = 16;

/// The accept loop.
pub(crate) struct Accepting<L: Listener, A> {
    listener: L,
    max_connections: usize,
    threads: Arc<Threads>,
    trouble: Trouble,
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
        Self { listener, max_connections, threads, trouble: Trouble::default(), serving }
    }

    /// Accepts until it is shut down, then ends the connections.
    pub(crate) fn run(mut self) -> Summary {
        while !self.serving.shutdown.has_begun() {
            match self.serving.wake.wait(Some(&self.listener), None) {
                Ok(false) => {}
                Ok(true) => self.accept_next(),
                Err(error) => {
                    self.trouble.log("waiting for connections failed", &error, Instant::now());
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
            Ok((stream, peer)) => {
                self.trouble.accepted();
                self.start(stream, peer);
            }
            Err(error) if error.kind() == WouldBlock => {}
            Err(error) => self.survive(&error),
        }
    }

    /// Does what gives the next attempt a better chance.
    fn survive(&mut self, error: &io::Error) {
        match self.trouble.accepting(error, Instant::now()) {
            Failure::Connection => {}
            Failure::Shortage => self.make_more_room(),
            Failure::Other => self.wait(PAUSE),
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
            match self.threads.serve(number, self.serving.registry.running(), serve) {
                Ok(()) => return,
                Err(error) => {
                    self.trouble.log("no thread for a connection", &error, Instant::now());
                }
            }
            if self.serving.shutdown.has_begun() {
                return self.serving.registry.abandon(number);
            }
            self.make_more_room();
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
        let start = Instant::now();
        let mut has_evicted = false;
        let mut has_asked = false;
        loop {
            registry.room.want();
            let waited = start.elapsed();
            let mut wait = PAUSE.saturating_sub(waited);
            if is_enough() || wait.is_zero() || shutdown.has_begun() {
                break;
            }
            if !has_evicted {
                let eviction = registry.evict(MOMENT);
                match eviction {
                    Eviction::Done => {
                        has_evicted = true;
                        continue;
                    }
                    Eviction::In(time) => wait = wait.min(time),
                    Eviction::Nobody => {}
                }
                // If nobody has been silent for long enough meanwhile, all are busy.
                let is_hopeless = eviction == Eviction::Nobody || waited >= MOMENT;
                if is_hopeless && !mem::replace(&mut has_asked, true) {
                    registry.room.want_last_answer();
                }
            }
            self.wait(wait);
        }
        registry.room.want_nothing();
    }

    /// Waits for the time to pass, for a connection to end or to rest, or for a shutdown.
    fn wait(&self, time: Duration) {
        if self.serving.wake.wait(None::<&L>, Some(time)).is_err() {
            thread::sleep(time);
        }
    }

    /// Accepts who has connected before the shutdown, as far as there is room and time: a
    /// request may have come already.
    fn accept_the_rest(&mut self) {
        // Others may go on connecting.
        for _ in 0..BACKLOG {
            if !self.has_room() || self.serving.shutdown.is_over(Instant::now()) {
                return;
            }
            match self.listener.accept() {
                Ok((stream, peer)) => self.start(stream, peer),
                Err(error) if Failure::of(&error) == Failure::Connection => {}
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
        wait_for_all(&serving, || serving.shutdown.deadline());
        let summary = registry.summary();
        if registry.running() > 0 {
            registry.close_all();
            let deadline = Instant::now() + CUT_OFF;
            wait_for_all(&serving, || Some(deadline));
        }
        threads.end();
        summary
    }
}

/// Some systems can't wait for years at once.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// Waits until no connection is left, or no time.
fn wait_for_all<S: Stream, A>(serving: &Serving<S, A>, deadline: impl Fn() -> Option<Instant>) {
    loop {
        serving.registry.room.want();
        let left = deadline().map(|end| end.saturating_duration_since(Instant::now()));
        if serving.registry.running() == 0 || left.is_some_and(|left| left.is_zero()) {
            return;
        }
        let wait = left.map_or(LONGEST_WAIT, |left| left.min(LONGEST_WAIT));
        if serving.wake.wait(None::<&UnixStream>, Some(wait)).is_err() {
            thread::sleep(PAUSE.min(wait));
        }
    }
}
