//! The request line (RFC 9112 section 3), and the octets before it.

use crate::compare::Context;

/// From the first octet on: methods, spaces, line ends, empty lines, another protocol.
#[test]
fn first_octets_are_read_as_the_naive_parser_does() {
    let alphabet = ["G", " ", "/", "HTTP/1.1", "\r", "\n", "\t", "\0"];
    Context::new("", " / HTTP/1.0\r\n\r\n").compare_every(&alphabet, 7);
}

/// Valid parts in any order.
#[test]
fn sound_parts_in_any_order_are_read_as_the_naive_parser_does() {
    let alphabet = ["OPTIONS", "*", " ", "/", "HTTP/1.0", "HTTP/2.0", "PRI", "\r\n", "\r"];
    Context::new("", "\r\n\r\n").compare_every(&alphabet, 6);
}

/// Both versions, and requests that look like them.
#[test]
fn proxy_protocol_is_told_as_by_the_naive_parser() {
    let alphabet = ["PROXY", " ", "TCP4", "HTTP/1.1", "\r", "\n", "\0", "P", "\r\n"];
    Context::new("", "\r\n\r\n").compare_every(&alphabet, 6);
    let alphabet = ["\r\n", "\0", "\r", "\n", "QUIT", "\u{16}"];
    Context::new("", "\r\nQUIT\n").compare_every(&alphabet, 6);
    let version = ["HTTP", "/", "1", ".", "2", "\r", "\n", " "];
    Context::new("PROXY / ", "\r\n\r\n").compare_every(&version, 6);
}

#[test]
fn version_is_read_as_the_naive_parser_does() {
    let alphabet = ["HTTP", "/", "1", ".", "2", "http", "\r", "\n"];
    Context::new("G / ", "\r\n\r\n").compare_every(&alphabet, 6);
    Context::new("G / HTTP/1.0", "\r\n").compare_every(&["\r", "\n", " ", "0", "a: b"], 6);
}

/// Each method has its forms, whatever the octets of the target.
#[test]
fn target_is_judged_as_by_the_naive_parser() {
    let alphabet = ["/", "*", "a", ":", "80", "?", "@", "%41", "#", "\u{e9}"];
    for method in ["GET", "OPTIONS", "M-SEARCH", "NOTIFY", "CONNECT"] {
        let before = format!("{method} ");
        let context = Context::new(&before, " HTTP/1.0\r\n\r\n");
        context.compare_every(&alphabet, 5);
        context.allowing_non_ascii_target().compare_every(&alphabet, 4);
    }
}

#[test]
fn absolute_form_is_judged_as_by_the_naive_parser() {
    let alphabet = ["http", "HTTPS", ":", "/", "a", "0", "?", "[::1]"];
    Context::new("GET ", " HTTP/1.0\r\n\r\n").compare_every(&alphabet, 6);
    let alphabet = ["x", "X", "1", "+", "-", ".", "_", "%41"];
    Context::new("GET ", "://a HTTP/1.0\r\n\r\n").compare_every(&alphabet, 5);
    let alphabet = ["a", ":", "/", "?", "@", "8", "%", ","];
    Context::new("GET http://", " HTTP/1.0\r\n\r\n").compare_every(&alphabet, 6);
}
