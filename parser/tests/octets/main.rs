//! An octet sweep: each of the 256 octets in each place, compared with the grammar.

#[path = "../support/grammar.rs"]
mod grammar;
#[path = "../support/mod.rs"]
mod support;

mod chunks;
mod fields;
mod request_line;

use h1events::{ErrorKind, Limits, RequestParser};
use support::{After, Ending, Owned, run};

/// The expected result of an input.
#[derive(Debug)]
enum Expected {
    /// It is accepted.
    Fine,
    /// It is accepted, and this is among its events.
    Event(Owned),
    /// It is refused at the octet that is swept.
    Here(ErrorKind),
    /// It is refused that number of octets after the one that is swept.
    Later(ErrorKind, usize),
    /// It is refused at the end of the head, with this offset.
    Line(ErrorKind, usize),
}
use Expected::{Event, Fine, Here, Later, Line};

/// Puts each octet between `before` and `after`, and compares.
fn sweep(before: &str, after: &str, expected: impl Fn(u8) -> Expected) {
    sweep_with(&RequestParser::new(), before, after, expected);
}

fn sweep_with(
    parser: &RequestParser,
    before: &str,
    after: &str,
    expected: impl Fn(u8) -> Expected,
) {
    for octet in 0..=255 {
        let input = [before.as_bytes(), &[octet], after.as_bytes()].concat();
        check(parser, &input, before.len(), &expected(octet));
    }
}

fn check(parser: &RequestParser, input: &[u8], here: usize, expected: &Expected) {
    let present = |cuts| run(parser, Limits::new(), input, cuts, After::GoOn);
    let whole = present(0..0);
    let text = input.escape_ascii();
    let refused = match &whole.ending {
        Ending::Error { error, offset } => Some((error.kind(), *offset)),
        _ => None,
    };
    let expected_error = match *expected {
        Fine | Event(_) => None,
        Here(kind) => Some((kind, here)),
        Later(kind, octets) => Some((kind, here + octets)),
        Line(kind, offset) => Some((kind, offset)),
    };
    let expected_error = expected_error.map(|(kind, offset)| (kind, offset as u64));
    assert_eq!(refused, expected_error, "{text}");
    if let Event(event) = expected {
        assert!(whole.events.contains(event), "{text}: {:?} without {event:?}", whole.events);
    }
    assert_eq!(present(1..input.len()), whole, "{text}, byte by byte");
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
