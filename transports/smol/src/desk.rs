//! What the connections of a worker share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use h1events_server::{Buffer, Clock, Now};
use h1events_serving::Pool;

use crate::reactor::Reactor;
use crate::registry::Registry;

pub(crate) struct Desk {
    pub(crate) reactor: Reactor,
    pub(crate) registry: Rc<RefCell<Registry>>,
    pub(crate) ending: Cell<bool>,
    /// How many requests have been answered since the thread waited.
    pub(crate) answers: Cell<u64>,
    clock: RefCell<Clock>,
    pool: RefCell<Pool>,
}

impl Desk {
    pub(crate) fn new(reactor: Reactor, registry: Rc<RefCell<Registry>>) -> Self {
        Self {
            reactor,
            registry,
            ending: Cell::new(false),
            answers: Cell::new(0),
            clock: RefCell::default(),
            pool: RefCell::default(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.borrow_mut().now()
    }

    pub(crate) fn take_buffer(&self) -> Box<Buffer> {
        self.pool.borrow_mut().take()
    }

    pub(crate) fn give_buffer(&self, buffer: Box<Buffer>) {
        self.pool.borrow_mut().give(buffer);
    }
}
