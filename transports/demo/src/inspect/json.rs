//! The events as JSON, one object a line.

use std::io::{self, Write};

use h1events::{BodyLength, Error, Event};
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use super::{
    Report,
    feed::{Unread, Window},
};

/// Writes one JSON object a line, and nothing else.
#[derive(Debug)]
pub(super) struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out }
    }

    fn object(&mut self, object: &Object<'_>) -> io::Result<()> {
        write_json(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write> Report for Json<W> {
    const COUNTS_UNREAD: bool = false;

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.object(&Object::from(*event))
    }

    fn error(&mut self, error: &Error, start: u64, _: &Window<'_>) -> io::Result<()> {
        self.object(&Object::Error {
            kind: error.kind().name(),
            offset: start + error.offset(),
            status: error.status(),
            message: error.kind().to_string(),
        })
    }

    fn incomplete(&mut self, _: u64) -> io::Result<()> {
        self.object(&Object::Incomplete)
    }

    fn unread(&mut self, _: Unread) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One line of output: the order of the fields is the order of the keys.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Object<'a> {
    RequestLine { method: Octets<'a>, target: Octets<'a>, version: String },
    Header { name: Octets<'a>, value: Octets<'a> },
    HeadEnd { body: Body, keep_alive: bool, expect_continue: bool, upgrade: bool },
    Body { data: Octets<'a> },
    Trailer { name: Octets<'a>, value: Octets<'a> },
    End,
    Error { kind: &'static str, offset: u64, status: u16, message: String },
    Incomplete,
}

impl<'a> From<Event<'a>> for Object<'a> {
    fn from(event: Event<'a>) -> Self {
        match event {
            Event::RequestLine(line) => Self::RequestLine {
                method: Octets(line.method),
                target: Octets(line.target),
                version: line.version.to_string(),
            },
            Event::Header(field) => {
                Self::Header { name: Octets(field.name), value: Octets(field.value) }
            }
            Event::HeadEnd(framing) => Self::HeadEnd {
                body: framing.body.into(),
                keep_alive: framing.keep_alive,
                expect_continue: framing.expect_continue,
                upgrade: framing.upgrade,
            },
            Event::Body(data) => Self::Body { data: Octets(data) },
            Event::Trailer(field) => {
                Self::Trailer { name: Octets(field.name), value: Octets(field.value) }
            }
            Event::End => Self::End,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    None,
    Chunked,
    Length(u64),
}

impl From<BodyLength> for Body {
    fn from(body: BodyLength) -> Self {
        match body {
            BodyLength::None => Self::None,
            BodyLength::Chunked => Self::Chunked,
            BodyLength::Length(length) => Self::Length(length),
        }
    }
}

/// Writes compact JSON without control characters.
pub(crate) fn write_json(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, C1Escaped))?;
    Ok(())
}

/// Bytes as a string of the characters U+0000 to U+00FF, so that none is lost.
pub(crate) struct Octets<'a>(pub(crate) &'a [u8]);

impl Serialize for Octets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().copied().map(char::from).collect();
        serializer.serialize_str(&text)
    }
}

/// Compact JSON that escapes DEL and the C1 controls, too. JSON allows them
/// raw, but U+0085 ends a line for some readers (Python's `splitlines`), and
/// U+009B begins a command for some terminals.
struct C1Escaped;

impl Formatter for C1Escaped {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for part in fragment.split_inclusive(is_c1) {
            match part.char_indices().next_back() {
                Some((at, c1)) if is_c1(c1) => {
                    write!(out, "{}\\u{:04x}", &part[..at], u32::from(c1))?;
                }
                _ => out.write_all(part.as_bytes())?,
            }
        }
        Ok(())
    }
}

fn is_c1(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}')
}
