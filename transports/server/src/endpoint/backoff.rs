//! Reactions to errors of accept.

use std::time::Duration;

/// The kind of an error of accept, for [`AcceptBackoff`]. The transport knows the error numbers of its system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptErrorKind {
    /// A connection was over before it was accepted, or a signal came. The next one can be
    /// accepted at once.
    Connection,
    /// The system, or this process, is short of something that connections hold: descriptors, memory,
    /// threads.
    Shortage,
    /// Anything else. It may pass.
    Other,
}

/// What an acceptor does after an error: the decision of [`AcceptBackoff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reaction {
    /// Accept the next connection.
    Retry,
    /// [Make room](super::Endpoint::make_room), then accept.
    MakeRoom,
    /// Wait for [`ACCEPT_RETRY_DELAY`], then accept.
    Pause,
}

/// Time that an acceptor waits after [`Reaction::Pause`], since the system gives no sign when to try
/// again. Without it, an error that lasts would take a whole core.
///
/// [`AcceptBackoff`] has an example.
pub const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Consecutive connections that may be over already before the acceptor pauses.
const ABORTED_IN_A_ROW: u32 = 32;

/// Decides what to do after errors of accept, so that an acceptor neither spins nor gives up.
///
/// ```
/// use h1events_server::{AcceptBackoff, AcceptErrorKind, Reaction};
///
/// let mut backoff = AcceptBackoff::default();
/// assert_eq!(backoff.failed(AcceptErrorKind::Shortage), Reaction::MakeRoom);
/// assert_eq!(backoff.failed(AcceptErrorKind::Shortage), Reaction::Pause, "room hasn't helped");
/// backoff.accepted();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AcceptBackoff {
    failures: u32,
}

impl AcceptBackoff {
    /// Notes that accepting has failed.
    pub const fn failed(&mut self, kind: AcceptErrorKind) -> Reaction {
        self.failures = self.failures.wrapping_add(1);
        match kind {
            AcceptErrorKind::Connection if self.failures.is_multiple_of(ABORTED_IN_A_ROW) => {
                Reaction::Pause
            }
            AcceptErrorKind::Connection => Reaction::Retry,
            AcceptErrorKind::Shortage if self.failures.is_multiple_of(2) => Reaction::Pause,
            AcceptErrorKind::Shortage => Reaction::MakeRoom,
            AcceptErrorKind::Other => Reaction::Pause,
        }
    }

    /// Notes that a connection was accepted.
    pub const fn accepted(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aborted_connections_in_a_row_cause_pauses() {
        let mut backoff = AcceptBackoff::default();
        let mut pauses = |attempts| {
            let reactions = (0..attempts).map(|_| backoff.failed(AcceptErrorKind::Connection));
            reactions.filter(|&reaction| reaction == Reaction::Pause).count()
        };
        assert_eq!(pauses(31), 0);
        assert_eq!(pauses(65), 3);
    }

    #[test]
    fn shortage_is_met_with_room_and_a_pause_in_turn() {
        let mut backoff = AcceptBackoff::default();
        let mut meet = || backoff.failed(AcceptErrorKind::Shortage);
        for _ in 0..5 {
            assert_eq!((meet(), meet()), (Reaction::MakeRoom, Reaction::Pause));
        }
    }

    #[test]
    fn shortage_after_an_accepted_connection_is_a_new_one() {
        let mut backoff = AcceptBackoff::default();
        for _ in 0..3 {
            assert_eq!(backoff.failed(AcceptErrorKind::Shortage), Reaction::MakeRoom);
            backoff.accepted();
        }
    }

    #[test]
    fn other_errors_pause() {
        let mut backoff = AcceptBackoff::default();
        assert_eq!(backoff.failed(AcceptErrorKind::Other), Reaction::Pause);
    }
}
