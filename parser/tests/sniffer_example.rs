//! The example `sniffer`, as it is run.

#[path = "../examples/sniffer.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;

use std::io::{self, Read};

/// Returns its output, and whether all requests were complete. Asserts that reads of one octet
/// change nothing.
fn sniff(stream: &[u8]) -> (String, bool) {
    let read = |size| {
        let mut output = vec![];
        let is_whole = example::sniff(Drip { stream, size }, &mut output).expect("no errors");
        (String::from_utf8(output).expect("text"), is_whole)
    };
    let whole = read(stream.len().max(1));
    assert_eq!(read(1), whole);
    whole
}

struct Drip<'a> {
    stream: &'a [u8],
    size: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.size.min(buffer.len());
        self.stream.read(&mut buffer[..size])
    }
}

#[test]
fn each_request_has_a_line_with_its_place() {
    let stream = b"GET /tea HTTP/1.1\r\nHost: a\r\n\r\n\
        \r\nPOST / HTTP/1.1\r\nHost: b:80\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\ntea\r\n0\r\n\r\n\
        GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: tea/1\r\n\r\n";
    let lines = "0 GET /tea HTTP/1.1, host a, 0 octets of content\n\
        30 POST / HTTP/1.1, host b:80, 3 octets of content\n\
        104 GET /chat HTTP/1.1, host a, 0 octets of content, offers an upgrade\n";
    assert_eq!(sniff(stream), (lines.to_owned(), true));
    assert_eq!(sniff(b""), (String::new(), true));
}

#[test]
fn error_ends_the_stream_with_the_rest_counted() {
    let (lines, is_whole) = sniff(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET  / HTTP/1.1\r\n\r\n");
    assert!(!is_whole);
    let (first, rest) = lines.split_once('\n').expect("two lines");
    assert_eq!(first, "0 GET / HTTP/1.1, host a, 0 octets of content");
    assert_eq!(
        rest,
        "27 octet not allowed in the request target, at byte 4 of the request \
         (RFC 9112 section 3.2)\nand 19 octets that are not parsed\n"
    );
}

#[test]
fn nothing_is_taken_for_a_request_after_the_connection_ends() {
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for last in ["GET / HTTP/1.0\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let (lines, is_whole) = sniff([last, get].concat().as_bytes());
        let end =
            format!("\n{} end of the connection\nand 27 octets that are not parsed\n", last.len());
        assert!(is_whole && lines.ends_with(&end), "{lines}");
    }
}

#[test]
fn request_that_is_cut_off_is_told() {
    let (lines, is_whole) = sniff(b"GET / HTTP/1.1\r\nHost: a\r\n");
    assert_eq!(
        lines,
        "0 the input ended within a request, at byte 25 of the request (RFC 9112 section 8)\n"
    );
    assert!(!is_whole);
}
