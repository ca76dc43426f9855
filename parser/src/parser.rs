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
//! Lines are read whole: a line that isn't all there stays with the caller, and the phase
//! remembers how far it has been looked at.

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
use crate::request_line::{self, Progress};
use crate::target::Form;

/// Turns the bytes of HTTP/1 requests into [`Event`]s.
///
/// It does no I/O and keeps no bytes: the caller owns the buffer, presents what it has,
/// and keeps what was left. See the [crate documentation](crate) for the loop and for
/// what is promised.
///
/// ```
/// use h1events::{Event, RequestParser};
///
/// let mut parser = RequestParser::new();
/// let mut input: &[u8] = b"GET /hello HTTP/1.1\r\nHost: example.org\r\n\r\n";
/// while let Some(event) = parser.next_event(&mut input)? {
///     if let Event::RequestLine(line) = event {
///         assert_eq!(line.target, b"/hello");
///     }
/// }
/// assert!(parser.is_idle());
/// # Ok::<(), h1events::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestParser {
    limits: Limits,
    /// Octets consumed since the last `End`, those of the header section not until its
    /// end; once failed, the offset of the error.
    offset: u64,
    phase: Phase,
    allow_non_ascii_target: bool,
    allow_any_host: bool,
}

/// With a tag of its own: reading one that hides in a payload takes more than a load.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
enum Phase {
    RequestLine(Progress),
    Header { head: Head, section: Section },
    Content { remaining: u64 },
    Chunked(Chunked),
    Trailer(Section),
    End,
    Failed(ErrorKind),
}

