//! An acceptor, connections and clients, with a clock that goes from event to event.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use h1events_server::{Activity, ConnectionId, Endpoint, EndpointConfig};

use super::client::{Client, Connection, Input, Kind};
use super::{Account, oracle};

pub(crate) type ClientId = usize;

/// Time, order, client, and the number of the client's connection.
pub(super) type Scheduled = (Instant, u64, ClientId, u32, Event);

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Connect,
    /// The client sends its next request.
    Speak,
    Arrive,
    Close,
    Repeat,
    Handled,
    /// The client gets an answer, which may be the last one.
    Answered(bool),
    Ended,
}

pub(crate) struct World {
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Instant,
    pub(crate) account: Account,
    pub(crate) clients: Vec<Client>,
    /// The waits of admitted newcomers.
    pub(crate) waits: HashMap<ClientId, Duration>,
    /// The time of each client's last answer.
    pub(crate) last_answers: HashMap<ClientId, Instant>,
    /// The deadline of each client's step, while it waits.
    pub(crate) idle_timeout: Option<Duration>,
    /// Whether each eviction is compared with a search of all connections.
    pub(crate) is_checked: bool,
    /// Connections that were woken by their deadline, and had nothing to read.
    pub(crate) timed_out: u64,
    /// Calls of `handle_timeout`.
    pub(crate) timeouts: u64,
    /// The longest wait of the first newcomer while a connection could have ended.
    pub(crate) held_up: Duration,
    pub(super) held_up_since: Option<Instant>,
    /// Connections that were closed before the drain.
    pub(crate) closed_before_drain: u64,
    /// Connections that the drain ended within a request, before its time was over.
    pub(crate) cut_early: u64,
    pub(super) queue: VecDeque<ClientId>,
    pub(super) retry: Option<Instant>,
    pub(super) ids: HashMap<ConnectionId, ClientId>,
    pub(super) events: BinaryHeap<Reverse<Scheduled>>,
    pub(super) serial: u64,
    pub(super) has_drained: bool,
}

impl World {
    pub(crate) fn new(config: EndpointConfig) -> Self {
        let account = Account::new(config.max_buffered);
        Self::with_account(config, account)
    }

    pub(crate) fn with_account(config: EndpointConfig, account: Account) -> Self {
        Self {
            endpoint: Endpoint::new(config, account.purse()),
            now: Instant::now() + Duration::from_secs(1_000),
            account,
            clients: Vec::new(),
            waits: HashMap::new(),
            last_answers: HashMap::new(),
            idle_timeout: None,
            is_checked: false,
            timed_out: 0,
            timeouts: 0,
            held_up: Duration::ZERO,
            held_up_since: None,
            closed_before_drain: 0,
            cut_early: 0,
            queue: VecDeque::new(),
            retry: None,
            ids: HashMap::new(),
            events: BinaryHeap::new(),
            serial: 0,
            has_drained: false,
        }
    }

    /// Connects a client now.
    pub(crate) fn connect(&mut self, kind: Kind) -> ClientId {
        self.connect_in(Duration::ZERO, Client::new(kind))
    }

    /// Connects `count` clients, which reconnect whenever they are ended.
    pub(crate) fn flood(&mut self, kind: Kind, clients: usize) {
        for _ in 0..clients {
            self.connect_in(Duration::ZERO, Client { comes_back: true, ..Client::new(kind) });
        }
    }

    pub(crate) fn connect_in(&mut self, delay: Duration, client: Client) -> ClientId {
        self.clients.push(client);
        let id = self.clients.len() - 1;
        self.schedule(delay, id, Event::Connect);
        id
    }

