//! An application that follows a plan in small steps.

use h1events_server::{BodyState, Config, Response, Step, Trailers};

use super::plan::{Answer, End, Exchange, Part, Reading, Streamed, content, octets};
use crate::support::{Client, Source};

/// The application's record of a request.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) content: Vec<u8>,
    /// Octets that it had read when it answered.
    pub(crate) before: usize,
    /// The end of the body, if it has come, with the number of trailers.
    pub(crate) end: Option<(BodyState<'static>, usize)>,
    /// Octets that it has written, and whether its answer is complete.
    pub(crate) written: Vec<u8>,
    pub(crate) is_done: bool,
}

pub(crate) struct Player {
    pub(crate) client: Client,
    exchanges: Vec<Exchange>,
    pub(crate) seen: Vec<Seen>,
    state: State,
    /// Bytes that may be held: 64 KiB in each direction, the largest part, and the rest of one that is being
    /// sent.
    most_held: usize,
}

enum State {
    Idle,
    Reading,
    Answering { source: Source, next: usize, waits: u8 },
}

impl Player {
    pub(crate) fn new(config: Config, exchanges: &[Exchange]) -> Self {
        let largest_parts = exchanges.iter().map(|exchange| match &exchange.answer {
            Answer::Whole(len) => *len,
            Answer::Streamed(streamed) => streamed.largest().max(exchange.bite),
        });
        let largest = largest_parts.max().unwrap_or(0);
        Self {
            client: Client::streaming(config),
            exchanges: exchanges.to_vec(),
            seen: Vec::new(),
            state: State::Idle,
            most_held: (64 + 64 + 32) * 1024 + largest + largest.min(64 * 1024),
        }
    }

    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Takes one step, if there is one.
    pub(crate) fn tick(&mut self) -> bool {
        let held = self.client.connection.buffered();
        assert!(held <= self.most_held, "{held} of {} bytes", self.most_held);
        if self.client.is_closed {
            return false;
        }
        match &mut self.state {
            State::Idle => {
                let is_there = self.client.waits_for == Some(Step::Handle);
                if is_there {
                    let path = format!("/{}", self.seen.len());
                    assert_eq!(self.client.connection.request().path(), path.as_bytes());
                    self.seen.push(Seen::default());
                    self.state = State::Reading;
                }
                is_there
            }
            State::Reading => self.read_or_answer(),
            State::Answering { source, .. } if source.is_closed() => {
                self.state = State::Idle;
                true
            }
            State::Answering { waits: waits @ 1.., .. } => {
                *waits -= 1;
                true
            }
            State::Answering { .. } => self.go_on(),
        }
    }

    /// Takes all steps.
    pub(crate) fn run(&mut self) {
        while self.tick() {}
    }

    fn number(&self) -> usize {
        self.seen.len() - 1
    }

    fn exchange(&self) -> Exchange {
        self.exchanges[self.number()].clone()
    }

    fn now(&mut self) -> &mut Seen {
        self.seen.last_mut().expect("a request is there")
    }

    fn read_or_answer(&mut self) -> bool {
        let exchange = self.exchange();
        match self.read(exchange.before.most(), exchange.bite) {
            Some(has_read) => has_read,
            None => {
                self.answer(&exchange);
                true
            }
        }
    }

    /// Takes some octets of the body, and returns whether there were any. `None` if the application has finished
    /// with it.
    fn read(&mut self, most: usize, bite: usize) -> Option<bool> {
        let seen = self.seen.last_mut().expect("a request is there");
        let left = most.saturating_sub(seen.content.len());
        if left == 0 || seen.end.is_some() {
            return None;
        }
        let connection = &mut self.client.connection;
        let state = match connection.body_state() {
            BodyState::Content(octets) => {
                let n = octets.len().min(bite).min(left);
                seen.content.extend_from_slice(&octets[..n]);
                connection.consume_body(n);
                return Some(true);
            }
            BodyState::Pending => {
                connection.want_body();
                self.client.run();
                let is_pending = self.client.connection.body_state() == BodyState::Pending;
                return Some(!is_pending && !self.client.is_closed);
            }
            BodyState::End => BodyState::End,
            BodyState::Failed(error) => BodyState::Failed(error),
        };
        let trailers = connection.body_trailers().map_or(0, |trailers| trailers.fields().count());
        seen.end = Some((state, trailers));
        None
    }

    fn answer(&mut self, exchange: &Exchange) {
        let number = self.number();
        self.now().before = self.now().content.len();
        if exchange.discards() {
            self.client.connection.discard_body();
        }
        let response = Response::new(exchange.status);
        match &exchange.answer {
            Answer::Whole(len) => {
                let body = octets(2 * number, *len);
                self.client.respond(response.with_body(body));
                self.now().is_done = true;
                self.state = State::Idle;
            }
            Answer::Streamed(streamed) => {
                let mut source = Source::default();
                source.length = declared(exchange, streamed, number);
                self.state = State::Answering { source: source.clone(), next: 0, waits: 0 };
                self.client.respond(response.with_streamed_body(source));
            }
        }
    }

    /// Continues an answer: the next part, then the content that it reads, then the end.
    fn go_on(&mut self) -> bool {
        let (exchange, number) = (self.exchange(), self.number());
        let Some(streamed) = exchange.streamed() else { return false };
        let State::Answering { source, next, waits } = &mut self.state else { return false };
        let source = source.clone();
        if let Some(part) = streamed.parts.get(*next) {
            *next += 1;
            match *part {
                Part::Wait(ticks) => *waits = ticks,
                Part::Content { len, kind } => {
                    if streamed.during.most() > 0 && !exchange.discards() {
                        self.client.connection.want_body();
                    }
                    let part = octets(2 * number, len);
                    self.now().written.extend_from_slice(part);
                    source.give(content(part, kind));
                }
            }
            self.client.run();
            return true;
        }
        if !exchange.discards() {
            let before = self.now().content.len();
            let most = self.now().before.saturating_add(streamed.during.most());
            if let Some(has_read) = self.read(most, exchange.bite) {
                let part = self.now().content[before..].to_vec();
                if streamed.echoes && !part.is_empty() {
                    self.now().written.extend_from_slice(&part);
                    source.give(part);
                    self.client.run();
                }
                return has_read;
            }
            if let Reading::Discard(_) = streamed.during {
                self.client.connection.discard_body();
            }
        }
        self.now().is_done = true;
        match streamed.end {
            End::Plain => source.end(),
            End::Trailers => source.give_trailers(Trailers::new().with_field("Digest", "abc")),
            End::Failure => source.fail(),
        };
        self.client.run();
        // A body that fails only now is over.
        self.state = State::Idle;
        true
    }
}

/// Returns the length that the application gives.
pub(super) fn declared(exchange: &Exchange, streamed: &Streamed, number: usize) -> Option<u64> {
    let off_by = streamed.length?;
    let content = exchange.content(number);
    let read = if exchange.discards() { 0 } else { streamed.during.most() };
    let before = exchange.read_before(number);
    let echoed = &content[before..before.saturating_add(read).min(content.len())];
    let len = streamed.content(number, echoed).len();
    Some(len.saturating_add_signed(off_by.try_into().unwrap()) as u64)
}
