//! The chunked transfer coding. Chunk extensions are checked and dropped.
//!
//! ```text
//! chunk-size chunk-ext CRLF                                (RFC 9112 section 7.1)
//! chunk-size = 1*HEXDIG
//! chunk-ext  = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
//!
//! Start --HEXDIG--> Size --;--> BeforeName --tchar--> Name --=--> BeforeValue --tchar--> Value
//!                    |              ^                  |              |                   |
//!                   BWS             ;                 BWS             "                  BWS
//!                    v              |                  v              v                   v
//!             BeforeSemicolon ------+<------;----- AfterName        Quoted     BeforeSemicolon
//!                                                 (= as above)       |  ^ \
//!                                                                    "  |  v
//!         CRLF ends the line after Size, Name, Value              Closed  Escape
//!         and Closed, but not after BWS                     (; BWS as after Value)
//! ```

use crate::content::take_up_to;
use crate::error::ErrorKind;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::number::{self, to_u64, to_usize};
use crate::octet;

/// A chunked body, up to the line of its last chunk. It is consumed octet by octet, so the
/// caller presents none of it again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunked {
    part: PartOfChunk,
    /// The size of the chunk, less the data taken so far.
    size: u64,
    /// The sizes of the chunks so far.
    content: u64,
    /// Octets of the chunk line so far, before its CRLF.
    line: u32,
    /// Octets of all chunk extensions so far, each from chunk size to CRLF.
    extensions: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartOfChunk {
    Line(State),
    Data,
    Cr,
    Lf,
}

/// The place within a chunk line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Size,
    BeforeSemicolon,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Value,
    Quoted,
    Escape,
    Closed,
    LineFeed,
    End,
}

/// The next part of the body.
pub(crate) enum Part<'a> {
    /// Nothing until more octets come.
    Unfinished,
    /// Some data of a chunk, not empty.
    Data(&'a [u8]),
    /// The trailer section: the line of the last chunk has been taken.
    LastChunk,
}

impl Chunked {
    pub(crate) const fn new() -> Self {
        Self { part: PartOfChunk::Line(State::Start), size: 0, content: 0, line: 0, extensions: 0 }
    }

