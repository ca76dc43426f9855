//! The phases of a request, and all transitions between them.
//!
//! ```text
//!      +-> RequestLine --> Header --+-> End --+        empty lines before a request are skipped
//!      |                            |    ^    |
//!      |                            |    |    |        each phase --> Failed, and stays there
//!      |    (Content-Length)        +-> Content
//!      |                            |    ^    |
//!      |    (chunked)               +-> Chunked --> Trailer --> End
//!      |                                                         |
//!      +---------------------------------------------------------+
//! ```
//!
//! Lines are read whole: an incomplete line stays with the caller, and the phase remembers how far
//! it has been scanned.
//!
//! Each phase has a fast path for complete and ordinary input, which is almost all, and a slow
//! path, which judges the rest. The fast path takes nothing that the slow path would refuse or take
//! in another way, so the two differ only in time.

use crate::chunk::{Chunked, Part};
use crate::content::take_up_to;
use crate::error::{Error, ErrorKind};
use crate::event::{BodyLength, Event, Framing};
use crate::fault::Fault;
use crate::field::{Line, Section, SectionLimits};
use crate::framing::Head;
use crate::limits::Limits;
use crate::name;
use crate::number::to_u64;
use crate::parser::RequestParser;
use crate::request_line::{self, Progress};
use crate::target::Form;

/// The phase of a request. `repr(u8)` gives it a tag of its own: to read a tag that is hidden in a
/// payload takes more than a load.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Phase {
    RequestLine(Progress),
    Header { head: Head, section: Section },
    Content { remaining: u64 },
    Chunked(Chunked),
    Trailer(Section),
    End,
    Failed(ErrorKind),
}

impl Phase {
    pub(crate) const START: Self = Self::RequestLine(Progress::new());

    const fn trailer(limits: &Limits) -> Self {
        Self::Trailer(Section::new(limits.trailer_section, limits.trailer_lines))
    }

    const fn is_in_head(&self) -> bool {
        matches!(self, Self::RequestLine(_) | Self::Header { .. })
    }

    const fn after_head(body: BodyLength) -> Self {
        match body {
            BodyLength::None | BodyLength::Length(0) => Self::End,
            BodyLength::Length(remaining) => Self::Content { remaining },
            BodyLength::Chunked => Self::Chunked(Chunked::new()),
        }
    }
}

