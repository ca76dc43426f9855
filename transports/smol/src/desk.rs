//! What the connections of a worker share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use h1events_server::Buffer;
use h1events_serving::Pool;

use crate::reactor::Reactor;
use crate::registry::Registry;

pub(crate) struct Desk {
    pub(crate) reactor: Reactor,
    pub(crate) registry: Rc<RefCell<Registry>>,
    pub(crate) ending: Cell<bool>,
    /// How many requests have been answered since the thread waited.
    pub(crate) answers: Cell<u64>,
    pool: RefCell<Pool>,
}

impl Desk {
    pub(crate) fn new(reactor: Reactor, registry: Rc<RefCell<Registry>>) -> Self {
        Self {
            reactor,
            registry,
            ending: Cell::new(false),
            answers: Cell::new(0),
            pool: RefCell::default(),
        }
    }

    pub(crate) fn take_buffer(&self) -> Box<Buffer> {
        self.pool.borrow_mut().take()
    }

    pub(crate) fn give_buffer(&self, buffer: Box<Buffer>) {
        self.pool.borrow_mut().give(buffer);
    }
}
