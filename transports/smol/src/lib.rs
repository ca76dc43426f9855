//! HTTP/1 on smol: an accept loop, and the loop over [`h1events_server`] with `.await`.
//!
//! There is no HTTP in here. Requests, answers, keep-alive and deadlines are the
//! connection's; this crate moves bytes and keeps time, on all cores.
//!
//! # Serve
//!
//! ```
//! use std::io::{Read, Write};
//! use std::time::Duration;
//! use h1events_smol::{Request, Response, Server};
//!
//! let server = Server::bind("127.0.0.1:0")?;
//! let address = server.local_addr()?;
//! let shutdown = server.shutdown();
//! let serving = std::thread::spawn(move || {
//!     server.serve(|request: &Request<'_>| match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     })
//! });
//!
//! let mut client = std::net::TcpStream::connect(address)?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nHello, World\n"));
//!
//! shutdown.begin(Duration::from_secs(1));
//! let summary = serving.join().unwrap()?;
//! assert_eq!((summary.connections, summary.cut_off), (1, 0));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! An application that awaits is served by [`Server::serve_async`].
//!
//! # How it works
//!
//! - One thread accepts. Each core has a thread with an executor of its own, and a
//!   connection stays on the one it was given to. So neither the application's futures nor
//!   the streams have to be `Send`.
//! - A **silent connection** (no byte of the next request yet) takes no time, and no buffer but for
//!   half an empty line. Beyond [`max_connections`](Server::max_connections), or when descriptors
//!   run out, the longest-silent one is closed to make room. If none is silent, one that lingers
//!   after its last answer; if none does, the next one that answers ends, after the requests that it
//!   has sent already.
//! - Each thread waits for its own sockets, with [mio], and no longer than until its earliest
//!   deadline. Before it waits, a busy one lets other threads run, if that has turned out to answer
//!   more requests.
//! - A panic of the application is a 500 and a line in the log.
//!
//! [mio]: https://docs.rs/mio
//!
//! # What it does not do
//!
//! An application that blocks its thread holds up the other connections of that core. Use
//! [`Server::serve_async`] with `smol::unblock`, or `h1events-thread`.

#![forbid(unsafe_code)]

mod accept;
mod deadlines;
mod desk;
mod drive;
mod listener;
mod load;
mod place;
mod queue;
mod reactor;
mod registry;
mod serve;
mod server;
mod socket;
mod stream;
mod upgrade;
mod worker;
mod workers;

pub use h1events_server::{
    Config, Field, InvalidHeader, Limits, Linger, MinDataRate, OwnedRequest, ParseRequestError,
    Request, Response, Version,
};
pub use h1events_serving::{Peer, Shutdown, Summary, Upgraded};
pub use listener::Listener;
pub use reactor::Reactor;
pub use server::Server;
pub use socket::Socket;
pub use stream::Stream;
