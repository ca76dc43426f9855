//! Whole requests, one after another, and the octets between them.

use crate::compare::Context;

#[test]
fn pipelined_requests_are_told_apart_as_by_the_naive_parser() {
    let alphabet = [
        "G / HTTP/1.1\r\nHost: a\r\n\r\n",
        "P / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
        "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "3\r\n",
        "abc",
        "\r\n",
        "0\r\n",
        "T: x\r\n",
        "X",
    ];
    Context::new("", "G / HTTP/1.0\r\n\r\n").compare_every(&alphabet, 5);
}
