//! A sans-IO HTTP/1 request parser: bytes in, events out.
//!
//! The parser turns the bytes of HTTP/1.0 and HTTP/1.1 requests into [`Event`]s:
//! request line, field lines, the framing decision, content, trailers, end. It does no
//! I/O, reads no clock, allocates nothing and keeps none of the bytes, so that it fits
//! into servers, proxies, sniffers, test tools and firmware alike. `no_std`, and not a
//! line of `unsafe`.
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
//! 1. The caller presents unconsumed bytes again, in order, with new bytes appended.
//!    Violations produce wrong events, never panics. That includes bytes that change between
//!    two calls: the parser scans ahead of the event it reports, so that a name or a value may
//!    then hold bytes that no name or value has, a CR or a NUL, say.
//! 2. **Split invariance.** Events, and the final error with its kind and offset, don't
//!    depend on how the input was cut, except for where adjacent [`Event::Body`] slices meet.
//!    Names, values and targets are always whole.
//! 3. `Ok(None)` leaves fewer than [`Limits::required_buffer`] bytes unconsumed, so that a
//!    buffer of that size never fills up.
//! 4. **Linear.** Work grows with the bytes presented for the first time, however small
//!    the reads. Memory is the struct: at most 128 bytes.
//! 5. An error is final: every later call returns it again and consumes nothing.
//! 6. Bytes after [`Event::End`] are untouched until the next call. Whether to go on
//!    after [`Framing::keep_alive`] was `false`, after CONNECT, or after
//!    [`Framing::upgrade`] is the caller's choice.
//! 7. Framing is decided before [`Event::HeadEnd`]: an ambiguous request never gets there,
//!    so that nothing before it may be acted on.
//!
//! # What a caller has to do
//!
//! Stop after a request with `keep_alive: false`, and after a CONNECT: what follows isn't
//! a request. If [`Framing::expect_continue`] is set, send `HTTP/1.1 100 Continue` and an empty line
//! before waiting for the body, or the client waits, too. After an error, answer [`Error::status`] and
//! close the connection. Set [`Limits::content`], unless the content is streamed to where its size
//! doesn't matter.
//!
//! # How strict it is
//!
//! The grammar of RFC 9112 and RFC 9110: limits can be set, rules can't, with two exceptions
//! that have names. Where the RFCs leave a choice, the safe one has been taken. Lines end in
//! CRLF. Content-Length with Transfer-Encoding, a second Content-Length or Host, even an
//! equal one, whitespace before a colon, folded lines, a transfer coding other than
//! `chunked` are refused. Each rule is judged at one place, which the bytes alone decide,
//! and the error says which byte that was. [`attacks`] lists what has been done to HTTP/1
//! parsers, and what comes of it here.
//!
//! What real clients send is accepted: any byte from 0x80 in values, every visible ASCII
//! character but `#` in path and query, a few empty lines before a request. Two options are for
//! clients that can't do better: [`allow_non_ascii_target`](RequestParser::allow_non_ascii_target)
//! for those that send UTF-8 in targets, [`allow_any_host`](RequestParser::allow_any_host) for
//! those whose Host is no host.
//!
//! # Whole heads
//!
//! There is no second way in, a call for a whole head: it was tried, and gained nothing over the
//! loop, which is inlined into its caller. To collect a head into an array:
//!
//! ```
//! use h1events::{Event, Field, RequestParser};
//!
//! # let mut parser = RequestParser::new();
//! # let mut input: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
//! let mut fields = [None::<Field>; 128]; // `Limits::header_lines`
//! let mut free = fields.iter_mut();
//! while let Some(event) = parser.next_event(&mut input)? {
//!     match (event, free.next()) {
//!         (Event::Header(field), Some(place)) => *place = Some(field),
//!         (Event::HeadEnd(_), _) => break,
//!         _ => {} // the request line
//!     }
//! }
//! # assert_eq!(fields.iter().flatten().count(), 2);
//! # Ok::<(), h1events::Error>(())
//! ```
//!
//! # What it does not do
//!
//! No responses, no client side, no HTTP/2. It doesn't decode percent-encoding, join
//! fields of the same name, or interpret any field but Host, Content-Length,
//! Transfer-Encoding, Connection, Expect and Upgrade. It has no timeouts: that is
//! the caller's job.
//!
//! # Storing positions instead of borrows
//!
//! Events borrow from the input. To keep positions beside the buffer, use [`range_of`], which gives
//! the range of any slice of an event.
//!
//! # Coming from another parser
//!
//! [`coming_from_httparse`] has both codes side by side, and the way to the types of the `http` crate.
//!
//! # Parity
//!
//! What this parser and httparse, picohttpparser, http-net, hyper, llhttp and h11 do with the same bytes is in two
//! tables in `parser/parity` of the repository, where each cell is run: features, costs, and which of the requests
//! that parsers differ about are accepted.

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