    /// Takes the CRLF of the chunk before, a complete chunk line without extensions, and the data
    /// that has arrived, which is empty after the last chunk line.
    ///
    /// This is the fast path: it takes nothing of other input, which [`read`](Self::read) judges.
    #[inline(always)]
    pub(crate) fn read_fast<'a>(
        &mut self,
        input: &'a [u8],
        limits: &Limits,
    ) -> Option<(&'a [u8], &'a [u8])> {
        let line = if self.part == PartOfChunk::Cr {
            input.strip_prefix(b"\r\n")?
        } else if self.part == PartOfChunk::Line(State::Start) {
            input
        } else {
            return None;
        };
        let (digits, size) = match line.first_chunk() {
            Some(octets) => chunk_size(octets),
            None if line.starts_with(b"0\r\n") => (1, 0),
            None => return None,
        };
        let rest = line.get(digits..)?.strip_prefix(b"\r\n")?;
        let may_come = limits.content.saturating_sub(self.content);
        if digits == 0 || size > may_come || digits > to_usize(limits.chunk_line) {
            return None;
        }
        let (data, rest) = if let Ok(size) = usize::try_from(size)
            && let Some(whole) = rest.split_at_checked(size)
        {
            self.part = PartOfChunk::Cr;
            whole
        } else if !rest.is_empty() {
            self.part = PartOfChunk::Data;
            self.size = size.wrapping_sub(to_u64(rest.len()));
            (rest, [].as_slice())
        } else {
            return None;
        };
        self.content = self.content.wrapping_add(size);
        Some((data, rest))
    }

    /// Takes all octets up to the next part.
    pub(crate) fn read<'a>(
        &mut self,
        input: &mut &'a [u8],
        limits: &Limits,
    ) -> Result<Part<'a>, Fault> {
        loop {
            if self.part == PartOfChunk::Data {
                let data = take_up_to(input, &mut self.size);
                if self.size == 0 {
                    self.part = PartOfChunk::Cr;
                }
                return Ok(if data.is_empty() { Part::Unfinished } else { Part::Data(data) });
            }
            let Some((&octet, rest)) = input.split_first() else { return Ok(Part::Unfinished) };
            self.part = match (self.part, octet) {
                (PartOfChunk::Line(state), _) => {
                    PartOfChunk::Line(self.line_octet(state, octet, limits)?)
                }
                (PartOfChunk::Cr, b'\r') => PartOfChunk::Lf,
                (PartOfChunk::Lf, b'\n') => PartOfChunk::Line(State::Start),
                _ => return Err(Fault::new(ErrorKind::InvalidChunkEnd, 0)),
            };
            if self.part == PartOfChunk::Line(State::End) {
                self.end_line(limits)?;
            }
            *input = rest;
            if self.part == PartOfChunk::Data && self.size == 0 {
                return Ok(Part::LastChunk);
            }
        }
    }

    /// Returns the state after an octet of a chunk line.
    fn line_octet(&mut self, state: State, octet: u8, limits: &Limits) -> Result<State, Fault> {
        let next = match (state, octet) {
            (State::Start | State::Size, _) if octet.is_ascii_hexdigit() => {
                let Some(size) = number::append(self.size, 16, octet) else {
                    return Err(Fault::new(ErrorKind::ChunkSizeOverflow, 0));
                };
                self.size = size;
                State::Size
            }
            (State::Size | State::Name | State::Value | State::Closed, b'\r') => State::LineFeed,
            (State::Size | State::BeforeSemicolon | State::Value | State::Closed, b' ' | b'\t') => {
                State::BeforeSemicolon
            }
            (State::Name | State::AfterName, b' ' | b'\t') => State::AfterName,
            (State::BeforeName | State::BeforeValue, b' ' | b'\t') => state,
            (State::Size | State::BeforeSemicolon, b';') => State::BeforeName,
            (State::Name | State::AfterName | State::Value | State::Closed, b';') => {
                State::BeforeName
            }
            (State::BeforeName | State::Name, _) if octet::is_tchar(octet) => State::Name,
            (State::Name | State::AfterName, b'=') => State::BeforeValue,
            (State::BeforeValue, b'"') => State::Quoted,
            (State::BeforeValue | State::Value, _) if octet::is_tchar(octet) => State::Value,
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, b'\\') => State::Escape,
            (State::Quoted, _) if octet::is_qdtext(octet) => State::Quoted,
            // quoted-pair = "\" ( HTAB / SP / VCHAR / obs-text )
            (State::Escape, _) if octet::is_field_value(octet) => State::Quoted,
            (State::LineFeed, b'\n') => State::End,
            (State::LineFeed, _) => return Err(Fault::new(ErrorKind::BareCr, 0)),
            (_, b'\n') => return Err(Fault::new(ErrorKind::BareLf, 0)),
            (State::Start | State::Size, _) => {
                return Err(Fault::new(ErrorKind::InvalidChunkSize, 0));
            }
            _ => return Err(Fault::new(ErrorKind::InvalidChunkExtension, 0)),
        };
        if !matches!(next, State::LineFeed | State::End) {
            self.count(next, limits)?;
        }
        Ok(next)
    }

    /// Counts an octet before the CRLF of a chunk line.
    fn count(&mut self, state: State, limits: &Limits) -> Result<(), Fault> {
        if self.line >= limits.chunk_line {
            return Err(Fault::new(ErrorKind::ChunkLineTooLong, 0));
        }
        self.line = self.line.saturating_add(1);
        if state != State::Size {
            if self.extensions >= limits.chunk_extensions {
                return Err(Fault::new(ErrorKind::ChunkExtensionsTooLong, 0));
            }
            self.extensions = self.extensions.saturating_add(1);
        }
        Ok(())
    }

    /// Judges the chunk at the LF of its line.
    fn end_line(&mut self, limits: &Limits) -> Result<(), Fault> {
        self.content = self.content.saturating_add(self.size);
        if self.content > limits.content {
            return Err(Fault::behind(ErrorKind::ContentTooLarge, self.line.saturating_add(1)));
        }
        self.line = 0;
        self.part = PartOfChunk::Data;
        Ok(())
    }
}

/// Returns the number of hexadecimal digits at the start, and their value. Both are 0 if all octets
/// are digits.
#[inline(always)]
fn chunk_size(octets: &[u8; 8]) -> (usize, u64) {
    let mut size = 0_u64;
    for (digits, &octet) in octets.iter().enumerate() {
        let digit = HEX_DIGITS.get(usize::from(octet)).copied().unwrap_or(NO_DIGIT);
        if digit == NO_DIGIT {
            return (digits, size);
        }
        size = size.wrapping_shl(4) | u64::from(digit);
    }
    (0, 0)
}

const NO_DIGIT: u8 = u8::MAX;

const HEX_DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut rest: &mut [u8] = &mut table;
    let mut octet = u8::MAX;
    while let [others @ .., last] = rest {
        if octet.is_ascii_hexdigit() {
            *last =
                if octet.is_ascii_digit() { octet & 0xf } else { (octet & 0xf).wrapping_add(9) };
        }
        octet = octet.wrapping_sub(1);
        rest = others;
    }
    table
};
