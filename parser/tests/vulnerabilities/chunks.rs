//! The chunked coding: sizes, extensions, and where data ends.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::{CHUNKED, HIDDEN, NEXT, accepts, refuses, refuses_next};

fn chunked(body: &str) -> String {
    format!("{CHUNKED}{body}")
}

/// Some recipients read the longest prefix that is a number, or all that their language takes for
/// one (CVE-2023-47627).
#[test]
fn size_that_is_no_number() {
    for size in [
        "→+5",
        "→-5",
        "→-1",
        "0→x5",
        "0→X5",
        "5→h",
        "5→_0",
        "→_5",
        "→ 5",
        "→\t5",
        "5→.",
        "5→,",
        "5→:",
        "→\"5\"",
        "→(5)",
        "0→o5",
        "→g",
        "5→\0",
        "→\0",
        "5→\u{b}",
        "5→\u{c}",
        "5→\u{85}",
        "5→\u{a0}",
        "→\u{a0}5",
        "→\u{b2}",
        "→\u{d9}\u{a1}",
    ] {
        refuses(&chunked(&format!("{size}\r\nhello\r\n0\r\n\r\n")), InvalidChunkSize, 400);
    }
}

/// Empty is not 0.
#[test]
fn empty_size() {
    refuses(&chunked("→\r\n\r\n"), InvalidChunkSize, 400);
    refuses(&chunked("→;a\r\n\r\n"), InvalidChunkSize, 400);
    refuses(&chunked("1\r\nx\r\n→\r\n"), InvalidChunkSize, 400);
}

/// Sizes that wrap around to a small number, or turn negative (CVE-2002-0392, CVE-2013-2028,
/// CVE-2021-32714).
#[test]
fn size_that_overflows() {
    for size in [
        "1000000000000000→0",
        "1000000000000000→5",
        "f000000000000000→2",
        "ffffffffffffffff→f",
        "00001000000000000000→0",
    ] {
        refuses(&chunked(&format!("{size}\r\n\r\n{HIDDEN}")), ChunkSizeOverflow, 400);
    }
    for size in
        ["100000005", "80000005", "7fffffffffffffff", "8000000000000005", "FFFFFFFFFFFFFFFF"]
    {
        Judge::new().waits_after(&chunked(&format!("{size}\r\nhello\r\n0\r\n\r\n{NEXT}")));
    }
}

/// Leading zeros make no size octal, and are limited.
#[test]
fn size_with_leading_zeros() {
    let body = "0010\r\n0123456789abcdef\r\n000\r\n\r\n";
    accepts(&chunked(&format!("{body}{NEXT}")), &[("/", "0123456789abcdef"), ("/next", "")]);
    refuses(&chunked(&format!("{}→0", "0".repeat(1024))), ChunkLineTooLong, 400);
}

/// TERM.EXT and EXT.TERM: an LF in an extension ends the line for one of two recipients
/// (CVE-2024-52304, CVE-2025-22871, CVE-2025-55315, CVE-2025-58056).
#[test]
fn lf_in_an_extension() {
    for line in [
        "2;→\n",
        "2;a→\n",
        "2;a=→\n",
        "2;a=b→\n",
        "2;a=\"→\n",
        "2;a=\"\\→\n",
        "2;a=\"b\"→\n",
        "2 →\n",
    ] {
        refuses(&chunked(&format!("{line}XX\r\n0\r\n\r\n")), BareLf, 400);
    }
}

/// A CR in an extension ends the line for one of two recipients.
#[test]
fn cr_in_an_extension() {
    refuses(&chunked("5\r→\r;a\r\n"), BareCr, 400);
    refuses(&chunked("5\r→;a\r\n"), BareCr, 400);
    refuses(&chunked("5;a\r→X\r\n"), BareCr, 400);
    refuses(&chunked("5;a=b\r→\0"), BareCr, 400);
    refuses(&chunked("5;→\rX"), InvalidChunkExtension, 400);
    refuses(&chunked("5;a=→\rX"), InvalidChunkExtension, 400);
}

/// A quoted string spans lines for a recipient that knows quoted strings (CVE-2026-33870).
#[test]
fn line_end_in_a_quoted_extension() {
    refuses(&chunked("1;a=\"b→\r\nX\r\n0\r\n\r\n\""), InvalidChunkExtension, 400);
    refuses(&chunked("1;a=\"→\r\n\"\r\n"), InvalidChunkExtension, 400);
    refuses(&chunked("1;a=\"\\→\r\n\"\r\n"), InvalidChunkExtension, 400);
    // An escaped quote doesn't end it either.
    accepts(&chunked("1;a=\"\\\";b\"\r\nX\r\n0\r\n\r\n"), &[("/", "X")]);
}

