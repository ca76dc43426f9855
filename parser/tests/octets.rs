//! An octet sweep: each of the 256 octets in each place, compared with the grammar.

#[path = "support/grammar.rs"]
mod grammar;
mod support;

use grammar::{is_obs_text, is_reg_name, is_scheme, is_space, is_tchar, is_vchar};
use h1events::{BodyLength, ErrorKind, Limits, RequestParser};
use support::{After, Ending, Owned, run};

/// What has to come of an input.
#[derive(Debug)]
enum Expected {
    /// It is accepted.
    Fine,
    /// It is accepted, and this is among its events.
    Event(Owned),
    /// It is refused, with the octet that is swept as offset.
    Here(ErrorKind),
    /// It is refused at that many octets after the one that is swept.
    Later(ErrorKind, usize),
    /// It is refused at the end of the head, with this offset.
    Line(ErrorKind, usize),
}
use Expected::{Event, Fine, Here, Later, Line};

/// Puts each octet between the two, and compares.
fn sweep(before: &str, after: &str, expected: impl Fn(u8) -> Expected) {
    sweep_with(&RequestParser::new(), before, after, expected);
}

fn sweep_with(
    parser: &RequestParser,
    before: &str,
    after: &str,
    expected: impl Fn(u8) -> Expected,
) {
    for octet in 0..=255 {
        let input = [before.as_bytes(), &[octet], after.as_bytes()].concat();
        check(parser, &input, before.len(), &expected(octet));
    }
}

fn check(parser: &RequestParser, input: &[u8], here: usize, expected: &Expected) {
    let present = |cuts| run(parser, Limits::new(), input, cuts, After::GoOn);
    let whole = present(0..0);
    let text = input.escape_ascii();
    let refused = match &whole.ending {
        Ending::Error { error, offset } => Some((error.kind(), *offset)),
        _ => None,
    };
    let expected_error = match *expected {
        Fine | Event(_) => None,
        Here(kind) => Some((kind, here)),
        Later(kind, octets) => Some((kind, here + octets)),
        Line(kind, offset) => Some((kind, offset)),
    };
    let expected_error = expected_error.map(|(kind, offset)| (kind, offset as u64));
    assert_eq!(refused, expected_error, "{text}");
    if let Event(event) = expected {
        assert!(whole.events.contains(event), "{text}: {:?} without {event:?}", whole.events);
    }
    assert_eq!(present(1..input.len()), whole, "{text}, byte by byte");
}

fn request_line(method: &[u8], target: &[u8], minor_version: u8) -> Expected {
    Event(Owned::RequestLine { method: method.into(), target: target.into(), minor_version })
}

const REST: &str = " / HTTP/1.1\r\nHost: a\r\n\r\n";
const HOST: &str = " HTTP/1.1\r\nHost: a\r\n\r\n";

/// method = token (RFC 9112 section 3.1). The first octet tells what may be there instead.
#[test]
fn method() {
    sweep("", &format!("ET{REST}"), |octet| match octet {
        _ if is_tchar(octet) => request_line(&[octet, b'E', b'T'], b"/", 1),
        b'\r' => Later(ErrorKind::BareCr, 1),
        b'\n' => Here(ErrorKind::BareLf),
        0x16 => Here(ErrorKind::TlsHandshake),
        _ if is_vchar(octet) || is_space(octet) => Here(ErrorKind::InvalidMethod),
        _ => Here(ErrorKind::BinaryData),
    });
    sweep("G", &format!("T{REST}"), |octet| match octet {
        _ if is_tchar(octet) => request_line(&[b'G', octet, b'T'], b"/", 1),
        b' ' => Later(ErrorKind::InvalidVersion, "_T ".len()),
        _ => Here(ErrorKind::InvalidMethod),
    });
    sweep("GET", &REST[1..], |octet| match octet {
        b' ' => request_line(b"GET", b"/", 1),
        _ if is_tchar(octet) => Later(ErrorKind::InvalidMethod, 1),
        _ => Here(ErrorKind::InvalidMethod),
    });
}

