//! Each request has its one answer, in order, and every connection ends, whatever is sent, however
//! it is cut, and however long it takes.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use allocation_counter::measure;
use h1events::{Event, RequestParser};
use h1events_connection::{Buffer, Config, Connection, Now, Response, Step};

use super::split_instructions;

/// What a connection may take, beside the body of a request, which is limited to `CONTENT`: a
/// line, the head, a batch of answers, each of them twice while it grows.
const MEMORY: u64 = 256 * 1024;
const CONTENT: u64 = 10_000;

/// No input and no script has as many.
const STEPS: usize = 200_000;

/// After the last octet 0xff stands a script: what the network, the clock and the application do,
/// an octet for each time that the connection asks. When it ends, all goes well, and the client
/// closes.
pub fn check(octets: &[u8]) {
    let (input, script) = split_instructions(octets);
    let mut client = Client {
        input,
        script: script.iter().copied(),
        sent: Vec::with_capacity(4 << 20),
        handled: Vec::with_capacity(octets.len()),
        now: Now { instant: Instant::now(), date: UNIX_EPOCH },
        pool: None,
        is_broken: false,
    };
    let memory = measure(|| client.run());
    assert!(memory.bytes_max < MEMORY + 2 * CONTENT, "{memory:?}");
    client.check_answers();
    let sent = &input[..input.len() - client.input.len()];
    assert!(client.handled.len() <= count_requests(sent), "a request that nobody sent");
    if script.is_empty() {
        assert_eq!(client.handled.len(), count_requests(input), "a request without an answer");
    }
}

struct Client<'a> {
    /// What is still to be sent to the server.
    input: &'a [u8],
    script: std::iter::Copied<std::slice::Iter<'a, u8>>,
    /// What came from the server.
    sent: Vec<u8>,
    handled: Vec<Handled>,
    now: Now,
    pool: Option<Box<Buffer>>,
    /// Whether the server gave up in the midst of an answer.
    is_broken: bool,
}

/// A request that the application has answered.
struct Handled {
    is_head: bool,
    status: u16,
    closes: bool,
}

