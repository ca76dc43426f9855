//! Authorities: the Host value, CONNECT targets, and the authority of an absolute URI.
//!
//! Host = uri-host [ ":" port ] (RFC 9110 section 7.2), where
//! uri-host = IP-literal / IPv4address / reg-name (RFC 3986 section 3.2.2).
//! An IPv4 address is a registered name by its grammar, too. The comma, which names and
//! future IP literals may have, is refused: lists of hosts are made with it.

use core::net::Ipv6Addr;
use core::str;

use crate::number::to_u32;
use crate::window::{self, LineMasks, WINDOW, first_bit};
use crate::{number, octet, scan};

/// Returns whether this is a non-empty host with an optional port, which may be empty.
pub(crate) fn is_host_with_optional_port(authority: &[u8]) -> bool {
    match split_host(authority) {
        Some((_, b"" | b":")) => true,
        Some((_, [b':', port @ ..])) => port_number(port).is_some(),
        _ => false,
    }
}

/// Returns whether a Host value is ordinary: a host that has only octets of ordinary names, alone or
/// with a port below 60000. A value with a port has at least 8 octets. The input starts with the
/// line, and these are the masks of the line.
///
/// This is the fast path of [`is_host_with_optional_port`]: other values may be hosts, too.
#[inline(always)]
pub(crate) fn is_ordinary_host(value: &[u8], input: &[u8], masks: LineMasks) -> bool {
    const VALUE: u32 = to_u32("Host: ".len());
    let host_ends = match masks.name_ends.wrapping_shr(VALUE) {
        0 => window::all_name_ends(input).wrapping_shr(VALUE),
        ends => ends,
    };
    let host_len = first_bit(host_ends);
    (1..WINDOW).contains(&host_len)
        && (host_len == value.len() || has_ordinary_port(value, host_len))
}

#[inline(always)]
fn has_ordinary_port(value: &[u8], host_len: usize) -> bool {
    let port_at = host_len.wrapping_add(":".len());
    let port_len = value.len().wrapping_sub(port_at);
    let is_16_bits = port_len <= 4 || port_len == 5 && value.get(port_at) < Some(&b'6');
    is_16_bits
        && value.get(host_len) == Some(&b':')
        && value.last_chunk().is_some_and(|octets| number::ends_in_digits(octets, port_len))
}

/// Returns whether this is a host with a port other than 0, as CONNECT needs it
/// (RFC 9110 section 9.3.6).
pub(crate) fn is_host_with_port(authority: &[u8]) -> bool {
    match split_host(authority) {
        Some((_, [b':', port @ ..])) => port_number(port).is_some_and(|port| port != 0),
        _ => false,
    }
}

/// Splits off a valid, non-empty host.
fn split_host(authority: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(rest) = authority.strip_prefix(b"[") {
        let (literal, _) = rest.split_at_checked(memchr::memchr(b']', rest)?)?;
        let (host, port) = authority.split_at_checked(literal.len().saturating_add("[]".len()))?;
        return (is_ipv6(literal) || is_future_ip(literal)).then_some((host, port));
    }
    let (host, port) = authority.split_at_checked(reg_name_len(authority)?)?;
    (!host.is_empty()).then_some((host, port))
}

fn is_ipv6(literal: &[u8]) -> bool {
    str::from_utf8(literal).is_ok_and(|literal| literal.parse::<Ipv6Addr>().is_ok())
}

/// IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ), without the comma
fn is_future_ip(literal: &[u8]) -> bool {
    let [b'v' | b'V', literal @ ..] = literal else { return false };
    let mut parts = literal.splitn(2, |&octet| octet == b'.');
    let (Some(version), Some(address)) = (parts.next(), parts.next()) else { return false };
    !version.is_empty()
        && version.iter().all(u8::is_ascii_hexdigit)
        && !address.is_empty()
        && address.iter().all(|&octet| octet::is_reg_name(octet) || octet == b':')
}

