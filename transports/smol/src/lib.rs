//! An HTTP/1 server on smol, on all cores: one task for each connection.
//!
//! It is for services that have many connections, or that await other services: an idle connection takes about a
//! kilobyte. The application is a function from [`&Request`](Request) to [`Response`], or an `async` one. If it blocks
//! or computes for long, use `h1events-thread`, which serves the same function.
//!
//! ```text
//!                       your function: &Request -> Response, with or without .await
//!                                     |
//!  client -- socket -- task -- Connection --+
//!  client -- socket -- task -- Connection --+-- Endpoint, one a core: admission, eviction
//!  client -- socket -- task -- Connection --+
//!                       |           `--- h1events-server: all decisions, no I/O
//!                 this crate: an executor and a reactor a core; and the thread that accepts
//! ```
//!
//! The smallest program:
//!
//! ```no_run
//! use h1events_smol::{Request, Response, Server};
//!
//! async fn hello(request: &Request<'_>) -> Response {
//!     match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     }
//! }
//!
//! fn main() -> std::io::Result<()> {
//!     Server::bind("127.0.0.1:8080")?.serve_async(hello)?;
//!     Ok(())
//! }
//! ```
//!
//! A function without `async` is served by [`Server::serve`].
//!
//! # Stop
//!
//! [`Server::serve`] returns after a [shutdown](ShutdownHandle::shutdown), which any thread can ask for:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::time::Duration;
//! use h1events_smol::{Request, Response, Server};
//!
//! let server = Server::bind("127.0.0.1:0")?;
//! let address = server.local_addr()?;
//! let handle = server.shutdown_handle();
//! let hello = |_: &Request<'_>| Response::text("Hello, World\n");
//! let serving = std::thread::spawn(move || server.serve(hello));
//!
//! let mut client = std::net::TcpStream::connect(address)?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert!(answer.ends_with("\r\n\r\nHello, World\n"));
//!
//! handle.shutdown(Duration::from_secs(1)); // as at Ctrl-C in the example `smol_hello`
//! let summary = serving.join().unwrap()?;
//! assert_eq!((summary.connections, summary.cut_off), (1, 0));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Stream
//!
//! [`Server::serve_streaming`] calls the application at the end of a request's head. The application reads the
//! body as it comes, and can make the answer from it at the same time:
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
//! # Limits and deadlines
//!
//! | What | Default | Set by | Beyond it |
//! |---|---|---|---|
//! | connections | 16,384 | [`Server::max_connections`] | one of them ends for a newcomer |
//! | bytes buffered for all | 256 MiB | [`EndpointConfig::max_buffered`] | large requests wait, then get a 503 |
//! | the target | 8 KiB | [`Limits::target`] | 414 |
//! | the head | 64 KiB, 128 lines of 16 KiB | [`Limits`] | 431 |
//! | a body that is collected | 1 MiB | [`Limits::content`] | 413 |
//! | a body that is streamed | none | [`Config::streamed_content`] | 413 |
//! | time between two requests | 30 s | [`Config::keep_alive_timeout`] | closed |
//! | time for a head | 30 s | [`Config::header_read_timeout`] | 408 |
//! | time for a body | 20 s, then 500 bytes a second | [`Config::body_data_rate`] | 408 |
//! | time to read an answer | 20 s, then 500 bytes a second | [`Config::write_data_rate`] | dropped |
//! | time of the application | none | | |
//!
//! The tables of [`Config`] and [`Limits`] have the values of nginx, Apache httpd, Node.js, hyper and HAProxy. That of
//! [`Diagnostic`](h1events_server::Diagnostic) has the answer to each error.
//!
//! ```
//! use std::time::Duration;
//! use h1events_smol::{Config, EndpointConfig, Server};
//!
//! let mut config = Config::new(); // for each connection
//! # assert_eq!([config.keep_alive_timeout, config.header_read_timeout], [Duration::from_secs(30); 2]);
//! # for rate in [config.body_data_rate, config.write_data_rate] {
//! #     assert_eq!((rate.grace_period, rate.bytes_per_second), (Duration::from_secs(20), 500));
//! # }
//! # let limits = config.limits;
//! # assert_eq!((limits.target, limits.header_section, limits.field_line), (8 << 10, 64 << 10, 16 << 10));
//! # assert_eq!((limits.header_lines, limits.content), (128, 1 << 20));
//! # assert_eq!(config.streamed_content, u64::MAX);
//! # assert_eq!(EndpointConfig::new().max_buffered, 256 << 20);
//! config.header_read_timeout = Duration::from_secs(5);
//! config.limits.content = 64 * 1024; // for `serve`, which collects bodies
//! config.streamed_content = 64 * 1024; // for `serve_streaming` and tower
//! let mut endpoint = EndpointConfig::new(); // for all of them
//! endpoint.max_buffered = 64 * 1024 * 1024;
//!
//! let server = Server::bind("127.0.0.1:0")?
//!     .config(config)
//!     .endpoint_config(endpoint)
//!     .max_connections(500);
//! # drop(server);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Clients that leave
//!
//! No answer can reach a client that has reset its connection, or closed it in both directions. So the
//! connection ends at once, and the handler's future is dropped at its `await`, or the body of the answer is:
//! hyper does the same. Work that must be completed, such as a payment, belongs in a task of its own
//! (`smol::spawn`), which can ask a [`Client`] whether it has gone. A client that has only shut its
//! write half down gets its answer ([`ClientState`] says what a server can know).
//!
//! # How it works
//!
//! - One thread accepts. Each core has a thread with an executor of its own, and each connection stays on
//!   its thread. So neither the application's futures nor the streams have to be `Send`.
//! - **An idle connection** takes no time and no buffer, only about a kilobyte. At
//!   [`max_connections`](Server::max_connections), or when descriptors run out, the server admits a newcomer by
//!   closing the silent or stalled connection that has exceeded its patience by the largest factor
//!   ([`EndpointConfig`]).
//! - **A busy connection** gives way to the others of its thread after 32 answers or 5 ms.
//! - Each thread waits for its own sockets, with [mio], and no longer than until its earliest
//!   deadline. Input is read before a deadline is judged, however late the thread is.
//! - A panic of the application gives a 500 and a line in the log.
//!
//! [mio]: https://docs.rs/mio
//!
//! # Examples
//!
//! In `examples/`, each with how to run it and what to expect: `smol_hello`, `smol_async`, `smol_unix`,
//! `smol_tls`, `smol_upgrade`, `smol_websocket`, and `smol_proxy`, a reverse proxy that forwards bodies as they
//! come. The examples of `h1events-tower` run on this transport, too: an axum router, and a file server.
//!
//! # What it does not do
//!
//! - **No routing, no signal handlers, no TLS of its own**, no compression, no HTTP/2.
//! - **No decoding** of percent-encoding, queries, forms, cookies or multipart bodies.
//! - **No texts of your own** in the answers to malformed requests: they are plain text, and fixed.
//! - **No HTTP**: a [`Connection`](h1events_server::Connection) says what to do next, and an
//!   [`Endpoint`](h1events_server::Endpoint) decides about all connections.
//! - **No help against handlers that block**: they block all connections of their core. Use
//!   [`Server::serve_async`] with `smol::unblock`, or `h1events-thread`.
//! - **No runtime of tokio**: a handler that needs one brings it, as a service does
//!   [in `h1events-tower`](https://docs.rs/h1events-tower/latest/h1events_tower/#services-that-need-tokio).
//!
//! # Coming from another library
//!
//! From hyper: a [page](https://docs.rs/h1events-tower/latest/h1events_tower/coming_from_hyper/) of `h1events-tower` has
//! both versions of a program side by side.

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
/// The types of applications and configurations.
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
