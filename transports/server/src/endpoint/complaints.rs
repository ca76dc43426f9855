//! Complaints in a log that clients can't fill.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Decides which complaints are logged: of each kind, one a minute. The others are counted.
///
/// Each refused request is a complaint, and any client can send thousands of them a second.
///
/// ```
/// use std::time::{Duration, Instant};
/// use h1events_server::Complaints;
///
/// let mut complaints = Complaints::default();
/// let now = Instant::now();
/// assert_eq!(complaints.note("refused", now), Some(0));
/// assert_eq!(complaints.note("refused", now), None);
/// assert_eq!(complaints.note("refused", now + Duration::from_secs(60)), Some(1), "one was not logged");
/// ```
#[derive(Debug, Default)]
pub struct Complaints {
    kinds: HashMap<String, Kind>,
}

#[derive(Debug)]
struct Kind {
    logged: Instant,
    since: u64,
}

/// Time between two lines of a kind.
const INTERVAL: Duration = Duration::from_secs(60);

impl Complaints {
    /// Notes a complaint. If it is to be logged, returns how many of its kind were not
    /// since the last line.
    pub fn note(&mut self, kind: &str, now: Instant) -> Option<u64> {
        let Some(known) = self.kinds.get_mut(kind) else {
            self.kinds.insert(kind.to_owned(), Kind { logged: now, since: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(known.logged) < INTERVAL {
            known.since += 1;
            return None;
        }
        let unlogged = known.since;
        *known = Kind { logged: now, since: 0 };
        Some(unlogged)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests have clocks")]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_logged_once_a_minute_and_counted_in_between() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut complaints = Complaints::default();
        let logged: Vec<_> = (0..200)
            .filter_map(|s| complaints.note("a", at(s)).map(|unlogged| (s, unlogged)))
            .collect();
        assert_eq!(logged, [(0, 0), (60, 59), (120, 59), (180, 59)]);
        assert_eq!(complaints.note("b", at(200)), Some(0));
        assert_eq!(complaints.note("b", at(201)), None);
    }
}