/// Some recipients skip the octets of an extension without checking them (CVE-2021-22960).
#[test]
fn extension_that_is_none() {
    for line in [
        "5;→\u{1}",
        "5;a→\0",
        "5;a=\"→\0",
        "5;a=\"→\u{7f}",
        "5;→\r\n",
        "5;→;a",
        "5;→=a",
        "5;a=→;",
        "5;a=b→=c",
        "5;a→\"b\"",
        "5 →a",
        "5 →\r\n",
        "5;a →\r\n",
        "5;a=b →\r\n",
        "5;→\u{e9}",
        "5;a=→\u{e9}",
        "5;a→,b",
        "5;a→/b",
    ] {
        refuses(&chunked(&format!("{line}\r\nhello\r\n0\r\n\r\n")), InvalidChunkExtension, 400);
    }
    accepts(&chunked("1 ; a = \"b\" ;c\r\nx\r\n0\t;d\r\n\r\n"), &[("/", "x")]);
}

/// TERM.SPILL and SPILL.TERM: more data than the size says, which a recipient skips up to a line end.
#[test]
fn data_longer_than_its_size() {
    refuses(&chunked("5\r\nAAAAA→\nc\r\n17\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nAAAAA→AA\r\n0\r\n\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nAAAAA\r→Xc\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("1\r\nA→ \r\n0\r\n\r\n"), InvalidChunkEnd, 400);
}

/// Some recipients skip two octets after the data without checking them (CVE-2025-43859), or take
/// one, or none.
#[test]
fn data_without_its_line_end() {
    refuses(&chunked("5\r\nhello→XX0\r\n\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nhello→0\r\n\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nhello→\n0\r\n\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nhello\r→0\r\n\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nhello→\n\r0\r\n\r\n"), InvalidChunkEnd, 400);
    refuses(&chunked("5\r\nhello\r→\r\n0\r\n\r\n"), InvalidChunkEnd, 400);
}

/// LF or CR alone after a size.
#[test]
fn bare_line_end_after_a_size() {
    refuses(&chunked("5→\nhello\n0\n\n"), BareLf, 400);
    refuses(&chunked("0→\n\r\n"), BareLf, 400);
    refuses(&chunked("→\n"), BareLf, 400);
    refuses(&chunked("5\r→hello\r\n"), BareCr, 400);
    refuses(&chunked("0\r→\r\n"), BareCr, 400);
}

/// The body ends with the empty line after the last chunk, not before.
#[test]
fn body_without_its_end() {
    for body in
        ["0", "0\r", "0\r\n", "0\r\n\r", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "00;a\r\n"]
    {
        Judge::new().waits_after(&chunked(body));
    }
    refuses(&chunked("0\r\n\r→GET /smuggled HTTP/1.1\r\n"), BareCr, 400);
    refuses(&chunked("0\r\nGET→ /smuggled HTTP/1.1\r\n"), WhitespaceBeforeColon, 400);
}

/// Octets after the end are a request or an error.
#[test]
fn garbage_after_the_end() {
    let request = chunked("1\r\nx\r\n0\r\n\r\n");
    refuses_next(&request, "→\0", BinaryData, 400);
    refuses_next(&request, "→\n", BareLf, 400);
    refuses_next(&request, &format!("{}→\r\n", "\r\n".repeat(8)), TooManyEmptyLines, 400);
    refuses_next(&request, "0→\r\n\r\n", InvalidMethod, 400);
}

/// A gigabyte of extensions or zeros for an octet of content (CVE-2023-39326, CVE-2024-22019).
#[test]
fn extensions_without_end() {
    let a = "a".repeat(1022);
    refuses(&chunked(&format!("1;{a}→a")), ChunkLineTooLong, 400);
    refuses(&chunked(&format!("1;{a}→;")), ChunkLineTooLong, 400);
    let chunk = format!("1;{}\r\nx\r\n", "a".repeat(1000));
    let chunks = chunk.repeat(16);
    let rest = "a".repeat(16 * 1024 - 16 * 1001 - 1);
    refuses(&chunked(&format!("{chunks}1;{rest}→a")), ChunkExtensionsTooLong, 400);
    refuses(&chunked(&format!("{chunks}1;{rest}\r\nx\r\n0→;")), ChunkExtensionsTooLong, 400);
}
