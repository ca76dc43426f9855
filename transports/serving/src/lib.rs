//! What every transport needs beside its connections, whatever it waits with.
//!
//! A [`Connection`](h1events_server::Connection) knows no sockets; a transport is the loop
//! that moves its bytes. This crate is what lies between: all that a server decides about its
//! connections without reading or writing a byte of them. `h1events-thread` and `h1events-smol`
//! are made of it, and show the same behaviour because of it.
//!
//! - [`bind`] and [`descriptors`]: where it listens, and how many connections it can have.
//! - [`Failure`] and [`Trouble`]: what an error of `accept` means, and how often to say so.
//! - [`Room`] and [`Rest`]: whose connection ends, so that another one can be accepted.
//! - [`Pool`]: the buffers that the busy connections pass on.
//! - [`Shutdown`] and [`Summary`]: the end, from any thread.
//! - [`Yielding`]: whether to let other threads run before waiting for a client.
//! - [`Peer`] and [`Upgraded`]: who is at the other end, and what becomes of a connection that the
//!   application takes.
//!
//! Nothing in here waits, and nothing starts a thread.

#![forbid(unsafe_code)]

mod accept;
mod listen;
mod panic;
mod pool;
mod room;
mod shutdown;
mod upgraded;
mod yielding;

/// The other end of a connection.
pub use h1events_server::Peer;

pub use accept::{Failure, PAUSE, Trouble};
pub use listen::{BACKLOG, bind, descriptors};
pub use panic::message;
pub use pool::Pool;
pub use room::{LAST_ANSWERS, MOMENT, Rest, Room};
pub use shutdown::{CUT_OFF, Shutdown, Summary};
pub use upgraded::Upgraded;
pub use yielding::Yielding;
