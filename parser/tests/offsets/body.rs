//! The chunked coding.

use h1events::ErrorKind::*;

use crate::{CHUNKED, refuses};

/// Row 1, chunk lines: RFC 9112 sections 7.1 and 7.1.1.
#[test]
fn wrong_octet_in_a_chunk_line_is_pointed_at() {
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
fn wrong_octet_after_chunk_data_is_pointed_at() {
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
