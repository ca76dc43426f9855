//! A page that shows how its own request was parsed, and parses others.
//!
//! | request                | answer                                                             |
//! |------------------------|--------------------------------------------------------------------|
//! | `GET /inspect`         | the page, with the head of this request                            |
//! | `GET /inspect?<name>`  | the same, with an example of the [gallery]                         |
//! | `POST /inspect`        | the part of the page for the raw bytes in the body                 |
//! | `/inspect.css`, `.js`  | its style and its script                                           |
//!
//! A client that accepts `application/x-ndjson` gets the output of `h1events inspect --json`. One that
//! accepts `application/json` gets a document with the range of each word.

mod consequence;
mod document;
mod gallery;
mod html;
mod trace;
mod view;

use std::time::Instant;

use h1events::{Event, RequestParser, range_of};
use h1events_server::{Request, Response};

use self::{gallery::Example, html::Html, trace::Trace, view::View};
use super::{Reply, decided_by_method, message};
use crate::{inspect, secret::is_secret};

/// Bytes that are parsed for a page, at most.
const MAX_BYTES: usize = 64 * 1024;

/// The page loads nothing from elsewhere, runs nothing inline, and can't be framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Answers a request for the page or for a part of it. `None` for other paths.
pub(super) fn inspect(request: &Request<'_>) -> Option<Reply> {
    let (methods, answer): (_, fn(&Request<'_>) -> Reply) = match request.path() {
        b"/inspect" => ("GET, HEAD, POST, OPTIONS", page),
        b"/inspect.css" => ("GET, HEAD, OPTIONS", |_| style().into()),
        b"/inspect.js" => ("GET, HEAD, OPTIONS", |_| script().into()),
        _ => return None,
    };
    let decided = decided_by_method(request.method(), methods).map(Reply::Now);
    Some(decided.unwrap_or_else(|| answer(request)))
}

/// The format that the client prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Html,
    Document,
    Lines,
}

impl Format {
    /// Chooses by the media types of programs, which browsers don't ask for.
    fn of(request: &Request<'_>) -> Self {
        let accepts = |media_type: &str| {
            let values =
                request.headers().filter(|field| field.name.eq_ignore_ascii_case(b"accept"));
            let mut members = values.flat_map(|field| field.value.split(|&octet| octet == b','));
            members.any(|member| {
                let mut parts = member.split(|&octet| octet == b';').map(<[u8]>::trim_ascii);
                let name = parts.next().unwrap_or_default();
                name.eq_ignore_ascii_case(media_type.as_bytes()) && !parts.any(is_zero_weight)
            })
        };
        if accepts("application/x-ndjson") {
            Self::Lines
        } else if accepts("application/json") {
            Self::Document
        } else {
            Self::Html
        }
    }
}

/// Returns whether a parameter is `q=0`: the media type isn't acceptable (RFC 9110 section 12.4.2).
fn is_zero_weight(parameter: &[u8]) -> bool {
    let Some((b"q=" | b"Q=", weight)) = parameter.split_at_checked(2) else { return false };
    weight.iter().all(|octet| matches!(octet, b'0' | b'.'))
}

fn page(request: &Request<'_>) -> Reply {
    let format = Format::of(request);
    if request.method() == "POST" {
        return Reply::Collect(match format {
            Format::Html => |bytes| parsed(Format::Html, bytes),
            Format::Document => |bytes| parsed(Format::Document, bytes),
            Format::Lines => |bytes| parsed(Format::Lines, bytes),
        });
    }
    let head = without_secrets(request.head());
    if format != Format::Html {
        return parsed(format, &head).into();
    }
    let example = request.query().and_then(gallery::find);
    safe(Response::html(whole_page(&head, example))).into()
}

/// Returns the response for some bytes. As HTML, it is the part of the page that shows them.
fn parsed(format: Format, bytes: &[u8]) -> Response {
    if bytes.len() > MAX_BYTES {
        return message(413, "At most 64 KiB are parsed here.\n");
    }
    let response = match format {
        Format::Html => Response::html(View::new("b", &Trace::of(bytes)).to_string()),
        Format::Document => document::json(&Trace::of(bytes)).map_or_else(failed, Response::json),
        Format::Lines => match inspect::json_lines(bytes) {
            Ok(lines) => Response::new(200)
                .with_header("Content-Type", "application/x-ndjson")
                .with_body(lines),
            Err(failure) => failed(failure),
        },
    };
    safe(response)
}

fn failed(failure: impl std::fmt::Display) -> Response {
    log::error!("{failure}");
    message(500, "The events can't be shown.\n")
}

fn whole_page(head: &[u8], example: Option<&'static Example>) -> String {
    let begin = Instant::now();
    count_events(head);
    let time = begin.elapsed();
    let (text, shown) = match example {
        Some(example) => {
            let trace = Trace::of(example.bytes);
            (example.text(), View::new("b", &trace).to_string())
        }
        None => (String::new(), String::new()),
    };
    format!(
        include_str!("page.html"),
        nanoseconds = time.as_nanos(),
        length = head.len(),
        own = View::new("o", &Trace::of(head)),
        gallery = gallery::List { chosen: example },
        text = Html(&text),
        shown = shown,
    )
}

/// Parses the head, and nothing else: this is timed.
fn count_events(mut head: &[u8]) -> usize {
    let mut parser = RequestParser::new();
    std::iter::from_fn(|| parser.next_event(&mut head).ok()?).count()
}

/// Returns the head with asterisks over secret values, since a script that gets into the page could read
/// them.
fn without_secrets(head: &[u8]) -> Vec<u8> {
    let (mut parser, mut rest, mut covered) = (RequestParser::new(), head, head.to_vec());
    while let Ok(Some(event)) = parser.next_event(&mut rest) {
        if let Event::Header(field) = event
            && is_secret(field.name)
            && let Some(place) = range_of(field.value, head)
        {
            covered[place].fill(b'*');
        }
    }
    covered
}

fn style() -> Response {
    let css = Response::new(200).with_header("Content-Type", "text/css; charset=utf-8");
    safe(css.with_body(include_str!("inspect.css")))
}

fn script() -> Response {
    let script = Response::new(200).with_header("Content-Type", "text/javascript; charset=utf-8");
    safe(script.with_body(include_str!("inspect.js")))
}

fn safe(response: Response) -> Response {
    response
        .with_header("Content-Security-Policy", POLICY)
        .with_header("Cache-Control", "no-store")
        .with_header("X-Content-Type-Options", "nosniff")
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Vary", "Accept")
}

#[cfg(test)]
mod tests;