/// Every visible ASCII character but "#" (decision D4), and those from 0x80 if allowed.
#[test]
fn target() {
    for non_ascii in [false, true] {
        let parser = RequestParser::new().allow_non_ascii_target(non_ascii);
        let is_allowed =
            |octet| is_vchar(octet) && octet != b'#' || non_ascii && is_obs_text(octet);

        sweep_with(&parser, "GET ", HOST, |octet| match octet {
            b'/' => request_line(b"GET", b"/", 1),
            _ if is_allowed(octet) => Line(ErrorKind::InvalidTargetForm, "GET ".len()),
            _ => Here(ErrorKind::InvalidTarget),
        });
        // The fast search looks at blocks of 16 octets.
        for known in [0, 1, 14, 15, 16, 31, 50] {
            for more in [1, 20] {
                let (start, end) = (format!("/{}", "a".repeat(known)), "b".repeat(more));
                sweep_with(&parser, &format!("GET {start}"), &format!("{end}{HOST}"), |octet| {
                    match octet {
                        b' ' => Later(ErrorKind::InvalidVersion, 1),
                        b'\r' | b'\n' => Here(ErrorKind::InvalidVersion),
                        _ if is_allowed(octet) => {
                            let target = [start.as_bytes(), &[octet], end.as_bytes()].concat();
                            request_line(b"GET", &target, 1)
                        }
                        _ => Here(ErrorKind::InvalidTarget),
                    }
                });
            }
        }
    }
}

/// The authority of a target is that of RFC 3986, whatever is allowed elsewhere.
#[test]
fn authority() {
    for non_ascii in [false, true] {
        let parser = RequestParser::new().allow_non_ascii_target(non_ascii);
        for (start, end) in [("GET http://a", "b/c"), ("GET WS://a", "b?c"), ("CONNECT a", "b:80")]
        {
            let is_connect = start.starts_with("CONNECT");
            let target_start = start.find(' ').unwrap() + 1;
            sweep_with(&parser, start, &format!("{end}{HOST}"), |octet| match octet {
                b' ' => Later(ErrorKind::InvalidVersion, 1),
                b'\r' | b'\n' => Here(ErrorKind::InvalidVersion),
                b'/' | b'?' if !is_connect => Fine,
                _ if is_reg_name(octet) => Fine,
                b'#' => Here(ErrorKind::InvalidTarget),
                _ if is_vchar(octet) || non_ascii && is_obs_text(octet) => {
                    Line(ErrorKind::InvalidTargetForm, target_start)
                }
                _ => Here(ErrorKind::InvalidTarget),
            });
        }
    }
}

/// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 section 3.1)
#[test]
fn scheme() {
    for (start, end) in [("", "b://c"), ("a", "://b"), ("a", "b://c")] {
        sweep(&format!("GET {start}"), &format!("{end}{HOST}"), |octet| match octet {
            b'/' if start.is_empty() => Fine,
            b' ' if start.is_empty() => Here(ErrorKind::InvalidTarget),
            b' ' => Later(ErrorKind::InvalidVersion, 1),
            b'\r' | b'\n' if !start.is_empty() => Here(ErrorKind::InvalidVersion),
            _ if !is_vchar(octet) || octet == b'#' => Here(ErrorKind::InvalidTarget),
            _ if is_scheme(format!("{start}{}", char::from(octet)).as_bytes()) => Fine,
            _ => Line(ErrorKind::InvalidTargetForm, "GET ".len()),
        });
    }
}

/// The first octet after empty lines: a NUL after two is version 2 of the PROXY protocol.
#[test]
fn after_empty_lines() {
    for lines in 1..=8 {
        sweep(&"\r\n".repeat(lines), &format!("ET{REST}"), |octet| match octet {
            _ if is_tchar(octet) => request_line(&[octet, b'E', b'T'], b"/", 1),
            b'\r' if lines == 8 => Here(ErrorKind::TooManyEmptyLines),
            b'\r' => Later(ErrorKind::BareCr, 1),
            b'\n' => Here(ErrorKind::BareLf),
            0x16 => Here(ErrorKind::TlsHandshake),
            0 if lines == 2 => Here(ErrorKind::ProxyProtocol),
            _ if is_vchar(octet) || is_space(octet) => Here(ErrorKind::InvalidMethod),
            _ => Here(ErrorKind::BinaryData),
        });
    }
}

