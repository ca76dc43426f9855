//! The connection that ends next for a newcomer, and how good the reason is.

use std::time::Instant;

use super::Endpoint;
use super::eviction::{Candidate, Class};
use super::slot::Slot;

/// How good an endpoint's reason is to end a connection for a newcomer. Among several endpoints, the one
/// with the greatest impatience ends one: [`Endpoint::impatience`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Impatience {
    reason: Reason,
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
    pub(super) reason: Reason,
}

impl Reason {
    /// Returns whether a connection has to end for a worse reason, or for none.
    fn spares(self, slot: &Slot, now: Instant) -> bool {
        match self {
            Self::Stalled => slot.flows() || slot.moves(now),
            Self::Moving => slot.flows(),
            Self::Spared | Self::Flowing | Self::Overdue => false,
        }
    }
}

impl Endpoint {
    /// Returns how good its reason is to end a connection, so that an acceptor with several endpoints makes
    /// room where it costs least. `None` if all connections are busy.
    pub fn impatience(&mut self, now: Instant) -> Option<Impatience> {
        let Choice { candidate, reason } = self.choose(now)?;
        Some(Impatience { reason, ratio: candidate.ratio })
    }

    /// Chooses the connection to end next. In a flood of newcomers all connections are young, and a flowing
    /// body may be the oldest; so it comes after all that make no progress.
    pub(super) fn choose(&mut self, now: Instant) -> Option<Choice> {
        let Self { candidates, slots, config, .. } = self;
        let greatest = candidates.search(Class::ALL, slots, config, now, |_| false)?;
        if greatest.ratio >= 1.0 {
            return Some(Choice { candidate: greatest, reason: Reason::Overdue });
        }
        let spared = Choice { candidate: greatest, reason: Reason::Spared };
        // If the clock has just started, every connection is as young as the clock.
        let Some(answered) = now.checked_sub(config.admission_timeout) else { return Some(spared) };
        let reasons = [Reason::Stalled, Reason::Moving, Reason::Flowing];
        let choice = reasons.into_iter().find_map(|reason| {
            let is_spared = |slot: &Slot| slot.awaits_request(answered) || reason.spares(slot, now);
            let candidate = candidates.search(Class::SPOKEN, slots, config, now, is_spared)?;
            Some(Choice { candidate, reason })
        });
        choice.or(Some(spared))
    }
}
