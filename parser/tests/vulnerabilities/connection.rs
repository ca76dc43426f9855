//! Octets after a request on the same connection.

use h1events::ErrorKind::*;
use h1events::{BodyLength, Framing, RequestParser};

use crate::judged::Judge;
use crate::support::{Ending, Owned, whole};
use crate::{CHUNKED, HIDDEN, NEXT, accepts, refuses, refuses_head, refuses_next};

fn framing(input: &str) -> Framing {
    let events = whole(&RequestParser::new(), input.as_bytes()).events;
    let framing = |event: &Owned| match event {
        Owned::HeadEnd(framing) => Some(*framing),
        _ => None,
    };
    events.iter().find_map(framing).expect("a head")
}

/// Asserts that a caller that follows the crate documentation parses none of `rest`.
#[track_caller]
fn leaves_unread(head: &str, rest: &str) {
    let run = whole(&RequestParser::new(), [head, rest].concat().as_bytes());
    assert_eq!(run.ending, Ending::Stopped { unread: rest.len() }, "{head:?}");
}

/// The request that closes the connection is the last one.
#[test]
fn request_after_close() {
    for connection in ["close", "Close", "keep-alive, close", "close, keep-alive", ", close ,,"] {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\n\r\n");
        leaves_unread(&head, HIDDEN);
    }
    leaves_unread("GET / HTTP/1.0\r\n\r\n", HIDDEN);
    leaves_unread("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", "\0");
    let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    leaves_unread(head, HIDDEN);
}

/// A proxy drops a field that Connection names, so the next recipient doesn't get it.
#[test]
fn framing_field_named_by_connection() {
    for option in ["Transfer-Encoding", "Content-Length", "Host", "host", "close, HOST"] {
        refuses_head(&format!("→Connection: {option}"), ForbiddenConnectionOption, 400);
    }
    for option in ["a b", "close;x", "\"close\"", "clos\u{e9}", "close\u{a0}"] {
        refuses_head(&format!("→Connection: {option}"), InvalidConnection, 400);
    }
}

/// h2c smuggling, and tunnels that a proxy opens before the server has answered (CVE-2026-2833):
/// the parser reports the offer, doesn't switch, and parses the next request.
#[test]
fn upgrade_that_nobody_answered() {
    let h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{h2c}\r\n");
    assert!(framing(&head).upgrade);
    accepts(&format!("{head}{NEXT}"), &[("/", ""), ("/next", "")]);
    refuses_next(&head, "PRI * HTTP/→2.0\r⇥\n\r\nSM\r\n\r\n", Http2Preface, 505);
    // Upgrade fields that were forwarded by mistake are no offers.
    assert!(!framing("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n").upgrade);
    assert!(!framing("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n").upgrade);
}

/// Octets after CONNECT belong to the tunnel. Without a tunnel, they are dropped.
#[test]
fn request_after_connect() {
    leaves_unread("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", HIDDEN);
    leaves_unread("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 0\r\n\r\n", HIDDEN);
}

/// Content in a CONNECT request would belong to the tunnel for one recipient, to the request for
/// the other.
#[test]
fn connect_with_content() {
    for line in ["Content-Length: 35", "Transfer-Encoding: chunked"] {
        let head = format!("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n→{line}\r\n\r⇥\n");
        refuses(&head, ConnectWithContent, 400);
    }
}

/// Expectations don't change the framing. Unknown ones are refused, and so are those in a folded
/// line (CVE-2025-32094).
#[test]
fn expectation() {
    for method in ["GET", "POST"] {
        let lines = "Expect: 100-continue\r\nContent-Length: 5";
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        let (keep_alive, expect_continue, upgrade) = (true, true, false);
        let body = BodyLength::Length(5);
        assert_eq!(framing(&head), Framing { body, keep_alive, expect_continue, upgrade });
        accepts(&format!("{head}hello{NEXT}"), &[("/", "hello"), ("/next", "")]);
    }
    // A proxy may have passed on one of these without expecting a 100, which it would take for
    // the final response.
    for lines in [
        "Expect: 100-continue, 100-continue",
        "Expect: 100-continue,",
        "Expect: ,100-continue",
        "Expect: 100-continue\r\nExpect: 100-continue",
        "Expect: 100-continue\r\nExpect:",
        "Expect:\r\nExpect: 100-continue",
        "Expect:",
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\nContent-Length: 5\r\n\r\n");
        assert!(!framing(&head).expect_continue, "{lines:?}");
        accepts(&format!("{head}hello{NEXT}"), &[("/", "hello"), ("/next", "")]);
    }
    for value in
        ["100-continu", "y 100-continue", "100-continue;a", "100-continue, x", "\u{a0}100-continue"]
    {
        refuses_head(&format!("→Expect: {value}"), UnknownExpectation, 417);
    }
    let folded = "Expect:\r\n→ 100-continue\r\nContent-Length: 5\r\n\r\n";
    refuses(&format!("OPTIONS / HTTP/1.1\r\nHost: a\r\n{folded}"), LineFolding, 400);
}

/// After an error, the parser parses nothing more, even if it looks like a request.
#[test]
fn request_after_an_error() {
    refuses(
        &format!("POST / HTTP/1.1\r\nHost: a\r\n→Content-Length: 5x\r\n\r⇥\n{HIDDEN}"),
        InvalidContentLength,
        400,
    );
    refuses(&format!("{CHUNKED}→x\r\n\r\n{HIDDEN}"), InvalidChunkSize, 400);
    refuses(&format!("GET → / HTTP/1.1\r\nHost: a\r\n\r\n{HIDDEN}"), InvalidTarget, 400);
}

/// The parser keeps nothing of a request for the next one.
#[test]
fn state_of_the_request_before() {
    let first = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: upgrade\r\n\
                 Upgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\nX: y\r\n\r\n";
    let run = Judge::new().accepts(&format!("{first}{NEXT}"));
    let (body, keep_alive, expect_continue, upgrade) = (BodyLength::None, true, false, false);
    let framing = Framing { body, keep_alive, expect_continue, upgrade };
    assert!(run.events.ends_with(&[Owned::HeadEnd(framing), Owned::End]));
}

/// An extra octet after a body is part of the next method. The parser doesn't skip it.
#[test]
fn garbage_after_a_body() {
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    let run = Judge::new().accepts(&format!("{request}X{NEXT}"));
    let methods = run.events.iter().filter_map(|event| match event {
        Owned::RequestLine { method, .. } => Some(&method[..]),
        _ => None,
    });
    assert_eq!(methods.collect::<Vec<_>>(), [&b"POST"[..], b"XGET"]);
    refuses_next(request, "→\0", BinaryData, 400);
    refuses_next(request, &format!("→ {NEXT}"), InvalidMethod, 400);
}

/// A request cut short is never complete, wherever the input ends.
#[test]
fn request_cut_short() {
    let chunked = format!("{CHUNKED}5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n");
    let length = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    for input in [&chunked[..], length] {
        for end in 1..input.len() {
            let run = whole(&RequestParser::new(), &input.as_bytes()[..end]);
            assert_eq!(run.ending, Ending::Incomplete, "{:?}", &input[..end]);
            assert!(!run.events.contains(&Owned::End));
        }
    }
}