/// What is no version after a PROXY method is version 1 of the PROXY protocol.
#[test]
fn after_proxy_method() {
    sweep("PROXY TCP4", HOST, |octet| match octet {
        b'\r' => Here(ErrorKind::ProxyProtocol),
        b'\n' => Here(ErrorKind::InvalidVersion),
        b' ' => Later(ErrorKind::ProxyProtocol, 1),
        _ if is_vchar(octet) && octet != b'#' => Line(ErrorKind::InvalidTargetForm, "PROXY ".len()),
        _ => Here(ErrorKind::InvalidTarget),
    });
    sweep("PROXY / ", &HOST[2..], |octet| match octet {
        b'H' => request_line(b"PROXY", b"/", 1),
        _ => Here(ErrorKind::ProxyProtocol),
    });
}

/// HTTP-version = HTTP-name "/" DIGIT "." DIGIT (RFC 9112 section 2.3), then CRLF
#[test]
fn version() {
    let version = "HTTP/1.1\r\n";
    for place in 0..version.len() {
        let (before, after) = (&version[..place], &version[place + 1..]);
        let right = version.as_bytes()[place];
        sweep(&format!("GET / {before}"), &format!("{after}Host: a\r\n\r\n"), |octet| {
            match (place, octet) {
                (5, b'0' | b'2'..=b'9') => Here(ErrorKind::UnsupportedVersion),
                (7, b'0'..=b'9') => request_line(b"GET", b"/", octet - b'0'),
                (8, b'\n') => Here(ErrorKind::BareLf),
                _ if octet == right => request_line(b"GET", b"/", 1),
                (9, _) => Here(ErrorKind::BareCr),
                _ => Here(ErrorKind::InvalidVersion),
            }
        });
    }
}

/// What a field line gives in its section.
type FieldEvent = fn(&[u8], &[u8]) -> Expected;

/// The header section and the trailer section have the same lines.
fn sections() -> [(String, FieldEvent); 2] {
    [
        ("GET / HTTP/1.0\r\n".into(), |name, value| {
            Event(Owned::Header(name.into(), value.into()))
        }),
        (format!("{CHUNKED}0\r\n"), |name, value| Event(Owned::Trailer(name.into(), value.into()))),
    ]
}

/// field-name = token (RFC 9112 section 5)
#[test]
fn field_name() {
    let first = [ErrorKind::WhitespaceBeforeFields, ErrorKind::LineFolding];
    for ((section, field), first) in sections().into_iter().zip(first) {
        for (lines, whitespace) in [("", first), ("A: b\r\n", ErrorKind::LineFolding)] {
            sweep(&format!("{section}{lines}"), "X: y\r\n\r\n", |octet| match octet {
                _ if is_tchar(octet) => field(&[octet, b'X'], b"y"),
                _ if is_space(octet) => Here(whitespace),
                b'\r' => Later(ErrorKind::BareCr, 1),
                b'\n' => Here(ErrorKind::BareLf),
                _ => Here(ErrorKind::InvalidFieldName),
            });
        }
        for known in [1, 14, 15, 16, 30, 31, 32, 33, 64] {
            let start = "N".repeat(known);
            let before = format!("{section}{start}");
            let in_name = |octet, rest: &[u8], value: &[u8]| match octet {
                b':' => field(start.as_bytes(), value),
                _ if is_tchar(octet) => field(&[start.as_bytes(), &[octet], rest].concat(), b"y"),
                _ if is_space(octet) => Here(ErrorKind::WhitespaceBeforeColon),
                _ => Here(ErrorKind::InvalidFieldName),
            };
            sweep(&before, "Name: y\r\n\r\n", |octet| in_name(octet, b"Name", b"Name: y"));
            sweep(&before, ": y\r\n\r\n", |octet| in_name(octet, b"", b": y"));
        }
    }
}

