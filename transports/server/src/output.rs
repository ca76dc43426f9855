//! The bytes that are still to be sent.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::IoSlice;

/// Small answers are put one behind the other into one piece; a large body is a piece of
/// its own and never copied.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pieces: VecDeque<Cow<'static, [u8]>>,
    /// Bytes of the first piece that have been sent.
    sent: usize,
    len: usize,
    answers: u32,
}

/// Bodies from this size are not copied behind their heads.
const LARGE: usize = 16 * 1024;

/// When so much waits to be sent, it is, before the next request is looked at.
const BATCH_BYTES: usize = 64 * 1024;
const BATCH_ANSWERS: u32 = 32;

/// What is kept of the memory of large answers, for the next one.
const KEEP: usize = 4 * LARGE;

/// The most slices that are offered to one vectored write.
pub(crate) const SLICES: usize = 4;

impl Output {
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether so much waits that no answer is to join it.
    pub(crate) const fn is_full(&self) -> bool {
        self.len >= BATCH_BYTES || self.answers >= BATCH_ANSWERS
    }

    /// What has been appended since the last time is one answer.
    pub(crate) const fn count_answer(&mut self) {
        self.answers += 1;
    }

    /// Appends what `write` writes.
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if !matches!(self.pieces.back(), Some(Cow::Owned(piece)) if piece.len() < LARGE) {
            self.pieces.push_back(Cow::Owned(Vec::new()));
        }
        if let Some(Cow::Owned(piece)) = self.pieces.back_mut() {
            let before = piece.len();
            write(piece);
            self.len += piece.len() - before;
        }
    }

    pub(crate) fn push_body(&mut self, body: Cow<'static, [u8]>) {
        if body.len() < LARGE {
            self.append(|piece| piece.extend_from_slice(&body));
        } else {
            self.len += body.len();
            self.pieces.push_back(body);
        }
    }

    /// The next bytes to send. Slices that aren't needed are empty.
    pub(crate) fn slices(&self) -> [IoSlice<'_>; SLICES] {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut skip = self.sent;
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(&piece[skip..]);
            skip = 0;
        }
        slices
    }

    /// Drops bytes that have been sent.
    ///
    /// # Panics
    ///
    /// If these are more than there were.
    pub(crate) fn sent(&mut self, n: usize) {
        self.len = self.len.checked_sub(n).expect("no more is sent than there was to send");
        self.sent += n;
        if self.len == 0 {
            self.answers = 0;
        }
        let mut last = self.pieces.len() == 1;
        while let Some(piece) = self.pieces.front_mut().filter(|piece| piece.len() <= self.sent) {
            if let (true, Cow::Owned(piece)) = (last, &mut *piece)
                && piece.capacity() <= KEEP
            {
                // Its memory is used again.
                piece.clear();
                self.sent = 0;
                return;
            }
            self.sent -= piece.len();
            self.pieces.pop_front();
            last = self.pieces.len() == 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(output: &Output) -> Vec<u8> {
        output.slices().iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn small_pieces_are_one_and_large_ones_are_not_copied() {
        let mut output = Output::default();
        output.append(|piece| piece.extend_from_slice(b"head"));
        output.push_body(Cow::Borrowed(b"small"));
        output.append(|piece| piece.extend_from_slice(b"head"));
        let large = vec![b'x'; LARGE];
        let address = large.as_ptr();
        output.push_body(Cow::Owned(large));
        output.append(|piece| piece.extend_from_slice(b"tail"));

        assert_eq!(&*output.slices()[0], b"headsmallhead");
        assert_eq!(output.slices()[1].as_ptr(), address);
        assert_eq!(&*output.slices()[2], b"tail");
        assert_eq!(output.len, 13 + LARGE + 4);

        let mut output = Output::default();
        for _ in 0..2 {
            output.push_body(Cow::Borrowed(&[b'x'; 8 * 1024]));
        }
        assert_eq!(output.slices()[0].len(), 16 * 1024);
    }

    #[test]
    fn whatever_is_sent_at_once_the_rest_follows() {
        for step in [99, 1000, LARGE - 1, LARGE, LARGE + 7] {
            let mut output = Output::default();
            let mut expected = Vec::new();
            for (head, len) in [("a", 0), ("bb", LARGE), ("ccc", 5), ("dddd", LARGE + 3)] {
                output.append(|piece| piece.extend_from_slice(head.as_bytes()));
                output.push_body(Cow::Owned(vec![b'-'; len]));
                expected.extend_from_slice(head.as_bytes());
                expected.resize(expected.len() + len, b'-');
            }
            let mut sent = Vec::new();
            while !output.is_empty() {
                let next = bytes(&output);
                let n = step.min(next.len());
                sent.extend_from_slice(&next[..n]);
                output.sent(n);
            }
            assert!(sent == expected, "{step} bytes a time");
            output.append(|piece| piece.push(b'z'));
            assert_eq!(bytes(&output), b"z");
        }
    }
}
