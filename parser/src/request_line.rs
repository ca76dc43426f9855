//! The request line, and the empty lines that may stand before it.
//!
//! request-line = method SP request-target SP HTTP-version CRLF (RFC 9112 section 3)

use crate::error::ErrorKind;
use crate::event::{RequestLine, Version};
use crate::fault::Fault;
use crate::limits::Limits;
use crate::number::{to_u32, to_usize};
use crate::octet;
use crate::scan::{self, FEW};
use crate::target::{self, Form};
use crate::window::{LineMasks, RequestLineMasks, WINDOW, first_bit};

/// Progress within the request line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// Empty lines that have been skipped before it.
    empty_lines: u32,
    /// Octets of the method, if the line was cut short after it, else 0.
    method_len: u32,
    /// Octets of the target, if the line was cut short after it, else 0.
    target_len: u32,
    /// Octets of the incomplete element that are known to be valid.
    scanned: u32,
}

/// A whole request line, in a form that fits its method.
pub(crate) struct Line<'a> {
    pub(crate) line: RequestLine<'a>,
    pub(crate) form: Form,
}

/// Takes a line that is complete and ordinary, with a method of fewer than 16 letters, digits,
/// "-" and ".", a path in ASCII, and HTTP/1.1 or HTTP/1.0: the fast path. Returns `None` for all others,
/// which [`Progress::read`] judges. Also returns the rest of the input, and the masks of the whole
/// input if it is shorter than a window.
#[inline(always)]
pub(crate) fn read_fast<'a>(
    input: &'a [u8],
    limits: &Limits,
) -> Option<(RequestLine<'a>, &'a [u8], Option<LineMasks>)> {
    let (masks, last) = match input.first_chunk() {
        Some(window) => (RequestLineMasks::of_window(window), None),
        None => {
            let (masks, line_ends) = RequestLineMasks::of_last(input);
            (masks, Some(LineMasks { name_ends: masks.method_ends, line_ends }))
        }
    };
    let method_len = first_bit(masks.method_ends);
    let line_len = match first_bit(masks.target_ends & masks.target_ends.wrapping_sub(1)) {
        WINDOW if input.len() <= WINDOW || masks.method_ends == 0 => return None,
        WINDOW => scan::target_len(input, WINDOW, false),
        line_len => line_len,
    };
    let method = input.get(..method_len)?;
    let target = input.get(method_len.wrapping_add(1)..line_len)?;
    let (version, rest) = input.get(line_len..)?.split_first_chunk()?;
    let version = ordinary_version(version)?;
    if method.is_empty()
        || input.get(method_len) != Some(&b' ')
        || target.first() != Some(&b'/')
        || method_len > to_usize(limits.method.min(limits.target))
        || target.len() > to_usize(limits.target)
        || method == b"CONNECT"
    {
        return None;
    }
    Some((RequestLine { method, target, version }, rest, last))
}

/// An element, and the input after its SP.
type Split<'a> = (&'a [u8], &'a [u8]);

impl Progress {
    pub(crate) const fn new() -> Self {
        Self { empty_lines: 0, method_len: 0, target_len: 0, scanned: 0 }
    }

    /// Returns whether no octet of the request line has been seen.
    pub(crate) const fn is_none(&self) -> bool {
        self.method_len | self.scanned == 0
    }

    /// Returns whether the line was cut short in its target, and still is after a few more octets:
    /// the fast path for a line that arrives a few octets at a time.
    #[inline(never)]
    pub(crate) fn is_still_cut(&mut self, input: &[u8], limits: &Limits) -> bool {
        if self.method_len == 0 || self.target_len > 0 {
            return false;
        }
        let target = input.get(to_usize(self.method_len).saturating_add(1)..).unwrap_or_default();
        let new = target.get(to_usize(self.scanned)..).unwrap_or_default();
        let is_still_cut = new.len() <= FEW
            && new.iter().all(|&octet| octet::is_target(octet))
            && target.len() <= to_usize(limits.target);
        if is_still_cut {
            self.scanned = to_u32(target.len());
        }
        is_still_cut
    }

