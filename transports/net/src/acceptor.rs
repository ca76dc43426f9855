//! The accept loop: it admits connections while endpoints have room, and ends with the last connection.

use std::cmp::Ordering;
use std::io::{self, ErrorKind};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use h1events_server::{
    ACCEPT_RETRY_DELAY, AcceptBackoff, Config, Endpoint, EndpointConfig, Impatience, Reaction,
    Summary,
};

use crate::accept_error::accept_error_kind;
use crate::guard::{Admitted, ConnectionGuard};
use crate::listener::{BACKLOG, Listener};
use crate::log::ServerLog;
use crate::poller::Poller;
use crate::purse::SharedPurse;
use crate::shared::{SharedEndpoint, Wakers, Watchful};
use crate::shutdown::ShutdownHandle;

/// Accepts connections for a server. The [crate documentation](crate#the-smallest-transport) has an example.
#[derive(Debug)]
pub struct Acceptor<L> {
    /// Limits and deadlines of a connection.
    pub config: Config,
    /// Limits of all connections together.
    pub endpoint_config: EndpointConfig,
    /// Bytes that the endpoints have taken.
    taken: Arc<AtomicUsize>,
    listeners: Vec<L>,
    poller: Poller,
    shutdown: ShutdownHandle,
    log: Arc<ServerLog>,
    endpoints: Vec<Arc<SharedEndpoint>>,
    backoff: AcceptBackoff,
    /// The position of the listener that was asked last: the others are next.
    latest: usize,
    /// Connections that the system's queues may still have from before the shutdown.
    queued: usize,
}

/// A connection that a transport gives back to [`Acceptor::run`], and the shortage of the system that
/// is the reason. The [smallest transport](crate#the-smallest-transport) gives none back.
pub type Refused<T> = (Admitted<T>, io::Error);

/// Connections accepted from one listener before the next one has its turn.
const BATCH: usize = 64;

/// Time between two checks while the server shuts down.
const DRAIN_TICK: Duration = Duration::from_millis(50);

/// Time that aborted connections get to end.
const ABORT_GRACE: Duration = Duration::from_millis(100);

impl<L: Listener> Acceptor<L> {
    /// Creates an acceptor that [listens](Self::listen) on a listener.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left, or refuses to make the listener non-blocking.
    pub fn new(listener: L) -> io::Result<Self> {
        let (poller, waker) = Poller::new()?;
        let mut acceptor = Self {
            config: Config::new(),
            endpoint_config: EndpointConfig::new(),
            taken: Arc::default(),
            listeners: Vec::new(),
            shutdown: ShutdownHandle::new(waker),
            poller,
            log: Arc::default(),
            endpoints: Vec::new(),
            backoff: AcceptBackoff::default(),
            latest: 0,
            queued: 0,
        };
        acceptor.listen(listener)?;
        Ok(acceptor)
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

    /// Returns the handle that shuts the server down.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.shutdown.clone()
    }

    /// Adds an endpoint, which gets a share of the connections of the
    /// [configuration](Self::endpoint_config). All endpoints share their memory. The thread that
    /// `tender` wakes handles the timeouts; if there is none, the acceptor does.
    pub fn add_endpoint(
        &mut self,
        max_connections: usize,
        tender: Option<Waker>,
    ) -> Arc<SharedEndpoint> {
        let config = self.endpoint_config.clone();
        let purse = SharedPurse { taken: Arc::clone(&self.taken), max: config.budget() };
        let mut endpoint = Endpoint::new(config, Box::new(purse));
        endpoint.set_max_connections(max_connections);
        let endpoint = Arc::new(SharedEndpoint {
            config: Arc::new(self.config.clone()),
            inner: Mutex::new((endpoint, Wakers::default())),
            is_watchful: Watchful::default(),
            tender,
            log: Arc::clone(&self.log),
            shutdown: self.shutdown.clone(),
        });
        self.endpoints.push(Arc::clone(&endpoint));
        endpoint
    }

    /// Accepts until the server is shut down and all its connections have ended, or the grace is
    /// over.
    ///
    /// `serve` is the transport's part. If the system is short of something, `serve` gives the connection
    /// back, and the acceptor makes room and tries again.
    pub fn run(
        mut self,
        mut serve: impl FnMut(Admitted<L::Accepted>) -> Result<(), Refused<L::Accepted>>,
    ) -> Summary {
        let (mut retry_at, mut unserved, mut shutdown) = (None, None, None);
        loop {
            let now = Instant::now();
            if let Some(deadline) = self.shutdown.deadline()
                && shutdown != Some(deadline)
            {
                if shutdown.is_none() {
                    self.queued = usize::from(BACKLOG) * self.listeners.len();
                }
                shutdown = Some(deadline);
                self.drain(deadline, now);
            }
            let untended = self.endpoints.iter().filter(|endpoint| endpoint.tender.is_none());
            let timeouts = untended.filter_map(|endpoint| endpoint.handle_timeout(now));
            let tend_at = timeouts.chain(shutdown.map(|_| now + DRAIN_TICK)).min();
            if shutdown.is_some_and(|deadline| self.has_ended(deadline, now)) {
                return self.endpoints.iter().map(|it| it.with(|it| it.summary())).sum();
            }
            let ready = self.wait(retry_at, tend_at);
            let now = Instant::now();
            retry_at = self.admit(unserved.take(), &ready, now, &mut serve).unwrap_or_else(
                |(admitted, error)| {
                    let complaint = format_args!("a connection can't be served yet: {error}");
                    self.log.complain("serve", complaint);
                    // A drain doesn't wait for more than the other connections can free.
                    let others = self.connections() - 1;
                    unserved = Some(admitted).filter(|_| shutdown.is_none() || others > 0);
                    unserved.as_ref().and_then(|_| self.make_room(now))
                },
            );
        }
    }

