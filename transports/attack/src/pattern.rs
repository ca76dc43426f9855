//! Content in which each octet depends on its position, so that a lost or doubled octet shows.

use std::sync::LazyLock;

/// Octets of a period. No buffer has this length.
const PERIOD: usize = 251;

/// Octets of a part, at most.
const PART: usize = 64 * 1024;

static OCTETS: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=250).cycle().take(PART + PERIOD).collect());

/// Returns a part of the content that begins at `position`, of at most `length` octets.
pub(crate) fn part(position: u64, length: u64) -> &'static [u8] {
    let start = usize::try_from(position % PERIOD as u64).unwrap_or(0);
    let length = usize::try_from(length).map_or(PART, |length| length.min(PART));
    &OCTETS[start..][..length]
}

/// Compares content that comes in parts.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) length: u64,
    /// Whether all of it was as expected.
    pub(crate) is_right: bool,
}

impl Comparison {
    pub(crate) const fn new() -> Self {
        Self { length: 0, is_right: true }
    }

    pub(crate) fn add(&mut self, mut content: &[u8]) {
        while !content.is_empty() {
            let expected = part(self.length, content.len() as u64);
            let (now, later) = content.split_at(expected.len());
            self.is_right &= now == expected;
            self.length += now.len() as u64;
            content = later;
        }
    }
}
