//! The accept loop: it admits connections as endpoints have room, and ends with the last of them.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use h1events_server::{
    ACCEPT_RETRY_DELAY, AcceptBackoff, ConnectionId, Endpoint, Peer, Reaction, Summary,
};

use crate::accept_error::accept_error_kind;
use crate::listener::Listener;
use crate::log::ServerLog;
use crate::poller::Poller;
use crate::shared::SharedEndpoint;
use crate::shutdown::ShutdownHandle;

/// The transport's part: it serves the connections that the acceptor admits.
///
/// Endpoints are named by their position: a thread server has one, workers have one each.
pub trait Host<T> {
    /// Serves a connection that an endpoint has admitted.
    ///
    /// # Errors
    ///
    /// The system is short of something. The acceptor makes room and tries again.
    fn serve(
        &mut self,
        endpoint: usize,
        id: ConnectionId,
        accepted: T,
        peer: Peer,
    ) -> Result<(), Refused<T>>;

    /// Wakes the connections that [`Endpoint::poll_wake`] of an endpoint names.
    fn wake(&mut self, endpoint: usize);

    /// Handles the timeouts of endpoints that have no thread of their own. Returns when to do so next.
    fn tend(&mut self, now: Instant) -> Option<Instant>;
}

/// A connection that can't be served now.
#[derive(Debug)]
pub struct Refused<T> {
    /// What was accepted.
    pub accepted: T,
    /// What the system said.
    pub error: io::Error,
}

/// Accepts connections for a server.
#[derive(Debug)]
pub struct Acceptor<L> {
    listeners: Vec<L>,
    poller: Poller,
    shutdown: ShutdownHandle,
}

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
        let shutdown = ShutdownHandle::new(poller.notifier());
        Ok(Self { listeners: Vec::new(), poller, shutdown })
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

    /// Returns what an endpoint wakes the acceptor with.
    #[must_use]
    pub fn notifier(&self) -> crate::Notifier {
        self.poller.notifier()
    }

    /// Accepts until the server has been shut down and all its connections have ended, or their time
    /// is over.
    pub fn run(
        self,
        endpoints: &[Arc<SharedEndpoint>],
        log: &ServerLog,
        host: impl Host<L::Accepted>,
    ) -> Summary {
        let Self { listeners, poller, shutdown } = self;
        let backoff = AcceptBackoff::default();
        let (unserved, latest) = (None, 0);
        Accepting { listeners, poller, shutdown, endpoints, log, host, backoff, unserved, latest }
            .run()
    }
}

struct Accepting<'a, L: Listener, H> {
    listeners: Vec<L>,
    poller: Poller,
    shutdown: ShutdownHandle,
    endpoints: &'a [Arc<SharedEndpoint>],
    log: &'a ServerLog,
    host: H,
    backoff: AcceptBackoff,
    /// A connection that was admitted, and that the host couldn't serve yet.
    unserved: Option<Unserved<L::Accepted>>,
    /// The position of the listener that was asked last: the others have their turn before it.
    latest: usize,
}

struct Unserved<T> {
    endpoint: usize,
    id: ConnectionId,
    accepted: T,
    peer: Peer,
}

/// When to accept next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// When a connection can be accepted.
    Ready,
    /// At that time, or when the endpoints have something to tell.
    At(Instant),
}

