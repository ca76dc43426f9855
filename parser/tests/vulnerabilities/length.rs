//! Content-Length: several of them, values that are no numbers, and bodies that are ignored.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::{HIDDEN, NEXT, accepts, refuses, refuses_head};

/// One recipient takes the first, the other the last (CVE-2015-5740, CVE-2019-16792).
#[test]
fn two_lengths() {
    refuses_head("Content-Length: 0\r\n→Content-Length: 35", DuplicateContentLength, 400);
    refuses_head("Content-Length: 35\r\n→content-length: 0", DuplicateContentLength, 400);
    refuses_head("Content-Length: 5\r\n→Content-Length: 5", DuplicateContentLength, 400);
    refuses_head("Content-Length: 5\r\nX: y\r\n→Content-Length:", DuplicateContentLength, 400);
}

/// A recipient that reads digits up to another octet takes a part of these. The number parsers
/// of many languages take signs, prefixes, blanks and underscores (CVE-2021-32715,
/// CVE-2022-24761, CVE-2022-42252, CVE-2023-34188).
#[test]
fn length_that_is_no_number() {
    for value in [
        "+5",
        "-5",
        "-0",
        "+",
        "-",
        "0x5",
        "0X5",
        "5h",
        "0b1",
        "0o5",
        "1_0",
        "_5",
        "5_",
        "1e1",
        "5.0",
        "5.",
        ".5",
        "5 5",
        "5\t5",
        "5,",
        ",5",
        "5,5",
        "5, 5",
        "0, 35",
        "5;",
        "5;a",
        "\"5\"",
        "(5)",
        "five",
        "5'0",
        "NaN",
        "Infinity",
        "0xffffffffffffffff",
        "5\u{85}",
        "\u{a0}5",
        "5\u{a0}",
    ] {
        refuses_head(&format!("→Content-Length: {value}"), InvalidContentLength, 400);
    }
    for octet in ["\0", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{1f}", "\u{7f}"] {
        let line = format!("Content-Length: 5→{octet}");
        refuses(&format!("POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n"), InvalidFieldValue, 400);
    }
}

/// Digits of Unicode: SUPERSCRIPT TWO in Latin-1, ARABIC-INDIC and FULLWIDTH digits in UTF-8.
#[test]
fn length_in_other_digits() {
    for value in ["\u{b2}", "1\u{b9}", "\u{d9}\u{a1}\u{d9}\u{a0}", "\u{ef}\u{bc}\u{95}"] {
        refuses_head(&format!("→Content-Length: {value}"), InvalidContentLength, 400);
    }
}

/// Empty is neither 0 nor absent nor "until the end of input" (CVE-2023-40225).
#[test]
fn empty_length() {
    refuses_head("→Content-Length:", InvalidContentLength, 400);
    refuses_head("→Content-Length: \t ", InvalidContentLength, 400);
}

/// An octal eight for one recipient is a decimal ten for all others.
#[test]
fn length_with_leading_zeros() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 010\r\n\r\n";
    accepts(&format!("{head}0123456789{NEXT}"), &[("/", "0123456789"), ("/next", "")]);
    let head = head.replace("010", &"0".repeat(100));
    accepts(&format!("{head}{NEXT}"), &[("/", ""), ("/next", "")]);
}

/// Lengths that wrap around, or lose what doesn't fit into 32 bits.
#[test]
fn length_that_overflows() {
    for value in ["18446744073709551616", "18446744073709551621", "36893488147419103237"] {
        refuses_head(&format!("→Content-Length: {value}"), ContentLengthOverflow, 400);
    }
    refuses_head(&format!("→Content-Length: {}", "9".repeat(1000)), ContentLengthOverflow, 400);
    for value in ["4294967301", "9223372036854775813", "18446744073709551615"] {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {value}\r\n\r\n");
        Judge::new().waits_after(&format!("{head}hello{NEXT}"));
    }
}

/// A length that one recipient doesn't see (CVE-2015-5739, CVE-2019-16785, CVE-2024-27982).
#[test]
fn hidden_length() {
    let head = |lines: &str| format!("POST / HTTP/1.1\r\n{lines}\r\nHost: a\r\n\r\n");
    refuses(&head("Content-Length→ : 5"), WhitespaceBeforeColon, 400);
    refuses(&head("Content-Length→\t: 5"), WhitespaceBeforeColon, 400);
    refuses(&head("Content→ Length: 5"), WhitespaceBeforeColon, 400);
    refuses(&head("Content-Length→ 5"), WhitespaceBeforeColon, 400);
    refuses(&head("Content→\rLength: 5"), InvalidFieldName, 400);
    refuses(&head("→ Content-Length: 5"), WhitespaceBeforeFields, 400);
    refuses(&head("X: y\r\n→\tContent-Length: 5"), LineFolding, 400);
    refuses(&head("X: y→\nContent-Length: 5"), BareLf, 400);
    refuses(&head("X: y\r→Content-Length: 5"), BareCr, 400);
    refuses(&head("X: y→\0\r\nContent-Length: 5"), InvalidFieldValue, 400);
    refuses(&head("X→\r\nContent-Length: 5"), InvalidFieldName, 400);
    refuses(&head("→\u{b}Content-Length: 5"), InvalidFieldName, 400);
}

/// The length of a name kept in eight bits: 256 octets more make it another name
/// (CVE-2021-40346).
#[test]
fn name_length_in_eight_bits() {
    let name = format!("Content-Length{}", "0".repeat(256));
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{name}: 0\r\nContent-Length: 5\r\n\r\n");
    accepts(&format!("{head}hello{NEXT}"), &[("/", "hello"), ("/next", "")]);
}

/// CL.0: the body of a method that needs none is left for the next request.
#[test]
fn body_whatever_the_method() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "POST", "FOO"] {
        let length = HIDDEN.len();
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        accepts(&format!("{head}{HIDDEN}{NEXT}"), &[("/", HIDDEN), ("/next", "")]);
    }
}

/// 0.CL: the first recipient sees no length and sends the next client's request, which the
/// second takes for the body. No recipient can tell, but the octets are the body and nothing else.
#[test]
fn body_that_is_still_to_come() {
    for expect in ["", "Expect: 100-continue\r\n"] {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{expect}Content-Length: 35\r\n\r\n");
        Judge::new().waits_after(&head);
        let body = &NEXT.repeat(2)[..35];
        accepts(&format!("{head}{body}"), &[("/", body)]);
    }
}

/// Without a length there is no body, neither up to the end of input (CVE-2026-2835) nor because
/// of the method.
#[test]
fn no_length_is_no_body() {
    for method in ["POST", "PUT", "PATCH"] {
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n\r\n");
        accepts(&format!("{head}{NEXT}"), &[("/", ""), ("/next", "")]);
        let head = format!("{method} / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        accepts(&format!("{head}{NEXT}"), &[("/", ""), ("/next", "")]);
    }
}