/// field-value (RFC 9110 section 5.5), the whitespace around it left out
#[test]
fn field_value() {
    for (section, field) in sections() {
        for known in [0, 1, 11, 12, 15, 16, 27, 28, 44, 60, 61, 62, 80, 130] {
            for (more, end) in [(0, ""), (1, ""), (0, " "), (70, "\t ")] {
                let (start, rest) = ("v".repeat(known), "w".repeat(more));
                let before = format!("{section}X: {start}");
                sweep(&before, &format!("{rest}{end}\r\n\r\n"), |octet| match octet {
                    b'\r' => Later(ErrorKind::BareCr, 1),
                    b'\n' => Here(ErrorKind::BareLf),
                    _ if is_space(octet) && rest.is_empty() => field(b"X", start.as_bytes()),
                    _ if is_space(octet) && start.is_empty() => field(b"X", rest.as_bytes()),
                    _ if is_vchar(octet) || is_obs_text(octet) || is_space(octet) => {
                        field(b"X", &[start.as_bytes(), &[octet], rest.as_bytes()].concat())
                    }
                    _ => Here(ErrorKind::InvalidFieldValue),
                });
            }
        }
    }
}

/// Lines end in CRLF and in nothing else (RFC 9112 section 2.2, decision D1).
#[test]
fn line_end() {
    for (section, _) in sections() {
        for before in ["X: y\r", "X:\r", "\r"] {
            let after = if before == "\r" { "" } else { "\r\n" };
            sweep(&format!("{section}{before}"), after, |octet| match octet {
                b'\n' => Fine,
                _ => Here(ErrorKind::BareCr),
            });
        }
    }
}

/// Any octet that a value may have, and CR, LF and the others, in a field that is judged
/// at the end of the head: `judged` says what comes of the former.
fn sweep_judged(before: &str, after: &str, judged: impl Fn(u8) -> Expected) {
    let head = "POST / HTTP/1.1\r\nX: y\r\n";
    let host = if before.starts_with("Host") { "" } else { "Host: a\r\n" };
    let input = format!("{head}{host}{before}");
    sweep(&input, &format!("{after}\r\n\r\n"), |octet| match octet {
        b'\r' => Later(ErrorKind::BareCr, 1),
        b'\n' => Here(ErrorKind::BareLf),
        _ if !is_vchar(octet) && !is_obs_text(octet) && !is_space(octet) => {
            Here(ErrorKind::InvalidFieldValue)
        }
        _ => match judged(octet) {
            Line(kind, _) => Line(kind, head.len() + host.len()),
            other => other,
        },
    });
}

/// Transfer-Encoding = #transfer-coding, of which only `chunked` is a framing (decision D14)
#[test]
fn transfer_encoding() {
    for (before, after) in [("", "chunked"), ("chunked", ""), ("chun", "ked")] {
        sweep_judged(&format!("Transfer-Encoding:{before}"), after, |octet| match octet {
            _ if is_space(octet) && (before.is_empty() || after.is_empty()) => Fine,
            b',' if before == "chun" => Line(ErrorKind::ChunkedNotLast, 0),
            _ if is_tchar(octet) => Line(ErrorKind::ChunkedNotLast, 0),
            _ => Line(ErrorKind::InvalidTransferEncoding, 0),
        });
    }
}

/// Content-Length = 1*DIGIT (RFC 9110 section 8.6)
#[test]
fn content_length() {
    let framing = |length| {
        let body = BodyLength::Length(length);
        let (keep_alive, expect_continue, upgrade) = (true, false, false);
        Event(Owned::HeadEnd(h1events::Framing { body, keep_alive, expect_continue, upgrade }))
    };
    for (before, after, weight) in [("", "5", 10), ("5", "", 1), ("1", "1", 10)] {
        sweep_judged(&format!("Content-Length:{before}"), after, |octet| match octet {
            b'0'..=b'9' => {
                let others: u64 = format!("{before}0{after}").parse().unwrap();
                framing(others + weight * u64::from(octet - b'0'))
            }
            _ if is_space(octet) && before != "1" => framing(5),
            _ => Line(ErrorKind::InvalidContentLength, 0),
        });
    }
}

