//! The chunked coding (RFC 9112 section 7.1).

use crate::compare::Context;

const CHUNKED: &str = "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Sizes, data, line ends, the end, and the next request.
#[test]
fn chunks_are_read_as_the_naive_parser_does() {
    let alphabet = ["0", "1", "a", ";", "\r\n", "\r", "\n", "G / HTTP/1.0\r\n\r\n"];
    Context::new(CHUNKED, "\r\n\r\n").compare_every(&alphabet, 6);
}

#[test]
fn chunk_size_is_read_as_the_naive_parser_does() {
    let alphabet = ["0", "2", "f", "x", "-", "+", "_", " ", ",", "\r\n"];
    Context::new(CHUNKED, "\r\nab\r\n0\r\n\r\n").compare_every(&alphabet, 5);
    // Up to the largest number of 64 bits, and beyond.
    let alphabet = ["0", "00000000", "ffffffff", "F", "1", "\r\n"];
    Context::new(CHUNKED, "\r\n\r\n").compare_every(&alphabet, 6);
}

/// chunk-ext = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
#[test]
fn chunk_extension_is_read_as_the_naive_parser_does() {
    let alphabet = [";", "a", "=", "\"", "\\", " ", "\u{80}"];
    Context::new(&format!("{CHUNKED}0"), "\r\n\r\n").compare_every(&alphabet, 6);
}

/// No quotes, escapes or spaces hide a line end.
#[test]
fn no_quote_in_an_extension_hides_a_line_end() {
    let alphabet = [";", "a", "=", "\"", "\\", "\r", "\n", "\t"];
    Context::new(&format!("{CHUNKED}0;a="), "\r\n\r\n").compare_every(&alphabet, 6);
}
