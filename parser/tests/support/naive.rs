//! A parser written for nothing but correctness. It has all of the input, and takes one octet
//! after another. It checks first whether the octet is allowed there, then whether it exceeds a
//! limit. From the crate it uses only the types of results.

#![allow(dead_code, reason = "not every test uses all of it")]

#[path = "naive_chunks.rs"]
mod chunks;

use h1events::{BodyLength, ErrorKind, Limits};

use crate::grammar::{is_obs_text, is_scheme, is_space, is_tchar, is_vchar};
use crate::oracle::{Head, is_valid_host, is_valid_port, judge, split_port, trim};
use crate::support::{Options, Owned};

#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    Idle,
    Incomplete,
    /// The kind, and the offset from the start of the input.
    Error(ErrorKind, u64),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) events: Vec<Owned>,
    /// The number of octets consumed after each event.
    pub(crate) places: Vec<usize>,
    pub(crate) ending: Ending,
}

/// Parses without limits, except for the number of empty lines and the length of the method.
pub(crate) fn parse(input: &[u8], options: Options) -> (Vec<Owned>, Ending) {
    let mut limits = Limits::new();
    for limit in [
        &mut limits.target,
        &mut limits.field_line,
        &mut limits.header_section,
        &mut limits.header_lines,
        &mut limits.chunk_line,
        &mut limits.chunk_extensions,
        &mut limits.trailer_section,
        &mut limits.trailer_lines,
    ] {
        *limit = u32::MAX;
    }
    let parsed = parse_within(limits, input, options);
    (parsed.events, parsed.ending)
}

pub(crate) fn parse_within(limits: Limits, input: &[u8], options: Options) -> Parsed {
    let (events, places) = (vec![], vec![]);
    let mut naive = Naive { limits, input, at: 0, options, events, places };
    loop {
        if let Err(ending) = naive.request() {
            return Parsed { events: naive.events, places: naive.places, ending };
        }
    }
}

struct Naive<'a> {
    limits: Limits,
    input: &'a [u8],
    /// The next octet.
    at: usize,
    options: Options,
    events: Vec<Owned>,
    places: Vec<usize>,
}

type Name = Vec<u8>;
type Value = Vec<u8>;

/// The limits of a section of field lines, and its size so far.
struct Section {
    max_octets: u32,
    max_lines: u32,
    too_large: ErrorKind,
    too_many_lines: ErrorKind,
    /// Whitespace at the start of the first line.
    whitespace_first: ErrorKind,
    octets: usize,
    lines: usize,
}

