//! The wait of a connection, and its deadline.
//!
//! | awaiting  | begins                                           | deadline                                     |
//! |-----------|--------------------------------------------------|----------------------------------------------|
//! | `Request` | opened, or all answers written                   | start + `keep_alive_timeout`                 |
//! | `Head`    | first byte of a request, or all answers written  | start + `header_read_timeout`                |
//! | `Body`    | end of its head, or all answers written          | when the client's time is used up, see below |
//! | `Writing` | an answer waits to be written                    | the same                                     |
//! | `Close`   | write half shut down                             | start + `total`, or last byte + `silence`    |
//!
//! `Body` and `Writing` keep a [`MinDataRate`]. The client's time is an account: it holds
//! `grace_period` at the start, loses a second each second, and gains a second for each
//! `bytes_per_second` bytes that move. It never holds more than [`LONGEST_PAUSE`], or `grace_period`
//! if that is longer. So a client that keeps the rate is never ended, and one that stops, or
//! trickles bytes, is ended within a minute, however much it has moved before.
//!
//! There is one wait at a time, since the connection isn't read while answers wait to be written. The
//! client can't send in that time, so a request that it is in the middle of gets its whole time again
//! afterwards.
//!
//! A body that the application reads as it comes has an account of its own, besides that of a streamed
//! answer, which is `Writing`. Each pauses while the connection waits for the client in the other direction, or
//! for the application. A [third one](Exchange) runs in both directions as long as the body comes, so that
//! a client which is slow in both, in turns, is ended within a minute, too.

use std::time::{Duration, Instant};

use crate::config::{Config, MinDataRate};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaiting {
    Request,
    Head,
    Body,
    Writing,
    Close,
}

#[derive(Debug)]
pub(crate) struct Wait {
    awaiting: Awaiting,
    /// The deadline; a `Close` may end earlier, after silence.
    until: Instant,
    /// When the last progress was made: the start, or `PROGRESS_BYTES` moved. In a `Close`: the
    /// last byte.
    progress: Instant,
    /// Bytes moved since then.
    since_progress: u32,
    /// Bytes moved since the last call of `begin`.
    moved: u32,
}

/// The longest time that a client can have left in a wait with a data rate, unless the grace period is
/// longer. nginx waits as long between two reads or two writes.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Bytes that count as progress.
const PROGRESS_BYTES: u32 = 1024;

impl Wait {
    pub(crate) fn new(awaiting: Awaiting, now: Instant, config: &Config) -> Self {
        let time = match awaiting {
            Awaiting::Request => config.keep_alive_timeout,
            Awaiting::Head => config.header_read_timeout,
            Awaiting::Body => config.body_data_rate.grace_period,
            Awaiting::Writing => config.write_data_rate.grace_period,
            Awaiting::Close => config.linger.total,
        };
        let until = later(now, time);
        Self { awaiting, until, progress: now, since_progress: 0, moved: 0 }
    }

    /// Begins a wait, or continues it and accounts for the bytes that have moved. Returns their
    /// number.
    pub(crate) fn begin(&mut self, awaiting: Awaiting, now: Instant, config: &Config) -> u32 {
        if self.awaiting != awaiting {
            *self = Self::new(awaiting, now, config);
            return 0;
        }
        let moved = std::mem::take(&mut self.moved);
        if moved == 0 {
            return 0;
        }
        match awaiting {
            Awaiting::Body => self.until = extended(self.until, now, moved, config.body_data_rate),
            Awaiting::Writing => {
                self.until = extended(self.until, now, moved, config.write_data_rate);
            }
            Awaiting::Request | Awaiting::Head | Awaiting::Close => {}
        }
        self.since_progress = self.since_progress.saturating_add(moved);
        if self.since_progress >= PROGRESS_BYTES || awaiting == Awaiting::Close {
            self.made_progress(now);
        }
        moved
    }

    /// Gives the client time back that the server has used.
    pub(crate) fn postpone(&mut self, time: Duration) {
        self.until = later(self.until, time);
        self.progress = later(self.progress, time);
    }

    /// Counts bytes of the current wait, until the next call of [`begin`](Self::begin).
    pub(crate) fn moved(&mut self, bytes: usize) {
        self.moved = self.moved.saturating_add(bytes.try_into().unwrap_or(u32::MAX));
    }

    /// Notes that a message is done.
    pub(crate) const fn made_progress(&mut self, now: Instant) {
        self.progress = now;
        self.since_progress = 0;
    }

    pub(crate) const fn awaiting(&self) -> Awaiting {
        self.awaiting
    }

    /// Returns when the last progress was made.
    pub(crate) const fn progress(&self) -> Instant {
        self.progress
    }

    pub(crate) fn deadline(&self, config: &Config) -> Instant {
        match self.awaiting {
            Awaiting::Close => self.until.min(later(self.progress, config.linger.silence)),
            _ => self.until,
        }
    }
}

/// The client's time for a body and an answer that move at the same time. It runs while the connection
/// waits for the client in either direction, and pauses otherwise.
///
/// It is full at the start, and each direction earns what it spends at its minimum rate. So a client that
/// keeps both rates never uses it up, and one that has filled both other accounts can't use up one after
/// the other.
#[derive(Debug)]
pub(crate) struct Exchange {
    until: Instant,
    /// The longest time that the client can have left: the longer one of both directions.
    longest: Duration,
    paused: Option<Instant>,
}

