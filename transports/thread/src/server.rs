//! The server: what it is made of.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::{fmt, io};

use h1events_net::{Acceptor, Listener, ShutdownHandle, descriptor_limit};
use h1events_server::{Config, EndpointConfig, Request, Response, Summary};

use crate::application::{Application, Collecting, Streaming};
use crate::body::RequestBody;
use crate::serve::serve;
use crate::stream::Stream;
use crate::threads::Threads;

/// A server that has its address and waits to [`serve`](Self::serve).
///
/// See the [crate documentation](crate) for an example.
#[must_use]
pub struct Server<L: Listener<Accepted: Stream>> {
    acceptor: Acceptor<L>,
    stack_size: Option<usize>,
}

/// Descriptors that are left to the application, and for connections that are about to end.
const SPARE_DESCRIPTORS: usize = 48;

impl Server<TcpListener> {
    /// Binds a server to a TCP address, IPv4 or IPv6. With port 0, the system chooses one, which
    /// [`local_addr`](Self::local_addr) tells.
    ///
    /// # Errors
    ///
    /// The address isn't one, or the system refuses it: in use, not ours, not allowed.
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
    /// Makes a server on a listener: the caller's own, a Unix socket, one that makes TLS
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

    /// Sets what a connection is allowed, and for how long.
    pub fn config(mut self, config: Config) -> Self {
        self.acceptor.config = config;
        self
    }

    /// Sets what all connections together are allowed: how many there may be, and how much they may
    /// buffer.
    ///
    /// The number of connections is lowered to what `RLIMIT_NOFILE` allows, less some for the
    /// application.
    pub fn endpoint_config(mut self, config: EndpointConfig) -> Self {
        self.acceptor.endpoint_config = config;
        self
    }

    /// Sets how many connections there may be at the same time, each with a thread.
    /// Default: 1,000.
    pub const fn max_connections(mut self, max: usize) -> Self {
        self.acceptor.endpoint_config.max_connections = max;
        self
    }

    /// Sets the size of the stacks that handlers run on, in bytes. Default: that of std, 2 MiB or
    /// `RUST_MIN_STACK`. It is virtual memory: what isn't touched costs nothing.
    pub const fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Returns the handle that ends the server.
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
    /// The application is called from many threads at the same time.
    ///
    /// # Errors
    ///
    /// None at present: once it serves, it survives all errors.
    pub fn serve<A>(self, app: A) -> io::Result<Summary>
    where
        A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.serve_application(Collecting(app))
    }

    /// Serves with an application that reads the bodies of requests itself: it is called at the end
    /// of a request's head, from many threads at the same time.
    ///
    /// It may answer without reading the body, read it as it comes, or make the answer of it while it
    /// comes. A body may have any length, unless [`Config::streamed_content`] bounds it.
    ///
    /// # Errors
    ///
    /// None at present: once it serves, it survives all errors.
    pub fn serve_streaming<A>(self, app: A) -> io::Result<Summary>
    where
        A: Fn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static,
    {
        self.serve_application(Streaming(app))
    }

    fn serve_application<A: Application>(self, app: A) -> io::Result<Summary> {
        let Self { mut acceptor, stack_size } = self;
        let descriptors = descriptor_limit(SPARE_DESCRIPTORS);
        let config = &mut acceptor.endpoint_config;
        let max = config.max_connections.min(descriptors).max(1);
        config.max_connections = max;
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

impl<L: Listener<Accepted: Stream> + fmt::Debug> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("acceptor", &self.acceptor).finish_non_exhaustive()
    }
}
