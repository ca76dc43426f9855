//! The accept loop: it waits for connections, makes room for them, and ends them all.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use h1events_serving::{Complaints, Failure, MOMENT, PAUSE, Peer, Room, Shutdown, Summary};
use smol::channel::Receiver;
use smol::{Timer, future};

use crate::listener::Listener;
use crate::registry::Tally;
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

/// So many connections are accepted before anything else has its turn.
const TURN: u64 = 32;

impl<L: Listener> Accepting<L> {
    /// Accepts until it is shut down, of which `begun` tells, then ends the connections.
    pub(crate) async fn run(mut self, shutdown: &Shutdown, begun: &Receiver<()>) -> Summary {
        let is_begun = async {
            let _ = begun.recv().await;
        };
        future::or(is_begun, self.accept()).await;
        self.accept_the_rest().await;
        let Self { listener, workers, accepted, .. } = self;
        drop(listener);
        let Tally { idle, finished, cut_off } = workers.finish(shutdown, begun).await;
        Summary { connections: accepted, idle, finished, cut_off }
    }

    /// Accepts for ever, or as long as there is a worker.
    async fn accept(&mut self) {
        let mut complaints = Complaints::default();
        let mut has_failed = false;
        loop {
            match self.listener.accept().await {
                Ok((accepted, peer)) => {
                    has_failed = false;
                    while self.workers.open() >= self.max_connections {
                        self.make_room(self.max_connections).await;
                    }
                    self.give(accepted, peer);
                    if self.workers.is_empty() {
                        return;
                    }
                    // However many there are to accept, a shutdown is noticed.
                    if self.accepted.is_multiple_of(TURN) {
                        future::yield_now().await;
                    }
                }
                Err(error) if Failure::of(&error) == Failure::Connection => {
                    log::debug!("a connection was lost: {error}");
                }
                Err(error) => {
                    complaints.log("accepting failed", &error, Instant::now());
                    let is_shortage = Failure::of(&error) == Failure::Shortage;
                    if is_shortage {
                        self.make_room(self.workers.open()).await;
                    }
                    // Room would not help, or has been made and didn't.
                    if mem::replace(&mut has_failed, true) || !is_shortage {
                        Timer::after(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Accepts who has connected before now, as far as there is room: a request may have come
    /// already.
    async fn accept_the_rest(&mut self) {
        while self.workers.open() < self.max_connections && !self.workers.is_empty() {
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
        let mut is_asked = false;
        let mut has_waited = false;
        loop {
            self.room.want();
            if self.workers.open() < number || Instant::now() >= pause {
                break;
            }
            let mut again = pause;
            if !is_asked {
                is_asked = self.workers.make_room();
            }
            if !is_asked {
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
