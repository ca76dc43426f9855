//! The system's clocks, read as seldom as will do.

use std::time::{Duration, Instant, SystemTime};

use crate::step::Now;

/// Tells the time to the connections of a thread.
///
/// It asks for the time of day once a second and counts on from there, so that a busy thread
/// reads one clock for each answer and not two. When the time of day is set, it follows within
/// a second.
///
/// ```
/// use h1events_connection::Clock;
///
/// let mut clock = Clock::new();
/// let before = clock.now();
/// assert!(clock.now().instant >= before.instant);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// When the time of day was asked for, and what it was.
    asked: Now,
}

const SECOND: Duration = Duration::from_secs(1);

impl Clock {
    /// A clock that has asked for the time of day just now.
    #[must_use]
    pub fn new() -> Self {
        Self { asked: Now::from_clocks() }
    }

    /// The time.
    pub fn now(&mut self) -> Now {
        self.at(Instant::now(), SystemTime::now)
    }

    fn at(&mut self, instant: Instant, time_of_day: impl FnOnce() -> SystemTime) -> Now {
        let since = instant.saturating_duration_since(self.asked.instant);
        match self.asked.date.checked_add(since) {
            Some(date) if since < SECOND => Now { instant, date },
            _ => {
                self.asked = Now { instant, date: time_of_day() };
                self.asked
            }
        }
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

    const NEVER: fn() -> SystemTime = || unreachable!("within the same second");

    #[test]
    fn the_time_of_day_is_asked_for_once_a_second() {
        let mut clock = Clock::new();
        let Now { instant, date } = clock.asked;
        let almost = Duration::from_nanos(999_999_999);
        for since in [Duration::ZERO, SECOND / 2, almost] {
            let now = clock.at(instant + since, NEVER);
            assert_eq!((now.instant, now.date), (instant + since, date + since));
        }
        let set = date + 1000 * SECOND;
        assert_eq!(clock.at(instant + SECOND, || set).date, set);
        assert_eq!(clock.at(instant + SECOND + almost, NEVER).date, set + almost);
        assert_eq!(clock.at(instant + 2 * SECOND, || date).date, date);
    }
}
