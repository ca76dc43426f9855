//! Octet classes, transcribed from the RFCs, independently of those in the parser.

#![allow(dead_code, reason = "not every test uses all of it")]

/// tchar (RFC 9110 section 5.6.2)
pub(crate) fn is_tchar(octet: u8) -> bool {
    let is_alpha_or_digit = matches!(octet, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9');
    is_alpha_or_digit || b"!#$%&'*+-.^_`|~".contains(&octet)
}

/// VCHAR (RFC 5234 appendix B.1)
pub(crate) fn is_vchar(octet: u8) -> bool {
    (0x21..=0x7e).contains(&octet)
}

/// obs-text (RFC 9110 section 5.5)
pub(crate) fn is_obs_text(octet: u8) -> bool {
    (0x80..=0xff).contains(&octet)
}

/// SP and HTAB, of which OWS and BWS are made (RFC 9110 section 5.6.3)
pub(crate) fn is_space(octet: u8) -> bool {
    octet == 0x20 || octet == 0x09
}

/// scheme (RFC 3986 section 3.1)
pub(crate) fn is_scheme(octets: &[u8]) -> bool {
    let starts = octets.first().is_some_and(u8::is_ascii_alphabetic);
    starts && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(octet))
}

/// unreserved and sub-delims (RFC 3986 section 2), without the comma (decision D9)
pub(crate) fn is_reg_name(octet: u8) -> bool {
    let is_alpha_or_digit = matches!(octet, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9');
    is_alpha_or_digit || b"-._~!$&'()*+;=".contains(&octet)
}