impl RequestParser {
    /// Takes the fast path of the phase if it can, else the slow path.
    #[inline(always)]
    pub(crate) fn advance<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        let limits = &self.limits;
        let unread = input.len();
        // With this test first, the compiler makes no table of all phases to jump through, which
        // would take longer.
        if self.phase.is_in_head() {
            if let Phase::Header { head, section } = &mut self.phase {
                let before = *section;
                if let Some((field, rest, masks)) = section.read_fast(input, limits.field_line) {
                    if name::may_affect_head(field.name) {
                        let line = before.octets(limits.header_section);
                        head.field_fast(field, input, masks, line);
                    }
                    *input = rest;
                    return Ok(Some(Event::Header(field)));
                }
                if let [b'\r', b'\n', rest @ ..] = *input
                    && let Some(framing) = head.judge_fast(limits.content)
                {
                    let section = u64::from(section.octets(limits.header_section));
                    self.offset = self.offset.wrapping_add(section);
                    self.phase = Phase::after_head(framing.body);
                    *input = rest;
                    self.count(unread, rest);
                    return Ok(Some(Event::HeadEnd(framing)));
                }
            } else if let Phase::RequestLine(progress) = &self.phase
                && progress.is_none()
                && let Some((line, rest, last)) = request_line::read_fast(input, limits)
            {
                self.phase = Phase::Header {
                    head: Head::new(line.version, Form::Origin, self.allow_any_host),
                    section: Section::new(limits.header_section, limits.header_lines),
                };
                if let (Phase::Header { section, .. }, Some(masks)) = (&mut self.phase, last) {
                    section.look_ahead(input, masks, rest);
                }
                *input = rest;
                self.count(unread, rest);
                return Ok(Some(Event::RequestLine(line)));
            }
        } else if let Phase::Chunked(chunked) = &mut self.phase {
            if let Some((data, rest)) = chunked.read_fast(input, limits) {
                *input = rest;
                self.count(unread, rest);
                if !data.is_empty() {
                    return Ok(Some(Event::Body(data)));
                }
                if let [b'\r', b'\n', rest @ ..] = rest {
                    *input = rest;
                    return Ok(Some(self.end()));
                }
                self.phase = Phase::trailer(&self.limits);
            }
        } else if let Phase::End = self.phase {
            return Ok(Some(self.end()));
        }
        let (result, rest) = self.next_event_slow(input);
        *input = rest;
        result
    }

    /// Takes the slow path, unless the line is still incomplete. The input is passed by value, so
    /// that the caller's can stay in registers.
    #[cold]
    #[inline(never)]
    pub(crate) fn next_event_slow<'a>(
        &mut self,
        mut input: &'a [u8],
    ) -> (Result<Option<Event<'a>>, Error>, &'a [u8]) {
        let is_still_cut = match &mut self.phase {
            Phase::RequestLine(progress) => progress.is_still_cut(input, &self.limits),
            Phase::Header { section, .. } => section.is_still_cut(input, self.limits.field_line),
            _ => false,
        };
        let result = if is_still_cut { Ok(None) } else { self.event(&mut input) };
        (result, input)
    }

    /// Takes the slow path of the phase, which judges.
    fn event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        #[cfg(test)]
        tests::SLOW_CALLS.set(tests::SLOW_CALLS.get().saturating_add(1));
        let unread = input.len();
        match &mut self.phase {
            Phase::RequestLine(progress) => {
                let line = progress.read(input, &self.limits, self.allow_non_ascii_target);
                self.count(unread, input);
                self.request_line(line)
            }
            Phase::Header { head, section } => {
                let line = section.octets(self.limits.header_section);
                match section.read(input, &SectionLimits::header(&self.limits)) {
                    Ok(Line::Unfinished) => Ok(None),
                    Ok(Line::Field(field, len)) => {
                        head.field(field.name, field.value, line);
                        *input = input.get(len..).unwrap_or_default();
                        Ok(Some(Event::Header(field)))
                    }
                    Ok(Line::Empty) => {
                        let framing = head.judge(line, self.limits.content);
                        self.end_of_head(framing, input)
                    }
                    Err(fault) => self.fail(fault),
                }
            }
            Phase::Content { remaining } => {
                let data = take_up_to(input, remaining);
                let is_whole = *remaining == 0;
                self.count(unread, input);
                if is_whole {
                    self.phase = Phase::End;
                }
                Ok((!data.is_empty()).then_some(Event::Body(data)))
            }
            Phase::Chunked(chunked) => {
                let part = chunked.read(input, &self.limits);
                self.count(unread, input);
                match part {
                    Ok(Part::Unfinished) => Ok(None),
                    Ok(Part::Data(data)) => Ok(Some(Event::Body(data))),
                    Ok(Part::LastChunk) => {
                        self.phase = Phase::trailer(&self.limits);
                        self.event(input)
                    }
                    Err(fault) => self.fail(fault),
                }
            }
            Phase::Trailer(section) => {
                let line = match section.read_fast(input, self.limits.field_line) {
                    Some((field, rest, _)) => {
                        Ok(Line::Field(field, unread.wrapping_sub(rest.len())))
                    }
                    None => section.read(input, &SectionLimits::trailer(&self.limits)),
                };
                self.trailer(line, input)
            }
            Phase::End => Ok(Some(self.end())),
            Phase::Failed(kind) => Err(Error::new(*kind, self.offset)),
        }
    }

    fn request_line<'a>(
        &mut self,
        line: Result<Option<request_line::Line<'a>>, Fault>,
    ) -> Result<Option<Event<'a>>, Error> {
        match line {
            Ok(Some(line)) => {
                let head = Head::new(line.line.version, line.form, self.allow_any_host);
                let section = Section::new(self.limits.header_section, self.limits.header_lines);
                self.phase = Phase::Header { head, section };
                Ok(Some(Event::RequestLine(line.line)))
            }
            Ok(None) => Ok(None),
            Err(fault) => self.fail(fault),
        }
    }

    fn end_of_head<'a>(
        &mut self,
        framing: Result<Framing, Fault>,
        input: &mut &'a [u8],
    ) -> Result<Option<Event<'a>>, Error> {
        match framing {
            Ok(framing) => {
                self.offset = self.consumed();
                self.phase = Phase::after_head(framing.body);
                self.consume(input, "\r\n".len());
                Ok(Some(Event::HeadEnd(framing)))
            }
            Err(fault) => self.fail(fault),
        }
    }

    fn trailer<'a>(
        &mut self,
        line: Result<Line<'a>, Fault>,
        input: &mut &'a [u8],
    ) -> Result<Option<Event<'a>>, Error> {
        match line {
            Ok(Line::Unfinished) => Ok(None),
            Ok(Line::Field(field, _)) if name::is_forbidden_in_trailers(field.name) => {
                self.fail(Fault::new(ErrorKind::ForbiddenTrailer, 0))
            }
            Ok(Line::Field(field, len)) => {
                self.consume(input, len);
                Ok(Some(Event::Trailer(field)))
            }
            Ok(Line::Empty) => {
                self.consume(input, "\r\n".len());
                Ok(Some(self.end()))
            }
            Err(fault) => self.fail(fault),
        }
    }

    #[inline(always)]
    fn end(&mut self) -> Event<'static> {
        self.phase = Phase::START;
        self.offset = 0;
        Event::End
    }

    #[cold]
    fn fail<T>(&mut self, fault: Fault) -> Result<T, Error> {
        let ahead = self.consumed().saturating_add(to_u64(fault.ahead));
        self.offset = ahead.saturating_sub(u64::from(fault.behind));
        self.phase = Phase::Failed(fault.kind);
        Err(Error::new(fault.kind, self.offset))
    }

    fn consume(&mut self, input: &mut &[u8], len: usize) {
        let unread = input.len();
        *input = input.get(len..).unwrap_or_default();
        self.count(unread, input);
    }

    /// Counts the octets that have been consumed since `unread` were left: fewer than 2^64 in all.
    fn count(&mut self, unread: usize, rest: &[u8]) {
        self.offset = self.offset.wrapping_add(to_u64(unread.wrapping_sub(rest.len())));
    }

    /// Returns the octets consumed since the last `End`.
    pub(crate) fn consumed(&self) -> u64 {
        match &self.phase {
            Phase::Header { section, .. } => {
                let len = section.octets(self.limits.header_section);
                self.offset.saturating_add(u64::from(len))
            }
            _ => self.offset,
        }
    }
}

#[cfg(test)]
mod tests;