    /// Reads the line, or goes on where its octets ended before. Takes the empty lines before
    /// it, and the line once it is complete.
    pub(crate) fn read<'a>(
        &mut self,
        input: &mut &'a [u8],
        limits: &Limits,
        allow_non_ascii: bool,
    ) -> Result<Option<Line<'a>>, Fault> {
        if input.first() == Some(&b'\r') && !self.skip_empty_lines(input, limits.empty_lines)? {
            return Ok(None);
        }
        let Some((method, rest)) = self.method(input, limits)? else { return Ok(None) };
        let target_start = method.len().saturating_add(1);
        let Some((target, rest)) =
            self.target(method, rest, target_start, limits, allow_non_ascii)?
        else {
            return Ok(None);
        };
        let version_start = target_start.saturating_add(target.len()).saturating_add(1);
        let Some((major, minor)) = version(method, rest, version_start)? else { return Ok(None) };

        // RFC 9110 section 15.6.6: an unsupported major version is judged before the target's form.
        if major != b'1' {
            let preface = method == b"PRI" && target == b"*" && major == b'2';
            let kind =
                if preface { ErrorKind::Http2Preface } else { ErrorKind::UnsupportedVersion };
            return Err(Fault::new(kind, version_start.saturating_add("HTTP/".len())));
        }
        let Some(form) = target::form(method, target) else {
            return Err(Fault::new(ErrorKind::InvalidTargetForm, target_start));
        };
        *self = Self::new();
        *input = rest.get(VERSION_LEN..).unwrap_or_default();
        let version = Version::from_minor(minor.wrapping_sub(b'0'));
        Ok(Some(Line { line: RequestLine { method, target, version }, form }))
    }

    /// Takes empty lines. Returns whether an octet follows them.
    ///
    /// RFC 9112 section 2.2: "a server that is expecting to receive and parse a request-line
    /// SHOULD ignore at least one empty line (CRLF) received prior to the request-line."
    fn skip_empty_lines(&mut self, input: &mut &[u8], limit: u32) -> Result<bool, Fault> {
        while let [b'\r', rest @ ..] = *input {
            if self.empty_lines >= limit {
                return Err(Fault::new(ErrorKind::TooManyEmptyLines, 0));
            }
            let [lf, rest @ ..] = rest else { return Ok(false) };
            if *lf != b'\n' {
                return Err(Fault::new(ErrorKind::BareCr, 1));
            }
            self.empty_lines = self.empty_lines.saturating_add(1);
            *input = rest;
        }
        Ok(!input.is_empty())
    }

    /// Splits off the method and the SP after it.
    fn method<'a>(&mut self, input: &'a [u8], limits: &Limits) -> Result<Option<Split<'a>>, Fault> {
        if self.method_len == 0 {
            let room = to_usize(limits.target);
            let window = input.get(..=room).unwrap_or(input);
            let len = scan::token_len(window, to_usize(self.scanned));
            match window.get(len) {
                None if len > room => return Err(Fault::new(ErrorKind::EndlessMethod, room)),
                None => {
                    self.scanned = to_u32(len);
                    return Ok(None);
                }
                // RFC 9112 section 3: "A server that receives a method longer than any that
                // it implements SHOULD respond with a 501 (Not Implemented) status code."
                Some(b' ') if len > to_usize(limits.method) => {
                    return Err(Fault::new(ErrorKind::MethodTooLong, len));
                }
                Some(b' ') if len > 0 => {
                    self.method_len = to_u32(len);
                    self.scanned = 0;
                }
                Some(&octet) if len == 0 => return Err(Fault::new(self.unfit_start(octet), 0)),
                Some(_) => return Err(Fault::new(ErrorKind::InvalidMethod, len)),
            }
        }
        Ok(split_at_space(input, self.method_len))
    }

    /// Splits off the target, which starts at octet `start` of the line, and the SP after it.
    fn target<'a>(
        &mut self,
        method: &[u8],
        input: &'a [u8],
        start: usize,
        limits: &Limits,
        allow_non_ascii: bool,
    ) -> Result<Option<Split<'a>>, Fault> {
        if self.target_len == 0 {
            let room = to_usize(limits.target);
            let window = input.get(..=room).unwrap_or(input);
            let len = scan::target_len(window, to_usize(self.scanned), allow_non_ascii);
            let at = start.saturating_add(len);
            match window.get(len) {
                // RFC 9112 section 3: "A server that receives a request-target longer than any
                // URI it wishes to parse MUST respond with a 414 (URI Too Long) status code."
                None if len > room => {
                    return Err(Fault::new(ErrorKind::TargetTooLong, start.saturating_add(room)));
                }
                None => {
                    self.scanned = to_u32(len);
                    return Ok(None);
                }
                Some(b' ') if len > 0 => {
                    self.target_len = to_u32(len);
                    self.scanned = 0;
                }
                // The line ends without a version, as in HTTP/0.9.
                Some(b'\r') if len > 0 => return Err(Fault::new(no_version(method), at)),
                Some(b'\n') if len > 0 => {
                    return Err(Fault::new(ErrorKind::InvalidVersion, at));
                }
                Some(_) => return Err(Fault::new(ErrorKind::InvalidTarget, at)),
            }
        }
        Ok(split_at_space(input, self.target_len))
    }

    /// Returns the error for the first octet of a line, if no method may have it.
    const fn unfit_start(&self, octet: u8) -> ErrorKind {
        match octet {
            // The content type of a TLS record with a ClientHello (RFC 8446 section 5.1).
            0x16 => ErrorKind::TlsHandshake,
            // The signature of version 2 is two empty lines, a NUL, and "\r\nQUIT\n".
            0 if self.empty_lines == 2 => ErrorKind::ProxyProtocol,
            b'\n' => ErrorKind::BareLf,
            b'\t' | b' '..=b'~' => ErrorKind::InvalidMethod,
            _ => ErrorKind::BinaryData,
        }
    }
}

