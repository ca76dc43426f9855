//! The request line, and the octets before it.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::refuses;

/// Row 1, method: RFC 9112 section 3.1, method = token. The first octet may tell the protocol.
#[test]
fn wrong_octet_in_the_method_is_pointed_at() {
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
fn wrong_octet_in_the_target_is_pointed_at() {
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
fn wrong_octet_in_the_version_is_pointed_at() {
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
fn wrong_octet_in_an_empty_line_is_pointed_at() {
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

/// The header of the PROXY protocol: offset and place are those of the error it replaces.
#[test]
fn proxy_protocol_is_told_where_another_error_would_be() {
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

/// Row 4: the major version, then the form of the target, at the LF of the request line
/// (RFC 9110 section 15.6.6, RFC 9112 section 3.2, decision D6).
#[test]
fn version_and_form_of_the_target_are_judged_at_the_end_of_the_line() {
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
