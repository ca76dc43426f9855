//! The input, read in blocks and handed to the parser in chunks.
//!
//! All of it goes through one buffer, which never grows:
//!
//! ```text
//!  start        consumed        presented        filled
//!    | history     | unconsumed     | not yet       | free
//!    | for the     | by the parser  | shown to the  |
//!    | diagnostics |                | parser        |
//! ```

use std::{
    io::{self, ErrorKind, Read},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use h1events::Limits;

/// Bytes of one read, at most.
const BLOCK: usize = 64 * 1024;

/// Bytes of a line that are kept before the offending byte.
const CONTEXT: usize = 1024;

/// The input of the parser.
#[derive(Debug)]
pub(super) struct Feed<S> {
    source: S,
    /// Bytes that are presented at once.
    chunk: usize,
    buffer: Box<[u8]>,
    /// The start of the buffer in the input.
    start: u64,
    /// Line feeds before that.
    lines: u64,
    consumed: usize,
    presented: usize,
    filled: usize,
    /// Consumed bytes that are kept.
    history: usize,
}

/// The known part of the input around the reading position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    /// The start of the bytes in the input.
    pub(super) start: u64,
    /// Line feeds before that.
    pub(super) lines: u64,
}

/// The number of bytes that weren't parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) bytes: u64,
    /// Whether the input ends after them.
    pub(super) is_all: bool,
}

impl<S: Read> Feed<S> {
    /// Creates a feed that presents everything it reads, or `chunk` bytes at a time.
    pub(super) fn new(source: S, chunk: Option<NonZeroUsize>) -> Self {
        let limits = Limits::new();
        let history = reach(&limits) + CONTEXT;
        // With room for two blocks beyond what must be kept, the kept bytes
        // are moved no more than once a block, however small the reads.
        let capacity = history + limits.required_buffer() + 2 * BLOCK;
        Self {
            source,
            chunk: chunk.map_or(usize::MAX, NonZeroUsize::get),
            buffer: vec![0; capacity].into_boxed_slice(),
            start: 0,
            lines: 0,
            consumed: 0,
            presented: 0,
            filled: 0,
            history,
        }
    }

    /// Reads more, and presents the first chunk of it. Returns whether there was more.
    ///
    /// Call it only after everything was presented.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        if self.buffer.len() - self.filled < BLOCK {
            self.compact();
        }
        // The parser's promise 3: the buffer never fills up with unconsumed bytes.
        let free = &mut self.buffer[self.filled..][..BLOCK];
        self.filled += loop {
            match self.source.read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        Ok(self.present())
    }

    /// Presents the next chunk. Returns whether there was one.
    pub(super) fn present(&mut self) -> bool {
        let before = self.presented;
        self.presented = self.filled.min(before.saturating_add(self.chunk));
        self.presented > before
    }

    /// Removes the first `length` presented bytes.
    pub(super) const fn consume(&mut self, length: usize) {
        self.consumed += length;
    }

    /// Returns the bytes that the parser may see.
    pub(super) fn presented(&self) -> &[u8] {
        &self.buffer[self.consumed..self.presented]
    }

    /// Returns the known part of the input, which includes everything that an error can point to.
    pub(super) fn window(&self) -> Window<'_> {
        Window { bytes: &self.buffer[..self.filled], start: self.start, lines: self.lines }
    }

    /// Returns the position of the first unconsumed byte in the input.
    pub(super) const fn position(&self) -> u64 {
        self.start + self.consumed as u64
    }

    /// Makes space, and keeps the last consumed bytes.
    fn compact(&mut self) {
        let dropped = self.consumed.saturating_sub(self.history);
        self.start += dropped as u64;
        self.lines += line_feeds(&self.buffer[..dropped]);
        self.buffer.copy_within(dropped..self.filled, 0);
        self.consumed -= dropped;
        self.presented -= dropped;
        self.filled -= dropped;
    }
}

