//! The memory of a connection that isn't idle.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use h1events::{Framing, Limits};

use crate::content::Content;
use crate::date::Date;
use crate::incoming::Incoming;
use crate::outgoing::Outgoing;
use crate::output::Output;
use crate::response::UpgradeHandler;
use crate::room::Room;
use crate::stored_request::StoredRequest;

/// The memory that a connection needs while it receives or answers a request: space to read into, the
/// request so far, the unsent answers.
///
/// An idle connection needs none of it. The transport [detaches](crate::Connection::detach_buffer)
/// the buffer and [attaches](crate::Connection::attach_buffer) it to another connection.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Instant, SystemTime};
/// use h1events_server::{Buffer, Config, Connection, Peer};
///
/// let open = || Connection::new(Arc::new(Config::new()), Peer::Local, Instant::now(), SystemTime::now);
/// let (mut first, mut second) = (open(), open());
/// first.attach_buffer(Box::new(Buffer::new()));
/// let buffer = first.detach_buffer().expect("it is idle");
/// second.attach_buffer(buffer);
/// ```
#[derive(Debug)]
pub struct Buffer {
    /// Shared with the content that the application has taken, until that is dropped.
    bytes: Arc<Vec<u8>>,
    start: usize,
    end: usize,
    /// In a box of its own, which moves to the application and back.
    pub(crate) request: Option<Box<StoredRequest>>,
    pub(crate) output: Output,
    /// The body of a request that the application reads as it comes.
    pub(crate) incoming: Option<Incoming>,
    /// The rest of a streamed answer.
    pub(crate) outgoing: Option<Outgoing>,
    /// Whether the waiting answers are written before the request is handled.
    pub(crate) writes_first: bool,
    /// Whether the last answer ends with the connection.
    pub(crate) ends_with_connection: bool,
    /// Whether there was an answer before it.
    pub(crate) follows_answers: bool,
    pub(crate) date: Date,
    /// The handler of the connection after an upgrade.
    pub(crate) upgrade_handler: Option<UpgradeHandler>,
    /// Bytes of memory that the connection may take.
    pub(crate) allowance: usize,
    /// Bytes of the request, while the application holds it.
    pub(crate) lent: usize,
    /// When the client's time was paused, because the connection waits for something else.
    pub(crate) paused: Option<Instant>,
}

/// Bytes that a connection may hold before it asks for an [allowance](crate::Step::Allocate): enough for
/// the head of a usual request, a small body and their [`Buffer`].
pub const SMALL: usize = 16 * 1024;

/// Bytes by which an allowance grows, at least.
const GRANT: usize = 64 * 1024;

/// Bytes of space to read into, as long as no line is longer.
const READ: usize = 8 * 1024;

/// Bytes of space to read a body into, at most. It doubles with each read that fills it.
const MAX_BODY_SPACE: usize = 256 * 1024;

/// Octets of content that the application shares rather than copies, at least.
const LARGE: usize = 16 * 1024;

/// Bytes of a buffer without content: the shared vector has two counters.
const OVERHEAD: usize = size_of::<(Buffer, StoredRequest)>() + size_of::<([usize; 2], Vec<u8>)>();

/// Bytes of a page of memory.
const PAGE: usize = 4096;

