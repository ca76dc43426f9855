//! Bytes to send.

use std::io::IoSlice;
use std::ops::Deref;

use crate::content::Content;

/// Answers that wait to be sent. Small ones share a piece; a large body is a piece of its own, and is
/// never copied.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pieces: Vec<Content>,
    /// Bytes of the first piece that have been sent.
    sent: usize,
    len: usize,
    answers: u32,
}

/// Bytes of a body from which on it isn't copied behind its head.
const LARGE: usize = 16 * 1024;

/// Bytes, and answers, that wait at most. At this number, they are sent before the next request is parsed.
const BATCH_BYTES: usize = 64 * 1024;
const BATCH_ANSWERS: u32 = 32;

/// Bytes of memory that are kept after large answers, for the next one.
const KEEP: usize = 4 * LARGE;

/// Slices of one vectored write, at most.
const SLICES: usize = 4;

/// The next bytes to write, as slices for one vectored write. None of them is empty.
///
/// ```
/// # use std::io::Write;
/// # fn write(mut stream: impl Write, connection: &mut h1events_server::Connection) -> std::io::Result<()> {
/// let n = stream.write_vectored(&connection.write_slices())?;
/// connection.advance_write(n);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct WriteSlices<'a> {
    slices: [IoSlice<'a>; SLICES],
    len: usize,
}

impl<'a> Deref for WriteSlices<'a> {
    type Target = [IoSlice<'a>];

    fn deref(&self) -> &Self::Target {
        &self.slices[..self.len]
    }
}

impl Default for WriteSlices<'_> {
    fn default() -> Self {
        Self { slices: [IoSlice::new(&[]); SLICES], len: 0 }
    }
}

impl Output {
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns whether it has to be sent before another answer, or a part of one, is added. The sent part of a
    /// large piece still takes memory.
    pub(crate) const fn is_full(&self) -> bool {
        self.len >= BATCH_BYTES || self.sent >= BATCH_BYTES || self.answers >= BATCH_ANSWERS
    }

    /// Returns the number of answers that have been appended since it was empty.
    pub(crate) const fn answers(&self) -> u32 {
        self.answers
    }

    /// Counts the bytes appended since the last call as one answer.
    pub(crate) const fn count_answer(&mut self) {
        self.answers += 1;
    }

    /// Appends what `write` writes.
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let last = self.pieces.last().and_then(Content::as_vec);
        if last.is_none_or(|piece| piece.len() >= LARGE) {
            self.pieces.push(Vec::new().into());
        }
        if let Some(piece) = self.pieces.last_mut().and_then(Content::as_mut_vec) {
            let before = piece.len();
            write(piece);
            self.len += piece.len() - before;
        }
    }

    pub(crate) fn push_body(&mut self, body: Content) {
        if body.len() < LARGE {
            self.append(|piece| piece.extend_from_slice(&body));
        } else {
            self.len += body.len();
            self.pieces.push(body);
        }
    }

    /// Appends content as a chunk (RFC 9112 section 7.1), which isn't empty: an empty chunk is the last one.
    pub(crate) fn push_chunk(&mut self, content: Content) {
        self.append(|out| {
            let digits = format!("{:x}\r\n", content.len());
            out.extend_from_slice(digits.as_bytes());
        });
        self.push_body(content);
        self.append(|out| out.extend_from_slice(b"\r\n"));
    }

    /// Returns the next bytes to send.
    pub(crate) fn slices(&self) -> WriteSlices<'_> {
        let mut next = WriteSlices::default();
        let mut skip = self.sent;
        for piece in &self.pieces {
            let unsent = &piece[std::mem::take(&mut skip)..];
            if next.len == SLICES {
                break;
            }
            if !unsent.is_empty() {
                next.slices[next.len] = IoSlice::new(unsent);
                next.len += 1;
            }
        }
        next
    }

    /// Returns the bytes of heap that are taken.
    pub(crate) fn capacity(&self) -> usize {
        let pieces = self.pieces.iter().map(Content::capacity).sum::<usize>();
        self.pieces.capacity() * size_of::<Content>() + pieces
    }

    /// Frees the memory of sent answers, and returns whether there was any.
    ///
    /// Only for an output that [is empty](Self::is_empty).
    pub(crate) fn release(&mut self) -> bool {
        let had_memory = self.capacity() > 0;
        *self = Self::default();
        had_memory
    }

    /// Drops bytes that have been sent.
    ///
    /// # Panics
    ///
    /// If there were fewer.
    pub(crate) fn advance(&mut self, n: usize) {
        self.len = self.len.checked_sub(n).expect("more bytes sent than there were");
        self.sent += n;
        if self.len == 0 {
            return self.clear();
        }
        while let Some(piece) = self.pieces.first().filter(|piece| piece.len() <= self.sent) {
            self.sent -= piece.len();
            self.pieces.remove(0);
        }
    }

    /// Forgets everything, since all has been sent. The memory of the last piece is used again.
    fn clear(&mut self) {
        self.sent = 0;
        self.answers = 0;
        self.pieces.drain(..self.pieces.len().saturating_sub(1));
        match self.pieces.last_mut().and_then(Content::as_mut_vec) {
            Some(piece) if piece.capacity() <= KEEP => piece.clear(),
            _ => self.pieces.clear(),
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
    fn small_pieces_share_a_slice_and_large_ones_are_not_copied() {
        let mut output = Output::default();
        output.append(|piece| piece.extend_from_slice(b"head"));
        output.push_body(b"small".into());
        output.append(|piece| piece.extend_from_slice(b"head"));
        let large = vec![b'x'; LARGE];
        let address = large.as_ptr();
        output.push_body(large.into());
        output.append(|piece| piece.extend_from_slice(b"tail"));

        assert_eq!(&*output.slices()[0], b"headsmallhead");
        assert_eq!(output.slices()[1].as_ptr(), address);
        assert_eq!(&*output.slices()[2], b"tail");
        assert_eq!(output.len, 13 + LARGE + 4);

        let mut output = Output::default();
        for _ in 0..2 {
            output.push_body((&[b'x'; 8 * 1024]).into());
        }
        assert_eq!(output.slices()[0].len(), 16 * 1024);
    }

    #[test]
    fn rest_follows_partial_writes() {
        for step in [99, 1000, LARGE - 1, LARGE, LARGE + 7] {
            let mut output = Output::default();
            let mut expected = Vec::new();
            for (head, len) in [("a", 0), ("bb", LARGE), ("ccc", 5), ("dddd", LARGE + 3)] {
                output.append(|piece| piece.extend_from_slice(head.as_bytes()));
                output.push_body(vec![b'-'; len].into());
                expected.extend_from_slice(head.as_bytes());
                expected.resize(expected.len() + len, b'-');
            }
            let mut sent = Vec::new();
            while !output.is_empty() {
                let next = bytes(&output);
                let n = step.min(next.len());
                sent.extend_from_slice(&next[..n]);
                output.advance(n);
            }
            assert!(sent == expected, "{step} bytes a time");
            assert!(output.slices().is_empty());
            output.append(|piece| piece.push(b'z'));
            assert_eq!(bytes(&output), b"z");
        }
    }
}
