//! The life of a connection, on its thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use h1events_net::{Admitted, Session, Upgraded};
use h1events_server::{Order, Request, Response};

use crate::drive::Driver;
use crate::stream::Stream;

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> = Box<dyn Fn(Upgraded<S>) + Send + Sync>;

/// Serves a connection until it ends.
pub(crate) fn serve<S, A>(
    app: &A,
    on_upgrade: Option<&OnUpgrade<S>>,
    Admitted { accepted, guard, .. }: Admitted<S>,
) where
    S: Stream,
    A: Fn(&Request<'_>) -> Response,
{
    let peer = guard.peer();
    let mut session = Session::new(guard);
    // It is dropped before the session: the descriptor is free before the endpoint hears of it.
    let stream = Arc::new(accepted);
    let (woken, thread) = (Arc::clone(&stream), thread::current());
    session.guard().on_wake(move |order| {
        obey(order, &*woken);
        thread.unpark();
    });
    if let Err(error) = Driver::new(app, &*stream, &mut session).run() {
        return log::debug!("{peer}: lost: {error}");
    }
    let take_stream = || Arc::into_inner(stream).filter(|it| unset_timeouts(it).is_ok());
    let handler = on_upgrade.map(|take| |it| catch_unwind(AssertUnwindSafe(|| take(it))));
    if let Some((Err(panic), guard)) = session.upgrade(handler, take_stream) {
        guard.panicked(&*panic);
    }
}

/// Has a connection, whose thread may wait, hear what was decided.
fn obey(order: Order, stream: &impl Stream) {
    match order {
        // Its thread reads what has come, and reports.
        Order::EndReading if stream.has_input() => {}
        Order::EndReading => stream.shutdown_read(),
        // Its thread writes, and reports.
        Order::EndWriting if stream.has_space() => {}
        Order::EndWriting | Order::Abort => stream.close(),
        Order::Report => {}
    }
}

/// Connections are without timeouts for what takes them.
fn unset_timeouts(stream: &impl Stream) -> std::io::Result<()> {
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)
}
