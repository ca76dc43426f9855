//! Which connections there are, and which of them may be closed to make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::listener::Peer;
use crate::shutdown::{Shutdown, Summary};
use crate::stream::Stream;

/// All connections of a server.
///
/// What changes with each request is an atomic of the connection's own; the lock is taken
/// only where connections come, go or are chosen.
#[derive(Debug)]
pub(crate) struct Registry<S> {
    entries: Mutex<HashMap<u64, Arc<Entry<S>>>>,
    /// Connections whose threads run, also after an upgrade.
    running: AtomicUsize,
    /// Of these, those that have been closed from outside and are about to end.
    closing: AtomicUsize,
    /// Whether the accept loop waits for a connection to end or to become silent.
    wanted: AtomicBool,
    /// Whether the next answer is to be the last one of its connection.
    last_answer_wanted: AtomicBool,
    opened: AtomicU64,
    /// Connections that were silent at the shutdown, and have been closed.
    idle: AtomicUsize,
    /// All that have ended since the shutdown.
    ended: AtomicUsize,
    epoch: Instant,
    shutdown: Shutdown,
}

/// A connection, as seen from outside of its thread.
#[derive(Debug)]
pub(crate) struct Entry<S> {
    pub(crate) stream: S,
    pub(crate) peer: Peer,
    /// [`BUSY`], [`CLOSED`], or a [`Rest`] and since when, in microseconds.
    activity: AtomicU64,
}

/// What a connection does that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// No byte of the next request has come.
    Silent = 2,
    /// All is answered; what else comes is thrown away.
    Lingering = 3,
}

/// What became of an attempt to close a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eviction {
    /// It is closed, and its thread is about to end.
    Done,
    /// One may be closed after this time.
    In(Duration),
    /// All are busy.
    Nobody,
}

/// The connection has been closed from outside.
#[derive(Debug)]
pub(crate) struct ClosedFromOutside;

const BUSY: u64 = 0;
const CLOSED: u64 = 1;

impl<S: Stream> Registry<S> {
    pub(crate) fn new(shutdown: Shutdown) -> Self {
        Self {
            entries: Mutex::default(),
            running: AtomicUsize::new(0),
            closing: AtomicUsize::new(0),
            wanted: AtomicBool::new(false),
            last_answer_wanted: AtomicBool::new(false),
            opened: AtomicU64::new(0),
            idle: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            epoch: Instant::now(),
            shutdown,
        }
    }

    /// Its number.
    pub(crate) fn insert(&self, stream: S, peer: Peer) -> u64 {
        let number = self.opened.fetch_add(1, SeqCst) + 1;
        let entry = Arc::new(Entry { stream, peer, activity: AtomicU64::new(BUSY) });
        self.running.fetch_add(1, SeqCst);
        self.entries().insert(number, entry);
        number
    }

