//! How whoever accepts asks all others for room, and hears of it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

/// How long a connection has to be silent before it is closed for another one. The request
/// of a client that has just connected is on its way, and comes well within this time.
pub const MOMENT: Duration = Duration::from_millis(5);

/// So many more requests are answered of a connection that is to end with its answer, if they have
/// been sent already: not all that a client sends without a pause.
pub const LAST_ANSWERS: u32 = 32;

/// What a connection does that nobody waits for: it may be closed for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// No byte of the next request has come.
    Silent,
    /// All is answered; what else comes is thrown away.
    Lingering,
}

/// What the thread that accepts wants of the connections, when there are as many as there can be.
///
/// Beside busy connections it costs them the reading of a flag.
///
/// ```
/// use std::sync::mpsc::channel;
/// use h1events_serving::Room;
///
/// let (sender, made) = channel();
/// let room = Room::new(move || drop(sender.send(())));
/// room.made();
/// room.want();
/// room.made(); // wakes whoever wants it
/// room.made();
/// assert_eq!(made.try_iter().count(), 1);
/// ```
pub struct Room {
    /// Whether somebody waits for a connection to end or to rest.
    wanted: AtomicBool,
    /// Whether the next answer is to be one of the last ones of its connection.
    last_answer_wanted: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Room {
    /// With what wakes the thread that accepts.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            wanted: AtomicBool::new(false),
            last_answer_wanted: AtomicBool::new(false),
            wake: Box::new(wake),
        }
    }

    /// Whoever makes room next shall say so. To be called before looking whether there is any.
    pub fn want(&self) {
        self.wanted.store(true, SeqCst);
    }

    /// The connection that is next to answer a request shall end soon, since none rests.
    pub fn want_last_answer(&self) {
        self.last_answer_wanted.store(true, SeqCst);
    }

    /// There is room, or no more hope of it.
    pub fn want_nothing(&self) {
        self.wanted.store(false, SeqCst);
        self.last_answer_wanted.store(false, SeqCst);
    }

    /// Whether the connection that is about to answer is to end with it, or with one of the next
    /// [`LAST_ANSWERS`].
    #[must_use]
    pub fn is_last_answer(&self) -> bool {
        self.last_answer_wanted.load(SeqCst) && self.last_answer_wanted.swap(false, SeqCst)
    }

    /// A connection has ended, or has begun to rest.
    pub fn made(&self) {
        if self.wanted.load(SeqCst) && self.wanted.swap(false, SeqCst) {
            (self.wake)();
        }
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_is_the_last_one() {
        let room = Room::new(|| {});
        assert!(!room.is_last_answer());
        room.want_last_answer();
        assert!(room.is_last_answer());
        assert!(!room.is_last_answer());
        room.want_last_answer();
        room.want_nothing();
        assert!(!room.is_last_answer());
    }
}
