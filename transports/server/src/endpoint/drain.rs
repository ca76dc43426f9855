//! The end of a server: what each connection gets, and what is counted.
//!
//! ```text
//! begin                    + min(1 s, grace / 2)                        deadline
//!   |  newcomers are accepted   |                                          |
//!   |  those that were active   |  what has begun is finished              |  the rest is cut off
//!   |  within a second are read |                                          |
//! ```
//!
//! Each answer says `Connection: close`. A connection that has never spoken or has been idle for a
//! second closes at once, after what has come for it is read.

use std::fmt;
use std::iter::Sum;
use std::time::{Duration, Instant};

use super::slot::Slot;

/// What a server has done, as it reports it at its end.
///
/// ```
/// use h1events_server::Summary;
///
/// let summary = Summary { connections: 9, idle: 3, finished: 2, cut_off: 1 };
/// assert_eq!(summary.to_string(), "9 connections; 3 idle, 2 finished, 1 cut off");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Connections that were accepted.
    pub connections: u64,
    /// Of those that were open at the shutdown or came later: connections that closed without a
    /// request.
    pub idle: u64,
    /// Connections that had something to finish, and did.
    pub finished: u64,
    /// Connections that had not finished in time. They are closed, except those whose handler
    /// still runs and those that an upgrade has handed over.
    pub cut_off: u64,
}

impl Summary {
    /// The number that a connection adds to.
    pub(crate) const fn count(&mut self, slot: &Slot, is_cut_off: bool) -> &mut u64 {
        if is_cut_off {
            &mut self.cut_off
        } else if slot.waits && slot.is_silent() {
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
        write!(f, "{connections} connections; {idle} idle, {finished} finished, {cut_off} cut off")
    }
}

/// How long a connection that was active stays readable, and lingers in silence.
pub(crate) const READABLE: Duration = Duration::from_secs(1);

/// How often connections are looked at.
const TICK: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    /// When newcomers are no longer accepted, and idle connections close.
    pub(crate) readable_until: Instant,
    /// When the rest is cut off: never, if `None`.
    pub(crate) deadline: Option<Instant>,
    /// When the connections are looked at next.
    pub(crate) tick: Instant,
}

impl Drain {
    pub(crate) fn new(grace: Option<Duration>, now: Instant) -> Self {
        let readable = grace.map_or(READABLE, |grace| (grace / 2).min(READABLE));
        Self {
            readable_until: now + readable,
            deadline: grace.and_then(|grace| now.checked_add(grace)),
            tick: now,
        }
    }

    /// Takes over an earlier end.
    pub(crate) fn shorten(&mut self, other: Self) {
        self.readable_until = self.readable_until.min(other.readable_until);
        self.deadline = [self.deadline, other.deadline].into_iter().flatten().min();
        self.tick = other.tick;
    }

    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Whether the connections are to be looked at now.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.tick <= now;
        if is_due {
            self.tick = now + TICK;
        }
        is_due
    }
}
