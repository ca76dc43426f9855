//! The server side of one HTTP/1 connection, as a state machine.
//!
//! It knows requests, answers, keep-alive, pipelining, deadlines and how to close, but
//! neither sockets nor clocks: a transport moves the bytes, and time is an argument. That is
//! why every behaviour can be tested in virtual time, and why two transports as different as
//! threads and an async runtime serve the same application in the same way.
//!
//! The application is a plain function from [`&Request`](Request) to [`Response`].
//!
//! # The loop
//!
//! A transport asks for the next [`Step`] and takes it:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use h1events_server::{Config, Connection, Now, Request, Response, Step};
//!
//! fn hello(request: &Request<'_>) -> Response {
//!     match request.path() {
//!         b"/" => Response::text("Hello, World\n"),
//!         _ => Response::new(404),
//!     }
//! }
//!
//! /// Without deadlines, which a real transport has to keep.
//! fn serve(mut stream: impl Read + Write) -> std::io::Result<()> {
//!     let mut connection = Connection::new(Arc::new(Config::new()), Now::from_clocks());
//!     loop {
//!         match connection.step(Now::from_clocks()) {
//!             Step::Read { .. } => match stream.read(connection.read_space())? {
//!                 0 => connection.received_eof(),
//!                 n => connection.received(n),
//!             },
//!             Step::Write { .. } => {
//!                 let n = stream.write_vectored(&connection.unsent())?;
//!                 connection.sent(n);
//!             }
//!             Step::Handle => {
//!                 let response = hello(&connection.request());
//!                 connection.respond(response, Now::from_clocks());
//!             }
//!             Step::Shutdown => {} // stream.shutdown(Shutdown::Write)
//!             Step::Upgraded | Step::Close => return Ok(()),
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
//! # serve(&mut client).unwrap();
//! # assert!(client.1.starts_with(b"HTTP/1.1 200 OK\r\n") && client.1.ends_with(b"\r\n\r\nHello, World\n"));
//! ```
//!
//! # What is promised
//!
//! 1. **One answer for each request**, in the order of the requests, and none after the last
//!    one (RFC 9112 sections 9.2 and 9.3.2). Answers to pipelined requests leave in one write, until 64 KiB
//!    or 32 of them wait. Nothing is read while answers wait: who doesn't read isn't read.
//! 2. **Framing is the connection's.** Date, Content-Length and Connection are added, content is left
//!    out where there is none (HEAD, 204, 205, 304), and no field can break the message.
//! 3. **Malformed input** gets its status, in a fixed text, after the answers to what came
//!    before. Nothing that follows is parsed.
//! 4. **Every connection ends.** Each [`Step::Read`] and [`Step::Write`] has a deadline, and a byte now and
//!    then extends none: silence closes without a word, a slow request gets a 408, a slow
//!    reader is dropped ([`Config`]). The time of the application isn't the client's.
//! 5. **The last answer arrives.** A close shuts the write half down and lingers, reading and throwing
//!    away, so that the client sees the answer and not a reset (RFC 9112 section 9.6). A
//!    client that has half-closed is answered to everything it has asked for.
//! 6. **`100 (Continue)`** goes out just before the first byte of a body is waited for, and only
//!    to a client that waits for it (RFC 9110 section 10.1.1).
//! 7. **Upgrade and CONNECT** hand the connection over with the bytes that came after the request. Only
//!    what the client has offered can be accepted, and a CONNECT that nobody takes gets a 501.
//! 8. **Memory** is taken for what has come, never for what is announced, and goes when it is
//!    answered. A silent connection needs none: [`Connection::release`].
//! 9. **Steps are levels, not edges.** To ask again changes nothing, but for [`Step::Shutdown`].
//!
//! # What a transport has to do
//!
//! Take each step, and step again at the latest when the deadline has passed. Take
//! the [notice](Connection::take_notice) to its log. When reading or writing fails, drop the
//! connection together with the stream.
//!
//! # What it does not do
//!
//! No streaming of bodies, no TLS, no HTTP/2, no routing, no compression. It doesn't tell a handler
//! that its client has gone, and doesn't bound how long a handler takes.

#![forbid(unsafe_code)]

mod answer;
mod buffer;
mod clock;
mod config;
mod connection;
mod date;
mod output;
mod reason;
mod request;
mod request_buf;
mod response;
mod step;
mod wait;

pub use buffer::Buffer;
pub use clock::Clock;
pub use config::{Config, Linger, Pace};
pub use connection::Connection;
/// The parser's types that are part of this crate's interface.
pub use h1events::{Error, Field, Limits, Version};
pub use request::Request;
pub use request_buf::{NotOneRequest, RequestBuf};
pub use response::{InvalidField, Response};
pub use step::{Notice, Now, Step};
