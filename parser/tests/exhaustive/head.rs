//! Rules that are judged at the end of the head: framing, Connection, Expect.

use crate::compare::Context;

const POST: &str = "P / HTTP/1.1\r\nHost: a\r\n";

#[test]
fn content_length_is_judged_as_by_the_naive_parser() {
    let alphabet = ["0", "1", "5", ",", "+", "-", " ", "\t", "x", "\u{b2}"];
    Context::new(&format!("{POST}Content-Length:"), "\r\n\r\n0").compare_every(&alphabet, 5);
    // Around the largest number of 64 bits.
    let alphabet = ["0", "5", "6", "9", " "];
    let before = format!("{POST}Content-Length: 1844674407370955161");
    Context::new(&before, "\r\n\r\n").compare_every(&alphabet, 3);
}

#[test]
fn transfer_encoding_is_judged_as_by_the_naive_parser() {
    let next = "\r\nTransfer-Encoding:";
    let alphabet = ["chunked", "CHUNKED", ",", " ", "\t", "gzip", ";", "\"", "\u{a0}", next];
    let body = "\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    Context::new(&format!("{POST}Transfer-Encoding:"), body).compare_every(&alphabet, 5);
}

#[test]
fn connection_and_expect_are_judged_as_by_the_naive_parser() {
    let alphabet = ["close", "keep-alive", "Upgrade", ",", " ", "host", ";", "\u{80}"];
    for version in ["1.0", "1.1"] {
        let head = format!("P / HTTP/{version}\r\nHost: a\r\nUpgrade: b\r\nConnection:");
        Context::new(&head, "\r\n\r\n").compare_every(&alphabet, 5);
    }
    let alphabet = ["100-continue", "100-Continue", ",", " ", ";", "\0", "\r\nExpect:"];
    for (version, length) in [("1.0", 1), ("1.1", 0), ("1.1", 1)] {
        let length = format!("Content-Length: {length}");
        let head = format!("P / HTTP/{version}\r\nHost: a\r\n{length}\r\nExpect:");
        Context::new(&head, "\r\n\r\nx / HTTP/1.0\r\n\r\n").compare_every(&alphabet, 5);
    }
}

/// The lines that can contradict each other, in any order and number.
#[test]
fn contradicting_lines_are_judged_as_by_the_naive_parser() {
    let alphabet = [
        "Host: a\r\n",
        "Host:\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: x\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Connection: close\r\n",
        "Connection: Upgrade, host\r\n",
        "Upgrade: x\r\n",
        "Expect: 100-continue\r\n",
        "Expect: x\r\n",
    ];
    for line in ["P / HTTP/1.0", "P / HTTP/1.1", "P http://a/ HTTP/1.2", "CONNECT a:80 HTTP/1.1"] {
        Context::new(&format!("{line}\r\n"), "\r\n0\r\n\r\n").compare_every(&alphabet, 4);
    }
}
