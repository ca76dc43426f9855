//! Field lines of the header section and of the trailer section.
//!
//! field-line = field-name ":" OWS field-value OWS (RFC 9112 section 5)

use crate::error::ErrorKind;
use crate::event::Field;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::number::{to_u32, to_usize};
use crate::octet;
use crate::scan::{self, FEW};
use crate::window::{self, Ahead, LineMasks, WINDOW, first_bit, next_window};

/// Progress within a section of field lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    /// Octets left for further lines, each with its CRLF.
    octets_left: u32,
    /// Further lines allowed.
    lines_left: u32,
    ahead: Ahead,
}

/// The limits of a section, and the errors for exceeding them.
pub(crate) struct SectionLimits {
    line: u32,
    lines: u32,
    too_large: ErrorKind,
    too_many_lines: ErrorKind,
    /// Whitespace at the start of the first line. In others it is line folding.
    whitespace_first: ErrorKind,
}

impl SectionLimits {
    pub(crate) const fn header(limits: &Limits) -> Self {
        Self {
            line: limits.field_line,
            lines: limits.header_lines,
            too_large: ErrorKind::HeaderSectionTooLarge,
            too_many_lines: ErrorKind::TooManyHeaderLines,
            whitespace_first: ErrorKind::WhitespaceBeforeFields,
        }
    }

    pub(crate) const fn trailer(limits: &Limits) -> Self {
        Self {
            line: limits.field_line,
            lines: limits.trailer_lines,
            too_large: ErrorKind::TrailerSectionTooLarge,
            too_many_lines: ErrorKind::TooManyTrailerLines,
            whitespace_first: ErrorKind::LineFolding,
        }
    }
}

/// The line at the start of the input.
pub(crate) enum Line<'a> {
    /// An incomplete line.
    Unfinished,
    /// A field line, and its length in octets, CRLF included.
    Field(Field<'a>, usize),
    /// The empty line that ends the section.
    Empty,
}

impl Section {
    /// Starts a section of at most `octets` octets and `lines` lines.
    #[inline(always)]
    pub(crate) const fn new(octets: u32, lines: u32) -> Self {
        Self { octets_left: octets, lines_left: lines, ahead: Ahead::Unknown }
    }

    /// Keeps what the masks of the input say about the rest.
    #[inline(always)]
    pub(crate) fn look_ahead(&mut self, input: &[u8], masks: LineMasks, rest: &[u8]) {
        self.ahead.set_after(input, masks, input.len().wrapping_sub(rest.len()));
    }

    /// Returns the octets of the lines taken so far, each with its CRLF, in a section of at most
    /// `limit`.
    #[inline(always)]
    pub(crate) const fn octets(&self, limit: u32) -> u32 {
        limit.wrapping_sub(self.octets_left)
    }

