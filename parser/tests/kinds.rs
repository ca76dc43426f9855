//! Every kind of error: an input that causes it, its name, its status, and its message.

mod support;

use std::collections::HashSet;

use h1events::{ErrorKind::*, *};
use support::{Ending, byte_by_byte, whole};

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
/// The start of a TLS 1.3 ClientHello. Its other octets make no difference.
const CLIENT_HELLO: &str = "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}";

/// Returns an input for each kind, in the order of `ErrorKind::ALL`.
fn inputs() -> Vec<(ErrorKind, u16, String)> {
    let head = |lines: &str| format!("{HEAD}{lines}\r\n\r\n");
    let chunked = |body: &str| format!("{CHUNKED}{body}");
    let line = |length: usize| format!("X:{}\r\n", "v".repeat(length));
    vec![
        (TooManyEmptyLines, 400, "\r\n".repeat(9)),
        (TlsHandshake, 400, CLIENT_HELLO.into()),
        (ProxyProtocol, 400, "PROXY UNKNOWN\r\n".into()),
        (BinaryData, 400, "\0\0\0\u{1e}".into()),
        (InvalidMethod, 400, "HTTP/1.1 200 OK\r\n".into()),
        (EndlessMethod, 400, "A".repeat(10_000)),
        (MethodTooLong, 501, format!("{} / HTTP/1.1\r\n", "A".repeat(33))),
        (InvalidTarget, 400, "GET /a#b HTTP/1.1\r\n".into()),
        (TargetTooLong, 414, format!("GET /{} HTTP/1.1\r\n", "a".repeat(10_000))),
        (InvalidVersion, 400, "GET / http/1.1\r\n".into()),
        (Http2Preface, 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
        (UnsupportedVersion, 505, "GET / HTTP/3.0\r\n".into()),
        (InvalidTargetForm, 400, "GET * HTTP/1.1\r\n".into()),
        (BareLf, 400, "GET / HTTP/1.1\n".into()),
        (BareCr, 400, "GET / HTTP/1.1\rHost: a\r\n".into()),
        (WhitespaceBeforeFields, 400, "GET / HTTP/1.1\r\n Host: a\r\n".into()),
        (LineFolding, 400, head("X: y\r\n z")),
        (WhitespaceBeforeColon, 400, head("X : y")),
        (InvalidFieldName, 400, head("X(y): z")),
        (InvalidFieldValue, 400, head("X: y\0z")),
        (FieldLineTooLong, 431, head(&line(16 * 1024))),
        (HeaderSectionTooLarge, 431, head(&line(16_000).repeat(5))),
        (TooManyHeaderLines, 431, head(&line(1).repeat(128))),
        (DuplicateHost, 400, head("Host: a")),
        (InvalidHost, 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n".into()),
        (EmptyHost, 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n".into()),
        (MissingHost, 400, "GET / HTTP/1.1\r\n\r\n".into()),
        (TransferEncodingInHttp10, 400, head("Transfer-Encoding: chunked").replace("1.1", "1.0")),
        (LengthAndEncoding, 400, head("Content-Length: 1\r\nTransfer-Encoding: chunked")),
        (InvalidTransferEncoding, 400, head("Transfer-Encoding: chunked;q=1")),
        (ChunkedNotLast, 400, head("Transfer-Encoding: chunked, gzip")),
        (ChunkedTwice, 400, head("Transfer-Encoding: chunked, chunked")),
        (UnsupportedTransferCoding, 501, head("Transfer-Encoding: gzip, chunked")),
        (DuplicateContentLength, 400, head("Content-Length: 1\r\nContent-Length: 1")),
        (InvalidContentLength, 400, head("Content-Length: +1")),
        (ContentLengthOverflow, 400, head("Content-Length: 18446744073709551616")),
        (ContentTooLarge, 413, head("Content-Length: 1000001")),
        (InvalidConnection, 400, head("Connection: keep-alive;x")),
        (ForbiddenConnectionOption, 400, head("Connection: close, host")),
        (ConnectWithContent, 400, head("Content-Length: 1").replace("POST /", "CONNECT a:80")),
        (UnknownExpectation, 417, head("Expect: 200-ok")),
        (InvalidChunkSize, 400, chunked("0x5\r\n")),
        (ChunkSizeOverflow, 400, chunked("10000000000000000\r\n")),
        (InvalidChunkExtension, 400, chunked("5;\r\n")),
        (ChunkLineTooLong, 400, chunked(&"0".repeat(1025))),
        (
            ChunkExtensionsTooLong,
            400,
            chunked(&format!("1;{}\r\nx\r\n", "e".repeat(999)).repeat(17)),
        ),
        (InvalidChunkEnd, 400, chunked("1\r\nxy\r\n")),
        (TrailerSectionTooLarge, 431, chunked(&format!("0\r\n{}", line(9_000)))),
        (TooManyTrailerLines, 431, chunked(&format!("0\r\n{}", line(1).repeat(33)))),
        (ForbiddenTrailer, 400, chunked("0\r\nContent-Length: 1\r\n")),
    ]
}

fn parser() -> RequestParser {
    let mut limits = Limits::new();
    limits.content = 1_000_000;
    RequestParser::with_limits(limits)
}

fn octets(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).expect("one octet each")).collect()
}

/// Returns the error of an input, and asserts that it is the same however the input is cut.
fn error_of(text: &str) -> Option<Error> {
    let input = octets(text);
    let run = whole(&parser(), &input);
    assert_eq!(byte_by_byte(&parser(), &input), run, "{text:?}");
    match run.ending {
        Ending::Error { error, .. } => Some(error),
        _ => None,
    }
}

#[test]
fn every_kind_is_reachable() {
    for (kind, status, input) in inputs() {
        let error = error_of(&input).unwrap_or_else(|| panic!("{kind:?}: {input:?} is accepted"));
        assert_eq!(error.kind(), kind, "{input:?}");
        assert_eq!(error.status(), status, "{kind:?}");
        assert_eq!(error.rule(), kind.rule());
        assert_eq!(error.to_string(), format!("{kind}, at byte {}", error.offset()));
    }
    // Only the caller knows that the input has ended (RFC 9112 section 8).
    let error = parser().finish(b"GET").unwrap_err();
    assert_eq!((error.kind(), error.offset(), error.status()), (UnexpectedEnd, 3, 400));

    let kinds = inputs().into_iter().map(|(kind, ..)| kind).chain([UnexpectedEnd]);
    assert_eq!(kinds.collect::<Vec<_>>(), ErrorKind::ALL);
}

/// The statuses of RFC 9110 and RFC 6585 that a parser needs.
#[test]
fn statuses_are_those_documented() {
    let statuses: HashSet<u16> = ErrorKind::ALL.iter().map(|kind| kind.status()).collect();
    assert_eq!(statuses, HashSet::from([400, 413, 414, 417, 431, 501, 505]));
}

#[test]
fn names_are_those_of_the_variants() {
    for kind in ErrorKind::ALL {
        let mut name = String::new();
        for character in format!("{kind:?}").chars() {
            if character.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(character.to_ascii_lowercase());
        }
        assert_eq!(kind.name(), name);
    }
    let names: HashSet<&str> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), ErrorKind::ALL.len());
}

