//! All 65,536 pairs of octets, in each place where the parser judges an octet.

use crate::compare::Context;

const CHUNKED: &str = "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn pairs_in_the_request_line_are_read_as_the_naive_parser_does() {
    for (before, after) in [
        ("", " / HTTP/1.0\r\n\r\n"),
        ("G", " / HTTP/1.0\r\n\r\n"),
        ("G /", " HTTP/1.0\r\n\r\n"),
        ("G / HTTP/1", "0\r\n\r\n"),
        ("G / HTTP/1.", "\n\r\n"),
        ("G / HTTP/1.0", "\r\n"),
    ] {
        Context::new(before, after).compare_pairs();
    }
    Context::new("G http://a", "/ HTTP/1.0\r\n\r\n").allowing_non_ascii_target().compare_pairs();
}

#[test]
fn pairs_in_field_lines_are_read_as_the_naive_parser_does() {
    for (before, after) in [
        ("G / HTTP/1.0\r\n", "A: b\r\n\r\n"),
        ("G / HTTP/1.0\r\nA", ": b\r\n\r\n"),
        ("G / HTTP/1.0\r\nA: b", "\r\n\r\n"),
        ("G / HTTP/1.0\r\nA:b", "\r\n"),
    ] {
        Context::new(before, after).compare_pairs();
    }
}

#[test]
fn pairs_in_judged_values_are_read_as_the_naive_parser_does() {
    for (before, after) in [
        ("Content-Length:", "\r\n\r\n0123456789"),
        ("Transfer-Encoding: chunked", "\r\n\r\n0\r\n\r\n"),
        ("Transfer-Encoding: ", "chunked\r\n\r\n0\r\n\r\n"),
        ("Connection: close", "\r\n\r\n"),
        ("Expect:", "100-continue\r\n\r\n"),
    ] {
        Context::new(&format!("P / HTTP/1.1\r\nHost: a\r\n{before}"), after).compare_pairs();
    }
    for (before, after) in [("", ""), ("a:", ""), ("[", "::1]"), ("[::1]", ""), ("[v", ".a]")] {
        Context::new(&format!("P / HTTP/1.1\r\nHost:{before}"), &format!("{after}\r\n\r\n"))
            .compare_pairs();
    }
}

#[test]
fn pairs_in_a_chunked_body_are_read_as_the_naive_parser_does() {
    for (before, after) in [
        ("", "\r\n0\r\n\r\n"),
        ("0", "\r\n\r\n"),
        ("0;", "\r\n\r\n"),
        ("0;a=", "\r\n\r\n"),
        ("0;a=\"", "\"\r\n\r\n"),
        ("0;a=\"\"", "\r\n\r\n"),
        ("1\r\nx", "0\r\n\r\n"),
        ("0\r\n", "\r\n\r\n"),
        ("0\r\nA: b", "\r\n\r\n"),
    ] {
        Context::new(&format!("{CHUNKED}{before}"), after).compare_pairs();
    }
}
