//! A thread that serves: an executor whose connections stay on it.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use h1events_net::{Admitted, Session, SharedEndpoint};
use h1events_server::{Request, Response};
use smol::LocalExecutor;
use smol::channel::Receiver;
use smol::future::FutureExt;

use crate::context::WorkerContext;
use crate::drive::Driver;
use crate::stream::{IntoStream, Stream};

/// Serves what the acceptor admits, until it sends no more.
pub(crate) fn run<T, A>(
    context: &Rc<WorkerContext<T::Stream, A>>,
    endpoint: &SharedEndpoint,
    admitted: &Receiver<Admitted<T>>,
) where
    T: IntoStream,
    A: AsyncFn(&Request<'_>) -> Response + 'static,
{
    let executor = LocalExecutor::new();
    let serve = async {
        while let Ok(Admitted { accepted, guard, .. }) = admitted.recv().await {
            match accepted.into_stream(&context.reactor) {
                Ok(stream) => {
                    let session = Session::new(guard);
                    let driver = Driver::new(Rc::clone(context), stream, session);
                    // A panic of a stream's own code, or of what has taken it, ends its
                    // connection alone. Its guard logs it.
                    let task = AssertUnwindSafe(serve_connection(driver)).catch_unwind();
                    executor.spawn(task).detach();
                }
                Err(error) => log::debug!("{}: lost: {error}", guard.peer()),
            }
        }
    };
    context.reactor.block_on(executor.run(serve), || context.tend(endpoint));
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
        let Driver { context, stream, session, .. } = driver;
        let handler = context.on_upgrade.as_deref();
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
