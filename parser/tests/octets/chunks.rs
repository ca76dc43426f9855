//! The chunked coding.

use h1events::{ErrorKind, RequestParser};

use crate::Expected::{self, Event, Fine, Here, Later};
use crate::grammar::{is_obs_text, is_space, is_tchar, is_vchar};
use crate::support::Owned;
use crate::{CHUNKED, check, sweep};

/// chunk-size = 1*HEXDIG (RFC 9112 section 7.1), and CRLF after the data
#[test]
fn chunk_takes_the_octets_of_its_grammar() {
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
fn chunk_extension_takes_the_octets_of_its_grammar() {
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
