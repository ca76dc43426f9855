//! All connections of a server: who is admitted, which connection ends for a newcomer, what they
//! may hold, and how the server ends.
//!
//! The endpoint has no socket and no clock. A transport tells it what its connections wait for, and
//! wakes those that [`poll_wake`](Endpoint::poll_wake) names. What has been decided about a
//! connection is said when it reports: decisions are levels, and a connection that is woken twice, or
//! late, hears the same.
//!
//! ```text
//!            open                                 wait: Verdict::Wait
//!  newcomer -----> busy <---------------------------------------------------> waiting
//!                   |     resume: something has come, or the time is over        |
//!                   |                                                            | eviction, drain,
//!                   | close                                                      | deadline: woken,
//!                   v                                                            | takes a last look
//!                 gone <------------ wait: Verdict::End, if it found nothing ----+
//! ```

mod backoff;
mod budget;
mod complaints;
mod config;
mod deadlines;
mod drain;
mod eviction;
mod pool;
mod slot;
mod turn;

use std::time::{Duration, Instant};

use slab::Slab;

pub use backoff::{ACCEPT_RETRY_DELAY, AcceptBackoff, AcceptErrorKind, Reaction};
use budget::Budget;
pub use budget::Purse;
pub use complaints::Complaints;
pub use config::EndpointConfig;
use deadlines::Deadlines;
pub use drain::Summary;
use drain::{Drain, READABLE};
use eviction::{Candidate, Candidates};
use pool::Pool;
use slot::{Fate, Slot};
pub use turn::Turn;

use crate::Activity;
use crate::buffer::{Buffer, SMALL};

/// A connection of an endpoint, until it is [closed](Endpoint::close).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(usize);

impl ConnectionId {
    /// A small number that no other open connection of the endpoint has.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What a connection that wants to wait for its client is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Wait.
    Wait,
    /// End, without an answer.
    End,
    /// Answer that there is no memory: a 503, and the end.
    Refuse,
}

/// What a connection that asks for memory is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Memory {
    /// Go on: it has the memory.
    Granted,
    /// Wait until it is woken, without reading, and ask again.
    Lacking,
    /// Answer that there is no memory: a 503, and the end.
    Refused,
    /// End, without an answer.
    End,
}

/// What the answer to a request says about its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Persistence {
    /// Whatever the client and the application want.
    Persist,
    /// It is the last answer, unless more requests have come already.
    CloseWhenAnswered,
    /// It is the last answer.
    Close,
}

/// How a transport whose connections wait without an executor has one of them hear what was
/// decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Order {
    /// Wake it, if it waits for memory.
    Report,
    /// It waits to read, and is to end. If nothing has come for it, end its input.
    EndReading,
    /// It waits to write, and is to end. If nothing can be written, close it.
    EndWriting,
    /// Close it.
    Abort,
}

/// All connections of a server, or of one of its workers.
///
/// See the [module documentation](self) for its picture.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    slots: Slab<Slot>,
    deadlines: Deadlines,
    candidates: Candidates,
    budget: Budget,
    pressure: Option<Pressure>,
    drain: Option<Drain>,
    /// Connections that have something to hear.
    woken: Vec<ConnectionId>,
    pool: Pool,
    /// Connections that have been told to end, and haven't yet.
    ending: usize,
    /// Whether the acceptor has something to do.
    acceptor_is_due: bool,
    summary: Summary,
}

/// Newcomers wait.
#[derive(Clone, Copy, Debug)]
struct Pressure {
    since: Instant,
    /// Whether the next answer is the last one of its connection.
    wants_last_answer: bool,
    /// When that was wanted for the newcomer that is next.
    wanted: Option<Instant>,
}

/// Connections that may be about to end while newcomers take their places.
const ENDING: usize = 16;

/// Requests that are still answered of a connection that ends for a newcomer, if they have come
/// already.
const LAST_ANSWERS: u32 = 32;

/// How soon a newcomer asks again if nothing is known to change before.
const RETRY: Duration = Duration::from_millis(50);

