//! Field lines of the header section and of the trailer section.
//!
//! field-line = field-name ":" OWS field-value OWS (RFC 9112 section 5)

use crate::error::ErrorKind;
use crate::event::Field;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::number::{to_u32, to_usize};
use crate::octet;
use crate::scan::{self, LineMasks};

/// How far a section of field lines has been read.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Octets of the lines taken so far, each with its CRLF.
    pub(crate) octets: u32,
    /// Lines taken so far.
    lines: u32,
    /// Octets of the name of a line that was cut short in its value, else 0.
    name_len: u32,
    /// Octets of that value, or else of the name, that are known to be fine.
    scanned: u32,
}

/// The limits of a section, and what passing them is called.
pub(crate) struct SectionLimits {
    line: u32,
    octets: u32,
    lines: u32,
    too_large: ErrorKind,
    too_many_lines: ErrorKind,
    /// Whitespace at the start of the first line. In others it is line folding.
    whitespace_first: ErrorKind,
}

impl SectionLimits {
    #[inline(always)]
    pub(crate) const fn header(limits: &Limits) -> Self {
        Self {
            line: limits.field_line,
            octets: limits.header_section,
            lines: limits.header_lines,
            too_large: ErrorKind::HeaderSectionTooLarge,
            too_many_lines: ErrorKind::TooManyHeaderLines,
            whitespace_first: ErrorKind::WhitespaceBeforeFields,
        }
    }

    pub(crate) const fn trailer(limits: &Limits) -> Self {
        Self {
            line: limits.field_line,
            octets: limits.trailer_section,
            lines: limits.trailer_lines,
            too_large: ErrorKind::TrailerSectionTooLarge,
            too_many_lines: ErrorKind::TooManyTrailerLines,
            whitespace_first: ErrorKind::LineFolding,
        }
    }
}

/// What stands at the start of the input.
pub(crate) enum Line<'a> {
    /// A line that isn't all there yet.
    Unfinished,
    /// A field line of that many octets, its CRLF included.
    Field(Field<'a>, usize),
    /// The empty line that ends the section.
    Empty,
}

impl Section {
    pub(crate) const fn new() -> Self {
        Self { octets: 0, lines: 0, name_len: 0, scanned: 0 }
    }

