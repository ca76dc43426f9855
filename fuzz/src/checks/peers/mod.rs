//! What is accepted here, other parsers understand in the same way: method, target, version,
//! fields, where the head ends, and the content of chunked bodies.
//!
//! The others are httparse and picohttpparser, which share no code and no author with this one.
//! What they refuse and we accept is listed beside each, with its reason.

mod httparse;
mod picohttpparser;

use h1events::{BodyLength, Event, RequestParser};

/// A head, as each of the parsers understands it.
#[derive(Debug, PartialEq, Eq)]
struct Head<'a> {
    method: &'a [u8],
    target: &'a [u8],
    minor_version: u8,
    /// Name and value.
    fields: Vec<(&'a [u8], &'a [u8])>,
    /// How many octets it has, with what is skipped before it.
    len: usize,
}

pub fn check(octets: &[u8]) {
    let mut parser = RequestParser::new();
    let mut rest = octets;
    while let Some(request) = request(&mut parser, &mut rest) {
        httparse::check(&request);
        picohttpparser::check(&request);
    }
}

/// A whole request.
struct Request<'a> {
    octets: &'a [u8],
    head: Head<'a>,
    is_chunked: bool,
    content: Vec<u8>,
}

fn request<'a>(parser: &mut RequestParser, rest: &mut &'a [u8]) -> Option<Request<'a>> {
    let start = *rest;
    let mut head = Head { method: b"", target: b"", minor_version: 0, fields: vec![], len: 0 };
    let mut is_chunked = false;
    let mut content = vec![];
    loop {
        match parser.next_event(rest).ok()?? {
            Event::RequestLine(line) => {
                (head.method, head.target) = (line.method, line.target);
                head.minor_version = line.version.minor();
            }
            Event::Header(field) => head.fields.push((field.name, field.value)),
            Event::HeadEnd(framing) => {
                is_chunked = framing.body == BodyLength::Chunked;
                head.len = start.len() - rest.len();
            }
            Event::Body(octets) => content.extend_from_slice(octets),
            Event::Trailer(_) => {}
            Event::End => {
                let octets = &start[..start.len() - rest.len()];
                return Some(Request { octets, head, is_chunked, content });
            }
        }
    }
}
