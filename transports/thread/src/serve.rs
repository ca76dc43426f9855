//! The connections of a server, each on a thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

use h1events_net::{ConnectionGuard, Host, Refused, Session, SharedEndpoint, Upgraded};
use h1events_server::{Config, ConnectionId, Order, Peer, Request, Response};

use crate::drive::{Driver, Ended};
use crate::stream::Stream;
use crate::threads::Threads;

/// What the application does with connections that it takes.
pub(crate) type OnUpgrade<S> = Box<dyn Fn(Upgraded<S>) + Send + Sync>;

/// What all connections of a server share.
pub(crate) struct Serving<S, A> {
    pub(crate) app: A,
    pub(crate) config: Arc<Config>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
    pub(crate) endpoint: Arc<SharedEndpoint>,
    /// By the index of the connection. Nobody but its thread keeps one outside of the lock.
    entries: Mutex<Vec<Option<Arc<Entry<S>>>>>,
}

/// A connection, as seen from outside of its thread.
struct Entry<S> {
    stream: S,
    thread: OnceLock<Thread>,
}

/// Serves what the acceptor admits.
pub(crate) struct ThreadHost<S, A> {
    pub(crate) serving: Arc<Serving<S, A>>,
    pub(crate) threads: Arc<Threads>,
}

impl<S, A> Host<S> for ThreadHost<S, A>
where
    S: Stream,
    A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
{
    fn serve(
        &mut self,
        _: usize,
        id: ConnectionId,
        stream: S,
        peer: Peer,
    ) -> Result<(), Refused<S>> {
        self.serving.enter(id, stream);
        let serving = Arc::clone(&self.serving);
        let running = self.serving.endpoint.lock().len();
        let served = self.threads.run(running, Box::new(move || serving.serve(id, peer)));
        served.map_err(|error| {
            let entry = self.serving.leave(id).and_then(Arc::into_inner);
            let accepted = entry.expect("no thread has it").stream;
            Refused { accepted, error }
        })
    }

    fn wake(&mut self, _: usize) {
        let mut endpoint = self.serving.endpoint.lock();
        let entries = self.serving.entries();
        while let Some(id) = endpoint.poll_wake() {
            if let Some(Some(entry)) = entries.get(id.index()) {
                entry.obey(endpoint.order(id));
            }
        }
    }

    fn tend(&mut self, now: Instant) -> Option<Instant> {
        self.serving.endpoint.lock().handle_timeout(now);
        self.wake(0);
        self.serving.endpoint.lock().timeout(now)
    }
}

impl<S: Stream> Entry<S> {
    /// Has the connection's thread, which may wait, hear what was decided.
    fn obey(&self, order: Order) {
        match order {
            // Its thread reads what has come, and reports.
            Order::EndReading if self.stream.has_input() => {}
            Order::EndReading => self.stream.shutdown_read(),
            // Its thread writes, and reports.
            Order::EndWriting if self.stream.has_space() => {}
            Order::EndWriting | Order::Abort => self.stream.close(),
            Order::Report => {}
        }
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

impl<S: Stream, A> Serving<S, A>
where
    A: Fn(&Request<'_>) -> Response,
{
    pub(crate) fn new(
        app: A,
        config: Config,
        on_upgrade: Option<OnUpgrade<S>>,
        endpoint: Arc<SharedEndpoint>,
    ) -> Self {
        Self { app, config: Arc::new(config), on_upgrade, endpoint, entries: Mutex::default() }
    }

    /// The whole life of a connection, on its thread.
    fn serve(&self, id: ConnectionId, peer: Peer) {
        log::info!("{peer}: opened");
        let guard = ConnectionGuard::new(Arc::clone(&self.endpoint), id);
        let mut session = Session::new(guard, peer, Arc::clone(&self.config));
        // It is dropped first: the descriptor is free before the endpoint hears of it.
        let entry_guard =
            EntryGuard { serving: self, id, entry: self.entries()[id.index()].clone() };
        let Some(entry) = &entry_guard.entry else { return };
        let _ = entry.thread.set(thread::current());
        match Driver::new(&self.app, &entry.stream, &mut session).run() {
            Ok(Ended::Closed) => {}
            Ok(Ended::Upgraded) => {
                if let Some(stream) = entry_guard.into_stream() {
                    self.upgrade(stream, session);
                }
            }
            Err(error) => log::debug!("{peer}: lost: {error}"),
        }
        log::info!("{peer}: closed");
    }

    /// Gives the connection to the application.
    fn upgrade(&self, stream: S, session: Session) {
        let peer = session.peer();
        // They are without timeouts for what takes them.
        if stream.set_read_timeout(None).and_then(|()| stream.set_write_timeout(None)).is_err() {
            return;
        }
        let Some(take) = &self.on_upgrade else {
            return log::warn!("{peer}: upgraded, but nobody takes it");
        };
        log::info!("{peer}: upgraded");
        let (upgraded, _guard) = session.into_upgraded(stream);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| take(upgraded))) {
            self.endpoint.log().panicked(peer, &*panic);
        }
    }

    fn enter(&self, id: ConnectionId, stream: S) {
        let mut entries = self.entries();
        if entries.len() <= id.index() {
            entries.resize_with(id.index() + 1, || None);
        }
        entries[id.index()] = Some(Arc::new(Entry { stream, thread: OnceLock::new() }));
    }

    fn leave(&self, id: ConnectionId) -> Option<Arc<Entry<S>>> {
        self.entries()[id.index()].take()
    }
}

impl<S, A> Serving<S, A> {
    fn entries(&self) -> MutexGuard<'_, Vec<Option<Arc<Entry<S>>>>> {
        // Nothing is left half done if a stream's own code panics.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's entry, which it leaves whatever happens.
struct EntryGuard<'a, S, A> {
    serving: &'a Serving<S, A>,
    id: ConnectionId,
    entry: Option<Arc<Entry<S>>>,
}

impl<S, A> EntryGuard<'_, S, A> {
    /// The stream, which no other thread knows any more.
    fn into_stream(mut self) -> Option<S> {
        self.leave();
        self.entry.take().and_then(Arc::into_inner).map(|entry| entry.stream)
    }

    fn leave(&self) {
        self.serving.entries()[self.id.index()] = None;
    }
}

impl<S, A> Drop for EntryGuard<'_, S, A> {
    fn drop(&mut self) {
        if self.entry.is_some() {
            self.leave();
        }
    }
}
