//! Requests captured from real clients give the expected events: whole, byte by byte, and cut
//! in two at every place. `captures/README.md` says how they were made.
//!
//! Another parser, a few lines of Python, made the table from the files.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use h1events::{BodyLength, ErrorKind, Framing, Limits, RequestParser};
use support::{After, Ending, Owned, Run, run};

/// How the body is delimited, and its octets.
#[derive(Debug, PartialEq)]
enum Body {
    Absent,
    Length(usize),
    Chunked(usize),
}
use Body::{Absent, Chunked, Length};

/// File, method, target, number of header fields, body, and flags: `close`, `expect`,
/// `upgrade`, `trailer` (one). A file has one row for each of its requests.
#[rustfmt::skip]
const REQUESTS: &[(&str, &str, &str, usize, Body, &str)] = &[
    ("chromium-beacon", "POST", "/beacon", 16, Length(4), ""),
    ("chromium-cookie-utf8", "GET", "/next?q=gr%C3%B6%C3%9Fe", 15, Absent, ""),
    ("chromium-fetch", "POST", "/api", 16, Length(16), ""),
    ("chromium-form-multipart", "POST", "/submit", 18, Length(297), ""),
    ("chromium-form-post", "POST", "/submit", 18, Length(32), ""),
    ("chromium-navigate-raw", "GET", "/path%7Ca[1]?q={a}|b^c&d=\\e`f[2]&g=%27h%27", 15, Absent, ""),
    ("chromium-navigate", "GET", "/", 14, Absent, ""),
    ("chromium-preflight", "OPTIONS", "/api", 13, Absent, ""),
    ("chromium-websocket", "GET", "/ws", 13, Absent, "upgrade"),
    ("curl-chunked-post", "POST", "/form", 5, Chunked(7), ""),
    ("curl-chunked-upload", "PUT", "/upload.txt", 5, Chunked(25), "expect"),
    ("curl-empty-header", "DELETE", "/item/7", 3, Absent, ""),
    ("curl-get", "GET", "/search?q=rust&lang=en", 3, Absent, ""),
    ("curl-h2c-upgrade", "GET", "/", 6, Absent, "upgrade"),
    ("curl-head", "HEAD", "/", 3, Absent, ""),
    ("curl-http10", "GET", "/", 3, Absent, "close"),
    ("curl-options-asterisk", "OPTIONS", "*", 3, Absent, ""),
    ("curl-post-multipart", "POST", "/upload", 5, Length(295), ""),
    ("curl-post", "POST", "/form", 5, Length(33), ""),
    ("curl-proxy-connect", "CONNECT", "example.com:443", 3, Absent, ""),
    ("curl-proxy-get", "GET", "http://example.com/a?b=c", 4, Absent, ""),
    ("curl-put-expect", "PUT", "/doc", 6, Length(31), "expect"),
    ("curl-utf8-target", "GET", "/caf%c3%a9?q=größe", 3, Absent, ""),
    ("git-ls-remote", "GET", "/repo.git/info/refs?service=git-upload-pack", 6, Absent, ""),
    ("node-fetch-get", "GET", "/path?a=1", 7, Absent, ""),
    ("node-fetch-post", "POST", "/api", 9, Length(7), ""),
    ("node-fetch-stream", "POST", "/upload", 8, Chunked(17), ""),
    ("node-http-get", "GET", "/path?a=1", 2, Absent, ""),
    ("node-http-post-chunked", "POST", "/upload", 3, Chunked(17), ""),
    ("node-http-post-trailers", "POST", "/upload", 4, Chunked(5), "trailer"),
    ("python-aiohttp-chunked", "POST", "/upload", 6, Chunked(303), ""),
    ("python-aiohttp-get", "GET", "/path?a=1", 4, Absent, ""),
    ("python-aiohttp-post-json", "POST", "/api", 6, Length(13), ""),
    ("python-aiohttp-post", "POST", "/form", 6, Length(15), ""),
    ("python-aiohttp-websocket", "GET", "/ws", 8, Absent, "upgrade"),
    ("python-http-client-chunked", "PUT", "/upload", 3, Chunked(17), ""),
    ("python-http-client-get", "GET", "/path?a=1", 2, Absent, ""),
    ("python-http-client-post", "POST", "/form", 4, Length(7), ""),
    ("python-requests-chunked", "POST", "/upload", 6, Chunked(17), ""),
    ("python-requests-get", "GET", "/path?q=a+b&n=1", 6, Absent, ""),
    ("python-requests-post-form", "POST", "/form", 7, Length(20), ""),
    ("python-requests-post-json", "POST", "/api", 7, Length(39), ""),
    ("python-requests-post-multipart", "POST", "/upload", 7, Length(484), ""),
    ("webkit-beacon", "POST", "/beacon", 14, Length(4), ""),
    ("webkit-fetch", "POST", "/api", 13, Length(16), ""),
    ("webkit-form-multipart", "POST", "/submit", 14, Length(297), ""),
    ("webkit-form-post", "POST", "/submit", 14, Length(32), ""),
    ("webkit-navigate-raw", "GET", "/path|a[1]?q={a}|b^c&d=\\e`f[2]&g=%27h%27", 12, Absent, ""),
    ("webkit-navigate", "GET", "/", 10, Absent, ""),
    ("webkit-preflight", "OPTIONS", "/api", 13, Absent, ""),
    ("webkit-websocket", "GET", "/ws", 16, Absent, "upgrade"),
    ("wget-get", "GET", "/file.txt", 5, Absent, ""),
    ("wrk-pipelined", "GET", "/?foo", 1, Absent, ""),
    ("wrk-pipelined", "GET", "/?bar", 1, Absent, ""),
    ("wrk-pipelined", "GET", "/?baz", 1, Absent, ""),
    ("wrk", "GET", "/", 1, Absent, ""),
];

