//! Drives the parser as a caller does, and checks the promises that concern every call.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::fmt;

use h1events::{Error, ErrorKind, Event, Field, Framing, Limits, RequestParser};

/// An event that owns its octets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Owned {
    RequestLine { method: Vec<u8>, target: Vec<u8>, minor_version: u8 },
    Header(Vec<u8>, Vec<u8>),
    HeadEnd(Framing),
    Body(Vec<u8>),
    Trailer(Vec<u8>, Vec<u8>),
    End,
}

impl fmt::Debug for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestLine { method, target, minor_version } => {
                let (method, target) = (method.escape_ascii(), target.escape_ascii());
                write!(f, "RequestLine({method} {target} HTTP/1.{minor_version})")
            }
            Self::Header(name, value) => {
                write!(f, "Header({}: {})", name.escape_ascii(), value.escape_ascii())
            }
            Self::HeadEnd(framing) => framing.fmt(f),
            Self::Body(data) => write!(f, "Body({})", data.escape_ascii()),
            Self::Trailer(name, value) => {
                write!(f, "Trailer({}: {})", name.escape_ascii(), value.escape_ascii())
            }
            Self::End => f.write_str("End"),
        }
    }
}

/// The options of the parser.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) allow_non_ascii_target: bool,
    pub(crate) allow_any_host: bool,
}

impl Options {
    pub(crate) const ALL: [Self; 4] = [
        Self { allow_non_ascii_target: false, allow_any_host: false },
        Self { allow_non_ascii_target: true, allow_any_host: false },
        Self { allow_non_ascii_target: false, allow_any_host: true },
        Self { allow_non_ascii_target: true, allow_any_host: true },
    ];

    pub(crate) fn parser(self, limits: Limits) -> RequestParser {
        RequestParser::with_limits(limits)
            .allow_non_ascii_target(self.allow_non_ascii_target)
            .allow_any_host(self.allow_any_host)
    }
}

/// The end of a run over an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// After a whole number of requests.
    Idle,
    /// After the last request that may be parsed, with that number of octets unread.
    Stopped { unread: usize },
    /// Within a request.
    Incomplete,
    /// With that error. `offset` counts from the start of the input.
    Error { error: Error, offset: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Adjacent `Body` events are joined.
    pub(crate) events: Vec<Owned>,
    pub(crate) ending: Ending,
}

/// Whether the caller goes on after a request that doesn't keep the connection alive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Stop,
    GoOn,
}

pub(crate) fn whole(parser: &RequestParser, input: &[u8]) -> Run {
    run(parser, Limits::new(), input, [], After::Stop)
}

pub(crate) fn byte_by_byte(parser: &RequestParser, input: &[u8]) -> Run {
    run(parser, Limits::new(), input, 1..input.len(), After::Stop)
}

pub(crate) fn cut_at(parser: &RequestParser, input: &[u8], cut: usize) -> Run {
    run(parser, Limits::new(), input, [cut], After::Stop)
}

/// Presents the input up to each cut in turn, then all of it.
pub(crate) fn run(
    parser: &RequestParser,
    limits: Limits,
    input: &[u8],
    cuts: impl IntoIterator<Item = usize>,
    after: After,
) -> Run {
    let mut parser = parser.clone();
    let mut events = Vec::new();
    let mut consumed = 0;
    let mut request_start = 0;
    let mut request_stops = false;
    for filled in cuts.into_iter().chain([input.len()]) {
        let mut rest = &input[consumed..filled];
        loop {
            let before = rest;
            let result = parser.next_event(&mut rest);
            assert!(before.ends_with(rest), "the rest isn't the end of the input");
            consumed = filled - rest.len();
            match result {
                Ok(Some(event)) => {
                    push(&mut events, event, before);
                    match event {
                        Event::RequestLine(line) => request_stops = line.method == b"CONNECT",
                        Event::HeadEnd(framing) => request_stops |= !framing.keep_alive,
                        Event::End => {
                            assert!(parser.is_idle());
                            request_start = consumed;
                            if request_stops && after == After::Stop {
                                let unread = input.len() - consumed;
                                return Run { events, ending: Ending::Stopped { unread } };
                            }
                        }
                        _ => {}
                    }
                }
                Ok(None) => {
                    let left = rest.len();
                    assert!(left < limits.required_buffer(), "{left} octets are left");
                    // Between requests, without an octet of the next one.
                    let is_between = matches!(events.last(), None | Some(Owned::End));
                    assert_eq!(parser.is_idle(), is_between && matches!(rest, b"" | b"\r"));
                    break;
                }
                Err(error) => {
                    check_final(&mut parser, error);
                    let offset = request_start as u64 + error.offset();
                    assert!(
                        offset < filled as u64,
                        "offset {offset} is not within the {filled} octets presented"
                    );
                    return Run { events, ending: Ending::Error { error, offset } };
                }
            }
        }
    }
    let ending = match parser.finish(&input[consumed..]) {
        Ok(()) => Ending::Idle,
        Err(error) => {
            let octets = (input.len() - request_start) as u64;
            assert_eq!((error.kind(), error.offset()), (ErrorKind::UnexpectedEnd, octets));
            Ending::Incomplete
        }
    };
    Run { events, ending }
}

pub(crate) fn push(events: &mut Vec<Owned>, event: Event<'_>, buffer: &[u8]) {
    let owned = |octets: &[u8]| {
        let range = h1events::range_of(octets, buffer).expect("every slice is within the input");
        assert_eq!(&buffer[range], octets);
        octets.to_vec()
    };
    let field = |Field { name, value }| {
        let place = |octets| h1events::range_of(octets, buffer).expect("within the input");
        // An empty value has its place, too: between the colon and the end of the line.
        let between = &buffer[place(name).end..place(value).start];
        assert!(between.starts_with(b":") && between[1..].iter().all(is_space));
        let line_end = buffer[place(value).end..].iter().position(|octet| !is_space(octet));
        assert!(buffer[place(value).end + line_end.unwrap()..].starts_with(b"\r\n"));
        (owned(name), owned(value))
    };
    let owned_event = match event {
        Event::RequestLine(line) => Owned::RequestLine {
            method: owned(line.method),
            target: owned(line.target),
            minor_version: line.version.minor(),
        },
        Event::Header(line) => {
            let (name, value) = field(line);
            Owned::Header(name, value)
        }
        Event::HeadEnd(framing) => Owned::HeadEnd(framing),
        Event::Body(data) => {
            assert!(!data.is_empty());
            if let Some(Owned::Body(body)) = events.last_mut() {
                body.extend_from_slice(data);
                return;
            }
            Owned::Body(owned(data))
        }
        Event::Trailer(line) => {
            let (name, value) = field(line);
            Owned::Trailer(name, value)
        }
        Event::End => Owned::End,
    };
    events.push(owned_event);
}

fn is_space(octet: &u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

fn check_final(parser: &mut RequestParser, error: Error) {
    for more in [&b""[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut rest = more;
        assert_eq!(parser.next_event(&mut rest), Err(error), "an error is final");
        assert_eq!(rest.len(), more.len(), "a failed parser consumes nothing");
    }
    assert_eq!(parser.finish(b""), Err(error));
}
