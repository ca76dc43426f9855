//! A random plan of an exchange: the request, and the application's actions.

use std::sync::Arc;

use h1events_server::Content;
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: &'static str,
    pub(crate) http_10: bool,
    pub(crate) close: bool,
    pub(crate) reads_trailers: bool,
    pub(crate) expects: bool,
    pub(crate) body: Body,
    pub(crate) before: Reading,
    pub(crate) status: u16,
    pub(crate) answer: Answer,
    /// Octets that the application takes at once.
    pub(crate) bite: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Length(usize),
    Chunked { sizes: Vec<usize>, has_trailers: bool },
}

/// The application's use of the body, before or during its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    All,
    Some(usize),
    Discard(usize),
    Nothing,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Whole(usize),
    Streamed(Streamed),
}

#[derive(Clone, Debug)]
pub(crate) struct Streamed {
    pub(crate) parts: Vec<Part>,
    /// Whether the answer has the content that the application reads then.
    pub(crate) echoes: bool,
    pub(crate) during: Reading,
    /// The error in the length that the application sets, if it sets one.
    pub(crate) length: Option<i64>,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Content {
        len: usize,
        kind: u8,
    },
    /// The application takes some time.
    Wait(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Plain,
    Trailers,
    Failure,
}

/// More octets than any body has.
static PATTERN: [u8; 400_200] = pattern();

const fn pattern() -> [u8; 400_200] {
    let mut pattern = [0; 400_200];
    let mut i = 0;
    while i < pattern.len() {
        pattern[i] = b"abcdefghijklmnopqrstuvwxyz"[i * i / 7 % 26];
        i += 1;
    }
    pattern
}

/// Returns octets that depend on position and message.
pub(crate) fn octets(message: usize, len: usize) -> &'static [u8] {
    &PATTERN[message * 7 % 200..][..len]
}

/// Returns content in one of the forms of an application.
pub(crate) fn content(octets: &'static [u8], kind: u8) -> Content {
    match kind % 3 {
        0 => octets.into(),
        1 => octets.to_vec().into(),
        _ => Arc::<[u8]>::from(octets).into(),
    }
}

impl Exchange {
    /// Returns the request's octets.
    pub(crate) fn bytes(&self, number: usize) -> Vec<u8> {
        let version = if self.http_10 { "1.0" } else { "1.1" };
        let mut head = format!("{} /{number} HTTP/{version}\r\nHost: a\r\n", self.method);
        let fields = [
            (self.close, "Connection: close\r\n"),
            (self.reads_trailers, "TE: trailers\r\n"),
            (self.expects, "Expect: 100-continue\r\n"),
        ];
        fields.iter().filter(|(is_there, _)| *is_there).for_each(|(_, line)| head += line);
        let content = self.content(number);
        let body = match &self.body {
            Body::None => Vec::new(),
            Body::Length(len) => {
                head += &format!("Content-Length: {len}\r\n");
                content.to_vec()
            }
            Body::Chunked { sizes, has_trailers } => {
                head += "Transfer-Encoding: chunked\r\n";
                chunks(content, sizes, *has_trailers)
            }
        };
        [head.as_bytes(), b"\r\n", &body].concat()
    }

    pub(crate) fn content(&self, number: usize) -> &'static [u8] {
        let len = match &self.body {
            Body::None => 0,
            Body::Length(len) => *len,
            Body::Chunked { sizes, .. } => sizes.iter().sum(),
        };
        octets(2 * number + 1, len)
    }

    pub(crate) const fn has_trailers(&self) -> bool {
        matches!(self.body, Body::Chunked { has_trailers: true, .. })
    }

    pub(crate) fn has_content(&self) -> bool {
        self.method != "HEAD" && !matches!(self.status, 204 | 304)
    }

    /// Returns the answer, if its body is streamed.
    pub(crate) fn streamed(&self) -> Option<&Streamed> {
        match &self.answer {
            Answer::Streamed(streamed) if self.has_content() => Some(streamed),
            _ => None,
        }
    }

    /// Returns the octets of the content that the application reads before it answers.
    pub(crate) fn read_before(&self, number: usize) -> usize {
        self.before.most().min(self.content(number).len())
    }

    /// Returns whether the application reads the body to its end.
    pub(crate) fn reads_all(&self, number: usize) -> bool {
        let streamed = self.streamed();
        let during = streamed.filter(|_| !self.discards()).map_or(0, |s| s.during.most());
        let len = self.content(number).len();
        self.before.most().min(len).saturating_add(during) >= len
    }

    pub(crate) const fn discards(&self) -> bool {
        matches!(self.before, Reading::Discard(_))
    }
}