fn split_at_space(input: &[u8], len: u32) -> Option<Split<'_>> {
    let (element, rest) = input.split_at_checked(to_usize(len))?;
    Some((element, rest.split_first()?.1))
}

/// Returns the error for a request line of that method without an HTTP version.
fn no_version(method: &[u8]) -> ErrorKind {
    // PROXY protocol, version 1: "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", or
    // "PROXY UNKNOWN\r\n".
    if method == b"PROXY" { ErrorKind::ProxyProtocol } else { ErrorKind::InvalidVersion }
}

const VERSION_LEN: usize = "HTTP/1.1\r\n".len();

/// Reads SP, HTTP/1.1 or HTTP/1.0, and CRLF. Returns `None` for other octets.
#[inline(always)]
fn ordinary_version(octets: &[u8; " HTTP/1.1\r\n".len()]) -> Option<Version> {
    let (start, end) = (octets.first_chunk()?, octets.last_chunk()?);
    // "1" is "0" with one more bit.
    let end_of_10 = u32::from_le_bytes(*end) & !0x100;
    let fits = u64::from_le_bytes(*start) == u64::from_le_bytes(*b" HTTP/1.")
        && end_of_10 == u32::from_le_bytes(*b".0\r\n");
    fits.then_some(Version::from_minor(end.get(1)? & 1))
}

/// Reads the digits of the version, which starts at octet `start` of the line, and the line end.
///
/// HTTP-version = HTTP-name "/" DIGIT "." DIGIT, case-sensitive (RFC 9112 section 2.3)
fn version(method: &[u8], input: &[u8], start: usize) -> Result<Option<(u8, u8)>, Fault> {
    if input.starts_with(b"HTTP/1.1\r\n") {
        return Ok(Some((b'1', b'1')));
    }
    for (index, (&octet, &expected)) in input.iter().zip(b"HTTP/1.1\r\n").enumerate() {
        let fits = if expected == b'1' { octet.is_ascii_digit() } else { octet == expected };
        if !fits {
            let kind = match (expected, octet) {
                (b'\n', _) => ErrorKind::BareCr,
                (b'\r', b'\n') => ErrorKind::BareLf,
                _ => no_version(method),
            };
            return Err(Fault::new(kind, start.saturating_add(index)));
        }
    }
    match input {
        &[_, _, _, _, _, major, _, minor, _, _, ..] => Ok(Some((major, minor))),
        _ => Ok(None),
    }
}
