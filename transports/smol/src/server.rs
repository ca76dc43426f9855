//! The server: what it is made of, and its threads.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::num::NonZero;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use std::{fmt, thread};

use h1events_connection::{Config, Request, Response};
use h1events_serving::{CUT_OFF, Room, Shutdown, Summary, Upgraded, Yielding, descriptors};
use smol::channel::{Receiver, bounded, unbounded};
use smol::{Async, Timer, future};

use crate::accept::{Acceptor, Hand};
use crate::connection::Serving;
use crate::listener::Listener;
use crate::reactor::Reactor;
use crate::registry::{Load, NEVER, Registry, Tally};
use crate::upgrade::{OnUpgrade, on_upgrade};
use crate::worker::{self, Command};

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

/// Descriptors that are left to the application.
const SPARE_DESCRIPTORS: usize = 64;

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
    /// None so far.
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
    /// It is lowered to what RLIMIT_NOFILE allows, less some for the application.
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
        let epoch = Instant::now();
        let serving = Arc::new(Serving {
            app,
            config: Arc::new(self.config),
            on_upgrade: self.on_upgrade,
            yielding: Yielding::new(epoch),
        });
        let (wake, room_made) = wake();
        let room = Arc::new(Room::new(wake));
        let (started_sender, started) = unbounded();
        let (tally_sender, tallies) = unbounded();
        let mut hands = Vec::new();
        for number in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            let load = Arc::new(Load {
                open: AtomicUsize::new(0),
                oldest: [const { AtomicU64::new(NEVER) }; 2],
                making_room: AtomicBool::new(false),
                room: Arc::clone(&room),
                epoch,
            });
            let (commands, receiver) = unbounded();
            let serving = Arc::clone(&serving);
            let registry = Registry::new(Arc::clone(&load), self.shutdown.clone());
            let (started_sender, tally_sender) = (started_sender.clone(), tally_sender.clone());
            thread::Builder::new().name(format!("h1-{number}")).spawn(move || {
                let (reactor, started) = match Reactor::new() {
                    Ok(reactor) => (Some(reactor), Ok(())),
                    Err(error) => (None, Err(error)),
                };
                // If nobody waits for one of these any more, it came too late.
                let _ = started_sender.try_send(started);
                if let Some(reactor) = reactor {
                    let tally = worker::run::<L, A>(&reactor, &serving, receiver, registry);
                    let _ = tally_sender.try_send((number, tally));
                }
            })?;
            if let Ok(started) = started.recv_blocking() {
                started?;
            }
            hands.push(Hand { number, commands, load });
        }
        drop(tally_sender);

        let mut acceptor = Acceptor {
            listener: self.listener,
            max_connections: self.max_connections.min(descriptors(SPARE_DESCRIPTORS)).max(1),
            hands,
            room,
            room_made,
            accepted: 0,
        };
        future::block_on(async {
            let begun = async {
                let _ = self.shutdown_begun.recv().await;
            };
            future::or(begun, acceptor.run()).await;
            acceptor.accept_the_rest().await;
            let Acceptor { listener, hands, accepted, .. } = acceptor;
            drop(listener);
            let tally = finish(&hands, &self.shutdown, &self.shutdown_begun, &tallies).await;
            let Tally { idle, finished, cut_off } = tally;
            Ok(Summary { connections: accepted, idle, finished, cut_off })
        })
    }
}

/// Ends the workers, and waits for them until shortly after the time they have.
async fn finish<T>(
    hands: &[Hand<T>],
    shutdown: &Shutdown,
    shutdown_begun: &Receiver<()>,
    tallies: &Receiver<(usize, Tally)>,
) -> Tally {
    let mut results = BTreeMap::new();
    loop {
        let deadline = shutdown.deadline();
        for hand in hands {
            let _ = hand.commands.try_send(Command::End(deadline));
        }
        let over = async {
            match deadline.and_then(|deadline| deadline.checked_add(CUT_OFF)) {
                Some(deadline) => drop(Timer::at(deadline).await),
                None => future::pending().await,
            }
            true
        };
        let all = async {
            while let Ok((number, tally)) = tallies.recv().await {
                results.insert(number, tally);
            }
            true
        };
        let again = async {
            let _ = shutdown_begun.recv().await;
            false
        };
        if future::or(all, future::or(over, again)).await {
            break;
        }
    }
    let mut sum = Tally::default();
    for hand in hands {
        let tally = results.remove(&hand.number).unwrap_or_else(|| Tally {
            cut_off: hand.load.open.load(Ordering::SeqCst) as u64,
            ..Tally::default()
        });
        sum.idle += tally.idle;
        sum.finished += tally.finished;
        sum.cut_off += tally.cut_off;
    }
    sum
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