    /// For the connection's own thread. Nobody else keeps one outside of the registry's lock.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Entry<S>>> {
        self.entries().get(&number).map(Arc::clone)
    }

    /// From now on, nobody else closes the stream.
    pub(crate) fn remove(&self, number: u64) {
        let Some(entry) = self.entries().remove(&number) else { return };
        if entry.activity.load(SeqCst) == CLOSED {
            self.closing.fetch_sub(1, SeqCst);
        }
    }

    /// The stream of a connection is closed.
    pub(crate) fn ended(&self) {
        if self.shutdown.has_begun() {
            self.ended.fetch_add(1, SeqCst);
        }
        self.running.fetch_sub(1, SeqCst);
        self.room_may_be_made();
    }

    /// The connection has nothing to do for anybody.
    pub(crate) fn rest(
        &self,
        entry: &Entry<S>,
        rest: Rest,
        now: Instant,
    ) -> Result<(), ClosedFromOutside> {
        let resting = self.micros(now) << 2 | rest as u64;
        match entry.activity.compare_exchange(BUSY, resting, SeqCst, SeqCst) {
            Ok(_) => self.room_may_be_made(),
            Err(CLOSED) => return Err(ClosedFromOutside),
            Err(_) => {} // It rests already.
        }
        Ok(())
    }

    /// Closes the connection that has been silent for longest, or else the one that has
    /// lingered for longest, if it has for some time.
    pub(crate) fn evict(&self, at_least: Duration) -> Eviction {
        let entries = self.entries();
        let now = self.micros(Instant::now());
        let mut soonest = Duration::MAX;
        for rest in [Rest::Silent, Rest::Lingering] {
            let mut resting: Vec<_> = entries
                .values()
                .map(|entry| (entry.activity.load(SeqCst), entry))
                .filter(|(activity, _)| activity & 3 == rest as u64)
                .collect();
            resting.sort_unstable_by_key(|(activity, _)| *activity);
            for (activity, entry) in resting {
                let rested = Duration::from_micros(now.saturating_sub(activity >> 2));
                if let Some(time) = at_least.checked_sub(rested).filter(|time| !time.is_zero()) {
                    soonest = soonest.min(time);
                    break;
                }
                // The next one is chosen if this one has just got a byte.
                if entry.may_be_closed(activity) && self.close(entry, |now| now == activity) {
                    log::debug!("{}: closed to make room", entry.peer);
                    return Eviction::Done;
                }
            }
        }
        if soonest == Duration::MAX { Eviction::Nobody } else { Eviction::In(soonest) }
    }

    /// Closes all that are silent.
    pub(crate) fn close_silent(&self) {
        let is_silent = |activity| activity & 3 == Rest::Silent as u64;
        for entry in self.entries().values() {
            let activity = entry.activity.load(SeqCst);
            if is_silent(activity) && entry.may_be_closed(activity) && self.close(entry, is_silent)
            {
                self.was_idle();
            }
        }
    }

    /// A connection that was silent at the shutdown ends.
    pub(crate) fn was_idle(&self) {
        self.idle.fetch_add(1, SeqCst);
    }

    /// What the shutdown has come to by now.
    pub(crate) fn summary(&self) -> Summary {
        let is_lingering =
            |entry: &&Arc<Entry<S>>| entry.activity.load(SeqCst) & 3 == Rest::Lingering as u64;
        // Those have answered everything, and wait for the client to close.
        let lingering = self.entries().values().filter(is_lingering).count();
        let idle = self.idle.load(SeqCst);
        Summary {
            connections: self.opened.load(SeqCst),
            idle,
            finished: (self.ended.load(SeqCst) + lingering).saturating_sub(idle),
            cut_off: self.running().saturating_sub(lingering),
        }
    }

    pub(crate) fn close_all(&self) {
        for entry in self.entries().values() {
            self.close(entry, |_| true);
        }
    }

    /// The accept loop is to be woken when a connection ends or begins to rest.
    pub(crate) fn want_room(&self) {
        self.wanted.store(true, SeqCst);
    }

    /// The connection that is next to answer a request is to end with it.
    pub(crate) fn want_last_answer(&self, wanted: bool) {
        self.last_answer_wanted.store(wanted, SeqCst);
    }

    /// Whether this one is that connection.
    pub(crate) fn is_last_answer(&self) -> bool {
        self.last_answer_wanted.load(SeqCst) && self.last_answer_wanted.swap(false, SeqCst)
    }

    /// How many connections have their threads.
    pub(crate) fn running(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// How many of them have been closed from outside and are about to end.
    pub(crate) fn closing(&self) -> usize {
        self.closing.load(SeqCst)
    }

    /// Closes a connection that is still open, under the registry's lock, if what it does
    /// at that moment allows it.
    fn close(&self, entry: &Entry<S>, allows: impl Fn(u64) -> bool) -> bool {
        let close = |activity| (activity != CLOSED && allows(activity)).then_some(CLOSED);
        let closes = entry.activity.fetch_update(SeqCst, SeqCst, close).is_ok();
        if closes {
            self.closing.fetch_add(1, SeqCst);
            entry.stream.close();
        }
        closes
    }

    fn micros(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.epoch);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX >> 2)
    }

    fn room_may_be_made(&self) {
        if self.wanted.load(SeqCst) && self.wanted.swap(false, SeqCst) {
            self.shutdown.wake().wake();
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<u64, Arc<Entry<S>>>> {
        // Nothing is left half done if a stream's own code panics.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Stream> Entry<S> {
    /// Whether what rests like that has got nothing to read since.
    fn may_be_closed(&self, activity: u64) -> bool {
        activity & 3 == Rest::Lingering as u64 || !self.stream.has_input()
    }

    /// Whether it has been closed from outside.
    pub(crate) fn is_closed(&self) -> bool {
        self.activity.load(SeqCst) == CLOSED
    }

    /// A byte has come, or the connection ends by itself.
    pub(crate) fn resume(&self) -> Result<(), ClosedFromOutside> {
        // Of the connection's own thread and those that close, only these write CLOSED.
        match self.activity.fetch_update(SeqCst, SeqCst, |was| (was != CLOSED).then_some(BUSY)) {
            Ok(_) => Ok(()),
            Err(_) => Err(ClosedFromOutside),
        }
    }
}
