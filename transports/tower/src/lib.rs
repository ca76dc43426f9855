//! Serves a [`tower_service::Service`] with h1events, on threads or on smol: an unmodified
//! `axum::Router`, for example. There is no tokio in its tree.
//!
//! Choose a transport by its feature, `thread` or `smol`.
//!
//! ```
//! # #[cfg(feature = "thread")] {
//! use axum::{Router, routing::get};
//! use h1events_thread::Server;
//!
//! let router = Router::new().route("/", get(|| async { "Hello, World\n" }));
//! let server = Server::bind("127.0.0.1:0")?;
//! # let handle = server.shutdown_handle();
//! # handle.shutdown(std::time::Duration::ZERO);
//! h1events_tower::thread::serve(server, router)?;
//! # }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # How requests and answers are converted
//!
//! - The request's [`Body`] is read as the service polls it, and nothing of it before. Its length is
//!   known if the request has a Content-Length.
//! - The peer's address is an extension of the request: [`Peer`].
//! - An answer's body is sent as the service makes it. It gets a Content-Length if the body or the
//!   headers have one, and chunks otherwise. Connection, Keep-Alive, Transfer-Encoding and Date are the
//!   server's.
//! - What `http::Uri` and `http::HeaderMap` refuse, though HTTP allows it, gets a 400: `<`, `>` and the
//!   backtick in a target, targets of more than 65,534 octets, more than 32,768 fields.
//! - A service that fails, and an answer that can't be one (a status of 101, a malformed length), is a 500
//!   and a line in the log. An answer's body that fails is cut, so that the client can tell.
//! - A client that resets its connection has the service's future, and the answer's body, dropped: at once
//!   on smol, within a second on threads. What is to be done anyway belongs into a task of its own. A client
//!   that has only shut its write half down gets its answer.
//!
//! # Examples
//!
//! In `examples/`: `axum`, a router with JSON, bodies that stream and server-sent events; and `files`, a file
//! server without a service, whose requests and fields have the types of `http`. Both run the same function on
//! either transport.
//!
//! # What it doesn't do
//!
//! - axum's `ws` needs an upgrade type that only hyper has. For WebSocket, use the upgrades of the
//!   transports, as their examples `thread_websocket` and `smol_websocket` do.
//! - axum's `Sse::keep_alive` and its timeouts need tokio's clock.

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
