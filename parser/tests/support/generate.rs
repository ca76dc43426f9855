//! Valid requests, assembled at random, with their events.

use std::fmt;

use h1events::{BodyLength, Framing};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::string::bytes_regex;

use crate::support::Owned;

/// Octets, shown as text with escapes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Octets(pub(crate) Vec<u8>);

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) octets: Octets,
    pub(crate) events: Vec<Owned>,
}

/// Generates some requests.
pub(crate) fn requests() -> impl Strategy<Value = Vec<Request>> {
    vec(request(), 1..4)
}

pub(crate) fn octets_of(requests: &[Request]) -> Vec<u8> {
    requests.iter().flat_map(|request| request.octets.0.iter().copied()).collect()
}

const TOKEN: &str = r"[!#$%&'*+.^_`|~0-9A-Za-z-]";
const OWS: &str = r"[\t ]{0,2}";
const HOST: &str = r"(([a-zA-Z0-9._~!$&'()*+;=-]|%[0-9a-fA-F]{2}){1,20}|\[::1\]|\[2001:db8::7:192\.0\.2\.1\]|\[v7\.a:b;c\]|127\.0\.0\.1)";
const QUOTED: &str = r#""([\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff]){0,8}""#;

/// Generates octets that match a regular expression over octets.
fn octets(regex: &str) -> BoxedStrategy<Vec<u8>> {
    bytes_regex(&format!("(?s-u){regex}")).expect("a regular expression").boxed()
}

/// Generates a name in mixed case.
fn cased(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    any::<u32>().prop_map(move |upper| {
        let letters = name.bytes().enumerate();
        let case = |(index, octet): (usize, u8)| match upper >> (index % 32) & 1 {
            0 => octet.to_ascii_lowercase(),
            _ => octet.to_ascii_uppercase(),
        };
        letters.map(case).collect()
    })
}

/// A field line.
#[derive(Clone, Debug)]
struct Line {
    name: Vec<u8>,
    value: Vec<u8>,
    octets: Vec<u8>,
}

fn line(
    name: impl Strategy<Value = Vec<u8>>,
    value: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Line> {
    (name, octets(OWS), value, octets(OWS)).prop_map(|(name, before, value, after)| Line {
        octets: [&name, &b":"[..], &before, &value, &after, b"\r\n"].concat(),
        name,
        value,
    })
}

/// Generates a line that means nothing to the parser.
fn other_line() -> impl Strategy<Value = Line> {
    let well_known = select(vec![
        "Accept",
        "User-Agent",
        "Cookie",
        "Accept-Language",
        "Content-Type",
        "Referer",
        "Transfer_Encoding",
        "Content-Lengths",
        "X-Host",
        "Hosts",
        "Expects",
        "If-None-Match",
        "Content-Encodingxxx",
        "Sec-WebSocket-Extensions",
        "Access-Control-Request-Headers",
    ]);
    let name = prop_oneof![
        well_known.prop_map(|name: &str| name.into()),
        octets(&format!("X-{TOKEN}{{0,70}}")),
        octets(TOKEN), // one octet: shorter than the name of any judged field
    ];
    let inner = r"[\t -~\x80-\xff]";
    let edge = r"[!-~\x80-\xff]";
    let value = octets(&format!("({edge}({inner}{{0,30}}{edge}|{inner}{{50,130}}{edge})?)?"));
    line(name, value)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Origin,
    Absolute,
    Authority,
    Asterisk,
}

fn method_and_target() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, Form)> {
    let method = || {
        let usual = "GET|HEAD|POST|PUT|DELETE|OPTIONS|get";
        octets(&format!("({usual}|{TOKEN}{{1,6}}|{TOKEN}{{32}})"))
    };
    let form = |form| move |(method, target)| (method, target, form);
    let port = (1..=u16::MAX).prop_map(|port| port.to_string().into_bytes());
    let authority = (octets(HOST), octets(":0{0,3}"), port);
    let path = r#"[!-"$-~]"#;
    let scheme = "((?i:https?)|ws|ftp|[a-zA-Z][0-9a-zA-Z+.-]{0,5})";
    let absolute = format!("{scheme}://{HOST}(:[0-9]{{0,4}})?([/?]{path}{{0,30}})?");
    prop_oneof![
        6 => (method(), octets(&format!("/{path}{{0,50}}"))).prop_map(form(Form::Origin)),
        2 => (method(), octets(&absolute)).prop_map(form(Form::Absolute)),
        1 => authority.prop_map(move |(host, colon, port)| {
            (b"CONNECT".into(), [host, colon, port].concat(), Form::Authority)
        }),
        1 => octets("(OPTIONS|M-SEARCH|NOTIFY)")
            .prop_map(|method| (method, b"*".into(), Form::Asterisk)),
    ]
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Length { zeros: usize, data: Vec<u8> },
    Chunked { chunks: Vec<Chunk>, last_line: Vec<u8>, trailers: Vec<Line> },
}

