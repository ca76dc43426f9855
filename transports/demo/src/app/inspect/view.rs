//! A trace as a part of the page: the bytes on one side, the events on the other.

use std::fmt;
use std::ops::Range;

use h1events::{BodyLength, Event, Framing};

use super::{
    consequence::consequence,
    html::Html,
    trace::{Ending, Kind, Step, Trace},
};
use crate::{
    escape::Escaped,
    inspect::{Summary, explain},
};

/// Events that are shown, at most.
const MAX_EVENTS: usize = 1000;

/// Bytes of one word that are shown, at most.
const MAX_WORD: usize = 2048;

/// Shows a trace. The prefix keeps its links apart from those of another view on the page.
pub(super) struct View<'a> {
    prefix: &'static str,
    trace: &'a Trace<'a>,
}

impl<'a> View<'a> {
    pub(super) const fn new(prefix: &'static str, trace: &'a Trace<'a>) -> Self {
        Self { prefix, trace }
    }

    fn bytes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<pre class=\"bytes\" aria-label=\"Bytes\">")?;
        let fault = match self.trace.ending {
            Ending::Malformed { at, .. } => Some(at),
            _ => None,
        };
        let tokens = self.trace.tokens();
        for (step, kind, range) in tokens {
            if step.is_some_and(|step| step >= MAX_EVENTS) {
                f.write_str("…")?;
                break;
            }
            match fault {
                Some(at) if range.contains(&at) => {
                    self.token(f, step, kind, "", range.start..at)?;
                    self.token(f, step, kind, " fault", at..at + 1)?;
                    self.token(f, step, kind, "", at + 1..range.end)?;
                }
                _ => self.token(f, step, kind, "", range)?,
            }
        }
        f.write_str("</pre>")
    }

    fn token(
        &self,
        f: &mut fmt::Formatter<'_>,
        step: Option<usize>,
        kind: Kind,
        fault: &str,
        range: Range<usize>,
    ) -> fmt::Result {
        let Some(bytes) = self.trace.bytes.get(range.clone()).filter(|bytes| !bytes.is_empty())
        else {
            return Ok(());
        };
        let (class, prefix, start) = (kind.name(), self.prefix, range.start);
        match step {
            // The list links to the first word of each event.
            Some(step) => {
                let is_first = self.trace.steps[step].range.start == start;
                let id = if is_first { format!(" id=\"{prefix}t{step}\"") } else { String::new() };
                // The Tab key moves from word to word.
                let skip = if kind == Kind::Punctuation { " tabindex=\"-1\"" } else { "" };
                write!(
                    f,
                    "<a{id}{skip} href=\"#{prefix}e{step}\" class=\"{class}{fault}\" data-event=\"{step}\" data-start=\"{start}\">{}</a>",
                    Shown(bytes)
                )
            }
            None => {
                let shown = Shown(bytes);
                write!(f, "<span class=\"{class}{fault}\" data-start=\"{start}\">{shown}</span>")
            }
        }
    }

    fn events(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<ol class=\"events\" aria-label=\"Events\">")?;
        for (index, step) in self.trace.steps.iter().take(MAX_EVENTS).enumerate() {
            let (prefix, after) = (self.prefix, step.after);
            write!(
                f,
                "<li id=\"{prefix}e{index}\" data-event=\"{index}\" data-after=\"{after}\">\
                 <a href=\"#{prefix}t{index}\">"
            )?;
            self.event(f, step)?;
            f.write_str("</a></li>")?;
        }
        f.write_str("</ol>")?;
        match self.trace.steps.len().checked_sub(MAX_EVENTS) {
            Some(more @ 1..) => write!(f, "<p>And {more} more events.</p>"),
            _ => Ok(()),
        }
    }

    fn event(&self, f: &mut fmt::Formatter<'_>, step: &Step<'_>) -> fmt::Result {
        let (label, text) = match &step.event {
            Event::RequestLine(line) => (
                "RequestLine",
                format!("{} {} {}", Short(line.method), Short(line.target), line.version),
            ),
            Event::Header(field) => {
                ("Header", format!("{}: {}", Short(field.name), Short(field.value)))
            }
            Event::Trailer(field) => {
                ("Trailer", format!("{}: {}", Short(field.name), Short(field.value)))
            }
            Event::HeadEnd(framing) => ("HeadEnd", Summary(framing).to_string()),
            Event::Body(content) => ("Body", format!("{} bytes", content.len())),
            Event::End => ("End", "the request is complete".to_owned()),
        };
        write!(f, "<b>{label}</b> <span>{}</span>", Html(&text))?;
        if let Some(reason) = reason(&step.event) {
            write!(f, " <em>{}</em>", Html(&reason))?;
        }
        let Range { start, end } = step.range;
        match end - start {
            0 => write!(f, " <small>at byte {start}</small>"),
            1 => write!(f, " <small>byte {start}</small>"),
            _ => write!(f, " <small>bytes {start} to {}</small>", end - 1),
        }
    }

    fn ending(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trace.ending {
            Ending::Complete { unread: 0 } if self.trace.steps.is_empty() => {
                f.write_str("<p class=\"ending\">There is no request.</p>")
            }
            Ending::Complete { unread: 0 } => Ok(()),
            Ending::Complete { unread } => write!(
                f,
                "<p class=\"ending\">{unread} bytes after the last request of the connection are not read.</p>"
            ),
            Ending::Incomplete => f.write_str(
                "<p class=\"ending\">The request is incomplete: the parser waits for more bytes.</p>",
            ),
            Ending::Malformed { error, at } => {
                let trace = self.trace;
                let text = explain(error, trace.bytes, trace.start_of_last(), trace.requests());
                write!(
                    f,
                    "<div class=\"ending refused\" role=\"alert\" data-after=\"{}\"><p>Refused with {} at byte {at}.</p>\
                     <pre>{}</pre>",
                    trace.bytes.len(),
                    error.status(),
                    Html(&text)
                )?;
                if let Some(consequence) = consequence(error.kind()) {
                    write!(f, "<p><b>If a recipient accepts it:</b> {consequence}</p>")?;
                }
                f.write_str("</div>")
            }
        }
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<div class=\"trace\" data-length=\"{}\">", self.trace.bytes.len())?;
        self.bytes(f)?;
        f.write_str("<div>")?;
        self.events(f)?;
        self.ending(f)?;
        f.write_str("</div></div>")
    }
}

