//! The framing table of `rules.md` and the order of judgement, in plain code: the expected
//! result of a head in which each octet is allowed.

use h1events::{BodyLength, ErrorKind, Framing};

use crate::grammar::{is_reg_name, is_space, is_tchar};

pub(crate) struct Head {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) minor_version: u8,
    /// Name and value of each line.
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The kind of error, and the index of the line at fault, or `None` for the LF that ends the
/// head.
pub(crate) type Refusal = (ErrorKind, Option<usize>);

pub(crate) fn judge(
    head: &Head,
    content_limit: u64,
    allow_any_host: bool,
) -> Result<Framing, Refusal> {
    let is_http_11 = head.minor_version >= 1;
    let is_connect = head.method == b"CONNECT";
    judge_host(head, is_http_11, allow_any_host)?;
    let body = judge_framing(head, is_http_11, content_limit)?;
    judge_connection(head)?;
    // "CONNECT with a body according to rows 6 to 9 (other than length 0) is refused".
    let has_body = !matches!(body, BodyLength::None | BodyLength::Length(0));
    if is_connect && has_body {
        let line = head.lines("Content-Length").chain(head.lines("Transfer-Encoding")).next();
        return Err((ErrorKind::ConnectWithContent, line.map(|(index, _)| index)));
    }
    let expects_continue = judge_expect(head, is_http_11)?;

    let has_option = |name: &str| {
        head.members("Connection").any(|(_, option)| option.eq_ignore_ascii_case(name.as_bytes()))
    };
    Ok(Framing {
        body: if is_connect { BodyLength::None } else { body },
        keep_alive: !has_option("close") && (is_http_11 || has_option("keep-alive")),
        expect_continue: expects_continue && has_body,
        upgrade: is_http_11
            && !is_connect
            && has_option("upgrade")
            && head.lines("Upgrade").next().is_some(),
    })
}

/// RFC 9112 section 3.2, decision D9.
fn judge_host(head: &Head, is_http_11: bool, allow_any_host: bool) -> Result<(), Refusal> {
    let lines: Vec<_> = head.lines("Host").collect();
    match lines[..] {
        [] if is_http_11 => Err((ErrorKind::MissingHost, None)),
        [] => Ok(()),
        [_] if allow_any_host => Ok(()),
        [(line, [])] => {
            let is_origin = head.target.starts_with(b"/") || head.target == b"*";
            let is_absolute = !is_origin && head.method != b"CONNECT";
            if is_http_11 && !is_absolute {
                return Err((ErrorKind::EmptyHost, Some(line)));
            }
            Ok(())
        }
        [(_, host)] if is_valid_host(host) => Ok(()),
        [(line, _)] => Err((ErrorKind::InvalidHost, Some(line))),
        [_, (line, _), ..] => Err((ErrorKind::DuplicateHost, Some(line))),
    }
}

/// Decides by the rows of the framing table. The first match wins.
fn judge_framing(head: &Head, is_http_11: bool, limit: u64) -> Result<BodyLength, Refusal> {
    let encodings: Vec<_> = head.lines("Transfer-Encoding").collect();
    let lengths: Vec<_> = head.lines("Content-Length").collect();
    let codings: Vec<_> = head.members("Transfer-Encoding").collect();
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");

    if let [(encoding_line, _), ..] = encodings[..] {
        // 1
        if !is_http_11 {
            return Err((ErrorKind::TransferEncodingInHttp10, Some(encoding_line)));
        }
        // 2
        if let [(length_line, _), ..] = lengths[..] {
            return Err((ErrorKind::LengthAndEncoding, Some(length_line.max(encoding_line))));
        }
        // 3
        if let Some((line, _)) = codings.iter().find(|(_, coding)| !is_token(coding)) {
            return Err((ErrorKind::InvalidTransferEncoding, Some(*line)));
        }
        // 4
        let (last_line, last) = codings[codings.len() - 1];
        if !is_chunked(last) {
            return Err((ErrorKind::ChunkedNotLast, Some(last_line)));
        }
        if let Some((line, _)) = codings.iter().filter(|(_, coding)| is_chunked(coding)).nth(1) {
            return Err((ErrorKind::ChunkedTwice, Some(*line)));
        }
        // 5
        if codings.len() > 1 {
            return Err((ErrorKind::UnsupportedTransferCoding, Some(last_line)));
        }
        // 6
        return Ok(BodyLength::Chunked);
    }
    match lengths[..] {
        // 10
        [] => Ok(BodyLength::None),
        // 7
        [_, (line, _), ..] => Err((ErrorKind::DuplicateContentLength, Some(line))),
        [(line, digits)] => {
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return Err((ErrorKind::InvalidContentLength, Some(line)));
            }
            // `parse` would accept a sign, too, but there are only digits.
            let Ok(length) = str::from_utf8(digits).unwrap().parse::<u64>() else {
                return Err((ErrorKind::ContentLengthOverflow, Some(line)));
            };
            // 8 and 9
            if length > limit {
                return Err((ErrorKind::ContentTooLarge, Some(line)));
            }
            Ok(BodyLength::Length(length))
        }
    }
}