fn chunks(mut content: &[u8], sizes: &[usize], has_trailers: bool) -> Vec<u8> {
    let mut body = Vec::new();
    for size in sizes {
        let (chunk, rest) = content.split_at(*size);
        body.extend_from_slice(format!("{size:x};ext\r\n").as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
        content = rest;
    }
    body.extend_from_slice(b"0\r\n");
    if has_trailers {
        body.extend_from_slice(b"X-Trailer: x\r\n");
    }
    body.extend_from_slice(b"\r\n");
    body
}

impl Reading {
    /// Returns the octets that it takes at most.
    pub(crate) const fn most(self) -> usize {
        match self {
            Self::All => usize::MAX,
            Self::Some(most) | Self::Discard(most) => most,
            Self::Nothing => 0,
        }
    }
}

impl Streamed {
    /// Returns the octets that the application writes, if it reads `echoed` of the request's content.
    pub(crate) fn content(&self, number: usize, echoed: &[u8]) -> Vec<u8> {
        let parts = self.parts.iter().flat_map(|part| match part {
            Part::Content { len, .. } => octets(2 * number, *len),
            Part::Wait(_) => &[],
        });
        parts.chain(if self.echoes { echoed } else { &[] }).copied().collect()
    }

    pub(crate) fn largest(&self) -> usize {
        let sizes = self.parts.iter().map(|part| match part {
            Part::Content { len, .. } => *len,
            Part::Wait(_) => 0,
        });
        sizes.max().unwrap_or(0)
    }
}

pub(crate) fn exchange() -> impl Strategy<Value = Exchange> {
    let method = prop::sample::select(vec!["GET", "POST", "POST", "POST", "HEAD"]);
    let rarely = || prop::bool::weighted(0.05);
    let status = prop_oneof![9 => Just(200), 1 => prop::sample::select(vec![204, 304, 404])];
    let request = (method, rarely(), rarely(), any::<bool>(), prop::bool::weighted(0.2), body());
    let bite = prop_oneof![1..200_usize, 1..70_000_usize];
    (request, reading(), status, answer(), bite).prop_map(
        |(
            (method, http_10, close, reads_trailers, expects, body),
            before,
            status,
            answer,
            bite,
        )| {
            // An HTTP/1.0 request can't be chunked, nor expect anything.
            let http_10 = http_10 && !matches!(body, Body::Chunked { .. });
            let expects = expects && !http_10;
            Exchange {
                method,
                http_10,
                close,
                reads_trailers,
                expects,
                body,
                before,
                status,
                answer,
                bite,
            }
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let sizes = prop_oneof![
        4 => vec(1..3_000_usize, 0..6),
        1 => vec(1..100_000_usize, 0..4),
    ];
    prop_oneof![
        3 => Just(Body::None),
        3 => size().prop_map(Body::Length),
        3 => (sizes, any::<bool>())
            .prop_map(|(sizes, has_trailers)| Body::Chunked { sizes, has_trailers }),
    ]
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..300_usize, 3 => 0..20_000_usize, 1 => 0..400_000_usize]
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        3 => Just(Reading::All),
        2 => size().prop_map(Reading::Some),
        1 => size().prop_map(Reading::Discard),
        2 => Just(Reading::Nothing),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let part = prop_oneof![
        4 => (size(), any::<u8>()).prop_map(|(len, kind)| Part::Content { len, kind }),
        1 => (0..4_u8).prop_map(Part::Wait),
    ];
    let length = prop_oneof![8 => Just(0), 1 => 1..20_i64, 1 => -20..0_i64];
    let end = prop_oneof![4 => Just(End::Plain), 2 => Just(End::Trailers), 1 => Just(End::Failure)];
    let streamed = (vec(part, 0..6), any::<bool>(), reading(), prop::option::of(length), end)
        .prop_map(|(parts, echoes, during, length, end)| {
            Answer::Streamed(Streamed { parts, echoes, during, length, end })
        });
    prop_oneof![1 => size().prop_map(Answer::Whole), 3 => streamed]
}
