//! A body of an answer that is made while it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use h1events_server::{Body, BodyError, Part};

use super::answers::{body, pattern};

/// What it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) count: usize,
    /// Octets of each.
    size: usize,
    /// Whether each takes time.
    sleeps: bool,
    is_failing: bool,
    /// The length that it says it has.
    length: Option<usize>,
}

impl Parts {
    /// A body of some kind.
    pub(super) fn new(octet: u8) -> Self {
        let octet = usize::from(octet);
        let (count, size) = (octet % 7, [0, 8, 100, 3_000, 17_000][octet % 5]);
        let length = match octet % 16 {
            0..6 => Some(count * size),
            6 => Some(count * size + 1),
            7 => Some((count * size).saturating_sub(1)),
            _ => None,
        };
        Self { count, size, sleeps: octet % 3 == 0, is_failing: octet % 11 == 10, length }
    }

    const fn octets(self) -> usize {
        self.count * self.size
    }

    /// Whether the connection has to be cut.
    pub(super) fn fails(self) -> bool {
        self.is_failing || self.length.is_some_and(|length| length != self.octets())
    }

    /// Asserts that the client has what was written, and sees whether it is whole.
    pub(super) fn check(
        self,
        number: usize,
        octets: &[u8],
        is_whole: bool,
        announced: Option<usize>,
    ) {
        assert_eq!(announced, self.length, "length of answer {number}: sent, and given");
        let is_prefix = body(number, self.octets()).starts_with(octets);
        assert!(is_prefix, "answer {number} isn't the body that was given");
        if is_whole && self.fails() {
            // What was wrong has come too late to be told.
            assert_eq!(Some(octets.len()), self.length, "answer {number} looks whole");
        } else if is_whole {
            assert_eq!(octets.len(), self.octets(), "octets of answer {number}: sent, and given");
        }
    }
}

/// The rest of it.
pub(super) struct Rest {
    number: usize,
    parts: Parts,
    given: usize,
    has_slept: bool,
}

impl Rest {
    pub(super) const fn new(number: usize, parts: Parts) -> Self {
        Self { number, parts, given: 0, has_slept: false }
    }
}

impl Body for Rest {
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        if self.parts.sleeps && !std::mem::replace(&mut self.has_slept, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_slept = false;
        let Parts { count, size, is_failing, .. } = self.parts;
        if self.given == count {
            return Poll::Ready(is_failing.then(|| Err("it fails".into())));
        }
        let start = self.given * size;
        self.given += 1;
        let octets: Vec<u8> = pattern(self.number, start).take(size).collect();
        Poll::Ready(Some(Ok(Part::Content(octets.into()))))
    }

    fn length(&self) -> Option<u64> {
        self.parts.length.map(|length| length as u64)
    }
}
