//! The threads that serve, as seen from the one that accepts.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;
use std::{io, thread};

use h1events_server::{Request, Response};
use h1events_serving::{CUT_OFF, MOMENT, Peer, Rest, Room, Shutdown, Summary};
use smol::channel::{Receiver, Sender, unbounded};
use smol::{Timer, future};

use crate::listener::Listener;
use crate::load::Load;
use crate::reactor::{Poll, Reactor};
use crate::registry::Registry;
use crate::serve::Serving;
use crate::worker::{self, Command};

/// One for each core.
pub(crate) struct Workers<T> {
    hands: Vec<Hand<T>>,
    tallies: Receiver<(usize, Summary)>,
}

struct Hand<T> {
    number: usize,
    commands: Sender<Command<T>>,
    load: Arc<Load>,
}

impl<T: Send + 'static> Workers<T> {
    /// Starts them, each with a reactor of its own.
    pub(crate) fn start<L, A>(
        serving: &Arc<Serving<L::Stream, A>>,
        room: &Arc<Room>,
    ) -> io::Result<Self>
    where
        L: Listener<Accepted = T>,
        A: AsyncFn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        let epoch = Instant::now();
        let (tally_sender, tallies) = unbounded();
        let mut hands = Vec::new();
        for number in 0..count() {
            let load = Arc::new(Load::new(Arc::clone(room), epoch));
            let registry = Registry::new(Arc::clone(&load), serving.shutdown.clone());
            let serving = Arc::clone(serving);
            let (commands, receiver) = unbounded();
            let tally_sender = tally_sender.clone();
            let poll = Poll::new()?;
            thread::Builder::new().name(format!("h1-{number}")).spawn(move || {
                let reactor = Reactor::new(poll);
                let tally = worker::run::<L, A>(reactor, &serving, receiver, registry);
                // If nobody waits for it any more, it came too late.
                let _ = tally_sender.try_send((number, tally));
            })?;
            hands.push(Hand { number, commands, load });
        }
        Ok(Self { hands, tallies })
    }

    /// Whether none is left, which is our bug.
    pub(crate) fn is_empty(&self) -> bool {
        self.hands.is_empty()
    }

    /// How many connections there are, with those that no worker has seen yet.
    pub(crate) fn open(&self) -> usize {
        self.hands.iter().map(|hand| hand.load.open()).sum()
    }

    /// To the worker with the fewest connections.
    pub(crate) fn give(&mut self, mut accepted: T, peer: Peer) {
        while let Some(hand) = self.hands.iter().min_by_key(|hand| hand.load.open()) {
            let number = hand.number;
            hand.load.opens();
            let Err(error) = hand.commands.try_send(Command::Serve(accepted, peer)) else { return };
            // This is our bug. The others go on.
            log::error!("thread {number} doesn't serve any more");
            self.hands.retain(|hand| hand.number != number);
            let Command::Serve(back, _) = error.into_inner() else { return };
            accepted = back;
        }
    }

    /// Has the longest-silent connection closed, or else the longest-lingering one, if it has been
    /// so for a moment: by which worker. One that is busy with it already isn't asked.
    pub(crate) fn make_room(&self) -> Option<usize> {
        let longest = [Rest::Silent, Rest::Lingering].into_iter().find_map(|rest| {
            self.hands
                .iter()
                .filter(|hand| !hand.load.making_room.load(SeqCst))
                .filter_map(|hand| Some((hand.load.oldest(rest)?, hand)))
                .min_by_key(|&(since, _)| since)
                .filter(|(since, _)| since.elapsed() >= MOMENT)
        });
        let (_, hand) = longest?;
        hand.load.making_room.store(true, SeqCst);
        // If it doesn't serve any more, the next connection will tell.
        let _ = hand.commands.try_send(Command::MakeRoom);
        Some(hand.number)
    }

    /// Whether that worker has not done it yet.
    pub(crate) fn is_making_room(&self, number: usize) -> bool {
        let hand = self.hands.iter().find(|hand| hand.number == number);
        hand.is_some_and(|hand| hand.load.making_room.load(SeqCst))
    }

    /// Ends them, and waits for them until shortly after the time they have. In between, `begun`
    /// tells of an earlier end.
    pub(crate) async fn finish(&self, shutdown: &Shutdown, begun: &Receiver<()>) -> Summary {
        let mut tallies = BTreeMap::new();
        loop {
            let deadline = shutdown.deadline();
            for hand in &self.hands {
                let _ = hand.commands.try_send(Command::End(deadline));
            }
            let all = async {
                while let Ok((number, tally)) = self.tallies.recv().await {
                    tallies.insert(number, tally);
                }
                true
            };
            let over = async {
                match deadline.and_then(|deadline| deadline.checked_add(CUT_OFF)) {
                    Some(deadline) => drop(Timer::at(deadline).await),
                    None => future::pending().await,
                }
                true
            };
            let again = async {
                let _ = begun.recv().await;
                false
            };
            if future::or(all, future::or(over, again)).await {
                break;
            }
        }
        let mut sum = Summary::default();
        for hand in &self.hands {
            // Of those whose handler blocks them, nobody knows more.
            let unknown = || Summary { cut_off: hand.load.open() as u64, ..Summary::default() };
            let tally = tallies.remove(&hand.number).unwrap_or_else(unknown);
            sum.idle += tally.idle;
            sum.finished += tally.finished;
            sum.cut_off += tally.cut_off;
        }
        sum
    }
}

/// How many there are.
pub(crate) fn count() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
