//! Connections in the order in which they began to wait: a list through their slots.

use slab::Slab;

use crate::registry::Slot;

/// The place of a slot in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    before: usize,
    after: usize,
}

/// No slot.
const NONE: usize = usize::MAX;

impl Link {
    pub(crate) const fn new() -> Self {
        Self { before: NONE, after: NONE }
    }
}

/// The longest-waiting one is at the head.
#[derive(Debug)]
pub(crate) struct Queue {
    head: usize,
    tail: usize,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { head: NONE, tail: NONE }
    }

    pub(crate) fn head(&self) -> Option<usize> {
        (self.head != NONE).then_some(self.head)
    }

    pub(crate) fn push(&mut self, slots: &mut Slab<Slot>, key: usize) {
        slots[key].link = Link { before: self.tail, after: NONE };
        match slots.get_mut(self.tail) {
            Some(tail) => tail.link.after = key,
            None => self.head = key,
        }
        self.tail = key;
    }

    pub(crate) fn remove(&mut self, slots: &mut Slab<Slot>, key: usize) {
        let Link { before, after } = slots[key].link;
        match slots.get_mut(before) {
            Some(slot) => slot.link.after = after,
            None => self.head = after,
        }
        match slots.get_mut(after) {
            Some(slot) => slot.link.before = before,
            None => self.tail = before,
        }
    }
}
