//! The system's clocks, read as seldom as will do.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::step::Now;

/// Tells the time to the connections of a thread.
///
/// It asks for the time of day only when a new second begins, so that a busy thread reads one
/// clock for each answer and not two. When the time of day is set, it follows within a second.
///
/// ```
/// use h1events_server::Clock;
///
/// let mut clock = Clock::new();
/// let before = clock.now();
/// assert!(clock.now().instant >= before.instant);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The time of day, as it was asked for last.
    date: SystemTime,
    /// When its second is over.
    until: Instant,
}

impl Clock {
    /// A clock that has asked for the time of day just now.
    #[must_use]
    pub fn new() -> Self {
        Self::started(Now::from_clocks())
    }

    /// The time. The seconds of its [`date`](Now::date) are right, the fraction is not.
    pub fn now(&mut self) -> Now {
        self.at(Instant::now(), SystemTime::now)
    }

    fn at(&mut self, instant: Instant, time_of_day: impl FnOnce() -> SystemTime) -> Now {
        if instant >= self.until {
            *self = Self::started(Now { instant, date: time_of_day() });
        }
        Now { instant, date: self.date }
    }

    fn started(now: Now) -> Self {
        let nanos = now.date.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        let left = Duration::from_secs(1) - Duration::from_nanos(nanos.into());
        Self { date: now.date, until: now.instant + left }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_time_of_day_is_asked_for_once_a_second() {
        let instant = Instant::now();
        let date = UNIX_EPOCH + 1_000 * SECOND;
        let mut clock = Clock::started(Now { instant, date: date + SECOND / 4 });
        let almost = Duration::from_nanos(749_999_999);
        for since in [Duration::ZERO, SECOND / 2, almost] {
            let now = clock.at(instant + since, || unreachable!("it is the same second"));
            assert_eq!((now.instant, now.date), (instant + since, date + SECOND / 4));
        }
        // It has been set, to a time before 1970.
        let set = UNIX_EPOCH - 5 * SECOND;
        let next = instant + 3 * SECOND / 4;
        assert_eq!(clock.at(next, || set).date, set);
        assert_eq!(clock.at(next + 99 * SECOND / 100, || date).date, set);
        assert_eq!(clock.at(next + SECOND, || date).date, date);
    }
}
