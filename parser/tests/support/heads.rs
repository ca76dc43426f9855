//! Judges every head of an input by the decision table, and generates contradictory heads.

use h1events::{Event, Limits};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::Octets;
use crate::oracle::{Head, judge};
use crate::support::Options;

/// Asserts that each complete head has the result of the table: its framing, or its error and
/// the offset. Returns the number of heads.
pub(crate) fn check(input: &[u8], limits: Limits, options: Options) -> usize {
    let mut parser = options.parser(limits);
    let mut rest = input;
    let mut judged = 0;
    let mut request_start = 0;
    let mut head: Option<Head> = None;
    let mut lines = vec![];
    loop {
        let place = input.len() - rest.len();
        let ends_head = head.is_some() && rest.starts_with(b"\r\n");
        let result = parser.next_event(&mut rest);
        if ends_head {
            let head = head.take().unwrap();
            let expected =
                judge(&head, limits.content, options.allow_any_host).map_err(|(kind, line)| {
                    // A missing host is reported at the LF that ends the head.
                    let offset = line.map_or(place + 1, |line| lines[line]) - request_start;
                    (kind, offset as u64)
                });
            let found = match result {
                Ok(Some(Event::HeadEnd(framing))) => Ok(framing),
                Err(error) => Err((error.kind(), error.offset())),
                other => panic!("{}: {other:?}", input.escape_ascii()),
            };
            assert_eq!(found, expected, "{}", input.escape_ascii());
            judged += 1;
        }
        match result {
            Ok(Some(Event::RequestLine(line))) => {
                lines.clear();
                head = Some(Head {
                    method: line.method.into(),
                    target: line.target.into(),
                    minor_version: line.version.minor(),
                    fields: vec![],
                });
            }
            Ok(Some(Event::Header(field))) => {
                lines.push(place);
                head.as_mut().unwrap().fields.push((field.name.into(), field.value.into()));
            }
            Ok(Some(Event::HeadEnd(_))) => assert!(ends_head, "{}", input.escape_ascii()),
            Ok(Some(Event::End)) => request_start = input.len() - rest.len(),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return judged,
        }
    }
}

/// Generates heads of well-formed lines that may contradict each other.
pub(crate) fn contradictory() -> impl Strategy<Value = Octets> {
    let request_line = select(vec![
        "GET / HTTP/1.1",
        "POST /a HTTP/1.1",
        "POST / HTTP/1.0",
        "PUT http://a/ HTTP/1.1",
        "GET ws://a HTTP/1.1",
        "OPTIONS * HTTP/1.2",
        "M-SEARCH * HTTP/1.1",
        "CONNECT a:80 HTTP/1.1",
        "CONNECT a:80 HTTP/1.0",
    ]);
    let hosts = prop_oneof![
        16 => Just(vec!["Host: a"]),
        4 => vec(select(HOSTS.to_vec()), 1),
        1 => vec(select(HOSTS.to_vec()), 0..3),
    ];
    let lines = (
        hosts,
        prop_oneof![1 => Just(vec![]), 1 => vec(select(TRANSFER_ENCODINGS.to_vec()), 1..3)],
        prop_oneof![3 => Just(vec![]), 2 => vec(select(CONTENT_LENGTHS.to_vec()), 1), 1 => vec(select(CONTENT_LENGTHS.to_vec()), 2)],
        prop_oneof![1 => Just(vec![]), 1 => vec(select(CONNECTIONS.to_vec()), 1..3)],
        prop_oneof![2 => Just(vec![]), 1 => vec(select(EXPECTATIONS.to_vec()), 1..3)],
        vec(select(OTHERS.to_vec()), 0..3),
    );
    let lines = lines.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].concat()).prop_shuffle();
    (request_line, lines).prop_map(|(request_line, lines)| {
        Octets([vec![request_line], lines, vec!["\r\n"]].concat().join("\r\n").into())
    })
}

const HOSTS: &[&str] = &[
    "Host:",
    "Host: \t ",
    "HOST: a:80",
    "host: [::1]",
    "Host: a:",
    "Host: %41",
    "Host: a b",
    "Host: a,b",
    "Host: :80",
    "Host: a:65536",
    "Host: a/b",
    "Host: u@a",
    "Host: [::1",
    "Host: %4",
    "Host: \u{e9}",
    "Host: a:+1",
    "Host: Living\\032Room._hap._tcp.local",
];

const TRANSFER_ENCODINGS: &[&str] = &[
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked",
    "transfer-ENCODING:\tCHUNKED ",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding: gzip , chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding:",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: x chunked",
    "Transfer-Encoding: chunked\u{a0}",
];

const CONTENT_LENGTHS: &[&str] = &[
    "Content-Length: 0",
    "Content-Length: 5",
    "CONTENT-length:005 ",
    "Content-Length: 1000",
    "Content-Length: 1001",
    "Content-Length:",
    "Content-Length: +5",
    "Content-Length: -0",
    "Content-Length: 5, 5",
    "Content-Length: 0x5",
    "Content-Length: 5 5",
    "Content-Length: 5\u{a0}",
    "Content-Length: 18446744073709551615",
    "Content-Length: 18446744073709551616",
    "Content-Length: 100000000000000000000000005",
];

const CONNECTIONS: &[&str] = &[
    "Connection: close",
    "Connection: Keep-Alive",
    "Connection: upgrade",
    "Connection: , close ,,",
    "Connection:",
    "Connection: keep-alive, x, UPGRADE",
    "Connection: a b",
    "Connection: x;y",
    "Connection: close, Host",
    "Connection: content-length",
    "Connection: transfer-encoding",
    "Connection: hosts",
    "Connection: \u{e9}",
];

const EXPECTATIONS: &[&str] = &[
    "Expect: 100-continue",
    "Expect: 100-Continue",
    "Expect:",
    "Expect: , 100-continue",
    "Expect: 100-continue, 100-continue",
    "Expect: 200-ok",
    "Expect: 100-continue, x",
    "Expect: 100-continue;x",
];

const OTHERS: &[&str] =
    &["X: y", "Upgrade: x", "Upgrade:", "TE: chunked", "Transfer_Encoding: x", "Content-Type: a"];
