//! Rules that are judged at the end of the head.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::refuses;

/// Makes a head of these lines. The LF that ends it is the place of judgement.
fn head(request_line: &str, lines: &str) -> String {
    format!("{request_line}\r\n{}\r\n\r⇥\n", lines.replace('|', "\r\n"))
}

/// Row 5: each rule of the head, with the line that completed the contradiction
/// (RFC 9112 sections 3.2 and 6, RFC 9110 sections 7.6.1, 9.3.6 and 10.1.1).
#[test]
fn line_that_completes_a_contradiction_is_pointed_at() {
    for (lines, kind, status) in [
        ("Host: a|→Host: b", DuplicateHost, 400),
        ("Host: a|X: y|→hOST: a|Host: a", DuplicateHost, 400),
        ("X: y|→Host: a b|X: y", InvalidHost, 400),
        ("→Host: a,b", InvalidHost, 400),
        ("→Host:|X: y", EmptyHost, 400),
        ("→Host: \t |X: y", EmptyHost, 400),
        ("Host: a|Content-Length: 5|→Transfer-Encoding: chunked", LengthAndEncoding, 400),
        (
            "Host: a|Transfer-Encoding: x y|→Content-Length: 5|Content-Length: 5",
            LengthAndEncoding,
            400,
        ),
        ("Host: a|→Transfer-Encoding:|Transfer-Encoding: chunked", InvalidTransferEncoding, 400),
        ("Host: a|→Transfer-Encoding: chunked,|X: y", InvalidTransferEncoding, 400),
        (
            "Host: a|Transfer-Encoding: gzip|→Transfer-Encoding: chunked;q=1",
            InvalidTransferEncoding,
            400,
        ),
        ("Host: a|→Transfer-Encoding: gzip|X: y", ChunkedNotLast, 400),
        ("Host: a|Transfer-Encoding: chunked|→Transfer-Encoding: x", ChunkedNotLast, 400),
        ("Host: a|→Transfer-Encoding: chunked, Chunked|X: y", ChunkedTwice, 400),
        ("Host: a|Transfer-Encoding: chunked|X: y|→Transfer-Encoding: chunked", ChunkedTwice, 400),
        ("Host: a|→Transfer-Encoding: gzip, chunked|X: y", UnsupportedTransferCoding, 501),
        (
            "Host: a|Transfer-Encoding: gzip|→Transfer-Encoding: chunked|X: y",
            UnsupportedTransferCoding,
            501,
        ),
        (
            "Host: a|Content-Length: 5|X: y|→Content-Length: 5|Content-Length: 5",
            DuplicateContentLength,
            400,
        ),
        ("Host: a|→Content-Length: 5, 5", InvalidContentLength, 400),
        ("→Content-Length:|Host: a", InvalidContentLength, 400),
        ("Host: a|→Content-Length: 18446744073709551616", ContentLengthOverflow, 400),
        ("Host: a|→Connection: a b|X: y", InvalidConnection, 400),
        ("Host: a|Connection: close|→Connection: \"x\"|Connection: a b", InvalidConnection, 400),
        ("Host: a|→Connection: close, HOST", ForbiddenConnectionOption, 400),
        ("→Connection: content-length|Host: a|Connection: host", ForbiddenConnectionOption, 400),
        ("Host: a|→Expect: 200-ok|X: y", UnknownExpectation, 417),
        (
            "Host: a|Expect: 100-continue|→Expect: 100-continue, x|Expect: y",
            UnknownExpectation,
            417,
        ),
    ] {
        refuses(&head("POST / HTTP/1.1", lines), kind, status);
    }
    refuses("GET / HTTP/1.1\r\n\r→\nHost: a", MissingHost, 400);
    refuses("GET / HTTP/1.1\r\nX: y\r\n\r→\n", MissingHost, 400);
    let line = "X: y|→Transfer-Encoding: chunked|Transfer-Encoding: chunked";
    refuses(&head("POST / HTTP/1.0", line), TransferEncodingInHttp10, 400);
    let connect = "CONNECT a:80 HTTP/1.1";
    refuses(&head(connect, "Host: a|→Content-Length: 5|X: y"), ConnectWithContent, 400);
    refuses(&head(connect, "Host: a|→Transfer-Encoding: chunked|X: y"), ConnectWithContent, 400);
}

