//! The server: what it is made of.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use std::{fmt, io};

use h1events_server::{Config, Request, Response};
use h1events_serving::{Shutdown, Summary, Upgraded, Yielding, descriptors};

use crate::accept::Accepting;
use crate::listener::Listener;
use crate::registry::Registry;
use crate::serve::{OnUpgrade, Serving};
use crate::wake::Wake;

/// A server that has its address and waits to [`serve`](Self::serve).
///
/// See the [crate documentation](crate) for an example.
#[must_use]
pub struct Server<L: Listener> {
    listener: L,
    config: Config,
    max_connections: usize,
    stack_size: usize,
    on_upgrade: Option<OnUpgrade<L::Stream>>,
    wake: Arc<Wake>,
    shutdown: Shutdown,
}

/// A thread for each of them is affordable, and browsers of a hundred users fit in.
const MAX_CONNECTIONS: usize = 1_000;

/// Descriptors that are left to the application, and for connections that are about to end.
const SPARE_DESCRIPTORS: usize = 48;

/// A handler's stack. It is virtual memory: what isn't touched costs nothing, but 1,000 times
/// the 2 MiB that std takes would be refused where address space is limited.
const STACK_SIZE: usize = 512 * 1024;

impl Server<TcpListener> {
    /// A server on a TCP address, IPv4 or IPv6. With port 0, the system chooses one, which
    /// [`local_addr`](Self::local_addr) tells.
    ///
    /// # Errors
    ///
    /// The address isn't one, or the system refuses it: in use, not ours, not allowed.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::from_tcp(h1events_serving::bind(address)?)
    }

    /// A server on a listener that is there already.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    pub fn from_tcp(listener: TcpListener) -> io::Result<Self> {
        Self::new(listener)
    }

    /// The address, with its real port.
    ///
    /// # Errors
    ///
    /// The system can't tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Server<UnixListener> {
    /// A server on a Unix socket.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    pub fn from_unix(listener: UnixListener) -> io::Result<Self> {
        Self::new(listener)
    }
}

impl<L: Listener> Server<L> {
    /// A server on any source of connections.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    pub fn new(listener: L) -> io::Result<Self> {
        let wake = Arc::new(Wake::new()?);
        let shutdown = Shutdown::new({
            let wake = Arc::clone(&wake);
            move || wake.wake()
        });
        Ok(Self {
            listener,
            config: Config::new(),
            max_connections: MAX_CONNECTIONS,
            stack_size: STACK_SIZE,
            on_upgrade: None,
            wake,
            shutdown,
        })
    }

    /// What a connection allows, and for how long.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How many connections there are at the same time, each with a thread. Default: 1,000.
    ///
    /// It is at least 1, and lowered to what RLIMIT_NOFILE allows, less some for the application.
    /// Up to 16 that have been closed and are about to end don't count.
    pub const fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = max;
        self
    }

    /// How large the stacks are that handlers run on. Default: 512 KiB, of virtual memory.
    pub const fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Who takes connections after [`Response::upgrade`]. It runs on the connection's
    /// thread and may take as long as it wants. Without it, such a connection is closed.
    pub fn on_upgrade<H>(mut self, handler: H) -> Self
    where
        H: Fn(Upgraded<L::Stream>) + Send + Sync + 'static,
    {
        self.on_upgrade = Some(Box::new(handler));
        self
    }

    /// The handle that ends it.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// The source of connections.
    pub const fn listener(&self) -> &L {
        &self.listener
    }

    /// Serves until it is [shut down](Shutdown::begin).
    ///
    /// The application is called from many threads at the same time.
    ///
    /// # Errors
    ///
    /// The listener can't be used at all. Once it serves, it survives all errors.
    pub fn serve<A>(self, app: A) -> io::Result<Summary>
    where
        A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        rustix::io::ioctl_fionbio(&self.listener, true)?;
        let serving = Serving {
            app,
            config: Arc::new(self.config),
            on_upgrade: self.on_upgrade,
            registry: Registry::new(self.shutdown.clone(), Arc::clone(&self.wake)),
            pool: Mutex::default(),
            yielding: Yielding::new(Instant::now()),
            wake: self.wake,
            shutdown: self.shutdown,
        };
        let max_connections = self.max_connections.min(descriptors(SPARE_DESCRIPTORS)).max(1);
        let accepting =
            Accepting::new(self.listener, max_connections, self.stack_size, Arc::new(serving));
        Ok(accepting.run())
    }
}

impl<L: Listener + fmt::Debug> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("config", &self.config)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
