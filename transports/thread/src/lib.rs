//! An HTTP/1 server on [`std::net`] and [`std::thread`]: one thread for each connection.
//!
//! It is for small services, for tests, and for applications that block or compute. No runtime, no `async`: the
//! application is a function from [`&Request`](Request) to [`Response`]. For many thousands of connections, use
//! `h1events-smol`, which serves the same function.
//!
//! ```text
//!                       your function: &Request -> Response
//!                                     |
//!  client -- socket -- thread -- Connection --+
//!  client -- socket -- thread -- Connection --+-- Endpoint: admission, eviction
//!  client -- socket -- thread -- Connection --+
//!                         |           `--- h1events-server: all decisions, no I/O
//!                   this crate: reads, writes, waits; and the thread that accepts
//! ```
//!
//! The smallest program:
//!
//! ```no_run
//! use h1events_thread::{Request, Response, Server};
//!
//! fn hello(request: &Request<'_>) -> Response {
//!     match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     }
//! }
//!
//! fn main() -> std::io::Result<()> {
//!     Server::bind("127.0.0.1:8080")?.serve(hello)?;
//!     Ok(())
//! }
//! ```
//!
//! # Stop
//!
//! [`Server::serve`] returns after a [shutdown](ShutdownHandle::shutdown), which any thread can ask for:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::time::Duration;
//! use h1events_thread::{Request, Response, Server};
//!
//! let server = Server::bind("127.0.0.1:0")?;
//! let address = server.local_addr()?;
//! let handle = server.shutdown_handle();
//! let hello = |_: &Request<'_>| Response::text("Hello, World\n");
//! let serving = std::thread::spawn(move || server.serve(hello));
//!
//! let mut client = std::net::TcpStream::connect(address)?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert!(answer.ends_with("\r\n\r\nHello, World\n"));
//! drop(client);
//!
//! handle.shutdown(Duration::from_secs(4)); // as at Ctrl-C in the example `thread_hello`
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
//! use h1events_thread::{Request, RequestBody, Response, Server, reader};
//!
//! let server = Server::bind("127.0.0.1:8080")?;
//! server.serve_streaming(|request: &Request<'_>, body: RequestBody| match request.content_length() {
//!     Some(length) if length > 1_000_000_000 => Response::new(413),
//!     _ => Response::new(200).with_streamed_body(reader(body)),
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Limits and deadlines
//!
//! | What | Default | Set by | Beyond it |
//! |---|---|---|---|
//! | connections | 1,000 | [`Server::max_connections`] | one of them ends for a newcomer |
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
//! use h1events_thread::{Config, EndpointConfig, Server};
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
//! # assert_eq!(EndpointConfig::new().max_connections, None);
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
//! No answer can reach a client that has reset its connection, or closed it in both directions. The handler
//! goes on; if it works for long, it can ask its [`Client`]. The body of an answer that has no part yet is
//! dropped within a second, and one that blocks when it has its next part. A client that has only shut its
//! write half down gets its answer ([`ClientState`] says what a server can know).
//!
//! # What it takes care of
//!
//! - **Room**: at [`max_connections`](Server::max_connections), or when descriptors or threads run
//!   out, it admits a newcomer by closing the silent or stalled connection that has exceeded its patience by the
//!   largest factor ([`EndpointConfig`]).
//! - **Errors of `accept`**: the server neither spins nor gives up.
//! - **Deadlines**, by timeouts of the socket. A keep-alive connection rarely has to set
//!   one.
//! - **A panic of a handler** gives a 500 and a line in the log; all other connections go on.
//! - **Graceful shutdown** from any thread: see [`ShutdownHandle::shutdown`].
//! - **Memory**: an idle connection holds its thread and no buffer; all together hold no more than
//!   [`max_buffered`](EndpointConfig::max_buffered).
//! - **Any stream**: TCP and Unix sockets work as they are; TLS, or anything else with a descriptor to
//!   poll, needs a [`Listener`] and a [`Stream`], as in `examples/thread_tls.rs`.
//!
//! It writes to the [`log`]: connections opened and closed (info); refused requests, timeouts and
//! errors of accept, without any payload (the first of a kind in a minute as a warning, the
//! others at debug level); panics (error).
//!
//! # On Windows
//!
//! A shutdown of a socket wakes no blocked read. So each connection's thread wakes every 100 ms, and an
//! upgrade handler has to set a read timeout of its own if it is to end with the server.
//!
//! # Examples
//!
//! In `examples/`, each with how to run it and what to expect: `thread_hello`, `thread_unix`, `thread_tls`,
//! `thread_upgrade`, `thread_websocket`, and `thread_upload`, which stores uploads with a limit for each route.
//! The examples of `h1events-tower` run on this transport, too: an axum router, and a file server.
//!
//! # What it does not do
//!
//! - **No routing, no signal handlers, no TLS of its own**, no compression, no HTTP/2.
//! - **No decoding** of percent-encoding, queries, forms, cookies or multipart bodies.
//! - **No texts of your own** in the answers to malformed requests: they are plain text, and fixed.
//! - **No HTTP**: a [`Connection`](h1events_server::Connection) says what to do next, and an
//!   [`Endpoint`](h1events_server::Endpoint) decides about all connections.
//! - **No limit on the application's time**, even if the client has gone.
//!
//! # Coming from another library
//!
//! [`coming_from_tiny_http`] has both versions of a program side by side.

#![forbid(unsafe_code)]

mod application;
mod body;
mod client;
#[doc = include_str!("coming_from_tiny_http.md")]
pub mod coming_from_tiny_http {}
mod drive;
mod reader;
mod serve;
mod server;
mod stream;
mod threads;
mod timeout;
mod upgrade;

pub use body::RequestBody;
pub use client::Client;
pub use h1events_net::{ClientState, Listener, ShutdownHandle, Upgraded, raise_descriptor_limit};
/// The types of applications and configurations.
pub use h1events_server::{
    Body, BodyError, Config, Content, EndpointConfig, Field, InvalidHeader, Limits, Linger,
    MinDataRate, OwnedRequest, ParseRequestError, Part, Peer, Request, RequestBodyError, Response,
    Summary, Trailers, Version,
};
pub use reader::reader;
pub use server::Server;
pub use stream::Stream;
pub use upgrade::upgrade;
