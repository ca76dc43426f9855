//! For any input, cut and timing: each request has exactly one answer, in order, with no byte lost or
//! repeated; the memory is bounded; and every connection ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use h1events_server::{Config, Connection, Peer, Request, Response, Step};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Client, SECOND, time_of_day};

/// A request, and the application's answer.
#[derive(Clone, Debug)]
struct Exchange {
    head: bool,
    body: Body,
    http_10: bool,
    close: bool,
    status: u16,
    len: usize,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Length(usize),
    Chunked(Vec<usize>),
    Awaited(usize),
}

/// The input after the requests.
#[derive(Clone, Debug)]
enum Last {
    Nothing,
    Malformed(&'static str, u16),
    CutInHead(&'static str),
    CutInBody(&'static str),
}

/// An action of the client or the network.
#[derive(Clone, Copy, Debug)]
enum Action {
    Send(usize),
    Read(usize),
    Pass(u64),
}

const CONTENT: usize = 20_000;

/// The source of the bodies of all answers.
static PATTERN: [u8; 200_200] = pattern();

const fn pattern() -> [u8; 200_200] {
    let mut pattern = [0; 200_200];
    let mut i = 0;
    while i < pattern.len() {
        pattern[i] = b"abcdefghijklmnopqrstuvwxyz"[i * i / 7 % 26];
        i += 1;
    }
    pattern
}

fn answer_body(number: usize, len: usize) -> &'static [u8] {
    &PATTERN[number % 100..][..len]
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let body = prop_oneof![
        4 => Just(Body::None),
        2 => (0..CONTENT).prop_map(Body::Length),
        1 => vec(1..3000_usize, 0..6).prop_map(Body::Chunked),
        1 => (1..CONTENT).prop_map(Body::Awaited),
    ];
    let len = prop_oneof![4 => 0..300_usize, 1 => 0..20_000_usize, 1 => 0..200_000_usize];
    let status =
        prop_oneof![4 => Just(200), 1 => prop::sample::select(vec![204, 205, 304, 404, 500])];
    let rarely = || prop::bool::weighted(0.04);
    (prop::bool::weighted(0.2), body, rarely(), rarely(), status, len).prop_map(
        |(head, body, http_10, close, status, len)| {
            // An HTTP/1.0 request can't be chunked.
            let http_10 = http_10 && matches!(body, Body::None | Body::Length(_));
            Exchange { head, body, http_10, close, status, len }
        },
    )
}

fn last() -> impl Strategy<Value = Last> {
    prop_oneof![
        3 => Just(Last::Nothing),
        1 => prop::sample::select(vec![
            Last::Malformed("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            Last::Malformed("GET / HTTP/1.1\r\n\r\n", 400),
            Last::Malformed("GET / HTTP/2.0\r\n", 505),
            Last::Malformed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20001\r\n\r\n", 413),
            Last::Malformed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 400),
            Last::Malformed("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417),
            Last::CutInHead("G"),
            Last::CutInHead("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r"),
            Last::CutInBody("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"),
            Last::CutInBody("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"),
        ]),
    ]
}

fn actions(pass: std::ops::Range<u64>) -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        3 => prop_oneof![1..100_usize, 1..30_000_usize].prop_map(Action::Send),
        3 => prop_oneof![1..100_usize, 1..100_000_usize].prop_map(Action::Read),
        1 => pass.prop_map(Action::Pass),
    ];
    vec(action, 0..60)
}

impl Exchange {
    fn bytes(&self, number: usize) -> Vec<u8> {
        let method = if self.head { "HEAD" } else { "POST" };
        let version = if self.http_10 { "1.0" } else { "1.1" };
        let mut head = format!("{method} /{number} HTTP/{version}\r\nHost: a\r\n");
        if self.close {
            head += "Connection: close\r\n";
        }
        let content = |len: usize| answer_body(number + 50, len);
        let body = match &self.body {
            Body::None => Vec::new(),
            Body::Length(len) => {
                head += &format!("Content-Length: {len}\r\n");
                content(*len).to_vec()
            }
            Body::Awaited(len) => {
                head += &format!("Content-Length: {len}\r\nExpect: 100-continue\r\n");
                content(*len).to_vec()
            }
            Body::Chunked(lens) => {
                head += "Transfer-Encoding: chunked\r\n";
                let mut body = Vec::new();
                for len in lens {
                    body.extend_from_slice(format!("{len:x};ext\r\n").as_bytes());
                    body.extend_from_slice(content(*len));
                    body.extend_from_slice(b"\r\n");
                }
                body.extend_from_slice(b"0\r\nX-Trailer: x\r\n\r\n");
                body
            }
        };
        [head.as_bytes(), b"\r\n", &body].concat()
    }

