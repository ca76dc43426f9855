//! What the connections of a worker share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use h1events_connection::{Buffer, Clock, Now};

use crate::registry::Registry;

pub(crate) struct Desk {
    pub(crate) registry: Rc<RefCell<Registry>>,
    pub(crate) ending: Cell<bool>,
    /// How many requests have been answered since the thread waited.
    pub(crate) answers: Cell<u64>,
    clock: RefCell<Clock>,
    /// Buffers that no connection needs at the moment.
    #[expect(clippy::vec_box, reason = "connections release and take them in their boxes")]
    pool: RefCell<Vec<Box<Buffer>>>,
}

impl Desk {
    pub(crate) fn new(registry: Rc<RefCell<Registry>>) -> Self {
        Self {
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
        self.pool.borrow_mut().pop().unwrap_or_default()
    }

    pub(crate) fn give_buffer(&self, buffer: Box<Buffer>) {
        let mut pool = self.pool.borrow_mut();
        if pool.len() < POOL {
            pool.push(buffer);
        }
    }
}

/// So many buffers wait for connections that need one.
const POOL: usize = 64;
