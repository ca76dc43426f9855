//! The end of a server: how each connection ends, and the counts.
//!
//! ```text
//! begin                    + min(1 s, grace / 2)                        deadline
//!   |  newcomers are accepted   |                                          |
//!   |  those that were active   |  what has begun is finished              |  the rest is cut off
//!   |  within a second are read |                                          |
//! ```
//!
//! Clients that connected before the drain began are accepted until the deadline.
//!
//! Each answer says `Connection: close`. A connection that has never spoken, or has been idle for a
//! second, closes at once if a last read finds nothing.

use std::fmt;
use std::iter::Sum;
use std::time::{Duration, Instant};

use super::Endpoint;
use super::slot::{Fate, Slot};
use crate::Activity;
use crate::wait::later;

/// The counts that a server reports at its end.
///
/// ```
/// use h1events_server::Summary;
///
/// let summary = Summary { connections: 9, idle: 3, finished: 2, cut_off: 1 };
/// assert_eq!(summary.to_string(), "9 connections; at the shutdown 3 idle, 2 finished, 1 cut off");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that were open at the shutdown, or came later, and closed without a
    /// request.
    pub idle: u64,
    /// Connections that finished what they had begun.
    pub finished: u64,
    /// Connections that didn't finish in time, or ended for a newcomer before. They are closed, except
    /// those whose handler still runs and those that an upgrade has handed over.
    pub cut_off: u64,
}

impl Summary {
    /// Returns the count that a connection belongs to.
    pub(crate) fn count(&mut self, slot: &Slot) -> &mut u64 {
        // A slow connection may end for a newcomer during a drain, too.
        let was_evicted = slot.fate == Some(Fate::Evicted) && slot.waits && !slot.has_finished();
        if slot.is_cut_off || was_evicted {
            &mut self.cut_off
        } else if slot.is_silent() && !slot.was_answered_in_drain {
            &mut self.idle
        } else {
            &mut self.finished
        }
    }
}

impl Sum for Summary {
    fn sum<I: Iterator<Item = Self>>(summaries: I) -> Self {
        summaries.fold(Self::default(), |sum, summary| Self {
            connections: sum.connections + summary.connections,
            idle: sum.idle + summary.idle,
            finished: sum.finished + summary.finished,
            cut_off: sum.cut_off + summary.cut_off,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, idle, finished, cut_off } = self;
        let s = if *connections == 1 { "" } else { "s" };
        write!(f, "{connections} connection{s}; at the shutdown ")?;
        write!(f, "{idle} idle, {finished} finished, {cut_off} cut off")
    }
}

/// Time that a connection stays readable after its last activity, and lingers without a byte.
pub(crate) const READABLE: Duration = Duration::from_secs(1);

/// Time between two checks of all connections.
const TICK: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    /// When newcomers are no longer accepted, and idle connections close.
    readable_until: Instant,
    /// When the remaining connections are cut off.
    deadline: Instant,
    /// When the connections are checked next.
    pub(crate) tick: Instant,
}

impl Drain {
    fn new(grace: Duration, now: Instant) -> Self {
        let readable_until = now + (grace / 2).min(READABLE);
        Self { readable_until, deadline: later(now, grace), tick: now }
    }

    /// Takes over the other drain's times, if they are earlier.
    fn shorten(&mut self, other: Self) {
        self.readable_until = self.readable_until.min(other.readable_until);
        self.deadline = self.deadline.min(other.deadline);
        self.tick = other.tick;
    }

    fn is_over(&self, now: Instant) -> bool {
        self.deadline <= now
    }

    /// Returns whether to check the connections now.
    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.tick <= now;
        if is_due {
            let next = [self.readable_until, self.deadline].into_iter().filter(|&next| next > now);
            self.tick = next.fold(now + TICK, Instant::min);
        }
        is_due
    }

    /// Returns the decision about a connection, if there is one.
    fn fate(&self, slot: &Slot, now: Instant) -> Option<Fate> {
        if self.is_over(now) {
            return Some(Fate::Aborted).filter(|_| slot.fate != Some(Fate::Aborted));
        }
        let is_old = |since| now.saturating_duration_since(since) >= READABLE;
        let ends = match slot.activity {
            _ if !slot.waits || slot.fate.is_some() => false,
            Activity::New { since } | Activity::Idle { since } => {
                is_old(since) || now >= self.readable_until
            }
            Activity::Lingering { since } => is_old(since),
            _ => false,
        };
        ends.then_some(Fate::Drained)
    }
}

impl Endpoint {
    /// Begins to end all connections. What is left after the grace is cut off. Of several calls, the earliest end
    /// counts.
    pub fn drain(&mut self, grace: Duration, now: Instant) {
        let new = Drain::new(grace, now);
        match &mut self.drain {
            Some(drain) => drain.shorten(new),
            None => self.drain = Some(new),
        }
        self.drain_connections(now);
    }

    /// Returns whether newcomers are still admitted in a drain, if there is room.
    ///
    /// Clients that connected before the drain began are admitted later, too: only the acceptor knows them.
    #[must_use]
    pub fn admits(&self, now: Instant) -> bool {
        self.drain.is_none_or(|drain| now < drain.readable_until && !drain.is_over(now))
    }

    /// Returns whether the drain's time is over, and the remaining connections are cut off.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.drain.is_some_and(|drain| drain.is_over(now))
    }

    /// Returns the counts so far. Open connections count as if the time were over.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary;
        for (_, slot) in &self.slots {
            match slot.has_finished() {
                true => *summary.count(slot) += 1,
                false => summary.cut_off += 1,
            }
        }
        summary
    }

    pub(super) fn drain_connections(&mut self, now: Instant) {
        let Some(drain) = &mut self.drain else { return };
        if !drain.is_due(now) {
            return;
        }
        let drain = *drain;
        let fated = |(key, slot): (usize, &Slot)| Some((key, drain.fate(slot, now)?));
        let fated: Vec<_> = self.slots.iter().filter_map(fated).collect();
        for (key, fate) in fated {
            let slot = &mut self.slots[key];
            slot.is_cut_off = fate == Fate::Aborted && !slot.has_finished();
            self.doom(key, fate);
        }
    }
}
