//! The connection that ends next for a newcomer, and how good the reason is.

use std::time::Instant;

use super::Endpoint;
use super::eviction::Candidate;
use super::slot::Slot;

/// How good an endpoint's reason is to end a connection for a newcomer. Among several endpoints, the one
/// with the greatest impatience ends one: [`Endpoint::impatience`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Impatience {
    pub(super) reason: Reason,
    /// The connection's age over its patience.
    ratio: f64,
}

/// Why a connection may end for a newcomer, from the worst reason to the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// It shouldn't: its first or next request may be on its way.
    Spared,
    /// All others are spared, or flow and have moved more recently.
    Flowing,
    /// It has just begun to send or receive a body.
    Moving,
    /// It has spoken, and makes no progress.
    Stalled,
    /// Its patience is over.
    Overdue,
}

/// A connection that could end, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) candidate: Candidate,
    pub(super) impatience: Impatience,
}

impl Endpoint {
    /// Returns how good its reason is to end a connection, so that an acceptor with several endpoints makes
    /// room where it costs least. `None` if all connections are busy.
    pub fn impatience(&mut self, now: Instant) -> Option<Impatience> {
        self.choose(now).map(|choice| choice.impatience)
    }

    /// Chooses the connection to end next. In a flood of newcomers all connections are young, and a flowing
    /// body may be the oldest; so it comes after all that make no progress.
    pub(super) fn choose(&mut self, now: Instant) -> Option<Choice> {
        let Self { candidates, slots, config, .. } = self;
        let greatest = candidates.greatest(slots, config, now)?;
        if greatest.ratio >= 1.0 {
            return Some(Choice::new(Reason::Overdue, greatest));
        }
        // If the clock has just started, every connection is as young as the clock.
        let answered = now.checked_sub(config.admission_timeout);
        let Some(answered) = answered else { return Some(Choice::new(Reason::Spared, greatest)) };
        let flows = |slot: &Slot| slot.flows();
        let moves = |slot: &Slot| slot.flows() || slot.moves(now);
        let mut search = |reason, is_spared: &dyn Fn(&Slot) -> bool| {
            let except = |slot: &Slot| slot.awaits_request(answered) || is_spared(slot);
            let candidate = candidates.greatest_except(slots, config, now, except)?;
            Some(Choice::new(reason, candidate))
        };
        search(Reason::Stalled, &moves)
            .or_else(|| search(Reason::Moving, &flows))
            .or_else(|| search(Reason::Flowing, &|_| false))
            .or_else(|| Some(Choice::new(Reason::Spared, greatest)))
    }
}

impl Choice {
    const fn new(reason: Reason, candidate: Candidate) -> Self {
        Self { candidate, impatience: Impatience { reason, ratio: candidate.ratio } }
    }
}
