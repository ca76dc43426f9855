//! What the endpoint knows of one connection.

use std::time::{Duration, Instant};

use super::eviction::Class;
use crate::Activity;
use crate::buffer::SMALL;

#[derive(Debug)]
pub(crate) struct Slot {
    /// As of its last report.
    pub(crate) activity: Activity,
    /// Whether it waits for its client since then.
    pub(crate) waits: bool,
    /// What has been decided about it, and it hasn't heard of yet.
    pub(crate) fate: Option<Fate>,
    /// How many more requests are answered before it closes.
    pub(crate) last_answers: Option<u32>,
    /// When it was answered, as far as it was reported.
    pub(crate) answered: Option<Instant>,
    pub(crate) deadline: Option<Instant>,
    /// Its entry among the deadlines.
    pub(crate) deadline_entry: Option<Instant>,
    /// Its entry among those that may be ended.
    pub(crate) candidate: Option<(Class, Instant)>,
    /// The bytes of the budget that it has.
    pub(crate) charged: usize,
    /// The bytes that it needs before it is read, and its turn among those that wait for some.
    pub(crate) lacks: Option<(usize, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Ends for a newcomer, unless the last look finds progress.
    Evicted,
    /// Ends since the server does, unless the last look finds something.
    Drained,
    /// Gets a 503: there is no memory for its body.
    Refused,
    /// Ends at once, since the time of the drain is over.
    Aborted,
}

impl Slot {
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            activity: Activity::New { since: now },
            waits: false,
            fate: None,
            last_answers: None,
            answered: None,
            deadline: None,
            deadline_entry: None,
            candidate: None,
            charged: 0,
            lacks: None,
        }
    }

    /// The class and the begin of its age, if it may be ended for another connection.
    pub(crate) fn evictable(&self) -> Option<(Class, Instant)> {
        // Being unread suspends patience.
        let may_end = self.waits && self.fate.is_none() && self.lacks.is_none();
        Class::of(self.activity).filter(|_| may_end)
    }

    /// Whether nothing of a request has come that isn't answered.
    pub(crate) const fn is_silent(&self) -> bool {
        matches!(self.activity, Activity::New { .. } | Activity::Idle { .. })
    }

    /// Whether all is answered: the rest is the client's to close.
    pub(crate) const fn has_finished(&self) -> bool {
        self.waits
            && matches!(
                self.activity,
                Activity::New { .. } | Activity::Idle { .. } | Activity::Lingering { .. }
            )
    }

    /// Whether its body may be dropped for the memory that it holds: it is not small, and has
    /// made no progress for that long, or isn't read.
    pub(crate) fn is_droppable(&self, now: Instant, patience: Duration) -> bool {
        let is_stalled = match self.activity {
            Activity::Receiving { since } => now.saturating_duration_since(since) >= patience,
            _ => false,
        };
        self.charged > SMALL
            && self.fate.is_none()
            && (self.lacks.is_some() || self.waits && is_stalled)
    }
}
