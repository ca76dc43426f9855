//! The server: what it is made of.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Instant;

use h1events_server::{Config, Request, Response};
use h1events_serving::{Room, Shutdown, Summary, Upgraded, Yielding, descriptors};
use smol::channel::{Receiver, bounded};
use smol::{Async, future};

use crate::accept::Accepting;
use crate::listener::Listener;
use crate::serve::Serving;
use crate::upgrade::{OnUpgrade, on_upgrade};
use crate::workers::{self, Workers};

/// A server that has its address and waits to [`serve`](Self::serve).
///
/// See the [crate documentation](crate) for an example.
#[must_use]
pub struct Server<L: Listener> {
    listener: L,
    config: Config,
    max_connections: usize,
    on_upgrade: Option<OnUpgrade<L::Stream>>,
    shutdown: Shutdown,
    shutdown_begun: Receiver<()>,
}

/// A silent one costs about a kilobyte.
const MAX_CONNECTIONS: usize = 16_384;

/// Descriptors that are left to the application, and what each worker takes for its reactor.
const SPARE_DESCRIPTORS: usize = 64;
const REACTOR_DESCRIPTORS: usize = 3;

impl Server<Async<TcpListener>> {
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
        Self::new(Async::new(listener)?)
    }

    /// The address, with its real port.
    ///
    /// # Errors
    ///
    /// The system can't tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.get_ref().local_addr()
    }
}

impl Server<Async<UnixListener>> {
    /// A server on a Unix socket.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    pub fn from_unix(listener: UnixListener) -> io::Result<Self> {
        Self::new(Async::new(listener)?)
    }
}

impl<L: Listener> Server<L> {
    /// A server on any source of connections.
    ///
    /// # Errors
    ///
    /// None: it returns what the constructor of h1events-thread does, which needs descriptors.
    pub fn new(listener: L) -> io::Result<Self> {
        let (wake, shutdown_begun) = wake();
        let shutdown = Shutdown::new(wake);
        Ok(Self {
            listener,
            config: Config::new(),
            max_connections: MAX_CONNECTIONS,
            on_upgrade: None,
            shutdown,
            shutdown_begun,
        })
    }

    /// What a connection allows, and for how long.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How many connections there are at the same time. Default: 16,384.
    ///
    /// It is at least 1, and lowered to what RLIMIT_NOFILE allows, less some for the application.
    pub const fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = max;
        self
    }

    /// Who takes connections after [`Response::upgrade`]. Its future runs on the thread of the
    /// connection and may take as long as it wants, up to the end of a shutdown. Without it,
    /// such a connection is closed.
    pub fn on_upgrade<H>(mut self, handler: H) -> Self
    where
        H: AsyncFn(Upgraded<L::Stream>) + Send + Sync + 'static,
    {
        self.on_upgrade = Some(on_upgrade(handler));
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

    /// Serves on all cores until it is [shut down](Shutdown::begin).
    ///
    /// The application is called from many threads at the same time. While it runs, the
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

    /// Serves with an application that may await: its futures stay on the thread of their
    /// connection and needn't be `Send`. It blocks like [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// The threads can't be started, or have no descriptors. Once it serves, it survives all
    /// errors.
    pub fn serve_async<A>(self, app: A) -> io::Result<Summary>
    where
        A: AsyncFn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        let serving = Arc::new(Serving {
            app,
            config: Arc::new(self.config),
            on_upgrade: self.on_upgrade,
            yielding: Yielding::new(Instant::now()),
            shutdown: self.shutdown.clone(),
        });
        let (wake, room_made) = wake();
        let room = Arc::new(Room::new(wake));
        let workers = Workers::start::<L, A>(&serving, &room)?;
        let spare = SPARE_DESCRIPTORS + REACTOR_DESCRIPTORS * workers::count();
        let accepting = Accepting {
            listener: self.listener,
            max_connections: self.max_connections.min(descriptors(spare)).max(1),
            workers,
            room,
            room_made,
            accepted: 0,
        };
        Ok(future::block_on(accepting.run(&self.shutdown, &self.shutdown_begun)))
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

/// What wakes a thread, and what is received there.
fn wake() -> (impl Fn() + Send + Sync, Receiver<()>) {
    let (sender, receiver) = bounded(1);
    let wake = move || {
        // If there is a wake-up already, that one is enough.
        let _ = sender.try_send(());
    };
    (wake, receiver)
}
