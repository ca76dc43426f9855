//! The endpoint's orders to a connection. No decisions here.

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

/// The order to a connection that wants to wait for its client: the result of
/// [`Endpoint::wait`](super::Endpoint::wait).
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

/// The order to a connection that asks for memory: the result of
/// [`Endpoint::acquire`](super::Endpoint::acquire).
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

/// What the answer to a request says about its connection: the result of
/// [`Endpoint::answer`](super::Endpoint::answer).
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

/// What a transport does with a woken connection whose own thread blocks on the socket: the result of
/// [`Endpoint::order`](super::Endpoint::order).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Order {
    /// Have the connection read or write once more, and report.
    Report,
    /// If nothing has come, end the read.
    EndReading,
    /// If the client has read nothing, end the write.
    EndWriting,
    /// End everything.
    Abort,
}
