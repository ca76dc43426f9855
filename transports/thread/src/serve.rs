//! The life of a connection, on its thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use h1events_net::{Admitted, Session, Upgraded};
use h1events_server::{Config, Order, Request, Response};

use crate::drive::Driver;
use crate::stream::Stream;

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> = Box<dyn Fn(Upgraded<S>) + Send + Sync>;

/// What all connections of a server share.
pub(crate) struct Serving<S, A> {
    pub(crate) app: A,
    pub(crate) config: Arc<Config>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
}

impl<S: Stream, A> Serving<S, A>
where
    A: Fn(&Request<'_>) -> Response,
{
    pub(crate) fn serve(&self, Admitted { accepted, guard, .. }: Admitted<S>) {
        let peer = guard.peer();
        let mut session = Session::new(guard, Arc::clone(&self.config));
        // It is dropped before the session: the descriptor is free before the endpoint hears of it.
        let stream = Arc::new(accepted);
        let (woken, thread) = (Arc::clone(&stream), thread::current());
        session.guard().on_wake(move |order| {
            obey(order, &*woken);
            thread.unpark();
        });
        if let Err(error) = Driver::new(&self.app, &*stream, &mut session).run() {
            return log::debug!("{peer}: lost: {error}");
        }
        let take_stream = || Arc::into_inner(stream).filter(|it| unset_timeouts(it).is_ok());
        let upgraded = session.into_upgraded(self.on_upgrade.as_ref(), take_stream);
        if let Some((handler, upgraded, guard)) = upgraded
            && let Err(panic) = catch_unwind(AssertUnwindSafe(|| handler(upgraded)))
        {
            guard.panicked(&*panic);
        }
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
