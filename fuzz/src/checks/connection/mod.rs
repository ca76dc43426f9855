//! Each request reaches the application as it was sent, and has its one answer, in order, and every
//! connection ends: whatever is sent, however it is cut, and however long it takes.

mod answers;
mod application;
mod expected;
mod parts;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, UNIX_EPOCH};

use allocation_counter::{measure, opt_out};
use h1events_server::{Buffer, Config, Connection, Peer, Response, Step};

use self::answers::{End, Handled};
use self::application::{Application, Reaction};
use self::expected::Expected;
use super::split_instructions;

/// What a connection may take beside four times what has been sent to it: room to read into, and
/// a batch of answers, while it grows. Nothing of it depends on what is announced.
const MEMORY: usize = 192 * 1024;

/// No input and no script has as many.
const STEPS: usize = 200_000;

/// After the last octet 0xff stands a script: what the network, the clock and the application do,
/// an octet for each time that the connection asks. When it ends, all goes well, and the client
/// closes. The first octet says whether bodies are streamed; without a script, they are collected, and
/// then streamed.
pub fn check(octets: &[u8]) {
    let (input, script) = split_instructions(octets);
    match script.split_first() {
        Some((kind, script)) => check_script(input, script, kind % 2 == 1),
        None => [false, true].into_iter().for_each(|streams| check_script(input, &[], streams)),
    }
}

fn check_script(input: &[u8], script: &[u8], streams: bool) {
    // What is streamed may have any length.
    let most_content = if streams { u64::MAX } else { expected::CONTENT };
    let expected = Expected::new(input, most_content);
    let mut client = Client {
        expected: &expected,
        input,
        script: script.iter().copied(),
        sent: vec![],
        handled: vec![],
        now: Instant::now(),
        pool: None,
        is_disturbed: false,
        has_stopped_reading: false,
        end: End::Closed,
        streams,
        application: None,
        body_sleeps: false,
    };
    let memory = measure(|| client.run());
    let octets = input.len() + script.len();
    let most = MEMORY + 4 * octets;
    assert!(memory.bytes_max < most as u64, "{memory:?} for {octets} octets");
    let status = answers::check(&client.sent, &client.handled, &expected, client.end);
    if !client.is_disturbed {
        // A body that isn't whole is the application's business, if it is streamed.
        let unfinished = expected.unfinished.as_ref().filter(|_| streams);
        let requests = expected.requests.len() + unfinished.iter().len();
        let handled = client.handled.len();
        assert_eq!(handled, requests, "requests handled by the connection, and sent by the client");
        let refusal = expected.refusal.filter(|_| unfinished.is_none());
        assert_eq!(status, refusal, "status of the connection, and of the parser's error");
    }
}

struct Client<'a> {
    expected: &'a Expected<'a>,
    /// What is still to be sent to the server.
    input: &'a [u8],
    script: std::iter::Copied<std::slice::Iter<'a, u8>>,
    /// What came from the server.
    sent: Vec<u8>,
    handled: Vec<Handled>,
    now: Instant,
    pool: Option<Box<Buffer>>,
    /// Whether something has happened that ends a connection before all is answered.
    is_disturbed: bool,
    has_stopped_reading: bool,
    end: End,
    /// Whether the application has requests from the end of their head.
    streams: bool,
    application: Option<Application<'a>>,
    /// Whether the body of the answer had no part, and has one now.
    body_sleeps: bool,
}

