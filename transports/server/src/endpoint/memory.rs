//! Memory: the connection that gets it, and the one that loses it.

use std::time::{Duration, Instant};

use super::budget::RETRY;
use super::slot::{Fate, Slot};
use super::{ConnectionId, Endpoint, Memory};
use crate::buffer::SMALL;

/// Time that connections wait for memory before the largest body is dropped.
const PATIENCE: Duration = Duration::from_secs(1);

impl Endpoint {
    /// Takes memory for a connection that holds `held` bytes and needs `bytes` in all.
    ///
    /// More than seven eighths of the budget are refused: the connection would wait forever.
    pub fn acquire(&mut self, id: ConnectionId, held: usize, bytes: usize, now: Instant) -> Memory {
        let slot = &mut self.slots[id.0];
        match slot.fate {
            Some(Fate::Aborted) => return Memory::End,
            Some(Fate::Refused) => return Memory::Refused,
            None | Some(Fate::Evicted | Fate::Drained) => {}
        }
        if slot.lacks().is_some() {
            return Memory::Lacking;
        }
        if let Some(shortage) = &mut slot.shortage
            && std::mem::take(&mut shortage.has_been_granted)
        {
            shortage.read_again = Some(now);
        }
        let max = self.config.budget();
        if bytes > max - max / 8 && bytes > slot.charged {
            return Memory::Refused;
        }
        // A large one waits behind those that wait already.
        let may_try = bytes <= SMALL || !self.budget.is_waited_for();
        if slot.charged >= bytes || may_try && self.budget.try_charge(&mut slot.charged, bytes) {
            return Memory::Granted;
        }
        self.budget.charge(&mut slot.charged, held);
        // The acceptor may be the thread that handles timeouts, and this is a new one.
        self.acceptor_is_due |= !self.budget.is_waited_for();
        let turn = self.budget.wait(id.0, bytes, now);
        slot.shortage.get_or_insert_default().lacks = Some((bytes, turn));
        self.serve_waiting();
        if self.slots[id.0].lacks().is_some() { Memory::Lacking } else { Memory::Granted }
    }

    /// Takes memory that a connection can do without, up to `bytes` bytes in all, if there is some and no other
    /// connection waits for it. The connection doesn't wait. Returns whether it has got the memory.
    pub fn try_acquire(&mut self, id: ConnectionId, bytes: usize) -> bool {
        let charged = &mut self.slots[id.0].charged;
        *charged >= bytes || !self.budget.is_waited_for() && self.budget.try_charge(charged, bytes)
    }

    /// Gives memory to the connections that wait for it, the smallest first.
    pub(super) fn serve_waiting(&mut self) {
        while let Some((bytes, turn, key)) = self.budget.next() {
            let slot = &mut self.slots[key];
            if !self.budget.try_charge(&mut slot.charged, bytes) {
                return;
            }
            let shortage = slot.shortage.get_or_insert_default();
            shortage.lacks = None;
            shortage.has_been_granted = true;
            self.budget.stop_waiting(key, (bytes, turn));
            self.budget.last_grant = None;
            self.woken.push(ConnectionId(key));
        }
    }

    /// Checks for memory that other endpoints have given back. If no connection has got any for long,
    /// ends connections that block small requests, or drops the largest body.
    pub(super) fn look_for_memory(&mut self, now: Instant) {
        self.serve_waiting();
        if !self.budget.is_waited_for() {
            return;
        }
        self.budget.next_look = Some(now + RETRY);
        let since = *self.budget.last_grant.get_or_insert(now);
        if now.saturating_duration_since(since) < PATIENCE {
            return;
        }
        let largest = self.largest(now);
        let small = self.budget.small_waiting();
        let drops_body = largest.is_some_and(|key| self.slots[key].lacks().is_none());
        // A drain lets them finish, and has a deadline of its own.
        let ends_stalled = self.drain.is_none() && (small > 0 || !drops_body);
        if ends_stalled && self.end_stalled(small, now) {
            // If that isn't enough, the next ones end soon.
            return;
        }
        self.budget.last_grant = Some(now);
        if let Some(key) = largest {
            self.refuse(key);
        }
    }

    /// Ends connections that make no progress and that a 503 can't reach: incomplete heads, and readers. One
    /// for each small request that waits; those that hold most go first. Returns whether there were
    /// any.
    fn end_stalled(&mut self, small: usize, now: Instant) -> bool {
        let ends = |slot: &Slot| slot.fate.is_none() && slot.lacks().is_none();
        let holds = |slot: &Slot| slot.holds_stalled(now, PATIENCE, small > 0);
        let stalled = self.slots.iter().filter(|(_, slot)| ends(slot) && holds(slot));
        let mut stalled: Vec<_> = stalled.map(|(key, slot)| (slot.charged, key)).collect();
        stalled.sort_unstable_by(|a, b| b.cmp(a));
        stalled.truncate(small.max(1));
        for &(_, key) in &stalled {
            self.doom(key, Fate::Evicted);
        }
        !stalled.is_empty()
    }

    /// Returns the connection to refuse so that others get memory: the one with the largest stalled body. If
    /// none has stalled, all wait for each other, and it is the largest of those that lack memory.
    fn largest(&self, now: Instant) -> Option<usize> {
        let rank = |slot: &Slot| match slot.lacks() {
            None => (slot.has_stalled_body(now, PATIENCE), slot.charged, 0),
            Some((bytes, _)) => (false, slot.charged, bytes),
        };
        let others_hold =
            self.slots.iter().any(|(_, slot)| slot.lacks().is_none() && slot.charged > 0);
        let is_droppable = |slot: &Slot| match slot.lacks() {
            None => slot.has_stalled_body(now, PATIENCE),
            // A small request gets through as soon as others give something back.
            Some((bytes, _)) => bytes > SMALL || slot.charged > 0 && !others_hold,
        };
        let slots = self.slots.iter().filter(|(_, slot)| slot.fate.is_none() && is_droppable(slot));
        slots.max_by_key(|(_, slot)| rank(slot)).map(|(key, _)| key)
    }

    fn refuse(&mut self, key: usize) {
        let shortage = self.slots[key].shortage.as_mut();
        if let Some(lacks) = shortage.and_then(|shortage| shortage.lacks.take()) {
            self.budget.stop_waiting(key, lacks);
        }
        self.doom(key, Fate::Refused);
    }
}
