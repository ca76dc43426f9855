//! What is accepted here, other parsers understand in the same way: method, target, version,
//! fields, where the head ends, and the content of chunked bodies.
//!
//! The others are httparse and picohttpparser, which share no code and no author with this one.
//! What they refuse and we accept is listed beside each, with its reason.

mod httparse;
mod picohttpparser;

use std::fmt;

use h1events::{BodyLength, Event, RequestParser};

use super::assert_same;

/// A head, as each of the parsers understands it.
#[derive(PartialEq, Eq)]
struct Head<'a> {
    method: &'a [u8],
    target: &'a [u8],
    minor_version: u8,
    /// Name and value.
    fields: Vec<(&'a [u8], &'a [u8])>,
    /// How many octets it has, with what is skipped before it.
    len: usize,
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, minor_version, fields, len } = self;
        write!(f, "{} {} HTTP/1.{minor_version}", method.escape_ascii(), target.escape_ascii())?;
        for (name, value) in fields {
            write!(f, " [{}: {}]", name.escape_ascii(), value.escape_ascii())?;
        }
        write!(f, " in {len} octets")
    }
}

pub fn check(octets: &[u8]) {
    let mut parser = RequestParser::new();
    let mut rest = octets;
    let mut start = octets;
    let mut head = Head::new();
    let mut coded = None;
    let mut content = vec![];
    while let Ok(Some(event)) = parser.next_event(&mut rest) {
        match event {
            Event::RequestLine(line) => {
                (head.method, head.target) = (line.method, line.target);
                head.minor_version = line.version.minor();
            }
            Event::Header(field) => head.fields.push((field.name, field.value)),
            Event::HeadEnd(framing) => {
                head.len = start.len() - rest.len();
                httparse::check(&start[..head.len], &head);
                picohttpparser::check(&start[..head.len], &head);
                coded = (framing.body == BodyLength::Chunked).then_some(rest);
            }
            Event::Body(octets) => content.extend_from_slice(octets),
            Event::Trailer(_) => {}
            Event::End => {
                if let Some(coded) = coded.take() {
                    picohttpparser::check_chunked(&coded[..coded.len() - rest.len()], &content);
                }
                (start, head, content) = (rest, Head::new(), vec![]);
            }
        }
    }
}

/// Panics with what a peer does to octets that are accepted here.
#[track_caller]
fn fail(peer: &str, does: impl fmt::Display, octets: &[u8]) -> ! {
    panic!("h1events accepts this, and {peer} {does}\n  input: {}", octets.escape_ascii())
}

impl Head<'_> {
    const fn new() -> Self {
        Self { method: b"", target: b"", minor_version: 0, fields: vec![], len: 0 }
    }
}
