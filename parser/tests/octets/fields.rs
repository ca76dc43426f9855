//! Field lines, and the fields that are judged.

use h1events::{BodyLength, ErrorKind};

use crate::Expected::{self, Event, Fine, Here, Later, Line};
use crate::grammar::{is_obs_text, is_reg_name, is_space, is_tchar, is_vchar};
use crate::support::Owned;
use crate::{CHUNKED, sweep};

/// Makes the event that a field line gives in its section.
type FieldEvent = fn(&[u8], &[u8]) -> Expected;

/// Returns the header section and the trailer section, which have the same lines.
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
fn field_name_takes_the_octets_of_a_token() {
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

/// field-value (RFC 9110 section 5.5), without the whitespace around it
#[test]
fn field_value_takes_the_octets_of_its_grammar() {
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

/// Lines end in CRLF and nothing else (RFC 9112 section 2.2, decision D1).
#[test]
fn line_ends_in_crlf_only() {
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

/// Puts each octet into a field that is judged at the end of the head. `judged` gives the
/// result for octets that a value may have.
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
fn transfer_encoding_takes_chunked_only() {
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
fn content_length_takes_digits_only() {
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
fn host_and_connection_take_the_octets_of_their_grammar() {
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