    fn content_len(&self) -> usize {
        match &self.body {
            Body::None => 0,
            Body::Length(len) | Body::Awaited(len) => *len,
            Body::Chunked(lens) => lens.iter().sum(),
        }
    }

    fn goes_on(&self) -> bool {
        !self.close && !self.http_10
    }

    fn answer(&self, number: usize) -> (u16, &'static [u8]) {
        let has_content = !self.head && !matches!(self.status, 204 | 205 | 304);
        (self.status, if has_content { answer_body(number, self.len) } else { b"" })
    }
}

impl Last {
    fn bytes(&self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Malformed(bytes, _) | Self::CutInHead(bytes) | Self::CutInBody(bytes) => bytes,
        }
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.limits.content = CONTENT as u64;
    // Without dates, the bytes of an answer don't depend on its time.
    config.date = false;
    config
}

fn client(exchanges: &[Exchange]) -> Client {
    let exchanges = exchanges.to_vec();
    let mut exchanges = exchanges.into_iter().enumerate();
    Client::with(config(), move |request: &Request<'_>| {
        let (number, exchange) = exchanges.next().expect("each request is handled once");
        assert_eq!(request.path(), format!("/{number}").as_bytes());
        assert_eq!(request.body().len(), exchange.content_len());
        Response::new(exchange.status).with_body(answer_body(number, exchange.len))
    })
}

fn input(exchanges: &[Exchange], last: &Last) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, exchange) in exchanges.iter().enumerate() {
        bytes.extend_from_slice(&exchange.bytes(number));
    }
    bytes.extend_from_slice(last.bytes().as_bytes());
    bytes
}

/// Plays the actions. Returns the unsent input.
fn play<'a>(client: &mut Client, mut input: &'a [u8], actions: &[Action]) -> &'a [u8] {
    for action in actions {
        match action {
            Action::Send(n) => {
                let (now, later) = input.split_at((*n).min(input.len()));
                client.send(now);
                input = later;
            }
            Action::Read(n) => drop(client.read(*n)),
            Action::Pass(ms) => drop(client.advance(Duration::from_millis(*ms))),
        }
    }
    input
}

/// Returns the answers that aren't interim.
fn final_answers(client: &Client) -> Vec<(u16, Vec<u8>)> {
    let answers = client.answers().into_iter().filter(|answer| answer.status >= 200);
    answers.map(|answer| (answer.status, answer.body)).collect()
}

