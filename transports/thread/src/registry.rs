//! Which connections there are, and which of them may be closed to make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use h1events_serving::{Peer, Rest, Room, Shutdown, Summary};

use crate::stream::Stream;
use crate::wake::Wake;

/// All connections of a server.
///
/// What changes with each request is an atomic of the connection's own; the lock is taken
/// only where connections come, go or are chosen.
#[derive(Debug)]
pub(crate) struct Registry<S> {
    state: Mutex<State<S>>,
    /// Connections whose threads run, also after an upgrade.
    running: AtomicUsize,
    /// Of these, those that have been dismissed or closed and are about to end.
    closing: AtomicUsize,
    pub(crate) room: Room,
    epoch: Instant,
    shutdown: Shutdown,
}

#[derive(Debug)]
struct State<S> {
    opened: u64,
    /// Those that can be closed from outside.
    entries: HashMap<u64, Arc<Entry<S>>>,
    /// How many others somebody has after an upgrade, and how many nobody has served.
    upgraded: u64,
    abandoned: u64,
    /// Of those that have ended since the shutdown, those that were silent, and the others.
    idle: u64,
    finished: u64,
}

/// A connection, as seen from outside of its thread.
#[derive(Debug)]
pub(crate) struct Entry<S> {
    pub(crate) stream: S,
    pub(crate) peer: Peer,
    /// [`BUSY`], [`DISMISSED`], [`CLOSED`], or a [`Rest`] and since when, in microseconds.
    activity: AtomicU64,
}

/// What became of an attempt to dismiss a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eviction {
    /// It is dismissed, and its thread is about to end.
    Done,
    /// One may be dismissed after this time.
    In(Duration),
    /// All are busy.
    Nobody,
}

/// The connection has been dismissed or closed from outside.
#[derive(Debug)]
pub(crate) struct ClosedFromOutside;

const BUSY: u64 = 0;
/// In both directions.
const CLOSED: u64 = 4;
/// It rested, and nothing more is read from it: it ends, unless something had come already.
const DISMISSED: u64 = 8;

/// In the lowest two bits, since when above.
const fn resting(rest: Rest) -> u64 {
    match rest {
        Rest::Silent => 1,
        Rest::Lingering => 2,
    }
}

const fn is_resting(activity: u64, rest: Rest) -> bool {
    activity & 3 == resting(rest)
}

const fn is_ending(activity: u64) -> bool {
    matches!(activity, CLOSED | DISMISSED)
}

impl<S: Stream> Registry<S> {
    pub(crate) fn new(shutdown: Shutdown, wake: Arc<Wake>) -> Self {
        Self {
            state: Mutex::new(State {
                opened: 0,
                entries: HashMap::new(),
                upgraded: 0,
                abandoned: 0,
                idle: 0,
                finished: 0,
            }),
            running: AtomicUsize::new(0),
            closing: AtomicUsize::new(0),
            room: Room::new(move || wake.wake()),
            epoch: Instant::now(),
            shutdown,
        }
    }

    /// Its number.
    pub(crate) fn insert(&self, stream: S, peer: Peer) -> u64 {
        let entry = Arc::new(Entry { stream, peer, activity: AtomicU64::new(BUSY) });
        self.running.fetch_add(1, SeqCst);
        let mut state = self.state();
        state.opened += 1;
        let number = state.opened;
        state.entries.insert(number, entry);
        number
    }

