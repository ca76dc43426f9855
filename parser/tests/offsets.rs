//! "Where each rule is judged" of `rules.md`, row by row: the place of judgement, and
//! which offset its error carries.
//!
//! `→` marks the offset, `⇥` the place of judgement where that is a later one; see
//! `support/judged.rs` for what is checked of each example. The row about limits is in
//! `limits.rs`.

#[path = "support/judged.rs"]
mod judged;
mod support;

use h1events::ErrorKind::{self, *};
use judged::Judge;

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn refuses(marked: &str, kind: ErrorKind, status: u16) {
    Judge::new().refuses(marked, kind, status);
}

/// Row 1, method: RFC 9112 section 3.1, method = token. The first octet may tell more.
#[test]
fn octet_in_method() {
    for method in
        ["GE→(T", "GET→\t/", "GET→\0", "GET→\r\n", "GET→\n", "HTTP→/1.1 200 OK", "G→\u{e9}T"]
    {
        refuses(method, InvalidMethod, 400);
    }
    refuses("→ GET / HTTP/1.1", InvalidMethod, 400);
    refuses("→\tGET / HTTP/1.1", InvalidMethod, 400);
    refuses("→{\"a\":1}", InvalidMethod, 400);
    refuses("→\u{16}\u{3}\u{1}", TlsHandshake, 400);
    refuses("→\0\0", BinaryData, 400);
    refuses("→\u{80}\u{1}", BinaryData, 400);
    refuses("→\u{7f}ELF", BinaryData, 400);
}

/// Row 1, target: RFC 9112 section 3.2, decision D4.
#[test]
fn octet_in_target() {
    for octet in ["\0", "\t", "\u{b}", "\u{1f}", "#", "\u{7f}", "\u{80}", "\u{ff}"] {
        refuses(&format!("GET →{octet}/ HTTP/1.1"), InvalidTarget, 400);
        refuses(&format!("GET /a→{octet} HTTP/1.1"), InvalidTarget, 400);
        refuses(&format!("GET http://a/some/path?{0}→{octet}", "q".repeat(40)), InvalidTarget, 400);
        refuses(&format!("OPTIONS *→{octet} HTTP/1.1"), InvalidTarget, 400);
    }
    refuses("GET → / HTTP/1.1", InvalidTarget, 400);
    refuses("GET →\r\n", InvalidTarget, 400);
    refuses("GET →\n", InvalidTarget, 400);
    let judge = Judge::allowing_non_ascii_target();
    judge.accepts("GET /\u{80}\u{ff} HTTP/1.0\r\n\r\n");
    judge.refuses("GET /\u{80}→\u{7f}", InvalidTarget, 400);
}

/// Row 1, version and the end of the request line: RFC 9112 sections 2.2 and 2.3.
#[test]
fn octet_in_version() {
    // HTTP/0.9 has no version.
    refuses("GET /→\r\n", InvalidVersion, 400);
    refuses("GET /→\n", InvalidVersion, 400);
    for version in [
        "→ HTTP/1.1",
        "→\r\n",
        "→h",
        "→1.1",
        "HTTP→\r",
        "HTTP→ /",
        "HTTP/→\r",
        "HTTP/→x",
        "HTTP/1→1",
        "HTTP/1→,",
        "HTTP/1.→\r",
        "HTTP/1.→x",
        "HTTP/1.→+1",
        "HTTP/1.1→0",
        "HTTP/1.1→ \r\n",
        "HTTP/1.1→\t",
        "HTTP/1.1→\0",
        "HTT→p/1.1",
        "→\u{ff}",
        "HTTP/2.0→0",
        "HTTP/2→\r\n",
    ] {
        refuses(&format!("GET / {version}"), InvalidVersion, 400);
    }
    refuses("GET / HTTP/1.1→\nHost: a\n\n", BareLf, 400);
    refuses("GET / HTTP/1.1\r→Host: a\r\n\r\n", BareCr, 400);
    refuses("GET / HTTP/1.1\r→\r\n", BareCr, 400);
    refuses("GET / HTTP/2.0→\n", BareLf, 400);
}

/// Row 1, empty lines before the request line: RFC 9112 section 2.2.
#[test]
fn octet_in_empty_line() {
    refuses("→\nGET / HTTP/1.1\r\n", BareLf, 400);
    refuses("\r→GET / HTTP/1.1\r\n", BareCr, 400);
    refuses("\r→\r\n", BareCr, 400);
    refuses("\r\n→\nGET", BareLf, 400);
    refuses("\r\n→ GET", InvalidMethod, 400);
    refuses("\r\n→\u{16}\u{3}", TlsHandshake, 400);
    refuses("\r\nGET / HTTP/1.1\r→X", BareCr, 400);
    refuses("\r\n\r\n→\n", BareLf, 400);
    refuses("\r\n\r\n\r→\0", BareCr, 400);
}

