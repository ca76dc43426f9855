//! A thread that serves: an executor whose connections stay on it.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use h1events_net::{ConnectionGuard, Session, SharedEndpoint, Upgraded};
use h1events_server::{Config, ConnectionId, Peer, Request, Response};
use smol::LocalExecutor;
use smol::channel::Receiver;
use smol::future::{self, FutureExt};

use crate::drive::{Driver, Ended};
use crate::reactor::{self, Reactor};
use crate::stream::{IntoStream, Stream};

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> =
    Arc<dyn Fn(Upgraded<S>) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

/// What all connections of a server share.
pub(crate) struct Serving<S, A> {
    pub(crate) app: A,
    pub(crate) config: Arc<Config>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
}

/// A connection that the endpoint of a worker has admitted.
pub(crate) struct Admitted<T> {
    pub(crate) id: ConnectionId,
    pub(crate) accepted: T,
    pub(crate) peer: Peer,
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

/// Serves what the acceptor admits, until it sends no more.
pub(crate) fn run<T, A>(
    poll: reactor::Poll,
    endpoint: &Arc<SharedEndpoint>,
    serving: &Arc<Serving<T::Stream, A>>,
    admitted: Receiver<Admitted<T>>,
) where
    T: IntoStream,
    A: AsyncFn(&Request<'_>) -> Response + 'static,
{
    let reactor = Reactor::new(poll);
    let scratch = RefCell::new(vec![0; FIRST_READ].into());
    let context = WorkerContext { reactor: reactor.clone(), wakers: Wakers::default(), scratch };
    let context = Rc::new(context);
    let executor = LocalExecutor::new();
    let serve = async {
        while let Ok(Admitted { id, accepted, peer }) = admitted.recv().await {
            let guard = ConnectionGuard::new(Arc::clone(endpoint), id);
            match accepted.into_stream(&reactor) {
                Ok(stream) => {
                    let (serving, context) = (Arc::clone(serving), Rc::clone(&context));
                    let session = Session::new(guard, peer, Arc::clone(&serving.config));
                    let driver = Driver::new(serving, context, stream, session);
                    // A panic of a stream's own code, or of what has taken it, ends its connection
                    // alone. Its guard logs it.
                    let task = AssertUnwindSafe(serve_connection(driver)).catch_unwind();
                    executor.spawn(task).detach();
                }
                Err(error) => log::debug!("{peer}: lost: {error}"),
            }
        }
    };
    reactor.block_on(executor.run(serve), || context.tend(endpoint));
}

/// The whole life of a connection.
#[expect(clippy::manual_async_fn, reason = "it would hold the driver twice")]
fn serve_connection<S, A>(mut driver: Driver<S, A>) -> impl Future<Output = ()>
where
    S: Stream,
    A: AsyncFn(&Request<'_>) -> Response,
{
    async move {
        let peer = driver.peer();
        log::info!("{peer}: opened");
        match driver.run().await {
            Ok(Ended::Closed) => drop(driver),
            Ok(Ended::Upgraded) => match driver.upgrade() {
                Some((taken, _guard)) => {
                    log::info!("{peer}: upgraded");
                    taken.await;
                }
                None => log::warn!("{peer}: upgraded, but nobody takes it"),
            },
            Err(error) => {
                drop(driver);
                log::debug!("{peer}: lost: {error}");
            }
        }
        log::info!("{peer}: closed");
    }
}

impl WorkerContext {
    /// Wakes the connections that have something to hear, and returns when to look again.
    fn tend(&self, endpoint: &SharedEndpoint) -> Option<Duration> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::Socket;

    /// The size of what a function returns.
    const fn size<A, F>(_: &impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn task_of_an_idle_connection_is_small() {
        fn of_app<A: AsyncFn(&Request<'_>) -> Response + 'static>(_: A) -> usize {
            size(&serve_connection::<Socket<mio::net::TcpStream>, A>)
        }
        let task = of_app(async |_: &Request<'_>| Response::new(200));
        assert!(task <= 1024, "{task} bytes");
    }
}
