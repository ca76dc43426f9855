//! What has to come of an input, as the parser sees it, which all other targets hold to account.

use h1events::{Event, Field, Limits, RequestParser, range_of};
use h1events_server::Request;

use crate::support::{Owned, push};

/// More than any input has, and less than what a request may announce.
pub(super) const CONTENT: u64 = 1 << 40;

#[derive(Debug, Default)]
pub(super) struct Expected<'a> {
    /// Those that are whole, up to the last one that may be answered.
    pub(super) requests: Vec<Expectation<'a>>,
    /// The one after them, if its head is whole and its body isn't.
    pub(super) unfinished: Option<Expectation<'a>>,
    /// For each head, whether its client waits for a 100.
    pub(super) awaits: Vec<bool>,
    /// The status of what is refused in the end, if something is.
    pub(super) refusal: Option<u16>,
}

#[derive(Debug)]
pub(super) struct Expectation<'a> {
    events: Vec<Owned>,
    /// What follows it.
    pub(super) rest: &'a [u8],
    /// The octets from the request line to the empty line.
    head: &'a [u8],
}

impl<'a> Expected<'a> {
    pub(super) fn new(input: &'a [u8], most_content: u64) -> Self {
        let mut limits = Limits::new();
        limits.content = most_content;
        let mut parser = RequestParser::with_limits(limits);
        let mut expected = Self::default();
        let mut rest = input;
        let mut events = vec![];
        let mut is_last = false;
        let mut is_in_body = false;
        let mut head = &input[..0];
        loop {
            let before = rest;
            let event = match parser.next_event(&mut rest) {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(error) => {
                    expected.refusal = Some(error.status());
                    expected.unfinished =
                        is_in_body.then_some(Expectation { events, head, rest: &[] });
                    return expected;
                }
            };
            push(&mut events, event, before);
            match event {
                Event::RequestLine(line) => {
                    is_last = line.method == b"CONNECT";
                    let start =
                        range_of(line.method, input).expect("it is part of the input").start;
                    head = &input[start..];
                }
                Event::HeadEnd(framing) => {
                    head = &head[..head.len() - rest.len()];
                    is_last |= !framing.keep_alive;
                    is_in_body = true;
                    expected.awaits.push(framing.expect_continue);
                }
                Event::End => {
                    is_in_body = false;
                    let events = std::mem::take(&mut events);
                    expected.requests.push(Expectation { events, head, rest });
                    if is_last {
                        return expected;
                    }
                }
                Event::Header(_) | Event::Body(_) | Event::Trailer(_) => {}
            }
        }
        // The client waits for no answer if its body will never come. An empty line, or half of
        // one, is no request.
        expected.unfinished = is_in_body.then_some(Expectation { events, head, rest: &[] });
        let is_silent = parser.is_idle() && matches!(rest, [] | [b'\r']);
        if !is_silent && !is_in_body {
            expected.refusal = Some(400);
        }
        expected
    }
}

impl Expectation<'_> {
    /// Asserts that the application gets that request.
    pub(super) fn check(&self, request: &Request<'_>) {
        self.check_head(request);
        assert!(request.body() == self.content(), "the content is that of another request");
        self.check_trailers(request.trailers());
    }

    /// Returns the content, as far as it has come.
    pub(super) fn content(&self) -> Vec<u8> {
        let contents = self.events.iter().map(|event| match event {
            Owned::Body(octets) => &octets[..],
            _ => &[],
        });
        contents.flatten().copied().collect()
    }

    /// Asserts that these are its trailers.
    pub(super) fn check_trailers<'f>(&self, mut trailers: impl Iterator<Item = Field<'f>>) {
        for event in &self.events {
            if let Owned::Trailer(name, value) = event {
                let field = trailers.next().expect("each trailer is there");
                let is_same = (field.name, field.value) == (&name[..], &value[..]);
                assert!(is_same, "the connection hands over {field:?}, the parser {event:?}");
            }
        }
        assert!(trailers.next().is_none(), "the connection hands over more trailers");
    }

    /// Asserts that the application gets that head.
    pub(super) fn check_head(&self, request: &Request<'_>) {
        let heads = (request.head().escape_ascii(), self.head.escape_ascii());
        assert!(request.head() == self.head, "head: handed over {}, sent {}", heads.0, heads.1);
        let mut fields = request.headers();
        for event in &self.events {
            match event {
                Owned::RequestLine { .. } => {
                    let found = Owned::RequestLine {
                        method: request.method().as_bytes().to_vec(),
                        target: request.target().to_vec(),
                        minor_version: request.version().minor(),
                    };
                    assert_eq!(&found, event, "what the connection hands over, and the parser's");
                }
                Owned::Header(name, value) => {
                    let field = fields.next().expect("each field is there");
                    let is_same = (field.name, field.value) == (&name[..], &value[..]);
                    assert!(is_same, "the connection hands over {field:?}, the parser {event:?}");
                }
                Owned::Body(_) | Owned::Trailer(..) | Owned::HeadEnd(_) | Owned::End => {}
            }
        }
        assert!(fields.next().is_none(), "the connection hands over more fields");
    }
}
