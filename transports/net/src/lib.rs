//! The system side of every server on [`h1events_server`], with threads or with tasks.
//!
//! It is for authors of transports. `h1events-server` decides, without a socket, a thread or a clock; a
//! transport moves bytes; and this crate connects the two. To run a server, use `h1events-thread` or
//! `h1events-smol`.
//!
//! ```text
//!   Listener --> Acceptor ----- Admitted ----> Session  one each: Connection + its place
//!                   |                            |
//!                   |    SharedEndpoint          |  step, read, write, answer
//!                   +--> (Endpoint + mutex) <----+  wait: reports what it waits for
//!                               |
//!   ShutdownHandle              +--> on_wake: the transport ends a wait
//! ```
//!
//! - [`Listener`] and [`bind`]: the sources of connections.
//! - [`Acceptor`]: the loop that admits them, until the server ends.
//! - [`SharedEndpoint`] and [`Session`]: an [`Endpoint`](h1events_server::Endpoint) behind a mutex, and
//!   one connection that reports to it.
//! - [`ClientState`] and [`client_state`]: whether a client has gone.
//! - [`ShutdownHandle`]: ends a server from any thread.
//! - [`descriptor_limit`], [`raise_descriptor_limit`], [`accept_error_kind`].
//!
//! # The smallest transport
//!
//! ```
//! use std::io::{self, Read, Write};
//! use std::net::{Shutdown, TcpStream};
//! use std::thread;
//! use std::time::Instant;
//!
//! use h1events_net::{Acceptor, Admitted, Session, bind};
//! use h1events_server::{Order, Response, Step};
//!
//! /// Answers each request of a connection with a greeting. It ends a wait at once; a real
//! /// transport checks first for pending input.
//! fn serve(Admitted { accepted, guard, .. }: Admitted<TcpStream>) -> io::Result<()> {
//!     let waiting = accepted.try_clone()?;
//!     guard.on_wake(move |order| {
//!         if order != Order::Report {
//!             let _ = waiting.shutdown(Shutdown::Read);
//!         }
//!     });
//!     let mut session = Session::new(guard);
//!     let mut stream = accepted; // dropped before the session
//!     let mut scratch = [0; 1024];
//!     loop {
//!         let now = Instant::now();
//!         match session.step(now) {
//!             Step::Read { deadline } => {
//!                 if session.wait(Some(deadline), now) {
//!                     session.read(&mut scratch, now, |space| stream.read(space))?;
//!                 }
//!             }
//!             Step::Write { .. } => {
//!                 session.write(|slices| stream.write_vectored(slices))?;
//!                 session.flushed();
//!             }
//!             Step::Handle => {
//!                 let response = Response::text("Hello, World\n");
//!                 session.answer(Ok(response), now, |_| Ok(()))?;
//!             }
//!             Step::Allocate { .. } => thread::yield_now(), // there is no memory at the moment
//!             Step::Produce => unreachable!("no body is made while it is sent"),
//!             Step::Shutdown => stream.shutdown(Shutdown::Write)?,
//!             Step::Upgraded | Step::Reset | Step::Close => return Ok(()),
//!         }
//!     }
//! }
//!
//! fn main() -> io::Result<()> {
//!     let mut acceptor = Acceptor::new(bind("127.0.0.1:0")?)?;
//!     acceptor.add_endpoint(100, None);
//! #   let (address, handle) = (acceptor.listeners()[0].local_addr()?, acceptor.shutdown_handle());
//! #   let client = thread::spawn(move || {
//! #       let mut client = TcpStream::connect(address).unwrap();
//! #       client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
//! #       let mut answer = String::new();
//! #       client.read_to_string(&mut answer).unwrap();
//! #       assert!(answer.ends_with("\r\n\r\nHello, World\n"));
//! #       drop(client);
//! #       handle.shutdown(std::time::Duration::from_secs(1));
//! #   });
//!     let summary = acceptor.run(|admitted| {
//!         thread::spawn(|| serve(admitted));
//!         Ok(())
//!     });
//!     println!("{summary}"); // after `acceptor.shutdown_handle()` has been used
//! #   client.join().unwrap();
//! #   assert_eq!(summary.connections, 1);
//!     Ok(())
//! }
//! ```
//!
//! # What it does not do
//!
//! - **No decisions**: [`h1events_server`] makes them, and has the limits, the deadlines and the errors.
//! - **No threads, no executor**: this crate starts none.
//! - **No reads, no writes**: the transport does them.

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
pub use session::{SHUTDOWN_TIMEOUT, Session};
pub use shared::SharedEndpoint;
pub use shutdown::ShutdownHandle;
pub use upgraded::Upgraded;
