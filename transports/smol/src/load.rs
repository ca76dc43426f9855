//! What one worker tells the thread that accepts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

use h1events_serving::{Rest, Room};

/// A worker's connections, as far as others have to know of them.
#[derive(Debug)]
pub(crate) struct Load {
    /// Connections, those on their way to the worker included.
    open: AtomicUsize,
    /// When the longest-silent connection fell silent, and the longest-lingering one began
    /// to linger: nanoseconds since `epoch`, or `NEVER`.
    oldest: [AtomicU64; 2],
    /// Whether the worker has been asked to close one, and has not done it yet.
    pub(crate) making_room: AtomicBool,
    pub(crate) room: Arc<Room>,
    epoch: Instant,
}

const NEVER: u64 = u64::MAX;

impl Load {
    pub(crate) fn new(room: Arc<Room>, epoch: Instant) -> Self {
        Self {
            open: AtomicUsize::new(0),
            oldest: [const { AtomicU64::new(NEVER) }; 2],
            making_room: AtomicBool::new(false),
            room,
            epoch,
        }
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(SeqCst)
    }

    /// A connection is on its way.
    pub(crate) fn opens(&self) {
        self.open.fetch_add(1, SeqCst);
    }

    /// A connection has ended.
    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, SeqCst);
        self.room.made();
    }

    /// Since when the longest-waiting connection of that kind has waited, if there is one.
    pub(crate) fn oldest(&self, rest: Rest) -> Option<Instant> {
        let nanos = self.oldest[rest as usize].load(Relaxed);
        (nanos != NEVER).then(|| self.epoch + Duration::from_nanos(nanos))
    }

    pub(crate) fn set_oldest(&self, rest: Rest, since: Option<Instant>) {
        let nanos = |since: Instant| since.saturating_duration_since(self.epoch).as_nanos();
        let nanos = since.map_or(NEVER, |since| u64::try_from(nanos(since)).unwrap_or(NEVER));
        self.oldest[rest as usize].store(nanos, Relaxed);
    }
}
