//! What the endpoint tells a connection. No decisions here.

/// A connection of an [`Endpoint`](super::Endpoint), until it is [closed](super::Endpoint::close).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub(super) usize);

impl ConnectionId {
    /// Returns a small number that no other open connection of the endpoint has.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What a connection that wants to wait for its client is to do: the answer of [`Endpoint::wait`](super::Endpoint::wait).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Wait.
    Wait,
    /// End, without an answer.
    End,
    /// Answer that there is no memory: a 503, and the end.
    Refuse,
}

/// What a connection that asks for memory is to do: the answer of [`Endpoint::acquire`](super::Endpoint::acquire).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Memory {
    /// Go on: it has the memory.
    Granted,
    /// Wait until it is woken, without reading, and ask again.
    Lacking,
    /// Answer that there is no memory: a 503, and the end.
    Refused,
    /// End, without an answer.
    End,
}

/// What the answer to a request says about its connection, as [`Endpoint::answer`](super::Endpoint::answer) decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Persistence {
    /// The client and the application decide.
    Persist,
    /// It is the last answer, unless more requests have come already.
    CloseWhenAnswered,
    /// It is the last answer.
    Close,
}

/// What a transport does with a connection that it wakes while a thread of its own blocks on the
/// socket: see [`Endpoint::order`](super::Endpoint::order).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Order {
    /// Have the connection look at what has come, and report.
    Report,
    /// If nothing has come, end the wait for it.
    EndReading,
    /// If the client has taken nothing, end the wait for it.
    EndWriting,
    /// End everything.
    Abort,
}