impl Buffer {
    /// Creates an empty buffer, which takes no memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: Arc::default(),
            start: 0,
            end: 0,
            request: None,
            output: Output::default(),
            incoming: None,
            outgoing: None,
            writes_first: false,
            ends_with_connection: false,
            follows_answers: false,
            date: Date::default(),
            upgrade_handler: None,
            allowance: SMALL,
            lent: 0,
            paused: None,
        }
    }

    /// Returns the bytes that have been read and not been consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Returns the framing of the request, if its head has come.
    pub(crate) fn framing(&self) -> Option<Framing> {
        self.request.as_ref()?.framing()
    }

    /// Returns the unread bytes, the request that they belong to, and the memory that it may take.
    pub(crate) fn split(&mut self) -> (&[u8], &mut StoredRequest, Room<'_>) {
        let Self { bytes, request, output, allowance, .. } = self;
        let others = OVERHEAD + bytes.capacity();
        let room = Room::new(*allowance, others, output);
        (&bytes[self.start..self.end], request.get_or_insert_default(), room)
    }

    /// Returns the unparsed bytes of a body, and its state.
    pub(crate) fn split_body(&mut self) -> (&[u8], Option<&mut Incoming>) {
        let Self { bytes, start, end, incoming, .. } = self;
        (&bytes[*start..*end], incoming.as_mut())
    }

    /// Returns the allowance for `growth` more bytes, and some to spare: a body then grows in a number of
    /// steps that is the logarithm of its size.
    pub(crate) fn allowance_for(&self, growth: usize) -> usize {
        let needed = self.capacity() + growth;
        (needed + needed / 8).next_multiple_of(GRANT)
    }

    /// Returns the bytes by which the space to read into has to grow for the next read, if that is more than
    /// the allowance permits.
    pub(crate) fn lacking_space(&self, limits: &Limits) -> Option<usize> {
        let is_full = !self.bytes.is_empty() && self.end - self.start == self.bytes.len();
        let growth =
            if is_full { larger_space(self.bytes.len(), limits) - self.bytes.len() } else { 0 };
        (growth > 0 && self.capacity() + growth > self.allowance).then_some(growth)
    }

    /// Returns the bytes by which the space has to grow for the next read of a body, if that is more than the
    /// allowance permits.
    pub(crate) fn lacking_body_space(&self) -> Option<usize> {
        let growth = self.body_space().saturating_sub(self.bytes.len());
        (growth > 0 && self.capacity() + growth > self.allowance).then_some(growth)
    }

    /// Limits the next read of a body to the allowed memory.
    pub(crate) fn keep_body_space(&mut self) {
        if self.lacking_body_space().is_some()
            && let Some(incoming) = &mut self.incoming
        {
            incoming.space = self.bytes.len();
        }
    }

    fn body_space(&self) -> usize {
        self.incoming.as_ref().map_or(0, |incoming| incoming.space)
    }

    /// Takes back the allowance of a request, except the memory that is kept for the next one.
    pub(crate) fn end_allowance(&mut self) {
        if self.allowance > SMALL {
            let kept = self.capacity() - self.output.capacity();
            self.allowance = self.allowance.min(kept.max(SMALL));
        }
    }

    pub(crate) fn consume(&mut self, n: usize) {
        self.start += n;
        if self.start == self.end {
            self.end = self.front();
            self.start = self.end;
        }
    }

    /// Returns unread bytes without a copy. `None` if they are few: they would keep much more memory.
    pub(crate) fn share(&self, range: Range<usize>) -> Option<Content> {
        let is_large = range.len() >= LARGE.max(self.bytes.len() / 4);
        let range = self.start + range.start..self.start + range.end;
        is_large.then(|| Content::slice(Arc::clone(&self.bytes), range))
    }

    /// Returns where the space begins when all is consumed.
    ///
    /// A body goes on at its offset within a page. The distance between its bytes in the memory of the system and
    /// here, modulo a page, then stays the same. At some distances, copying is four times as slow on some
    /// processors, and reads that end anywhere would meet them all.
    fn front(&self) -> usize {
        self.incoming.as_ref().map_or(0, |_| self.end % PAGE)
    }

    /// Returns space for at least one byte. The parser leaves fewer bytes unconsumed than
    /// `required_buffer`, so that the memory is bounded.
    pub(crate) fn space(&mut self, limits: &Limits) -> &mut [u8] {
        let least = self.body_space().max(READ);
        let bytes = Arc::make_mut(&mut self.bytes);
        if bytes.len() < least {
            bytes.reserve_exact(least - bytes.len());
            bytes.resize(least, 0);
        }
        if self.end == bytes.len() {
            bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == bytes.len() {
            let len = larger_space(bytes.len(), limits);
            // `resize` alone would double the memory for the last two bytes.
            bytes.reserve_exact(len - bytes.len());
            bytes.resize(len, 0);
        }
        &mut bytes[self.end..]
    }

    pub(crate) fn filled(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.end, "more bytes read than there was space for");
        self.end += n;
        if let Some(incoming) = self.incoming.as_mut().filter(|_| self.end == self.bytes.len()) {
            incoming.space = (2 * self.bytes.len()).min(MAX_BODY_SPACE);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end && self.output.is_empty()
    }

    /// Discards the unread bytes, and returns their number.
    pub(crate) fn discard(&mut self) -> usize {
        let n = self.end - self.start;
        self.consume(n);
        n
    }

    /// Returns the bytes of heap that are taken.
    pub(crate) fn capacity(&self) -> usize {
        let incoming = self.incoming.as_ref().map_or(0, Incoming::capacity);
        let request = self.request.as_ref().map_or(self.lent, |it| it.capacity()) + incoming;
        OVERHEAD + self.bytes.capacity() + request + self.output.capacity()
    }

    /// Forgets a refused request, and frees the memory that a large one has taken.
    pub(crate) fn reset(&mut self) {
        self.request.as_mut().into_iter().for_each(|request| request.clear());
        self.incoming = None;
        self.outgoing = None;
        self.writes_first = false;
        self.ends_with_connection = false;
        self.allowance = SMALL;
        self.paused = None;
        if self.capacity() > SMALL {
            let date = std::mem::take(&mut self.date);
            *self = Self { date, ..Self::new() };
        }
    }
}

