//! The memory of all connections together.
//!
//! The endpoint takes it from a [`Purse`] in grants of up to 64 KiB, and charges its connections to
//! the byte. So workers that share a purse rarely touch it.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use crate::buffer::SMALL;

/// The bytes that a server may buffer, from which its endpoints take grants.
/// [`Endpoint`](super::Endpoint) has an example.
///
/// A server with one endpoint can count them in a cell, and workers in an atomic that they share. The
/// transport has to implement it, since this crate has no atomics.
pub trait Purse {
    /// Takes bytes if there are enough. The last eighth is reserved for `small` connections.
    fn take(&self, bytes: usize, small: bool) -> bool;
    /// Takes bytes whether or not there are enough.
    fn overdraw(&self, bytes: usize);
    /// Gives bytes back.
    fn give_back(&self, bytes: usize);
}

/// Bytes of one grant, at most.
const GRANT: usize = 64 * 1024;

/// Grants in a budget, at least: an endpoint may keep two that it doesn't use.
const GRANTS: usize = 256;

/// Time between two checks for memory that other endpoints have given back.
pub(crate) const RETRY: Duration = Duration::from_millis(10);

pub(crate) struct Budget {
    purse: Box<dyn Purse + Send>,
    /// Bytes of one grant.
    grant: usize,
    /// Bytes taken from the purse.
    funds: usize,
    /// Bytes charged to connections.
    charged: usize,
    /// Of the funds, the bytes from the last eighth or beyond the budget. They are given back
    /// first, so that no large connection gets them.
    borrowed: usize,
    /// Connections that wait for bytes, the smallest first: bytes, turn, key.
    waiting: BTreeSet<(usize, u64, usize)>,
    turns: u64,
    /// When a connection that waited got some, or the first one began to wait.
    pub(crate) last_grant: Option<Instant>,
    /// When to check for memory next, while connections wait for some.
    pub(crate) next_look: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(purse: Box<dyn Purse + Send>, max_buffered: usize) -> Self {
        Self {
            purse,
            grant: (max_buffered / GRANTS).clamp(1, GRANT),
            funds: 0,
            charged: 0,
            borrowed: 0,
            waiting: BTreeSet::new(),
            turns: 0,
            last_grant: None,
            next_look: None,
        }
    }

    /// Changes what a connection is charged, if there is enough.
    pub(crate) fn try_charge(&mut self, charged: &mut usize, bytes: usize) -> bool {
        if !self.fund(self.lacking(*charged, bytes), bytes <= SMALL) {
            return false;
        }
        self.set(charged, bytes);
        true
    }

    /// Changes what a connection is charged, whether or not there is enough.
    pub(crate) fn charge(&mut self, charged: &mut usize, bytes: usize) {
        if !self.try_charge(charged, bytes) {
            let lacking = self.lacking(*charged, bytes);
            self.purse.overdraw(lacking);
            self.funds += lacking;
            self.borrowed += lacking;
            self.set(charged, bytes);
        }
    }

    /// Gives everything back, since no connection is left.
    pub(crate) fn give_all_back(&mut self) {
        self.purse.give_back(std::mem::take(&mut self.funds));
    }

    /// Adds a connection to those that wait, and returns its turn.
    pub(crate) fn wait(&mut self, key: usize, bytes: usize, now: Instant) -> u64 {
        self.turns += 1;
        self.waiting.insert((bytes, self.turns, key));
        self.last_grant.get_or_insert(now);
        self.next_look.get_or_insert(now + RETRY);
        self.turns
    }

    pub(crate) fn stop_waiting(&mut self, key: usize, (bytes, turn): (usize, u64)) {
        self.waiting.remove(&(bytes, turn, key));
        if self.waiting.is_empty() {
            self.last_grant = None;
            self.next_look = None;
        }
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Returns how many small connections wait.
    pub(crate) fn small_waiting(&self) -> usize {
        self.waiting.range(..(SMALL + 1, 0, 0)).count()
    }

    /// Returns the connection that is next to get bytes: bytes, turn, key.
    pub(crate) fn next(&self) -> Option<(usize, u64, usize)> {
        self.waiting.first().copied()
    }

    /// Returns the bytes that the funds lack for a connection.
    const fn lacking(&self, charged: usize, bytes: usize) -> usize {
        (self.charged - charged).saturating_add(bytes).saturating_sub(self.funds)
    }

    fn fund(&mut self, lacking: usize, small: bool) -> bool {
        if lacking == 0 {
            return true;
        }
        let grant = lacking.checked_next_multiple_of(self.grant).unwrap_or(lacking);
        if self.purse.take(grant, false) {
            self.funds += grant;
        } else if self.purse.take(lacking, false) {
            self.funds += lacking;
        } else if small && self.purse.take(lacking, true) {
            self.funds += lacking;
            self.borrowed += lacking;
        } else {
            return false;
        }
        true
    }

    fn set(&mut self, charged: &mut usize, bytes: usize) {
        self.charged = self.charged - *charged + bytes;
        *charged = bytes;
        let spare = self.funds - self.charged;
        let returned = spare.min(self.borrowed);
        self.borrowed -= returned;
        // One grant is kept for the next connection.
        let rest = spare - returned;
        let surplus = if rest >= 2 * self.grant { rest - self.grant } else { 0 };
        if returned + surplus > 0 {
            self.funds -= returned + surplus;
            self.purse.give_back(returned + surplus);
        }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.purse.give_back(self.funds);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { funds, charged, waiting, .. } = self;
        f.debug_struct("Budget")
            .field("funds", funds)
            .field("charged", charged)
            .field("waiting", &waiting.len())
            .finish_non_exhaustive()
    }
}