    /// Takes a line that is complete and ordinary: the fast path. Returns `None` for all others,
    /// which [`read`](Self::read) judges.
    #[inline(always)]
    pub(crate) fn read_fast<'a>(
        &mut self,
        input: &'a [u8],
        limit: u32,
    ) -> Option<(Field<'a>, &'a [u8], LineMasks)> {
        let masks = self.masks(input)?;
        let name_len = first_bit(masks.name_ends);
        let line_len = match first_bit(masks.line_ends) {
            WINDOW if masks.name_ends == 0 => return None,
            WINDOW => match next_window(input).map(window::line_ends) {
                Some(0) => scan::visible_len(input, 2 * WINDOW),
                Some(ends) => WINDOW.wrapping_add(first_bit(ends)),
                None => scan::visible_len(input, WINDOW.min(input.len())),
            },
            line_len => line_len,
        };

        let value_start = name_len.wrapping_add(": ".len());
        if name_len == 0 || value_start >= line_len || line_len > to_usize(limit) {
            return None;
        }
        let len = line_len.wrapping_add("\r\n".len());
        let rest = input.get(len..)?;
        let name = input.get(..name_len)?;
        let mut value = input.get(value_start..line_len)?;
        if input.get(line_len..len)? != b"\r\n" || input.get(name_len..value_start)? != b": " {
            return None;
        }
        if let [b' ', ..] | [.., b' '] = value {
            value = trim_rarely(value);
        }

        let octets_left = to_u32(to_usize(self.octets_left).checked_sub(len)?);
        self.lines_left = self.lines_left.checked_sub(1)?;
        self.octets_left = octets_left;
        self.ahead.set_after(input, masks, len);
        Some((Field { name, value }, rest, masks))
    }

    /// Returns whether the line was cut short in its value, and still is after a few more octets:
    /// the fast path for a line that arrives a few octets at a time.
    #[inline(never)]
    pub(crate) fn is_still_cut(&mut self, input: &[u8], limit: u32) -> bool {
        let Ahead::Cut { name_len: 1.., scanned } = &mut self.ahead else { return false };
        let new = input.get(to_usize(*scanned)..).unwrap_or_default();
        let is_still_cut = new.len() <= FEW
            && new.iter().all(|&octet| octet::is_field_value(octet))
            && input.len() <= to_usize(limit.min(self.octets_left));
        if is_still_cut {
            *scanned = to_u32(input.len());
        }
        is_still_cut
    }

    /// Returns the masks of the line, unless it has been cut short before.
    #[inline(always)]
    fn masks(&self, input: &[u8]) -> Option<LineMasks> {
        match (self.ahead, input.first_chunk()) {
            (Ahead::Cut { .. }, _) => None,
            (Ahead::Window { line_ends }, Some(window)) => {
                Some(LineMasks { name_ends: window::name_ends(window), line_ends })
            }
            (_, Some(window)) => {
                let line_ends = window::line_ends(window);
                Some(LineMasks { name_ends: window::name_ends(window), line_ends })
            }
            (Ahead::Last { masks, len }, None) if usize::from(len) == input.len() => Some(masks),
            (_, None) => Some(LineMasks::of_last(input)),
        }
    }

    /// Reads a line, or goes on where its octets ended before: the slow path.
    pub(crate) fn read<'a>(
        &mut self,
        input: &'a [u8],
        limits: &SectionLimits,
    ) -> Result<Line<'a>, Fault> {
        let (name_len, scanned) = match (self.ahead, input) {
            (Ahead::Cut { name_len, scanned }, _) => (to_usize(name_len), to_usize(scanned)),
            (_, [] | [b'\r']) => return Ok(Line::Unfinished),
            (_, [b'\r', b'\n', ..]) => return Ok(Line::Empty),
            (_, [b'\r', ..]) => return Err(Fault::new(ErrorKind::BareCr, 1)),
            (_, &[first, ..]) if !octet::is_tchar(first) => {
                return Err(Fault::new(self.unfit_start(first, limits), 0));
            }
            _ if self.lines_left == 0 => return Err(Fault::new(limits.too_many_lines, 0)),
            _ => (0, 0),
        };
        let (room, too_long) = self.room(limits);
        // Ends with the octet that exceeds the limit, so that nothing after it is scanned.
        let window = input.get(..=room).unwrap_or(input);
        let (name_len, scanned) = match name_len {
            0 => match scan::token_len(window, scanned) {
                len if len > room => return Err(Fault::new(too_long, room)),
                len => match window.get(len) {
                    None => return Ok(self.cut(0, len)),
                    Some(b':') => (len, len.saturating_add(":".len())),
                    Some(&octet) => return Err(Fault::new(unfit_in_name(octet), len)),
                },
            },
            name_len => (name_len, scanned),
        };
        let line_len = scan::field_value_len(window, scanned);
        match window.get(line_len) {
            None if line_len > room => return Err(Fault::new(too_long, room)),
            None => return Ok(self.cut(name_len, line_len)),
            Some(b'\r') => {}
            Some(b'\n') => return Err(Fault::new(ErrorKind::BareLf, line_len)),
            Some(_) => return Err(Fault::new(ErrorKind::InvalidFieldValue, line_len)),
        }

        // The section counts the CRLF, too. Either of its octets may exceed the limit.
        let room = to_usize(self.octets_left);
        let lf = line_len.saturating_add(1);
        if room < lf {
            return Err(Fault::new(limits.too_large, line_len));
        }
        match input.get(lf) {
            None => return Ok(self.cut(name_len, line_len)),
            Some(b'\n') if room == lf => return Err(Fault::new(limits.too_large, lf)),
            Some(b'\n') => {}
            Some(_) => return Err(Fault::new(ErrorKind::BareCr, lf)),
        }

        let value_start = name_len.saturating_add(":".len());
        let name = input.get(..name_len).unwrap_or_default();
        let value = input.get(value_start..line_len).unwrap_or_default();
        let len = lf.saturating_add(1);
        *self = Self::new(
            self.octets_left.saturating_sub(to_u32(len)),
            self.lines_left.saturating_sub(1),
        );
        Ok(Line::Field(Field { name, value: trim(value) }, len))
    }

    /// Records how far an incomplete line has been scanned.
    fn cut(&mut self, name_len: usize, scanned: usize) -> Line<'static> {
        self.ahead = Ahead::Cut { name_len: to_u32(name_len), scanned: to_u32(scanned) };
        Line::Unfinished
    }

    /// Returns the number of octets that the line may have, and the error for the next one.
    fn room(&self, limits: &SectionLimits) -> (usize, ErrorKind) {
        if limits.line <= self.octets_left {
            (to_usize(limits.line), ErrorKind::FieldLineTooLong)
        } else {
            (to_usize(self.octets_left), limits.too_large)
        }
    }

    /// Returns the error for a line that starts with this octet.
    fn unfit_start(&self, octet: u8, limits: &SectionLimits) -> ErrorKind {
        match octet {
            b' ' | b'\t' if self.lines_left == limits.lines => limits.whitespace_first,
            b' ' | b'\t' => ErrorKind::LineFolding,
            b'\n' => ErrorKind::BareLf,
            _ => ErrorKind::InvalidFieldName,
        }
    }
}