#[test]
fn messages_are_in_one_style() {
    let messages: HashSet<String> = ErrorKind::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), ErrorKind::ALL.len(), "no two messages are alike");
    for message in messages {
        assert!(message.starts_with(|first: char| first.is_ascii_lowercase()), "{message}");
        assert!(message.ends_with(|last: char| last.is_ascii_alphanumeric()), "{message}");
        assert!(message.chars().all(|character| matches!(character, ' '..='~')), "{message}");
    }
}

/// Errors carry nothing that the peer sent into a log.
#[test]
fn messages_hold_no_octet_of_the_input() {
    for input in [
        "sec(ret",
        "GET sec\0ret",
        "GET / sec",
        "GET sec / HTTP/1.1",
        "GET / HTTP/1.1\r\nsec(ret",
        "GET / HTTP/1.1\r\nHost: sec,ret\r\n\r\n",
        "GET / HTTP/1.1\r\nsec: ret\0",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: sec-ret\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;sec=(ret",
    ] {
        let error = error_of(input).unwrap();
        for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
            assert!(!text.contains("sec") && !text.contains("ret"), "{text}");
        }
    }
}

#[test]
fn rules_name_a_section() {
    for kind in ErrorKind::ALL {
        let (document, section) = kind.rule().split_once(" section ").unwrap();
        assert!(["RFC 6585", "RFC 9110", "RFC 9112", "RFC 9113"].contains(&document), "{document}");
        assert!(section.split('.').all(|number| number.parse::<u8>().is_ok()), "{section}");
    }
}

/// The parser names other protocols, which clients send by mistake and scanners on purpose. It
/// does so as soon as the octet that tells is there.
#[test]
fn other_protocols_are_recognised() {
    for (input, kind, offset) in [
        (CLIENT_HELLO, TlsHandshake, 0),
        ("\u{16}", TlsHandshake, 0),
        ("\r\n\u{16}\u{3}", TlsHandshake, 2),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Http2Preface, 11),
        ("SSH-2.0-OpenSSH_9.6\r\n", InvalidMethod, 19),
        ("\0\0\0\u{85}\u{ff}SMBr", BinaryData, 0),
        ("\u{3}\0\0\u{13}\u{e}\u{e0}", BinaryData, 0), // RDP
        ("\u{80}\u{9e}\u{1}\u{3}\u{1}", BinaryData, 0), // SSLv2
        ("\u{4}\u{1}\0P", BinaryData, 0),              // SOCKS 4
        ("*1\r\n$4\r\nPING\r\n", InvalidMethod, 2),    // Redis
        ("{\"jsonrpc\":", InvalidMethod, 0),
        ("EHLO mail\r\n", InvalidVersion, 9),
        ("GET /\r\n", InvalidVersion, 5), // HTTP/0.9
        ("OPTIONS sip:a SIP/2.0\r\n", InvalidVersion, 14),
        ("OPTIONS rtsp://a RTSP/1.0\r\n", InvalidVersion, 17),
        ("HTTP/1.1 200 OK\r\n", InvalidMethod, 4),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", ProxyProtocol, 11),
        ("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", ProxyProtocol, 11),
        ("PROXY UNKNOWN\r\n", ProxyProtocol, 13),
        ("\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", ProxyProtocol, 4), // version 2
    ] {
        let error = error_of(input).unwrap_or_else(|| panic!("{input:?} is accepted"));
        assert_eq!((error.kind(), error.offset()), (kind, offset as u64), "{input:?}");
        // The octet that tells is enough, except that the version is judged at the end of the line.
        let end = if kind == Http2Preface { "PRI * HTTP/2.0\r".len() } else { offset };
        let first: String = input.chars().take(end + 1).collect();
        assert_eq!(error_of(&first), Some(error), "{first:?}");
    }
}
