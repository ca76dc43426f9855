//! Checks that all parsers find the same in the same bytes. Only then are they timed.

use crate::comparison::{self, Comparison};
use crate::incremental;
use crate::peers::{Checksum, H1EVENTS};

/// Checks all parsers on all workloads.
///
/// # Panics
///
/// If a parser finds something else than a naive parser.
pub fn parsers_agree() {
    for Comparison { parsers, workloads, .. } in comparison::all() {
        for workload in &workloads {
            for input in workload.inputs() {
                let expected = naive(input);
                for parser in parsers {
                    let found = (parser.parse)(&[input]);
                    assert_eq!(found, expected, "{} on {}", parser.name, input.escape_ascii());
                }
            }
            // Once more in one go, since a parser may keep something from one request for the
            // next.
            for set in workload.sets.iter() {
                let expected = (parsers[H1EVENTS].parse)(set);
                let requests: u64 = set.iter().map(|input| naive(input).requests).sum();
                assert_eq!(expected.requests, requests, "{}", workload.name);
                for parser in parsers {
                    let found = (parser.parse)(set);
                    assert_eq!(found, expected, "{} on {}", parser.name, workload.name);
                }
            }
        }
    }
    for head in incremental::heads() {
        let expected = naive(&head);
        for feeder in &incremental::FEEDERS {
            assert_eq!(
                (feeder.feed)(&head),
                expected,
                "{} on {}",
                feeder.name,
                head.escape_ascii()
            );
        }
    }
}

/// Parses valid requests by splitting at spaces, line ends and colons.
fn naive(input: &[u8]) -> Checksum {
    let mut rest = str::from_utf8(input).expect("the workloads are ASCII");
    let mut checksum = Checksum::default();
    while !rest.is_empty() {
        let (head, body) = rest.split_once("\r\n\r\n").expect("a head ends in an empty line");
        let (line, fields) = head.split_once("\r\n").expect("a head has a field line");
        naive_request_line(line, &mut checksum);
        naive_fields(fields, &mut checksum);
        rest = if fields.contains("Transfer-Encoding: chunked") {
            naive_chunks(body, &mut checksum)
        } else if let Some((_, value)) = fields.split_once("Content-Length: ") {
            let length = value.lines().next().and_then(|length| length.parse().ok());
            let (content, rest) = body.split_at(length.expect("a number"));
            checksum.content(content.as_bytes());
            rest
        } else {
            body
        };
    }
    checksum
}

fn naive_request_line(line: &str, checksum: &mut Checksum) {
    let parts: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = parts[..] else { panic!("a request line has three parts") };
    checksum.request(method.as_bytes(), target.as_bytes(), u8::from(version == "HTTP/1.1"));
}

fn naive_fields(lines: &str, checksum: &mut Checksum) {
    for line in lines.split_terminator("\r\n") {
        let (name, value) = line.split_once(':').expect("a field line has a colon");
        checksum.field(name.as_bytes(), value.trim_matches([' ', '\t']).as_bytes());
    }
}

/// Takes the chunks and the trailer section, and returns the rest.
fn naive_chunks<'a>(mut body: &'a str, checksum: &mut Checksum) -> &'a str {
    loop {
        let (size, rest) = body.split_once("\r\n").expect("a chunk line");
        let size = usize::from_str_radix(size, 16).expect("a chunk size");
        if size == 0 {
            let (trailers, rest) = body.split_once("\r\n\r\n").expect("an empty line at the end");
            naive_fields(trailers.strip_prefix("0\r\n").unwrap_or_default(), checksum);
            return rest;
        }
        let (content, rest) = rest.split_at(size);
        checksum.content(content.as_bytes());
        body = rest.strip_prefix("\r\n").expect("a line end after a chunk");
    }
}

#[test]
fn all_parsers_find_the_same() {
    parsers_agree();
}
