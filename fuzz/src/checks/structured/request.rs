//! Valid requests, made of whatever octets there are.

use arbitrary::Arbitrary;
use h1events::{BodyLength, Framing};

use crate::grammar::{is_obs_text, is_scheme, is_space, is_tchar, is_vchar};
use crate::support::Owned;

#[derive(Debug, Arbitrary)]
pub(super) struct Request {
    empty_lines: u8,
    method: Vec<u8>,
    target: Target,
    minor_version: u8,
    fields: Vec<Line>,
    host_at: u8,
    framing_at: u8,
    close: bool,
    expectations: Expectations,
    body: Body,
}

#[derive(Debug, Arbitrary)]
enum Target {
    Origin(Vec<u8>),
    Absolute { scheme: Vec<u8>, path: Vec<u8> },
    Asterisk(Asterisk),
    Authority(u16),
}

/// The methods that may have that form.
#[derive(Debug, Arbitrary)]
enum Asterisk {
    Options,
    Search,
    Notify,
}

#[derive(Debug, Arbitrary)]
struct Line {
    name: Vec<u8>,
    before: bool,
    value: Vec<u8>,
    after: bool,
}

/// What is allowed, of which only the plain form has the client wait.
#[derive(Clone, Copy, Debug, PartialEq, Arbitrary)]
enum Expectations {
    None,
    Plain,
    Twice,
    List,
    EmptyMember,
}

#[derive(Debug, Arbitrary)]
enum Body {
    None,
    Length { zeros: u8, octets: Vec<u8> },
    Chunked { chunks: Vec<Chunk>, trailers: Vec<Line> },
}

#[derive(Debug, Arbitrary)]
struct Chunk {
    zeros: u8,
    upper_case: bool,
    extension: Option<(Vec<u8>, Option<Vec<u8>>)>,
    octets: Vec<u8>,
}

/// A request as parts that a flaw can get at. Lines are without their ends.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) empty_lines: usize,
    pub(super) method: Vec<u8>,
    pub(super) target: Vec<u8>,
    pub(super) minor_version: u8,
    pub(super) request_line: Vec<u8>,
    pub(super) fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) framing: Framing,
    pub(super) content: Vec<u8>,
    /// Each with the line before its data; the last one has no data.
    pub(super) chunks: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) trailers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) trailer_lines: Vec<Vec<u8>>,
    /// What ends every line of the head, but that which a flaw has.
    pub(super) line_end: (usize, &'static [u8]),
}

/// No more than the default limits allow.
const LINES: usize = 20;
const LENGTH: usize = 60;

impl Request {
    pub(super) fn parts(&self) -> Parts {
        let minor_version = self.minor_version % 10;
        let is_http_11 = minor_version >= 1;
        let (method, target) = self.method_and_target();
        let is_connect = method == b"CONNECT";
        let mut fields: Vec<_> = self.fields.iter().take(LINES).collect();
        fields.retain(|line| !is_judged(&line.name()));
        let mut lines: Vec<_> = fields.iter().map(|line| line.octets()).collect();
        let mut fields: Vec<_> = fields.iter().map(|line| (line.name(), line.value())).collect();
        let mut insert = |at: u8, name: &str, value: &str| {
            let at = usize::from(at) % (lines.len() + 1);
            lines.insert(at, format!("{name}: {value}").into_bytes());
            fields.insert(at, (name.into(), value.into()));
        };
        let body = match &self.body {
            Body::Chunked { .. } if !is_http_11 || is_connect => &Body::None,
            Body::Length { .. } if is_connect => &Body::None,
            body => body,
        };
        insert(self.host_at, "Host", "example.org:80");
        if self.close {
            insert(self.framing_at, "cONNECTION", "x-a, Close");
        }
        for value in self.expectations.values() {
            insert(self.framing_at, "eXPECT", value);
        }
        let mut content = vec![];
        let (mut chunks, mut trailers, mut trailer_lines) = (vec![], vec![], vec![]);
        let length = match body {
            Body::None => BodyLength::None,
            Body::Length { zeros, octets } => {
                let value = format!("{}{}", "0".repeat((zeros % 4).into()), octets.len());
                insert(self.framing_at, "content-Length", &value);
                content.extend_from_slice(octets);
                BodyLength::Length(octets.len() as u64)
            }
            Body::Chunked { chunks: all, trailers: lines } => {
                insert(self.framing_at, "Transfer-encoding", "Chunked");
                for chunk in all.iter().filter(|chunk| !chunk.octets.is_empty()).take(LINES) {
                    chunks.push((chunk.line(), chunk.octets.clone()));
                    content.extend_from_slice(&chunk.octets);
                }
                chunks.push((b"0".to_vec(), vec![]));
                let lines = lines.iter().filter(|line| !is_forbidden(&line.name())).take(LINES);
                for line in lines {
                    trailers.push((line.name(), line.value()));
                    trailer_lines.push(line.octets());
                }
                BodyLength::Chunked
            }
        };
        let version = [b'0' + minor_version];
        let request_line = [&method, &b" "[..], &target, b" HTTP/1.", &version].concat();
        let framing = Framing {
            body: length,
            keep_alive: is_http_11 && !self.close,
            expect_continue: is_http_11
                && self.expectations == Expectations::Plain
                && !matches!(length, BodyLength::None | BodyLength::Length(0)),
            upgrade: false,
        };
        Parts {
            empty_lines: usize::from(self.empty_lines % 9),
            method,
            target,
            minor_version,
            request_line,
            fields,
            lines,
            framing,
            content,
            chunks,
            trailers,
            trailer_lines,
            line_end: (usize::MAX, b""),
        }
    }

