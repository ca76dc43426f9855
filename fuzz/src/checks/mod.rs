//! One module for each target, with its name.

pub mod connection;
pub mod oracle;
pub mod parse;
pub mod peers;
pub mod split;
pub mod structured;

use h1events::Limits;

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
