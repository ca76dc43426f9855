//! A connection's place on its worker.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;

use h1events_serving::Peer;

use crate::registry::Registry;

/// It is the connection's as long as it lives, and free whatever ends it.
#[derive(Debug)]
pub(crate) struct Place {
    registry: Rc<RefCell<Registry>>,
    key: usize,
    peer: Peer,
}

impl Place {
    pub(crate) fn new(registry: &Rc<RefCell<Registry>>, peer: Peer) -> Self {
        let key = registry.borrow_mut().insert();
        Self { registry: Rc::clone(registry), key, peer }
    }

    pub(crate) const fn key(&self) -> usize {
        self.key
    }

    pub(crate) const fn peer(&self) -> Peer {
        self.peer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if thread::panicking() {
            log::error!("{}: its task panicked", self.peer);
        }
        self.registry.borrow_mut().remove(self.key);
    }
}
