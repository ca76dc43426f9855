//! The server, and its configuration.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use h1events_net::{Acceptor, Listener, ShutdownHandle, descriptor_limit};
use h1events_server::{Config, EndpointConfig, Request, Response, Summary};

use crate::application::Application;
use crate::body::RequestBody;
use crate::serve::serve;
use crate::stream::Stream;
use crate::threads::Threads;

/// A server that is bound to its address, and ready to [`serve`](Self::serve).
///
/// See the [crate documentation](crate) for an example.
#[derive(Debug)]
#[must_use]
pub struct Server<L: Listener<Accepted: Stream>> {
    acceptor: Acceptor<L>,
    stack_size: Option<usize>,
}

/// Default number of connections, each of which has a thread.
const MAX_CONNECTIONS: usize = 1_000;

/// Descriptors that are left to the application, and to connections that are about to end.
const SPARE_DESCRIPTORS: usize = 48;

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

impl<L: Listener<Accepted: Stream>> Server<L> {
    /// Creates a server on a listener: one of the caller's own, a Unix socket, one that makes TLS
    /// streams.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left, or the listener can't be made non-blocking.
    pub fn new(listener: L) -> io::Result<Self> {
        Ok(Self { acceptor: Acceptor::new(listener)?, stack_size: None })
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
    /// application.
    pub fn endpoint_config(mut self, config: EndpointConfig) -> Self {
        self.acceptor.endpoint_config = config;
        self
    }

    /// Sets the highest number of open connections, each with a thread. Default:
    /// 1,000.
    pub const fn max_connections(mut self, max: usize) -> Self {
        self.acceptor.endpoint_config.max_connections = Some(max);
        self
    }

    /// Sets the size of the stacks that handlers run on, in bytes. Default: that of std, 2 MiB or
    /// `RUST_MIN_STACK`. It is virtual memory: untouched pages cost nothing.
    pub const fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
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
    /// The server calls the application from many threads at the same time.
    ///
    /// # Errors
    ///
    /// None at present: it survives all errors.
    pub fn serve<A>(self, app: A) -> io::Result<Summary>
    where
        A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.serve_application(Application::Collecting(Box::new(app)))
    }

    /// Serves an application that reads the bodies of requests itself: the server calls it at the end
    /// of a request's head, from many threads at the same time.
    ///
    /// The application may answer without reading the body, read it as it comes, or make the answer from it
    /// meanwhile. A body may have any length, unless [`Config::streamed_content`] limits it.
    /// [`Request::body`] is empty: to collect a body, read it up to a limit of your own.
    ///
    /// # Errors
    ///
    /// None at present: it survives all errors.
    pub fn serve_streaming<A>(self, app: A) -> io::Result<Summary>
    where
        A: Fn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static,
    {
        self.serve_application(Application::Streaming(Box::new(app)))
    }

    fn serve_application(self, app: Application) -> io::Result<Summary> {
        let Self { mut acceptor, stack_size } = self;
        let descriptors = descriptor_limit(SPARE_DESCRIPTORS);
        let config = &mut acceptor.endpoint_config;
        let max = config.max_connections.unwrap_or(MAX_CONNECTIONS).min(descriptors).max(1);
        config.max_connections = Some(max);
        let endpoint = acceptor.add_endpoint(max, None);
        let threads = Threads::new(stack_size, move |admitted| serve(&app, admitted));
        let summary = acceptor.run(|admitted| {
            let connections = endpoint.with(|endpoint| endpoint.len());
            threads.give(admitted, connections)
        });
        threads.end();
        Ok(summary)
    }
}
