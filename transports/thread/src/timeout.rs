//! Deadlines by timeouts of a socket, with few system calls.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// The timeout of a socket, for one direction.
///
/// The deadline moves by microseconds from one request to the next. So the timeout is set a little short,
/// and stays while it is neither too long nor much too short. When it passes early, the next wait is
/// exact. That makes one call for a connection, and one more for a connection that times out.
#[derive(Debug, Default)]
pub(crate) struct Timeout {
    in_force: Option<Duration>,
    passed: bool,
}

/// Shortest timeout: std refuses zero.
const SHORTEST: Duration = Duration::from_millis(1);

/// Longest timeout: some systems refuse years. A timeout may always be shorter than the deadline. On Windows,
/// a shutdown of the socket wakes no blocked read, so each read has to return soon.
const LONGEST: Duration =
    if cfg!(windows) { Duration::from_millis(100) } else { Duration::from_secs(60 * 60) };

impl Timeout {
    /// Sets the timeout for a wait until the deadline, if it has to be set.
    pub(crate) fn set(
        &mut self,
        deadline: Instant,
        now: Instant,
        set: impl FnOnce(Option<Duration>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.needed(deadline, now).map_or(Ok(()), |timeout| set(Some(timeout)))
    }

    /// Returns `None` for errors that mean only that the time has passed, or that a signal came.
    pub(crate) fn survive<T>(&mut self, result: io::Result<T>) -> io::Result<Option<T>> {
        match result.as_ref().map_err(io::Error::kind) {
            Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => self.passed = true,
            Err(ErrorKind::Interrupted) => {}
            _ => return result.map(Some),
        }
        Ok(None)
    }

    /// Returns the timeout to set, if it has to change.
    fn needed(&mut self, deadline: Instant, now: Instant) -> Option<Duration> {
        let left = deadline.saturating_duration_since(now).clamp(SHORTEST, LONGEST);
        let exact = std::mem::take(&mut self.passed);
        if !exact && self.in_force.is_some_and(|timeout| (left / 2..=left).contains(&timeout)) {
            return None;
        }
        let timeout = if exact { left } else { (left - left / 16).max(SHORTEST) };
        let is_new = self.in_force.replace(timeout) != Some(timeout);
        is_new.then_some(timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn timeout_is_set_once_for_many_requests() {
        let start = Instant::now();
        let mut timeout = Timeout::default();
        assert!(timeout.needed(start + 30 * SECOND, start).is_some());
        for micros in 0..1000 {
            let now = start + Duration::from_micros(micros);
            assert_eq!(timeout.needed(start + 30 * SECOND, now), None);
            assert_eq!(timeout.needed(now + 30 * SECOND, now), None);
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn timeout_is_never_longer_than_what_is_left() {
        let start = Instant::now();
        let mut timeout = Timeout::default();
        let mut set = Duration::MAX;
        for left in [30, 29, 28, 40, 10, 9, 20, 1, 30] {
            set = timeout.needed(start + left * SECOND, start).unwrap_or(set);
            assert!(set <= left * SECOND && set >= left * SECOND / 2, "{set:?} for {left} s");
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn timeout_after_an_early_one_is_exact() {
        let start = Instant::now();
        let mut timeout = Timeout::default();
        let first = timeout.needed(start + 30 * SECOND, start).expect("none is set");
        let late = timeout.survive::<()>(Err(ErrorKind::WouldBlock.into()));
        assert!(late.is_ok_and(|done| done.is_none()));
        let second = timeout.needed(start + 30 * SECOND, start + first).expect("it was early");
        assert_eq!(first + second, 30 * SECOND);
    }

    #[test]
    fn timeout_is_never_zero() {
        let start = Instant::now();
        for passed in [false, true] {
            let mut timeout = Timeout { in_force: None, passed };
            assert_eq!(timeout.needed(start, start + SECOND), Some(SHORTEST));
        }
    }
}
