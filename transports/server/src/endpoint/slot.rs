//! The endpoint's record of one connection.

use std::time::{Duration, Instant};

use super::eviction::Class;
use crate::Activity;
use crate::buffer::SMALL;

#[derive(Debug)]
pub(crate) struct Slot {
    /// Its activity, as of its last report.
    pub(crate) activity: Activity,
    /// Whether it has waited for its client since then.
    pub(crate) waits: bool,
    /// The decision about it, until it has learnt of it.
    pub(crate) fate: Option<Fate>,
    /// Requests that are still answered before it closes.
    pub(crate) last_answers: Option<u8>,
    /// Whether it has had its last answer, and the newcomer may take its place.
    pub(crate) is_leaving: bool,
    /// When it was answered, as reported.
    pub(crate) answered: Option<Instant>,
    /// Bursts of progress, as reported, with no more than the patience in between.
    pub(crate) progress_in_a_row: u8,
    /// Whether it was answered in the drain.
    pub(crate) was_answered_in_drain: bool,
    /// Whether it had something to finish when the drain's time was over.
    pub(crate) is_cut_off: bool,
    /// The deadline of its step.
    pub(crate) deadline: Option<Instant>,
    /// Its entry among the deadlines.
    pub(crate) deadline_entry: Option<Instant>,
    /// Its entry among those that may be ended.
    pub(crate) candidate: Option<(Class, Instant)>,
    /// The bytes of the budget that it has.
    pub(crate) charged: usize,
    /// A shortage, which few connections ever have.
    pub(crate) shortage: Option<Box<Shortage>>,
}

/// A shortage of memory.
#[derive(Debug, Default)]
pub(crate) struct Shortage {
    /// The bytes that the connection needs before it is read again, and its turn among those that wait.
    pub(crate) lacks: Option<(usize, u64)>,
    /// Whether it has got them, and hasn't learnt of it.
    pub(crate) has_been_granted: bool,
    /// When it was last read again.
    pub(crate) read_again: Option<Instant>,
}

/// Time without progress in which a body still moves: bytes sent at once may arrive in parts.
const MOVING: Duration = Duration::from_millis(50);

/// The same for an answer: the system takes more of it only when the client has read much of what the
/// system holds.
const READING: Duration = Duration::from_millis(250);

/// Time without progress that ends a burst.
const BURST: Duration = Duration::from_millis(10);

/// Bursts in a row after which a body flows. A body whose first part alone has come has fewer.
const FLOWING: u8 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Ends for a newcomer, unless the last read or write makes progress.
    Evicted,
    /// Ends with the server, unless the last read finds something.
    Drained,
    /// Gets a 503, since there is no memory for its body, unless the last read makes progress.
    Refused,
    /// Ends at once, since the drain's time is over.
    Aborted,
}

impl Slot {
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            activity: Activity::New { since: now },
            waits: false,
            fate: None,
            last_answers: None,
            is_leaving: false,
            answered: None,
            progress_in_a_row: 0,
            was_answered_in_drain: false,
            is_cut_off: false,
            deadline: None,
            deadline_entry: None,
            candidate: None,
            charged: 0,
            shortage: None,
        }
    }

    /// Returns the class and the beginning of its age, if it may be ended for another connection.
    pub(crate) fn evictable(&self) -> Option<(Class, Instant)> {
        // Being unread suspends patience.
        let may_end = self.waits && self.fate.is_none() && self.lacks().is_none();
        let (class, since) = Class::of(self.activity).filter(|_| may_end)?;
        Some((class, self.unread_until(since)))
    }

    /// Returns whether it was answered since then, and its client may have sent the next request.
    pub(crate) fn awaits_request(&self, answered_since: Instant) -> bool {
        // No request comes on a connection that closes.
        matches!(self.activity, Activity::Idle { .. } | Activity::Receiving { .. })
            && self.answered.is_some_and(|answered| answered >= answered_since)
    }

    /// Counts reported progress. A burst counts once.
    pub(crate) fn made_progress(
        &mut self,
        last: Option<Instant>,
        now: Instant,
        patience: Duration,
    ) {
        let gap = last.map_or(Duration::MAX, |last| now.saturating_duration_since(last));
        if gap > patience {
            self.progress_in_a_row = 0;
        } else if gap >= BURST {
            self.progress_in_a_row = self.progress_in_a_row.saturating_add(1);
        }
    }

    /// Returns whether it is in the middle of a body that has moved for a while.
    pub(crate) const fn flows(&self) -> bool {
        self.progress_in_a_row >= FLOWING
            && matches!(Class::of(self.activity), Some((Class::Slow, _)))
    }

    /// Returns whether it has just made progress within a request or an answer.
    pub(crate) fn moves(&self, now: Instant) -> bool {
        let (since, time) = match self.activity {
            Activity::Receiving { since } | Activity::Exchanging { since } => (since, MOVING),
            Activity::Sending { since } => (since, READING),
            _ => return false,
        };
        now.saturating_duration_since(since) < time
    }

    /// Returns the bytes that it needs before it is read, and its turn among those that wait for some.
    pub(crate) fn lacks(&self) -> Option<(usize, u64)> {
        self.shortage.as_ref().and_then(|shortage| shortage.lacks)
    }

    /// Returns whether its place is about to be free.
    pub(crate) const fn is_ending(&self) -> bool {
        self.is_leaving || matches!(self.fate, Some(Fate::Evicted | Fate::Drained | Fate::Aborted))
    }

    /// Returns whether every request that has begun is answered.
    pub(crate) const fn is_silent(&self) -> bool {
        matches!(self.activity, Activity::New { .. } | Activity::Idle { .. })
    }

    /// Returns whether all is answered, and only the client's close is missing.
    pub(crate) const fn has_finished(&self) -> bool {
        self.waits && (self.is_silent() || matches!(self.activity, Activity::Lingering { .. }))
    }

    /// Returns whether its body isn't small and has stalled.
    pub(crate) fn has_stalled_body(&self, now: Instant, patience: Duration) -> bool {
        let receives = matches!(self.activity, Activity::Receiving { .. });
        receives && self.charged > SMALL && self.has_stalled(now, patience)
    }

    /// Returns whether it has stalled, holds memory (any if `small`, else much), and can't be sent a 503.
    pub(crate) fn holds_stalled(&self, now: Instant, patience: Duration, small: bool) -> bool {
        let least = if small { 1 } else { SMALL + 1 };
        self.charged >= least
            && self.has_stalled(now, patience)
            && !self.has_stalled_body(now, patience)
    }

    /// Returns whether it has made no progress within a request or an answer for `patience`, though it was
    /// read.
    fn has_stalled(&self, now: Instant, patience: Duration) -> bool {
        match Class::of(self.activity) {
            Some((Class::Slow, since)) if self.waits => {
                now.saturating_duration_since(self.unread_until(since)) >= patience
            }
            _ => false,
        }
    }

    fn unread_until(&self, since: Instant) -> Instant {
        let read_again = self.shortage.as_ref().and_then(|shortage| shortage.read_again);
        read_again.map_or(since, |read_again| read_again.max(since))
    }
}
