//! Simulated clients.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use h1events_server::{Activity, ConnectionId};

use super::{MS, SECOND};

/// Input from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A few bytes: no progress.
    Byte,
    /// Bytes of a body: progress, if they are a KiB.
    Body(usize),
    /// A complete request.
    Request,
    /// The client has read bytes of an answer.
    Taken,
    /// The end of its connection.
    End,
}

/// The behaviour of a client. Clients of all kinds reconnect after the end of their connection, if they
/// are told to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Only connects.
    Silent,
    /// Sends a byte of a head.
    HalfHead,
    /// Sends some bytes of a body, and stops.
    HalfBody(usize),
    /// Sends a byte of a body each interval, and never reaches a KiB.
    Drip(Duration),
    /// Sends a KiB of a body each interval.
    Steady(Duration),
    /// Sends a request, and reads nothing of the answer.
    SlowReader,
    /// Sends the head of a request that is answered as its body comes, and no body.
    StalledExchange,
    /// Reads a part of the answer each interval.
    SteadyReader(Duration),
    /// Has its last answer, and doesn't close.
    Lingerer,
    /// The same, and sends a byte each interval.
    NoisyLingerer(Duration),
    /// Sends requests, each at a time after the last answer.
    Polite { think: Duration },
    /// Always has more requests on their way.
    Pipeliner,
}

impl Kind {
    /// Returns the first input of the connection.
    pub(crate) fn first(self) -> Vec<Input> {
        match self {
            Self::Silent => vec![],
            Self::HalfHead | Self::Drip(_) => vec![Input::Byte],
            Self::Steady(_) => vec![Input::Byte, Input::Body(1024)],
            Self::HalfBody(bytes) => {
                let whole = bytes / (64 * 1024);
                let rest = bytes % (64 * 1024);
                let parts = std::iter::repeat_n(64 * 1024, whole).chain([rest]);
                parts.filter(|&bytes| bytes > 0).map(Input::Body).collect()
            }
            Self::SlowReader
            | Self::StalledExchange
            | Self::SteadyReader(_)
            | Self::Lingerer
            | Self::NoisyLingerer(_)
            | Self::Polite { .. } => vec![Input::Request],
            Self::Pipeliner => vec![Input::Request; 4],
        }
    }

    /// Returns the input of each interval.
    pub(crate) const fn repeated(self) -> Option<(Duration, Input)> {
        match self {
            Self::Drip(interval) | Self::NoisyLingerer(interval) => Some((interval, Input::Byte)),
            Self::Steady(interval) => Some((interval, Input::Body(1024))),
            Self::SteadyReader(interval) => Some((interval, Input::Taken)),
            _ => None,
        }
    }

    pub(crate) const fn takes_answers(self) -> bool {
        !matches!(self, Self::SlowReader | Self::StalledExchange | Self::SteadyReader(_))
    }

    /// Returns whether its first request is its last one.
    pub(crate) const fn asks_to_close(self) -> bool {
        matches!(self, Self::Lingerer | Self::NoisyLingerer(_))
    }
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) kind: Kind,
    /// The delay in each direction.
    pub(crate) latency: Duration,
    /// The time between its connection and its first request: a relay connects before it has one.
    pub(crate) first_delay: Duration,
    pub(crate) comes_back: bool,
    /// The application's time for one of its requests.
    pub(crate) handling: Duration,
    /// Bytes of an answer to it.
    pub(crate) answer: usize,
    /// The number of its connections so far: input of an earlier one is ignored.
    pub(crate) generation: u32,
    pub(crate) queued: Option<Instant>,
    /// Input that the server hasn't read.
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) connection: Option<Connection>,
    /// Unanswered requests on this connection.
    pub(crate) in_flight: u32,
    /// Answers on this connection.
    pub(crate) answers: u32,
    /// Answers on all connections.
    pub(crate) total_answers: u32,
    /// Connections that the server has ended.
    pub(crate) ended: u32,
    /// Answers with a 503.
    pub(crate) refused: u32,
    /// Requests in flight at the end of a connection that has had an answer.
    pub(crate) lost: u32,
    /// The same for a connection without an answer.
    pub(crate) lost_first: u32,
}

/// The server's side of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) activity: Activity,
    pub(crate) held: usize,
    /// Bytes that it needs before it is read again.
    pub(crate) needs: Option<usize>,
    pub(crate) waits: bool,
    pub(crate) deadline: Option<Instant>,
    /// When it was last answered.
    pub(crate) answered: Option<Instant>,
    /// The time of its last reported progress, and the number of bursts in a row with less than a second in
    /// between.
    pub(crate) progress: (Instant, u32),
    pub(crate) closes: bool,
}

impl Connection {
    /// Notes its next report.
    pub(crate) fn note_progress(&mut self) {
        let (last, in_a_row) = self.progress;
        if let Activity::Receiving { since }
        | Activity::Exchanging { since }
        | Activity::Sending { since }
        | Activity::Idle { since } = self.activity
            && since > last
        {
            let gap = since.duration_since(last);
            let in_a_row = if gap > SECOND { 0 } else { in_a_row + u32::from(gap >= 10 * MS) };
            self.progress = (since, in_a_row);
        }
    }
}

impl Client {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            latency: MS / 10,
            first_delay: Duration::ZERO,
            comes_back: false,
            handling: Duration::ZERO,
            answer: 0,
            generation: 0,
            queued: None,
            inbox: VecDeque::new(),
            connection: None,
            in_flight: 0,
            answers: 0,
            total_answers: 0,
            ended: 0,
            refused: 0,
            lost: 0,
            lost_first: 0,
        }
    }
}
