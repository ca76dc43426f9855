//! The request line, and the octets before it.

use h1events::{ErrorKind, RequestParser};

use crate::Expected::{self, Event, Fine, Here, Later, Line};
use crate::grammar::{is_obs_text, is_reg_name, is_scheme, is_space, is_tchar, is_vchar};
use crate::support::Owned;
use crate::{sweep, sweep_with};

fn request_line(method: &[u8], target: &[u8], minor_version: u8) -> Expected {
    Event(Owned::RequestLine { method: method.into(), target: target.into(), minor_version })
}

const REST: &str = " / HTTP/1.1\r\nHost: a\r\n\r\n";
const HOST: &str = " HTTP/1.1\r\nHost: a\r\n\r\n";

/// method = token (RFC 9112 section 3.1). The first octet may be that of another protocol.
#[test]
fn method_takes_the_octets_of_a_token() {
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

/// Every visible ASCII character except "#" (decision D4), and octets from 0x80 if allowed.
#[test]
fn target_takes_visible_ascii_without_a_number_sign() {
    for non_ascii in [false, true] {
        let parser = RequestParser::new().allow_non_ascii_target(non_ascii);
        let is_allowed =
            |octet| is_vchar(octet) && octet != b'#' || non_ascii && is_obs_text(octet);

        sweep_with(&parser, "GET ", HOST, |octet| match octet {
            b'/' => request_line(b"GET", b"/", 1),
            _ if is_allowed(octet) => Line(ErrorKind::InvalidTargetForm, "GET ".len()),
            _ => Here(ErrorKind::InvalidTarget),
        });
        // The parser scans in blocks of 16 octets.
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
fn authority_takes_the_octets_of_a_uri() {
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
fn scheme_takes_the_octets_of_a_uri() {
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
fn first_octet_after_empty_lines_tells_other_protocols() {
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

/// After the method PROXY, anything but an HTTP version is version 1 of the PROXY protocol.
#[test]
fn no_version_after_the_method_proxy_is_another_protocol() {
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
fn version_takes_its_eight_octets_and_crlf() {
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
