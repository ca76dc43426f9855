//! Connections in the order in which they began to wait.

/// A list through the places of its members, so that any of them leaves it at once.
#[derive(Debug)]
pub(crate) struct Queue {
    head: usize,
    tail: usize,
    /// By the keys of the connections; meaningless for those that are not in the list.
    links: Vec<Link>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    before: usize,
    after: usize,
}

/// No connection.
const NONE: usize = usize::MAX;

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { head: NONE, tail: NONE, links: Vec::new() }
    }

    /// The longest-waiting one.
    pub(crate) fn head(&self) -> Option<usize> {
        (self.head != NONE).then_some(self.head)
    }

    pub(crate) fn push(&mut self, key: usize) {
        let link = Link { before: self.tail, after: NONE };
        if key >= self.links.len() {
            self.links.resize(key + 1, link);
        }
        self.links[key] = link;
        match self.links.get_mut(self.tail) {
            Some(tail) => tail.after = key,
            None => self.head = key,
        }
        self.tail = key;
    }

    /// Takes out one that is in it.
    pub(crate) fn remove(&mut self, key: usize) {
        let Link { before, after } = self.links[key];
        match self.links.get_mut(before) {
            Some(link) => link.after = after,
            None => self.head = after,
        }
        match self.links.get_mut(after) {
            Some(link) => link.before = before,
            None => self.tail = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_coming() {
        let mut queue = Queue::new();
        for key in [7, 0, 3, 5, 1] {
            queue.push(key);
        }
        // From the middle, from the end, from the head; and one comes back.
        for key in [3, 1, 7] {
            queue.remove(key);
        }
        queue.push(7);
        for key in [0, 5, 7] {
            assert_eq!(queue.head(), Some(key));
            queue.remove(key);
        }
        assert_eq!(queue.head(), None);
    }
}
