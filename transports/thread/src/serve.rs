//! The life of a connection in its thread, from its first step to whoever takes it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::{io, thread};

use h1events_server::{Config, Request, Response};
use h1events_serving::{Pool, Shutdown, Upgraded, Yielding, message};

use crate::drive::{Driver, Lost};
use crate::registry::{Entry, Registry};
use crate::stream::Stream;
use crate::wake::Wake;

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> = Box<dyn Fn(Upgraded<S>) + Send + Sync>;

/// What all connections of a server share.
pub(crate) struct Serving<S, A> {
    pub(crate) app: A,
    pub(crate) config: Arc<Config>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
    pub(crate) registry: Registry<S>,
    pub(crate) pool: Mutex<Pool>,
    pub(crate) yielding: Yielding,
    pub(crate) wake: Arc<Wake>,
    pub(crate) shutdown: Shutdown,
}

/// The whole life of a connection, in its thread.
pub(crate) fn serve_connection<S, A>(serving: &Serving<S, A>, number: u64)
where
    S: Stream,
    A: Fn(&Request<'_>) -> Response,
{
    let seat = Seat { serving, number };
    let Some(entry) = serving.registry.get(number) else { return };
    let peer = entry.peer;
    log::info!("{peer}: opened");
    match Driver::new(serving, &entry).run() {
        Ok(None) | Err(Lost::ClosedFromOutside) => drop(entry),
        Ok(Some(connection)) => match seat.take_stream(entry) {
            Ok(stream) => serving.upgrade(Upgraded::new(connection, stream)),
            Err(error) => log::debug!("{peer}: lost: {error}"),
        },
        Err(Lost::Error(error)) => {
            drop(entry);
            log::debug!("{peer}: lost: {error}");
        }
    }
    drop(seat);
    log::info!("{peer}: closed");
}

impl<S: Stream, A> Serving<S, A> {
    /// Gives the connection to whoever takes it.
    fn upgrade(&self, upgraded: Upgraded<S>) {
        let peer = upgraded.peer();
        let Some(take) = &self.on_upgrade else {
            return log::warn!("{peer}: upgraded, but nobody takes it");
        };
        log::info!("{peer}: upgraded");
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| take(upgraded))) {
            log::error!("{peer}: who took it panicked: {}", message(&*panic));
        }
    }
}

/// A connection's place among the running ones, which it leaves whatever happens.
struct Seat<'a, S: Stream, A> {
    serving: &'a Serving<S, A>,
    number: u64,
}

impl<S: Stream, A> Seat<'_, S, A> {
    /// The stream, which nobody else knows any more, without timeouts.
    fn take_stream(&self, entry: Arc<Entry<S>>) -> io::Result<S> {
        self.serving.registry.give_away(self.number);
        let entry = Arc::into_inner(entry).expect("only the registry had another one");
        entry.stream.set_read_timeout(None)?;
        entry.stream.set_write_timeout(None)?;
        Ok(entry.stream)
    }
}

impl<S: Stream, A> Drop for Seat<'_, S, A> {
    fn drop(&mut self) {
        if thread::panicking() {
            log::error!("connection {}: its stream panicked", self.number);
        }
        self.serving.registry.ended(self.number);
    }
}
