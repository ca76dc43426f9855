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
    /// `*`, for OPTIONS.
    Asterisk,
}

/// The form of a target whose octets are all allowed, if that form fits the method.
pub(crate) fn form(method: &[u8], target: &[u8]) -> Option<Form> {
    // RFC 9112 section 3.2.3: "When making a CONNECT request [...], a client MUST send
    // only the host and port number of the tunnel destination as the request-target."
    if method == b"CONNECT" {
        return authority::is_host_with_port(target).then_some(Form::Authority);
    }
    match target {
        [b'/', ..] => Some(Form::Origin),
        // RFC 9112 section 3.2.4: "The asterisk-form of request-target is only used for
        // a server-wide OPTIONS request."
        b"*" => (method == b"OPTIONS").then_some(Form::Asterisk),
        _ => is_absolute(target).then_some(Form::Absolute),
    }
}

/// "http" or "https", then "://", a host that is not empty (RFC 9110 section 4.2.1), and
/// no userinfo (section 4.2.4): "@" is no part of host or port.
fn is_absolute(target: &[u8]) -> bool {
    let Some(rest) = strip_scheme(target, b"http://").or_else(|| strip_scheme(target, b"https://"))
    else {
        return false;
    };
    let end = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    rest.get(..end).is_some_and(authority::is_host_with_optional_port)
}

fn strip_scheme<'a>(target: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}