/// The file with octets from 0x80 in its target, and the offset of the first of them.
const NON_ASCII_TARGET: (&str, usize) = ("curl-utf8-target", 19);

#[test]
fn every_capture_is_in_the_table() {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let captures =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "http"));
    let names: BTreeSet<String> =
        captures.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, REQUESTS.iter().map(|(name, ..)| (*name).to_owned()).collect());
}

#[test]
fn captures_are_what_the_table_says() {
    for rows in REQUESTS.chunk_by(|a, b| a.0 == b.0) {
        let name = rows[0].0;
        let run = present(name);
        let mut requests = run.events.split_inclusive(|event| *event == Owned::End);
        for (_, method, target, fields, body, flags) in rows {
            let events = requests.next().unwrap_or_else(|| panic!("{name}: too few requests"));
            let [
                Owned::RequestLine { method: found, target: found_target, minor_version },
                rest @ ..,
            ] = events
            else {
                panic!("{name}: {events:?}");
            };
            assert_eq!((text(found), text(found_target)), (*method, *target), "{name}");
            assert_eq!(*minor_version, if name == "curl-http10" { 0 } else { 1 }, "{name}");

            let head_end =
                rest.iter().position(|event| matches!(event, Owned::HeadEnd(_))).unwrap();
            assert_eq!(head_end, *fields, "{name}");
            let (head, after) = rest.split_at(head_end);
            assert!(
                head.iter().all(|event| matches!(event, Owned::Header(..))),
                "{name}: {head:?}"
            );
            check_after_head(name, after, body, flags);
        }
        assert!(requests.next().is_none(), "{name}: too many requests");
        let stops = matches!(name, "curl-http10" | "curl-proxy-connect");
        let ending = if stops { Ending::Stopped { unread: 0 } } else { Ending::Idle };
        assert_eq!(run.ending, ending, "{name}");
    }
}