impl<S: Read + Send + 'static> Feed<S> {
    /// Counts the unconsumed bytes, up to the end of the input, for `time` at most.
    ///
    /// # Errors
    ///
    /// The input can't be read.
    pub(super) fn count_unread(self, time: Duration) -> io::Result<Unread> {
        let Self { mut source, filled, consumed, mut buffer, .. } = self;
        let counted = Arc::new(AtomicU64::new((filled - consumed) as u64));
        let (done, end) = mpsc::channel();
        let counter = Arc::clone(&counted);
        // A read can't be interrupted: if it takes too long, it ends with the process.
        thread::spawn(move || {
            let result = loop {
                match source.read(&mut buffer) {
                    Ok(0) => break Ok(()),
                    Ok(n) => _ = counter.fetch_add(n as u64, Ordering::Relaxed),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => break Err(error),
                }
            };
            // If it took too long, the receiver has gone.
            let _ = done.send(result);
        });
        let is_all = match end.recv_timeout(time) {
            Ok(result) => result.map(|()| true)?,
            Err(_) => false,
        };
        Ok(Unread { bytes: counted.load(Ordering::Relaxed), is_all })
    }
}

/// Returns the number of line feeds.
pub(super) fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Returns how far back an error can point from the first unconsumed byte: at
/// the end of a head, to its first field line. Chunk and trailer lines are
/// shorter, and judged before they end.
const fn reach(limits: &Limits) -> usize {
    // The required buffer holds a line, and so the line end after the fields.
    limits.header_section as usize + limits.required_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds everything and consumes what it is given, `keep` bytes late.
    fn run(feed: &mut Feed<&[u8]>, keep: usize, mut check: impl FnMut(&Feed<&[u8]>)) {
        while feed.present() || feed.read().unwrap() {
            feed.consume(feed.presented().len().saturating_sub(keep));
            check(feed);
        }
    }

    #[test]
    fn chunks_are_presented_in_order() {
        let input: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        for (chunk, keep) in
            [(None, 0), (None, 16_000), (NonZeroUsize::new(7), 0), (NonZeroUsize::new(7), 100)]
        {
            let mut feed = Feed::new(&input[..], chunk);
            let mut seen = 0;
            run(&mut feed, keep, |feed| {
                let consumed = usize::try_from(feed.position()).unwrap();
                let presented = consumed + feed.presented().len();
                assert_eq!(feed.presented(), &input[consumed..presented]);
                assert!(presented - seen <= chunk.map_or(usize::MAX, NonZeroUsize::get));
                seen = presented;
            });
            assert_eq!(seen, input.len());
        }
    }

    #[test]
    fn history_reaches_back_and_memory_is_bounded() {
        let input: Vec<u8> = (0..=255).cycle().take(400_000).collect();
        let mut feed = Feed::new(&input[..], NonZeroUsize::new(10_000));
        let capacity = feed.buffer.len();
        run(&mut feed, 10, |feed| {
            let window = feed.window();
            let start = usize::try_from(window.start).unwrap();
            assert_eq!(window.bytes, &input[start..][..window.bytes.len()]);
            assert_eq!(window.lines, line_feeds(&input[..start]));
            let history = feed.position() - window.start;
            assert!(history >= feed.position().min(reach(&Limits::new()) as u64));
            assert_eq!(feed.buffer.len(), capacity);
        });
    }

    #[test]
    fn unread_bytes_are_counted_to_the_end() {
        let mut feed = Feed::new(io::Cursor::new(vec![b'x'; 200_000]), NonZeroUsize::new(10));
        assert!(feed.read().unwrap());
        feed.consume(4);
        let unread = feed.count_unread(Duration::from_secs(30)).unwrap();
        assert_eq!(unread, Unread { bytes: 199_996, is_all: true });
    }

    #[test]
    fn counting_ends_though_the_input_does_not() {
        let mut feed = Feed::new(io::repeat(b'x'), None);
        assert!(feed.read().unwrap());
        feed.consume(4);
        let unread = feed.count_unread(Duration::from_millis(50)).unwrap();
        assert!(unread.bytes >= BLOCK as u64 - 4 && !unread.is_all, "{unread:?}");
    }
}