impl Exchange {
    pub(crate) fn new(now: Instant, config: &Config) -> Self {
        let grace = config.body_data_rate.grace_period.max(config.write_data_rate.grace_period);
        let longest = grace.max(LONGEST_PAUSE);
        Self { until: later(now, longest), longest, paused: Some(now) }
    }

    pub(crate) fn resume(&mut self, now: Instant) {
        if let Some(paused) = self.paused.take() {
            self.until = later(self.until, now.saturating_duration_since(paused));
        }
    }

    pub(crate) fn pause(&mut self, now: Instant) {
        self.paused.get_or_insert(now);
    }

    /// Accounts for bytes that have moved while it ran, and returns its deadline.
    pub(crate) fn deadline(&mut self, moved: u32, now: Instant, rate: MinDataRate) -> Instant {
        let rate = MinDataRate::new(self.longest, rate.bytes_per_second);
        self.until = extended(self.until, now, moved, rate);
        self.until
    }
}

/// Returns the deadline after bytes have moved. If the transport is late, bytes seen after the deadline
/// have come in time; then the time counts from now.
fn extended(until: Instant, now: Instant, bytes: u32, rate: MinDataRate) -> Instant {
    let per_second = u64::from(rate.bytes_per_second.max(1));
    // Both factors are below 2^32.
    let nanos = (u64::from(bytes) * 1_000_000_000).div_ceil(per_second);
    let longest = later(now, rate.grace_period.max(LONGEST_PAUSE));
    later(until.max(now), Duration::from_nanos(nanos)).min(longest)
}

/// Adds; `Duration::MAX` means "never" and doesn't panic, though an `Instant` has an end.
pub(crate) fn later(instant: Instant, duration: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    instant + duration.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn bytes_earn_time_at_their_rate() {
        let start = Instant::now();
        let until = start + 20 * SECOND;
        let rate = |bytes_per_second| MinDataRate::new(20 * SECOND, bytes_per_second);
        let earned = |bytes, per_second| extended(until, start, bytes, rate(per_second)) - until;
        assert_eq!(earned(0, 500), Duration::ZERO);
        assert_eq!(earned(1, 500), Duration::from_millis(2));
        assert_eq!(earned(750, 500), SECOND + SECOND / 2);
        assert_eq!(earned(5, 0), 5 * SECOND);
        assert_eq!(earned(u32::MAX, u32::MAX), SECOND);
        assert_eq!(earned(1, 3), Duration::from_nanos(333_333_334));
    }

    #[test]
    fn time_that_is_left_is_bounded() {
        let start = Instant::now();
        let rate = MinDataRate::new(20 * SECOND, 500);
        assert_eq!(extended(start, start, u32::MAX, rate), start + LONGEST_PAUSE);
        let patient = MinDataRate::new(90 * SECOND, 1);
        assert_eq!(extended(start, start, u32::MAX, patient), start + 90 * SECOND);
        // A late transport: from now on.
        let late = start + 100 * SECOND;
        assert_eq!(extended(start, late, 500, rate), late + SECOND);
    }

    #[test]
    fn same_wait_begins_once() {
        let start = Instant::now();
        let config = Config::new();
        let mut wait = Wait::new(Awaiting::Request, start, &config);
        wait.begin(Awaiting::Request, start + SECOND, &config);
        assert_eq!(wait.deadline(&config), start + config.keep_alive_timeout);
        wait.begin(Awaiting::Head, start + SECOND, &config);
        wait.begin(Awaiting::Head, start + 2 * SECOND, &config);
        assert_eq!(wait.deadline(&config), start + SECOND + config.header_read_timeout);
    }

    #[test]
    fn progress_is_a_kib_and_not_a_byte() {
        let start = Instant::now();
        let config = Config::new();
        for awaiting in [Awaiting::Head, Awaiting::Body, Awaiting::Writing] {
            let mut wait = Wait::new(awaiting, start, &config);
            for (second, bytes, progress) in [(1, 1023, 0), (2, 1, 2), (3, 1023, 2), (4, 1, 4)] {
                wait.moved(bytes);
                wait.begin(awaiting, start + second * SECOND, &config);
                assert_eq!(wait.progress(), start + progress * SECOND, "{awaiting:?}");
            }
        }
    }

    #[test]
    fn close_ends_by_silence_or_in_all() {
        let start = Instant::now();
        let config = Config::new();
        let mut wait = Wait::new(Awaiting::Close, start, &config);
        assert_eq!(wait.deadline(&config), start + 5 * SECOND);
        wait.moved(1);
        wait.begin(Awaiting::Close, start + SECOND, &config);
        assert_eq!(wait.deadline(&config), start + 6 * SECOND);
        wait.moved(1);
        wait.begin(Awaiting::Close, start + 29 * SECOND, &config);
        assert_eq!(wait.deadline(&config), start + 30 * SECOND);
    }

    #[test]
    fn endless_times_do_not_overflow() {
        let start = Instant::now();
        let mut config = Config::new();
        config.keep_alive_timeout = Duration::MAX;
        config.body_data_rate = MinDataRate::new(Duration::MAX, 0);
        let years = Duration::from_secs(99 * 365 * 24 * 60 * 60);
        let mut wait = Wait::new(Awaiting::Request, start, &config);
        assert!(wait.deadline(&config) > start + years);
        wait.begin(Awaiting::Body, start, &config);
        wait.moved(usize::MAX);
        wait.begin(Awaiting::Body, start, &config);
        assert!(wait.deadline(&config) > start + years);
    }
}