    fn method_and_target(&self) -> (Vec<u8>, Vec<u8>) {
        let mut method = only(&self.method, is_tchar, 32);
        if method.is_empty() || method == b"CONNECT" {
            method = b"GET".to_vec();
        }
        let path = |octets| only(octets, |octet| is_vchar(octet) && octet != b'#', LENGTH);
        match &self.target {
            Target::Origin(octets) => (method, [&b"/"[..], &path(octets)].concat()),
            Target::Absolute { scheme, path: octets } => {
                let scheme = only(scheme, |octet| is_scheme(&[b'a', octet]), LENGTH);
                (method, [&b"h"[..], &scheme, b"://a.b:1/", &path(octets)].concat())
            }
            Target::Asterisk(which) => {
                let method = match which {
                    Asterisk::Options => "OPTIONS",
                    Asterisk::Search => "M-SEARCH",
                    Asterisk::Notify => "NOTIFY",
                };
                (method.into(), b"*".to_vec())
            }
            Target::Authority(port) => {
                (b"CONNECT".to_vec(), format!("[::1]:{}", port.max(&1)).into_bytes())
            }
        }
    }
}

impl Expectations {
    const fn values(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Plain => &["100-Continue"],
            Self::Twice => &["100-continue", "100-continue"],
            Self::List => &["100-continue, 100-continue"],
            Self::EmptyMember => &[", 100-continue"],
        }
    }
}

impl Line {
    fn name(&self) -> Vec<u8> {
        let name = only(&self.name, is_tchar, LENGTH);
        if name.is_empty() { b"X-Empty".to_vec() } else { name }
    }

    fn value(&self) -> Vec<u8> {
        let is_allowed = |octet| is_vchar(octet) || is_space(octet) || is_obs_text(octet);
        only(&self.value, is_allowed, LENGTH).trim_ascii().to_vec()
    }

    fn octets(&self) -> Vec<u8> {
        let before: &[u8] = if self.before { b" \t" } else { b"" };
        let after: &[u8] = if self.after { b"\t " } else { b"" };
        [&self.name(), &b":"[..], before, &self.value(), after].concat()
    }
}

impl Chunk {
    fn line(&self) -> Vec<u8> {
        let size = self.octets.len();
        let size = if self.upper_case { format!("{size:X}") } else { format!("{size:x}") };
        let mut line = "0".repeat((self.zeros % 4).into()).into_bytes();
        line.extend_from_slice(size.as_bytes());
        if let Some((name, value)) = &self.extension {
            let token = |octets| [only(octets, is_tchar, 9), b"a".to_vec()].concat();
            line.extend_from_slice(b" ;");
            line.extend(token(name));
            if let Some(value) = value {
                let text = only(value, |octet| is_vchar(octet) || is_space(octet), 9);
                line.extend_from_slice(b"=\"");
                for octet in text {
                    line.extend_from_slice(&[b'\\', octet]);
                }
                line.push(b'"');
            }
        }
        line
    }
}

impl Parts {
    pub(super) fn octets(&self) -> Vec<u8> {
        let mut octets = b"\r\n".repeat(self.empty_lines);
        let empty_line = vec![];
        let head = [&self.request_line].into_iter().chain(&self.lines).chain([&empty_line]);
        for (number, line) in head.enumerate() {
            octets.extend_from_slice(line);
            let (flawed, end) = self.line_end;
            octets.extend_from_slice(if number == flawed { end } else { b"\r\n" });
        }
        if self.chunks.is_empty() {
            octets.extend_from_slice(&self.content);
            return octets;
        }
        for (line, data) in &self.chunks {
            octets.extend_from_slice(line);
            octets.extend_from_slice(b"\r\n");
            octets.extend_from_slice(data);
            octets.extend_from_slice(if data.is_empty() { b"" } else { b"\r\n" });
        }
        for line in &self.trailer_lines {
            octets.extend_from_slice(line);
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
        octets
    }

    pub(super) fn events(self) -> Vec<Owned> {
        let Self { method, target, minor_version, .. } = self;
        let mut events = vec![Owned::RequestLine { method, target, minor_version }];
        events.extend(self.fields.into_iter().map(|(name, value)| Owned::Header(name, value)));
        events.push(Owned::HeadEnd(self.framing));
        if !self.content.is_empty() {
            events.push(Owned::Body(self.content));
        }
        events.extend(self.trailers.into_iter().map(|(name, value)| Owned::Trailer(name, value)));
        events.push(Owned::End);
        events
    }
}

/// Fields that change what a request means.
fn is_judged(name: &[u8]) -> bool {
    let judged = ["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"];
    judged.iter().any(|judged| name.eq_ignore_ascii_case(judged.as_bytes()))
}

/// Fields that a trailer section must not have.
fn is_forbidden(name: &[u8]) -> bool {
    let forbidden = ["keep-alive", "proxy-connection", "te", "trailer"];
    is_judged(name) || forbidden.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes()))
}

fn only(octets: &[u8], is_allowed: impl Fn(u8) -> bool, most: usize) -> Vec<u8> {
    octets.iter().copied().filter(|&octet| is_allowed(octet)).take(most).collect()
}
