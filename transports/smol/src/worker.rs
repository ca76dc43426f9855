//! A thread that serves: an executor whose connections stay on it.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use h1events_net::{Admitted, Session, SharedEndpoint};
use h1events_server::Turn;
use smol::LocalExecutor;
use smol::channel::Receiver;
use smol::future::{self, FutureExt};

use crate::application::Application;
use crate::context::WorkerContext;
use crate::drive::Driver;
use crate::stream::{IntoStream, Stream};
use crate::upgrade::UpgradeHandler;

/// Tasks that run before newcomers, the reactor and the endpoint get their turn, at most: fewer if they take the
/// time of a turn.
const TICKS: usize = 200;

/// Serves the connections that the acceptor sends, until it has gone.
pub(crate) fn run<T: IntoStream, A: Application>(
    context: &Rc<WorkerContext<A>>,
    endpoint: &SharedEndpoint,
    admitted: &Receiver<Admitted<T>>,
) {
    let executor = LocalExecutor::new();
    let serve = async {
        while let Ok(Admitted { accepted, guard, .. }) = admitted.recv().await {
            match accepted.into_stream(&context.reactor) {
                Ok(stream) => {
                    let mut session = Session::new(guard);
                    if A::STREAMS_BODIES {
                        session = session.with_streamed_bodies();
                    }
                    let driver = Driver::new(Rc::clone(context), stream, session);
                    // A panic in the stream's own code, or in an upgrade handler, ends only
                    // this connection. Its guard logs it.
                    let task = AssertUnwindSafe(serve_connection(driver)).catch_unwind();
                    executor.spawn(task).detach();
                }
                Err(error) => log::debug!("{}: lost: {error}", guard.peer()),
            }
        }
    };
    context.reactor.block_on(run_tasks(&executor).or(serve), || context.tend(endpoint));
}

/// Runs the woken tasks. `LocalExecutor::run` does the same, but moves each task through a second
/// queue, from which other threads could take it.
async fn run_tasks(executor: &LocalExecutor<'_>) {
    loop {
        // Without a woken task, it waits, and the others have their turn.
        executor.tick().await;
        let turn = Turn::new(Instant::now());
        let mut ticks = 1;
        while executor.try_tick() {
            ticks += 1;
            if ticks == TICKS || turn.is_over(Instant::now()) {
                future::yield_now().await;
                break;
            }
        }
    }
}

/// Serves a connection from start to end.
#[expect(clippy::manual_async_fn, reason = "it would hold the driver twice")]
fn serve_connection<S: Stream, A: Application>(
    mut driver: Driver<S, A>,
) -> impl Future<Output = ()> {
    async move {
        if let Err(error) = driver.run().await {
            return log::debug!("{}: lost: {error}", driver.session.guard().peer());
        }
        let Driver { stream, session, .. } = driver;
        let upgraded = session.upgrade::<UpgradeHandler<S>, S>(|| Some(stream));
        // The task holds no more than the handler's future.
        let taken = upgraded.map(|(handler, upgraded, guard)| (handler(upgraded), guard));
        if let Some((taken, _guard)) = taken {
            taken.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use h1events_server::{Request, Response};

    use super::*;
    use crate::application::Collecting;
    use crate::socket::Socket;

    /// Returns the size of what a function returns.
    const fn size<A, F>(_: &impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn task_of_an_idle_connection_is_small() {
        fn of_app<A: AsyncFn(&Request<'_>) -> Response + 'static>(_: A) -> usize {
            size(&serve_connection::<Socket<mio::net::TcpStream>, Collecting<A>>)
        }
        let task = of_app(async |_: &Request<'_>| Response::new(200));
        // On Windows, a socket of mio has a wider handle, and what it is registered for.
        let max = if cfg!(windows) { 640 } else { 600 };
        assert!(task <= max, "{task} bytes");
    }
}