impl<L: Listener, H: Host<L::Accepted>> Accepting<'_, L, H> {
    fn run(mut self) -> Summary {
        let mut drains_until = None;
        let mut next = Next::Ready;
        let mut tend_at = None;
        loop {
            let mut ready = self.wait(next, tend_at);
            let now = Instant::now();
            if self.shutdown.has_begun() && drains_until != Some(self.shutdown.deadline()) {
                drains_until = Some(self.shutdown.deadline());
                self.drain(now);
            }
            tend_at = self.host.tend(now);
            if drains_until.is_some() {
                if self.has_ended(now) {
                    return self.summary();
                }
                if self.listeners.is_empty() {
                    ready.clear();
                }
                let tick = now + DRAIN_TICK;
                tend_at = Some(tend_at.map_or(tick, |tend_at| tend_at.min(tick)));
            }
            if next != Next::Ready {
                // The newcomer may have its room, or may be gone.
                ready = self.poll(Some(Duration::ZERO));
            }
            next = self.admit(&ready, now);
        }
    }

    fn wait(&self, next: Next, tend_at: Option<Instant>) -> Vec<usize> {
        let at = match next {
            Next::Ready => tend_at,
            Next::At(at) => Some(tend_at.map_or(at, |tend_at| tend_at.min(at))),
        };
        let timeout = at.map(|at| at.saturating_duration_since(Instant::now()));
        match next {
            Next::Ready => self.poll(timeout),
            Next::At(_) => self.poll_with(&[], timeout),
        }
    }

    fn poll(&self, timeout: Option<Duration>) -> Vec<usize> {
        self.poll_with(&self.listeners, timeout)
    }

    fn poll_with(&self, listeners: &[L], timeout: Option<Duration>) -> Vec<usize> {
        self.poller.wait(listeners, timeout).unwrap_or_else(|error| {
            self.log.complain("poll", format_args!("waiting for connections failed: {error}"));
            thread::sleep(ACCEPT_RETRY_DELAY);
            Vec::new()
        })
    }

    /// Admits connections that wait, as long as there is room.
    fn admit(&mut self, ready: &[usize], now: Instant) -> Next {
        if let Some(unserved) = self.unserved.take()
            && let Err(next) = self.serve(unserved, now)
        {
            return next;
        }
        if ready.is_empty() {
            self.endpoints.iter().for_each(|endpoint| endpoint.lock().relieve());
        }
        let (earlier, later) = ready.split_at(ready.partition_point(|&it| it <= self.latest));
        let mut next = Next::Ready;
        for &position in later.iter().chain(earlier) {
            for accepted in 0..BATCH {
                let Some(endpoint) = self.roomiest() else {
                    // Whether another one waits is known before the first one only.
                    return if accepted == 0 { self.make_room(now) } else { Next::Ready };
                };
                self.latest = position;
                match self.listeners[position].accept() {
                    Ok((accepted, peer)) => {
                        self.backoff.accepted();
                        let id = self.endpoints[endpoint].lock().open(now);
                        let unserved = Unserved { endpoint, id, accepted, peer };
                        if let Err(next) = self.serve(unserved, now) {
                            return next;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => match self.react(&error) {
                        Reaction::Retry => {}
                        Reaction::MakeRoom => return self.make_room(now),
                        Reaction::Pause => {
                            // The other listeners may have no error.
                            next = Next::At(now + ACCEPT_RETRY_DELAY);
                            break;
                        }
                    },
                }
            }
        }
        next
    }

    /// Has an admitted connection served, or says when to try again.
    fn serve(&mut self, unserved: Unserved<L::Accepted>, now: Instant) -> Result<(), Next> {
        let Unserved { endpoint, id, accepted, peer } = unserved;
        let Err(Refused { accepted, error }) = self.host.serve(endpoint, id, accepted, peer) else {
            return Ok(());
        };
        self.log.complain("serve", format_args!("a connection can't be served yet: {error}"));
        if self.shutdown.has_begun() {
            self.endpoints[endpoint].lock().close(id);
            return Ok(());
        }
        self.unserved = Some(Unserved { endpoint, id, accepted, peer });
        Err(self.make_room(now))
    }

    fn react(&mut self, error: &io::Error) -> Reaction {
        let reaction = self.backoff.failed(accept_error_kind(error));
        if reaction == Reaction::Retry {
            log::debug!("a connection was lost: {error}");
        } else {
            self.log.complain("accept", format_args!("accepting failed: {error}; trying again"));
        }
        reaction
    }

    /// The endpoint with the fewest connections that has room.
    fn roomiest(&self) -> Option<usize> {
        let len = |position: usize| {
            let endpoint = self.endpoints[position].lock();
            endpoint.has_room().then(|| endpoint.len())
        };
        let with_room =
            (0..self.endpoints.len()).filter_map(|position| Some((len(position)?, position)));
        with_room.min().map(|(_, position)| position)
    }

    /// Makes room on the endpoint that has the connection with the greatest age over its
    /// patience. Says when to look again.
    fn make_room(&mut self, now: Instant) -> Next {
        let impatience = |position: usize| {
            let mut endpoint = self.endpoints[position].lock();
            endpoint.newcomer_waits(now);
            endpoint.impatience(now).unwrap_or(-1.0)
        };
        let positions = (0..self.endpoints.len()).map(|position| (impatience(position), position));
        let Some((_, position)) = positions.max_by(|(a, _), (b, _)| a.total_cmp(b)) else {
            return Next::Ready;
        };
        let again = self.endpoints[position].lock().make_room(now);
        self.host.wake(position);
        Next::At(again)
    }

    fn drain(&mut self, now: Instant) {
        let deadline = self.shutdown.deadline();
        let grace = deadline.map(|deadline| deadline.saturating_duration_since(now));
        for position in 0..self.endpoints.len() {
            self.endpoints[position].lock().drain(grace, now);
            self.host.wake(position);
        }
    }

    /// Whether the drain has nothing left to do.
    fn has_ended(&mut self, now: Instant) -> bool {
        let all = |is: fn(&Endpoint, Instant) -> bool| {
            self.endpoints.iter().all(|endpoint| is(&endpoint.lock(), now))
        };
        let is_empty = all(|endpoint, _| endpoint.is_empty());
        if !all(Endpoint::admits) || is_empty && self.poll(Some(Duration::ZERO)).is_empty() {
            // Clients that connect from now on are refused by the system.
            self.listeners.clear();
        }
        if self.listeners.is_empty() && is_empty {
            return true;
        }
        let deadline = self.shutdown.deadline();
        deadline.is_some_and(|deadline| now >= deadline + ABORT_GRACE)
    }

    fn summary(&self) -> Summary {
        self.endpoints.iter().map(|endpoint| endpoint.lock().summary()).sum()
    }
}
