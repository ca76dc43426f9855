//! A thread that serves: an executor whose connections stay on it.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use h1events_net::{ConnectionGuard, Session, SharedEndpoint};
use h1events_server::{ConnectionId, Peer, Request, Response};
use smol::LocalExecutor;
use smol::channel::Receiver;
use smol::future::{self, FutureExt};

use crate::context::{Serving, WorkerContext};
use crate::drive::{Driver, Ended};
use crate::reactor::{self, Reactor};
use crate::stream::{IntoStream, Stream};

/// Tasks that are run before the reactor and the endpoint have their turn, at most.
const TICKS: usize = 200;

/// A connection that the endpoint of a worker has admitted.
pub(crate) struct Admitted<T> {
    pub(crate) id: ConnectionId,
    pub(crate) accepted: T,
    pub(crate) peer: Peer,
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
    let context = Rc::new(WorkerContext::new(reactor.clone()));
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
    reactor.block_on(run_tasks(&executor).or(serve), || context.tend(endpoint));
}

/// Runs the tasks that are woken. `LocalExecutor::run` does the same, but moves each task through a
/// second queue, from which other threads could take it.
async fn run_tasks(executor: &LocalExecutor<'_>) {
    loop {
        for _ in 0..TICKS {
            if !executor.try_tick() {
                executor.tick().await;
            }
        }
        future::yield_now().await;
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
