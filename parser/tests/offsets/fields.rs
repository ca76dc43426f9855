//! Field lines, in the header section and in the trailer section.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::{CHUNKED, refuses};

/// Row 1, field lines, in the header section and in the trailer section alike:
/// RFC 9112 sections 2.2, 5, 5.1, 5.2 and 7.1.2.
#[test]
fn wrong_octet_in_a_field_line_is_pointed_at() {
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

/// Row 9: forbidden trailers, at the LF of their line (RFC 9110 section 6.5.1, decision D18).
#[test]
fn forbidden_trailer_is_pointed_at_when_its_line_ends() {
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
