//! Serves a [`tower_service::Service`](https://docs.rs/tower-service) with h1events, on threads or on smol: an unmodified
//! `axum::Router`, for example.
//!
//! It is for tower services, and for handlers with the types of `http` and `http-body`, on the servers of
//! h1events. It doesn't depend on tokio.
//!
//! ```text
//!   axum::Router, tower::service_fn, ...     http::Request<Body> -> http::Response<B>
//!                     |
//!              h1events-tower                converts heads and bodies, both ways, as they come
//!                /          \
//!   h1events-thread        h1events-smol     the features `thread` and `smol`
//! ```
//!
//! The smallest program, with the feature `smol`; for `thread`, replace the two names:
//!
//! ```no_run
//! # #[cfg(feature = "smol")]
//! fn main() -> std::io::Result<()> {
//!     use axum::{Router, routing::get};
//!
//!     let router = Router::new().route("/", get(|| async { "Hello, World\n" }));
//!     let server = h1events_smol::Server::bind("127.0.0.1:8080")?;
//!     h1events_tower::smol::serve(server, router)?;
//!     Ok(())
//! }
//! # #[cfg(not(feature = "smol"))]
//! # fn main() {}
//! ```
//!
//! # How requests and answers are converted
//!
//! - The request's [`Body`] is read only when the service polls it, and until its answer has been sent. Its length
//!   is known if the request has a Content-Length.
//! - The peer's address is an extension of the request: [`Peer`].
//! - An answer's body is sent as the service makes it. It gets a Content-Length if the body or the
//!   headers have one, and chunks otherwise. The server sets Connection, Keep-Alive and Transfer-Encoding, and
//!   Date if the service hasn't. A service closes the connection by `Connection: close`.
//! - Trailers follow chunks, if the client says `TE: trailers`. Those that HTTP forbids are left out.
//! - Requests that HTTP allows, but `http::Uri` or `http::HeaderMap` refuses, get a 400: `<` and `>` in a target,
//!   the backtick in a path, `"` in a query, `%` in an authority, targets of more than 65,534 octets, more than
//!   32,768 fields.
//! - A service that fails, or an invalid answer, gives a 500 and a line in the log. An answer's body that fails is
//!   cut, so that the client can tell.
//! - When a client resets its connection, the service's future and the answer's body are dropped: at once
//!   on smol, within a second on threads. Work that must be completed belongs in a task of its own. A client
//!   that has only shut its write half down gets its answer.
//!
//! # Examples
//!
//! In `examples/`: `axum`, a router with JSON, bodies that stream and server-sent events; `tokio`, a router with
//! layers and handlers that need tokio; and `files`, a file server without a service, whose requests and fields
//! have the types of `http`. All run the same function on either transport.
//!
//! # Services that need tokio
//!
//! Some need a runtime of tokio, and panic without one: those with tokio's tasks, timers, sockets or files, axum's
//! `Sse::keep_alive`, the timeouts of tower and tower-http, tower's `Buffer` and `RateLimit`, tower-http's `ServeDir` and
//! `ServeFile`. Start a runtime, and let each thread of the server enter it:
//!
//! ```no_run
//! # #[cfg(feature = "smol")]
//! # fn main() -> std::io::Result<()> {
//! use std::sync::LazyLock;
//! use axum::{Router, extract::Request, routing::get};
//! use tokio::runtime::Runtime;
//! use tower::util::MapRequestLayer;
//!
//! static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("tokio starts"));
//!
//! thread_local! {
//!     /// Enters the runtime when a thread first uses this. The thread stays in it.
//!     static ENTERED: () = std::mem::forget(RUNTIME.enter());
//! }
//!
//! let router = Router::new()
//!     .route("/", get(async || tokio::spawn(async { "made by a task\n" }).await.unwrap()))
//!     // The last layer is the first to see a request.
//!     .layer(MapRequestLayer::new(|request: Request| ENTERED.with(|()| request)));
//! h1events_tower::smol::serve(h1events_smol::Server::bind("127.0.0.1:8080")?, router)?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "smol"))]
//! # fn main() {}
//! ```
//!
//! The service runs on the server's threads, its tasks on those of the runtime. A `Buffer` starts a task when it is
//! made, so it is made after `RUNTIME.enter()`, too.
//!
//! # Limits, deadlines, errors
//!
//! They are those of the transport: configure its `Server` before you pass it on. `h1events-thread` and
//! `h1events-smol` have tables of them. The length of a body has no limit, unless `Config::streamed_content` sets one.
//!
//! | What goes wrong | What the client gets |
//! |---|---|
//! | the types of `http` have no value for the request | 400 |
//! | the service fails, or isn't ready | 500 |
//! | the service panics | 500 |
//! | the answer's status isn't one of 200 to 599, or is 426 without an Upgrade field | 500 |
//! | the answer has a malformed length, or two that differ | 500 |
//! | the answer to CONNECT is a 2xx | 501 |
//! | the answer's body fails, panics, or doesn't have its declared length | it is cut |
//! | a body of a known length up to 64 KiB does so at once | 500 |
//!
//! # What it does not do
//!
//! - **No runtime of tokio**: a service that needs one [brings it](#services-that-need-tokio).
//! - **No upgrades**: axum's `ws` needs a type that only hyper has. For WebSocket, use the upgrades of the
//!   transports, as their examples `thread_websocket` and `smol_websocket` do.
//! - **No choice of framing**: the server sets Connection, Keep-Alive and Transfer-Encoding, and the version.
//!
//! # Coming from `axum::serve`
//!
//! A router stays as it is, unless it [needs tokio](#services-that-need-tokio). These are the differences that a handler or a client may notice:
//!
//! | `axum::serve` | Here |
//! |---|---|
//! | `axum::serve(listener, router)` | `smol::serve` or `thread::serve` of this crate |
//! | `with_graceful_shutdown` | the server's `ShutdownHandle` |
//! | `ConnectInfo<SocketAddr>` | `Extension<Peer>` |
//! | no deadlines, no limit of connections | those of the transport's `Server` |
//! | targets of 64 KiB, heads of about 400 KiB, 100 fields | 8 KiB, 64 KiB in lines of 16 KiB, 128 fields: [`Limits`] |
//! | accepts a missing or second Host, two equal lengths, a length and chunks, a bare LF, a `#` in the target | 400 |
//! | accepts UTF-8 in the target | 400, unless `Config::allow_non_ascii_target` is set |
//! | accepts `Transfer-Encoding: gzip, chunked`, an unknown Expect | 501, 417 |
//! | a handler that panics closes the connection | 500 |
//! | a client that shuts its write half down gets no answer | it gets its answer |
//! | a body that isn't read may close the connection | up to 256 KiB are discarded, and the connection goes on |
//! | a Content-Length that is wrong | the body's own length, up to 64 KiB; else the answer is cut |
//! | content of a 205, Content-Length of a 204 or a 304 | left out |
//! | a status line with HTTP/1.0 for an HTTP/1.0 client | HTTP/1.1, with a body as HTTP/1.0 has it |
//! | an answer in HTTP/1.0 that fails ends as if it were whole | it ends with a reset |
//! | trailers that a Trailer field announces | all trailers |
//! | after CONNECT, a 2xx begins a tunnel | 501, and any answer closes the connection |
//!
//! On threads, a poll of the request's body waits for the client. A future that polls it beside others, with `select` or
//! `join`, and the executor of a task that polls it, wait as well.
//!
//! [`Limits`]: h1events_server::Limits
//!
//! # Coming from another library
//!
//! From hyper: the page [`coming_from_hyper`](coming_from_hyper/index.html) has both versions of a program side by side.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(any(feature = "smol", feature = "thread")),
    allow(dead_code, unused_imports, reason = "only the transports use it")
)]

mod answer;
mod body;
mod clones;
#[cfg(all(feature = "smol", feature = "thread"))]
#[doc = include_str!("coming_from_hyper.md")]
pub mod coming_from_hyper {}
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(feature = "thread")]
pub mod thread;

pub use body::{Body, BoxError};
pub use h1events_server::Peer;
