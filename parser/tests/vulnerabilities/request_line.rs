//! The request line: its end, and its parts.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::{NEXT, accepts, refuses};

/// Splitting by a target: the part after the space, CR or LF would be a version, a line or a
/// request of its own.
#[test]
fn target_with_a_space_or_a_line_end() {
    refuses("GET /a →b HTTP/1.1\r\nHost: a\r\n\r\n", InvalidVersion, 400);
    refuses("GET / HTTP/1.1→ /b HTTP/1.1\r\n", InvalidVersion, 400);
    refuses("GET /a→\tb HTTP/1.1\r\n", InvalidTarget, 400);
    refuses("GET /a→\r\nX: y HTTP/1.1\r\n", InvalidVersion, 400);
    refuses("GET /a→\nX: y HTTP/1.1\r\n", InvalidVersion, 400);
    refuses("GET /a→\rX HTTP/1.1\r\n", InvalidVersion, 400);
    refuses("GET /a→\0b HTTP/1.1\r\n", InvalidTarget, 400);
    refuses("GET →\r\n/ HTTP/1.1\r\n", InvalidTarget, 400);
}

/// Splitting by a method, and methods of which a recipient may use only a part.
#[test]
fn method_with_other_octets() {
    refuses("GET→\r\n/ HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("GET→\n / HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("GET→\t/ HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("GET→\0 / HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("GET→\u{b}/ HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("GET→: / HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("GET→\u{a0}/ HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("→ GET / HTTP/1.1\r\n", InvalidMethod, 400);
    refuses("→\"GET / HTTP/1.1\r\n", InvalidMethod, 400);
}

/// More than one space: some recipients split at the first, some at the last.
#[test]
fn more_than_one_space() {
    refuses("GET → / HTTP/1.1\r\n", InvalidTarget, 400);
    refuses("GET / → HTTP/1.1\r\n", InvalidVersion, 400);
    refuses("GET / HTTP/1.1→ \r\n", InvalidVersion, 400);
}

/// Encoded line ends stay encoded. A caller that decodes them has to keep them out of fields.
#[test]
fn target_with_an_encoded_line_end() {
    let target = "/a%0d%0aTransfer-Encoding:%20chunked";
    accepts(
        &format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"),
        &[(target, ""), ("/next", "")],
    );
}

/// A simple request of HTTP/0.9: for one recipient the head ends with the line.
#[test]
fn http_09() {
    refuses("GET /→\r\n", InvalidVersion, 400);
    refuses(&format!("GET /evil→\r\n{NEXT}"), InvalidVersion, 400);
    refuses("GET /→\n", InvalidVersion, 400);
    refuses("GET / →\r\n", InvalidVersion, 400);
    refuses("GET / HTTP/→0.9\r⇥\n\r\n", UnsupportedVersion, 505);
}

/// Versions that some recipients cut off, wrap around or don't check.
#[test]
fn version_that_is_none() {
    for version in [
        "HTTP/1.1→1",
        "HTTP/1.→",
        "HTTP/1→",
        "HTTP/1→1.1",
        "HTTP/1.→+1",
        "HTTP/→-1.1",
        "HTTP/→ 1.1",
        "HTTP/1.1→x",
        "HTTP/1.3→2",
        "HTTP/1.2→57",
        "HTTP/→x.1",
        "→http/1.1",
        "HTTP→ /1.1",
        "→XTTP/1.1",
        "→1.1",
        "HTTP/1→,1",
        "HTTP/1.1→\0",
        "HTTP/1.1→\t",
        "HTTP/1.→\u{b2}",
    ] {
        refuses(&format!("GET / {version}\r\nHost: a\r\n\r\n"), InvalidVersion, 400);
    }
}

/// LF or CR alone as the end of the line.
#[test]
fn bare_line_end() {
    refuses("GET / HTTP/1.1→\nHost: a\r\n\r\n", BareLf, 400);
    refuses("GET / HTTP/1.1\r→Host: a\r\n\r\n", BareCr, 400);
    refuses("GET / HTTP/1.1\r→\r\nHost: a\r\n\r\n", BareCr, 400);
    refuses("→\nGET / HTTP/1.1\r\n", BareLf, 400);
    refuses("\r→GET / HTTP/1.1\r\n", BareCr, 400);
    refuses("\r\n→\nGET / HTTP/1.1\r\n", BareLf, 400);
}

/// Octets that some recipients skip before the method, and empty lines without end.
#[test]
fn garbage_before_the_request_line() {
    for octet in
        ["\0", "\u{1}", "\u{b}", "\u{1f}", "\u{7f}", "\u{80}", "\u{85}", "\u{a0}", "\u{ff}"]
    {
        refuses(&format!("→{octet}GET / HTTP/1.1\r\n"), BinaryData, 400);
    }
    refuses("→\u{ef}\u{bb}\u{bf}GET / HTTP/1.1\r\n", BinaryData, 400);
    let eight = "\r\n".repeat(8);
    refuses(&format!("{eight}→\r\nGET / HTTP/1.1\r\n"), TooManyEmptyLines, 400);
    refuses("\r\n→ GET / HTTP/1.1\r\n", InvalidMethod, 400);
}

/// A fragment, by which one recipient checks access and the other doesn't (CVE-2023-45539).
#[test]
fn target_with_a_fragment() {
    refuses("GET /public→#/../admin HTTP/1.1\r\n", InvalidTarget, 400);
    refuses("GET →#a HTTP/1.1\r\n", InvalidTarget, 400);
    refuses("GET http://a→#@b/ HTTP/1.1\r\n", InvalidTarget, 400);
}

/// Targets in no form that fits the method.
#[test]
fn target_in_another_form() {
    for line in [
        "GET →!",
        "GET →a",
        "GET →a:80",
        "GET →*",
        "GET →http:/a",
        "GET →http://",
        "GET →http:///a",
        "GET →1a://a/",
        "GET →a_b://a/",
        "GET →file:///a",
        "OPTIONS →a",
        "CONNECT →/",
        "CONNECT →a",
        "CONNECT →a:0",
        "CONNECT →http://a:80",
    ] {
        refuses(&format!("{line} HTTP/1.1\r⇥\n"), InvalidTargetForm, 400);
    }
}

/// The connection preface, after which one side would speak HTTP/2.
#[test]
fn http2_preface() {
    refuses("PRI * HTTP/→2.0\r⇥\n\r\nSM\r\n\r\n", Http2Preface, 505);
    refuses("GET / HTTP/→2.0\r⇥\nHost: a\r\n\r\n", UnsupportedVersion, 505);
}

/// The header of the PROXY protocol, which says where a connection comes from. A recipient
/// that accepted it from any client would let the client choose its address.
#[test]
fn proxy_protocol_header() {
    refuses("PROXY TCP4 →127.0.0.1 127.0.0.1 1 80\r\nGET / HTTP/1.1\r\n", ProxyProtocol, 400);
    refuses("PROXY UNKNOWN→\r\nGET / HTTP/1.1\r\n", ProxyProtocol, 400);
    refuses("\r\n\r\n→\0\r\nQUIT\n \0\0\0GET / HTTP/1.1\r\n", ProxyProtocol, 400);
}

/// Octets from 0x80, which a decoder may turn into anything.
#[test]
fn target_that_is_not_ascii() {
    for octet in ["\u{80}", "\u{85}", "\u{a0}", "\u{e9}", "\u{ff}"] {
        refuses(&format!("GET /→{octet} HTTP/1.1\r\n"), InvalidTarget, 400);
    }
}

/// Switches for leniency add up to holes. There are two: one admits these octets in paths and
/// queries, the other any Host value. They loosen nothing else.
#[test]
fn the_two_options_loosen_nothing_else() {
    let lenient = Judge::allowing_non_ascii_target();
    lenient.accepts("GET /\u{e9}?\u{ff} HTTP/1.0\r\n\r\n");
    lenient.refuses("GET /\u{e9}→\u{7f} HTTP/1.1\r\n", InvalidTarget, 400);
    lenient.refuses("GET /\u{e9}→# HTTP/1.1\r\n", InvalidTarget, 400);
    lenient.refuses("GET →\u{e9} HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    lenient.refuses("GET →http://\u{e9}/ HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    lenient.refuses("CONNECT →\u{e9}:80 HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    lenient.refuses("G→\u{e9}T / HTTP/1.1\r\n", InvalidMethod, 400);
    lenient.refuses("GET / HTTP/1.0\r\nX→\u{e9}: y\r\n", InvalidFieldName, 400);
    lenient.refuses("GET / HTTP/1.0\r\n→Host: \u{e9}\r\n\r⇥\n", InvalidHost, 400);

    let lenient = Judge::allowing_any_host();
    lenient.accepts("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    lenient.refuses("GET / HTTP/1.1\r\n\r→\n", MissingHost, 400);
    lenient.refuses("GET / HTTP/1.1\r\nHost:\r\n→Host:\r\n\r⇥\n", DuplicateHost, 400);
    lenient.refuses("GET / HTTP/1.1\r\nHost: a→\0", InvalidFieldValue, 400);
    lenient.refuses("GET / HTTP/1.1\r\nHost→ : a\r\n", WhitespaceBeforeColon, 400);
    lenient.refuses("GET →http://a@b/ HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    lenient.refuses("CONNECT →a,b:80 HTTP/1.1\r⇥\n", InvalidTargetForm, 400);
    lenient.refuses("GET /→\u{e9} HTTP/1.1\r\n", InvalidTarget, 400);
}

/// Methods and targets without end.
#[test]
fn request_line_without_end() {
    refuses(&format!("{}→ / HTTP/1.1\r\n", "A".repeat(33)), MethodTooLong, 501);
    refuses(&format!("{}→A", "A".repeat(8192)), EndlessMethod, 400);
    refuses(&format!("GET /{}→a", "a".repeat(8191)), TargetTooLong, 414);
}
