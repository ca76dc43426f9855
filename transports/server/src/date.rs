//! The Date field (RFC 9110 section 6.6.1).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The last field line, which is the same for a whole second.
#[derive(Debug, Default)]
pub(crate) struct Date {
    line: String,
    /// The second that `line` says: its beginning and its end.
    second: Option<(Instant, Instant)>,
}

/// 31 December 9999, 23:59:59: the last second that IMF-fixdate has digits for. `httpdate` panics
/// after it and before 1970.
const LAST_SECOND: u64 = 253_402_300_799;

const SECOND: Duration = Duration::from_secs(1);

impl Date {
    /// Returns the field line at an instant. Asks for the time of day only if a new second may have
    /// begun, so that a busy thread reads one clock for each answer and not two. When the system's clock
    /// is set, the line follows within a second.
    pub(crate) fn line_at(&mut self, now: Instant, time_of_day: fn() -> SystemTime) -> &str {
        // The second hasn't begun yet if this buffer comes from a connection that is ahead in time.
        let is_same_second = |(begin, end): (Instant, Instant)| begin <= now && now < end;
        if !self.second.is_some_and(is_same_second) {
            let since = time_of_day().duration_since(UNIX_EPOCH).unwrap_or_default();
            let second = Duration::from_secs(since.as_secs().min(LAST_SECOND));
            self.line = format!("Date: {}\r\n", httpdate::fmt_http_date(UNIX_EPOCH + second));
            let begin = now.checked_sub(Duration::from_nanos(since.subsec_nanos().into()));
            self.second = begin.map(|begin| (begin, begin + SECOND));
        }
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static TIME: Cell<SystemTime> = const { Cell::new(UNIX_EPOCH) };
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    fn time_of_day() -> SystemTime {
        ASKED.set(ASKED.get() + 1);
        TIME.get()
    }

    #[test]
    fn value_is_an_imf_fixdate_and_clocks_may_be_wrong() {
        // The example of RFC 9110 section 5.6.7.
        let example = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let late = UNIX_EPOCH + Duration::from_secs(LAST_SECOND + 1);
        for (time, text) in [
            (example, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (example + Duration::from_millis(999), "Sun, 06 Nov 1994 08:49:37 GMT"),
            (example + SECOND, "Sun, 06 Nov 1994 08:49:38 GMT"),
            (UNIX_EPOCH - SECOND, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (late, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            TIME.set(time);
            let line = format!("Date: {text}\r\n");
            assert_eq!(Date::default().line_at(Instant::now(), time_of_day), line);
        }
    }

    #[test]
    fn time_of_day_is_asked_for_once_a_second() {
        let start = Instant::now();
        let mut date = Date::default();
        let mut at = |since, time| {
            TIME.set(time);
            let text = date.line_at(start + since, time_of_day).to_owned();
            (text, ASKED.replace(0))
        };
        let text = |second: u32| format!("Date: Thu, 01 Jan 1970 00:00:0{second} GMT\r\n");
        assert_eq!(at(Duration::ZERO, UNIX_EPOCH + SECOND + SECOND / 4), (text(1), 1));
        // The clock is set, which shows within a second.
        let almost = Duration::from_nanos(749_999_999);
        for since in [Duration::ZERO, SECOND / 2, almost] {
            assert_eq!(at(since, UNIX_EPOCH + 5 * SECOND), (text(1), 0));
        }
        assert_eq!(at(3 * SECOND / 4, UNIX_EPOCH + 5 * SECOND), (text(5), 1));
        assert_eq!(at(7 * SECOND / 4, UNIX_EPOCH + 6 * SECOND), (text(6), 1));
        // Another connection's time is seconds behind.
        assert_eq!(at(Duration::ZERO, UNIX_EPOCH + 2 * SECOND), (text(2), 1));
    }
}
