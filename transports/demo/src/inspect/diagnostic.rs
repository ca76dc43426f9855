//! The error in a request: the line, a caret under the byte, and the rule.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use h1events::{Error, ErrorKind};

use super::feed::{Window, line_feeds};
use crate::escape::Escaped;

/// Where a refused request came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The name of the input.
    pub(super) name: &'a str,
    /// The number of the request, from 1.
    pub(super) request: u64,
    /// Where the request begins in the input.
    pub(super) start: u64,
    pub(super) window: Window<'a>,
}

/// Returns the error as text, with colours or plain.
pub(super) fn render(error: &Error, place: Place<'_>, renderer: &Renderer) -> String {
    let offset = place.start + error.offset();
    let mut group = Group::with_title(Level::ERROR.primary_title(error.kind().to_string()));
    // The library would count columns in the escaped text, so the place is
    // one of the notes.
    let mut at = place.name.to_owned();
    if let Some(excerpt) = Excerpt::new(place.window, offset) {
        at += &format!(":{}", excerpt.line);
        if let Some(column) = excerpt.column {
            at += &format!(":{column}");
        }
        let snippet = match contradicted(error, place) {
            Some(first) => {
                // Lines in between aren't shown, except a single one.
                let between = match excerpt.line.saturating_sub(first.line) {
                    2 => Excerpt::new(place.window, offset - 1)
                        .map_or_else(String::new, |middle| format!("\n{}\n", middle.text)),
                    lines => "\n".repeat(lines),
                };
                let before = first.text.len() + between.len();
                let caret = before + excerpt.caret.start..before + excerpt.caret.end;
                let mark = AnnotationKind::Context.span(first.caret).label("the first one");
                Snippet::source(first.text + &between + &excerpt.text)
                    .line_start(first.line)
                    .annotation(mark)
                    .annotation(AnnotationKind::Primary.span(caret).label(excerpt.label))
            }
            None => Snippet::source(excerpt.text)
                .line_start(excerpt.line)
                .annotation(AnnotationKind::Primary.span(excerpt.caret).label(excerpt.label)),
        };
        group = group.element(snippet);
    }
    at += &format!(
        ", byte {offset} of the input, byte {} of request {}",
        error.offset(),
        place.request
    );
    let notes = [("rule", error.rule()), ("status", &error.status().to_string()), ("at", &at)];
    group = group
        .elements(notes.map(|(name, text)| Level::NOTE.with_name(name).message(text.to_owned())));
    if let Some(text) = help(error, place) {
        group = group.element(Level::HELP.message(text));
    }
    renderer.render(&[group])
}

/// Returns the earlier line of a contradiction between two lines of the head, if the error is one.
fn contradicted(error: &Error, place: Place<'_>) -> Option<Excerpt> {
    let names: &[&[u8]] = match error.kind() {
        ErrorKind::DuplicateHost => &[b"host"],
        ErrorKind::DuplicateContentLength => &[b"content-length"],
        ErrorKind::LengthAndEncoding => &[b"content-length", b"transfer-encoding"],
        _ => return None,
    };
    let start = usize::try_from(place.start.checked_sub(place.window.start)?).ok()?;
    let length = usize::try_from(error.offset()).ok()?;
    let head = place.window.bytes.get(start..)?.get(..length)?;
    let mut at = 0;
    let offset = head.split_inclusive(is_line_feed).find_map(|line| {
        let offset = at;
        at += line.len();
        let name = line.split(|&byte| byte == b':').next()?;
        names.iter().any(|other| name.eq_ignore_ascii_case(other)).then_some(offset)
    })?;
    Excerpt::new(place.window, place.start + offset as u64)
}

fn help(error: &Error, place: Place<'_>) -> Option<&'static str> {
    if is_response(place) {
        return Some("this looks like a response; only requests are parsed here");
    }
    let is_bare_lf = error.kind() == ErrorKind::BareLf;
    is_bare_lf.then_some("for a file from an editor, --crlf turns bare LFs into CRLFs")
}

fn is_response(place: Place<'_>) -> bool {
    let start = place.start.checked_sub(place.window.start).and_then(|at| usize::try_from(at).ok());
    start
        .and_then(|at| place.window.bytes.get(at..))
        .is_some_and(|bytes| bytes.starts_with(b"HTTP/"))
}

/// A line, or a part of it, with escapes.
#[derive(Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    /// The range of the escaped byte in the text.
    caret: Range<usize>,
    /// The name of the byte, if the text doesn't show it.
    label: Option<&'static str>,
    /// The line of the input, from 1, as editors count.
    line: usize,
    /// The column in bytes, from 1; `None` if the line begins before the window.
    column: Option<usize>,
}

