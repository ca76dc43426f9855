//! The server, and its configuration.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::num::NonZero;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{io, thread};

use h1events_net::{Acceptor, Listener, ShutdownHandle, descriptor_limit};
use h1events_server::{Config, EndpointConfig, Request, Response, Summary};
use smol::channel::unbounded;

use crate::application::{Application, Collecting, Streaming};
use crate::body::RequestBody;
use crate::context::WorkerContext;
use crate::reactor::{self, Reactor};
use crate::stream::IntoStream;
use crate::worker;

/// A server that is bound to its address, and ready to [`serve`](Self::serve).
///
/// See the [crate documentation](crate) for an example.
#[derive(Debug)]
#[must_use]
pub struct Server<L: Listener<Accepted: IntoStream>> {
    acceptor: Acceptor<L>,
    threads: usize,
}

/// Default number of connections. An idle one takes about a kilobyte.
const MAX_CONNECTIONS: usize = 16_384;

/// Descriptors that are left to the application, and that each worker takes for its reactor.
const SPARE_DESCRIPTORS: usize = 64;
const REACTOR_DESCRIPTORS: usize = 2;

/// Time that the workers get to end after their last connection.
const JOIN_TIMEOUT: Duration = Duration::from_millis(100);

impl Server<TcpListener> {
    /// Binds a server to a TCP address, IPv4 or IPv6. With port 0, the system chooses one, which
    /// [`local_addr`](Self::local_addr) tells.
    ///
    /// # Errors
    ///
    /// The address is invalid, or the system refuses it: in use, not local, not permitted.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::new(h1events_net::bind(address)?)
    }

    /// Returns the address of the first listener, with its real port.
    ///
    /// # Errors
    ///
    /// The system can't tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listeners()[0].local_addr()
    }
}

