//! Published attacks on HTTP/1 parsers, each as a test named after the attack.
//!
//! `→` marks the offset of the error, `⇥` the place of judgement if it comes later.
//! `support/judged.rs` has the checks for each example. Apart from the attack, each request is
//! valid. `src/attacks.md` lists all attacks.

#[path = "../support/judged.rs"]
mod judged;
#[path = "../support/mod.rs"]
mod support;

mod chapter;
mod chunks;
mod connection;
mod encoding;
mod fields;
mod host;
mod length;
mod request_line;
mod trailers;

use h1events::ErrorKind;
use judged::Judge;
use support::Owned;

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/// Asserts that the input is refused where it is marked.
#[track_caller]
fn refuses(marked: &str, kind: ErrorKind, status: u16) {
    Judge::new().refuses(marked, kind, status);
}

/// Asserts that the input is refused where it is marked, after a request that is accepted.
#[track_caller]
fn refuses_next(first: &str, marked: &str, kind: ErrorKind, status: u16) {
    Judge::new().refuses_next(first, marked, kind, status);
}

/// Asserts that a POST with these field lines is refused at the end of its head.
#[track_caller]
fn refuses_head(lines: &str, kind: ErrorKind, status: u16) {
    refuses(&format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r⇥\n"), kind, status);
}

/// Asserts that these are the targets and the contents of all requests of the input.
#[track_caller]
fn accepts(input: &str, expected: &[(&str, &str)]) {
    let mut requests: Vec<(String, String)> = vec![];
    for event in Judge::new().accepts(input).events {
        match event {
            Owned::RequestLine { target, .. } => requests.push((text(target), String::new())),
            Owned::Body(data) => requests.last_mut().expect("a request").1 = text(data),
            _ => {}
        }
    }
    let requests: Vec<(&str, &str)> = requests.iter().map(|(a, b)| (&a[..], &b[..])).collect();
    assert_eq!(requests, expected);
}

fn text(octets: Vec<u8>) -> String {
    String::from_utf8(octets).expect("ASCII")
}