/// Host = uri-host [ ":" port ] (RFC 9110 section 7.2), and Connection = #token (7.6.1)
#[test]
fn host_and_connection() {
    sweep_judged("Host: a", "b", |octet| match octet {
        _ if is_reg_name(octet) => Fine,
        _ => Line(ErrorKind::InvalidHost, 0),
    });
    sweep_judged("Host: [::1]:8", "8", |octet| match octet {
        b'0'..=b'9' => Fine,
        _ => Line(ErrorKind::InvalidHost, 0),
    });
    sweep_judged("Connection: a", "b", |octet| match octet {
        _ if is_tchar(octet) || octet == b',' => Fine,
        _ => Line(ErrorKind::InvalidConnection, 0),
    });
    sweep_judged("Connection: ", "", |octet| match octet {
        _ if is_tchar(octet) || is_space(octet) || octet == b',' => Fine,
        _ => Line(ErrorKind::InvalidConnection, 0),
    });
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// chunk-size = 1*HEXDIG (RFC 9112 section 7.1), and CRLF after the data
#[test]
fn chunk() {
    for before in ["", "0", "000"] {
        for octet in 0..=255_u8 {
            let data = "x".repeat(char::from(octet).to_digit(16).unwrap_or(0) as usize);
            let end = if data.is_empty() { "" } else { "\r\n0\r\n" };
            let start = format!("{CHUNKED}{before}");
            let input =
                [start.as_bytes(), &[octet], format!("\r\n{data}{end}\r\n").as_bytes()].concat();
            let expected = match octet {
                b'0' => Event(Owned::End),
                b'1'..=b'9' | b'A'..=b'F' | b'a'..=b'f' => Event(Owned::Body(data.into_bytes())),
                b'\n' => Here(ErrorKind::BareLf),
                b'\r' if !before.is_empty() => Later(ErrorKind::BareCr, 1),
                b';' | b' ' | b'\t' if !before.is_empty() => {
                    Later(ErrorKind::InvalidChunkExtension, 1)
                }
                _ => Here(ErrorKind::InvalidChunkSize),
            };
            check(&RequestParser::new(), &input, start.len(), &expected);
        }
    }
    for (before, after, right) in
        [("1\r\nx", "\n0\r\n\r\n", b'\r'), ("1\r\nx\r", "0\r\n\r\n", b'\n')]
    {
        sweep(&format!("{CHUNKED}{before}"), after, |octet| {
            if octet == right {
                Event(Owned::Body(b"x".into()))
            } else {
                Here(ErrorKind::InvalidChunkEnd)
            }
        });
    }
}

/// chunk-ext = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
/// (RFC 9112 section 7.1.1)
#[test]
fn chunk_extension() {
    let sweep = |before: &str, after: &str, expected: &dyn Fn(u8) -> Expected| {
        sweep(&format!("{CHUNKED}0{before}"), &format!("{after}\r\n\r\n"), |octet| match octet {
            b'\n' => Here(ErrorKind::BareLf),
            _ => expected(octet),
        });
    };
    let invalid = ErrorKind::InvalidChunkExtension;
    sweep(";", "a", &|octet| if is_tchar(octet) || is_space(octet) { Fine } else { Here(invalid) });
    let after_token = |octet| match octet {
        b'\r' => Later(ErrorKind::BareCr, 1),
        b';' => Fine,
        _ if is_tchar(octet) => Fine,
        _ if is_space(octet) => Later(invalid, 1),
        _ => Here(invalid),
    };
    sweep(";a", "a", &|octet| if octet == b'=' { Fine } else { after_token(octet) });
    sweep(";a=b", "b", &after_token);
    let space = |octet| matches!(octet, b';' | b' ' | b'\t');
    sweep(" ", ";a", &|octet| match octet {
        b';' => Later(invalid, 1),
        _ if is_space(octet) => Fine,
        _ => Here(invalid),
    });
    sweep(";a=", "a", &|octet| match octet {
        b'"' => Later(invalid, 2),
        _ if is_tchar(octet) || is_space(octet) => Fine,
        _ => Here(invalid),
    });
    sweep(";a=\"b", "b\"", &|octet| match octet {
        b'"' => Later(invalid, 1),
        b'\\' => Fine,
        _ if is_vchar(octet) || is_obs_text(octet) || is_space(octet) => Fine,
        _ => Here(invalid),
    });
    sweep(";a=\"\\", "\"", &|octet| match octet {
        _ if is_vchar(octet) || is_obs_text(octet) || is_space(octet) => Fine,
        _ => Here(invalid),
    });
    sweep(";a=\"b\"", "", &|octet| match octet {
        b'\r' => Later(ErrorKind::BareCr, 1),
        _ if space(octet) => Later(invalid, 1),
        _ => Here(invalid),
    });
}