#[derive(Clone, Debug)]
struct Chunk {
    zeros: usize,
    upper_case: bool,
    extension: Vec<u8>,
    data: Vec<u8>,
}

fn body() -> impl Strategy<Value = Body> {
    let value = format!("({TOKEN}{{1,4}}|{QUOTED})");
    let extension = format!("({OWS};{OWS}{TOKEN}{{1,4}}({OWS}={OWS}{value})?){{0,2}}");
    let chunk = (0..3_usize, any::<bool>(), octets(&extension), vec(any::<u8>(), 1..40));
    let chunk = chunk.prop_map(|(zeros, upper_case, extension, data)| Chunk {
        zeros,
        upper_case,
        extension,
        data,
    });
    let last_line = octets(&format!("0{{1,3}}{extension}"));
    prop_oneof![
        Just(Body::None),
        (0..3_usize, vec(any::<u8>(), 0..80))
            .prop_map(|(zeros, data)| Body::Length { zeros, data }),
        (vec(chunk, 0..4), last_line, vec(other_line(), 0..3)).prop_map(
            |(chunks, last_line, trailers)| Body::Chunked { chunks, last_line, trailers }
        ),
    ]
}

/// Generates a Connection list: members, and the commas and spaces between them.
fn connection() -> impl Strategy<Value = Line> {
    let option = prop_oneof![
        cased("close"),
        cased("keep-alive"),
        cased("upgrade"),
        octets(&format!("X-{TOKEN}{{0,5}}")),
    ];
    let end = octets(&format!("({OWS},){{0,2}}"));
    let list = (
        octets("(,[ \t]?){0,2}"),
        option,
        vec((octets(&format!("{OWS},{OWS}")), end, other_option()), 0..2),
    );
    let list = list.prop_map(|(start, option, others)| {
        let others = others.into_iter().map(|(comma, end, other)| [comma, other, end].concat());
        [start, option, others.collect::<Vec<_>>().concat()].concat()
    });
    line(cased("Connection"), list)
}

fn other_option() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        cased("close"),
        cased("keep-alive"),
        cased("upgrade"),
        octets(&format!("Y{TOKEN}{{0,5}}"))
    ]
}

fn expect() -> impl Strategy<Value = Line> {
    let list = octets("(,|100-continue, ?100-continue|100-continue,|, 100-continue)");
    line(cased("Expect"), prop_oneof![4 => cased("100-continue").boxed(), 1 => list])
}

prop_compose! {
    fn request()(
        empty_lines in prop_oneof![8 => Just(0), 1 => Just(1), 1 => 2..=8_usize],
        (method, target, form) in method_and_target(),
        minor in prop_oneof![2 => Just(0_u8), 5 => Just(1), 1 => 2..=9_u8],
        host in line(cased("Host"), octets(&format!("{HOST}(:[0-9]{{0,4}})?"))),
        empty_host in line(cased("Host"), Just(vec![])),
        which_host in 0..4,
        body in body(),
        connection in vec(connection(), 0..3),
        upgrade in option::of(line(cased("Upgrade"), octets("(websocket|h2c|a/1, b)"))),
        expect in vec(expect(), 0..3),
        others in vec(other_line(), 0..5),
        places in vec(any::<Index>(), 8),
    ) -> Request {
        let is_http_11 = minor >= 1;
        let is_connect = form == Form::Authority;
        // An HTTP/1.1 request has a host; it may be empty if the target has one.
        let host = match which_host {
            0 if !is_http_11 => None,
            1 if !is_http_11 || form == Form::Absolute => Some(empty_host),
            _ => Some(host),
        };
        let body = match body {
            Body::Chunked { .. } if !is_http_11 || is_connect => Body::None,
            Body::Length { zeros, .. } if is_connect => Body::Length { zeros, data: vec![] },
            body => body,
        };
        let framing = framing(is_http_11, is_connect, &body, &connection, &upgrade, &expect);
        let judged = host.into_iter().chain(connection).chain(upgrade).chain(expect);
        let mut lines = others;
        for (line, place) in judged.chain(framing_line(&body)).zip(places) {
            lines.insert(place.index(lines.len() + 1), line);
        }
        assemble(empty_lines, method, target, minor, lines, framing, body)
    }
}