impl Client<'_> {
    fn run(&mut self) {
        let mut config = Config::new();
        config.limits.content = expected::CONTENT;
        let mut connection =
            Connection::new(Arc::new(config), Peer::Local, self.now, || UNIX_EPOCH);
        if self.streams {
            connection = connection.with_streamed_bodies();
        }
        let mut has_shut_down = false;
        for _ in 0..STEPS {
            let action = self.script.next();
            match action {
                Some(1) => self.pool = connection.detach_buffer().or_else(|| self.pool.take()),
                Some(2) => {
                    if let Some(buffer) = self.pool.take() {
                        connection.attach_buffer(buffer);
                    }
                }
                Some(3) => {
                    connection.graceful_shutdown();
                    self.is_disturbed = true;
                }
                Some(41) if self.streams => {
                    connection.refuse_body(self.now);
                    self.is_disturbed = true;
                }
                _ => {}
            }
            self.go_on(&mut connection, action);
            let step = connection.step(self.now);
            if step != Step::Shutdown {
                assert_eq!(connection.step(self.now), step, "to ask again changes nothing");
            }
            match step {
                Step::Read { deadline } => {
                    assert!(!has_shut_down || connection.is_lingering());
                    self.read(&mut connection, deadline, action);
                }
                Step::Write { .. } | Step::Produce
                    if matches!(action, Some(43..60)) && connection.wants_input() =>
                {
                    self.receive(&mut connection, action);
                }
                Step::Write { deadline } => {
                    assert!(!has_shut_down, "nothing is written after a shutdown");
                    self.write(&mut connection, deadline, action);
                }
                Step::Handle if action == Some(42) => {
                    // What the application has is about the request before.
                    self.application.take_if(|application| application.has_answered);
                    connection.write_first();
                }
                Step::Handle => {
                    assert!(!has_shut_down, "nothing is handled after a shutdown");
                    self.handle(&mut connection, action.unwrap_or_default());
                }
                Step::Allocate { bytes } => {
                    assert!(bytes > connection.buffered(), "it can go on then");
                    connection.set_allowance(bytes);
                }
                Step::Shutdown => {
                    assert!(!std::mem::replace(&mut has_shut_down, true), "it is returned once");
                }
                Step::Produce => self.poll_body(&mut connection),
                Step::Upgraded => return self.take_over(connection),
                Step::Reset => {
                    assert!(self.is_disturbed);
                    self.end = End::Reset;
                    return;
                }
                Step::Close => {
                    if !connection.write_slices().is_empty() {
                        assert!(self.has_stopped_reading);
                        self.end = End::GivenUp;
                    }
                    return;
                }
            }
        }
        panic!("it doesn't end");
    }

    /// The network has some octets, or none until the deadline.
    fn read(&mut self, connection: &mut Connection, deadline: Instant, action: Option<u8>) {
        if !self.waits(deadline, action) {
            self.receive(connection, action);
        }
    }

    fn receive(&mut self, connection: &mut Connection, action: Option<u8>) {
        if self.input.is_empty() {
            return connection.read_eof();
        }
        let space = connection.read_space();
        assert!(!space.is_empty());
        let most = action.map_or(usize::MAX, |octet| usize::from(octet) + 1);
        let n = space.len().min(self.input.len()).min(most);
        let (now, later) = self.input.split_at(n);
        space[..n].copy_from_slice(now);
        connection.advance_read(n);
        self.input = later;
    }

    fn write(&mut self, connection: &mut Connection, deadline: Instant, action: Option<u8>) {
        if self.waits(deadline, action) {
            self.has_stopped_reading |= self.now >= deadline;
            return;
        }
        let mut most = action.map_or(usize::MAX, |octet| 8 * usize::from(octet) + 1);
        let mut n = 0;
        for slice in &*connection.write_slices() {
            let len = slice.len().min(most);
            opt_out(|| self.sent.extend_from_slice(&slice[..len]));
            n += len;
            most -= len;
        }
        assert!(n > 0, "there is something to write");
        connection.advance_write(n);
    }

    /// Whether nothing moves: for some time, up to the deadline, or until long after it.
    fn waits(&mut self, deadline: Instant, action: Option<u8>) -> bool {
        assert!(deadline > self.now, "a deadline that has passed doesn't come back");
        let left = deadline.duration_since(self.now);
        self.now += match action {
            Some(4) => left,
            Some(5) => left + Duration::from_secs(3600),
            // But less than the deadline allows.
            Some(octet @ 6..=40) => {
                let most = left - Duration::from_nanos(1);
                most.min(Duration::from_millis(u64::from(octet).pow(2)))
            }
            _ => return false,
        };
        self.is_disturbed |= self.now >= deadline;
        true
    }

    fn poll_body(&mut self, connection: &mut Connection) {
        let polled = connection.poll_body(&mut Context::from_waker(Waker::noop()));
        self.body_sleeps = polled.is_pending();
        self.is_disturbed |= matches!(polled, Poll::Ready(Err(_)));
    }

    /// The application goes on with its answer.
    fn go_on(&mut self, connection: &mut Connection, action: Option<u8>) {
        if self.body_sleeps {
            self.poll_body(connection);
        }
        if let (Some(application), Some(octet @ 128..)) = (&mut self.application, action)
            && application.has_answered
        {
            application.read(connection, octet);
        }
    }

    /// The application has a request whose body is still to come.
    fn handle_streamed(&mut self, connection: &mut Connection, octet: u8) {
        let number = self.handled.len();
        let application = self
            .application
            .take_if(|application| !application.has_answered)
            .unwrap_or_else(|| Application::new(self.expected, number));
        let application = self.application.insert(application);
        let Reaction::Answers { handled, response, is_disturbing } =
            application.handle(connection, octet)
        else {
            return;
        };
        application.has_answered = true;
        self.is_disturbed |= is_disturbing;
        opt_out(|| self.handled.push(handled));
        connection.respond(response, self.now);
    }

    fn handle(&mut self, connection: &mut Connection, octet: u8) {
        if self.streams {
            return self.handle_streamed(connection, octet);
        }
        let number = self.handled.len();
        let request = connection.request();
        opt_out(|| self.expected.requests[number].check(&request));
        let is_connect = request.method() == "CONNECT";
        let is_head = request.method() == "HEAD";
        let (status, response) = match octet % 16 {
            10 => (None, Response::upgrade("websocket")),
            9 => {
                let (status, response) = answers::answer(number, octet);
                (Some(status), response.with_close())
            }
            _ => {
                let (status, response) = answers::answer(number, octet);
                (Some(status), response)
            }
        };
        // A success would make a tunnel.
        let status = status.map(|status| if is_connect && status < 300 { 501 } else { status });
        self.is_disturbed |= matches!(octet % 16, 9 | 10);
        let closes = octet % 16 == 9 || is_connect && status.is_some();
        opt_out(|| self.handled.push(Handled { is_head, status, closes, parts: None }));
        connection.respond(response, self.now);
    }

    /// What came after the request that was the last one belongs to the other protocol.
    fn take_over(&self, connection: Connection) {
        let number = self.handled.len() - 1;
        let leftover = connection.into_parts().1;
        let rest = [&leftover, self.input].concat();
        let expected = self.expected.requests[number].rest;
        assert!(rest == expected, "the connection hands over what the client hasn't sent there");
    }
}