    /// Reads a usual line that is all there, fast. Returns `None` for all else, which
    /// [`read`](Self::read) then looks at from where it stands.
    #[inline(always)]
    pub(crate) fn read_usual<'a>(
        &mut self,
        input: &'a [u8],
        limits: &SectionLimits,
    ) -> Option<(Field<'a>, &'a [u8])> {
        if self.name_len | self.scanned != 0 || input.first() == Some(&b'\r') {
            return None;
        }
        let masks = LineMasks::new(input)?;
        let mut line_len = masks.line_len();
        if line_len == LineMasks::OCTETS {
            line_len = line_len.wrapping_add(scan::visible_len(input.get(LineMasks::OCTETS..)?));
        }
        let (line, rest) = input.split_at_checked(line_len)?;
        let rest = rest.strip_prefix(b"\r\n")?;
        let (name, value) = line.split_at_checked(masks.name_len())?;
        let value = value.strip_prefix(b":")?;
        if name.is_empty() || line_len > to_usize(limits.line) || self.lines >= limits.lines {
            return None;
        }
        let octets = self.octets.checked_add(u32::try_from(line_len).ok()?)?.checked_add(2)?;
        if octets > limits.octets {
            return None;
        }
        self.octets = octets;
        self.lines = self.lines.wrapping_add(1);
        Some((Field { name, value: trim(value) }, rest))
    }

    /// Reads a line, or goes on reading it where its octets ended before.
    pub(crate) fn read<'a>(
        &mut self,
        input: &'a [u8],
        limits: &SectionLimits,
    ) -> Result<Line<'a>, Fault> {
        match input {
            [] | [b'\r'] => return Ok(Line::Unfinished),
            [b'\r', b'\n', ..] => return Ok(Line::Empty),
            [b'\r', ..] => return Err(Fault::new(ErrorKind::BareCr, 1)),
            &[first, ..] if !octet::is_tchar(first) => {
                return Err(Fault::new(self.unfit_start(first, limits), 0));
            }
            _ if self.lines >= limits.lines => return Err(Fault::new(limits.too_many_lines, 0)),
            _ => {}
        }

        let (room, too_long) = self.room(limits);
        // Up to the octet that passes the limit, so that nothing after it is looked at.
        let window = input.get(..=room).unwrap_or(input);
        if self.name_len == 0 {
            let name_len = scan::resume(window, to_usize(self.scanned), scan::token_len);
            match window.get(name_len) {
                None if name_len > room => return Err(Fault::new(too_long, room)),
                None => {
                    self.scanned = to_u32(name_len);
                    return Ok(Line::Unfinished);
                }
                Some(b':') => {
                    self.name_len = to_u32(name_len);
                    self.scanned = 0;
                }
                Some(&octet) => return Err(Fault::new(unfit_in_name(octet), name_len)),
            }
        }

        let name_len = to_usize(self.name_len);
        let value_start = name_len.saturating_add(":".len());
        let known = value_start.saturating_add(to_usize(self.scanned));
        let line_len = scan::resume(window, known, scan::field_value_len);
        match window.get(line_len) {
            None if line_len > room => return Err(Fault::new(too_long, room)),
            None => {
                self.scanned = to_u32(line_len.saturating_sub(value_start));
                return Ok(Line::Unfinished);
            }
            Some(b'\r') => {}
            Some(b'\n') => return Err(Fault::new(ErrorKind::BareLf, line_len)),
            Some(_) => return Err(Fault::new(ErrorKind::InvalidFieldValue, line_len)),
        }

        // The section counts the CRLF, too. The limit may be passed by either of its octets.
        let room = to_usize(limits.octets.saturating_sub(self.octets));
        let lf = line_len.saturating_add(1);
        if room < lf {
            return Err(Fault::new(limits.too_large, line_len));
        }
        match input.get(lf) {
            None => {
                self.scanned = to_u32(line_len.saturating_sub(value_start));
                return Ok(Line::Unfinished);
            }
            Some(b'\n') if room == lf => return Err(Fault::new(limits.too_large, lf)),
            Some(b'\n') => {}
            Some(_) => return Err(Fault::new(ErrorKind::BareCr, lf)),
        }

        let name = input.get(..name_len).unwrap_or_default();
        let value = input.get(value_start..line_len).unwrap_or_default();
        let len = lf.saturating_add(1);
        *self = Self {
            octets: self.octets.saturating_add(to_u32(len)),
            lines: self.lines.saturating_add(1),
            ..Self::new()
        };
        Ok(Line::Field(Field { name, value: trim(value) }, len))
    }

    /// How many octets the line may have, and what one more is called.
    fn room(&self, limits: &SectionLimits) -> (usize, ErrorKind) {
        let section = limits.octets.saturating_sub(self.octets);
        if limits.line <= section {
            (to_usize(limits.line), ErrorKind::FieldLineTooLong)
        } else {
            (to_usize(section), limits.too_large)
        }
    }

    /// What it is called that a line starts with this octet.
    fn unfit_start(&self, octet: u8, limits: &SectionLimits) -> ErrorKind {
        match octet {
            b' ' | b'\t' if self.lines == 0 => limits.whitespace_first,
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

/// Without the OWS around it: SP and HTAB, and nothing else that some call a space
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

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;

    use super::{Limits, Section, SectionLimits};

    /// All that it doesn't take is read the other way: that it takes what it should shows
    /// nowhere but here, and in the time.
    #[test]
    fn usual_lines_are_read_the_usual_way() {
        let in_names = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-']).cycle();
        let in_values = ('!'..='~').cycle();
        for name_len in 1..=32 {
            for value_len in 0..130 {
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
                        Section::new()
                            .read_usual(input.as_bytes(), &SectionLimits::header(limits))
                            .map(|(field, rest)| (field.name, field.value, rest))
                    };
                    let expected = (name.as_bytes(), value.as_bytes(), rest.as_bytes());
                    assert_eq!(read(&limits), Some(expected), "{input:?}");

                    // Limits are judged at their octet, which is the other way's to find.
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
