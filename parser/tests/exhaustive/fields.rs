//! Field lines (RFC 9112 section 5), in the header section and in the trailer section.

use crate::compare::Context;

const LINE: &str = "G / HTTP/1.0\r\n";
const LAST_CHUNK: &str = "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";

/// Names, colons, whitespace, line ends, and octets that no line may have.
#[test]
fn header_section_is_read_as_the_naive_parser_does() {
    let alphabet = ["A", ":", " ", "\t", "\r", "\n", "\0", "\u{80}"];
    Context::new(LINE, "\r\n\r\n").compare_every(&alphabet, 6);
}

/// Lines longer than the blocks of octets in which the parser scans.
#[test]
fn long_line_is_read_as_the_naive_parser_does() {
    let long = "v".repeat(64);
    let alphabet = ["A", ":", " ", "\r\n", "\r", "\n", &long, "\u{80}"];
    Context::new(LINE, "\r\n\r\n").compare_every(&alphabet, 6);
}

#[test]
fn line_ends_are_read_as_the_naive_parser_does() {
    let alphabet = ["A:b", "\r", "\n", " "];
    Context::new("G / HTTP/1.0", "\r\n\r\n").compare_every(&alphabet, 8);
}

#[test]
fn trailer_section_is_read_as_the_naive_parser_does() {
    let alphabet = ["TE", "s", ":", " ", "\r\n", "\r", "\n", "\u{7f}"];
    Context::new(LAST_CHUNK, "\r\n\r\n").compare_every(&alphabet, 6);
}