/// reg-name = *( unreserved / pct-encoded / sub-delims )
fn reg_name_len(authority: &[u8]) -> Option<usize> {
    let mut rest = authority;
    loop {
        rest = rest.get(scan::reg_name_len(rest)..)?;
        match rest {
            [b'%', a, b, encoded @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                rest = encoded;
            }
            _ => return authority.len().checked_sub(rest.len()),
        }
    }
}

/// port = *DIGIT, here at least one of them, and at most 65535
fn port_number(digits: &[u8]) -> Option<u16> {
    let number = digits.iter().try_fold(0_u32, |number, digit| match digit {
        b'0'..=b'9' => {
            Some(number.saturating_mul(10).saturating_add(u32::from(digit.wrapping_sub(b'0'))))
        }
        _ => None,
    })?;
    if digits.is_empty() { None } else { u16::try_from(number).ok() }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;

    use super::{is_host_with_optional_port, is_ordinary_host};
    use crate::field::Section;

    /// Checks that the fast path takes ordinary values and no others, with few octets after them
    /// and with many, and that each is a host.
    fn check(value: &str, is_ordinary: bool) {
        for octets_after in [0, 10, 100] {
            let input = format!("Host: {value}\r\nAccept: {}\r\n\r\n", "*".repeat(octets_after));
            let line = Section::new(1000, 1).read_fast(input.as_bytes(), 1000);
            let is_taken = line.is_some_and(|(field, _, masks)| {
                assert_eq!(field.value, value.as_bytes());
                is_ordinary_host(field.value, input.as_bytes(), masks)
            });
            assert_eq!(is_taken, is_ordinary, "{input:?}");
        }
        assert!(is_host_with_optional_port(value.as_bytes()) || !is_ordinary, "{value}");
    }

    #[test]
    fn hosts_of_all_lengths_are_ordinary() {
        let octets = ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['-', '.']).cycle();
        for start in 0..64 {
            for len in 1..130 {
                let host: String = octets.clone().skip(start).take(len).collect();
                // As many as there are in a window after "Host: ".
                check(&host, len < 58);
                check(&format!("{host}:8080"), (3..58).contains(&len));
            }
        }
    }

    #[test]
    fn ports_below_60000_are_ordinary() {
        for host in ["a.b.c.d", "127.0.0.1", "www.example.com", "of-29-octets.www.example.com"] {
            for port in ["0", "80", "8080", "00000", "12345", "59999"] {
                check(&format!("{host}:{port}"), true);
            }
            for port in ["", "60000", "65535", "65536", "70000", "99999", "000080", "123456"] {
                check(&format!("{host}:{port}"), false);
            }
            for place in 0..5 {
                for octet in ('!'..='~').filter(|octet| !octet.is_ascii_digit()) {
                    let port: String =
                        (0..5).map(|at| if at == place { octet } else { '1' }).collect();
                    check(&format!("{host}:{port}"), false);
                }
            }
            for other in [":80:", "::1", "_", "@b", ":/"] {
                check(&format!("{host}{other}"), false);
            }
        }
        check("a:80", false);
    }

    #[test]
    fn ip_literals_have_the_form_of_their_kind() {
        for literal in
            ["::1", "1:2:3:4:5:6:7:8", "::192.0.2.1", "v1.a", "VfF.a:b", "v0.!$&'()*+;=:~"]
        {
            assert!(is_host_with_optional_port(format!("[{literal}]").as_bytes()), "{literal}");
        }
        for literal in [
            "",
            "1",
            "fe80::1%25en0",
            "v",
            "v1",
            "v.a",
            "vg.a",
            "v1g.a",
            "v1.",
            "v1./",
            "v1.a,b",
            "1.a",
        ] {
            assert!(!is_host_with_optional_port(format!("[{literal}]").as_bytes()), "{literal}");
        }
    }

    #[test]
    fn encoded_octets_have_two_digits() {
        for host in ["%20", "a%2Fb", "%aF%00"] {
            assert!(is_host_with_optional_port(host.as_bytes()), "{host}");
        }
        for host in ["%", "%2", "%2g", "%g2", "a%%20", "a%2-"] {
            assert!(!is_host_with_optional_port(host.as_bytes()), "{host}");
        }
    }
}
