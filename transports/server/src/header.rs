//! What may stand in a field line of a response.

/// Why a field can't be part of a response.
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
    #[error("the field is the connection's to set")]
    Reserved,
}

/// The fields that the connection sets.
const RESERVED: [&[u8]; 4] =
    [b"connection", b"content-length", b"keep-alive", b"transfer-encoding"];

pub(crate) fn check(name: &[u8], value: &[u8]) -> Result<(), InvalidHeader> {
    if name.is_empty() || !name.iter().copied().all(is_tchar) {
        return Err(InvalidHeader::Name);
    }
    if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Err(InvalidHeader::Reserved);
    }
    check_value(value)
}

/// field-value (RFC 9110 section 5.5)
pub(crate) fn check_value(value: &[u8]) -> Result<(), InvalidHeader> {
    let is_space = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    let is_allowed = |octet: &u8| matches!(octet, b'\t' | b' '..=b'~' | 0x80..);
    if is_space(value.first()) || is_space(value.last()) || !value.iter().all(is_allowed) {
        return Err(InvalidHeader::Value);
    }
    Ok(())
}

/// tchar (RFC 9110 section 5.6.2)
const fn is_tchar(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}
