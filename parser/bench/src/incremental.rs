//! Heads that come in one byte at a time. Each parser is resumed as its documentation says. The
//! cost of a byte must not grow with the size of the head: that is promise 4 of h1events, and this
//! benchmark fails if it is broken.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Instant;

use h1events::{Event, RequestParser};
use ntex_httparse::{HeaderParsed, State, Status};

use crate::peers::{self, Checksum, MAX_FIELDS};
use crate::table;

/// The greatest cost of a byte in a head four times as large, relative to the small head.
const MOST: f64 = 1.2;

pub(crate) struct Feeder {
    pub(crate) name: &'static str,
    pub(crate) feed: fn(&[u8]) -> Checksum,
}

pub(crate) const FEEDERS: [Feeder; 4] = [
    Feeder { name: "h1events", feed: h1events },
    Feeder { name: "httparse", feed: httparse },
    Feeder { name: "ntex-httparse", feed: ntex_httparse },
    Feeder { name: "picohttpparser", feed: picohttpparser },
];

/// Prints the cost of a byte. Returns whether it is the same for h1events, however large the head.
pub(crate) fn run(quick: bool) -> bool {
    println!(
        "\nOne byte at a time, nanoseconds per byte: small head, large head, large / small:\n"
    );
    table::row("", &FEEDERS.each_ref().map(|feeder| feeder.name.to_owned()));
    table::rule(FEEDERS.len());
    let mut linear = true;
    for pair in pairs() {
        let mut cells = Vec::new();
        for (index, feeder) in FEEDERS.iter().enumerate() {
            // Those that start over with each byte take so long that noise doesn't matter.
            let ours = index == peers::H1EVENTS;
            let rounds = if !ours {
                2
            } else if quick {
                5
            } else {
                20
            };
            let [small, large] = costs(feeder, &pair, rounds, if ours { 10 } else { 1 });
            cells.push(format!("{small:.1} {large:.1} {:.2}", large / small));
            linear &= !ours || large / small <= MOST;
        }
        let [small, large] = pair;
        table::row(
            &format!("{}, {} and {}", small.name, size(&small.head), size(&large.head)),
            &cells,
        );
    }
    linear
}

/// Measures the least cost of a byte of each head. Noise only adds to it, so that there are more
/// attempts until the two are alike.
fn costs(feeder: &Feeder, pair: &[Head; 2], rounds: usize, attempts: usize) -> [f64; 2] {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..attempts {
        for _ in 0..rounds {
            for (least, head) in least.iter_mut().zip(pair) {
                *least = least.min(nanoseconds_per_byte(feeder, &head.head));
            }
        }
        if least[1] <= least[0] * MOST {
            break;
        }
    }
    least
}

pub(crate) fn heads() -> Vec<Vec<u8>> {
    pairs().into_iter().flatten().map(|head| head.head).collect()
}

struct Head {
    name: &'static str,
    head: Vec<u8>,
}

/// Makes pairs of a small and a large head with the same elements, within the default limits of
/// h1events.
fn pairs() -> [[Head; 2]; 3] {
    const KIB: usize = 1024;
    let head = |name, target: usize, lines: usize, line: usize| {
        let mut head = format!("GET /{} HTTP/1.1\r\nHost: www.example.com\r\n", "a".repeat(target));
        for number in 0..lines {
            let start = format!("X-Field-{number:03}: ");
            head.extend([&start, "v".repeat(line - start.len() - "\r\n".len()).as_str(), "\r\n"]);
        }
        head.push_str("\r\n");
        Head { name, head: head.into_bytes() }
    };
    [
        [head("many lines", 0, 32, 256), head("many lines", 0, 126, 256)],
        [head("one field line", 0, 1, 4 * KIB), head("one field line", 0, 1, 16 * KIB)],
        [head("the target", 2 * KIB - 1, 0, 0), head("the target", 8 * KIB - 1, 0, 0)],
    ]
}

fn size(head: &[u8]) -> String {
    format!("{:.0} KiB", head.len() as f64 / 1024.0)
}

fn nanoseconds_per_byte(feeder: &Feeder, head: &[u8]) -> f64 {
    let start = Instant::now();
    black_box((feeder.feed)(black_box(head)));
    start.elapsed().as_nanos() as f64 / head.len() as f64
}

fn h1events(head: &[u8]) -> Checksum {
    let mut checksum = Checksum::default();
    let mut parser = RequestParser::new();
    let mut consumed = 0;
    for filled in 1..=head.len() {
        let mut input = &head[consumed..filled];
        while let Some(event) = parser.next_event(&mut input).expect("a valid request") {
            match event {
                Event::RequestLine(line) => {
                    checksum.request(line.method, line.target, line.version.minor())
                }
                Event::Header(field) => checksum.field(field.name, field.value),
                Event::HeadEnd(framing) => {
                    black_box(framing);
                }
                Event::Body(_) | Event::Trailer(_) | Event::End => {}
            }
        }
        consumed = filled - input.len();
    }
    checksum
}

/// Keeps nothing: starts over with each byte.
fn httparse(head: &[u8]) -> Checksum {
    let mut checksum = Checksum::default();
    for filled in 1..=head.len() {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Request::new(&mut []);
        let status = parsed
            .parse_with_uninit_headers(&head[..filled], &mut fields)
            .expect("a valid request");
        if status.is_complete() {
            peers::httparse_request(&parsed, &mut checksum);
        }
    }
    checksum
}

/// Keeps its place in a `State`.
fn ntex_httparse(head: &[u8]) -> Checksum {
    let mut checksum = Checksum::default();
    let mut line = ntex_httparse::Request::default();
    let mut field = ntex_httparse::Header::default();
    let mut state = State::default();
    let mut fields = None;
    for filled in 1..=head.len() {
        let Some(mut consumed) = fields else {
            if let Status::Complete(length) =
                line.parse_with_state(&head[..filled], &mut state).expect("a valid request")
            {
                checksum.request(
                    peers::at(head, line.method),
                    peers::at(head, line.path),
                    line.version,
                );
                state = State::default();
                fields = Some(length);
            }
            continue;
        };
        let rest = &head[consumed..filled];
        if let Status::Complete(parsed) =
            field.parse_with_state(rest, &mut state).expect("a valid request")
        {
            if let HeaderParsed::Header(length) = parsed {
                checksum.field(peers::at(rest, field.name), peers::at(rest, field.value));
                consumed += length;
            }
            state = State::default();
            fields = Some(consumed);
        }
    }
    checksum
}

/// Searches the new bytes for the end of the head, and starts over once it is there.
fn picohttpparser(head: &[u8]) -> Checksum {
    let mut checksum = Checksum::default();
    for filled in 1..=head.len() {
        let _ = peers::picohttpparser_request(&head[..filled], filled - 1, &mut checksum);
    }
    checksum
}
