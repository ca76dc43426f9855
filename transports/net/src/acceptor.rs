//! The accept loop: it admits connections as endpoints have room, and ends with the last of them.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use h1events_server::{
    ACCEPT_RETRY_DELAY, AcceptBackoff, Endpoint, EndpointConfig, Purse, Reaction, Summary,
};

use crate::accept_error::accept_error_kind;
use crate::guard::{Admitted, ConnectionGuard};
use crate::listener::Listener;
use crate::log::ServerLog;
use crate::poller::Poller;
use crate::shared::SharedEndpoint;
use crate::shutdown::{Begun, ShutdownHandle};

/// Accepts connections for a server.
#[derive(Debug)]
pub struct Acceptor<L> {
    listeners: Vec<L>,
    poller: Poller,
    shutdown: ShutdownHandle,
    log: Arc<ServerLog>,
}

/// A connection that can't be served now, and what the system is short of.
pub type Refused<T> = (Admitted<T>, io::Error);

/// Connections accepted from one listener before the next one has its turn.
const BATCH: usize = 64;

/// Time between two looks at the clock while the server shuts down.
const DRAIN_TICK: Duration = Duration::from_millis(50);

/// Time that connections which were cut off get to end.
const ABORT_GRACE: Duration = Duration::from_millis(100);

impl<L: Listener> Acceptor<L> {
    /// Creates an acceptor without listeners.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    pub fn new() -> io::Result<Self> {
        let poller = Poller::new()?;
        let shutdown = ShutdownHandle::new(poller.waker());
        Ok(Self { listeners: Vec::new(), poller, shutdown, log: Arc::default() })
    }

    /// Accepts from one more listener, which becomes non-blocking.
    ///
    /// # Errors
    ///
    /// The system refuses that.
    pub fn listen(&mut self, listener: L) -> io::Result<()> {
        rustix::io::ioctl_fionbio(&listener, true)?;
        self.listeners.push(listener);
        Ok(())
    }

    /// Returns the listeners, in the order in which they were added.
    #[must_use]
    pub fn listeners(&self) -> &[L] {
        &self.listeners
    }

    /// Returns the handle that ends the server.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.shutdown.clone()
    }

    /// Creates an endpoint for this acceptor. The thread that `tender` wakes handles its timeouts; if
    /// there is none, the acceptor does.
    #[must_use]
    pub fn endpoint(
        &self,
        config: EndpointConfig,
        purse: impl Purse + Send + 'static,
        tender: Option<Waker>,
    ) -> Arc<SharedEndpoint> {
        let (acceptor, log) = (self.poller.waker(), Arc::clone(&self.log));
        Arc::new(SharedEndpoint::new(config, purse, acceptor, tender, log))
    }

    /// Accepts until the server has been shut down and all its connections have ended, or their time
    /// is over.
    ///
    /// `serve` is the transport's part. It is given the position of the endpoint that has
    /// admitted the connection: a thread server has one, workers have one each. If the
    /// system is short of something, it gives the connection back; the acceptor makes room and tries
    /// again.
    pub fn run<S>(self, endpoints: &[Arc<SharedEndpoint>], serve: S) -> Summary
    where
        S: FnMut(usize, Admitted<L::Accepted>) -> Result<(), Refused<L::Accepted>>,
    {
        let (backoff, unserved, latest) = (AcceptBackoff::default(), None, 0);
        Accepting { acceptor: self, endpoints, serve, backoff, unserved, latest }.run()
    }
}

struct Accepting<'a, L: Listener, S> {
    acceptor: Acceptor<L>,
    endpoints: &'a [Arc<SharedEndpoint>],
    serve: S,
    backoff: AcceptBackoff,
    /// A connection that couldn't be served yet, and its endpoint.
    unserved: Option<(usize, Admitted<L::Accepted>)>,
    /// The position of the listener that was asked last: the others have their turn before it.
    latest: usize,
}