    /// For the connection's own thread. Nobody else keeps one outside of the registry's lock.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Entry<S>>> {
        self.state().entries.get(&number).map(Arc::clone)
    }

    /// Whoever takes the stream after an upgrade has it alone: nobody else closes it any more.
    pub(crate) fn give_away(&self, number: u64) {
        let mut state = self.state();
        if let Some(entry) = state.entries.remove(&number) {
            self.forget(&entry);
            state.upgraded += 1;
        }
    }

    /// A connection never got a thread.
    pub(crate) fn abandon(&self, number: u64) {
        let mut state = self.state();
        state.abandoned += 1;
        drop(state.entries.remove(&number));
        self.running.fetch_sub(1, SeqCst);
    }

    /// A connection has ended, and its thread is about to.
    pub(crate) fn ended(&self, number: u64) {
        let mut state = self.state();
        let entry = state.entries.remove(&number);
        let was_idle = entry.as_deref().is_some_and(|entry| self.forget(entry) == DISMISSED);
        if entry.is_none() {
            state.upgraded -= 1;
        }
        if self.shutdown.has_begun() {
            let count = if was_idle { &mut state.idle } else { &mut state.finished };
            *count += 1;
        }
        drop(state);
        // The descriptor is free before anybody hears of it.
        drop(entry);
        self.running.fetch_sub(1, SeqCst);
        self.room.made();
    }

    /// The connection has nothing to do for anybody. If it is not to go on, its next read tells.
    pub(crate) fn rest(&self, entry: &Entry<S>, rest: Rest, now: Instant) {
        let resting = self.micros(now) << 2 | resting(rest);
        // It may rest already.
        if entry.activity.compare_exchange(BUSY, resting, SeqCst, SeqCst).is_ok() {
            self.room.made();
        }
    }

    /// Dismisses the connection that has been silent for longest, or else the one that has
    /// lingered for longest, if it has for some time.
    pub(crate) fn evict(&self, at_least: Duration) -> Eviction {
        let state = self.state();
        let now = self.micros(Instant::now());
        let mut soonest = Duration::MAX;
        for rest in [Rest::Silent, Rest::Lingering] {
            let mut resting: Vec<_> = state
                .entries
                .values()
                .map(|entry| (entry.activity.load(SeqCst), entry))
                .filter(|(activity, _)| is_resting(*activity, rest))
                .collect();
            resting.sort_unstable_by_key(|(activity, _)| *activity);
            for (activity, entry) in resting {
                let rested = Duration::from_micros(now.saturating_sub(activity >> 2));
                if let Some(time) = at_least.checked_sub(rested).filter(|time| !time.is_zero()) {
                    soonest = soonest.min(time);
                    break;
                }
                // The next one is chosen if this one has just got a byte.
                if entry.may_be_dismissed(activity) && self.dismiss(entry, |now| now == activity) {
                    log::debug!("{}: closed to make room", entry.peer);
                    return Eviction::Done;
                }
            }
        }
        if soonest == Duration::MAX { Eviction::Nobody } else { Eviction::In(soonest) }
    }

    /// Dismisses all that are silent.
    pub(crate) fn dismiss_silent(&self) {
        let is_silent = |activity| is_resting(activity, Rest::Silent);
        for entry in self.state().entries.values() {
            let activity = entry.activity.load(SeqCst);
            if is_silent(activity) && entry.may_be_dismissed(activity) {
                self.dismiss(entry, is_silent);
            }
        }
    }

    /// Dismisses a connection that is silent, on its own thread.
    pub(crate) fn dismiss_own(&self, entry: &Entry<S>) -> Result<(), ClosedFromOutside> {
        if self.dismiss(entry, |_| true) { Ok(()) } else { Err(ClosedFromOutside) }
    }

    /// Something had come on a connection before it was dismissed: it goes on, on its own
    /// thread, but nothing more comes.
    pub(crate) fn take_back(&self, entry: &Entry<S>) -> Result<(), ClosedFromOutside> {
        let taken = entry.activity.compare_exchange(DISMISSED, BUSY, SeqCst, SeqCst);
        taken.map_err(|_| ClosedFromOutside)?;
        self.closing.fetch_sub(1, SeqCst);
        Ok(())
    }

    /// What the shutdown has come to by now.
    pub(crate) fn summary(&self) -> Summary {
        let State { opened, entries, upgraded, abandoned, idle, finished } = &*self.state();
        let cut_off = upgraded + abandoned;
        let mut summary =
            Summary { connections: *opened, idle: *idle, finished: *finished, cut_off };
        for entry in entries.values() {
            let activity = entry.activity.load(SeqCst);
            let count = if activity == DISMISSED {
                // Its thread hasn't noticed yet.
                &mut summary.idle
            } else if is_resting(activity, Rest::Lingering) {
                // It has answered everything, and waits for the client to close.
                &mut summary.finished
            } else {
                &mut summary.cut_off
            };
            *count += 1;
        }
        summary
    }

    /// Closes all, whatever they do.
    pub(crate) fn close_all(&self) {
        for entry in self.state().entries.values() {
            if !is_ending(entry.activity.swap(CLOSED, SeqCst)) {
                self.closing.fetch_add(1, SeqCst);
            }
            entry.stream.close();
        }
    }

    /// How many connections have their threads.
    pub(crate) fn running(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// How many of them have been closed from outside and are about to end.
    pub(crate) fn closing(&self) -> usize {
        self.closing.load(SeqCst)
    }

    /// Has a connection end by itself, if what it does at that moment allows it: whoever waits
    /// in a read returns. Under the registry's lock, or on the connection's own thread.
    fn dismiss(&self, entry: &Entry<S>, allows: impl Fn(u64) -> bool) -> bool {
        let dismiss = |now| (!is_ending(now) && allows(now)).then_some(DISMISSED);
        let is_dismissed = entry.activity.fetch_update(SeqCst, SeqCst, dismiss).is_ok();
        if is_dismissed {
            self.closing.fetch_add(1, SeqCst);
            entry.stream.shutdown_read();
        }
        is_dismissed
    }

    /// What an entry was at the end, which is no more.
    fn forget(&self, entry: &Entry<S>) -> u64 {
        let activity = entry.activity.load(SeqCst);
        if is_ending(activity) {
            self.closing.fetch_sub(1, SeqCst);
        }
        activity
    }

    fn micros(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.epoch);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX >> 2)
    }

    fn state(&self) -> MutexGuard<'_, State<S>> {
        // Nothing is left half done if a stream's own code panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Stream> Entry<S> {
    /// Whether what rests like that has got nothing to read since.
    fn may_be_dismissed(&self, activity: u64) -> bool {
        is_resting(activity, Rest::Lingering) || !self.stream.has_input()
    }

    /// Whether it has been closed from outside.
    pub(crate) fn is_closed(&self) -> bool {
        is_ending(self.activity.load(SeqCst))
    }

    /// A byte has come, or the connection ends by itself.
    pub(crate) fn resume(&self) -> Result<(), ClosedFromOutside> {
        let resume = |activity| (!is_ending(activity)).then_some(BUSY);
        match self.activity.fetch_update(SeqCst, SeqCst, resume) {
            Ok(_) => Ok(()),
            Err(_) => Err(ClosedFromOutside),
        }
    }
}
