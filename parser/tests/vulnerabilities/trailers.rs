//! The trailer section, which isn't part of the header section.

use h1events::ErrorKind::*;

use crate::judged::Judge;
use crate::support::Owned;
use crate::{CHUNKED, NEXT, accepts, refuses};

fn trailers(lines: &str) -> String {
    format!("{CHUNKED}1\r\nx\r\n0\r\n{lines}")
}

/// Merged into the header fields, these would change framing and routing after the fact
/// (CVE-2025-12642).
#[test]
fn trailer_that_frames_or_routes() {
    for name in [
        "Content-Length",
        "Transfer-Encoding",
        "Host",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "content-length",
    ] {
        refuses(&trailers(&format!("→{name}: 0\r⇥\n\r\n")), ForbiddenTrailer, 400);
        refuses(&trailers(&format!("X: y\r\n→{name}:\r⇥\n\r\n")), ForbiddenTrailer, 400);
    }
}

/// Merged into the header fields, these would override checked values. They are never reported
/// as header fields.
#[test]
fn trailer_that_identifies() {
    let lines = "Authorization: x\r\nCookie: y\r\nX-Forwarded-For: 127.0.0.1\r\n";
    let run = Judge::new().accepts(&trailers(&format!("{lines}\r\n")));
    let named = |event: &Owned| match event {
        Owned::Trailer(name, _) => Some(name.clone()),
        _ => None,
    };
    let trailers: Vec<_> = run.events.iter().filter_map(named).collect();
    assert_eq!(trailers, ["Authorization", "Cookie", "X-Forwarded-For"].map(str::as_bytes));
    let headers = run.events.iter().filter(|event| matches!(event, Owned::Header(..)));
    assert_eq!(headers.count(), 2, "those of the header section");
}

/// A recipient that knows no trailers ends the body before them, and reads a request there.
#[test]
fn trailer_that_is_a_request() {
    let requests = [("/", "x"), ("/next", "")];
    accepts(&trailers(&format!("X:POST /smuggled HTTP/1.1\r\n\r\n{NEXT}")), &requests);
    refuses(&trailers("GET→ /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"), WhitespaceBeforeColon, 400);
}

/// A malformed line ends the section for one recipient (CVE-2023-45648).
#[test]
fn trailer_that_is_no_field_line() {
    refuses(&trailers(&format!("X→\r\nY: z\r\n\r\n{NEXT}")), InvalidFieldName, 400);
    refuses(&trailers("→: y\r\n\r\n"), InvalidFieldName, 400);
    refuses(&trailers("X→ : y\r\n\r\n"), WhitespaceBeforeColon, 400);
    refuses(&trailers("X: y→\0\r\n\r\n"), InvalidFieldValue, 400);
    refuses(&trailers("X: y\r\n→ Content-Length: 5\r\n\r\n"), LineFolding, 400);
    refuses(&trailers("→ X: y\r\n\r\n"), LineFolding, 400);
}

/// TERM.TRAIL and TRAIL.TERM: LF or CR alone ends a line or the section.
#[test]
fn bare_line_end_in_trailers() {
    refuses(&trailers("→\nX: y\r\n\r\n"), BareLf, 400);
    refuses(&trailers("X: y→\n\r\n"), BareLf, 400);
    refuses(&trailers("X: y\r\n→\n"), BareLf, 400);
    refuses(&trailers("\r→X: y\r\n\r\n"), BareCr, 400);
    refuses(&trailers("X: y\r→\r\n"), BareCr, 400);
    refuses(&trailers("X: y\r\n\r→X"), BareCr, 400);
}

/// Some recipients limit only the header section. Others read the octets past a limit as a request
/// (CVE-2023-46589).
#[test]
fn trailers_without_end() {
    let value = "y".repeat(8 * 1024 - "X: ".len());
    refuses(&trailers(&format!("X: {value}→y")), TrailerSectionTooLarge, 431);
    refuses(&trailers(&format!("{}→X: y\r\n", "X: y\r\n".repeat(32))), TooManyTrailerLines, 431);
}
