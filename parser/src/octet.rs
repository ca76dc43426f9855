//! Octet classes, each with the ABNF that it implements.

/// tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~"
///       / DIGIT / ALPHA (RFC 9110 section 5.6.2)
pub(crate) const fn is_tchar(octet: u8) -> bool {
    is(octet, TCHAR)
}

/// Every visible ASCII character except "#": more than RFC 3986 allows in path and query, because
/// browsers send `"<>[]\^{}|` and the backtick unencoded.
pub(crate) const fn is_target(octet: u8) -> bool {
    is(octet, TARGET)
}

/// field-vchar = VCHAR / obs-text, and SP / HTAB between them (RFC 9110 section 5.5)
pub(crate) const fn is_field_value(octet: u8) -> bool {
    is(octet, FIELD_VALUE)
}

/// qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text (RFC 9110 section 5.6.4)
pub(crate) const fn is_qdtext(octet: u8) -> bool {
    is(octet, QDTEXT)
}

/// unreserved / sub-delims, the unencoded octets of a registered name, without ","
/// (RFC 3986 section 3.2.2)
pub(crate) const fn is_reg_name(octet: u8) -> bool {
    is(octet, REG_NAME)
}

/// Returns whether all octets are tchar, and there is at least one.
pub(crate) fn is_token(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(|&octet| is_tchar(octet))
}

const TCHAR: u8 = 1;
const TARGET: u8 = 1 << 1;
const FIELD_VALUE: u8 = 1 << 2;
const QDTEXT: u8 = 1 << 3;
const REG_NAME: u8 = 1 << 4;

const fn classes(octet: u8) -> u8 {
    let mut classes = 0;
    if octet.is_ascii_alphanumeric()
        || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
    {
        classes |= TCHAR;
    }
    if matches!(octet, b'!'..=b'~') && octet != b'#' {
        classes |= TARGET;
    }
    if matches!(octet, b'\t' | b' '..=b'~' | 0x80..) {
        classes |= FIELD_VALUE;
    }
    if matches!(octet, b'\t' | b' ' | b'!' | b'#'..=b'[' | b']'..=b'~' | 0x80..) {
        classes |= QDTEXT;
    }
    if octet.is_ascii_alphanumeric()
        || matches!(octet, b'-' | b'.' | b'_' | b'~')
        || matches!(octet, b'!' | b'$' | b'&'..=b'+' | b';' | b'=')
    {
        classes |= REG_NAME;
    }
    classes
}

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut rest: &mut [u8] = &mut table;
    let mut octet = u8::MAX;
    while let [others @ .., last] = rest {
        *last = classes(octet);
        octet = octet.wrapping_sub(1);
        rest = others;
    }
    table
};

#[expect(clippy::indexing_slicing, reason = "an octet is always within the 256 entries")]
const fn is(octet: u8, class: u8) -> bool {
    CLASSES[octet as usize] & class != 0
}