fn framing(
    is_http_11: bool,
    is_connect: bool,
    body: &Body,
    connection: &[Line],
    upgrade: &Option<Line>,
    expect: &[Line],
) -> Framing {
    let lists: Vec<String> = connection
        .iter()
        .map(|line| String::from_utf8_lossy(&line.value).to_ascii_lowercase())
        .collect();
    let has_option =
        |name| lists.iter().any(|list| list.split(',').any(|option| option.trim() == name));
    let length = match body {
        Body::None => BodyLength::None,
        Body::Length { data, .. } => BodyLength::Length(data.len() as u64),
        Body::Chunked { .. } => BodyLength::Chunked,
    };
    let has_body = !matches!(length, BodyLength::None | BodyLength::Length(0));
    Framing {
        body: if is_connect { BodyLength::None } else { length },
        keep_alive: !has_option("close") && (is_http_11 || has_option("keep-alive")),
        expect_continue: is_http_11 && has_body && is_plain(expect),
        upgrade: is_http_11 && !is_connect && upgrade.is_some() && has_option("upgrade"),
    }
}

/// Returns whether there is one line, and its value is no list.
fn is_plain(expect: &[Line]) -> bool {
    matches!(expect, [line] if line.value.eq_ignore_ascii_case(b"100-continue"))
}

fn framing_line(body: &Body) -> Option<Line> {
    let (name, value) = match body {
        Body::None => return None,
        Body::Length { zeros, data } => {
            ("Content-Length", format!("{}{}", "0".repeat(*zeros), data.len()))
        }
        Body::Chunked { .. } => ("Transfer-Encoding", "chunked".into()),
    };
    let octets = format!("{name}: {value}\r\n").into_bytes();
    Some(Line { name: name.into(), value: value.into(), octets })
}

fn assemble(
    empty_lines: usize,
    method: Vec<u8>,
    target: Vec<u8>,
    minor: u8,
    lines: Vec<Line>,
    framing: Framing,
    body: Body,
) -> Request {
    let mut octets = b"\r\n".repeat(empty_lines);
    for part in [&method, &b" "[..], &target, b" HTTP/1.", &[b'0' + minor], b"\r\n"] {
        octets.extend_from_slice(part);
    }
    let mut events = vec![Owned::RequestLine { method, target, minor_version: minor }];
    for line in lines {
        octets.extend(line.octets);
        events.push(Owned::Header(line.name, line.value));
    }
    octets.extend_from_slice(b"\r\n");
    events.push(Owned::HeadEnd(framing));
    let (data, trailers) = match body {
        Body::None => (vec![], vec![]),
        Body::Length { data, .. } => {
            octets.extend_from_slice(&data);
            (data, vec![])
        }
        Body::Chunked { chunks, last_line, trailers } => {
            for chunk in &chunks {
                let size = chunk.data.len();
                let size = if chunk.upper_case { format!("{size:X}") } else { format!("{size:x}") };
                let size = format!("{}{size}", "0".repeat(chunk.zeros));
                for part in [size.as_bytes(), &chunk.extension, b"\r\n", &chunk.data, b"\r\n"] {
                    octets.extend_from_slice(part);
                }
            }
            octets.extend(last_line);
            octets.extend_from_slice(b"\r\n");
            for trailer in &trailers {
                octets.extend_from_slice(&trailer.octets);
            }
            octets.extend_from_slice(b"\r\n");
            (chunks.into_iter().flat_map(|chunk| chunk.data).collect(), trailers)
        }
    };
    if !data.is_empty() {
        events.push(Owned::Body(data));
    }
    events.extend(trailers.into_iter().map(|line| Owned::Trailer(line.name, line.value)));
    events.push(Owned::End);
    Request { octets: Octets(octets), events }
}
