//! The state that the connections of a worker share.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use h1events_net::SharedEndpoint;

use crate::reactor::Reactor;

pub(crate) struct WorkerContext<A> {
    pub(crate) app: Arc<A>,
    pub(crate) reactor: Reactor,
    /// Memory to read into until a request begins, so that an idle connection holds no
    /// buffer.
    pub(crate) scratch: RefCell<Box<[u8]>>,
}

/// Bytes of one read while no request has begun.
const FIRST_READ: usize = 8 * 1024;

impl<A> WorkerContext<A> {
    pub(crate) fn new(app: Arc<A>, reactor: Reactor) -> Rc<Self> {
        let scratch = RefCell::new(vec![0; FIRST_READ].into());
        Rc::new(Self { app, reactor, scratch })
    }

    /// Handles the timeouts of the endpoint, and returns when to do so next.
    pub(crate) fn tend(&self, endpoint: &SharedEndpoint) -> Option<Duration> {
        let mut now = Instant::now();
        let mut timeout = endpoint.with(|endpoint| endpoint.timeout());
        if timeout.is_some_and(|timeout| timeout <= now) {
            // Input that came in time is read before a deadline is judged.
            self.reactor.catch_up();
            now = Instant::now();
            timeout = endpoint.handle_timeout(now);
        }
        timeout.map(|timeout| timeout.saturating_duration_since(now))
    }
}