/// Columns of the line that are shown before and after the byte.
const BEFORE: usize = 60;
const AFTER: usize = 30;

/// Stands for omitted bytes. No escaped input looks like it.
const ELLIPSIS: &str = "…";

impl Excerpt {
    /// Returns the line around the byte at this offset of the input, if the byte is in the window.
    fn new(window: Window<'_>, offset: u64) -> Option<Self> {
        let at = usize::try_from(offset.checked_sub(window.start)?).ok()?;
        let (before, byte_on) = window.bytes.split_at_checked(at)?;
        let (&byte, after) = byte_on.split_first()?;
        let line_start = match before.iter().rposition(is_line_feed) {
            Some(line_feed) => Some(line_feed + 1),
            None => (window.start == 0).then_some(0),
        };
        let before_in_line = &before[line_start.unwrap_or(0)..];
        let after_in_line = match after.iter().position(is_line_feed) {
            _ if byte == b'\n' => &[],
            Some(line_feed) => &after[..=line_feed],
            None => after,
        };

        let shown = fitting(before_in_line.iter().rev(), BEFORE);
        let (left_out, shown_before) = before_in_line.split_at(before_in_line.len() - shown);
        let shown = fitting(after_in_line.iter(), AFTER);
        let (shown_after, left_out_after) = after_in_line.split_at(shown);

        let mut text = String::new();
        if !left_out.is_empty() {
            text += ELLIPSIS;
        }
        text += &Escaped(shown_before).to_string();
        let caret_start = text.len();
        text += &Escaped(&[byte]).to_string();
        let caret = caret_start..text.len();
        text += &Escaped(shown_after).to_string();
        if !left_out_after.is_empty() {
            text += ELLIPSIS;
        }
        Some(Self {
            text,
            caret,
            label: label(byte),
            line: usize::try_from(window.lines + line_feeds(before) + 1).unwrap_or(usize::MAX),
            column: line_start.map(|start| at - start + 1),
        })
    }
}

fn is_line_feed(byte: &u8) -> bool {
    *byte == b'\n'
}

/// Returns the number of bytes that fit, with their escapes, into this number of columns.
fn fitting<'a>(bytes: impl Iterator<Item = &'a u8>, columns: usize) -> usize {
    let ends = bytes.scan(0, |width, &byte| {
        *width += Escaped(&[byte]).to_string().len();
        Some(*width)
    });
    ends.take_while(|&end| end <= columns).count()
}

fn label(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b' ' => "space",
        b'\t' => "tab",
        b'\r' => "carriage return",
        b'\n' => "line feed",
        0 => "NUL",
        0x80.. => "not ASCII",
        _ if byte.is_ascii_control() => "control character",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(bytes: &[u8], at: u64) -> Excerpt {
        Excerpt::new(Window { bytes, start: 0, lines: 0 }, at).unwrap()
    }

    #[test]
    fn line_is_found_and_escaped() {
        let expected = Excerpt {
            text: r"a: \x01b\r\n".to_owned(),
            caret: 3..7,
            label: Some("control character"),
            line: 2,
            column: Some(4),
        };
        assert_eq!(excerpt(b"GET / HTTP/1.1\r\na: \x01b\r\nc: d\r\n", 19), expected);
    }

    #[test]
    fn caret_counts_escapes_before_it() {
        let found = excerpt(b"\t\\\xff \"q\"", 3);
        assert_eq!((found.text.as_str(), found.caret), (r#"\t\\\xff "q""#, 8..9));
        assert_eq!((found.label, found.column), (Some("space"), Some(4)));
    }

    #[test]
    fn line_feed_belongs_to_its_line() {
        let found = excerpt(b"a\r\n\r\nb", 4);
        assert_eq!((found.text.as_str(), found.caret, found.line), (r"\r\n", 2..4, 2));
    }

    #[test]
    fn long_line_is_cut_on_both_sides() {
        let found = excerpt(&[0; 1000], 500);
        let expected = format!("…{}…", r"\x00".repeat(BEFORE / 4 + 1 + AFTER / 4));
        assert_eq!((found.text, found.column), (expected, Some(501)));
        assert_eq!(found.caret, ELLIPSIS.len() + BEFORE..ELLIPSIS.len() + BEFORE + 4);
    }

    #[test]
    fn line_that_begins_before_the_window_has_no_column() {
        let window = Window { bytes: &[b'a'; 100], start: 5000, lines: 7 };
        let found = Excerpt::new(window, 5099).unwrap();
        assert_eq!((found.line, found.column), (8, None));
        assert_eq!(Excerpt::new(window, 4999), None);
        assert_eq!(Excerpt::new(window, 5100), None);
    }
}
