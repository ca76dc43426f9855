//! Newcomers: admission, and the connections that make room for them.

use std::time::{Duration, Instant};

use super::choice::{Choice, Reason};
use super::slot::{Fate, Slot};
use super::{ConnectionId, Endpoint, Persistence};
use crate::wait::later;

/// A period in which newcomers wait without a break.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pressure {
    since: Instant,
    /// Until when no moving connection ends for a newcomer.
    moving_until: Instant,
    /// Whether the next answer is to be the last one of its connection.
    wants_last_answer: bool,
    /// When that was requested for the newcomer that is next.
    wanted: Option<Instant>,
}

/// Connections that may be about to end while newcomers take their places.
const ENDING: usize = 16;

/// Requests that a connection which ends for a newcomer still answers, at most, if they have come
/// already.
const LAST_ANSWERS: u8 = 32;

/// Time after which a newcomer asks again, if no change is due earlier.
const RETRY: Duration = Duration::from_millis(50);

impl Endpoint {
    /// Returns whether a newcomer may be admitted.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.slots.len() - self.ending.min(ENDING) < self.max_connections
    }

    /// Sets the number of connections that this endpoint may have open, at first that of its
    /// configuration. A lower one ends no connection until a newcomer waits.
    ///
    /// If a server has several endpoints, each has its share of
    /// [`max_connections`](super::EndpointConfig::max_connections).
    pub const fn set_max_connections(&mut self, max: usize) {
        self.max_connections = max;
    }

    /// Admits a connection. It counts as busy until it first [waits](Self::wait).
    pub fn open(&mut self, now: Instant) -> ConnectionId {
        self.summary.connections += 1;
        self.newcomer_admitted(now);
        if let Some(pressure) = &mut self.pressure {
            pressure.wants_last_answer = false;
            pressure.wanted = None;
        }
        ConnectionId(self.slots.insert(Slot::new(now)))
    }

    /// Notes that another endpoint of the same server has admitted a newcomer while more of them wait.
    /// [`open`](Self::open) notes it for its own.
    pub fn newcomer_admitted(&mut self, now: Instant) {
        if let Some(pressure) = &mut self.pressure {
            pressure.moving_until = self.config.moving_until(pressure.moving_until, now);
        }
    }

    /// Notes that a newcomer waits.
    pub fn newcomer_waits(&mut self, now: Instant) {
        self.begin_pressure(now);
    }

    /// Notes that a newcomer waits, and makes room for one: wakes the connection that is to end, or
    /// makes the next answer the last one of its connection. Returns when to call again, if the
    /// newcomer still waits then.
    ///
    /// A newcomer waits if there is no [room](Self::has_room), or if the system is short of
    /// something that connections hold: descriptors, memory, threads.
    pub fn make_room(&mut self, now: Instant) -> Instant {
        let pressure = *self.begin_pressure(now);
        let retry = now + RETRY;
        // One more may end from time to time: some that are told to end may be in the application again.
        let is_recent = |evicted| now < later(evicted, RETRY);
        if self.ending >= ENDING && self.evicted.is_some_and(is_recent) {
            return retry;
        }
        let choice = self.choose(now).map(|choice| (choice, self.due(choice, pressure)));
        if let Some((choice, due)) = choice
            && due <= now
        {
            self.evicted = Some(now);
            self.doom(choice.candidate.key, Fate::Evicted);
            return retry;
        }
        // Once for each newcomer, and again if that has made no room for long.
        let is_recent = |wanted| now < later(wanted, self.config.admission_timeout);
        if !pressure.wanted.is_some_and(is_recent) {
            let wanted = Some(now);
            self.pressure = Some(Pressure { wants_last_answer: true, wanted, ..pressure });
        }
        choice.map_or(retry, |(_, due)| due.min(retry))
    }

    /// Notes that no newcomer waits.
    pub const fn relieve(&mut self) {
        self.pressure = None;
    }

    /// Returns once whether the acceptor has something to do: a newcomer has room, or the last
    /// connection has ended.
    #[must_use]
    pub const fn take_acceptor_due(&mut self) -> bool {
        std::mem::replace(&mut self.acceptor_is_due, false)
    }

    /// Returns what the answer to a request says about its connection. It is [`Persistence::Persist`]
    /// unless the endpoint [is watchful](Self::is_watchful).
    pub fn answer(&mut self, id: ConnectionId, now: Instant) -> Persistence {
        let slot = &mut self.slots[id.0];
        slot.answered = Some(now);
        if self.drain.is_some() {
            slot.was_answered_in_drain = true;
            // A connection that always has another request would never learn that it is to end.
            return match slot.fate {
                Some(Fate::Aborted) => Persistence::Close,
                _ => Persistence::CloseWhenAnswered,
            };
        }
        // Its input may have been ended already.
        if slot.is_ending() {
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

    /// Reports that a connection has its last answer: a newcomer may take its place.
    pub fn leave(&mut self, id: ConnectionId) {
        let slot = &mut self.slots[id.0];
        if slot.last_answers.is_some() && !slot.is_ending() {
            slot.is_leaving = true;
            self.ending += 1;
            self.acceptor_is_due = true;
        }
    }

    /// Returns whether each answer is to be reported: a newcomer waits, a connection is to end, or the
    /// server drains.
    #[must_use]
    pub const fn is_watchful(&self) -> bool {
        self.pressure.is_some() || self.drain.is_some() || self.ending > 0
    }

    /// Returns when a connection ends for the newcomer that waits, if nothing changes.
    fn due(&self, Choice { candidate, reason }: Choice, pressure: Pressure) -> Instant {
        let Pressure { since, moving_until, .. } = pressure;
        let patience = self.config.admission_timeout;
        let until = match reason {
            Reason::Overdue | Reason::Spared => return candidate.due,
            Reason::Stalled => since,
            Reason::Moving => moving_until,
            Reason::Flowing if self.is_full_of_flows() => moving_until,
            // The other connections are busy, and may be done soon.
            Reason::Flowing => later(moving_until, patience),
        };
        later(since, patience).max(until).min(candidate.due)
    }

    /// Returns whether flowing bodies have more than half of the places.
    fn is_full_of_flows(&self) -> bool {
        let flowing = self.slots.iter().filter(|(_, slot)| slot.flows());
        flowing.count() > self.max_connections / 2
    }

    /// Returns the period in which newcomers wait, which begins if none did.
    fn begin_pressure(&mut self, now: Instant) -> &mut Pressure {
        let pressure =
            Pressure { since: now, moving_until: now, wants_last_answer: false, wanted: None };
        self.pressure.get_or_insert(pressure)
    }
}
