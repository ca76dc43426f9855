//! An HTTP/1 server without I/O.
//!
//! It is for transports of your own, and for tests of an application without a socket. To run a server,
//! use [`h1events-thread`] or [`h1events-smol`], which move the bytes.
//!
//! [`h1events-thread`]: https://docs.rs/h1events-thread
//! [`h1events-smol`]: https://docs.rs/h1events-smol
//!
//! ```text
//!              application               a function from &Request to Response
//!                   |
//!  +----------------+-------------------------------------------------------------+
//!  |  Connection, one each               Endpoint, one a server                   |
//!  |  requests, answers, bodies,         admission, eviction, memory,             |
//!  |  deadlines, how to close            the end of the server                    |
//!  +----------------+----------------------------------+--------------------------+
//!                   | Step: read, write, handle, ...   | reports, verdicts
//!               transport                sockets, threads or tasks, the clock
//! ```
//!
//! Neither has a socket, a thread or a clock: a transport moves the bytes, and time is an argument.
//! So tests run in virtual time, and a transport on threads and one on an async runtime serve the same
//! application in the same way.
//!
//! The smallest program is an application and its test:
//!
//! ```
//! use h1events_server::{OwnedRequest, Request, Response};
//!
//! fn hello(request: &Request<'_>) -> Response {
//!     match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     }
//! }
//!
//! fn main() -> Result<(), h1events_server::ParseRequestError> {
//!     let request = OwnedRequest::parse(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")?;
//!     assert_eq!(hello(&request.as_request()).body(), b"Hello, World\n");
//!     Ok(())
//! }
//! ```
//!
//! # The loop of a connection
//!
//! A transport asks for the next [`Step`] and takes it:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use std::task::{Context, Waker};
//! use std::time::{Instant, SystemTime};
//! use h1events_server::{Config, Connection, Peer, Request, Response, Step};
//!
//! fn hello(request: &Request<'_>) -> Response {
//!     match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     }
//! }
//!
//! /// Ignores deadlines; a real transport has to keep them.
//! fn serve(mut stream: impl Read + Write, peer: Peer) -> std::io::Result<()> {
//!     let config = Arc::new(Config::new());
//!     let mut connection = Connection::new(config, peer, Instant::now(), SystemTime::now);
//!     loop {
//!         match connection.step(Instant::now()) {
//!             Step::Read { .. } => match stream.read(connection.read_space())? {
//!                 0 => connection.read_eof(),
//!                 n => connection.advance_read(n),
//!             },
//!             Step::Write { .. } => {
//!                 let n = stream.write_vectored(&connection.write_slices())?;
//!                 connection.advance_write(n);
//!             }
//!             Step::Handle => {
//!                 let response = hello(&connection.request());
//!                 connection.respond(response, Instant::now());
//!             }
//!             Step::Allocate { bytes } => connection.set_allowance(bytes),
//!             Step::Produce => {
//!                 // A real transport waits until the waker is woken, if the body has no part yet.
//!                 let _ = connection.poll_body(&mut Context::from_waker(Waker::noop()));
//!             }
//!             Step::Shutdown => {} // stream.shutdown(Shutdown::Write)
//!             Step::Upgraded | Step::Reset | Step::Close => return Ok(()),
//!         }
//!     }
//! }
//! # struct Client(&'static [u8], Vec<u8>);
//! # impl Read for Client {
//! #     fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> { self.0.read(space) }
//! # }
//! # impl Write for Client {
//! #     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.1.write(bytes) }
//! #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let mut client = Client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Vec::new());
//! # serve(&mut client, Peer::Local).unwrap();
//! # assert!(client.1.starts_with(b"HTTP/1.1 200 OK\r\n") && client.1.ends_with(b"\r\n\r\nHello, World\n"));
//! ```
//!
//! # What a connection promises
//!
//! 1. **One answer for each request**, in the order of the requests, and none after the last
//!    one (RFC 9112 sections 9.2 and 9.3.2). Answers to pipelined requests leave in one write of up to 32
//!    answers or about 64 KiB. The connection isn't read while answers wait to be written.
//! 2. **The connection frames the answers.** It adds Date, Content-Length and Connection, leaves
//!    content out where there is none (HEAD, 204, 205, 304), and lets no field break the message.
//! 3. **A malformed request gets an error**, in a fixed text, after the answers to the requests
//!    before it. Nothing that follows is parsed.
//! 4. **Every connection ends.** Each [`Step::Read`] and [`Step::Write`] has a deadline, and trickled
//!    bytes don't extend it. An idle connection is closed without an answer, a slow request gets a
//!    408, a slow reader is dropped ([`Config`]). The application's time doesn't count, nor does the wait
//!    for memory.
//! 5. **The last answer arrives**, unless the connection is dropped. To close, the connection shuts its
//!    write half down and reads on for a while, so that the client sees the answer and not a reset (RFC
//!    9112 section 9.6). A client that has half-closed gets all its answers.
//! 6. **`100 (Continue)`** is sent just before the connection waits for the first byte of a body, and only
//!    to a client that waits for it (RFC 9110 section 10.1.1).
//! 7. **Upgrade and CONNECT** hand the connection over, with the bytes that came after the request.
//!    Only a protocol that the client offers is accepted. A CONNECT that the application doesn't
//!    upgrade gets a 501.
//! 8. **Bodies stream**, in both directions, at any length and in little memory, if the application
//!    asks for it. [`Connection::with_streamed_bodies`] hands a request over at the end of its head, and its
//!    body on demand. [`Response::with_parts`] and [`Response::with_streamed_body`] produce an answer
//!    while it is sent. An answer that fails is cut, so that the client can tell; but over a Unix socket, which has
//!    no reset, an HTTP/1.0 client can't, unless there is a Content-Length.
//! 9. **Memory** is taken for bytes that have come, never for an announced length, and is freed
//!    after the answer. Beyond [16 KiB](SMALL), the connection asks first: [`Step::Allocate`]. An idle
//!    connection needs none: [`Connection::detach_buffer`].
//! 10. **[`step`](Connection::step) is idempotent**, except for [`Step::Shutdown`].
//!
//! # What the endpoint decides
//!
//! - **How many connections are admitted**: [`EndpointConfig::max_connections`].
//! - **Which connection is closed to admit a newcomer**: the one that has exceeded its patience by the
//!   largest factor. Its patience is 100 ms if it has never spoken, and 1 s if it is idle or makes no
//!   progress ([`EndpointConfig`]). If no patience is over, the next answers say `Connection: close`. If that
//!   makes no room within [`admission_timeout`](EndpointConfig::admission_timeout), the next to go is a
//!   connection that makes no progress, then one whose body has just begun to move. A flowing body comes
//!   last, and only if more than half of the connections flow, or if the others make no room for as long
//!   again. All places can change hands within this time. Two kinds stay: a connection that was
//!   answered within this time and waits for the next request, and one whose request is being handled.
//! - **How much memory each connection may hold**: [`EndpointConfig::max_buffered`] for all. A
//!   connection that lacks memory isn't read, and small requests come first. If no waiting connection
//!   gets any for a second, the largest stalled body is dropped, with a 503. If a small request waits, stalled
//!   heads and readers end first.
//! - **How the server ends**: [`Endpoint::drain`] closes idle connections, finishes requests that have
//!   begun, and cuts off the rest at the deadline. [`Endpoint::summary`] counts them.
//!
//! The transport reports each connection to it, in this order:
//!
//! ```text
//!  acceptor:    has_room? -- yes --> open            no --> make_room, wake, try again later
//!                                     |
//!  connection:                        v
//!    Step::Read or Write blocks ---> wait ---------> Verdict: wait, end, or refuse the body
//!    something came or went -------> resume
//!    Step::Allocate ---------------> acquire ------> Memory: granted, lacking, refused, end
//!      that it can do without -----> try_acquire --> or smaller reads
//!    Step::Handle, answered -------> answer -------> Persistence: what the answer says
//!    the last answer is given -----> leave
//!    the stream is dropped --------> close
//!
//!  its timer:   at timeout --------> handle_timeout
//!  after each:  poll_wake ---------> these connections read or write once more without waiting,
//!                                    and report: bytes that came in time count
//! ```
//!
//! Reports are idempotent: a connection that is woken twice, or late, gets the same decision.
//!
//! [`Turn`], [`AcceptBackoff`] and [`Complaints`] decide smaller things: when a connection gives way
//! to others, how to react to an error of accept, and what to log.
//!
//! # What a transport has to do
//!
//! Take each step, and call [`step`](Connection::step) again when the deadline has passed, at the
//! latest. Log each [diagnostic](Connection::take_diagnostic). When reading or writing fails, drop
//! the connection together with the stream. `h1events-net` does the rest: the accept loop, and the reports
//! of a connection to its endpoint.
//!
//! # Limits, deadlines, errors
//!
//! - [`Config`] has a table of deadlines, with those of other servers; [`Limits`] has one of sizes.
//! - [`EndpointConfig`] has the limits of all connections together.
//! - [`Diagnostic`] has a table of problems, and what the client gets.
//!
//! # Attacks on servers
//!
//! Attacks on the parser have [a chapter of their own](h1events::attacks). The tests are in
//! `tests/`, the last one in `src/`. They run in virtual time.
//!
//! | Attack | The rule here | Test |
//! |---|---|---|
//! | Slowloris: a head byte by byte | a 408 after 30 s, even if bytes come | `connection::deadlines::dripping_head_extends_no_deadline` |
//! | R.U.D.Y.: a body byte by byte | a 408 below 500 bytes a second | `connection::deadlines::body_below_rate_gets_408` |
//! | Slow read: an answer byte by byte | dropped below 500 bytes a second | `connection::deadlines::slow_reader_is_dropped` |
//! | A flood of silent connections | they end after 100 ms, for a newcomer | `endpoint::newcomers::newcomer_behind_silent_clients_waits_a_quarter_of_a_second_at_most` |
//! | A flood of clients that reconnect | a newcomer waits a second at most | `endpoint::newcomers::newcomer_in_a_flood_that_comes_back_waits_a_second_at_most` |
//! | A client that pipelines without end | others have their turn after 32 answers or 5 ms | `endpoint::busy::turn_ends_after_32_answers_or_5_ms` |
//! | Requests whose answers aren't read | no read while answers wait | `connection::pipelining::nothing_is_read_while_answers_wait` |
//! | A large Content-Length, and no body | memory for bytes that have come | `connection::memory::announced_length_takes_no_memory` |
//! | Large bodies from many clients | one budget for all | `endpoint::budget::unfinished_bodies_never_pass_the_budget` |
//! | Large bodies that block small requests | the last eighth is for small ones | `endpoint::budget::large_bodies_never_get_what_is_for_small_ones` |
//! | A request behind one that was refused | never parsed | `connection::errors::error_ends_parsing` |
//! | A request in an unread body | discarded, or the connection closes | `connection::request_bodies::long_unread_body_closes_the_connection` |
//! | Response splitting: CR or LF in a field | can't be built | `connection::answers::headers_are_checked` |
//! | A protocol that the client hasn't offered | a 500 | `connection::upgrade::upgrade_without_offer_gets_500` |
//! | A tunnel behind a CONNECT that was refused | the connection closes | `connection::upgrade::refused_connect_closes` |
//! | A host that the proxy in front hasn't seen | a 400, if [configured](Config::refuse_host_mismatch) | `connection::proxies::host_mismatch_is_refused_if_configured` |
//! | A body that the proxy in front takes for a request | discarded, if [configured](Config::allow_pipelining) | `connection::proxies::bytes_after_request_close_without_pipelining` |
//! | A log full of one complaint | one line a minute: [`Complaints`] | `endpoint::complaints::each_kind_is_logged_once_a_minute_and_counted_in_between` |
//!
//! # What it does not do
//!
//! - **No sockets, no threads, no clock**: see above.
//! - **No TLS, no HTTP/2, no routing, no compression.**
//! - **No limit on the application's time**, and no signal to it that its client has gone. The transports give one.

