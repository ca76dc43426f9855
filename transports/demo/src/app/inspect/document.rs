//! A trace as one JSON document.

use std::io;

use serde::Serialize;

use super::{
    consequence::consequence,
    trace::{Ending, Trace},
    view::reason,
};
use crate::inspect::{Object, Octets, explain, write_json};

#[derive(Serialize)]
struct Document<'a> {
    bytes: Octets<'a>,
    events: Vec<Entry<'a>>,
    ending: &'static str,
    /// The number of bytes after the last request of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Malformed>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    event: Object<'a>,
    /// The first byte of the event, and the byte after its last.
    range: [usize; 2],
    /// The number of bytes after which the event is known.
    after: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    part: &'static str,
    range: [usize; 2],
}

#[derive(Serialize)]
struct Malformed {
    kind: &'static str,
    offset: usize,
    status: u16,
    message: String,
    rule: &'static str,
    /// The line, with a caret under the byte.
    excerpt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    elsewhere: Option<&'static str>,
}

/// Returns the document.
///
/// # Errors
///
/// It can't be made, which would be a bug of this program.
pub(super) fn json(trace: &Trace<'_>) -> io::Result<String> {
    let events = trace.steps.iter().map(|step| Entry {
        event: Object::from(step.event),
        range: [step.range.start, step.range.end],
        after: step.after,
        reason: reason(&step.event),
        parts: trace
            .parts(&step.event)
            .into_iter()
            .map(|(kind, range)| Part { part: kind.name(), range: [range.start, range.end] })
            .collect(),
    });
    let (ending, unread, error) = match &trace.ending {
        Ending::Complete { unread } => ("complete", Some(*unread), None),
        Ending::Incomplete => ("incomplete", None, None),
        Ending::Malformed { error, at } => {
            let kind = error.kind();
            let malformed = Malformed {
                kind: kind.name(),
                offset: *at,
                status: error.status(),
                message: kind.to_string(),
                rule: error.rule(),
                excerpt: explain(error, trace.bytes, trace.start_of_last(), trace.requests()),
                elsewhere: consequence(kind),
            };
            ("malformed", None, Some(malformed))
        }
    };
    let document =
        Document { bytes: Octets(trace.bytes), events: events.collect(), ending, unread, error };
    let mut text = Vec::new();
    write_json(&mut text, &document)?;
    String::from_utf8(text).map_err(io::Error::other)
}
