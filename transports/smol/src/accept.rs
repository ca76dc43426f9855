//! The accept loop: who is served by whom, and what if there is no room.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use h1events_serving::{Complaints, Failure, MOMENT, PAUSE, Peer, Room};
use smol::Timer;
use smol::channel::{Receiver, Sender};
use smol::future;

use crate::listener::Listener;
use crate::registry::{Load, NEVER};
use crate::worker::Command;

/// A worker, as seen from here.
pub(crate) struct Hand<T> {
    pub(crate) number: usize,
    pub(crate) commands: Sender<Command<T>>,
    pub(crate) load: Arc<Load>,
}

pub(crate) struct Acceptor<L: Listener> {
    pub(crate) listener: L,
    pub(crate) max_connections: usize,
    pub(crate) hands: Vec<Hand<L::Accepted>>,
    pub(crate) room: Arc<Room>,
    pub(crate) room_made: Receiver<()>,
    pub(crate) accepted: u64,
}

/// So many connections are accepted before anything else has its turn.
const TURN: u64 = 32;

impl<L: Listener> Acceptor<L> {
    /// Accepts for ever, or as long as there is a worker.
    pub(crate) async fn run(&mut self) {
        let mut complaints = Complaints::default();
        let mut has_failed = false;
        loop {
            match self.listener.accept().await {
                Ok((accepted, peer)) => {
                    has_failed = false;
                    while self.open() >= self.max_connections {
                        self.make_room(self.max_connections).await;
                    }
                    self.give(accepted, peer);
                    if self.hands.is_empty() {
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
                        self.make_room(self.open()).await;
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
    pub(crate) async fn accept_the_rest(&mut self) {
        while self.open() < self.max_connections && !self.hands.is_empty() {
            match future::poll_once(self.listener.accept()).await {
                Some(Ok((accepted, peer))) => self.give(accepted, peer),
                Some(Err(error)) if Failure::of(&error) == Failure::Connection => {}
                Some(Err(_)) | None => return,
            }
        }
    }

    /// To the worker with the fewest connections.
    fn give(&mut self, mut accepted: L::Accepted, peer: Peer) {
        self.accepted += 1;
        let open = |hand: &Hand<_>| hand.load.open.load(Ordering::Relaxed);
        while let Some(hand) = self.hands.iter().min_by_key(|hand| open(hand)) {
            let number = hand.number;
            hand.load.open.fetch_add(1, Ordering::SeqCst);
            let Err(error) = hand.commands.try_send(Command::Serve(accepted, peer)) else { return };
            // This is our bug. The others go on.
            log::error!("thread {number} doesn't serve any more");
            self.hands.retain(|hand| hand.number != number);
            let Command::Serve(back, _) = error.into_inner() else { return };
            accepted = back;
        }
    }

    /// Has the connection closed that can be spared best, and waits until there are fewer than
    /// that, but not for long.
    async fn make_room(&self, number: usize) {
        // Left over from the last time.
        while self.room_made.try_recv().is_ok() {}
        let pause = Instant::now() + PAUSE;
        let mut is_asked = false;
        let mut has_waited = false;
        loop {
            self.room.want();
            if self.open() < number || Instant::now() >= pause {
                break;
            }
            let mut again = pause;
            if let Some(hand) = self.longest_idle().filter(|_| !is_asked) {
                hand.load.making_room.store(true, Ordering::SeqCst);
                let _ = hand.commands.try_send(Command::MakeRoom);
                is_asked = true;
            } else if !is_asked {
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

    /// The worker of the longest-silent connection, or else of the longest-lingering one, if
    /// that has been so for a moment.
    fn longest_idle(&self) -> Option<&Hand<L::Accepted>> {
        (0..2).find_map(|idle| {
            self.hands
                .iter()
                .filter(|hand| !hand.load.making_room.load(Ordering::SeqCst))
                .map(|hand| (hand.load.oldest[idle].load(Ordering::Relaxed), hand))
                .filter(|&(since, _)| since != NEVER)
                .min_by_key(|&(since, _)| since)
                .map(|(since, hand)| (hand.load.epoch + Duration::from_nanos(since), hand))
                .filter(|(since, _)| since.elapsed() >= MOMENT)
                .map(|(_, hand)| hand)
        })
    }

    fn open(&self) -> usize {
        self.hands.iter().map(|hand| hand.load.open.load(Ordering::SeqCst)).sum()
    }
}
