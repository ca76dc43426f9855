//! One module for each target, with its name.

pub mod connection;
pub mod oracle;
pub mod parse;
pub mod peers;
pub mod split;
pub mod structured;

use std::fmt;

use arbitrary::{Arbitrary, Unstructured};
use h1events::Limits;

/// An input as libFuzzer has made it, shown as text when a check fails.
pub struct Raw<'a>(pub &'a [u8]);

/// The same for a target that takes instructions from its end.
pub struct Instructed<'a>(pub &'a [u8]);

impl<'a> Arbitrary<'a> for Raw<'a> {
    fn arbitrary(octets: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        octets.bytes(octets.len()).map(Self)
    }
}

impl<'a> Arbitrary<'a> for Instructed<'a> {
    fn arbitrary(octets: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        octets.bytes(octets.len()).map(Self)
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input: {}", self.0.escape_ascii())
    }
}

impl fmt::Debug for Instructed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (input, instructions) = split_instructions(self.0);
        write!(f, "input: {}\ninstructions: {instructions:?}", input.escape_ascii())
    }
}

/// Asserts that this parser says of an input what something else says, or panics with both.
#[track_caller]
fn assert_same<T: PartialEq + fmt::Debug>(
    what: impl fmt::Display,
    input: &[u8],
    ours: &T,
    (name, theirs): (impl fmt::Display, &T),
) {
    assert!(
        ours == theirs,
        "{what} differ\n  input: {}\n  h1events: {ours:?}\n  {name}: {theirs:?}",
        input.escape_ascii(),
    );
}

/// The defaults, and limits that short inputs pass.
fn limits() -> [Limits; 2] {
    let mut small = Limits::new();
    small.empty_lines = 2;
    small.method = 5;
    small.target = 12;
    small.field_line = 40;
    small.header_section = 120;
    small.header_lines = 4;
    small.chunk_line = 10;
    small.chunk_extensions = 16;
    small.trailer_section = 50;
    small.trailer_lines = 2;
    small.content = 20;
    [Limits::new(), small]
}

/// What stands before the last octet 0xff, and what follows it. So every input is one that has
/// no instructions at its end, the seeds among them.
fn split_instructions(octets: &[u8]) -> (&[u8], &[u8]) {
    match octets.iter().rposition(|&octet| octet == 0xff) {
        Some(place) => (&octets[..place], &octets[place + 1..]),
        None => (octets, &[]),
    }
}
