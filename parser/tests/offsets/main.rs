//! "Where each rule is judged" of `rules.md`, row by row: the place of judgement, and
//! the offset of its error.
//!
//! `→` marks the offset, `⇥` the place of judgement if it comes later. `support/judged.rs` has
//! the checks for each example. The row about limits is in `limits.rs`.

#[path = "../support/judged.rs"]
mod judged;
#[path = "../support/mod.rs"]
mod support;

mod body;
mod fields;
mod head;
mod request_line;

use h1events::ErrorKind;
use judged::Judge;

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn refuses(marked: &str, kind: ErrorKind, status: u16) {
    Judge::new().refuses(marked, kind, status);
}