/// `HeadEnd`, `Body` (made one), `Trailer`s, `End`
fn check_after_head(name: &str, events: &[Owned], body: &Body, flags: &str) {
    let (delimited, octets) = match *body {
        Absent => (BodyLength::None, 0),
        Length(octets) => (BodyLength::Length(octets as u64), octets),
        Chunked(octets) => (BodyLength::Chunked, octets),
    };
    let framing = Framing {
        body: delimited,
        keep_alive: !flags.contains("close"),
        expect_continue: flags.contains("expect"),
        upgrade: flags.contains("upgrade"),
    };
    assert_eq!(events.first(), Some(&Owned::HeadEnd(framing)), "{name}");
    let bodies = events.iter().filter_map(|event| match event {
        Owned::Body(data) => Some(data.len()),
        _ => None,
    });
    assert_eq!(bodies.sum::<usize>(), octets, "{name}");
    let trailers = events.iter().filter(|event| matches!(event, Owned::Trailer(..))).count();
    assert_eq!(trailers, usize::from(flags.contains("trailer")), "{name}");
    assert_eq!(events.len(), 2 + usize::from(octets > 0) + trailers, "{name}");
}

#[test]
fn octets_from_0x80_in_a_target_are_refused_unless_allowed() {
    let (name, offset) = NON_ASCII_TARGET;
    let strict = present_with(&RequestParser::new(), name);
    let Ending::Error { error, .. } = strict.ending else { panic!("{:?}", strict.ending) };
    assert_eq!((error.kind(), error.offset()), (ErrorKind::InvalidTarget, offset as u64));
    assert!(read(name)[..offset].is_ascii());
    assert_eq!(strict.events, []);
}

/// The octets after CONNECT are not HTTP (RFC 9931), whatever the client sends.
#[test]
fn connect_stops_after_its_head() {
    let mut input = read("curl-proxy-connect");
    input.extend_from_slice(b"\x16\x03\x01\x02\0\x01");
    let run = run(&RequestParser::new(), Limits::new(), &input, [], After::Stop);
    assert_eq!(run.ending, Ending::Stopped { unread: 6 });
}

/// A few values, octet by octet.
#[test]
fn values_are_as_sent() {
    for (name, field, value) in [
        ("chromium-navigate", "sec-ch-ua", r#""Not:A-Brand";v="8", "Chromium";v="156""#),
        ("chromium-navigate", "sec-ch-ua-mobile", "?0"),
        ("chromium-navigate-raw", "Cookie", r#"id=42; prefs={"a":[1,2],"b":"x y"}"#),
        ("chromium-cookie-utf8", "Cookie", "name=Zoë ☃"),
        ("curl-empty-header", "X-Empty", ""),
        ("curl-h2c-upgrade", "Connection", "Upgrade, HTTP2-Settings"),
        (
            "chromium-websocket",
            "Sec-WebSocket-Extensions",
            "permessage-deflate; client_max_window_bits",
        ),
        ("node-http-post-trailers", "Trailer", "Content-MD5"),
    ] {
        let header = Owned::Header(field.into(), value.into());
        assert!(present(name).events.contains(&header), "{name}: no {header:?}");
    }
    let trailer = Owned::Trailer(b"Content-MD5".into(), b"XUFAKrxLKna5cZ2REBfFkg==".into());
    assert!(present("node-http-post-trailers").events.contains(&trailer));
    for (name, body) in [
        ("curl-chunked-upload", "first\nthe second, longer\n"),
        ("node-http-post-trailers", "hello"),
        ("python-http-client-chunked", "onetwo and a half"),
        ("curl-put-expect", "a body sent after 100 Continue\n"),
    ] {
        assert!(present(name).events.contains(&Owned::Body(body.into())), "{name}");
    }
}

/// Runs the parser over a file. Asserts that the result is the same however the file is cut.
fn present(name: &str) -> Run {
    present_with(&RequestParser::new().allow_non_ascii_target(name == NON_ASCII_TARGET.0), name)
}

fn present_with(parser: &RequestParser, name: &str) -> Run {
    let input = read(name);
    let whole = run(parser, Limits::new(), &input, [], After::Stop);
    let byte_by_byte = run(parser, Limits::new(), &input, 1..input.len(), After::Stop);
    assert_eq!(byte_by_byte, whole, "{name}, byte by byte");
    for cut in 0..=input.len() {
        let cut_in_two = run(parser, Limits::new(), &input, [cut], After::Stop);
        assert_eq!(cut_in_two, whole, "{name}, cut at {cut}");
    }
    whole
}

fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(name).with_extension("http")).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

fn text(octets: &[u8]) -> &str {
    str::from_utf8(octets).unwrap()
}
