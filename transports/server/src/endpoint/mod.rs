//! All connections of a server: admission, eviction, memory, and the end of the server.
//!
//! The endpoint has no socket and no clock. A transport tells it what its connections wait for, and
//! wakes those that [`poll_wake`](Endpoint::poll_wake) names. A connection learns the decision about
//! it when it reports. Reports are idempotent: a connection that is woken twice, or late, gets the same
//! decision.
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
mod choice;
mod complaints;
mod config;
mod deadlines;
mod drain;
mod eviction;
mod memory;
mod newcomers;
mod slot;
mod turn;
mod verdict;

use std::time::Instant;

use slab::Slab;

pub use backoff::{ACCEPT_RETRY_DELAY, AcceptBackoff, AcceptErrorKind, Reaction};
use budget::Budget;
pub use budget::Purse;
pub use choice::Impatience;
pub use complaints::Complaints;
pub use config::EndpointConfig;
use deadlines::Deadlines;
use drain::Drain;
pub use drain::Summary;
use eviction::{Candidates, Class};
use newcomers::Pressure;
use slot::{Fate, Slot};
pub use turn::Turn;
pub use verdict::{ConnectionId, Memory, Order, Persistence, Verdict};

use crate::Activity;
use crate::buffer::Buffer;

/// All connections of a server, or of one of its workers.
///
/// See the [crate documentation](crate#what-the-endpoint-decides) for its decisions, and for the
/// reports that a transport makes. This server takes one client at a time, which has 100 ms for its first
/// byte if another one waits:
///
/// ```
/// use std::cell::Cell;
/// use std::time::{Duration, Instant};
/// use h1events_server::{Activity, Endpoint, EndpointConfig, Purse, Verdict};
///
/// /// Bytes that may be buffered.
/// struct Bytes(Cell<isize>);
///
/// impl Purse for Bytes {
///     fn take(&self, bytes: usize, _small: bool) -> bool {
///         let is_enough = self.0.get() >= bytes as isize;
///         if is_enough {
///             self.overdraw(bytes);
///         }
///         is_enough
///     }
///     fn overdraw(&self, bytes: usize) { self.0.set(self.0.get() - bytes as isize) }
///     fn give_back(&self, bytes: usize) { self.0.set(self.0.get() + bytes as isize) }
/// }
///
/// let mut config = EndpointConfig::new();
/// config.max_connections = Some(1);
/// let mut endpoint = Endpoint::new(config, Box::new(Bytes(Cell::new(1024 * 1024))));
///
/// // A client connects, and says nothing.
/// let start = Instant::now();
/// let first = endpoint.open(start);
/// assert_eq!(endpoint.wait(first, Activity::New { since: start }, None, 0), Verdict::Wait);
///
/// // Another one comes, and there is no room for it.
/// assert!(!endpoint.has_room());
/// let mut now = start;
/// let woken = loop {
///     let retry_at = endpoint.make_room(now);
///     match endpoint.poll_wake() {
///         Some(woken) => break woken,
///         None => now = retry_at, // after waiting until then
///     }
/// };
/// assert!(now >= start + Duration::from_millis(100));
///
/// // The first one is woken, and hears of it.
/// assert_eq!(woken, first);
/// assert_eq!(endpoint.wait(first, Activity::New { since: start }, None, 0), Verdict::End);
/// endpoint.close(first);
/// assert!(endpoint.has_room());
/// ```
///
/// # Panics
///
/// Methods panic if a [`ConnectionId`] isn't that of an open connection of this endpoint.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    /// Connections that may be open here: the share of this endpoint.
    max_connections: usize,
    slots: Slab<Slot>,
    deadlines: Deadlines,
    candidates: Candidates,
    budget: Budget,
    pressure: Option<Pressure>,
    drain: Option<Drain>,
    /// Connections with a decision that haven't reported since.
    woken: Vec<ConnectionId>,
    /// Spare buffers. The last one in is the first out, since its memory is still in the caches.
    #[expect(clippy::vec_box, reason = "connections hold them boxed")]
    buffers: Vec<Box<Buffer>>,
    /// Connections that have been told to end, and are still open.
    ending: usize,
    /// When a connection was last told to end for a newcomer.
    evicted: Option<Instant>,
    /// Whether the acceptor has something to do.
    acceptor_is_due: bool,
    summary: Summary,
}

/// Spare buffers that are kept, at most: sized for the connections that are active at the same time. Each
/// buffer is small.
const MAX_BUFFERS: usize = 64;