/// Returns the reason for the end of the body, and whether another request may follow.
pub(super) fn reason(event: &Event<'_>) -> Option<String> {
    let Event::HeadEnd(Framing { body, keep_alive, .. }) = event else { return None };
    let body = match body {
        BodyLength::None => "There is no Content-Length and no Transfer-Encoding.",
        BodyLength::Length(_) => "Content-Length gives the length of the body.",
        BodyLength::Chunked => "Transfer-Encoding says that the body comes in chunks.",
    };
    let next = if *keep_alive {
        "Another request may follow."
    } else {
        "The connection ends after this request."
    };
    Some(format!("{body} {next}"))
}

/// Bytes with visible line ends, each followed by a new line.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, more) = self.0.split_at(self.0.len().min(MAX_WORD));
        for line in shown.split_inclusive(|&byte| byte == b'\n') {
            let end = line.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |at| at + 1);
            let (text, end) = line.split_at(end);
            write!(f, "{}", Html(&Escaped(text).to_string()))?;
            if !end.is_empty() {
                write!(f, "<i>{}</i>", Escaped(end))?;
            }
            if end.ends_with(b"\n") {
                f.write_str("\n")?;
            }
        }
        if more.is_empty() { Ok(()) } else { write!(f, "… {} more bytes", more.len()) }
    }
}

/// The beginning of a word, for the list.
struct Short<'a>(&'a [u8]);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX: usize = 80;
        let (shown, more) = self.0.split_at(self.0.len().min(MAX));
        write!(f, "{}{}", Escaped(shown), if more.is_empty() { "" } else { "…" })
    }
}