/// The header of the PROXY protocol: offset and place are those of what else would be said.
#[test]
fn proxy_protocol() {
    // Version 1: the method, and no version after the target.
    for line in [
        "PROXY TCP4 →192.0.2.1 192.0.2.2 56324 443\r\n",
        "PROXY UNKNOWN→\r\n",
        "PROXY UNKNOWN →ffff::1 ffff::2 1 2\r\n",
        "PROXY / →\r\n",
        "PROXY / →\n",
        "PROXY / HTT→p",
        "PROXY / HTTP/→x",
        "PROXY / HTTP/1.1→ ",
        "PROXY / HTTP/2.0→0",
    ] {
        refuses(line, ProxyProtocol, 400);
    }
    refuses("PROXY TCP4→\n", InvalidVersion, 400);
    refuses("PROXY →\r\n", InvalidTarget, 400);
    refuses("PROXY→\r\n", InvalidMethod, 400);
    refuses("PROXY / HTTP/1.1→\n", BareLf, 400);
    refuses("PROXY / HTTP/1.1\r→x", BareCr, 400);
    refuses("PROXY →TCP4 HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    refuses("PROXY / HTTP/→2.0\r⇥\n", UnsupportedVersion, 505);
    refuses("proxy TCP4 →1", InvalidVersion, 400);
    refuses("PROXYS TCP4 →1", InvalidVersion, 400);
    Judge::new().accepts("PROXY / HTTP/1.0\r\n\r\n");

    // Version 2: a NUL after two empty lines, and no other octet or number.
    refuses("\r\n\r\n→\0\r\nQUIT\n", ProxyProtocol, 400);
    refuses("\r\n\r\n→\u{1}", BinaryData, 400);
    refuses("→\0\r\nQUIT\n", BinaryData, 400);
    for count in [1, 3, 8] {
        refuses(&format!("{}→\0\r\nQUIT\n", "\r\n".repeat(count)), BinaryData, 400);
    }
    let first = "GET / HTTP/1.0\r\n\r\n";
    Judge::new().refuses_next(first, "\r\n\r\n→\0\r\nQUIT\n", ProxyProtocol, 400);
    Judge::new().refuses_next(first, "PROXY TCP4 →1", ProxyProtocol, 400);
}

/// Row 1, field lines, in the header section and in the trailer section alike:
/// RFC 9112 sections 2.2, 5, 5.1, 5.2 and 7.1.2.
#[test]
fn octet_in_field_line() {
    let sections = [
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        &format!("{CHUNKED}0\r\n"),
        &format!("{CHUNKED}0\r\nT:1\r\n"),
    ];
    for (index, section) in sections.into_iter().enumerate() {
        let whitespace = if index == 0 { WhitespaceBeforeFields } else { LineFolding };
        for (line, kind) in [
            ("→: a", InvalidFieldName),
            ("→\0", InvalidFieldName),
            ("→\u{e9}: a", InvalidFieldName),
            ("X→(", InvalidFieldName),
            ("X→\r\n", InvalidFieldName),
            ("X→\n", InvalidFieldName),
            ("X-Name-longer-than-sixteen-octets→[", InvalidFieldName),
            ("X→ : a", WhitespaceBeforeColon),
            ("X→\t: a", WhitespaceBeforeColon),
            ("no→ colon here", WhitespaceBeforeColon),
            ("→ X: a", whitespace),
            ("→\tX: a", whitespace),
            ("→ \r\n", whitespace),
            ("X: a→\0", InvalidFieldValue),
            ("X:→\u{7f}", InvalidFieldValue),
            ("X: \u{80}\t→\u{b}", InvalidFieldValue),
            ("X: a→\n", BareLf),
            ("X:→\n", BareLf),
            ("X: a\r→b", BareCr),
            ("X: a\r→\r\n", BareCr),
            ("X: a \r→ b", BareCr),
            (
                "X: a value that is longer than all blocks of sixteen octets that are looked at, as some are→\u{1}",
                InvalidFieldValue,
            ),
            ("→\n", BareLf),
            ("\r→X: y", BareCr),
            ("\r→\r\n", BareCr),
        ] {
            refuses(&format!("{section}{line}"), kind, 400);
        }
    }
}

/// Row 1, chunk lines: RFC 9112 sections 7.1 and 7.1.1.
#[test]
fn octet_in_chunk_line() {
    for (body, kind) in [
        ("→\r\n", InvalidChunkSize),
        ("→ 5", InvalidChunkSize),
        ("→-5", InvalidChunkSize),
        ("→+5", InvalidChunkSize),
        ("→;a", InvalidChunkSize),
        ("0→x5", InvalidChunkSize),
        ("5→_0", InvalidChunkSize),
        ("5→,", InvalidChunkSize),
        ("5→h\r\n", InvalidChunkSize),
        ("5→\0", InvalidChunkSize),
        ("1\r\nx\r\n→\r\n", InvalidChunkSize),
        ("5;→\r\n", InvalidChunkExtension),
        ("5;→;a", InvalidChunkExtension),
        ("5;→=a", InvalidChunkExtension),
        ("5;a=→\r\n", InvalidChunkExtension),
        ("5;a=→;b", InvalidChunkExtension),
        ("5;a=b→=c", InvalidChunkExtension),
        ("5;a=b→\"", InvalidChunkExtension),
        ("5;a→\"b\"", InvalidChunkExtension),
        ("5;a=\"b\"→c", InvalidChunkExtension),
        ("5;a=\"b→\r\n", InvalidChunkExtension),
        ("5;a=\"b→\0", InvalidChunkExtension),
        ("5;a=\"\\→\r", InvalidChunkExtension),
        ("5;a →b", InvalidChunkExtension),
        ("5 →\r\n", InvalidChunkExtension),
        ("5 →5", InvalidChunkExtension),
        ("5;a →\r\n", InvalidChunkExtension),
        ("5;a=b →\r\n", InvalidChunkExtension),
        ("5;→\u{e9}", InvalidChunkExtension),
        ("1;a\r\nx\r\n0;a=→?", InvalidChunkExtension),
        ("5→\n", BareLf),
        ("5;a→\n", BareLf),
        ("5;a=\"→\n", BareLf),
        ("→\n", BareLf),
        ("5\r→h", BareCr),
        ("0\r→\r\n", BareCr),
        ("5;a=\"b\"\r→\r\n", BareCr),
    ] {
        refuses(&format!("{CHUNKED}{body}"), kind, 400);
    }
}

/// Row 1, the CRLF after chunk data: RFC 9112 section 7.1.
#[test]
fn octet_after_chunk_data() {
    for body in [
        "5\r\nhello→XX0\r\n",
        "5\r\nhello→\n0",
        "5\r\nhello→0\r\n",
        "5\r\nhello\r→0",
        "5\r\nhello\r→\r\n",
        "1\r\nx\r\n2\r\nxy→z",
        "1\r\nx→ \r\n",
    ] {
        refuses(&format!("{CHUNKED}{body}"), InvalidChunkEnd, 400);
    }
}

/// Row 4: the major version, then the form of the target, at the LF of the request line
/// (RFC 9110 section 15.6.6, RFC 9112 section 3.2, decision D6).
#[test]
fn end_of_request_line() {
    for (line, kind) in [
        ("GET / HTTP/→2.0", UnsupportedVersion),
        ("GET / HTTP/→0.9", UnsupportedVersion),
        ("GET / HTTP/→9.9", UnsupportedVersion),
        ("GET * HTTP/→3.1", UnsupportedVersion),
        ("PRI / HTTP/→2.0", UnsupportedVersion),
        ("PRI * HTTP/→3.0", UnsupportedVersion),
        ("PRI * HTTP/→2.0", Http2Preface),
    ] {
        refuses(&format!("{line}\r⇥\n\r\nSM\r\n\r\n"), kind, 505);
    }
    for line in [
        "GET →*",
        "PRI →*",
        "options →*",
        "m-search →*",
        "M-SEARCH →*x",
        "NOTIFY →**",
        "SUBSCRIBE →*",
        "GET →a",
        "GET →example.com:80",
        "GET →http:/a",
        "GET →1http://a/",
        "GET →+x://a/",
        "GET →-x://a/",
        "GET →.x://a/",
        "GET →://a/",
        "GET →ht_tp://a/",
        "GET →ht%74p://a/",
        "GET →ftp://user:pw@a/",
        "GET →ws:///chat",
        "GET →ws://",
        "GET →file:///a",
        "GET →urn:a",
        "GET →mailto:a@b",
        "GET →a/b://c",
        "GET →http:///path",
        "GET →https://",
        "GET →http://?q",
        "GET →http://u@a/",
        "GET →http://u:p@a/",
        "GET →http://a,b/",
        "GET →http://a:65536/",
        "GET →http://a:+1/",
        "GET →http://[::1/",
        "GET →http://a%zz/",
        "OPTIONS →**",
        "OPTIONS →*/",
        "CONNECT →/",
        "CONNECT →a",
        "CONNECT →a:",
        "CONNECT →a:0",
        "CONNECT →a:65536",
        "CONNECT →:80",
        "CONNECT →http://a:80/",
        "CONNECT →u@a:80",
        "CONNECT →*",
        "CONNECT →a:80/",
        "CONNECT →[::1]",
        "CONNECT →[::1:80",
    ] {
        refuses(&format!("{line} HTTP/1.1\r⇥\nHost: a\r\n"), InvalidTargetForm, 400);
    }
    for target in ["ws://a", "ftp://a/", "coap+tcp://a?b", "H2://[::1]:8/", "a.b-c+d://a:/:://"] {
        Judge::new().accepts(&format!("GET {target} HTTP/1.0\r\n\r\n"));
    }
    for method in ["OPTIONS", "M-SEARCH", "NOTIFY"] {
        Judge::new().accepts(&format!("{method} * HTTP/1.0\r\n\r\n"));
    }
    let judge = Judge::allowing_non_ascii_target();
    judge.refuses("GET →http://\u{e9}/ HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    judge.refuses("GET →\u{e9} HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
}

/// A request whose head has these lines; the LF that ends it is the place of judgement.
fn head(request_line: &str, lines: &str) -> String {
    format!("{request_line}\r\n{}\r\n\r⇥\n", lines.replace('|', "\r\n"))
}

/// Row 5: each rule of the head, with the line that completed the contradiction
/// (RFC 9112 sections 3.2 and 6, RFC 9110 sections 7.6.1, 9.3.6 and 10.1.1).
#[test]
fn end_of_head() {
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
fn any_host() {
    let judge = Judge::allowing_any_host();
    for value in ["", " ", "a b", "a/b", "a,b", "Living\\032Room._hap._tcp.local", "[", "\u{e9}"] {
        for line in ["GET /", "OPTIONS *", "GET http://a/", "CONNECT a:80"] {
            judge.accepts(&format!("{line} HTTP/1.1\r\nHost: {value}\r\n\r\n"));
        }
        let twice = format!("Host: {value}|→Host: {value}|Host: a");
        judge.refuses(&head("GET / HTTP/1.1", &twice), DuplicateHost, 400);
        judge.refuses(&head("GET / HTTP/1.0", &twice), DuplicateHost, 400);
        // What is judged after Host still is.
        let lines = format!("Host: {value}|→Connection: a b");
        judge.refuses(&head("GET / HTTP/1.1", &lines), InvalidConnection, 400);
    }
    judge.refuses("GET / HTTP/1.1\r\nX: y\r\n\r→\n", MissingHost, 400);
    judge.accepts("GET / HTTP/1.0\r\n\r\n");
    judge.refuses("GET / HTTP/1.1\r\nHost: a→\0", InvalidFieldValue, 400);
    judge.refuses("GET →http://a,b/ HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
}

/// Row 5: "in this order". Each head here breaks the rule and all that are judged later.
#[test]
fn order_at_the_end_of_head() {
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

/// Row 9: forbidden trailers, at the LF of their line (RFC 9110 section 6.5.1, decision D18).
#[test]
fn forbidden_trailer() {
    for name in [
        "Transfer-Encoding",
        "Content-Length",
        "Host",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "hOST",
        "tE",
    ] {
        for before in ["", "T: 1\r\n", "T: 1\r\nU:\r\n"] {
            let input = format!("{CHUNKED}0\r\n{before}→{name}: x\r⇥\n\r\n");
            refuses(&input, ForbiddenTrailer, 400);
        }
    }
    // Syntax comes first, since it is judged at its octet.
    refuses(&format!("{CHUNKED}0\r\nHost: a→\0\r\n"), InvalidFieldValue, 400);
    refuses(&format!("{CHUNKED}0\r\nHost: a\r→X"), BareCr, 400);
    Judge::new().accepts(&format!("{CHUNKED}0\r\nTEs: 1\r\nHosts: 2\r\nAuthorization: x\r\n\r\n"));
}
