//! What every server on [`h1events_server`] needs of the system, with threads or with tasks.
//!
//! `h1events-server` decides, without a socket, a thread or a clock. A transport moves bytes. This
//! crate is what lies between, and what `h1events-thread` and `h1events-smol` have in common:
//!
//! - [`Listener`] and [`bind`]: where connections come from.
//! - [`Acceptor`]: the loop that admits them, and ends with the server.
//! - [`SharedEndpoint`] and [`Session`]: an [`Endpoint`](h1events_server::Endpoint) behind a mutex, and
//!   one connection that reports to it.
//! - [`ClientState`] and [`client_state`]: whether a client is still there.
//! - [`ShutdownHandle`]: ends a server from any thread.
//! - [`descriptor_limit`], [`raise_descriptor_limit`], [`accept_error_kind`].
//!
//! Nothing in here decides about a connection, and nothing starts a thread.

#![forbid(unsafe_code)]

mod accept_error;
mod acceptor;
mod client;
mod descriptor;
mod guard;
mod limits;
mod listener;
mod log;
mod poller;
mod purse;
mod session;
mod shared;
mod shutdown;
mod upgraded;

pub use accept_error::accept_error_kind;
pub use acceptor::{Acceptor, Refused};
pub use client::{ClientState, client_state};
pub use descriptor::{AsFd, BorrowedFd, borrow_fd};
pub use guard::{Admitted, ConnectionGuard};
pub use limits::{address_space_left, descriptor_limit, raise_descriptor_limit};
pub use listener::{BACKLOG, Listener, bind, reset_on_close};
pub use session::{SHUTDOWN_TIMEOUT, Session, Unsent};
pub use shared::SharedEndpoint;
pub use shutdown::ShutdownHandle;
pub use upgraded::Upgraded;
