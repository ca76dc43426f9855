//! What the connection waits for, since when, and until when.
//!
//! | waits for | begins                                           | ends at                                         |
//! |-----------|--------------------------------------------------|-------------------------------------------------|
//! | `Request` | opened, or all answers written                   | start + `idle`                                  |
//! | `Head`    | first byte of a request, or all answers written  | start + `head`                                  |
//! | `Body`    | end of its head, or all answers written          | start + grace + bytes / rate, last byte + stall |
//! | `Writing` | bytes began to wait                              | the same                                        |
//! | `Close`   | write half shut down                             | start + total, last byte + silence              |
//!
//! There is one wait at a time, since nothing is read while answers wait to be written. That
//! time is not the client's fault, so that what it is in the middle of sending gets its time
//! afterwards. No wait is extended by bytes that come in it, but for those that keep the rate; and
//! who has moved much in a short time has not earned hours of standing still.

use std::time::{Duration, Instant};

use crate::config::{Config, Pace};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Request,
    Head,
    Body,
    Writing,
    Close,
}

#[derive(Debug)]
pub(crate) struct Wait {
    what: For,
    since: Instant,
    /// When bytes have moved for the last time, as far as is known.
    last: Instant,
    has_moved: bool,
    bytes: u64,
}

/// How long nothing may move of what is under way, however much has moved before. nginx waits as
/// long between two reads or writes.
const STALL: Duration = Duration::from_secs(60);

impl Wait {
    pub(crate) const fn new(what: For, now: Instant) -> Self {
        Self { what, since: now, last: now, has_moved: false, bytes: 0 }
    }

    /// Waits for something from now on, or goes on waiting.
    pub(crate) fn begin(&mut self, what: For, now: Instant) {
        if self.what != what {
            *self = Self::new(what, now);
        } else if self.has_moved {
            self.last = now;
            self.has_moved = false;
        }
    }

    /// So many of the bytes that are waited for have moved since the last
    /// [`begin`](Self::begin).
    pub(crate) const fn moved(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.has_moved |= bytes > 0;
    }

    pub(crate) const fn what(&self) -> For {
        self.what
    }

    /// The bytes that have moved since the wait began.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn deadline(&self, config: &Config) -> Instant {
        match self.what {
            For::Request => later(self.since, config.idle),
            For::Head => later(self.since, config.head),
            For::Body => self.paced(config.body),
            For::Writing => self.paced(config.write),
            For::Close => {
                later(self.since, config.linger.total).min(later(self.last, config.linger.silence))
            }
        }
    }

    fn paced(&self, pace: Pace) -> Instant {
        let stalled = later(self.last, pace.grace.max(STALL));
        later(self.since, allowance(pace, self.bytes)).min(stalled)
    }
}

/// How long something may take that has moved so many bytes.
fn allowance(pace: Pace, bytes: u64) -> Duration {
    let rate = u64::from(pace.rate.max(1));
    // The remainder is below 2^32, so that the product fits.
    let nanos = (bytes % rate) * 1_000_000_000 / rate;
    let paced = Duration::from_secs(bytes / rate) + Duration::from_nanos(nanos);
    pace.grace.saturating_add(paced)
}

/// An `Instant` has an end: `Duration::MAX` is to mean "never" and not a panic.
fn later(instant: Instant, duration: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    instant.checked_add(duration.min(NEVER)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_pace_is_grace_then_a_rate() {
        let pace = Pace { grace: 20 * SECOND, rate: 500 };
        assert_eq!(allowance(pace, 0), 20 * SECOND);
        assert_eq!(allowance(pace, 1), 20 * SECOND + Duration::from_millis(2));
        assert_eq!(allowance(pace, 750), 21 * SECOND + SECOND / 2);
        assert_eq!(allowance(Pace { rate: 0, ..pace }, 5), 25 * SECOND);
        assert_eq!(allowance(Pace { rate: u32::MAX, ..pace }, u64::from(u32::MAX)), 21 * SECOND);
        assert_eq!(allowance(Pace { grace: Duration::MAX, rate: 1 }, u64::MAX), Duration::MAX);
    }

    #[test]
    fn the_same_wait_begins_once() {
        let start = Instant::now();
        let config = Config::new();
        let mut wait = Wait::new(For::Request, start);
        wait.begin(For::Request, start + SECOND);
        assert_eq!(wait.deadline(&config), start + config.idle);
        wait.begin(For::Head, start + SECOND);
        wait.begin(For::Head, start + 2 * SECOND);
        assert_eq!(wait.deadline(&config), start + SECOND + config.head);
    }

    #[test]
    fn a_close_ends_by_silence_or_in_all() {
        let start = Instant::now();
        let config = Config::new();
        let mut wait = Wait::new(For::Close, start);
        assert_eq!(wait.deadline(&config), start + 2 * SECOND);
        wait.moved(1);
        wait.begin(For::Close, start + SECOND);
        assert_eq!(wait.deadline(&config), start + 3 * SECOND);
        wait.moved(1);
        wait.begin(For::Close, start + 9 * SECOND);
        assert_eq!(wait.deadline(&config), start + 10 * SECOND);
    }

    #[test]
    fn endless_times_are_no_overflow() {
        let start = Instant::now();
        let mut config = Config::new();
        config.idle = Duration::MAX;
        let years = Duration::from_secs(99 * 365 * 24 * 60 * 60);
        assert!(Wait::new(For::Request, start).deadline(&config) > start + years);
    }
}