/// Returns the length of the space after it has grown from `len`; the longest line fits.
fn larger_space(len: usize, limits: &Limits) -> usize {
    (2 * len).min(limits.required_buffer().max(READ)).max(len + 1)
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_move_only_without_space_behind_them() {
        let limits = Limits::new();
        let mut buffer = Buffer::new();
        buffer.space(&limits)[..3].copy_from_slice(b"abc");
        buffer.filled(3);
        buffer.consume(1);
        // Moved for each read, a line that drips would cost the square of its length.
        assert_eq!(buffer.space(&limits).len(), READ - 3);
        buffer.space(&limits)[READ - 5..].copy_from_slice(b"yz");
        buffer.filled(READ - 3);
        buffer.consume(READ - 3);
        assert_eq!(buffer.space(&limits).len(), READ - 2);
        assert_eq!(buffer.unread(), b"yz");
    }

    #[test]
    fn body_goes_on_at_its_offset_within_a_page() {
        let limits = Limits::new();
        let mut buffer = Buffer::new();
        let now = Instant::now();
        buffer.incoming = Some(Incoming::new(None, now, &crate::Config::new()));
        for (n, room) in [(PAGE + 7, READ - 7), (PAGE, READ - 7), (PAGE - 7, READ)] {
            assert!(buffer.space(&limits).len() >= n);
            buffer.filled(n);
            buffer.consume(n);
            assert_eq!(buffer.space(&limits).len(), room);
        }
    }

    #[test]
    fn space_doubles_up_to_longest_line_and_never_ends() {
        let limits = Limits::new();
        assert_eq!(limits.required_buffer(), 2 * READ + 2);
        let mut buffer = Buffer::new();
        // A transport may read on without a step.
        for room in [READ, READ, 2, 1, 1] {
            assert_eq!(buffer.space(&limits).len(), room);
            buffer.filled(room);
        }
    }

    #[test]
    fn memory_is_what_longest_line_needs() {
        let mut limits = Limits::new();
        limits.field_line = 10_000;
        let mut buffer = Buffer::new();
        let read = buffer.space(&limits).len();
        buffer.filled(read);
        assert_eq!(buffer.space(&limits).len(), 10_002 - READ);
        assert!(buffer.bytes.capacity() < 2 * READ);
    }
}
