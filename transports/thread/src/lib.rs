//! An HTTP/1 server on [`std::net`] and [`std::thread`]: one thread for each connection.
//!
//! There is no HTTP in here: a [`Connection`](h1events_server::Connection) says what to
//! do next, and this crate does it: accept, read, write, wait, close.
//!
//! ```
//! use std::time::Duration;
//! use h1events_thread::{Request, Response, Server};
//!
//! fn hello(request: &Request<'_>) -> Response {
//!     match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     }
//! }
//!
//! let server = Server::bind("127.0.0.1:0")?;
//! let address = server.local_addr()?;
//! let shutdown = server.shutdown();
//! let serving = std::thread::spawn(move || server.serve(hello));
//!
//! // A client:
//! use std::io::{Read, Write};
//! let mut client = std::net::TcpStream::connect(address)?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nHello, World\n"));
//!
//! drop(client);
//!
//! // As a signal handler would:
//! shutdown.begin(Duration::from_secs(4));
//! let summary = serving.join().unwrap()?;
//! assert_eq!((summary.connections, summary.cut_off), (1, 0));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What it takes care of
//!
//! - **A silent connection holds nobody up.** Browsers open connections ahead of need and send
//!   nothing on them. At the cap, or when descriptors or threads run out, the connection that
//!   has been silent for longest is closed at once, to make room. If none is silent, one that
//!   lingers after its last answer; if none does, accepting pauses until one ends, and the next
//!   one that answers does, after the requests that it has sent already.
//! - **Errors of `accept`** are survived: those of one connection at once, those of the system
//!   after room has been made or a pause. It neither spins nor gives up.
//! - **Deadlines**, by the timeouts of the socket. They are set anew only where it matters, which
//!   for a connection that is kept alive means: hardly ever.
//! - **A panicking handler** is answered with a 500 and logged; all others go on.
//! - **Graceful shutdown** from any thread: see [`Shutdown::begin`].
//! - **Few waits**: a busy server lets other threads run before one waits for its client, if that
//!   has turned out to answer more requests.
//! - **Memory**: a silent connection holds its thread, and no buffer but for half an empty line.
//! - **Any stream**: TCP and Unix sockets are there; TLS, or anything else with a descriptor to
//!   poll, takes a [`Listener`] and a [`Stream`], as in `examples/thread_tls.rs`.
//!
//! What it tells the [`log`]: connections opened and closed (info), refused requests and
//! timeouts without a byte of their payload (warn), trouble with accepting (warn), panics (error).
//!
//! # What it does not do
//!
//! No signal handlers, no routing, no TLS of its own, no HTTP. It runs on Unix.

#![forbid(unsafe_code)]

mod accept;
mod drive;
mod listener;
mod registry;
mod serve;
mod server;
mod stream;
mod threads;
mod timeout;
mod wake;

/// The connection's types that are part of this crate's interface.
pub use h1events_server::{
    Config, Field, InvalidHeader, Limits, Linger, MinDataRate, OwnedRequest, ParseRequestError,
    Request, Response, Version,
};
/// The end of a server, and those who are at the other end of its connections.
pub use h1events_serving::{Peer, Shutdown, Summary, Upgraded};
pub use listener::Listener;
pub use server::Server;
pub use stream::Stream;
