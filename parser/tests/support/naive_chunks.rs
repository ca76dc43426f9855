//! The naive parser's chunked coding (RFC 9112 section 7.1).

use h1events::ErrorKind;

use super::{Ending, Naive, Section, passes, refuse_at};
use crate::grammar::{is_obs_text, is_space, is_tchar, is_vchar};
use crate::support::Owned;

/// Counts octets of chunk extensions, in their line and in all lines.
struct Extension<'a> {
    line_start: usize,
    extensions: &'a mut usize,
}

impl Naive<'_> {
    pub(super) fn chunked(&mut self) -> Result<(), Ending> {
        let mut content = 0_u64;
        let mut extensions = 0;
        loop {
            let start = self.at;
            let size = self.chunk_line(&mut extensions)?;
            content = content.saturating_add(size);
            if content > self.limits.content {
                return refuse_at(ErrorKind::ContentTooLarge, start);
            }
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
        let mut section = Section {
            max_octets: self.limits.trailer_section,
            max_lines: self.limits.trailer_lines,
            too_large: ErrorKind::TrailerSectionTooLarge,
            too_many_lines: ErrorKind::TooManyTrailerLines,
            whitespace_first: ErrorKind::LineFolding,
            octets: 0,
            lines: 0,
        };
        while let Some((start, name, value)) = self.field_line(&mut section)? {
            let forbidden = "transfer-encoding content-length host connection keep-alive \
                             proxy-connection te trailer upgrade expect";
            let lower_case = name.to_ascii_lowercase();
            if forbidden.split(' ').any(|forbidden| forbidden.as_bytes() == lower_case) {
                return refuse_at(ErrorKind::ForbiddenTrailer, start);
            }
            self.tell(Owned::Trailer(name, value));
        }
        Ok(())
    }

    /// Takes a chunk line, and returns the size. `extensions` counts the octets of extensions in
    /// all lines.
    fn chunk_line(&mut self, extensions: &mut usize) -> Result<u64, Ending> {
        let mut size = 0_u128;
        let start = self.at;
        while let Some(digit) = char::from(self.peek()?).to_digit(16) {
            size = size * 16 + u128::from(digit);
            if size > u64::MAX.into() {
                return self.refuse(ErrorKind::ChunkSizeOverflow);
            }
            if passes(self.at - start, self.limits.chunk_line) {
                return self.refuse(ErrorKind::ChunkLineTooLong);
            }
            self.at += 1;
        }
        match self.peek()? {
            b'\n' => return self.refuse(ErrorKind::BareLf),
            b'\r' | b';' | b' ' | b'\t' if self.at > start => {}
            _ => return self.refuse(ErrorKind::InvalidChunkSize),
        }
        let mut extension = Extension { line_start: start, extensions };
        // Whether CR may come: not after BWS.
        let mut may_end = true;
        while !(may_end && self.peek()? == b'\r') {
            self.chunk_space(&mut extension)?;
            self.chunk_octet(&mut extension, |octet| octet == b';')?;
            self.chunk_space(&mut extension)?;
            self.chunk_token(&mut extension)?;
            may_end = !is_space(self.peek()?);
            self.chunk_space(&mut extension)?;
            if self.peek()? == b'=' {
                self.chunk_octet(&mut extension, |octet| octet == b'=')?;
                self.chunk_space(&mut extension)?;
                if self.peek()? == b'"' {
                    self.quoted_string(&mut extension)?;
                } else {
                    self.chunk_token(&mut extension)?;
                }
                may_end = true;
            }
        }
        self.at += 1;
        self.line_feed()?;
        Ok(u64::try_from(size).expect("judged at each digit"))
    }

    /// Takes an octet of a chunk extension that has to be one of these.
    fn chunk_octet(
        &mut self,
        extension: &mut Extension<'_>,
        is_allowed: impl Fn(u8) -> bool,
    ) -> Result<u8, Ending> {
        let octet = self.peek()?;
        if octet == b'\n' {
            return self.refuse(ErrorKind::BareLf);
        }
        if !is_allowed(octet) {
            return self.refuse(ErrorKind::InvalidChunkExtension);
        }
        if passes(self.at - extension.line_start, self.limits.chunk_line) {
            return self.refuse(ErrorKind::ChunkLineTooLong);
        }
        if passes(*extension.extensions, self.limits.chunk_extensions) {
            return self.refuse(ErrorKind::ChunkExtensionsTooLong);
        }
        *extension.extensions += 1;
        self.at += 1;
        Ok(octet)
    }

    fn chunk_space(&mut self, extension: &mut Extension<'_>) -> Result<(), Ending> {
        while is_space(self.peek()?) {
            self.chunk_octet(extension, is_space)?;
        }
        Ok(())
    }

    fn chunk_token(&mut self, extension: &mut Extension<'_>) -> Result<(), Ending> {
        self.chunk_octet(extension, is_tchar)?;
        while is_tchar(self.peek()?) {
            self.chunk_octet(extension, is_tchar)?;
        }
        Ok(())
    }

    fn quoted_string(&mut self, extension: &mut Extension<'_>) -> Result<(), Ending> {
        let is_allowed = |octet| is_vchar(octet) || is_space(octet) || is_obs_text(octet);
        self.chunk_octet(extension, |octet| octet == b'"')?;
        loop {
            match self.chunk_octet(extension, is_allowed)? {
                b'"' => return Ok(()),
                b'\\' => drop(self.chunk_octet(extension, is_allowed)?),
                _ => {}
            }
        }
    }
}
