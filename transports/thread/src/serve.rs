//! The life of a connection, on its thread.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use h1events_net::{Admitted, Session};
use h1events_server::Order;

use crate::application::Application;
use crate::body::call;
use crate::drive::{self, Driver, Ending};
use crate::stream::Stream;
use crate::upgrade::UpgradeHandler;

/// Serves a connection from start to end, on its thread.
pub(crate) fn serve<S: Stream>(app: &Application, Admitted { accepted, guard, .. }: Admitted<S>) {
    let peer = guard.peer();
    let mut session = Session::new(guard);
    if matches!(app, Application::Streaming(_)) {
        session = session.with_streamed_bodies();
    }
    let stream = Arc::new(accepted);
    let ending = Arc::<Ending>::default();
    let (woken, ended, thread) = (Arc::clone(&stream), Arc::clone(&ending), thread::current());
    session.guard().on_wake(move |order| {
        obey(order, &*woken, &ended);
        thread.unpark();
    });
    let driver = Arc::new(Mutex::new(Driver::new(stream, session, ending)));
    if let Err(error) = drive::run(&driver, app) {
        return log::debug!("{peer}: lost: {error}");
    }
    let driver = sole(driver).into_inner().unwrap_or_else(PoisonError::into_inner);
    let Driver { stream, session, ending, .. } = driver;
    let take_stream = || {
        drop(ending);
        let stream = sole(stream);
        // The upgrade handler has no timeouts.
        stream.set_read_timeout(None).and_then(|()| stream.set_write_timeout(None)).ok()?;
        Some(stream)
    };
    if let Some((handler, upgraded, guard)) = session.upgrade::<UpgradeHandler<S>, S>(take_stream)
        && let Err(panic) = call(|| handler(upgraded))
    {
        guard.panicked(&*panic);
    }
}

/// Takes a connection or its stream out of its `Arc`. Others hold it only briefly: a body that the application has
/// kept finds out that its request is over, or a client is checked.
fn sole<T>(mut shared: Arc<T>) -> T {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(sole) => return sole,
            Err(still) => shared = still,
        }
        thread::yield_now();
    }
}

/// Carries out an order for a connection whose thread may be blocked.
fn obey(order: Order, stream: &impl Stream, ending: &Ending) {
    match order {
        // Its thread reads the input, and reports.
        Order::EndReading if stream.has_input() => {}
        Order::EndReading => stream.shutdown_read(),
        // Its thread writes, and reports.
        Order::EndWriting if stream.has_space() => {}
        // A close would end it regularly. Its thread notices when its write has waited for long.
        Order::EndWriting if ending.resets.load(SeqCst) => ending.is_due.store(true, SeqCst),
        Order::EndWriting => stream.close(),
        Order::Abort => {
            ending.is_due.store(true, SeqCst);
            match ending.resets.load(SeqCst) {
                true => stream.shutdown_read(),
                false => stream.close(),
            }
        }
        Order::Report => {}
    }
}