impl<L: Listener<Accepted: IntoStream>> Server<L> {
    /// Creates a server on a listener: one of the caller's own, a Unix socket, one that makes TLS
    /// streams.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left, or the listener can't be made non-blocking.
    pub fn new(listener: L) -> io::Result<Self> {
        let acceptor = Acceptor::new(listener)?;
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self { acceptor, threads })
    }

    /// Listens on one more listener.
    ///
    /// # Errors
    ///
    /// The listener can't be made non-blocking.
    pub fn listen(mut self, listener: L) -> io::Result<Self> {
        self.acceptor.listen(listener)?;
        Ok(self)
    }

    /// Sets the limits and deadlines of a connection.
    pub fn config(mut self, config: Config) -> Self {
        self.acceptor.config = config;
        self
    }

    /// Sets the limits of all connections together: their number, and the bytes that they may
    /// buffer. It replaces a number that [`max_connections`](Self::max_connections) has set.
    ///
    /// The number of connections is lowered to what `RLIMIT_NOFILE` allows, less some for the
    /// application. The threads share it.
    pub fn endpoint_config(mut self, config: EndpointConfig) -> Self {
        self.acceptor.endpoint_config = config;
        self
    }

    /// Sets the highest number of open connections. Default: 16,384.
    pub const fn max_connections(mut self, max: usize) -> Self {
        self.acceptor.endpoint_config.max_connections = Some(max);
        self
    }

    /// Sets the number of threads that serve, at most one for each connection. Default: one for each
    /// core that the process may use.
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Returns the handle that shuts the server down.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.acceptor.shutdown_handle()
    }

    /// Returns the listeners, in the order in which they were added.
    #[must_use]
    pub fn listeners(&self) -> &[L] {
        self.acceptor.listeners()
    }

    /// Serves until the server is [shut down](ShutdownHandle::shutdown).
    ///
    /// The server calls the application from many threads at the same time. While it runs, the
    /// other connections of its thread wait.
    ///
    /// # Errors
    ///
    /// The threads can't be started, or have no descriptors. Once it serves, it survives all
    /// errors.
    pub fn serve<A>(self, app: A) -> io::Result<Summary>
    where
        A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.serve_async(async move |request: &Request<'_>| app(request))
    }

    /// Serves an application that may await. Its futures stay on the thread of their
    /// connection and needn't be `Send`. This blocks like [`serve`](Self::serve). A future is dropped when
    /// its client [is gone](crate#clients-that-leave).
    ///
    /// # Errors
    ///
    /// The threads can't be started, or have no descriptors. Once it serves, it survives all
    /// errors.
    pub fn serve_async<A>(self, app: A) -> io::Result<Summary>
    where
        A: AsyncFn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.serve_application(Collecting(app))
    }

    /// Serves an application that reads the bodies of requests itself: the server calls it at the end
    /// of a request's head. Its futures stay on the thread of their connection and needn't be `Send`. This
    /// blocks like [`serve`](Self::serve).
    ///
    /// The application may answer without reading the body, read it as it comes, or make the answer from it
    /// meanwhile. A body may have any length, unless [`Config::streamed_content`] limits it. [`Request::body`] is
    /// empty: to collect a body, read it up to a limit of your own. A future is dropped when its client
    /// [is gone](crate#clients-that-leave).
    ///
    /// # Errors
    ///
    /// The threads can't be started, or have no descriptors. Once it serves, it survives all
    /// errors.
    pub fn serve_streaming<A>(self, app: A) -> io::Result<Summary>
    where
        A: AsyncFn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static,
    {
        self.serve_application(Streaming(app))
    }

    fn serve_application<A: Application + Send + Sync>(self, app: A) -> io::Result<Summary> {
        let Self { mut acceptor, threads } = self;
        let app = Arc::new(app);
        let (end, ended) = mpsc::channel::<()>();
        let mut workers = Vec::new();
        let config = &mut acceptor.endpoint_config;
        let reactors = REACTOR_DESCRIPTORS.saturating_mul(threads.max(1));
        let spare = reactors.saturating_add(SPARE_DESCRIPTORS);
        let max = config.max_connections.unwrap_or(MAX_CONNECTIONS);
        let max = max.min(descriptor_limit(spare)).max(1);
        config.max_connections = Some(max);
        for max_connections in shares(max, threads) {
            let (poll, notifier) = reactor::poll()?;
            let tender = Arc::clone(&notifier).into();
            let endpoint = acceptor.add_endpoint(max_connections, Some(tender));
            let (sender, admitted) = unbounded();
            workers.push(sender);
            let (app, end) = (Arc::clone(&app), end.clone());
            let name = format!("h1-{}", workers.len());
            thread::Builder::new().name(name).spawn(move || {
                let reactor = Reactor::new(poll, notifier);
                let context = WorkerContext::new(app, reactor);
                worker::run(&context, &endpoint, &admitted);
                drop(end);
            })?;
        }
        drop(end);
        let summary = acceptor.run(move |admitted| {
            let gone = || io::Error::other("a worker doesn't serve any more");
            let sent = workers[admitted.endpoint].try_send(admitted);
            sent.map_err(|error| (error.into_inner(), gone()))
        });
        // If a handler blocks its worker, the worker ends when the handler does.
        let _ = ended.recv_timeout(JOIN_TIMEOUT);
        Ok(summary)
    }
}

/// Returns each worker's share of the connections.
fn shares(all: usize, threads: usize) -> impl Iterator<Item = usize> {
    let threads = threads.clamp(1, all);
    (0..threads).map(move |worker| all / threads + usize::from(worker < all % threads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_the_connections_exactly() {
        for (max, threads) in [(1, 8), (7, 2), (8, 3), (100, 1), (5, 0)] {
            let shares: Vec<_> = shares(max, threads).collect();
            assert_eq!(shares.iter().sum::<usize>(), max);
            assert!(shares.len() <= threads.max(1) && shares.iter().all(|&share| share > 0));
        }
    }
}
