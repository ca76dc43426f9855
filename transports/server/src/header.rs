//! Field lines of a response, and their syntax.

use h1events::Field;

/// Why a field can't be part of a response.
///
/// ```
/// use h1events_server::{InvalidHeader, Response};
///
/// let error = Response::new(200).try_with_header("Note", "first\r\nSet-Cookie: a=b").unwrap_err();
/// assert_eq!(error, InvalidHeader::Value);
/// let error = Response::new(200).try_with_header("Content-Length", "7").unwrap_err();
/// assert_eq!(error, InvalidHeader::Reserved, "the connection sets it");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHeader {
    /// The name isn't a token (RFC 9110 section 5.1).
    #[error("the field name is not a token")]
    Name,
    /// The value has a control character, such as CR, LF or NUL, or whitespace around it
    /// (RFC 9110 section 5.5).
    #[error("the field value has an octet that is not allowed there")]
    Value,
    /// The connection sets this field: Connection, Content-Length, Keep-Alive,
    /// Transfer-Encoding.
    #[error("the connection sets this field itself")]
    Reserved,
    /// The field has to come before the content: its recipient needs it to route, frame or read the
    /// message (RFC 9110 section 6.5.1).
    #[error("the field has no place after the content")]
    NotInTrailers,
}

/// The fields that the connection sets.
const RESERVED: [&[u8]; 4] =
    [b"connection", b"content-length", b"keep-alive", b"transfer-encoding"];

pub(crate) fn check(name: &[u8], value: &[u8]) -> Result<(), InvalidHeader> {
    check_name(name)?;
    check_value(value)
}

/// Checks a field-name (RFC 9110 section 5.1).
pub(crate) fn check_name(name: &[u8]) -> Result<(), InvalidHeader> {
    if name.is_empty() || !all(name, is_tchar) {
        return Err(InvalidHeader::Name);
    }
    if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Err(InvalidHeader::Reserved);
    }
    Ok(())
}

/// Checks a field-value (RFC 9110 section 5.5).
pub(crate) fn check_value(value: &[u8]) -> Result<(), InvalidHeader> {
    let is_allowed = |octet: u8| matches!(octet, b'\t' | b' '..=b'~' | 0x80..);
    if has_space_around(value) || !all(value, is_allowed) {
        return Err(InvalidHeader::Value);
    }
    Ok(())
}

fn has_space_around(value: &[u8]) -> bool {
    let is_space = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    is_space(value.first()) || is_space(value.last())
}

/// Returns whether the test holds for all octets. Without an early end, the compiler tests many at a time.
fn all(octets: &[u8], test: impl Fn(u8) -> bool) -> bool {
    octets.iter().fold(true, |so_far, octet| so_far & test(*octet))
}

/// Appends a field line.
pub(crate) fn push_line(lines: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    lines.reserve(line_len(name, value));
    for part in [name, b": ", value, b"\r\n"] {
        lines.extend_from_slice(part);
    }
}

/// Returns the length of a field line.
pub(crate) const fn line_len(name: &[u8], value: &[u8]) -> usize {
    name.len() + value.len() + ": \r\n".len()
}

/// Returns the fields of lines that were [pushed](push_line).
pub(crate) fn fields(lines: &[u8]) -> impl Iterator<Item = Field<'_>> {
    // No value has an LF, and no name a colon.
    let lines = lines.split_inclusive(|octet| *octet == b'\n');
    lines.filter_map(|line| {
        let (name, value) = line.split_at(line.iter().position(|octet| *octet == b':')?);
        Some(Field { name, value: value.strip_prefix(b": ")?.strip_suffix(b"\r\n")? })
    })
}

/// Removes the fields of a name from lines that were [pushed](push_line).
pub(crate) fn remove(lines: &mut Vec<u8>, name: &[u8]) {
    let others = fields(lines).filter(|field| !field.name.eq_ignore_ascii_case(name));
    let mut left = Vec::with_capacity(lines.len());
    others.for_each(|field| push_line(&mut left, field.name, field.value));
    *lines = left;
}

/// Splits a list into its members (RFC 9110 section 5.6.1).
pub(crate) fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&octet| octet == b',').map(<[u8]>::trim_ascii)
}

/// Returns whether the octet is a tchar (RFC 9110 section 5.6.2).
const fn is_tchar(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}