/// RFC 9110 section 7.6.1, decision D19.
fn judge_connection(head: &Head) -> Result<(), Refusal> {
    let options = || head.members("Connection").filter(|(_, option)| !option.is_empty());
    if let Some((line, _)) = options().find(|(_, option)| !is_token(option)) {
        return Err((ErrorKind::InvalidConnection, Some(line)));
    }
    let is_forbidden = |option: &[u8]| {
        let option = option.to_ascii_lowercase();
        [&b"host"[..], b"content-length", b"transfer-encoding"].contains(&&option[..])
    };
    match options().find(|(_, option)| is_forbidden(option)) {
        Some((line, _)) => Err((ErrorKind::ForbiddenConnectionOption, Some(line))),
        None => Ok(()),
    }
}

/// RFC 9110 section 10.1.1, decision D20.
fn judge_expect(head: &Head, is_http_11: bool) -> Result<bool, Refusal> {
    if !is_http_11 {
        return Ok(false);
    }
    let is_continue = |member: &[u8]| member.eq_ignore_ascii_case(b"100-continue");
    let mut members = head.members("Expect").filter(|(_, member)| !member.is_empty());
    if let Some((line, _)) = members.find(|(_, member)| !is_continue(member)) {
        return Err((ErrorKind::UnknownExpectation, Some(line)));
    }
    // One line, and nothing else in it, not even an empty member.
    let lines: Vec<_> = head.lines("Expect").collect();
    Ok(matches!(lines[..], [(_, value)] if is_continue(value)))
}

impl Head {
    /// Returns the values of the lines of that name, each with the index of its line.
    fn lines(&self, name: &str) -> impl Iterator<Item = (usize, &[u8])> {
        let lines = self.fields.iter().enumerate();
        let named = lines.filter(move |(_, (n, _))| n.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(index, (_, value))| (index, &value[..]))
    }

    /// Returns the members of the list that the lines of that name form, the empty ones included.
    fn members(&self, name: &str) -> impl Iterator<Item = (usize, &[u8])> {
        self.lines(name).flat_map(|(index, value)| {
            value.split(|&octet| octet == b',').map(move |member| (index, trim(member)))
        })
    }
}

fn is_token(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(|&octet| is_tchar(octet))
}

/// Removes the OWS around a value (RFC 9110 section 5.6.3).
pub(crate) fn trim(octets: &[u8]) -> &[u8] {
    let Some(start) = octets.iter().position(|&octet| !is_space(octet)) else { return &[] };
    let end = octets.iter().rposition(|&octet| !is_space(octet)).unwrap_or(start);
    &octets[start..=end]
}

/// uri-host [ ":" port ], the host not empty (RFC 9110 section 7.2, RFC 3986 section 3.2.2)
pub(crate) fn is_valid_host(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else { return false };
    let (host, port) = split_port(value).unwrap_or((text, ""));
    let is_host = match host.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(is_ip_literal),
        None => !host.is_empty() && is_name(host),
    };
    is_host && (port.is_empty() || is_valid_port(port))
}

/// Splits at the colon that isn't part of an IP literal.
pub(crate) fn split_port(value: &[u8]) -> Option<(&str, &str)> {
    let text = str::from_utf8(value).ok()?;
    let literal = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = literal + text[literal..].find(':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

pub(crate) fn is_valid_port(port: &str) -> bool {
    let digits = port.trim_start_matches('0');
    let is_number = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    is_number && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

fn is_ip_literal(literal: &str) -> bool {
    is_ipv6(literal) || is_future_ip(literal)
}

/// Eight groups of 16 bits, of which "::" stands for one or more, and the last two of which
/// may be an IPv4 address.
fn is_ipv6(literal: &str) -> bool {
    let Some((before, after)) = literal.split_once("::") else {
        return ipv6_groups(literal, true) == Some(8);
    };
    let groups = |part: &str, is_end| {
        if part.is_empty() { Some(0) } else { ipv6_groups(part, is_end) }
    };
    groups(before, false).zip(groups(after, true)).is_some_and(|(a, b)| a + b <= 7)
}

/// Counts the groups. Returns `None` if something else is among them.
fn ipv6_groups(text: &str, is_end: bool) -> Option<usize> {
    let mut count = 0;
    let mut groups = text.split(':').peekable();
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        count += match group {
            _ if is_h16(group) => 1,
            _ if is_last && is_end && is_ipv4(group) => 2,
            _ => return None,
        };
    }
    Some(count)
}

/// h16 = 1*4HEXDIG
fn is_h16(group: &str) -> bool {
    (1..=4).contains(&group.len()) && group.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// dec-octet "." dec-octet "." dec-octet "." dec-octet, without leading zeros
fn is_ipv4(text: &str) -> bool {
    let is_dec_octet = |part: &str| part.parse::<u8>().is_ok_and(|octet| octet.to_string() == part);
    text.split('.').count() == 4 && text.split('.').all(is_dec_octet)
}

/// *( unreserved / pct-encoded / sub-delims )
fn is_name(host: &str) -> bool {
    let mut parts = host.split('%');
    let are_allowed = |part: &str| part.bytes().all(is_reg_name);
    parts.next().is_none_or(are_allowed)
        && parts.all(|part| {
            let Some((hex, rest)) = part.split_at_checked(2) else { return false };
            hex.bytes().all(|digit| digit.is_ascii_hexdigit()) && are_allowed(rest)
        })
}

/// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ), without the comma (decision D9)
fn is_future_ip(literal: &str) -> bool {
    let Some((version, address)) = literal.split_once('.') else { return false };
    let Some(version) = version.strip_prefix(['v', 'V']) else { return false };
    let are_hex_digits = version.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_address = address.bytes().all(|octet| is_reg_name(octet) || octet == b':');
    !version.is_empty() && are_hex_digits && !address.is_empty() && is_address
}