impl Endpoint {
    /// Creates an endpoint without connections. It takes its memory from the purse.
    #[must_use]
    pub fn new(config: EndpointConfig, purse: Box<dyn Purse + Send>) -> Self {
        Self {
            budget: Budget::new(purse, config.budget()),
            max_connections: config.places(),
            config,
            slots: Slab::new(),
            deadlines: Deadlines::default(),
            candidates: Candidates::default(),
            pressure: None,
            drain: None,
            woken: Vec::new(),
            buffers: Vec::new(),
            ending: 0,
            evicted: None,
            acceptor_is_due: false,
            summary: Summary::default(),
        }
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Reports that a connection waits for its client, and for what. The endpoint wakes it at
    /// `deadline`, the one of its step, if there is one. `buffered` is the number of bytes that it holds,
    /// or may hold without asking.
    pub fn wait(
        &mut self,
        id: ConnectionId,
        activity: Activity,
        deadline: Option<Instant>,
        buffered: usize,
    ) -> Verdict {
        let slot = &mut self.slots[id.0];
        // Input is discarded while it lingers.
        let has_lingered = matches!(slot.activity, Activity::Lingering { .. });
        let since = |activity| Class::of(activity).map(|(_, since)| since);
        let (last, latest) = (since(slot.activity), since(activity));
        let has_progressed = !has_lingered && latest > last;
        if let Some(latest) = latest.filter(|_| has_progressed) {
            slot.made_progress(last, latest, self.config.patience);
        }
        slot.activity = activity;
        slot.waits = true;
        if let Activity::Idle { since } = activity {
            slot.answered = Some(since);
            // It would have closed if one of its answers had been its last.
            slot.last_answers = None;
        }
        self.budget.charge(&mut slot.charged, buffered);
        match slot.fate {
            None => {}
            Some(Fate::Aborted) => return Verdict::End,
            Some(Fate::Refused) => {
                slot.fate = None;
                if matches!(activity, Activity::Receiving { .. }) && !has_progressed {
                    slot.waits = false;
                    return Verdict::Refuse;
                }
            }
            Some(Fate::Evicted) if !has_progressed => return Verdict::End,
            // A request that has begun is finished first.
            Some(Fate::Drained) if !has_progressed && slot.has_finished() => return Verdict::End,
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

    /// Reports that a connection goes on: bytes have moved, or its time is over.
    pub fn resume(&mut self, id: ConnectionId) {
        self.slots[id.0].waits = false;
    }

    /// Reports the bytes that a connection holds while it waits for the application.
    pub fn charge(&mut self, id: ConnectionId, buffered: usize) {
        let slot = &mut self.slots[id.0];
        self.budget.charge(&mut slot.charged, buffered);
        self.serve_waiting();
    }

    /// Reports that the application has taken a connection, and `buffered` bytes of its input.
    pub fn hand_over(&mut self, id: ConnectionId, buffered: usize) {
        let slot = &mut self.slots[id.0];
        slot.activity = Activity::Upgraded;
        slot.waits = false;
        self.charge(id, buffered);
    }

    /// Returns whether a connection has been told to end. If so, it may be the transport that has ended its
    /// input, and not the client.
    #[must_use]
    pub fn is_doomed(&self, id: ConnectionId) -> bool {
        self.slots[id.0].is_ending()
    }

    /// Returns the action of a transport that blocks on sockets for a connection that was
    /// [woken](Self::poll_wake).
    pub fn order(&self, id: ConnectionId) -> Order {
        let slot = &self.slots[id.0];
        match slot.fate {
            Some(Fate::Aborted) => Order::Abort,
            Some(Fate::Evicted | Fate::Drained) if slot.waits => match slot.activity {
                Activity::Sending { .. } => Order::EndWriting,
                _ => Order::EndReading,
            },
            _ => Order::Report,
        }
    }

    /// Takes a buffer for a connection that begins to need one.
    pub fn take_buffer(&mut self) -> Box<Buffer> {
        self.buffers.pop().unwrap_or_default()
    }

    /// Keeps a buffer that a connection no longer needs.
    pub fn keep_buffer(&mut self, buffer: Box<Buffer>) {
        if self.buffers.len() < MAX_BUFFERS {
            self.buffers.push(buffer);
        }
    }

    /// Forgets a connection that has ended.
    pub fn close(&mut self, id: ConnectionId) {
        let mut slot = self.slots.remove(id.0);
        self.deadlines.remove(id.0, &mut slot.deadline_entry);
        self.candidates.remove(id.0, &mut slot);
        if let Some(lacks) = slot.lacks() {
            self.budget.stop_waiting(id.0, lacks);
        }
        self.budget.charge(&mut slot.charged, 0);
        if self.slots.is_empty() {
            self.budget.give_all_back();
        }
        self.ending -= usize::from(slot.is_ending());
        if self.drain.is_some() {
            *self.summary.count(&slot) += 1;
        }
        self.acceptor_is_due |= self.is_watchful();
        self.serve_waiting();
    }

    /// Returns the next connection to wake. It reads or writes once more without waiting, and reports
    /// its wait again.
    pub fn poll_wake(&mut self) -> Option<ConnectionId> {
        std::iter::from_fn(|| self.woken.pop()).find(|id| self.slots.contains(id.0))
    }

    /// Wakes the connections whose deadline has passed, ends those whose drain is over, and checks for
    /// memory. Before a deadline is judged, the transport reads pending input.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(key) = self.deadlines.pop_due(now) {
            let slot = &mut self.slots[key];
            slot.deadline_entry = None;
            match slot.deadline.filter(|_| slot.waits && slot.lacks().is_none()) {
                Some(deadline) if deadline <= now => self.woken.push(ConnectionId(key)),
                Some(deadline) => self.deadlines.set(key, &mut slot.deadline_entry, deadline),
                None => {}
            }
        }
        self.look_for_memory(now);
        self.drain_connections(now);
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout) next. It changes with each report.
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        let tick = self.drain.map(|drain| drain.tick);
        [self.deadlines.first(), self.budget.next_look, tick].into_iter().flatten().min()
    }

    /// Decides about a connection, and wakes it.
    fn doom(&mut self, key: usize, fate: Fate) {
        self.set_fate(key, Some(fate));
        self.woken.push(ConnectionId(key));
    }

    /// Takes a decision back, since the last read or write has moved bytes.
    fn pardon(&mut self, key: usize) {
        self.set_fate(key, None);
        // The newcomer needs another connection's place.
        self.acceptor_is_due |= self.pressure.is_some();
    }

    fn set_fate(&mut self, key: usize, fate: Option<Fate>) {
        let slot = &mut self.slots[key];
        self.ending -= usize::from(slot.is_ending());
        slot.fate = fate;
        self.ending += usize::from(slot.is_ending());
    }
}