impl RequestParser {
    /// A parser with the default [`Limits`].
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(Limits::new())
    }

    /// A parser with these limits.
    #[must_use]
    pub const fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            offset: 0,
            phase: Phase::START,
            allow_non_ascii_target: false,
            allow_any_host: false,
        }
    }

    /// Whether a request target may have bytes from 0x80. They are refused unless allowed:
    /// no grammar has them, but some clients send UTF-8 there.
    ///
    /// ```
    /// use h1events::RequestParser;
    ///
    /// let line = "GET /caf\u{e9} HTTP/1.1\r\n".as_bytes();
    /// assert!(RequestParser::new().next_event(&mut &line[..]).is_err());
    ///
    /// let mut parser = RequestParser::new().allow_non_ascii_target(true);
    /// assert!(parser.next_event(&mut &line[..]).is_ok());
    /// ```
    #[must_use]
    pub const fn allow_non_ascii_target(mut self, allow: bool) -> Self {
        self.allow_non_ascii_target = allow;
        self
    }

    /// Whether a Host value may be any field value. By default it has to be a host with an
    /// optional port, and in HTTP/1.1 it may be empty only beside an absolute target.
    ///
    /// Some clients can't do better. HomeKit sends `Living\032Room._hap._tcp.local` to an
    /// accessory with a space in its name. Health checks of F5 and Tengine, and old versions of
    /// Docker, send an empty value. The number of Host lines is judged as ever.
    ///
    /// ```
    /// use h1events::{Error, RequestParser};
    ///
    /// fn parse(mut parser: RequestParser, mut input: &[u8]) -> Result<(), Error> {
    ///     while parser.next_event(&mut input)?.is_some() {}
    ///     Ok(())
    /// }
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: Living\\032Room\r\n\r\n";
    /// assert!(parse(RequestParser::new(), head).is_err());
    /// assert!(parse(RequestParser::new().allow_any_host(true), head).is_ok());
    /// ```
    #[must_use]
    pub const fn allow_any_host(mut self, allow: bool) -> Self {
        self.allow_any_host = allow;
        self
    }

    /// The next event, and the input moved past the bytes it stands for.
    ///
    /// `Ok(None)` means: no event until more bytes come. Keep what is left of the input,
    /// append what arrives, and call again.
    ///
    /// # Errors
    ///
    /// The input breaks a rule. The error is final: every later call returns it again
    /// and consumes nothing. Answer with [`Error::status`] and close the connection.
    // The fast path of each phase is inlined into the caller's loop, and each of its events returns
    // from its own place: the compiler decides the caller's `match` there, and no event goes through
    // memory.
    #[inline(always)]
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        let limits = &self.limits;
        if let Phase::Header { head, section } = &mut self.phase {
            let left = section.octets_left;
            if let Some((field, rest)) = section.read_fast(input, limits.field_line) {
                if name::may_affect_head(field.name) {
                    let octets = input.get(field.name.len()..).and_then(|octets| octets.get(2..));
                    let line = limits.header_section.wrapping_sub(left);
                    head.field_fast(field, octets.unwrap_or_default(), line);
                }
                *input = rest;
                return Ok(Some(Event::Header(field)));
            }
            if let [b'\r', b'\n', rest @ ..] = *input
                && let Some(framing) = head.judge_fast(limits.content)
            {
                let len = limits.header_section.wrapping_sub(left);
                self.offset = self.offset.wrapping_add(u64::from(len)).wrapping_add(2);
                self.phase = Phase::after_head(framing.body);
                *input = rest;
                return Ok(Some(Event::HeadEnd(framing)));
            }
        } else if let Phase::RequestLine(progress) = &self.phase {
            if progress.is_none()
                && let Some((line, rest, last)) = request_line::read_fast(input, limits)
            {
                let len = input.len().wrapping_sub(rest.len());
                self.offset = self.offset.wrapping_add(to_u64(len));
                self.phase = Phase::Header {
                    head: Head::new(line.version, Form::Origin, self.allow_any_host),
                    section: Section::new(limits.header_section, limits.header_lines),
                };
                if let (Some(masks), Phase::Header { section, .. }) = (last, &mut self.phase) {
                    section.ahead.set_after(input, masks, len);
                }
                *input = rest;
                return Ok(Some(Event::RequestLine(line)));
            }
        } else if let Phase::Chunked(chunked) = &mut self.phase {
            if let Some((data, rest)) = chunked.read_fast(input, limits) {
                let len = input.len().wrapping_sub(rest.len());
                self.offset = self.offset.wrapping_add(to_u64(len));
                *input = rest;
                return Ok(Some(Event::Body(data)));
            }
        } else if let Phase::End = self.phase {
            return Ok(Some(self.end()));
        }
        let (result, rest) = self.next_event_slow(input);
        *input = rest;
        result
    }

    /// Says that the input has ended, after `next_event` has returned `Ok(None)` and left `rest`.
    ///
    /// Ignored empty lines are no request. Half of one is: a CR alone that is left at the end of
    /// the input is the start of something that never came.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedEnd`] unless the parser is [idle](Self::is_idle) and nothing
    /// is left; or the error that the parser has failed with.
    ///
    /// ```
    /// use h1events::{ErrorKind, RequestParser};
    ///
    /// let mut parser = RequestParser::new();
    /// assert!(parser.finish(b"").is_ok());
    ///
    /// let mut input: &[u8] = b"GET / HTT";
    /// assert_eq!(parser.next_event(&mut input), Ok(None));
    /// assert_eq!(parser.finish(input).unwrap_err().kind(), ErrorKind::UnexpectedEnd);
    /// ```
    pub fn finish(&self, rest: &[u8]) -> Result<(), Error> {
        match self.phase {
            Phase::Failed(kind) => Err(Error::new(kind, self.offset)),
            _ if self.is_idle() && rest.is_empty() => Ok(()),
            _ => Err(Error::new(
                ErrorKind::UnexpectedEnd,
                self.consumed().saturating_add(to_u64(rest.len())),
            )),
        }
    }

    /// Whether the parser is between requests: no byte of the next one has been seen, ignored
    /// empty lines aside.
    ///
    /// A CR that was left unconsumed may become an empty line, so that it changes nothing here.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(&self.phase, Phase::RequestLine(progress) if progress.is_none())
    }

    /// Octets consumed since the last `End`.
    fn consumed(&self) -> u64 {
        match &self.phase {
            Phase::Header { section, .. } => {
                let len = section.octets(self.limits.header_section);
                self.offset.saturating_add(u64::from(len))
            }
            _ => self.offset,
        }
    }

    /// The slow path, which judges all that the fast path doesn't take. The input is passed by
    /// value, so that the caller's can stay in registers.
    #[cold]
    #[inline(never)]
    fn next_event_slow<'a>(
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

    #[inline(always)]
    fn event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
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
                        let mut section =
                            Section::new(self.limits.trailer_section, self.limits.trailer_lines);
                        let line = section.read(input, &SectionLimits::trailer(&self.limits));
                        self.phase = Phase::Trailer(section);
                        self.trailer(line, input)
                    }
                    Err(fault) => self.fail(fault),
                }
            }
            Phase::Trailer(section) => {
                let line = section.read(input, &SectionLimits::trailer(&self.limits));
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

    /// Counts what has been consumed since so many octets were unread.
    fn count(&mut self, unread: usize, rest: &[u8]) {
        self.offset = self.offset.saturating_add(to_u64(unread.saturating_sub(rest.len())));
    }
}

impl Default for RequestParser {
    fn default() -> Self {
        Self::new()
    }
}

impl Phase {
    const START: Self = Self::RequestLine(Progress::new());

    const fn after_head(body: BodyLength) -> Self {
        match body {
            BodyLength::None | BodyLength::Length(0) => Self::End,
            BodyLength::Length(remaining) => Self::Content { remaining },
            BodyLength::Chunked => Self::Chunked(Chunked::new()),
        }
    }
}

const _: () = assert!(size_of::<RequestParser>() <= 128);
