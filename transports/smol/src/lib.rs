//! An HTTP/1 server on smol, on all cores: one task for each connection.
//!
//! There is no HTTP in here, and no policy: a [`Connection`](h1events_server::Connection) says what
//! to do next, an [`Endpoint`](h1events_server::Endpoint) decides over all of them, and this crate
//! reads, writes and waits, with `.await`.
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
//! let handle = server.shutdown_handle();
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
//! handle.shutdown(Duration::from_secs(1));
//! let summary = serving.join().unwrap()?;
//! assert_eq!((summary.connections, summary.cut_off), (1, 0));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! An application that awaits is served by [`Server::serve_async`].
//!
//! # Stream
//!
//! An application of [`Server::serve_streaming`] is called at the end of a request's head. It reads the
//! body as it comes, and an answer may be made of it meanwhile:
//!
//! ```no_run
//! use h1events_smol::{Request, RequestBody, Response, Server, stream};
//!
//! let server = Server::bind("127.0.0.1:8080")?;
//! server.serve_streaming(async |request: &Request<'_>, body: RequestBody| {
//!     match request.content_length() {
//!         Some(length) if length > 1_000_000_000 => Response::new(413),
//!         _ => Response::new(200).with_streamed_body(stream(body)),
//!     }
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Clients that go
//!
//! A client that resets its connection, or closes it in both directions, gets no answer any more. So the
//! connection ends at once, and with it the handler's future at its `await`, or the body of the answer:
//! hyper does the same. What is to be done anyway, such as a payment, belongs into a task of its own
//! (`smol::spawn`), which learns from a [`Client`] that nobody waits for it. A client that has only shut its
//! write half down gets its answer ([`ClientState`] says what can be known).
//!
//! # Examples
//!
//! In `examples/`, each with how to run it and what to expect: `smol_hello`, `smol_async`, `smol_unix`,
//! `smol_tls`, `smol_upgrade`, `smol_websocket`, and `smol_proxy`, a reverse proxy that forwards bodies as they
//! come. Those of `h1events-tower` run on this transport, too: an axum router, and a file server.
//!
//! # How it works
//!
//! - One thread accepts. Each core has a thread with an executor of its own, and a
//!   connection stays on the one it was given to. So neither the application's futures nor
//!   the streams have to be `Send`.
//! - **An idle connection** takes no time and no buffer: about a kilobyte. At
//!   [`max_connections`](Server::max_connections), or when descriptors run out, the connection
//!   with the greatest age over its patience ends for a newcomer: one that is silent or makes no
//!   progress ([`EndpointConfig`]).
//! - **A busy connection** gives way to the others of its thread after 32 answers or 5 ms.
//! - Each thread waits for its own sockets, with [mio], and no longer than until its earliest
//!   deadline. What has come is read before a deadline is judged, however late the thread is.
//! - A panic of the application is a 500 and a line in the log.
//!
//! [mio]: https://docs.rs/mio
//!
//! # What it does not do
//!
//! An application that blocks its thread holds up the other connections of that core. Use
//! [`Server::serve_async`] with `smol::unblock`, or `h1events-thread`.

#![forbid(unsafe_code)]

mod application;
mod body;
mod client;
mod context;
mod drive;
mod reactor;
mod reader;
mod server;
mod socket;
mod stream;
mod upgrade;
mod worker;

pub use body::RequestBody;
pub use client::Client;
pub use h1events_net::{ClientState, Listener, ShutdownHandle, Upgraded, raise_descriptor_limit};
/// The types that applications and configurations are made of.
pub use h1events_server::{
    Body, BodyError, Config, Content, EndpointConfig, Field, InvalidHeader, Limits, Linger,
    MinDataRate, OwnedRequest, ParseRequestError, Part, Peer, Request, RequestBodyError, Response,
    Summary, Trailers, Version,
};
pub use reactor::Reactor;
pub use reader::{reader, stream};
pub use server::Server;
pub use socket::Socket;
#[cfg(unix)]
pub use stream::UnixSocket;
pub use stream::{IntoStream, Stream, TcpSocket};
pub use upgrade::upgrade;
