//! The events for people: one line each, with colours.

use std::{
    fmt,
    io::{self, Write},
};

use annotate_snippets::Renderer;
use anstyle::{AnsiColor, Style};
use h1events::{BodyLength, Error, Event, Field, Framing};

use super::{
    Report,
    diagnostic::{self, Place},
    feed::{Unread, Window},
};
use crate::escape::Escaped;

/// Writes one line for each event. The output strips the colours if they aren't wanted.
#[derive(Debug)]
pub(super) struct Human<'a, W> {
    out: W,
    /// The name of the input.
    name: &'a str,
    /// The number of the current request, from 1.
    request: u64,
    /// Whether any line has been written.
    begun: bool,
    body: Parts,
}

/// The parts of a body so far.
#[derive(Debug, Default)]
struct Parts {
    listed: u32,
    /// The number of others, and their bytes.
    others: u64,
    bytes: u64,
}

const LABEL: Style = Style::new().dimmed();
const REQUEST: Style = Style::new().bold();
const NAME: Style = AnsiColor::Cyan.on_default();
const FRAMING: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Bytes of a part that are shown, at most.
const PREVIEW: usize = 48;

/// Parts of a body that are listed, at most. The others are summed up.
const LISTED: u32 = 8;

impl<'a, W: Write> Human<'a, W> {
    pub(super) fn new(out: W, name: &'a str) -> Self {
        Self { out, name, request: 1, begun: false, body: Parts::default() }
    }

    /// Leaves an empty line, unless this is the first one.
    fn paragraph(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) { writeln!(self.out) } else { Ok(()) }
    }

    fn line(&mut self, label: &str, text: fmt::Arguments<'_>) -> io::Result<()> {
        writeln!(self.out, "{LABEL}{label:<8}{LABEL:#}  {text}")
    }

    /// Writes one line for the parts of the body that weren't listed.
    fn sum_up(&mut self) -> io::Result<()> {
        let Parts { others, bytes, .. } = std::mem::take(&mut self.body);
        match others {
            0 => Ok(()),
            1 => self.line("body", format_args!("{} more", Bytes(bytes))),
            _ => self.line("body", format_args!("{} more, in {others} parts", Bytes(bytes))),
        }
    }

    fn field(&mut self, label: &str, field: &Field<'_>) -> io::Result<()> {
        let space = if field.value.is_empty() { "" } else { " " };
        let (name, value) = (Escaped(field.name), Escaped(field.value));
        self.line(label, format_args!("{NAME}{name}:{NAME:#}{space}{value}"))
    }
}

impl<W: Write> Report for Human<'_, W> {
    const COUNTS_UNREAD: bool = true;

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if !matches!(event, Event::Body(_)) {
            self.sum_up()?;
        }
        match event {
            Event::RequestLine(line) => {
                self.paragraph()?;
                let (method, target, version) =
                    (Escaped(line.method), Escaped(line.target), line.version);
                self.line(
                    "request",
                    format_args!("{REQUEST}{method} {target} {version}{REQUEST:#}"),
                )
            }
            Event::Header(field) => self.field("header", field),
            Event::HeadEnd(framing) => {
                self.line("head end", format_args!("{FRAMING}{}{FRAMING:#}", Summary(framing)))
            }
            Event::Body(data) if self.body.listed == LISTED => {
                self.body.others += 1;
                self.body.bytes += data.len() as u64;
                Ok(())
            }
            Event::Body(data) => {
                self.body.listed += 1;
                let (shown, more) = data.split_at(data.len().min(PREVIEW));
                let ellipsis = if more.is_empty() { "" } else { "…" };
                self.line(
                    "body",
                    format_args!("{}: {}{ellipsis}", Bytes(data.len() as u64), Escaped(shown)),
                )
            }
            Event::Trailer(field) => self.field("trailer", field),
            Event::End => {
                let request = self.request;
                self.request += 1;
                self.line("end", format_args!("of request {request}"))
            }
        }
    }

    fn error(&mut self, error: &Error, start: u64, window: &Window<'_>) -> io::Result<()> {
        let place = Place { name: self.name, request: self.request, start, window: *window };
        self.sum_up()?;
        self.paragraph()?;
        writeln!(self.out, "{}", diagnostic::render(error, place, &Renderer::styled()))
    }

    fn incomplete(&mut self, length: u64) -> io::Result<()> {
        self.sum_up()?;
        self.paragraph()?;
        let (length, request) = (Bytes(length), self.request);
        writeln!(
            self.out,
            "{WARNING}incomplete{WARNING:#}: the input ended within a request, after {length} of request {request}"
        )
    }

    fn unread(&mut self, unread: Unread) -> io::Result<()> {
        let Unread { bytes, is_all } = unread;
        let were = match bytes {
            0 => return Ok(()),
            1 => "was",
            _ => "were",
        };
        let at_least = if is_all { "" } else { "at least " };
        writeln!(
            self.out,
            "\n{WARNING}{at_least}{}{WARNING:#} after the last request {were} left unread, since no request can follow it",
            Bytes(bytes)
        )
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The head's statement about the body and the connection.
pub(crate) struct Summary<'a>(pub(crate) &'a Framing);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.body {
            BodyLength::None => f.write_str("no body")?,
            BodyLength::Length(length) => write!(f, "body of {}", Bytes(length))?,
            BodyLength::Chunked => f.write_str("chunked body")?,
        }
        f.write_str(if self.0.keep_alive { ", keep-alive" } else { ", close" })?;
        if self.0.expect_continue {
            f.write_str(", expects 100-continue")?;
        }
        if self.0.upgrade {
            f.write_str(", offers an upgrade")?;
        }
        Ok(())
    }
}

/// A number of bytes, in words.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} byte{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}
