//! An application that has requests from the end of their head, and does as a script says.

use allocation_counter::opt_out;
use h1events_server::{BodyState, Connection, Response};

use super::answers::{self, Handled};
use super::expected::{Expectation, Expected};
use super::parts::{Parts, Rest};

/// What it knows of the request that it handles or answers.
pub(super) struct Application<'a> {
    expected: &'a Expected<'a>,
    number: usize,
    content: Vec<u8>,
    /// Octets that it has read.
    read: usize,
    has_ended: bool,
    has_discarded: bool,
    pub(super) has_answered: bool,
}

/// What it does with a request.
pub(super) enum Reaction {
    /// It reads on, or waits.
    Reads,
    Answers {
        handled: Handled,
        response: Response,
        /// Whether the connection may end before all requests are answered.
        is_disturbing: bool,
    },
}

impl<'a> Application<'a> {
    pub(super) fn new(expected: &'a Expected<'a>, number: usize) -> Self {
        let mut application = Self {
            expected,
            number,
            content: vec![],
            read: 0,
            has_ended: false,
            has_discarded: false,
            has_answered: false,
        };
        opt_out(|| application.content = application.expectation().content());
        application
    }

    fn expectation(&self) -> &'a Expectation<'a> {
        let mut begun = self.expected.requests.iter().chain(&self.expected.unfinished);
        begun.nth(self.number).expect("a request that was sent")
    }

    /// Does one thing.
    pub(super) fn handle(&mut self, connection: &mut Connection, octet: u8) -> Reaction {
        match octet % 32 {
            0..16 if !self.has_ended => {
                self.read(connection, octet);
                if !self.has_ended {
                    return Reaction::Reads;
                }
            }
            16 if !self.has_discarded => {
                self.has_discarded = true;
                connection.discard_body();
                return Reaction::Reads;
            }
            17 => {
                let request = connection.take_request();
                opt_out(|| self.expectation().check_head(&request.as_request()));
                connection.put_request_back(request);
                return Reaction::Reads;
            }
            _ => {}
        }
        self.answer(connection, octet)
    }

    fn answer(&self, connection: &Connection, octet: u8) -> Reaction {
        let request = connection.request();
        opt_out(|| self.expectation().check_head(&request));
        let is_connect = request.method() == "CONNECT";
        let is_head = request.method() == "HEAD";
        let parts = Parts::new(octet / 2);
        let mut streamed = None;
        let (status, response) = match octet % 8 {
            // It isn't wanted by all requests.
            2 => (None, Response::upgrade("websocket")),
            0 | 3 => {
                let (status, response) = answers::answer(self.number, octet);
                (Some(status), response)
            }
            1 => (Some(204), Response::new(204).with_streamed_body(Rest::new(self.number, parts))),
            _ => {
                streamed = Some(parts);
                (Some(200), Response::new(200).with_streamed_body(Rest::new(self.number, parts)))
            }
        };
        // A success would make a tunnel.
        let status = status.map(|status| if is_connect && status < 300 { 501 } else { status });
        let parts = streamed.filter(|_| !is_connect);
        let is_disturbing = status.is_none()
            || !self.has_ended
            || self.has_discarded
            || parts.is_some_and(Parts::fails)
            || parts.is_some() && request.version().minor() == 0;
        let handled = Handled { is_head, status, closes: is_connect && status.is_some(), parts };
        Reaction::Answers { handled, response, is_disturbing }
    }

    /// Reads some of the body, and compares it with what was sent.
    pub(super) fn read(&mut self, connection: &mut Connection, octet: u8) {
        let n = match connection.body_state() {
            BodyState::Content(octets) => {
                let n = octets.len().min(usize::from(octet) * 64 + 1);
                let expected = &self.content[self.read..];
                // What was discarded isn't read.
                assert!(self.has_discarded || expected.starts_with(octets), "not what was sent");
                n
            }
            BodyState::Pending if self.has_discarded => {
                self.has_ended = true;
                return;
            }
            BodyState::Pending => return connection.want_body(),
            BodyState::End => {
                let is_whole = self.number < self.expected.requests.len();
                assert!(is_whole, "the end of a body that has none");
                if !self.has_discarded {
                    assert_eq!(self.read, self.content.len(), "some of the body is missing");
                    let trailers = connection.body_trailers();
                    let fields = trailers.into_iter().flat_map(|trailers| trailers.fields());
                    opt_out(|| self.expectation().check_trailers(fields));
                }
                self.has_ended = true;
                return;
            }
            BodyState::Failed(_) => {
                self.has_ended = true;
                return;
            }
        };
        self.read += n;
        connection.consume_body(n);
        // It may hold what it has taken, or have passed it on.
        let held = if octet.is_multiple_of(2) { n } else { 0 };
        connection.hold_body(held);
        assert!(connection.buffered() >= held, "bytes that are held are buffered");
    }
}