fn unfit_in_name(octet: u8) -> ErrorKind {
    match octet {
        b' ' | b'\t' => ErrorKind::WhitespaceBeforeColon,
        _ => ErrorKind::InvalidFieldName,
    }
}

/// Removes the OWS around a value: SP and HTAB, and nothing else that some languages call a space
/// (RFC 9110 section 5.6.3).
#[inline(always)]
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Trims a value, out of line: values with more whitespace than one space before them are rare.
#[cold]
#[inline(never)]
fn trim_rarely(value: &[u8]) -> &[u8] {
    trim(value)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;

    use super::{Limits, Section};

    /// The slow path reads all other lines with the same result: only this test and the time show
    /// whether the fast path takes ordinary ones.
    #[test]
    fn usual_lines_are_read_the_usual_way() {
        let in_names = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-']).cycle();
        let in_values = ('!'..='~').cycle();
        for name_len in 1..32 {
            for value_len in 1..130 {
                for rest in ["\r\n\r\n", "Accept: */*\r\nX: y\r\n\r\n"] {
                    let name: String = in_names.clone().skip(value_len).take(name_len).collect();
                    let value: String = in_values.clone().skip(name_len).take(value_len).collect();
                    let line = format!("{name}: {value}\r\n");
                    let input = format!("{line}{rest}");
                    if input.len() < 16 {
                        continue;
                    }
                    let mut limits = Limits::new();
                    limits.header_lines = 1;
                    limits.field_line = u32::try_from(line.len() - 2).expect("a short line");
                    limits.header_section = limits.field_line + 2;
                    let read = |limits: &Limits| {
                        Section::new(limits.header_section, limits.header_lines)
                            .read_fast(input.as_bytes(), limits.field_line)
                            .map(|(field, rest, _)| (field.name, field.value, rest))
                    };
                    let expected = (name.as_bytes(), value.as_bytes(), rest.as_bytes());
                    assert_eq!(read(&limits), Some(expected), "{input:?}");

                    // The slow path judges a limit at the octet that exceeds it.
                    for change in [
                        |limits: &mut Limits| limits.header_lines -= 1,
                        |limits: &mut Limits| limits.field_line -= 1,
                        |limits: &mut Limits| limits.header_section -= 1,
                    ] {
                        let mut less = limits;
                        change(&mut less);
                        assert_eq!(read(&less), None, "{input:?}");
                    }
                }
            }
        }
    }
}
