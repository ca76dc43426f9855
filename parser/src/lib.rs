//! A sans-IO HTTP/1 request parser: bytes in, events out.
//!
//! It is for programs that read HTTP/1 requests with their own I/O: servers, proxies, sniffers, test tools,
//! firmware. It does no I/O, reads no clock, allocates nothing and keeps none of the bytes. It is `no_std`
//! and has no `unsafe` of its own. To serve HTTP, use [`h1events-thread`] or [`h1events-smol`], which are built on it.
//!
//! [`h1events-thread`]: https://docs.rs/h1events-thread
//! [`h1events-smol`]: https://docs.rs/h1events-smol
//!
//! ```text
//!  bytes as they come         GET /tea HTT | P/1.1\r\nHost: exam | ple.org\r\n\r\n
//!         |
//!         v
//!   RequestParser             at most 128 bytes, no buffer of its own
//!         |
//!         v
//!  events, which borrow       RequestLine  Header*  HeadEnd  Body*  Trailer*  End
//!  from the bytes
//! ```
//!
//! The smallest program:
//!
//! ```
//! use h1events::RequestParser;
//!
//! fn main() -> Result<(), h1events::Error> {
//!     let mut input: &[u8] = b"GET /tea HTTP/1.1\r\nHost: example.org\r\n\r\n";
//!     let mut parser = RequestParser::new();
//!     while let Some(event) = parser.next_event(&mut input)? {
//!         println!("{event:?}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # The loop
//!
//! The caller owns the buffer, presents what has arrived, and keeps what is left:
//!
//! ```
//! use h1events::{Event, RequestParser};
//!
//! # fn main() -> Result<(), h1events::Error> {
//! # let buffer = b"POST /tea HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\ngreen";
//! # let filled = buffer.len();
//! let mut parser = RequestParser::new();
//! let mut input: &[u8] = &buffer[..filled];
//! while let Some(event) = parser.next_event(&mut input)? {
//!     match event {
//!         Event::RequestLine(line) => {} // line.method, line.target, line.version
//!         Event::Header(field) => {}     // field.name, field.value: case and order as received
//!         Event::HeadEnd(framing) => {}  // the body's length, and whether the client waits for a 100
//!         Event::Body(bytes) => {}       // content, without chunk lines, never empty
//!         Event::Trailer(field) => {}    // a field line after a chunked body
//!         Event::End => {}               // the next call starts the next pipelined request
//!     }
//! }
//! let unconsumed = input.len(); // keep these bytes, append what arrives next, call again
//! # assert_eq!(unconsumed, 0);
//! # Ok(())
//! # }
//! ```
//!
//! `Ok(None)` means "no event until more bytes come". At the end of input,
//! [`finish`](RequestParser::finish) tells a clean end from a request cut short.
//!
//! # What is promised
//!
//! 1. The parser never panics. If a caller neglects a duty below, it gives wrong events.
//! 2. **Split invariance.** Events, and the final error with its kind and offset, don't
//!    depend on how the input was cut, except for where adjacent [`Event::Body`] slices meet.
//!    Names, values and targets are always whole.
//! 3. `Ok(None)` leaves fewer than [`Limits::required_buffer`] bytes unconsumed, so a
//!    buffer of that size never fills up.
//! 4. **Linear.** Work grows with the bytes presented for the first time, however small
//!    the reads. Memory is the struct: at most 128 bytes.
//! 5. An error is final: every later call returns it again and consumes nothing.
//! 6. Bytes after [`Event::End`] are untouched until the next call.
//! 7. Framing is decided before [`Event::HeadEnd`]: an ambiguous request never gets there.
//!
//! # What a caller has to do
//!
//! - **Present unconsumed bytes again**, in order and unchanged, with new bytes appended. The parser scans ahead of
//!   the event that it reports: if bytes change between two calls, a name or a value may contain bytes that the
//!   grammar doesn't allow there, such as CR or NUL.
//! - **Wait for [`Event::HeadEnd`]** before acting on anything.
//! - **Stop** after a request with [`keep_alive: false`](Framing::keep_alive), and after a CONNECT: the bytes after
//!   it aren't a request.
//! - **Send `HTTP/1.1 100 Continue`** and an empty line before waiting for a body with
//!   [`expect_continue`](Framing::expect_continue). Otherwise the client waits, too.
//! - **Answer [`Error::status`]** after an error, and close the connection.
//! - **Set [`Limits::content`]**, unless the content is streamed to where its size doesn't matter.
//! - **Keep deadlines**: the parser has no clock.
//!
//! This server answers every request with 404, and does all of this except for the deadlines:
//!
//! ```
//! use std::io::{self, Read, Write};
//! use h1events::{Event, Limits, RequestParser};
//!
//! fn serve(mut stream: impl Read + Write) -> io::Result<()> {
//!     let mut limits = Limits::new();
//!     limits.content = 1024 * 1024;
//!     let mut parser = RequestParser::with_limits(limits);
//!     let mut buffer = vec![0; limits.required_buffer()];
//!     let (mut filled, mut is_last) = (0, false);
//!     loop {
//!         let mut input = &buffer[..filled];
//!         loop {
//!             match parser.next_event(&mut input) {
//!                 Ok(Some(Event::RequestLine(line))) => is_last = line.method == b"CONNECT",
//!                 Ok(Some(Event::HeadEnd(framing))) => {
//!                     is_last |= !framing.keep_alive;
//!                     if framing.expect_continue && input.is_empty() {
//!                         stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
//!                     }
//!                 }
//!                 Ok(Some(Event::End)) => {
//!                     stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
//!                     if is_last {
//!                         return Ok(());
//!                     }
//!                 }
//!                 Ok(Some(_)) => {} // fields, content, trailers
//!                 Ok(None) => break,
//!                 Err(error) => {
//!                     let status = error.status();
//!                     return write!(stream, "HTTP/1.1 {status} \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
//!                 }
//!             }
//!         }
//!         let consumed = filled - input.len();
//!         buffer.copy_within(consumed..filled, 0);
//!         filled -= consumed;
//!         match stream.read(&mut buffer[filled..])? {
//!             0 => return Ok(()), // `RequestParser::finish` tells whether a request was cut short
//!             n => filled += n,
//!         }
//!     }
//! }
//! # struct Client<'a>(Vec<&'a [u8]>, String);
//! # impl Read for Client<'_> {
//! #     fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
//! #         let Some(sent) = self.0.pop() else { return Ok(0) };
//! #         space[..sent.len()].copy_from_slice(sent);
//! #         Ok(sent.len())
//! #     }
//! # }
//! # impl Write for Client<'_> {
//! #     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
//! #         self.1 += std::str::from_utf8(bytes).unwrap();
//! #         Ok(bytes.len())
//! #     }
//! #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
//! # }
//! # let head = b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
//! # let mut client = Client(vec![b"G(T / HTTP/1.1\r\n", b"tea", head], String::new());
//! # serve(&mut client).unwrap();
//! # let statuses: Vec<_> = client.1.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
//! # assert_eq!(statuses, ["100", "404", "400"]);
//! ```
//!
//! # Limits and errors
//!
//! [`Limits`] has a table of the defaults here and in nginx, Apache httpd, Node.js, hyper and HAProxy.
//! [`ErrorKind`] lists all reasons, each with the status and the section of the RFC.
//!
//! # How strict it is
//!
//! The parser follows the grammar of RFC 9112 and RFC 9110. Limits can be set. Rules can't, with
//! the two exceptions below. Where the RFCs leave a choice, the parser takes the safe one. Lines
//! end in CRLF. The parser refuses Content-Length with Transfer-Encoding, a second Content-Length
//! or Host, even an equal one, whitespace before a colon, folded lines, and transfer codings other
//! than `chunked`. Each rule is judged at one place, which the bytes alone decide, and the error
//! names the byte at fault. [`attacks`] lists published attacks on HTTP/1 parsers, and how this
//! one answers them.
//!
//! The parser accepts what real clients send: any byte from 0x80 in values, every visible ASCII
//! character except `#` in path and query, a few empty lines before a request. Two options are for
//! clients that can't do better: [`allow_non_ascii_target`](RequestParser::allow_non_ascii_target)
//! admits UTF-8 in targets, [`allow_any_host`](RequestParser::allow_any_host) any Host value.
//!
//! # Whole heads
//!
//! There is no separate call for a whole head: it would be no faster than the loop, which is
//! inlined into its caller. To collect a head into an array:
//!
//! ```
//! use h1events::{Event, Field, RequestParser};
//!
//! # let mut parser = RequestParser::new();
//! # let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "Accept: */*\r\n".repeat(127));
//! # let mut input = head.as_bytes();
//! let mut fields = [None::<Field>; 128]; // `Limits::header_lines`
//! let mut free = fields.iter_mut();
//! while let Some(event) = parser.next_event(&mut input)? {
//!     match event {
//!         Event::Header(field) => *free.next().expect("a place for each line") = Some(field),
//!         Event::HeadEnd(_) => break,
//!         _ => {} // the request line
//!     }
//! }
//! # assert_eq!(fields.iter().flatten().count(), 128);
//! # Ok::<(), h1events::Error>(())
//! ```
//!
//! # What it does not do
//!
//! - **No responses, no client side, no HTTP/2.**
//! - **No timeouts**: that is the caller's job.
//! - **No decoding** of percent-encoding, and no joining of fields of the same name.
//! - **No interpretation** of any field but Host, Content-Length, Transfer-Encoding, Connection, Expect and Upgrade.
//! - **No recovery**: after an error, the parser parses nothing more.
//!
//! # Storing positions instead of borrows
//!
//! Events borrow from the input. To keep positions beside the buffer, use [`range_of`], which gives
//! the range of any slice of an event.
//!
//! # Coming from another library
//!
//! - From httparse: [`coming_from_httparse`] has the code for both, and shows how to get the types of the `http` crate.
//! - From tiny_http: a [page](https://docs.rs/h1events-thread/latest/h1events_thread/coming_from_tiny_http/) of
//!   `h1events-thread`.
//! - From hyper's server: a [page](https://docs.rs/h1events-tower/latest/h1events_tower/coming_from_hyper/) of
//!   `h1events-tower`.
//!
//! # Parity
//!
//! Two tables in `parser/parity` of the repository compare this parser with httparse, picohttpparser, http-net,
//! hyper, llhttp and h11 on the same bytes: features, costs, and the requests that some accept and others refuse.
//! Each cell is the result of a run.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used,
    )
)]

#[doc = include_str!("attacks.md")]
pub mod attacks {}
mod authority;
mod chunk;
#[doc = include_str!("coming_from_httparse.md")]
pub mod coming_from_httparse {}
mod content;
mod error;
mod event;
mod fault;
mod field;
mod framing;
mod lanes;
mod limits;
mod name;
mod number;
mod octet;
mod parser;
mod phase;
mod range;
mod request_line;
mod scan;
mod target;
mod window;

pub use error::{Error, ErrorKind};
pub use event::{BodyLength, Event, Field, Framing, RequestLine, Version};
pub use limits::Limits;
pub use parser::RequestParser;
pub use range::range_of;