/// Returns the bytes without interim responses, which depend on whether a body has come already. No
/// body has these bytes.
fn without_interim(bytes: &[u8]) -> Vec<u8> {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut rest = bytes;
    let mut result = Vec::new();
    while let Some(at) = rest.windows(interim.len()).position(|window| window == interim) {
        result.extend_from_slice(&rest[..at]);
        rest = &rest[at + interim.len()..];
    }
    result.extend_from_slice(rest);
    result
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// RFC 9112 sections 9.2, 9.3.2 and 9.6: exactly one answer for each request, in order, as long as
    /// the connection lasts; then an end.
    #[test]
    fn every_request_has_its_answer(
        exchanges in vec(exchange(), 0..12),
        last in last(),
        // Too short for a deadline to pass.
        actions in actions(0..200),
        (read_size, write_size) in (1..20_000_usize, 1..100_000_usize),
        ends in any::<bool>(),
    ) {
        let input = input(&exchanges, &last);
        let mut client = client(&exchanges);
        client.window = 0;
        client.read_size = read_size;
        client.write_size = write_size;
        let used = measure(|| {
            let rest = play(&mut client, &input, &actions);
            client.read(usize::MAX).send(rest);
        });
        // A line, a request's head and body, a batch of answers: independent of sent or announced lengths.
        prop_assert!(used.bytes_max < 256 * 1024, "{used:?}");

        let mut expected = Vec::new();
        let mut goes_on = true;
        for (number, exchange) in exchanges.iter().enumerate() {
            let (status, body) = exchange.answer(number);
            expected.push((status, body.to_vec()));
            goes_on = exchange.goes_on();
            if !goes_on {
                break;
            }
        }
        let handled = expected.len();
        if let Last::Malformed(_, status) = last && goes_on {
            expected.push((status, Vec::new()));
            goes_on = false;
        }
        let found = final_answers(&client);
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found[..handled].iter().zip(&expected) {
            prop_assert!(found == expected, "{} instead of {}", found.0, expected.0);
        }
        prop_assert_eq!(
            found.last().map(|answer| answer.0),
            expected.last().map(|answer| answer.0)
        );
        prop_assert_eq!(client.has_shut_down, !goes_on);

        let after = match (last, goes_on, ends) {
            (Last::CutInHead(_), true, true) => Some(400),
            (Last::CutInHead(_) | Last::CutInBody(_), true, false) => Some(408),
            _ => None,
        };
        if ends {
            prop_assert!(client.end().is_closed);
        } else {
            client.advance_to_close();
        }
        let found = final_answers(&client);
        prop_assert_eq!(found.get(expected.len()).map(|answer| answer.0), after);
        prop_assert_eq!(found.len(), expected.len() + usize::from(after.is_some()));
    }

    /// RFC 9112 section 9.5: with any timing, the answers are the same as without delays, up to the deadline
    /// that ends them, at most with a 408 after them; and the connection ends.
    #[test]
    fn every_connection_ends(
        exchanges in vec(exchange(), 0..12),
        last in last(),
        actions in actions(0..20_000),
        (read_size, write_size) in (1..20_000_usize, 1..100_000_usize),
        goes_on in any::<bool>(),
    ) {
        let input = input(&exchanges, &last);
        let mut reference = client(&exchanges);
        reference.send(&input);
        let whole = without_interim(&reference.sent);

        let mut client = client(&exchanges);
        client.window = 0;
        client.read_size = read_size;
        client.write_size = write_size;
        let rest = play(&mut client, &input, &actions);
        if goes_on {
            client.read(usize::MAX).send(rest);
        }
        let lasted = client.advance_to_close();
        // Write, head or body, then the lingering.
        prop_assert!(lasted <= 600 * SECOND, "{lasted:?}");
        let sent = without_interim(&client.sent);
        let common = sent.iter().zip(&whole).take_while(|(a, b)| a == b).count();
        let end = &sent[common..];
        prop_assert!(
            end.is_empty() || last_answer_is_408(&sent, &client),
            "{}", end.escape_ascii()
        );
    }

    /// No order of calls makes a connection panic or hang.
    #[test]
    fn any_order_of_calls(calls in vec((0..12_u8, any::<u16>()), 0..300)) {
        let mut now = Instant::now();
        let mut connection = Connection::new(Arc::new(config()), Peer::Local, now, time_of_day);
        let bytes = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\
            Host: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
        let mut bytes = bytes.iter().cycle();
        let mut pool = None;
        let mut shutdowns = 0;
        for (call, n) in calls {
            let n = usize::from(n);
            match call {
                0 => now += SECOND * u32::try_from(n % 12).unwrap(),
                1 | 2 => {
                    let space = connection.read_space();
                    let n = n.min(space.len());
                    for (space, octet) in space[..n].iter_mut().zip(&mut bytes) {
                        *space = *octet;
                    }
                    connection.advance_read(n);
                }
                3 | 4 => {
                    let unsent: usize = connection.write_slices().iter().map(|slice| slice.len()).sum();
                    connection.advance_write(n.min(unsent));
                }
                5 if n < 2000 => connection.read_eof(),
                6 => pool = connection.detach_buffer().or(pool),
                7 => if let Some(buffer) = pool.take() { connection.attach_buffer(buffer) },
                8 if n < 2000 => connection.graceful_shutdown(),
                _ => match connection.step(now) {
                    Step::Handle => {
                        let response = match n % 20 {
                            0 => Response::upgrade("x"),
                            1 => Response::new(200).with_close(),
                            _ => Response::new(200).with_body(answer_body(n, n)),
                        };
                        connection.respond(response, now);
                    }
                    Step::Shutdown => shutdowns += 1,
                    Step::Read { deadline } | Step::Write { deadline } => {
                        prop_assert!(deadline > now);
                    }
                    Step::Allocate { bytes } => connection.set_allowance(bytes),
                    Step::Produce | Step::Upgraded | Step::Reset | Step::Close => {}
                },
            }
            let _ = connection.take_diagnostic();
        }
        prop_assert!(shutdowns < 2);
    }
}

/// Returns whether the bytes are whole answers with a 408 at the end, or end within the 408.
fn last_answer_is_408(sent: &[u8], client: &Client) -> bool {
    let start = b"HTTP/1.1 408 ";
    let Some(at) = sent.windows(start.len()).rposition(|window| window == start) else {
        // Cut within the status line.
        return client.diagnostics.len() > 1;
    };
    let before = crate::support::responses::read(&sent[..at], client.methods.iter().map(|m| &**m));
    before.0.len() == client.methods.len()
}