impl Naive<'_> {
    fn peek(&self) -> Result<u8, Ending> {
        self.input.get(self.at).copied().ok_or(Ending::Incomplete)
    }

    fn refuse<T>(&self, kind: ErrorKind) -> Result<T, Ending> {
        refuse_at(kind, self.at)
    }

    /// Takes the octets that are allowed, up to the limit. Returns them once the octet after
    /// them is there.
    fn take(
        &mut self,
        is_allowed: impl Fn(u8) -> bool,
        limit: u32,
        too_many: ErrorKind,
    ) -> Result<Vec<u8>, Ending> {
        let mut taken = vec![];
        while is_allowed(self.peek()?) {
            if passes(taken.len(), limit) {
                return self.refuse(too_many);
            }
            taken.push(self.peek()?);
            self.at += 1;
        }
        Ok(taken)
    }

    /// Takes the LF after a CR that has been taken.
    fn line_feed(&mut self) -> Result<(), Ending> {
        if self.peek()? != b'\n' {
            return self.refuse(ErrorKind::BareCr);
        }
        self.at += 1;
        Ok(())
    }

    fn tell(&mut self, event: Owned) {
        self.events.push(event);
        self.places.push(self.at);
    }

    fn request(&mut self) -> Result<(), Ending> {
        let empty_lines = self.empty_lines()?;
        let mut head = self.request_line(empty_lines)?;
        let mut section = Section {
            max_octets: self.limits.header_section,
            max_lines: self.limits.header_lines,
            too_large: ErrorKind::HeaderSectionTooLarge,
            too_many_lines: ErrorKind::TooManyHeaderLines,
            whitespace_first: ErrorKind::WhitespaceBeforeFields,
            octets: 0,
            lines: 0,
        };
        let mut lines = vec![];
        while let Some((start, name, value)) = self.field_line(&mut section)? {
            lines.push(start);
            self.tell(Owned::Header(name.clone(), value.clone()));
            head.fields.push((name, value));
        }
        let framing = judge(&head, self.limits.content, self.options.allow_any_host).map_err(
            |(kind, line)| Ending::Error(kind, line.map_or(self.at - 1, |line| lines[line]) as u64),
        )?;
        self.tell(Owned::HeadEnd(framing));
        match framing.body {
            BodyLength::None => {}
            BodyLength::Length(length) => self.data(length)?,
            BodyLength::Chunked => self.chunked()?,
        }
        self.tell(Owned::End);
        Ok(())
    }

    /// Takes the empty lines before a request. Returns their number once the octet after them
    /// is there.
    fn empty_lines(&mut self) -> Result<usize, Ending> {
        let mut count = 0;
        loop {
            match self.input.get(self.at) {
                None => return Err(Ending::Idle),
                Some(b'\r') if passes(count, self.limits.empty_lines) => {
                    return self.refuse(ErrorKind::TooManyEmptyLines);
                }
                Some(b'\r') => self.at += 1,
                Some(_) => return Ok(count),
            }
            self.line_feed()?;
            count += 1;
        }
    }

    fn request_line(&mut self, empty_lines: usize) -> Result<Head, Ending> {
        // A method that doesn't end is read up to the limit of the target.
        let method = self.take(is_tchar, self.limits.target, ErrorKind::EndlessMethod)?;
        match self.peek()? {
            b' ' if method.len() as u64 > self.limits.method.into() => {
                return self.refuse(ErrorKind::MethodTooLong);
            }
            b' ' if !method.is_empty() => self.at += 1,
            _ if !method.is_empty() => return self.refuse(ErrorKind::InvalidMethod),
            0x16 => return self.refuse(ErrorKind::TlsHandshake),
            0 if empty_lines == 2 => return self.refuse(ErrorKind::ProxyProtocol),
            b'\n' => return self.refuse(ErrorKind::BareLf),
            octet if is_vchar(octet) || is_space(octet) => {
                return self.refuse(ErrorKind::InvalidMethod);
            }
            _ => return self.refuse(ErrorKind::BinaryData),
        }
        let target_start = self.at;
        // A PROXY line has an address instead of a version, or nothing.
        let no_version =
            if method == b"PROXY" { ErrorKind::ProxyProtocol } else { ErrorKind::InvalidVersion };
        let non_ascii = self.options.allow_non_ascii_target;
        let is_allowed =
            |octet| is_vchar(octet) && octet != b'#' || non_ascii && is_obs_text(octet);
        let target = self.take(is_allowed, self.limits.target, ErrorKind::TargetTooLong)?;
        match self.peek()? {
            b' ' if !target.is_empty() => self.at += 1,
            b'\r' if !target.is_empty() => return self.refuse(no_version),
            b'\n' if !target.is_empty() => return self.refuse(ErrorKind::InvalidVersion),
            _ => return self.refuse(ErrorKind::InvalidTarget),
        }
        for expected in "HTTP/".bytes() {
            if self.peek()? != expected {
                return self.refuse(no_version);
            }
            self.at += 1;
        }
        let major_at = self.at;
        let major = self.digit(no_version)?;
        if self.peek()? != b'.' {
            return self.refuse(no_version);
        }
        self.at += 1;
        let minor_version = self.digit(no_version)?;
        match self.peek()? {
            b'\r' => self.at += 1,
            b'\n' => return self.refuse(ErrorKind::BareLf),
            _ => return self.refuse(no_version),
        }
        self.line_feed()?;
        if major != 1 {
            let is_preface = major == 2 && method == b"PRI" && target == b"*";
            let kind =
                if is_preface { ErrorKind::Http2Preface } else { ErrorKind::UnsupportedVersion };
            return refuse_at(kind, major_at);
        }
        if !has_form(&method, &target) {
            return refuse_at(ErrorKind::InvalidTargetForm, target_start);
        }
        let (m, t) = (method.clone(), target.clone());
        self.tell(Owned::RequestLine { method: m, target: t, minor_version });
        Ok(Head { method, target, minor_version, fields: vec![] })
    }

    fn digit(&mut self, otherwise: ErrorKind) -> Result<u8, Ending> {
        let octet = self.peek()?;
        if !octet.is_ascii_digit() {
            return self.refuse(otherwise);
        }
        self.at += 1;
        Ok(octet - b'0')
    }

    /// Takes a field line, and returns where it starts. Returns `None` after the empty line at
    /// the end.
    fn field_line(
        &mut self,
        section: &mut Section,
    ) -> Result<Option<(usize, Name, Value)>, Ending> {
        let start = self.at;
        if self.peek()? == b'\r' {
            self.at += 1;
            self.line_feed()?;
            return Ok(None);
        }
        if is_tchar(self.peek()?) && passes(section.lines, section.max_lines) {
            return self.refuse(section.too_many_lines);
        }
        let name = self.field_octets(is_tchar, start, section)?;
        match self.peek()? {
            b':' if !name.is_empty() => self.field_octet(start, section)?,
            b'\n' if name.is_empty() => return self.refuse(ErrorKind::BareLf),
            octet if !is_space(octet) => return self.refuse(ErrorKind::InvalidFieldName),
            _ if !name.is_empty() => return self.refuse(ErrorKind::WhitespaceBeforeColon),
            _ if section.lines == 0 => return self.refuse(section.whitespace_first),
            _ => return self.refuse(ErrorKind::LineFolding),
        }
        let in_value = |octet| is_vchar(octet) || is_space(octet) || is_obs_text(octet);
        let value = self.field_octets(in_value, start, section)?;
        match self.peek()? {
            b'\r' => self.section_octet(start, section)?,
            b'\n' => return self.refuse(ErrorKind::BareLf),
            _ => return self.refuse(ErrorKind::InvalidFieldValue),
        }
        if self.peek()? != b'\n' {
            return self.refuse(ErrorKind::BareCr);
        }
        self.section_octet(start, section)?;
        section.octets += self.at - start;
        section.lines += 1;
        Ok(Some((start, name, trim(&value).to_vec())))
    }

    fn field_octets(
        &mut self,
        is_allowed: impl Fn(u8) -> bool,
        start: usize,
        section: &Section,
    ) -> Result<Vec<u8>, Ending> {
        let octets_start = self.at;
        while is_allowed(self.peek()?) {
            self.field_octet(start, section)?;
        }
        Ok(self.input[octets_start..self.at].to_vec())
    }

    /// Takes an octet that counts for the line and for the section.
    fn field_octet(&mut self, start: usize, section: &Section) -> Result<(), Ending> {
        if passes(self.at - start, self.limits.field_line) {
            return self.refuse(ErrorKind::FieldLineTooLong);
        }
        self.section_octet(start, section)
    }

    /// Takes an octet that counts for the section only, as CRLF does.
    fn section_octet(&mut self, start: usize, section: &Section) -> Result<(), Ending> {
        if passes(section.octets + self.at - start, section.max_octets) {
            return self.refuse(section.too_large);
        }
        self.at += 1;
        Ok(())
    }

    /// Takes `length` octets of content, or those that are there.
    fn data(&mut self, length: u64) -> Result<(), Ending> {
        let rest = &self.input[self.at..];
        let taken = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
        let data = rest[..taken].to_vec();
        self.at += taken;
        match self.events.last_mut() {
            _ if data.is_empty() => {}
            Some(Owned::Body(body)) => {
                body.extend(data);
                *self.places.last_mut().expect("one for each event") = self.at;
            }
            _ => self.tell(Owned::Body(data)),
        }
        if taken as u64 == length { Ok(()) } else { Err(Ending::Incomplete) }
    }
}

/// Returns whether another octet or line would exceed the limit.
fn passes(count: usize, limit: u32) -> bool {
    count as u64 >= limit.into()
}

fn refuse_at<T>(kind: ErrorKind, at: usize) -> Result<T, Ending> {
    Err(Ending::Error(kind, at as u64))
}

/// Returns whether the target has a form that fits the method (RFC 9112 section 3.2).
fn has_form(method: &[u8], target: &[u8]) -> bool {
    if method == b"CONNECT" {
        let Some((host, port)) = split_port(target) else { return false };
        let is_zero = port.bytes().all(|digit| digit == b'0');
        return is_valid_host(host.as_bytes()) && is_valid_port(port) && !is_zero;
    }
    if target == b"*" {
        return [&b"OPTIONS"[..], b"M-SEARCH", b"NOTIFY"].contains(&method);
    }
    if target.starts_with(b"/") {
        return true;
    }
    // An absolute URI.
    let Some(end) = target.windows(3).position(|octets| octets == b"://") else { return false };
    let authority = target[end + 3..].split(|octet| b"/?".contains(octet)).next();
    is_scheme(&target[..end]) && authority.is_some_and(is_valid_host)
}