    /// Lets a client send, besides the behaviour of its kind.
    pub(crate) fn send(&mut self, client: ClientId, input: Input) {
        self.clients[client].in_flight += u32::from(input == Input::Request);
        self.arrive(client, input);
        self.settle();
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    pub(crate) fn run_until(&mut self, end: Instant) {
        self.settle();
        while let Some(next) = self.next_event().filter(|&next| next <= end) {
            self.now = self.now.max(next);
            while let Some(&Reverse((at, _, client, generation, event))) = self.events.peek()
                && at <= self.now
            {
                self.events.pop();
                if self.clients[client].generation == generation {
                    self.happen(client, event);
                }
            }
            self.settle();
        }
        self.now = self.now.max(end);
        self.settle();
    }

    /// Lets the clock go on while the process is suspended.
    pub(crate) fn suspend_for(&mut self, time: Duration) {
        self.now += time;
        self.held_up_since = None;
        self.settle();
    }

    /// Asserts what has to be true at any time.
    pub(crate) fn check(&self) {
        let connections = || self.clients.iter().filter_map(|client| client.connection.as_ref());
        let held: usize = connections().map(|connection| connection.held).sum();
        assert!(held <= self.account.used(), "what is held is charged");
        assert_eq!(connections().count(), self.endpoint.len());
    }

    pub(crate) fn drain(&mut self, grace: Duration) {
        self.has_drained = true;
        self.endpoint.drain(grace, self.now);
        self.settle();
    }

    /// Returns the number of clients with a connection.
    pub(crate) fn connected(&self) -> usize {
        self.clients.iter().filter(|client| client.connection.is_some()).count()
    }

    /// Returns the sum of something over all clients.
    pub(crate) fn sum(&self, count: impl Fn(&Client) -> u32) -> u32 {
        self.clients.iter().map(count).sum()
    }

    fn next_event(&self) -> Option<Instant> {
        let event = self.events.peek().map(|Reverse((at, ..))| *at);
        let retry = self.retry.filter(|_| !self.queue.is_empty());
        let timeout = self.endpoint.timeout();
        [event, retry, timeout].into_iter().flatten().min()
    }

    pub(super) fn schedule(&mut self, delay: Duration, client: ClientId, event: Event) {
        self.serial += 1;
        let generation = self.clients[client].generation;
        let entry = (self.now + delay, self.serial, client, generation, event);
        self.events.push(Reverse(entry));
    }

    fn happen(&mut self, id: ClientId, event: Event) {
        let kind = self.clients[id].kind;
        match event {
            Event::Connect => {
                let client = &mut self.clients[id];
                client.generation += 1;
                client.queued = Some(self.now);
                client.in_flight = 0;
                client.answers = 0;
                client.inbox.clear();
                let delay = client.first_delay;
                self.queue.push_back(id);
                for input in kind.first() {
                    match input {
                        Input::Request => self.speak(id, delay),
                        _ => self.arrive(id, input),
                    }
                }
                if let Some((interval, _)) = kind.repeated() {
                    self.schedule(interval, id, Event::Repeat);
                }
            }
            Event::Speak => self.speak(id, self.clients[id].latency),
            Event::Arrive => self.arrive(id, Input::Request),
            Event::Close => self.arrive(id, Input::End),
            Event::Repeat => {
                if let Some((interval, input)) = kind.repeated() {
                    self.arrive(id, input);
                    self.schedule(interval, id, Event::Repeat);
                }
            }
            Event::Handled => self.handled(id),
            Event::Answered(is_last) => self.hear_answer(id, is_last),
            Event::Ended => {
                if self.clients[id].comes_back {
                    self.happen(id, Event::Connect);
                }
            }
        }
    }

    /// Gives the client an answer.
    fn hear_answer(&mut self, id: ClientId, is_last: bool) {
        let Client { latency, kind, .. } = self.clients[id];
        match kind {
            Kind::Polite { .. } | Kind::Pipeliner if is_last => {
                self.schedule(latency, id, Event::Close);
            }
            Kind::Polite { think } => self.schedule(think, id, Event::Speak),
            Kind::Pipeliner => self.schedule(Duration::ZERO, id, Event::Speak),
            _ => {}
        }
    }

    /// Sends a client's request, which takes `delay`.
    fn speak(&mut self, id: ClientId, delay: Duration) {
        self.clients[id].in_flight += 1;
        if delay.is_zero() {
            self.arrive(id, Input::Request);
        } else {
            self.schedule(delay, id, Event::Arrive);
        }
    }

    fn arrive(&mut self, id: ClientId, input: Input) {
        let client = &mut self.clients[id];
        client.inbox.push_back(input);
        if client.connection.is_some() {
            self.go_on(id);
        }
    }

    /// Runs until nothing is left to do at this time.
    fn settle(&mut self) {
        loop {
            if self.endpoint.timeout().is_some_and(|timeout| timeout <= self.now) {
                self.timeouts += 1;
                self.endpoint.handle_timeout(self.now);
                let next = self.endpoint.timeout();
                assert!(next.is_none_or(|next| next > self.now), "a timer would spin");
            }
            self.wake();
            if self.endpoint.take_acceptor_due() {
                self.retry = None;
            }
            let has_accepted = self.accept();
            self.wake();
            if !has_accepted {
                break;
            }
        }
        self.note_held_up();
    }

    fn wake(&mut self) {
        while let Some(id) = self.endpoint.poll_wake() {
            let client = self.ids[&id];
            self.go_on(client);
        }
    }

    /// Acts as the acceptor, until no newcomer is admitted.
    fn accept(&mut self) -> bool {
        if self.queue.is_empty() {
            self.endpoint.relieve();
            self.retry = None;
            return false;
        }
        if !self.endpoint.admits(self.now) {
            self.queue.clear();
            return false;
        }
        if self.endpoint.has_room() {
            self.admit();
            return true;
        }
        if self.retry.is_some_and(|retry| retry > self.now) {
            return false;
        }
        let retry = self.endpoint.make_room(self.now);
        assert!(retry > self.now, "an acceptor would spin");
        self.retry = Some(retry);
        if self.is_checked {
            self.check_eviction();
        }
        self.endpoint.has_room()
    }

    fn admit(&mut self) {
        let Some(id) = self.queue.pop_front() else { return };
        let opened = self.endpoint.open(self.now);
        self.ids.insert(opened, id);
        let client = &mut self.clients[id];
        let waited = client.queued.take().map(|queued| self.now - queued);
        self.waits.insert(id, waited.unwrap_or_default());
        client.connection = Some(Connection {
            id: opened,
            activity: Activity::New { since: self.now },
            held: 0,
            needs: None,
            waits: false,
            deadline: None,
            answered: None,
            progress: (self.now, 0),
            closes: false,
        });
        self.retry = None;
        self.held_up_since = None;
        self.go_on(id);
    }

    /// Asserts that the chosen connection is the right one.
    fn check_eviction(&mut self) {
        let Some(id) = self.endpoint.poll_wake() else { return };
        let chosen = self.ids[&id];
        if self.endpoint.is_doomed(id) {
            let connection = self.clients[chosen].connection.as_ref().expect("it is open");
            let chosen = oracle::impatience(connection, self.now).expect("it waits");
            let is_open = |c: &&Client| match &c.connection {
                Some(connection) => !self.endpoint.is_doomed(connection.id),
                None => false,
            };
            let others = self.clients.iter().filter(is_open);
            let greatest = oracle::greatest(others, chosen >= 1.0, self.now);
            assert!(
                chosen >= greatest.unwrap_or(0.0),
                "{chosen} goes and {greatest:?} stays: {connection:?}",
            );
        }
        self.go_on(chosen);
    }

    /// Notes the wait of the first newcomer while a connection could end.
    fn note_held_up(&mut self) {
        if !self.is_checked {
            return;
        }
        let could_go = !self.queue.is_empty()
            && self.endpoint.admits(self.now)
            && oracle::greatest(self.clients.iter(), false, self.now).is_some();
        if let Some(since) = self.held_up_since {
            self.held_up = self.held_up.max(self.now.saturating_duration_since(since));
        }
        match could_go {
            true => self.held_up_since = self.held_up_since.or(Some(self.now)),
            false => self.held_up_since = None,
        }
    }
}
