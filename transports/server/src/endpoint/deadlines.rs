//! Deadlines of connections, in order.
//!
//! Each connection has at most one entry. When a deadline moves to a later time, its entry stays,
//! and moves only when it is due. So a busy connection costs no search.

use std::collections::BTreeSet;
use std::time::Instant;

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    entries: BTreeSet<(Instant, usize)>,
}

impl Deadlines {
    /// Moves the entry of a connection, unless it is early enough.
    pub(crate) fn set(&mut self, key: usize, entry: &mut Option<Instant>, deadline: Instant) {
        if entry.is_some_and(|entry| entry <= deadline) {
            return;
        }
        self.remove(key, entry);
        self.entries.insert((deadline, key));
        *entry = Some(deadline);
    }

    /// Removes the entry of a connection.
    pub(crate) fn remove(&mut self, key: usize, entry: &mut Option<Instant>) {
        if let Some(entry) = entry.take() {
            self.entries.remove(&(entry, key));
        }
    }

    /// Returns the earliest entry.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.entries.first().map(|&(instant, _)| instant)
    }

    /// Takes the entry of a connection that may be due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<usize> {
        let &(instant, _) = self.entries.first()?;
        if instant > now {
            return None;
        }
        self.entries.pop_first().map(|(_, key)| key)
    }
}
