//! The fast path gives the same result as the slow path, whatever the input, and however it is cut.

extern crate std;

use core::cell::Cell;
use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{Error, Event, Limits, RequestParser};

/// Lengths at which windows and blocks end, and a few others.
const LENGTHS: [usize; 22] =
    [1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 47, 48, 49, 62, 63, 64, 65, 66, 126, 127, 128, 129];

type Next = for<'a> fn(&mut RequestParser, &mut &'a [u8]) -> Result<Option<Event<'a>>, Error>;

const FAST: Next = |parser, input| parser.next_event(input);
const SLOW: Next = |parser, input| parser.event(input);

std::thread_local! {
    /// Number of times that the slow path has been taken.
    pub(super) static SLOW_CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Counts how often the slow path is taken for an input.
fn slow(input: &[u8]) -> usize {
    let before = SLOW_CALLS.get();
    let events = run(&RequestParser::new(), FAST, input, 0);
    assert!(events.last().is_some_and(|last| last.starts_with("idle: true")), "{events:?}");
    SLOW_CALLS.get() - before - 2 // before the first octet, and after the last one
}

/// Only this test and the time show whether the fast path is taken.
#[test]
fn ordinary_requests_take_the_fast_path() {
    let path = "/0123456789".repeat(20);
    let text = "visible, (ASCII) and \"SP\"; ~".repeat(10);
    for (length, version) in (1..200).flat_map(|length| [(length, "1.0"), (length, "1.1")]) {
        let method = &"POST-METHOD-OF"[..length % 14 + 1];
        let name = &"Accept-Language-Of-The-Request-"[..length % 31 + 1];
        let (path, value) = (&path[..length], text[..length].trim());
        for after in ["", "A: b\r\n", "Cookie: 0123456789; 0123456789; 0123456789; 01234567\r\n"] {
            for host in ["a", "example.org", "127.0.0.1:8080", "a-b.cd:1"] {
                let input = format!(
                    "{method} {path} HTTP/{version}\r\nHost: {host}\r\n{name}: {value}\r\n{after}\r\n"
                );
                assert_eq!(slow(input.as_bytes()), 0, "{input}");
                assert_eq!(slow(input.repeat(2).as_bytes()), 0, "{input}");
            }
        }
    }
}

#[test]
fn shortest_requests_take_the_fast_path() {
    assert_eq!(slow(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    assert_eq!(slow(b"GET / HTTP/1.0\r\n\r\n"), 0);
}

#[test]
fn content_of_ordinary_chunks_takes_the_fast_path() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = "1\r\na\r\n0a\r\n0123456789\r\n".repeat(10);
    assert_eq!(slow(format!("{head}{chunks}0\r\n\r\n").as_bytes()), 0);
}

/// A size may have as many digits as the fast path scans, and the input may end right after it.
#[test]
fn chunks_of_all_sizes_with_all_cuts() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let data = "d".repeat(0x1a);
    for digits in 1..=10 {
        for (last, trailers) in [(1, ""), (digits, ""), (digits, "A: b\r\n"), (1, "A: bcd\r\n")] {
            let chunk = format!("{:0digits$x}\r\n{data}\r\n", data.len());
            let end = format!("{:0last$}\r\n{trailers}\r\n", 0);
            compare_all_cuts(format!("{head}{chunk}{chunk}{end}").as_bytes());
        }
    }
}

#[test]
fn chunks_up_to_their_limits_take_the_fast_path() {
    let input = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n05\r\nhello\r\n3\r\ntea\r\n0\r\n\r\n";
    let mut limits = Limits::new();
    (limits.content, limits.chunk_line) = (8, 2);
    let before = SLOW_CALLS.get();
    run(&RequestParser::with_limits(limits), FAST, input, 0);
    assert_eq!(SLOW_CALLS.get() - before, 2, "before the first octet, and after the last one");
    for less in
        [|limits: &mut Limits| limits.content -= 1, |limits: &mut Limits| limits.chunk_line -= 1]
    {
        let mut limits = limits;
        less(&mut limits);
        compare(&RequestParser::with_limits(limits), input, 1..input.len());
    }
}

/// The slow path has something to judge only where an element starts or ends.
#[test]
fn octets_that_come_one_at_a_time_take_the_fast_path() {
    let (path, value) = ("p".repeat(500), "v".repeat(500));
    let input = format!("GET /{path} HTTP/1.1\r\nHost: a\r\nCookie: {value}\r\n\r\n");
    let (mut parser, mut consumed) = (RequestParser::new(), 0);
    let before = SLOW_CALLS.get();
    for filled in 1..=input.len() {
        let mut rest = &input.as_bytes()[consumed..filled];
        while parser.next_event(&mut rest).expect("it is valid").is_some() {}
        consumed = filled - rest.len();
    }
    assert_eq!(consumed, input.len());
    let slow = SLOW_CALLS.get() - before;
    assert!(slow < 60, "{slow} calls");
}

/// Returns the events, each with the number of octets before its end, and the ending.
fn run(parser: &RequestParser, next: Next, input: &[u8], cut: usize) -> Vec<String> {
    let mut parser = parser.clone();
    let mut consumed = 0;
    let mut events: Vec<String> = Vec::new();
    for filled in [cut, input.len()] {
        let mut rest = &input[consumed..filled];
        loop {
            match next(&mut parser, &mut rest) {
                Ok(Some(Event::Body(data))) => {
                    events.extend(data.iter().map(|octet| format!("body {octet}")));
                }
                Ok(Some(event)) => {
                    let end = filled - rest.len();
                    events.push(format!("{event:?} before {end}"));
                }
                Ok(None) => break,
                Err(error) => {
                    events.push(format!("{error:?}"));
                    return events;
                }
            }
        }
        consumed = filled - rest.len();
    }
    events.push(format!("idle: {}, {:?}", parser.is_idle(), parser.finish(&input[consumed..])));
    events
}

/// Compares both paths over the whole input, and over the input cut in two at each of these places.
fn compare(parser: &RequestParser, input: &[u8], cuts: impl IntoIterator<Item = usize>) {
    let expected = run(parser, SLOW, input, 0);
    for cut in [0].into_iter().chain(cuts) {
        let found = run(parser, FAST, input, cut);
        assert_eq!(found, expected, "{} cut at {cut}", input.escape_ascii());
    }
}

fn compare_all_cuts(input: &[u8]) {
    compare(&RequestParser::new(), input, 1..input.len());
}

const TAILS: [&str; 3] =
    ["\r\n", "X: y\r\n\r\n", "Accept: text/html, */*; q=0.8\r\nX-Y: z\r\n\r\nPOST "];

#[test]
fn request_lines_of_all_lengths() {
    for method in LENGTHS {
        for target in LENGTHS {
            for tail in TAILS {
                let (method, target) = ("M".repeat(method), "t".repeat(target));
                let input = format!("{method} /{target} HTTP/1.1\r\nHost: a\r\n{tail}");
                compare_all_cuts(input.as_bytes());
            }
        }
    }
}

#[test]
fn field_lines_of_all_lengths() {
    for name in LENGTHS {
        for value in LENGTHS {
            for tail in TAILS {
                let (name, value) = ("n".repeat(name), "v".repeat(value));
                let input = format!("GET / HTTP/1.1\r\nHost: a\r\n{name}: {value}\r\n{tail}");
                compare_all_cuts(input.as_bytes());
            }
        }
    }
}

/// Each octet at each place, in a head whose lines end near the ends of windows.
#[test]
fn any_octet_at_any_place() {
    let value = "v".repeat(50);
    let cookie = "c".repeat(120);
    let head = format!(
        "GET /t HTTP/1.1\r\nHost: a.b:80\r\nAb: {value}\r\nCookie: {cookie}\r\nX: y\r\n\r\n"
    );
    let mut input = head.into_bytes();
    for place in 0..input.len() {
        let before = input[place];
        for octet in 0..=u8::MAX {
            input[place] = octet;
            compare(&RequestParser::new(), &input, []);
        }
        input[place] = before;
    }
}

/// The host, with or without port, is scanned in blocks, too.
#[test]
fn hosts_of_all_lengths() {
    for length in 0..80 {
        for (at, odd) in (0..=length).flat_map(|at| [(at, "."), (at, "@"), (at, ":"), (at, "_")]) {
            for port in ["", ":", ":8080", ":65535", ":65536", ":x"] {
                let (start, end) = ("h".repeat(at), "h".repeat(length - at));
                let head = format!("GET / HTTP/1.1\r\nHost: {start}{odd}{end}{port}\r\n\r\n");
                compare(&RequestParser::new(), head.as_bytes(), []);
                compare(&RequestParser::new().allow_any_host(true), head.as_bytes(), []);
            }
        }
    }
}

/// The slow path judges each limit at the octet that exceeds it, wherever that is.
#[test]
fn limits_at_all_lengths() {
    let name = "n".repeat(40);
    let value = "v".repeat(60);
    let head = format!("METHOD /target HTTP/1.1\r\nHost: a\r\n{name}: {value}\r\nX: y\r\n\r\n");
    for limit in 0..130 {
        for set in [
            |limits: &mut Limits, limit| limits.method = limit,
            |limits: &mut Limits, limit| limits.target = limit,
            |limits: &mut Limits, limit| limits.field_line = limit,
            |limits: &mut Limits, limit| limits.header_section = limit,
            |limits: &mut Limits, limit| limits.header_lines = limit,
        ] {
            let mut limits = Limits::new();
            set(&mut limits, limit);
            compare(&RequestParser::with_limits(limits), head.as_bytes(), 1..head.len());
        }
    }
}

#[test]
fn chunks() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size, data) in [
        ("1", "a"),
        ("00000000000000001", "a"),
        ("0000000000000001", "a"),
        ("fffffffffffffffff", "a"),
        ("ffffffffffffffff", "a"),
        ("8000000000000000", "a"),
        ("A", "0123456789"),
        ("a;x=y", "0123456789"),
        ("", "a"),
        ("g", "a"),
        ("1 ", "a"),
        ("-1", "a"),
    ] {
        for end in ["\r\n", "\n", "\r\r\n"] {
            let input = format!("{head}{size}\r\n{data}{end}2\r\nbc\r\n0\r\n\r\n");
            compare_all_cuts(input.as_bytes());
            for limit in 0..20 {
                let mut limits = Limits::new();
                limits.content = u64::from(limit);
                compare(&RequestParser::with_limits(limits), input.as_bytes(), []);
                limits = Limits::new();
                limits.chunk_line = limit;
                compare(&RequestParser::with_limits(limits), input.as_bytes(), []);
            }
        }
    }
}

