//! Whether all parsers find the same in the same bytes. Nothing is timed before they do.

use crate::peers::{Checksum, PARSERS};
use crate::{incremental, workloads};

/// # Panics
///
/// If a parser disagrees with the bytes.
pub fn parsers_agree() {
    for workload in workloads::all() {
        for request in workload.requests() {
            let expected = naive(request);
            for parser in &PARSERS {
                let found = (parser.parse)(&[request]);
                assert_eq!(found, expected, "{} on {}", parser.name, request.escape_ascii());
            }
        }
        // Once more in one go, since a parser may carry something over from one request to the
        // next.
        for set in &workload.sets {
            let expected = (PARSERS[0].parse)(set);
            assert_eq!(expected.requests, set.len() as u64, "{}", workload.name);
            for parser in &PARSERS {
                assert_eq!((parser.parse)(set), expected, "{} on {}", parser.name, workload.name);
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

/// The same by splitting at spaces, line ends and colons, for requests that are known to be valid.
fn naive(head: &[u8]) -> Checksum {
    let head = str::from_utf8(head).expect("the workloads are ASCII");
    let mut lines =
        head.strip_suffix("\r\n\r\n").expect("a head ends in an empty line").split("\r\n");
    let mut checksum = Checksum::default();
    let line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, version] = line[..] else { panic!("a request line has three parts") };
    checksum.request(method.as_bytes(), target.as_bytes(), u8::from(version == "HTTP/1.1"));
    for line in lines {
        let (name, value) = line.split_once(':').expect("a field line has a colon");
        checksum.field(name.as_bytes(), value.trim_matches([' ', '\t']).as_bytes());
    }
    checksum
}

#[test]
fn all_parsers_find_the_same() {
    parsers_agree();
}
