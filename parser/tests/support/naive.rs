//! A parser as it would be written if nothing mattered but to be right: it has all of the
//! input, looks at one octet after the other, and knows no limits but the number of empty
//! lines and the length of the method.

use h1events::{BodyLength, ErrorKind};

use crate::grammar::{is_obs_text, is_space, is_tchar, is_vchar};
use crate::oracle::{Head, is_valid_host, is_valid_port, judge, split_port, trim};
use crate::support::Owned;

#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    Idle,
    Incomplete,
    /// With its offset from the start of the input.
    Error(ErrorKind, u64),
}

pub(crate) fn parse(input: &[u8], allow_non_ascii_target: bool) -> (Vec<Owned>, Ending) {
    let mut naive = Naive { input, at: 0, allow_non_ascii_target, events: vec![] };
    loop {
        match naive.request() {
            Ok(()) => {}
            Err(ending) => return (naive.events, ending),
        }
    }
}

struct Naive<'a> {
    input: &'a [u8],
    /// The next octet.
    at: usize,
    allow_non_ascii_target: bool,
    events: Vec<Owned>,
}

type Name = Vec<u8>;
type Value = Vec<u8>;

impl Naive<'_> {
    fn peek(&self) -> Result<u8, Ending> {
        self.input.get(self.at).copied().ok_or(Ending::Incomplete)
    }

    fn refuse<T>(&self, kind: ErrorKind) -> Result<T, Ending> {
        refuse_at(kind, self.at)
    }

    /// Takes the octets that are allowed. The one after them is there.
    fn take(&mut self, is_allowed: impl Fn(u8) -> bool) -> Result<Vec<u8>, Ending> {
        let start = self.at;
        while is_allowed(self.peek()?) {
            self.at += 1;
        }
        Ok(self.input[start..self.at].to_vec())
    }

    /// Takes the LF after a CR that has been taken.
    fn line_feed(&mut self) -> Result<(), Ending> {
        if self.peek()? != b'\n' {
            return self.refuse(ErrorKind::BareCr);
        }
        self.at += 1;
        Ok(())
    }

    fn request(&mut self) -> Result<(), Ending> {
        if self.at == self.input.len() {
            return Err(Ending::Idle);
        }
        if self.peek()? == b'\r' {
            self.at += 1;
            self.line_feed()?;
            match self.peek() {
                Err(_) => return Err(Ending::Idle),
                Ok(b'\r') => return self.refuse(ErrorKind::TooManyEmptyLines),
                Ok(_) => {}
            }
        }
        let mut head = self.request_line()?;
        let mut lines = vec![];
        while let Some((start, name, value)) = self.field_line(lines.is_empty())? {
            lines.push(start);
            self.events.push(Owned::Header(name.clone(), value.clone()));
            head.fields.push((name, value));
        }
        let framing = judge(&head, u64::MAX).map_err(|(kind, line)| {
            Ending::Error(kind, line.map_or(self.at - 1, |line| lines[line]) as u64)
        })?;
        self.events.push(Owned::HeadEnd(framing));
        match framing.body {
            BodyLength::None => {}
            BodyLength::Length(length) => self.data(length)?,
            BodyLength::Chunked => self.chunked()?,
        }
        self.events.push(Owned::End);
        Ok(())
    }

    fn request_line(&mut self) -> Result<Head, Ending> {
        let method = self.take(is_tchar)?;
        match self.peek()? {
            b' ' if method.len() > 32 => return self.refuse(ErrorKind::MethodTooLong),
            b' ' if !method.is_empty() => self.at += 1,
            _ if !method.is_empty() => return self.refuse(ErrorKind::InvalidMethod),
            0x16 => return self.refuse(ErrorKind::TlsHandshake),
            b'\n' => return self.refuse(ErrorKind::BareLf),
            octet if is_vchar(octet) || is_space(octet) => {
                return self.refuse(ErrorKind::InvalidMethod);
            }
            _ => return self.refuse(ErrorKind::BinaryData),
        }
        let target_start = self.at;
        let non_ascii = self.allow_non_ascii_target;
        let target =
            self.take(|octet| is_vchar(octet) && octet != b'#' || non_ascii && is_obs_text(octet))?;
        match self.peek()? {
            b' ' if !target.is_empty() => self.at += 1,
            b'\r' | b'\n' if !target.is_empty() => return self.refuse(ErrorKind::InvalidVersion),
            _ => return self.refuse(ErrorKind::InvalidTarget),
        }
        for expected in "HTTP/".bytes() {
            if self.peek()? != expected {
                return self.refuse(ErrorKind::InvalidVersion);
            }
            self.at += 1;
        }
        let major_at = self.at;
        let major = self.digit()?;
        if self.peek()? != b'.' {
            return self.refuse(ErrorKind::InvalidVersion);
        }
        self.at += 1;
        let minor_version = self.digit()?;
        match self.peek()? {
            b'\r' => self.at += 1,
            b'\n' => return self.refuse(ErrorKind::BareLf),
            _ => return self.refuse(ErrorKind::InvalidVersion),
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
        self.events.push(Owned::RequestLine { method: m, target: t, minor_version });
        Ok(Head { method, target, minor_version, fields: vec![] })
    }

    fn digit(&mut self) -> Result<u8, Ending> {
        let octet = self.peek()?;
        if !octet.is_ascii_digit() {
            return self.refuse(ErrorKind::InvalidVersion);
        }
        self.at += 1;
        Ok(octet - b'0')
    }

    /// A field line and where it starts, or none but the empty line at the end.
    fn field_line(
        &mut self,
        follows_request_line: bool,
    ) -> Result<Option<(usize, Name, Value)>, Ending> {
        let start = self.at;
        if self.peek()? == b'\r' {
            self.at += 1;
            self.line_feed()?;
            return Ok(None);
        }
        let name = self.take(is_tchar)?;
        match self.peek()? {
            b':' if !name.is_empty() => self.at += 1,
            b'\n' if name.is_empty() => return self.refuse(ErrorKind::BareLf),
            octet if !is_space(octet) => return self.refuse(ErrorKind::InvalidFieldName),
            _ if !name.is_empty() => return self.refuse(ErrorKind::WhitespaceBeforeColon),
            _ if follows_request_line => return self.refuse(ErrorKind::WhitespaceBeforeFields),
            _ => return self.refuse(ErrorKind::LineFolding),
        }
        let value = self.take(|octet| is_vchar(octet) || is_space(octet) || is_obs_text(octet))?;
        match self.peek()? {
            b'\r' => self.at += 1,
            b'\n' => return self.refuse(ErrorKind::BareLf),
            _ => return self.refuse(ErrorKind::InvalidFieldValue),
        }
        self.line_feed()?;
        Ok(Some((start, name, trim(&value).to_vec())))
    }

    /// Takes that many octets of content, or those that are there.
    fn data(&mut self, length: u64) -> Result<(), Ending> {
        let rest = &self.input[self.at..];
        let taken = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
        let data = rest[..taken].to_vec();
        self.at += taken;
        match self.events.last_mut() {
            _ if data.is_empty() => {}
            Some(Owned::Body(body)) => body.extend(data),
            _ => self.events.push(Owned::Body(data)),
        }
        if taken as u64 == length { Ok(()) } else { Err(Ending::Incomplete) }
    }

    fn chunked(&mut self) -> Result<(), Ending> {
        loop {
            let size = self.chunk_line()?;
            if size == 0 {
                break;
            }
            self.data(size)?;
            for expected in *b"\r\n" {
                if self.peek()? != expected {
                    return self.refuse(ErrorKind::InvalidChunkEnd);
                }
                self.at += 1;
            }
        }
        while let Some((start, name, value)) = self.field_line(false)? {
            let forbidden = "transfer-encoding content-length host connection keep-alive \
                             proxy-connection te trailer upgrade expect";
            let lower_case = name.to_ascii_lowercase();
            if forbidden.split(' ').any(|forbidden| forbidden.as_bytes() == lower_case) {
                return refuse_at(ErrorKind::ForbiddenTrailer, start);
            }
            self.events.push(Owned::Trailer(name, value));
        }
        Ok(())
    }

    fn chunk_line(&mut self) -> Result<u64, Ending> {
        let mut size = 0_u128;
        let start = self.at;
        while let Some(digit) = char::from(self.peek()?).to_digit(16) {
            size = size * 16 + u128::from(digit);
            if size > u64::MAX.into() {
                return self.refuse(ErrorKind::ChunkSizeOverflow);
            }
            self.at += 1;
        }
        match self.peek()? {
            b'\n' => return self.refuse(ErrorKind::BareLf),
            b'\r' | b';' | b' ' | b'\t' if self.at > start => {}
            _ => return self.refuse(ErrorKind::InvalidChunkSize),
        }
        // Whether CR may come, which BWS must not stand before.
        let mut may_end = true;
        while !(may_end && self.peek()? == b'\r') {
            self.chunk_space()?;
            self.chunk_octet(|octet| octet == b';')?;
            self.chunk_space()?;
            self.chunk_token()?;
            may_end = !is_space(self.peek()?);
            self.chunk_space()?;
            if self.peek()? == b'=' {
                self.at += 1;
                self.chunk_space()?;
                if self.peek()? == b'"' {
                    self.quoted_string()?;
                } else {
                    self.chunk_token()?;
                }
                may_end = true;
            }
        }
        self.at += 1;
        self.line_feed()?;
        Ok(u64::try_from(size).expect("judged at each digit"))
    }

    /// Takes an octet of a chunk extension that has to be one of these.
    fn chunk_octet(&mut self, is_allowed: impl Fn(u8) -> bool) -> Result<u8, Ending> {
        let octet = self.peek()?;
        if octet == b'\n' {
            return self.refuse(ErrorKind::BareLf);
        }
        if !is_allowed(octet) {
            return self.refuse(ErrorKind::InvalidChunkExtension);
        }
        self.at += 1;
        Ok(octet)
    }

    fn chunk_space(&mut self) -> Result<(), Ending> {
        self.take(is_space).map(drop)
    }

    fn chunk_token(&mut self) -> Result<(), Ending> {
        self.chunk_octet(is_tchar)?;
        self.take(is_tchar).map(drop)
    }

    fn quoted_string(&mut self) -> Result<(), Ending> {
        let is_allowed = |octet| is_vchar(octet) || is_space(octet) || is_obs_text(octet);
        self.chunk_octet(|octet| octet == b'"')?;
        loop {
            match self.chunk_octet(is_allowed)? {
                b'"' => return Ok(()),
                b'\\' => drop(self.chunk_octet(is_allowed)?),
                _ => {}
            }
        }
    }
}

fn refuse_at<T>(kind: ErrorKind, at: usize) -> Result<T, Ending> {
    Err(Ending::Error(kind, at as u64))
}

/// Whether the target has a form that fits the method (RFC 9112 section 3.2).
fn has_form(method: &[u8], target: &[u8]) -> bool {
    if method == b"CONNECT" {
        let Some((host, port)) = split_port(target) else { return false };
        let is_zero = port.bytes().all(|digit| digit == b'0');
        return is_valid_host(host.as_bytes()) && is_valid_port(port) && !is_zero;
    }
    if target == b"*" {
        return method == b"OPTIONS";
    }
    let lower_case = target.to_ascii_lowercase();
    let scheme =
        [&b"http://"[..], b"https://"].into_iter().find(|scheme| lower_case.starts_with(scheme));
    target.starts_with(b"/")
        || scheme.is_some_and(|scheme| {
            let authority = target[scheme.len()..].split(|octet| b"/?".contains(octet)).next();
            authority.is_some_and(is_valid_host)
        })
}
