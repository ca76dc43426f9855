//! The forms of the request target (RFC 9112 section 3.2).

use crate::authority;

/// The form of a request target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// An absolute path with an optional query.
    Origin,
    /// An absolute URI.
    Absolute,
    /// Host and port, for CONNECT.
    Authority,
    /// `*`, for OPTIONS, and for M-SEARCH and NOTIFY.
    Asterisk,
}

/// Returns the form of a target whose octets are all allowed, if that form fits the method.
pub(crate) fn form(method: &[u8], target: &[u8]) -> Option<Form> {
    // RFC 9112 section 3.2.3: "When making a CONNECT request [...], a client MUST send
    // only the host and port number of the tunnel destination as the request-target."
    if method == b"CONNECT" {
        return authority::is_host_with_port(target).then_some(Form::Authority);
    }
    match target {
        [b'/', ..] => Some(Form::Origin),
        // RFC 9112 section 3.2.4: "The asterisk-form of request-target is only used for
        // a server-wide OPTIONS request." UPnP uses it for discovery and for announcements.
        b"*" => matches!(method, b"OPTIONS" | b"M-SEARCH" | b"NOTIFY").then_some(Form::Asterisk),
        _ => is_absolute(target).then_some(Form::Absolute),
    }
}

/// Returns whether this is an absolute URI: any scheme, since clients send `ws` and `ftp` to
/// proxies, then "://", a non-empty host (RFC 9110 section 4.2.1), and no userinfo
/// (section 4.2.4): neither host nor port has an "@".
fn is_absolute(target: &[u8]) -> bool {
    let Some(rest) = strip_scheme(target) else { return false };
    let end = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    rest.get(..end).is_some_and(authority::is_host_with_optional_port)
}

/// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 section 3.1), and "://"
fn strip_scheme(target: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = target.split_at_checked(memchr::memchr(b':', target)?)?;
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'));
    if is_scheme { rest.strip_prefix(b"://") } else { None }
}
