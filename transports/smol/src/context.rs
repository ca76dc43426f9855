//! What the connections of a server, and those of one worker, share.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use h1events_net::{SharedEndpoint, Upgraded};
use h1events_server::{Config, ConnectionId};
use smol::future;

use crate::reactor::Reactor;

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> =
    Arc<dyn Fn(Upgraded<S>) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

/// What all connections of a server share.
pub(crate) struct Serving<S, A> {
    pub(crate) app: A,
    pub(crate) config: Arc<Config>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
}

/// What the connections of a worker share.
pub(crate) struct WorkerContext {
    pub(crate) reactor: Reactor,
    pub(crate) wakers: Wakers,
    /// Bytes are read into it while nothing of a request has come, so that an idle connection
    /// holds no buffer.
    pub(crate) scratch: RefCell<Box<[u8]>>,
}

/// Bytes that are read at once while no request has begun.
const FIRST_READ: usize = 8 * 1024;

/// By the index of the connection.
#[derive(Default)]
pub(crate) struct Wakers {
    wakers: RefCell<Vec<Option<Waker>>>,
}

impl WorkerContext {
    pub(crate) fn new(reactor: Reactor) -> Self {
        let scratch = RefCell::new(vec![0; FIRST_READ].into());
        Self { reactor, wakers: Wakers::default(), scratch }
    }

    /// Wakes the connections that have something to hear, and returns when to look again.
    pub(crate) fn tend(&self, endpoint: &SharedEndpoint) -> Option<Duration> {
        let mut now = Instant::now();
        let mut locked = endpoint.lock();
        if locked.timeout(now).is_some_and(|timeout| timeout <= now) {
            drop(locked);
            // What has come in time is read before a deadline is judged.
            self.reactor.catch_up();
            now = Instant::now();
            locked = endpoint.lock();
            locked.handle_timeout(now);
        }
        while let Some(id) = locked.poll_wake() {
            self.wakers.wake(id);
        }
        locked.timeout(now).map(|timeout| timeout.saturating_duration_since(now))
    }
}

impl Wakers {
    pub(crate) fn set(&self, id: ConnectionId, waker: &Waker) {
        let mut wakers = self.wakers.borrow_mut();
        if wakers.len() <= id.index() {
            wakers.resize_with(id.index() + 1, || None);
        }
        match &mut wakers[id.index()] {
            Some(known) if known.will_wake(waker) => {}
            known => *known = Some(waker.clone()),
        }
    }

    /// Waits until the connection is woken.
    pub(crate) async fn woken(&self, id: ConnectionId) {
        let mut has_waited = false;
        future::poll_fn(|cx| {
            self.set(id, cx.waker());
            if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn wake(&self, id: ConnectionId) {
        if let Some(Some(waker)) = self.wakers.borrow().get(id.index()) {
            waker.wake_by_ref();
        }
    }
}