impl<L, S> Accepting<'_, L, S>
where
    L: Listener,
    S: FnMut(usize, Admitted<L::Accepted>) -> Result<(), Refused<L::Accepted>>,
{
    fn run(mut self) -> Summary {
        // Without a time, connections are accepted as soon as they come.
        let mut retry_at = None;
        let mut tend_at = None;
        let mut shutdown = None;
        loop {
            let mut ready = self.wait(retry_at, tend_at);
            let now = Instant::now();
            if shutdown != self.acceptor.shutdown.begun() {
                shutdown = self.acceptor.shutdown.begun();
                self.drain(now);
            }
            let tended = self.endpoints.iter().filter_map(|endpoint| endpoint.tend(now));
            tend_at = tended.chain(shutdown.map(|_| now + DRAIN_TICK)).min();
            if shutdown.is_some_and(|shutdown| self.has_ended(shutdown, now)) {
                return self.endpoints.iter().map(|endpoint| endpoint.lock().summary()).sum();
            }
            if retry_at.is_some() || self.acceptor.listeners.is_empty() {
                // The newcomer may have its room, or may be gone.
                ready = self.poll(&self.acceptor.listeners, Some(Duration::ZERO));
            }
            retry_at = self.admit(&ready, now);
        }
    }

    fn wait(&self, retry_at: Option<Instant>, tend_at: Option<Instant>) -> Vec<usize> {
        let until = [retry_at, tend_at].into_iter().flatten().min();
        let timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
        let listeners = if retry_at.is_some() { &[] } else { &*self.acceptor.listeners };
        self.poll(listeners, timeout)
    }

    /// The positions of the listeners that have a connection.
    fn poll(&self, listeners: &[L], timeout: Option<Duration>) -> Vec<usize> {
        self.acceptor.poller.wait(listeners, timeout).unwrap_or_else(|error| {
            let complaint = format_args!("waiting for connections failed: {error}");
            self.acceptor.log.complain("poll", complaint);
            thread::sleep(ACCEPT_RETRY_DELAY);
            Vec::new()
        })
    }

    /// Admits connections that wait, as long as there is room. Says when to try again, if not as soon
    /// as a connection waits.
    fn admit(&mut self, ready: &[usize], now: Instant) -> Option<Instant> {
        if let Some((endpoint, admitted)) = self.unserved.take()
            && !self.serve(endpoint, admitted)
        {
            return self.make_room(now);
        }
        if ready.is_empty() {
            self.endpoints.iter().for_each(|endpoint| endpoint.lock().relieve());
        }
        let (earlier, later) = ready.split_at(ready.partition_point(|&it| it <= self.latest));
        let mut retry_at = None;
        for &position in later.iter().chain(earlier) {
            for accepted in 0..BATCH {
                let Some(endpoint) = self.roomiest() else {
                    // Whether another one waits is known before the first one only.
                    return if accepted == 0 { self.make_room(now) } else { None };
                };
                self.latest = position;
                match self.acceptor.listeners[position].accept() {
                    Ok((accepted, peer)) => {
                        self.backoff.accepted();
                        let shared = Arc::clone(&self.endpoints[endpoint]);
                        let guard = ConnectionGuard::open(shared, peer, now);
                        if !self.serve(endpoint, Admitted { guard, accepted }) {
                            return self.make_room(now);
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => match self.react(&error) {
                        Reaction::Retry => {}
                        Reaction::MakeRoom => return self.make_room(now),
                        Reaction::Pause => {
                            // The other listeners may have no error.
                            retry_at = Some(now + ACCEPT_RETRY_DELAY);
                            break;
                        }
                    },
                }
            }
        }
        retry_at
    }

    /// Has an admitted connection served. Returns whether it needs no other attempt.
    fn serve(&mut self, endpoint: usize, admitted: Admitted<L::Accepted>) -> bool {
        let Err((admitted, error)) = (self.serve)(endpoint, admitted) else { return true };
        let complaint = format_args!("a connection can't be served yet: {error}");
        self.acceptor.log.complain("serve", complaint);
        if !self.acceptor.shutdown.has_begun() {
            self.unserved = Some((endpoint, admitted));
        }
        self.unserved.is_none()
    }

    fn react(&mut self, error: &io::Error) -> Reaction {
        let reaction = self.backoff.failed(accept_error_kind(error));
        if reaction == Reaction::Retry {
            log::debug!("a connection was lost: {error}");
        } else {
            let complaint = format_args!("accepting failed: {error}; trying again");
            self.acceptor.log.complain("accept", complaint);
        }
        reaction
    }

    /// The endpoint with the fewest connections that has room.
    fn roomiest(&self) -> Option<usize> {
        let len = |(position, endpoint): (usize, &Arc<SharedEndpoint>)| {
            let endpoint = endpoint.lock();
            endpoint.has_room().then(|| (endpoint.len(), position))
        };
        self.endpoints.iter().enumerate().filter_map(len).min().map(|(_, position)| position)
    }

    /// Makes room on the endpoint that has the connection with the greatest age over its
    /// patience. Says when to look again.
    fn make_room(&mut self, now: Instant) -> Option<Instant> {
        let impatience = |endpoint: &SharedEndpoint| {
            let mut endpoint = endpoint.lock();
            endpoint.newcomer_waits(now);
            endpoint.impatience(now).unwrap_or(-1.0)
        };
        let impatient = self.endpoints.iter().map(|endpoint| (impatience(endpoint), endpoint));
        let (_, endpoint) = impatient.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        let again = endpoint.lock().make_room(now);
        endpoint.wake_tender();
        Some(again)
    }

    fn drain(&mut self, now: Instant) {
        let deadline = self.acceptor.shutdown.deadline();
        let grace = deadline.map(|deadline| deadline.saturating_duration_since(now));
        for endpoint in self.endpoints {
            endpoint.lock().drain(grace, now);
            endpoint.wake_tender();
        }
    }

    /// Whether the drain has nothing left to do.
    fn has_ended(&mut self, Begun { deadline }: Begun, now: Instant) -> bool {
        let all = |is: fn(&Endpoint, Instant) -> bool| {
            self.endpoints.iter().all(|endpoint| is(&endpoint.lock(), now))
        };
        let listeners = &self.acceptor.listeners;
        let is_empty = all(|endpoint, _| endpoint.is_empty());
        if !all(Endpoint::admits)
            || is_empty && self.poll(listeners, Some(Duration::ZERO)).is_empty()
        {
            // Clients that connect from now on are refused by the system.
            self.acceptor.listeners.clear();
        }
        self.acceptor.listeners.is_empty() && is_empty
            || deadline.is_some_and(|deadline| now >= deadline + ABORT_GRACE)
    }
}