impl Client<'_> {
    fn run(&mut self) {
        let mut config = Config::new();
        config.limits.content = CONTENT;
        let mut connection = Connection::new(Arc::new(config), self.now);
        let mut has_shut_down = false;
        for _ in 0..STEPS {
            let action = self.script.next();
            match action {
                Some(1) => self.pool = connection.release().or_else(|| self.pool.take()),
                Some(2) => {
                    if let Some(buffer) = self.pool.take() {
                        connection.lend(buffer);
                    }
                }
                Some(3) => connection.end_soon(),
                _ => {}
            }
            let step = connection.step(self.now);
            match step {
                Step::Read { deadline } => {
                    assert!(!has_shut_down || connection.is_lingering());
                    self.read(&mut connection, deadline, action);
                }
                Step::Write { deadline } => {
                    assert!(!has_shut_down, "nothing is written after a shutdown");
                    self.write(&mut connection, deadline, action);
                }
                Step::Handle => self.handle(&mut connection, action),
                Step::Shutdown => {
                    assert!(!std::mem::replace(&mut has_shut_down, true), "it is returned once");
                }
                Step::Upgraded => return,
                Step::Close => {
                    let unsent: usize = connection.unsent().iter().map(|slice| slice.len()).sum();
                    self.is_broken = unsent > 0;
                    return;
                }
            }
        }
        panic!("it doesn't end");
    }

    /// The network has some octets, or none until the deadline.
    fn read(&mut self, connection: &mut Connection, deadline: Instant, action: Option<u8>) {
        assert!(deadline > self.now.instant, "a deadline that has passed doesn't come back");
        match action {
            Some(4) => self.now.instant = deadline,
            Some(octet @ 5..=40) => self.pass(deadline, octet),
            _ => {
                if self.input.is_empty() {
                    return connection.received_eof();
                }
                let space = connection.read_space();
                assert!(!space.is_empty());
                let most = action.map_or(usize::MAX, |octet| usize::from(octet) + 1);
                let n = space.len().min(self.input.len()).min(most);
                let (now, later) = self.input.split_at(n);
                space[..n].copy_from_slice(now);
                connection.received(n);
                self.input = later;
            }
        }
    }

    fn write(&mut self, connection: &mut Connection, deadline: Instant, action: Option<u8>) {
        assert!(deadline > self.now.instant, "a deadline that has passed doesn't come back");
        match action {
            Some(4) => self.now.instant = deadline,
            Some(octet @ 5..=40) => self.pass(deadline, octet),
            _ => {
                let mut most = action.map_or(usize::MAX, |octet| 8 * usize::from(octet) + 1);
                let mut n = 0;
                for slice in connection.unsent() {
                    let len = slice.len().min(most);
                    self.sent.extend_from_slice(&slice[..len]);
                    n += len;
                    most -= len;
                }
                assert!(n > 0, "there is something to write");
                connection.sent(n);
            }
        }
    }

    /// Some time, but less than the deadline allows.
    fn pass(&mut self, deadline: Instant, octet: u8) {
        let most = deadline.duration_since(self.now.instant) - Duration::from_nanos(1);
        self.now.instant += most.min(Duration::from_millis(u64::from(octet).pow(2)));
    }

    fn handle(&mut self, connection: &mut Connection, action: Option<u8>) {
        let number = self.handled.len();
        let request = connection.request();
        let is_head = request.method() == "HEAD";
        let is_tunnel = request.method() == "CONNECT";
        let (status, response) = answer(number, action.unwrap_or_default());
        let closes = action.unwrap_or_default() % 16 == 9;
        let response = if closes { response.close() } else { response };
        // What the connection answers instead of a success without a tunnel.
        let status = if is_tunnel && status < 300 { 501 } else { status };
        self.handled.push(Handled { is_head, status, closes: closes || is_tunnel });
        connection.respond(response, self.now);
    }

    /// One final answer for each request, in their order, and perhaps an error after them.
    fn check_answers(&self) {
        let mut handled = self.handled.iter();
        let mut rest = &self.sent[..];
        let mut number = 0;
        let mut is_last = false;
        while !rest.is_empty() {
            assert!(!is_last, "an answer after the last one");
            let mut fields = [httparse::EMPTY_HEADER; 16];
            let mut answer = httparse::Response::new(&mut fields);
            let httparse::Status::Complete(len) = answer.parse(rest).expect("it is an answer")
            else {
                return assert!(self.is_broken, "half an answer");
            };
            rest = &rest[len..];
            let status = answer.code.expect("it is complete");
            if status == 100 {
                continue;
            }
            let field = |name: &str| {
                let mut found = answer.headers.iter().filter(|field| field.name == name);
                let value = found.next().map(|field| String::from_utf8_lossy(field.value));
                assert!(found.next().is_none(), "{name} twice");
                value
            };
            assert!(field("Date").is_some());
            is_last = field("Connection").is_some_and(|value| value == "close");
            let length = field("Content-Length").map_or(0, |value| value.parse().expect("digits"));
            let content = &rest[..rest.len().min(length)];
            let Some(Handled { is_head, status: expected, closes }) = handled.next() else {
                assert!((400..=505).contains(&status) && is_last, "an answer that nobody gave");
                // What refuses a HEAD has no content either.
                let is_whole = content.is_empty() || content.len() == length;
                assert!(is_whole || self.is_broken, "half an answer");
                rest = &rest[content.len()..];
                continue;
            };
            assert_eq!(status, *expected, "answer {number}");
            assert!(is_last || !closes, "answer {number}");
            if !is_head && !matches!(status, 204 | 304) {
                assert!(content.len() == length || self.is_broken, "half an answer");
                if status == 200 {
                    assert!(body(number, length).starts_with(content), "answer {number}");
                }
                rest = &rest[content.len()..];
            }
            number += 1;
        }
        assert!(handled.next().is_none() || self.is_broken, "an answer is missing");
    }
}

/// How many requests the client has sent whole, up to the last one that may be answered.
fn count_requests(mut octets: &[u8]) -> usize {
    let mut limits = Config::new().limits;
    limits.content = CONTENT;
    let mut parser = RequestParser::with_limits(limits);
    let mut count = 0;
    let mut is_last = false;
    while let Ok(Some(event)) = parser.next_event(&mut octets) {
        match event {
            Event::RequestLine(line) => is_last = line.method == b"CONNECT",
            Event::HeadEnd(framing) => is_last |= !framing.keep_alive,
            Event::End => count += 1,
            Event::Header(_) | Event::Body(_) | Event::Trailer(_) => {}
        }
        if is_last && parser.is_idle() {
            break;
        }
    }
    count
}

/// The body says which request it answers.
fn body(number: usize, length: usize) -> Vec<u8> {
    format!("{number:08}").into_bytes().into_iter().cycle().take(length).collect()
}

fn answer(number: usize, octet: u8) -> (u16, Response) {
    let status = [200, 200, 204, 304, 404, 500][usize::from(octet) % 6];
    let length = [0, 8, 100, 3000, 17_000][usize::from(octet) % 5];
    let response = Response::new(status);
    (status, if status == 200 { response.body(body(number, length)) } else { response })
}