/// Row 5 with any Host value allowed: one line is needed, and no more.
#[test]
fn second_host_is_pointed_at_though_any_host_is_allowed() {
    let judge = Judge::allowing_any_host();
    for value in ["", " ", "a b", "a/b", "a,b", "Living\\032Room._hap._tcp.local", "[", "\u{e9}"] {
        for line in ["GET /", "OPTIONS *", "GET http://a/", "CONNECT a:80"] {
            judge.accepts(&format!("{line} HTTP/1.1\r\nHost: {value}\r\n\r\n"));
        }
        let twice = format!("Host: {value}|→Host: {value}|Host: a");
        judge.refuses(&head("GET / HTTP/1.1", &twice), DuplicateHost, 400);
        judge.refuses(&head("GET / HTTP/1.0", &twice), DuplicateHost, 400);
        // The rules after Host are judged as before.
        let lines = format!("Host: {value}|→Connection: a b");
        judge.refuses(&head("GET / HTTP/1.1", &lines), InvalidConnection, 400);
    }
    judge.refuses("GET / HTTP/1.1\r\nX: y\r\n\r→\n", MissingHost, 400);
    judge.accepts("GET / HTTP/1.0\r\n\r\n");
    judge.refuses("GET / HTTP/1.1\r\nHost: a→\0", InvalidFieldValue, 400);
    judge.refuses("GET →http://a,b/ HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
}

/// Row 5: "in this order". Each head breaks the rule and all rules that are judged later.
#[test]
fn first_rule_in_order_is_reported_at_the_end_of_the_head() {
    let mut later = String::new();
    let rules = [
        ("→Expect: x", UnknownExpectation, 417),
        ("→Content-Length: 7", ConnectWithContent, 400),
        ("→Connection: host", ForbiddenConnectionOption, 400),
        ("→Content-Length: x", InvalidContentLength, 400),
        ("→Transfer-Encoding: gzip", LengthAndEncoding, 400),
        ("→Host: a/b", InvalidHost, 400),
        ("→Host: c", DuplicateHost, 400),
    ];
    for (line, kind, status) in rules {
        // A second length would be a rule of its own.
        if kind == InvalidContentLength {
            later = later.replace("Content-Length: 7|", "");
        }
        let host = if matches!(kind, InvalidHost | DuplicateHost) { "" } else { "Host: a|" };
        refuses(&head("CONNECT a:80 HTTP/1.1", &format!("{host}{later}{line}")), kind, status);
        later.push_str(&line.replace('→', ""));
        later.push('|');
    }
    let lines = later.replace("Host: a/b|Host: c|", "");
    let marked = head("CONNECT a:80 HTTP/1.1", lines.trim_end_matches('|')).replace('⇥', "→");
    refuses(&marked, MissingHost, 400);

    // Within Transfer-Encoding: HTTP/1.0, with a length, grammar, chunked last, others.
    let codings = "Content-Length: 5|Transfer-Encoding: ,chunked,gzip";
    refuses(&head("POST / HTTP/1.0", &codings.replace("T", "→T")), TransferEncodingInHttp10, 400);
    let codings = "Host: a|→Transfer-Encoding: chunked, gzip, , chunked, gzip";
    refuses(&head("POST / HTTP/1.1", codings), InvalidTransferEncoding, 400);
    let codings = "Host: a|→Transfer-Encoding: chunked, gzip, chunked, gzip";
    refuses(&head("POST / HTTP/1.1", codings), ChunkedNotLast, 400);
    let codings = "Host: a|→Transfer-Encoding: chunked, gzip, chunked";
    refuses(&head("POST / HTTP/1.1", codings), ChunkedTwice, 400);
}