#![forbid(unsafe_code)]
// No socket, no thread, no atomic, no clock: clippy.toml has the list. Tests may have a clock.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

mod answer;
mod body;
mod buffer;
mod config;
mod connection;
mod content;
mod date;
mod diagnostic;
mod endpoint;
mod header;
#[cfg(feature = "http")]
mod http;
mod incoming;
mod outgoing;
mod output;
mod owned_request;
mod peer;
mod reason;
mod request;
mod response;
mod room;
mod step;
mod stored_request;
mod target;
mod trailers;
mod wait;

pub use body::{Body, BodyError, Part};
pub use buffer::{Buffer, SMALL};
pub use config::{Config, Linger, MinDataRate};
pub use connection::{Activity, Connection};
pub use content::Content;
pub use diagnostic::Diagnostic;
pub use endpoint::{
    ACCEPT_RETRY_DELAY, AcceptBackoff, AcceptErrorKind, Complaints, ConnectionId, Endpoint,
    EndpointConfig, Impatience, Memory, Order, Persistence, Purse, Reaction, Summary, Turn,
    Verdict,
};
/// The parser's types that are part of this crate's interface.
pub use h1events::{Error, Field, Limits, Version};
pub use header::InvalidHeader;
#[cfg(feature = "http")]
pub use http::{InvalidRequestParts, InvalidResponseParts};
pub use incoming::{BodyState, RequestBodyError};
pub use output::WriteSlices;
pub use owned_request::{OwnedRequest, ParseRequestError};
pub use peer::Peer;
pub use request::Request;
pub use response::Response;
pub use step::Step;
pub use trailers::Trailers;
