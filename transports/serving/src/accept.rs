//! Errors of accept: whether they are one connection's, and whether room would help.

use std::collections::HashMap;
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

/// The trouble that a server has, for its log and for what it does next.
///
/// Each kind of it is logged once a minute, not once for each attempt.
///
/// ```
/// use std::io::ErrorKind::OutOfMemory;
/// use std::time::Instant;
/// use h1events_serving::{Failure, Trouble};
///
/// let mut trouble = Trouble::default();
/// for _ in 0..1000 {
///     assert_eq!(trouble.accepting(&OutOfMemory.into(), Instant::now()), Failure::Other);
/// }
/// trouble.accepted();
/// ```
#[derive(Debug, Default)]
pub struct Trouble {
    logged: HashMap<&'static str, Instant>,
    in_a_row: u32,
}

const RARELY: Duration = Duration::from_secs(60);

/// So many connections in a row may be over before they are accepted.
const MANY: u32 = 32;

impl Trouble {
    /// Accepting has failed: what that means.
    ///
    /// Every 32nd failure in a row is an [`Other`](Failure::Other) one, if it is a connection's, and
    /// so is every second one, if it is a shortage, since room may not help.
    pub fn accepting(&mut self, error: &io::Error, now: Instant) -> Failure {
        self.in_a_row += 1;
        let failure = match Failure::of(error) {
            Failure::Connection if self.in_a_row.is_multiple_of(MANY) => Failure::Other,
            Failure::Shortage if self.in_a_row.is_multiple_of(2) => Failure::Other,
            failure => failure,
        };
        if failure == Failure::Connection {
            log::debug!("a connection was lost: {error}");
        } else {
            self.log("accepting failed", error, now);
        }
        failure
    }

    /// A connection has been accepted.
    pub const fn accepted(&mut self) {
        self.in_a_row = 0;
    }

    /// One line with a warning, unless there has been one of the same trouble a short time ago.
    pub fn log(&mut self, what: &'static str, error: &io::Error, now: Instant) {
        if self.is_due(what, now) {
            log::warn!("{what}: {error}; trying again");
        }
    }

    fn is_due(&mut self, what: &'static str, now: Instant) -> bool {
        let last = self.logged.get(what);
        let is_due = last.is_none_or(|last| now.saturating_duration_since(*last) >= RARELY);
        if is_due {
            self.logged.insert(what, now);
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
        let mut trouble = Trouble::default();
        let seconds = |seconds| start + Duration::from_secs(seconds);
        let logged: Vec<_> = (0..200).filter(|&s| trouble.is_due("it", seconds(s))).collect();
        assert_eq!(logged, [0, 60, 120, 180]);
        assert!(trouble.is_due("another", seconds(200)));
        assert!(!trouble.is_due("another", seconds(201)));
        assert!(!trouble.is_due("it", seconds(201)));
    }

    #[test]
    fn connections_that_are_over_are_not_the_only_ones_for_long() {
        let error = Errno::PERM.into();
        let mut trouble = Trouble::default();
        let mut pauses = |attempts| {
            let failures = (0..attempts).map(|_| trouble.accepting(&error, Instant::now()));
            failures.filter(|&failure| failure == Failure::Other).count()
        };
        assert_eq!(pauses(31), 0);
        assert_eq!(pauses(65), 3);
        trouble.accepted();
        assert_eq!(trouble.in_a_row, 0);
    }

    #[test]
    fn a_shortage_is_met_with_room_and_with_patience() {
        let mut trouble = Trouble::default();
        let mut meet = || trouble.accepting(&Errno::MFILE.into(), Instant::now());
        for _ in 0..5 {
            assert_eq!((meet(), meet()), (Failure::Shortage, Failure::Other));
        }
    }
}
