//! Field lines that end, begin or mean something else for another recipient.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::refuses;
use crate::support::Owned;

fn head(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n")
}

/// A line that begins with whitespace: recipients join it to the line before, take it for a line of
/// its own, or skip it (CVE-2022-32215).
#[test]
fn line_folding() {
    refuses(&head("X: y\r\n→ z"), LineFolding, 400);
    refuses(&head("X: y\r\n→\tz"), LineFolding, 400);
    refuses(&head("X:\r\n→ y"), LineFolding, 400);
    refuses(&head("Transfer-Encoding:\r\n→ chunked"), LineFolding, 400);
    refuses(&head("X: y\r\n→ Content-Length: 5"), LineFolding, 400);
    // A line of whitespace doesn't end the section either.
    refuses(&head("X: y\r\n→ \r\nContent-Length: 5"), LineFolding, 400);
    refuses("GET / HTTP/1.1\r\n→ Host: b\r\nHost: a\r\n\r\n", WhitespaceBeforeFields, 400);
    refuses("GET / HTTP/1.1\r\n→\t\r\nHost: a\r\n\r\n", WhitespaceBeforeFields, 400);
}

/// LF alone as the end of a line or of the section (CVE-2022-35256).
#[test]
fn bare_lf() {
    refuses(&head("X: y→\nZ: w"), BareLf, 400);
    refuses(&head("X:→\n\nGET /smuggled HTTP/1.1"), BareLf, 400);
    refuses("GET / HTTP/1.1\r\nHost: a→\n\n", BareLf, 400);
    refuses("GET / HTTP/1.1\r\nHost: a\r\n→\n", BareLf, 400);
    refuses(&head("X→\n: y"), InvalidFieldName, 400);
    refuses(&head("X: \"y→\nZ: w\""), BareLf, 400);
}

/// CR alone as the end of a line or of the section, or any octet skipped after it
/// (CVE-2020-1935, CVE-2023-30589).
#[test]
fn bare_cr() {
    refuses(&head("X: y\r→Z: w"), BareCr, 400);
    refuses(&head("X: y\r→\r\nZ: w"), BareCr, 400);
    refuses(&head("X: y\r→\0\nZ: w"), BareCr, 400);
    refuses("GET / HTTP/1.1\r\nHost: a\r\n\r→\r\n", BareCr, 400);
    refuses("GET / HTTP/1.1\r\nHost: a\r\n\r→ZGET /smuggled: HTTP/1.1\r\n\r\n", BareCr, 400);
    refuses(&head("X→\r: y"), InvalidFieldName, 400);
}

/// CR taken for a hyphen, NUL for the end (CVE-2020-8201).
#[test]
fn control_characters() {
    for octet in ["\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{1b}", "\u{1f}", "\u{7f}"] {
        refuses(&head(&format!("X: y→{octet}z")), InvalidFieldValue, 400);
        refuses(&head(&format!("X: y→{octet}")), InvalidFieldValue, 400);
        refuses(&head(&format!("X:→{octet}y")), InvalidFieldValue, 400);
        refuses(&head(&format!("X→{octet}Y: z")), InvalidFieldName, 400);
        refuses(&head(&format!("→{octet}X: y")), InvalidFieldName, 400);
    }
    refuses(&head("Content→\rLength: 5"), InvalidFieldName, 400);
}

/// An empty name hides the lines after it (CVE-2023-25725).
#[test]
fn empty_name() {
    refuses(&head("→: y\r\nContent-Length: 5"), InvalidFieldName, 400);
    refuses(&head("→:\r\nContent-Length: 5"), InvalidFieldName, 400);
}

/// A line without a colon: recipients skip it, join it to the next, or end the head
/// (CVE-2019-20444).
#[test]
fn no_colon() {
    refuses(&head("X→\r\nZ: w"), InvalidFieldName, 400);
    refuses(&head("X→=y\r\nZ: w"), InvalidFieldName, 400);
    refuses(&head("X→ y\r\nZ: w"), WhitespaceBeforeColon, 400);
}

/// A space or a tab before the colon (CVE-2019-16869, CVE-2019-16276).
#[test]
fn whitespace_before_colon() {
    for name in ["X→ :", "X→\t:", "X→  :", "X→ \t :", "X→ Y:"] {
        refuses(&head(&format!("{name} y")), WhitespaceBeforeColon, 400);
    }
}

/// Octets that no token has: some recipients normalise them, others use the part before them.
#[test]
fn name_that_is_no_token() {
    for octet in ["(", ")", "<", "@", ",", ";", "\\", "\"", "/", "[", "]", "?", "=", "{", "}"] {
        refuses(&head(&format!("X→{octet}Y: z")), InvalidFieldName, 400);
    }
    for octet in ["\u{80}", "\u{85}", "\u{a0}", "\u{e9}", "\u{ff}"] {
        refuses(&head(&format!("X→{octet}: y")), InvalidFieldName, 400);
    }
}

/// One recipient trims the spaces of Unicode or C, and the other doesn't. Characters narrowed to
/// eight bits become others: U+560A ends in 0x0A.
#[test]
fn values_that_others_change() {
    for value in
        ["\u{85}admin\u{a0}", "\u{e5}\u{98}\u{8d}\u{e5}\u{98}\u{8a}X: y", "\u{e2}\u{80}\u{a8}"]
    {
        let run = Judge::new().accepts(&head(&format!("X: \t{value} ")));
        let octets = value.chars().map(|octet| octet as u8).collect();
        assert_eq!(run.events[2], Owned::Header(b"X".into(), octets));
    }
}

/// Fields past the limit are neither dropped nor read forever (CVE-2018-12121).
#[test]
fn head_without_end() {
    let line = |length: usize| format!("X: {}\r\n", "y".repeat(length - 3));
    let start = "GET / HTTP/1.1\r\nHost: a\r\n";
    let long = "y".repeat(16 * 1024 - 3);
    refuses(&format!("{start}X: {long}→y"), FieldLineTooLong, 431);
    refuses(&format!("{start}{}→X", "X".repeat(16 * 1024)), FieldLineTooLong, 431);
    let lines = line(16_000).repeat(4);
    let room = 64 * 1024 - "Host: a\r\n".len() - lines.len();
    refuses(&format!("{start}{lines}{}→y", line(room).trim_end()), HeaderSectionTooLarge, 431);
    refuses(&format!("{start}{}→X: y\r\n", "X: y\r\n".repeat(127)), TooManyHeaderLines, 431);
}
