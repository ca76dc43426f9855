//! The time that one connection may keep a thread busy.

use std::time::{Duration, Instant};

/// Counts the work of a connection without a wait, so that the others of its thread get their turn.
///
/// A turn ends after 32 answers or 5 ms, whichever is first. Reads aren't counted: one read may
/// bring hundreds of requests.
///
/// ```
/// use std::time::Instant;
/// use h1events_server::Turn;
///
/// let now = Instant::now();
/// let mut turn = Turn::new(now);
/// for _ in 0..31 {
///     assert!(!turn.answered(now));
/// }
/// assert!(turn.answered(now), "others are next");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    until: Instant,
    answers: u32,
}

/// Answers in a turn, at most.
const ANSWERS: u32 = 32;

/// Time of a turn, at most: five answers of a handler that takes 1 ms.
const TIME: Duration = Duration::from_millis(5);

impl Turn {
    /// Begins a turn.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { until: now + TIME, answers: 0 }
    }

    /// Counts an answer, and returns whether the turn is over. The next one begins with
    /// [`new`](Self::new).
    #[must_use]
    pub fn answered(&mut self, now: Instant) -> bool {
        self.answers += 1;
        self.answers >= ANSWERS || self.is_over(now)
    }

    /// Returns whether the time of the turn is over.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}