    /// Waits for connections, or until the time to try again, if there is one. Returns the positions of the
    /// listeners that have a connection.
    fn wait(&self, retry_at: Option<Instant>, tend_at: Option<Instant>) -> Vec<usize> {
        let until = [retry_at, tend_at].into_iter().flatten().min();
        let mut timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
        if retry_at.is_some() {
            // The newcomer may have room then, or may be gone.
            self.poll(&[], timeout.replace(Duration::ZERO));
        }
        self.poll(&self.listeners, timeout)
    }

    /// Returns the positions of the listeners that have a connection.
    fn poll(&self, listeners: &[L], timeout: Option<Duration>) -> Vec<usize> {
        self.poller.wait(listeners, timeout).unwrap_or_else(|error| {
            self.log.complain("poll", format_args!("waiting for connections failed: {error}"));
            thread::sleep(ACCEPT_RETRY_DELAY);
            Vec::new()
        })
    }

    /// Hands connections to `serve` while there is room. Returns when to try again, if not as soon as
    /// a connection waits.
    fn admit(
        &mut self,
        unserved: Option<Admitted<L::Accepted>>,
        ready: &[usize],
        now: Instant,
        serve: &mut impl FnMut(Admitted<L::Accepted>) -> Result<(), Refused<L::Accepted>>,
    ) -> Result<Option<Instant>, Refused<L::Accepted>> {
        unserved.map_or(Ok(()), &mut *serve)?;
        if ready.is_empty() {
            self.endpoints.iter().for_each(|endpoint| endpoint.with(Endpoint::relieve));
        }
        let (earlier, later) = ready.split_at(ready.partition_point(|&it| it <= self.latest));
        let mut retry_at = None;
        for &position in later.iter().chain(earlier) {
            for accepted in 0..BATCH {
                let Some(endpoint) = self.roomiest() else {
                    // Only before the first one does the acceptor know that another one waits.
                    return Ok(if accepted == 0 { self.make_room(now) } else { None });
                };
                self.latest = position;
                match self.listeners[position].accept() {
                    Ok((accepted, peer)) => {
                        self.backoff.accepted();
                        self.queued = self.queued.saturating_sub(1);
                        let shared = Arc::clone(&self.endpoints[endpoint]);
                        let guard = ConnectionGuard::open(shared, peer, now);
                        self.tell_others(endpoint, now);
                        serve(Admitted { endpoint, accepted, guard })?;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => match self.react(&error) {
                        Reaction::Retry => {}
                        Reaction::MakeRoom => return Ok(self.make_room(now)),
                        Reaction::Pause => {
                            // A drain waits for connections that can't be accepted only as long as
                            // others may free what is missing.
                            if self.connections() == 0 {
                                self.queued = 0;
                            }
                            // The other listeners may work.
                            retry_at = Some(now + ACCEPT_RETRY_DELAY);
                            break;
                        }
                    },
                }
            }
        }
        Ok(retry_at)
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

    /// Returns the endpoint with the fewest connections that has room.
    fn roomiest(&self) -> Option<usize> {
        let len = |(position, endpoint): (usize, &Arc<SharedEndpoint>)| {
            endpoint.with(|endpoint| endpoint.has_room().then(|| (endpoint.len(), position)))
        };
        self.endpoints.iter().enumerate().filter_map(len).min().map(|(_, position)| position)
    }

    /// Makes room on the endpoint with the best reason to end a connection. Returns when to check
    /// again.
    fn make_room(&self, now: Instant) -> Option<Instant> {
        let impatience = |endpoint: &mut Endpoint| {
            endpoint.newcomer_waits(now);
            endpoint.impatience(now)
        };
        let impatient = self.endpoints.iter().map(|it| (it.with(impatience), it));
        let by_reason = |a: &Option<Impatience>, b: &_| a.partial_cmp(b).unwrap_or(Ordering::Equal);
        let (_, endpoint) = impatient.max_by(|(a, _), (b, _)| by_reason(a, b))?;
        let again = endpoint.with(|endpoint| endpoint.make_room(now));
        endpoint.tender.iter().for_each(Waker::wake_by_ref);
        Some(again)
    }

    /// Tells the other endpoints of a newcomer, if more of them wait.
    fn tell_others(&self, endpoint: usize, now: Instant) {
        for (other, shared) in self.endpoints.iter().enumerate() {
            if other != endpoint && shared.is_watchful() {
                shared.with(|endpoint| endpoint.newcomer_admitted(now));
            }
        }
    }

    /// Returns the number of open connections.
    fn connections(&self) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.with(|endpoint| endpoint.len())).sum()
    }

    fn drain(&self, deadline: Instant, now: Instant) {
        let grace = deadline.saturating_duration_since(now);
        for endpoint in &self.endpoints {
            endpoint.with(|endpoint| endpoint.drain(grace, now));
            endpoint.tender.iter().for_each(Waker::wake_by_ref);
        }
    }

    /// Returns whether the drain has nothing left to do.
    fn has_ended(&mut self, deadline: Instant, now: Instant) -> bool {
        let is_empty = self.connections() == 0;
        let admits = self.endpoints.iter().all(|it| it.with(|it| it.admits(now)));
        let none_waits = self.poll(&self.listeners, Some(Duration::ZERO)).is_empty();
        if none_waits {
            self.queued = 0;
        }
        // Clients that connected before the shutdown are accepted, however long that takes. The
        // acceptor doesn't wait for later ones.
        if now >= deadline || !admits && self.queued == 0 || is_empty && none_waits {
            // From now on, the system refuses clients that connect.
            self.listeners.clear();
        }
        self.listeners.is_empty() && is_empty || now >= deadline + ABORT_GRACE
    }
}
