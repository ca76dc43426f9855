//! Host and target: which server the client means, and whether all recipients agree.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::support::Owned;
use crate::{accepts, refuses, refuses_next};

fn head(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\n{lines}\r\n\r⇥\n")
}

/// Two Host lines: one recipient takes the first, the other the last.
#[test]
fn two_hosts() {
    refuses(&head("Host: a\r\n→Host: b"), DuplicateHost, 400);
    refuses(&head("Host: a\r\n→Host: a"), DuplicateHost, 400);
    refuses(&head("host: a\r\nX: y\r\n→HOST:"), DuplicateHost, 400);
    refuses("GET / HTTP/1.0\r\nHost: a\r\n→Host: b\r\n\r⇥\n", DuplicateHost, 400);
    refuses("GET http://a/ HTTP/1.1\r\nHost: a\r\n→Host: b\r\n\r⇥\n", DuplicateHost, 400);
}

/// A second Host that only one recipient sees.
#[test]
fn hidden_host() {
    let head = |lines: &str| format!("GET / HTTP/1.1\r\n{lines}\r\n\r\n");
    refuses(&head("→ Host: b\r\nHost: a"), WhitespaceBeforeFields, 400);
    refuses(&head("Host: a\r\n→ Host: b"), LineFolding, 400);
    refuses(&head("Host: a\r\nHost→ : b"), WhitespaceBeforeColon, 400);
    refuses(&head("Host: a→\nHost: b"), BareLf, 400);
    refuses(&head("Host: a\r→Host: b"), BareCr, 400);
    refuses(&head("Host: a\r\nHost→\0: b"), InvalidFieldName, 400);
    refuses(&head("Host: a→\0b"), InvalidFieldValue, 400);
}

/// Lenient extraction finds another host in these: up to the slash, after the at sign, the
/// first or the last of a list.
#[test]
fn host_that_is_none() {
    for value in [
        "a/b",
        "a@b",
        "u:p@a",
        "a b",
        "a,b",
        "a, b",
        "a?b",
        "a#b",
        "a\\b",
        "http://a",
        ":80",
        "a:b",
        "a:80:80",
        "a:65536",
        "a:+80",
        "a:-1",
        "a:8 0",
        "[::1",
        "::1",
        "[::1]a",
        "[1:2]",
        "[::1%25eth0]",
        "[v1.a,b]",
        "%zz",
        "a%0",
        "a\u{e9}",
        "\u{a0}a",
        "a\u{85}",
        "[::ffff:1.2.3.256]",
        "[::ffff:01.2.3.4]",
    ] {
        refuses(&head(&format!("→Host: {value}")), InvalidHost, 400);
    }
}

/// No host at all: the server would have to take one that the client didn't name.
#[test]
fn no_host() {
    refuses("GET / HTTP/1.1\r\nX: y\r\n\r→\n", MissingHost, 400);
    refuses(&head("→Host:"), EmptyHost, 400);
    refuses("OPTIONS * HTTP/1.1\r\n→Host: \r\n\r⇥\n", EmptyHost, 400);
    refuses("CONNECT a:80 HTTP/1.1\r\n→Host: \r\n\r⇥\n", EmptyHost, 400);
}

/// RFC 9112 section 3.2.2: the target wins, and Host is ignored. Both are reported, so that
/// the caller can tell what another recipient may have used.
#[test]
fn host_that_contradicts_the_target() {
    let run = Judge::new().accepts("GET http://b.example/ HTTP/1.1\r\nHost: a\r\n\r\n");
    let target = b"http://b.example/".into();
    let line = Owned::RequestLine { method: b"GET".into(), target, minor_version: 1 };
    assert_eq!(run.events[..2], [line, Owned::Header(b"Host".into(), b"a".into())]);
}

/// Userinfo makes `http://trusted@evil/` look like another site.
#[test]
fn target_with_userinfo() {
    for target in ["→http://trusted@evil/", "→http://u:p@a/", "→https://@a/", "→http://a:80@b/"]
    {
        refuses(&format!("GET {target} HTTP/1.1\r⇥\n"), InvalidTargetForm, 400);
    }
    // After the authority it is part of the path.
    accepts("GET http://a/@b HTTP/1.0\r\n\r\n", &[("http://a/@b", "")]);
}

/// A proxy may check only the first request of a connection: each request has its own host.
#[test]
fn another_host_on_the_same_connection() {
    let request = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let run = Judge::new().accepts(&[request("a"), request("internal.example")].concat());
    let hosts = run.events.iter().filter(|event| matches!(event, Owned::Header(..)));
    let expected = ["a", "internal.example"].map(|host| Owned::Header(b"Host".into(), host.into()));
    assert!(hosts.eq(&expected));
    refuses_next(&request("a"), "GET / HTTP/1.1\r\n\r→\n", MissingHost, 400);
}
