//! The server's side of a connection: the transport.

use std::time::Duration;

use h1events_server::{Activity, Memory, Persistence, Verdict};

use super::MS;
use super::client::{Connection, Input, Kind};
use super::world::{ClientId, Event, World};

/// A read buffer.
const BUFFER: usize = 8 * 1024;

impl World {
    /// Takes steps of the connection until it waits.
    pub(super) fn go_on(&mut self, id: ClientId) {
        loop {
            let now = self.now;
            let client = &mut self.clients[id];
            let Some(connection) = &mut client.connection else { return };
            if connection.activity == Activity::Handling {
                return;
            }
            if connection.waits && !client.inbox.is_empty() {
                connection.waits = false;
                self.endpoint.resume(connection.id);
            }
            if let Some(bytes) = connection.needs {
                match self.endpoint.acquire(connection.id, connection.held, bytes, now) {
                    Memory::Granted => {
                        connection.held = bytes;
                        connection.needs = None;
                        if connection.activity != Activity::Handling {
                            connection.activity = Activity::Receiving { since: now };
                        }
                    }
                    Memory::Lacking => return,
                    Memory::Refused => self.refuse(id),
                    Memory::End => return self.end(id),
                }
                continue;
            }
            if let Some(input) = client.inbox.pop_front() {
                self.read(id, input);
                continue;
            }
            if let Some(deadline) = connection.deadline.filter(|&deadline| deadline <= now) {
                assert!(connection.waits, "{deadline:?}");
                self.timed_out += 1;
                return self.end(id);
            }
            let deadline = self.idle_timeout.map(|timeout| now + timeout);
            connection.deadline = connection.deadline.filter(|_| connection.waits).or(deadline);
            connection.waits = true;
            connection.note_progress();
            let Connection { id: connection_id, activity, deadline, held, .. } = *connection;
            match self.endpoint.wait(connection_id, activity, deadline, held) {
                Verdict::Wait => return,
                Verdict::End => return self.end(id),
                Verdict::Refuse => self.refuse(id),
            }
        }
    }

    fn read(&mut self, id: ClientId, input: Input) {
        let now = self.now;
        let client = &mut self.clients[id];
        let Some(connection) = &mut client.connection else { return };
        connection.waits = false;
        connection.deadline = None;
        match (connection.activity, input) {
            (_, Input::End) => self.end_by_client(id),
            (Activity::Lingering { .. }, _) => {
                connection.activity = Activity::Lingering { since: now };
            }
            (Activity::Sending { .. }, Input::Taken) => {
                connection.activity = Activity::Sending { since: now };
            }
            // While an answer waits, the connection isn't read.
            (Activity::Sending { .. }, _) | (_, Input::Taken) => {}
            // The body is passed on.
            (Activity::Exchanging { .. }, Input::Body(1024..)) => {
                connection.activity = Activity::Exchanging { since: now };
            }
            (Activity::Exchanging { .. }, _) => {}
            (Activity::New { .. } | Activity::Idle { .. }, Input::Byte) => {
                connection.activity = Activity::Receiving { since: now };
                connection.needs = Some(BUFFER.max(connection.held));
            }
            (_, Input::Byte) => {}
            (_, Input::Body(bytes)) => {
                connection.needs = Some(connection.held + bytes);
            }
            (_, Input::Request) => {
                connection.activity = Activity::Handling;
                let handling = client.handling;
                if handling > Duration::ZERO {
                    self.schedule(handling, id, Event::Handled);
                } else {
                    self.handled(id);
                }
            }
        }
    }

    pub(super) fn handled(&mut self, id: ClientId) {
        let client = &mut self.clients[id];
        let Some(connection) = &mut client.connection else { return };
        let persistence = match self.endpoint.is_watchful() {
            true => self.endpoint.answer(connection.id, self.now),
            false => Persistence::Persist,
        };
        let closes = client.kind.asks_to_close()
            || persistence == Persistence::Close
            || persistence == Persistence::CloseWhenAnswered && client.inbox.is_empty();
        self.answer(id, closes);
        self.go_on(id);
    }

    fn answer(&mut self, id: ClientId, closes: bool) {
        let now = self.now;
        let client = &mut self.clients[id];
        let Some(connection) = &mut client.connection else { return };
        connection.answered = Some(now);
        connection.closes = closes;
        self.last_answers.insert(id, now);
        if !client.kind.takes_answers() {
            connection.activity = match client.kind {
                Kind::StalledExchange => Activity::Exchanging { since: now },
                _ => Activity::Sending { since: now },
            };
            connection.held = client.answer;
            return;
        }
        client.in_flight = client.in_flight.saturating_sub(1);
        client.answers += 1;
        client.total_answers += 1;
        connection.held = 0;
        connection.activity = match closes {
            true => Activity::Lingering { since: now },
            false => Activity::Idle { since: now },
        };
        let latency = client.latency;
        self.schedule(latency, id, Event::Answered(closes));
    }

    /// Answers with a 503.
    fn refuse(&mut self, id: ClientId) {
        let client = &mut self.clients[id];
        let Some(connection) = &mut client.connection else { return };
        client.refused += 1;
        connection.needs = None;
        connection.held = 0;
        connection.activity = Activity::Lingering { since: self.now };
        connection.closes = true;
        client.inbox.clear();
        client.inbox.push_back(Input::End);
    }

    /// Ends the connection.
    fn end(&mut self, id: ClientId) {
        let is_cut_early = self.has_drained
            && !self.endpoint.is_over(self.now)
            && self.queue.is_empty()
            && self.idle_timeout.is_none();
        let client = &mut self.clients[id];
        client.ended += 1;
        let has_begun = client.connection.as_ref().is_some_and(|connection| {
            matches!(connection.activity, Activity::Receiving { .. } | Activity::Sending { .. })
        });
        self.cut_early += u64::from(is_cut_early && has_begun);
        let is_lost = client.connection.as_ref().is_some_and(|connection| !connection.closes);
        match client.answers {
            _ if !is_lost => {}
            0 => client.lost_first += client.in_flight,
            _ => client.lost += client.in_flight,
        }
        self.end_by_client(id);
    }

    pub(super) fn end_by_client(&mut self, id: ClientId) {
        let Some(connection) = self.clients[id].connection.take() else { return };
        self.ids.remove(&connection.id);
        self.closed_before_drain += u64::from(!self.has_drained);
        self.endpoint.close(connection.id);
        let latency = self.clients[id].latency;
        self.clients[id].generation += 1;
        self.schedule(latency.max(MS / 10), id, Event::Ended);
    }
}