/// Masks of the last octets are void once more octets follow, even if their number is the same in
/// eight bits.
#[test]
fn input_that_grows_between_calls() {
    let start = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nZ: ";
    for more in (0..600).step_by(3) {
        let input = format!("{start}{}\r\n\r\n", "z".repeat(more));
        compare(&RequestParser::new(), input.as_bytes(), [24, 25, 30, 33, start.len()]);
    }
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let lines = [
        "GET / HTTP/1.1\r\n",
        "POST /path HTTP/1.0\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "CONNECT a:1 HTTP/1.1\r\n",
        "GET http://a/ HTTP/1.2\r\n",
        "Host: example.org\r\n",
        "Host:a\r\n",
        "Connection: close\r\n",
        "Connection: keep-alive, Upgrade\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n",
        "Upgrade: h2c\r\n",
        "Name \t: value\r\n",
        "Empty:\r\n",
        "Spaces:  \t v  \r\n",
        "\r\n",
        "abc",
        "3\r\nabc\r\n",
        "0\r\n\r\n",
        "\n",
        "\u{e9}",
    ];
    let field = (select(LENGTHS.to_vec()), select(LENGTHS.to_vec()))
        .prop_map(|(name, value)| format!("{}: {}\r\n", "N".repeat(name), "v".repeat(value)));
    let piece = prop_oneof![3 => select(lines.to_vec()).prop_map(String::from), 2 => field];
    vec(piece, 0..9).prop_map(|pieces| {
        let start = "GET /0123456789 HTTP/1.1\r\nHost: a\r\n";
        [start, &pieces.concat(), "\r\n"].concat().into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_lines(mut input in pieces(), odd in any::<(prop::sample::Index, u8, bool)>()) {
        let (place, octet, is_odd) = odd;
        if is_odd {
            let place = place.index(input.len());
            input[place] = octet;
        }
        compare_all_cuts(&input);
    }
}