/// How often memory of the other workers is looked for.
const MEMORY_RETRY: Duration = Duration::from_millis(10);

/// How long those that lack memory wait before the largest body is dropped.
const MEMORY_PATIENCE: Duration = Duration::from_secs(1);

impl Endpoint {
    /// An endpoint without connections.
    #[must_use]
    pub fn new(config: EndpointConfig, purse: Box<dyn Purse + Send>) -> Self {
        Self {
            config,
            slots: Slab::new(),
            deadlines: Deadlines::default(),
            candidates: Candidates::default(),
            budget: Budget::new(purse),
            pressure: None,
            drain: None,
            woken: Vec::new(),
            pool: Pool::default(),
            ending: 0,
            acceptor_is_due: false,
            summary: Summary::default(),
        }
    }

    // What an acceptor does.

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a newcomer may be admitted.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.ending <= ENDING && self.slots.len() - self.ending < self.config.max_connections
    }

    /// Lowers or raises the number of connections that may be open.
    pub const fn set_max_connections(&mut self, max: usize) {
        self.config.max_connections = max;
    }

    /// Admits a connection.
    pub fn open(&mut self, now: Instant) -> ConnectionId {
        self.summary.connections += 1;
        if let Some(pressure) = &mut self.pressure {
            pressure.wants_last_answer = false;
            pressure.wanted = None;
        }
        ConnectionId(self.slots.insert(Slot::new(now)))
    }

    /// How much more than others the connection deserves to end that deserves it most: its age
    /// over its patience. `None` if all are busy.
    pub fn impatience(&mut self, now: Instant) -> Option<f64> {
        self.greatest(now).map(|candidate| candidate.impatience)
    }

    /// Notes that a newcomer waits.
    pub fn newcomer_waits(&mut self, now: Instant) {
        let pressure = Pressure { since: now, wants_last_answer: false, wanted: None };
        self.pressure.get_or_insert(pressure);
    }

    /// Notes that a newcomer waits, and makes room for one: wakes the connection that is to end, or
    /// has a next answer be the last one of its connection. Returns when to call again, if it
    /// hasn't got its place by then.
    ///
    /// A newcomer waits if there is no [room](Self::has_room), or if the system is short of
    /// something that any connection could give back: descriptors, memory, threads.
    pub fn make_room(&mut self, now: Instant) -> Instant {
        self.newcomer_waits(now);
        if self.ending > ENDING {
            return now + RETRY;
        }
        let since = self.pressure.map_or(now, |pressure| pressure.since);
        let timeout = later(since, self.config.admission_timeout);
        let greatest = self.greatest(now);
        let chosen = match greatest {
            Some(candidate) if candidate.impatience > 1.0 => greatest,
            _ if now >= timeout => {
                let since = now.checked_sub(self.config.admission_timeout).unwrap_or(since);
                self.candidates.greatest_unanswered(&mut self.slots, &self.config, since, now)
            }
            _ => None,
        };
        if let Some(candidate) = chosen {
            self.doom(candidate.key, Fate::Evicted);
            return now + RETRY;
        }
        self.want_last_answer(now);
        let due = greatest.map(|greatest| greatest.due);
        let next = [due, Some(timeout)].into_iter().flatten().filter(|&due| due > now).min();
        // A patience is over beyond it, not at it.
        next.map_or(now + RETRY, |due| (due + Duration::from_micros(1)).min(now + RETRY))
    }

    /// Notes that no newcomer waits.
    pub const fn relieve(&mut self) {
        self.pressure = None;
    }

    /// Takes the note that the acceptor has something to do: a newcomer has room, or the last
    /// connection has ended.
    #[must_use]
    pub const fn take_acceptor_due(&mut self) -> bool {
        std::mem::replace(&mut self.acceptor_is_due, false)
    }

    // What a connection does.

    /// Reports that a connection waits for its client, and for what. `deadline` is that of its
    /// step, if the endpoint is to wake it then; `buffered` are the bytes that it holds.
    pub fn wait(
        &mut self,
        id: ConnectionId,
        activity: Activity,
        deadline: Option<Instant>,
        buffered: usize,
    ) -> Verdict {
        let slot = &mut self.slots[id.0];
        // What comes while it lingers is thrown away.
        let has_lingered = matches!(slot.activity, Activity::Lingering { .. });
        let has_progressed = !has_lingered && since(activity) > since(slot.activity);
        slot.activity = activity;
        if let Activity::Idle { since } = activity {
            slot.answered = Some(since);
        }
        slot.waits = true;
        self.budget.charge(&mut slot.charged, buffered);
        match slot.fate {
            None => {}
            Some(Fate::Aborted) => return Verdict::End,
            Some(Fate::Refused) => {
                slot.fate = None;
                if matches!(activity, Activity::Receiving { .. }) {
                    slot.waits = false;
                    return Verdict::Refuse;
                }
            }
            Some(Fate::Evicted | Fate::Drained) if !has_progressed => return Verdict::End,
            Some(Fate::Evicted | Fate::Drained) => self.pardon(id.0),
        }
        let slot = &mut self.slots[id.0];
        slot.deadline = deadline;
        if let Some(deadline) = deadline {
            self.deadlines.set(id.0, &mut slot.deadline_entry, deadline);
        }
        self.candidates.insert(id.0, slot);
        self.serve_waiting();
        Verdict::Wait
    }

    /// Whether a connection has been told to end, and the end of its input, if it has come, is ours
    /// and not the client's.
    #[must_use]
    pub fn is_doomed(&self, id: ConnectionId) -> bool {
        is_ending(self.slots[id.0].fate)
    }

    /// Reports that a connection goes on: something has come or has gone, or its time is over.
    pub fn resume(&mut self, id: ConnectionId) {
        self.slots[id.0].waits = false;
    }

    /// Takes memory for a connection that holds `held` bytes and needs `bytes` in all.
    pub fn acquire(&mut self, id: ConnectionId, held: usize, bytes: usize, now: Instant) -> Memory {
        let Self { budget, slots, .. } = self;
        let slot = &mut slots[id.0];
        match slot.fate {
            Some(Fate::Aborted) => return Memory::End,
            Some(Fate::Refused) => {
                slot.fate = None;
                return Memory::Refused;
            }
            None | Some(Fate::Evicted | Fate::Drained) => {}
        }
        if slot.lacks.is_some() {
            return Memory::Lacking;
        }
        // A large one waits behind those that wait already.
        let may_try = bytes <= SMALL || !budget.is_waited_for();
        if slot.charged >= bytes || may_try && budget.try_charge(&mut slot.charged, bytes) {
            return Memory::Granted;
        }
        budget.charge(&mut slot.charged, held);
        slot.lacks = Some((bytes, budget.wait(id.0, bytes, now)));
        self.serve_waiting();
        if self.slots[id.0].lacks.is_some() { Memory::Lacking } else { Memory::Granted }
    }

    /// Says what the answer to a request says about its connection. While the endpoint
    /// [isn't watchful](Self::is_watchful), it is [`Persistence::Persist`].
    pub fn answer(&mut self, id: ConnectionId, now: Instant) -> Persistence {
        let slot = &mut self.slots[id.0];
        slot.answered = Some(now);
        // The input of a connection that is to end may have been ended already.
        if self.drain.is_some() || is_ending(slot.fate) {
            return Persistence::CloseWhenAnswered;
        }
        if slot.last_answers.is_none() {
            match &mut self.pressure {
                Some(pressure) if pressure.wants_last_answer => pressure.wants_last_answer = false,
                _ => return Persistence::Persist,
            }
        }
        let left = slot.last_answers.get_or_insert(LAST_ANSWERS);
        match left.checked_sub(1) {
            None => Persistence::Close,
            Some(less) => {
                *left = less;
                Persistence::CloseWhenAnswered
            }
        }
    }

    /// Whether each answer is to be reported: a newcomer waits, a connection is to end, or the
    /// server drains.
    #[must_use]
    pub const fn is_watchful(&self) -> bool {
        self.pressure.is_some() || self.drain.is_some() || self.ending > 0
    }

    /// Forgets a connection that has ended.
    pub fn close(&mut self, id: ConnectionId) {
        let mut slot = self.slots.remove(id.0);
        self.deadlines.remove(id.0, &mut slot.deadline_entry);
        self.candidates.remove(id.0, &mut slot);
        if let Some(lacks) = slot.lacks {
            self.budget.stop_waiting(id.0, lacks);
        }
        self.budget.charge(&mut slot.charged, 0);
        if is_ending(slot.fate) {
            self.ending -= 1;
        }
        if self.drain.is_some() {
            let was_cut_off = slot.fate == Some(Fate::Aborted) && !slot.has_finished();
            *self.summary.count(&slot, was_cut_off) += 1;
        }
        self.acceptor_is_due |= self.is_watchful();
        self.serve_waiting();
    }

    /// Takes a buffer for a connection that begins to need one.
    pub fn take_buffer(&mut self) -> Box<Buffer> {
        self.pool.take()
    }

    /// Keeps a buffer that a connection doesn't need any more.
    pub fn keep_buffer(&mut self, buffer: Box<Buffer>) {
        self.pool.keep(buffer);
    }

    // Time.

    /// The next connection that has something to hear: it takes a last look at what the
    /// system holds for it, and reports what it waits for.
    pub fn poll_wake(&mut self) -> Option<ConnectionId> {
        self.woken.pop()
    }

    /// What a connection that is woken is to hear, for a transport that has to interrupt its waiting.
    pub fn order(&self, id: ConnectionId) -> Order {
        let slot = &self.slots[id.0];
        match (slot.fate, slot.activity) {
            (Some(Fate::Aborted), _) => Order::Abort,
            (Some(Fate::Evicted | Fate::Drained), Activity::Sending { .. }) => Order::EndWriting,
            (Some(Fate::Evicted | Fate::Drained), _) => Order::EndReading,
            (None | Some(Fate::Refused), _) => Order::Report,
        }
    }

    /// Wakes the connections whose deadline has passed, ends those that the drain has no more time
    /// for, and looks for memory. Before a deadline is judged, the transport looks at what has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(key) = self.deadlines.pop_due(now) {
            let slot = &mut self.slots[key];
            slot.deadline_entry = None;
            match slot.deadline.filter(|_| slot.waits && slot.lacks.is_none()) {
                Some(deadline) if deadline <= now => self.woken.push(ConnectionId(key)),
                Some(deadline) => self.deadlines.set(key, &mut slot.deadline_entry, deadline),
                None => {}
            }
        }
        self.look_for_memory(now);
        self.drain_connections(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    #[must_use]
    pub fn timeout(&self, now: Instant) -> Option<Instant> {
        let memory = self.budget.is_waited_for().then(|| now + MEMORY_RETRY);
        let tick = self.drain.map(|drain| drain.tick);
        [self.deadlines.first(), memory, tick].into_iter().flatten().min()
    }

    // The end.

    /// Begins to end all connections: at the latest after the grace, or never if that is `None`. Of
    /// several calls, the earliest end counts.
    pub fn drain(&mut self, grace: Option<Duration>, now: Instant) {
        let new = Drain::new(grace, now);
        match &mut self.drain {
            Some(drain) => drain.shorten(new),
            None => self.drain = Some(new),
        }
        self.drain_connections(now);
    }

    /// Whether newcomers are still admitted in a drain, if there is room.
    #[must_use]
    pub fn admits(&self, now: Instant) -> bool {
        self.drain.is_none_or(|drain| now < drain.readable_until && !drain.is_over(now))
    }

    /// Whether the drain's time is over, and the rest is cut off.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.drain.is_some_and(|drain| drain.is_over(now))
    }

    /// What has been counted by now, with the connections that are still open.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary;
        for (_, slot) in &self.slots {
            *summary.count(slot, !slot.has_finished()) += 1;
        }
        summary
    }

    // Inside.

    fn greatest(&mut self, now: Instant) -> Option<Candidate> {
        self.candidates.greatest(&mut self.slots, &self.config, now)
    }

    /// Has the next answer be the last one of its connection, once for each newcomer, unless that
    /// has brought no room for long.
    fn want_last_answer(&mut self, now: Instant) {
        let patience = self.config.admission_timeout;
        if let Some(pressure) = &mut self.pressure
            && pressure.wanted.is_none_or(|wanted| now >= later(wanted, patience))
        {
            pressure.wants_last_answer = true;
            pressure.wanted = Some(now);
        }
    }

    /// Decides about a connection, and wakes it to hear of it.
    fn doom(&mut self, key: usize, fate: Fate) {
        let slot = &mut self.slots[key];
        let before = slot.fate.replace(fate);
        self.ending += usize::from(is_ending(Some(fate)));
        self.ending -= usize::from(is_ending(before));
        self.woken.push(ConnectionId(key));
    }

    /// The last look has found progress.
    fn pardon(&mut self, key: usize) {
        let fate = self.slots[key].fate.take();
        self.ending -= usize::from(is_ending(fate));
        // The newcomer needs another one.
        self.acceptor_is_due |= self.pressure.is_some();
    }

    /// Gives memory to those that lack it, the smallest first.
    fn serve_waiting(&mut self) {
        while let Some(key) = self.budget.next() {
            let slot = &mut self.slots[key];
            let Some(lacks) = slot.lacks else { return };
            if !self.budget.try_charge(&mut slot.charged, lacks.0) {
                return;
            }
            slot.lacks = None;
            self.budget.stop_waiting(key, lacks);
            self.budget.last_grant = None;
            self.woken.push(ConnectionId(key));
        }
    }

    fn look_for_memory(&mut self, now: Instant) {
        if !self.budget.is_waited_for() {
            return;
        }
        self.serve_waiting();
        if !self.budget.is_waited_for() {
            return;
        }
        let since = *self.budget.last_grant.get_or_insert(now);
        if now.saturating_duration_since(since) < MEMORY_PATIENCE {
            return;
        }
        self.budget.last_grant = Some(now);
        let largest = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.is_droppable(now, MEMORY_PATIENCE))
            .max_by_key(|(_, slot)| slot.charged)
            .map(|(key, _)| key);
        if let Some(key) = largest {
            if let Some(lacks) = self.slots[key].lacks.take() {
                self.budget.stop_waiting(key, lacks);
            }
            self.doom(key, Fate::Refused);
        }
    }

    fn drain_connections(&mut self, now: Instant) {
        let Some(drain) = &mut self.drain else { return };
        if !drain.is_due(now) {
            return;
        }
        let drain = *drain;
        let is_old = |since: Instant| now.saturating_duration_since(since) >= READABLE;
        let mut doomed = Vec::new();
        for (key, slot) in &self.slots {
            let ends = match slot.activity {
                _ if !slot.waits || slot.fate.is_some() => false,
                Activity::New { since } | Activity::Idle { since } => {
                    is_old(since) || now >= drain.readable_until
                }
                Activity::Lingering { since } => is_old(since),
                _ => false,
            };
            if drain.is_over(now) && slot.fate != Some(Fate::Aborted) {
                doomed.push((key, Fate::Aborted));
            } else if ends {
                doomed.push((key, Fate::Drained));
            }
        }
        for (key, fate) in doomed {
            self.doom(key, fate);
        }
    }
}

/// Since when a connection has made no progress, if it waits for its client.
const fn since(activity: Activity) -> Option<Instant> {
    match activity {
        Activity::New { since }
        | Activity::Idle { since }
        | Activity::Receiving { since }
        | Activity::Sending { since }
        | Activity::Lingering { since } => Some(since),
        Activity::Handling | Activity::Upgraded | Activity::Closed => None,
    }
}

const fn is_ending(fate: Option<Fate>) -> bool {
    matches!(fate, Some(Fate::Evicted | Fate::Drained | Fate::Aborted))
}

/// `Duration::MAX` means never, and is no panic.
fn later(instant: Instant, duration: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    instant + duration.min(NEVER)
}
