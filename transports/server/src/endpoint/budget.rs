//! The memory of all connections together.
//!
//! The endpoint takes it from a [`Purse`] in grants of 64 KiB and charges its connections to the
//! byte, so that workers with a purse in common rarely touch it.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Instant;

use crate::buffer::SMALL;

/// The bytes that a server may buffer, from which its endpoints take grants.
///
/// A server with one endpoint can use [`Bytes`](std::cell::Cell)-like counters; workers share an
/// atomic one. That is the transport's: this crate has no atomics.
pub trait Purse {
    /// Takes bytes if there are enough. The last eighth is only for `small` connections.
    fn take(&self, bytes: usize, small: bool) -> bool;
    /// Takes bytes whether or not there are enough.
    fn overdraw(&self, bytes: usize);
    /// Gives bytes back.
    fn give_back(&self, bytes: usize);
}

/// Bytes that are taken from the purse at once.
const GRANT: usize = 64 * 1024;

pub(crate) struct Budget {
    purse: Box<dyn Purse + Send>,
    /// Taken from the purse.
    funds: usize,
    /// Charged to connections.
    charged: usize,
    /// Connections that wait for bytes, the smallest first: bytes, turn, key.
    waiting: BTreeSet<(usize, u64, usize)>,
    turns: u64,
    /// When a connection that waited got some, or the first one began to wait.
    pub(crate) last_grant: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(purse: Box<dyn Purse + Send>) -> Self {
        Self { purse, funds: 0, charged: 0, waiting: BTreeSet::new(), turns: 0, last_grant: None }
    }

    /// Changes what a connection is charged, if there is enough.
    pub(crate) fn try_charge(&mut self, charged: &mut usize, bytes: usize) -> bool {
        if bytes > *charged {
            let lacking = (self.charged + bytes - *charged).saturating_sub(self.funds);
            let grant = lacking.next_multiple_of(GRANT);
            if grant > 0 && !self.purse.take(grant, bytes <= SMALL) {
                // A small purse has no whole grants left.
                if !self.purse.take(lacking, bytes <= SMALL) {
                    return false;
                }
                self.funds += lacking;
            } else {
                self.funds += grant;
            }
        }
        self.set(charged, bytes);
        true
    }

    /// Changes what a connection is charged, whether or not there is enough.
    pub(crate) fn charge(&mut self, charged: &mut usize, bytes: usize) {
        if !self.try_charge(charged, bytes) {
            let lacking = (self.charged + bytes - *charged).saturating_sub(self.funds);
            self.purse.overdraw(lacking);
            self.funds += lacking;
            self.set(charged, bytes);
        }
    }

    fn set(&mut self, charged: &mut usize, bytes: usize) {
        self.charged = self.charged - *charged + bytes;
        *charged = bytes;
        // One grant is kept for what comes next.
        let spare = self.funds - self.charged;
        if spare >= 2 * GRANT || (self.charged == 0 && spare > 0) {
            let keeps = if self.charged == 0 { 0 } else { GRANT };
            self.purse.give_back(spare - keeps);
            self.funds -= spare - keeps;
        }
    }

    /// Puts a connection among those that wait: its turn.
    pub(crate) fn wait(&mut self, key: usize, bytes: usize, now: Instant) -> u64 {
        self.turns += 1;
        self.waiting.insert((bytes, self.turns, key));
        self.last_grant.get_or_insert(now);
        self.turns
    }

    pub(crate) fn stop_waiting(&mut self, key: usize, (bytes, turn): (usize, u64)) {
        self.waiting.remove(&(bytes, turn, key));
        if self.waiting.is_empty() {
            self.last_grant = None;
        }
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The connection that is next to get bytes.
    pub(crate) fn next(&self) -> Option<usize> {
        self.waiting.first().map(|&(_, _, key)| key)
    }

    #[cfg(test)]
    pub(crate) const fn charged(&self) -> usize {
        self.charged
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
