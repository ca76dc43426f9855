//! What simulated clients do.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use h1events_server::{Activity, ConnectionId};

use super::{MS, SECOND};

/// What comes from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A byte, or a few: no progress.
    Byte,
    /// That much of a body: progress, if it is a KiB.
    Body(usize),
    /// All of a request.
    Request,
    /// The client has taken that much of an answer.
    Taken,
    /// The end of its connection.
    End,
}

/// How a client behaves. All of them come back when their connection has ended, if they
/// are told to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Connects, and no more.
    Silent,
    /// Sends a byte of a head.
    HalfHead,
    /// Sends so many bytes of a body, and stops.
    HalfBody(usize),
    /// Sends a byte of a body each interval, and never makes a KiB.
    Drip(Duration),
    /// Sends a KiB of a body each interval.
    Steady(Duration),
    /// Sends a request and takes nothing of the answer.
    SlowReader,
    /// Sends the head of a request that is answered as its body comes, and no body.
    StalledExchange,
    /// Takes a part of the answer each interval.
    SteadyReader(Duration),
    /// Has its last answer, and doesn't close.
    Lingerer,
    /// The same, and sends a byte each interval.
    NoisyLingerer(Duration),
    /// Sends requests, each that long after the last answer.
    Polite { think: Duration },
    /// Always has more requests on their way.
    Pipeliner,
}

impl Kind {
    /// What comes with the connection.
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

    /// What it sends each interval.
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
    /// The time until the server hears of it, or it of the server.
    pub(crate) latency: Duration,
    /// The time between its connection and its first request: a relay connects before it has one.
    pub(crate) first_delay: Duration,
    pub(crate) comes_back: bool,
    /// How long the application takes for a request of it.
    pub(crate) handling: Duration,
    /// How many bytes an answer to it has.
    pub(crate) answer: usize,
    /// Its connections so far: what was sent on an earlier one goes nowhere.
    pub(crate) generation: u32,
    pub(crate) queued: Option<Instant>,
    /// What has come from it, and the server hasn't read.
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) connection: Option<Connection>,
    /// Requests that it has sent on this connection and that aren't answered.
    pub(crate) in_flight: u32,
    /// Answers on this connection.
    pub(crate) answers: u32,
    /// Answers on all connections.
    pub(crate) total_answers: u32,
    /// Connections that the server has ended.
    pub(crate) ended: u32,
    /// Answers that said that there is no memory.
    pub(crate) refused: u32,
    /// Requests in flight when a connection was ended that had had an answer.
    pub(crate) lost: u32,
    /// The same, when it had had none.
    pub(crate) lost_first: u32,
}

/// The server's side of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) activity: Activity,
    pub(crate) held: usize,
    /// Bytes that it needs before it is read on.
    pub(crate) needs: Option<usize>,
    pub(crate) waits: bool,
    pub(crate) deadline: Option<Instant>,
    /// When it was last answered.
    pub(crate) answered: Option<Instant>,
    /// Since when it had made no progress when it last reported, and how often in a row there had been
    /// some within a second.
    pub(crate) progress: (Instant, u32),
    pub(crate) closes: bool,
}

impl Connection {
    /// Notes what it is about to report.
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
