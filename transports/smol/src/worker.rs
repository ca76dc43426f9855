//! A thread that serves: an executor whose connections stay on it.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use h1events_net::{Admitted, Session, SharedEndpoint, Upgraded};
use h1events_server::{Request, Response};
use smol::LocalExecutor;
use smol::channel::Receiver;
use smol::future::{BoxedLocal, FutureExt};

use crate::drive::Driver;
use crate::reactor::Reactor;
use crate::stream::{IntoStream, Stream};

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> = Arc<dyn Fn(Upgraded<S>) -> BoxedLocal<()> + Send + Sync>;

/// What the connections of a worker share.
pub(crate) struct Worker<S, A> {
    pub(crate) app: Arc<A>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
    pub(crate) reactor: Reactor,
    /// Bytes are read into it while nothing of a request has come, so that an idle connection
    /// holds no buffer.
    pub(crate) scratch: RefCell<Box<[u8]>>,
}

/// Bytes that are read at once while no request has begun.
const FIRST_READ: usize = 8 * 1024;

impl<S: Stream, A> Worker<S, A>
where
    A: AsyncFn(&Request<'_>) -> Response + 'static,
{
    pub(crate) fn new(app: Arc<A>, on_upgrade: Option<OnUpgrade<S>>, reactor: Reactor) -> Rc<Self> {
        let scratch = RefCell::new(vec![0; FIRST_READ].into());
        Rc::new(Self { app, on_upgrade, reactor, scratch })
    }

    /// Serves what the acceptor admits, until it sends no more.
    pub(crate) fn run<T: IntoStream<Stream = S>>(
        self: &Rc<Self>,
        endpoint: &SharedEndpoint,
        admitted: &Receiver<Admitted<T>>,
    ) {
        let executor = LocalExecutor::new();
        let serve = async {
            while let Ok(Admitted { accepted, guard, .. }) = admitted.recv().await {
                match accepted.into_stream(&self.reactor) {
                    Ok(stream) => {
                        let session = Session::new(guard);
                        let driver = Driver::new(Rc::clone(self), stream, session);
                        // A panic of a stream's own code, or of what has taken it, ends its
                        // connection alone. Its guard logs it.
                        let task = AssertUnwindSafe(serve_connection(driver)).catch_unwind();
                        executor.spawn(task).detach();
                    }
                    Err(error) => log::debug!("{}: lost: {error}", guard.peer()),
                }
            }
        };
        self.reactor.block_on(executor.run(serve), || self.tend(endpoint));
    }

    /// Handles the timeouts of the endpoint, and returns when to do so next.
    fn tend(&self, endpoint: &SharedEndpoint) -> Option<Duration> {
        let mut now = Instant::now();
        let mut timeout = endpoint.with(|endpoint| endpoint.timeout(now));
        if timeout.is_some_and(|timeout| timeout <= now) {
            // What has come in time is read before a deadline is judged.
            self.reactor.catch_up();
            now = Instant::now();
            timeout = endpoint.handle_timeout(now);
        }
        timeout.map(|timeout| timeout.saturating_duration_since(now))
    }
}

/// The whole life of a connection.
#[expect(clippy::manual_async_fn, reason = "it would hold the driver twice")]
fn serve_connection<S, A>(mut driver: Driver<S, A>) -> impl Future<Output = ()>
where
    S: Stream,
    A: AsyncFn(&Request<'_>) -> Response,
{
    async move {
        if let Err(error) = driver.run().await {
            return log::debug!("{}: lost: {error}", driver.session.guard().peer());
        }
        let Driver { worker, stream, session, .. } = driver;
        let handler = worker.on_upgrade.as_deref();
        if let Some((taken, _guard)) = session.upgrade(handler, || Some(stream)) {
            taken.await;
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
