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
//! - The request's [`Body`] is read only when the service polls it. Its length is known if the request has
//!   a Content-Length.
//! - The peer's address is an extension of the request: [`Peer`].
//! - An answer's body is sent as the service makes it. It gets a Content-Length if the body or the
//!   headers have one, and chunks otherwise. The server sets Connection, Keep-Alive, Transfer-Encoding and
//!   Date.
//! - Requests that HTTP allows, but `http::Uri` or `http::HeaderMap` refuses, get a 400: `<`, `>` and the
//!   backtick in a target, targets of more than 65,534 octets, more than 32,768 fields.
//! - A service that fails, or an invalid answer (a status of 101, a malformed length), gives a 500 and a
//!   line in the log. An answer's body that fails is cut, so that the client can tell.
//! - When a client resets its connection, the service's future and the answer's body are dropped: at once
//!   on smol, within a second on threads. Work that must be completed belongs in a task of its own. A client
//!   that has only shut its write half down gets its answer.
//!
//! # Examples
//!
//! In `examples/`: `axum`, a router with JSON, bodies that stream and server-sent events; and `files`, a file
//! server without a service, whose requests and fields have the types of `http`. Both run the same function on
//! either transport.
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
//! | the answer is invalid: a status of 101, a malformed length | 500 |
//! | the answer's body fails, or doesn't have its declared length | it is cut |
//!
//! # What it does not do
//!
//! - **No tokio**: what needs its reactor or its timers doesn't run in a service, such as axum's `Sse::keep_alive` and
//!   timeouts.
//! - **No upgrades**: axum's `ws` needs a type that only hyper has. For WebSocket, use the upgrades of the
//!   transports, as their examples `thread_websocket` and `smol_websocket` do.
//! - **No choice of framing**: the server sets Connection, Keep-Alive, Transfer-Encoding and Date.
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
#[cfg(all(feature = "smol", feature = "thread"))]
#[doc = include_str!("coming_from_hyper.md")]
pub mod coming_from_hyper {}
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(feature = "thread")]
pub mod thread;

pub use body::{Body, BoxError};
pub use h1events_server::Peer;
