//! Errors of accept: whether they are one connection's, and whether room would help.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use rustix::io::Errno;

/// How long to wait where the system gives no sign when to try again.
pub const PAUSE: Duration = Duration::from_millis(50);

/// What an error of `accept` means for the next call.
///
/// ```
/// use h1events_serving::Failure;
///
/// let error = std::io::ErrorKind::ConnectionAborted.into();
/// assert_eq!(Failure::of(&error), Failure::Connection);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A connection was over before it was accepted, or a signal came: the next one can be
    /// accepted at once.
    Connection,
    /// The system, or this process, lacks something that a connection could give back:
    /// descriptors, memory.
    Shortage,
    /// Anything else. It may pass: try again after a [`PAUSE`].
    Other,
}

impl Failure {
    /// The meaning of an error.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        // accept(2) of Linux: errors that are "already pending on the new socket" are passed on.
        const CONNECTION: [Errno; 11] = [
            Errno::PROTO,
            Errno::PERM,
            Errno::NOPROTOOPT,
            Errno::NETDOWN,
            Errno::NETUNREACH,
            Errno::HOSTDOWN,
            Errno::HOSTUNREACH,
            Errno::OPNOTSUPP,
            Errno::TIMEDOUT,
            Errno::CONNRESET,
            Errno::NOTCONN,
        ];
        const SHORTAGE: [Errno; 4] = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
        let is_one_of =
            |errnos: &[Errno]| Errno::from_io_error(error).is_some_and(|e| errnos.contains(&e));
        if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted)
            || is_one_of(&CONNECTION)
        {
            Self::Connection
        } else if is_one_of(&SHORTAGE) {
            Self::Shortage
        } else {
            Self::Other
        }
    }
}

/// Trouble that lasts is logged once a minute, not once for each attempt.
///
/// ```
/// use std::io::ErrorKind::OutOfMemory;
/// use std::time::Instant;
/// use h1events_serving::Complaints;
///
/// let mut complaints = Complaints::default();
/// for _ in 0..1000 {
///     complaints.log("accepting failed", &OutOfMemory.into(), Instant::now());
/// }
/// ```
#[derive(Debug, Default)]
pub struct Complaints {
    last: Option<Instant>,
}

const RARELY: Duration = Duration::from_secs(60);

impl Complaints {
    /// One line with a warning, unless there has been one a short time ago.
    pub fn log(&mut self, what: &str, error: &io::Error, now: Instant) {
        if self.is_due(now) {
            log::warn!("{what}: {error}; trying again");
        }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.last.is_none_or(|last| now.saturating_duration_since(last) >= RARELY);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_accept_has_a_meaning() {
        for (errno, failure) in [
            (Errno::CONNABORTED, Failure::Connection),
            (Errno::INTR, Failure::Connection),
            (Errno::PROTO, Failure::Connection),
            (Errno::TIMEDOUT, Failure::Connection),
            (Errno::MFILE, Failure::Shortage),
            (Errno::NFILE, Failure::Shortage),
            (Errno::NOBUFS, Failure::Shortage),
            (Errno::NOMEM, Failure::Shortage),
            (Errno::INVAL, Failure::Other),
        ] {
            assert_eq!(Failure::of(&errno.into()), failure, "{errno}");
        }
        assert_eq!(Failure::of(&io::Error::other("a handshake")), Failure::Other);
    }

    #[test]
    fn trouble_is_logged_once_a_minute() {
        let start = Instant::now();
        let mut complaints = Complaints::default();
        let seconds = |seconds| start + Duration::from_secs(seconds);
        let logged: Vec<_> = (0..200).filter(|&s| complaints.is_due(seconds(s))).collect();
        assert_eq!(logged, [0, 60, 120, 180]);
    }
}
