//! The accept loop: it waits for connections, makes room for them, and ends them all.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use h1events_serving::{BACKLOG, Failure, MOMENT, PAUSE, Peer, Room, Shutdown, Summary, Trouble};
use smol::channel::Receiver;
use smol::{Timer, future};

use crate::listener::Listener;
use crate::workers::Workers;

/// The accept loop.
pub(crate) struct Accepting<L: Listener> {
    pub(crate) listener: L,
    pub(crate) max_connections: usize,
    pub(crate) workers: Workers<L::Accepted>,
    pub(crate) room: Arc<Room>,
    pub(crate) room_made: Receiver<()>,
    pub(crate) accepted: u64,
}

/// So often is accepted before anything else has its turn.
const TURN: u32 = 32;

impl<L: Listener> Accepting<L> {
    /// Accepts until it is shut down, of which `begun` tells, then ends the connections.
    pub(crate) async fn run(mut self, shutdown: &Shutdown, begun: &Receiver<()>) -> Summary {
        let is_begun = async {
            let _ = begun.recv().await;
        };
        future::or(is_begun, self.accept()).await;
        self.accept_the_rest(shutdown).await;
        let Self { listener, workers, accepted, .. } = self;
        drop(listener);
        Summary { connections: accepted, ..workers.finish(shutdown, begun).await }
    }

    /// Accepts for ever, or as long as there is a worker.
    async fn accept(&mut self) {
        let mut trouble = Trouble::default();
        for attempt in 1_u32.. {
            // However many there are to accept, a shutdown is noticed.
            if attempt.is_multiple_of(TURN) {
                future::yield_now().await;
            }
            match self.listener.accept().await {
                Ok((accepted, peer)) => {
                    trouble.accepted();
                    while self.workers.open() >= self.max_connections {
                        self.make_room(self.max_connections).await;
                    }
                    self.give(accepted, peer);
                    if self.workers.is_empty() {
                        return;
                    }
                }
                Err(error) => match trouble.accepting(&error, Instant::now()) {
                    Failure::Connection => {}
                    Failure::Shortage => self.make_room(self.workers.open()).await,
                    Failure::Other => drop(Timer::after(PAUSE).await),
                },
            }
        }
    }

    /// Accepts who has connected before the shutdown, as far as there is room and time: a
    /// request may have come already.
    async fn accept_the_rest(&mut self, shutdown: &Shutdown) {
        // Others may go on connecting.
        for _ in 0..BACKLOG {
            let has_room = self.workers.open() < self.max_connections;
            if !has_room || self.workers.is_empty() || shutdown.is_over(Instant::now()) {
                return;
            }
            match future::poll_once(self.listener.accept()).await {
                Some(Ok((accepted, peer))) => self.give(accepted, peer),
                Some(Err(error)) if Failure::of(&error) == Failure::Connection => {}
                Some(Err(_)) | None => return,
            }
        }
    }

    fn give(&mut self, accepted: L::Accepted, peer: Peer) {
        self.accepted += 1;
        self.workers.give(accepted, peer);
    }

    /// Has the connection closed that can be spared best, and waits until there are fewer than
    /// that. If none can, waits for one, or for another one to end, and has the next answer say
    /// that it is the last one. In any case, it doesn't wait for long.
    async fn make_room(&self, number: usize) {
        // Left over from the last time.
        while self.room_made.try_recv().is_ok() {}
        let pause = Instant::now() + PAUSE;
        let mut asked = None;
        let mut has_waited = false;
        loop {
            self.room.want();
            if self.workers.open() < number || Instant::now() >= pause {
                break;
            }
            let mut again = pause;
            if !asked.is_some_and(|worker| self.workers.is_making_room(worker)) {
                asked = self.workers.make_room();
            }
            if asked.is_none() {
                again = Instant::now() + MOMENT;
                // Nobody has been silent for long enough meanwhile: all are busy.
                if mem::replace(&mut has_waited, true) {
                    self.room.want_last_answer();
                }
            }
            let made = async { self.room_made.recv().await.is_ok() };
            let paused = async { Timer::at(again).await >= again };
            future::or(made, paused).await;
        }
        self.room.want_nothing();
    }
}
