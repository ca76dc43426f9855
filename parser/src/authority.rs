//! Authorities: the Host value, CONNECT targets, and the authority of an absolute URI.
//!
//! Host = uri-host [ ":" port ] (RFC 9110 section 7.2), where
//! uri-host = IP-literal / IPv4address / reg-name (RFC 3986 section 3.2.2).
//! An IPv4 address is a registered name by its grammar, too. The comma, which names and
//! future IP literals may have, is refused: lists of hosts are made with it.

use core::net::Ipv6Addr;
use core::str;

use crate::lanes;
use crate::number::to_u32;
use crate::window::{first_bit, for_each_block, mask};
use crate::{octet, scan};

/// Returns whether this is a non-empty host with an optional port, which may be empty.
pub(crate) fn is_host_with_optional_port(authority: &[u8]) -> bool {
    match split_host(authority) {
        Some((_, b"" | b":")) => true,
        Some((_, [b':', port @ ..])) => port_number(port).is_some(),
        _ => false,
    }
}

/// Returns whether a Host value is ordinary: a host of letters, digits, "-" and ".", with or without
/// a port below 60000, in fewer than 32 octets. The input starts with its complete line.
///
/// This is the fast path of [`is_host_with_optional_port`]: other values may be hosts, too.
#[inline(always)]
pub(crate) fn is_ordinary_host(input: &[u8], value_len: usize) -> bool {
    let value = input.get(HOST.len()..).unwrap_or_default();
    let ends = value.first_chunk().map_or_else(|| HostEnds::of_last(input), HostEnds::of_block);
    let host_len = first_bit(ends.host);
    let port_at = host_len.wrapping_add(":".len());
    let port_len = first_bit(ends.port.wrapping_shr(to_u32(port_at)));
    // Some hosts have ports, and some don't: `&` and `|` avoid a branch that is hard to predict.
    let is_16_bits = (port_len <= 4) | (port_len == 5) & (value.get(port_at) < Some(&b'6'));
    let has_port = (value.get(host_len) == Some(&b':'))
        & (port_at.wrapping_add(port_len) == value_len)
        & is_16_bits;
    (1..32).contains(&host_len) && (host_len == value_len) | has_port
}

const HOST: &str = "Host: ";

/// Masks of a Host value: where the host ends, and where digits end.
struct HostEnds {
    host: u64,
    port: u64,
}

impl HostEnds {
    #[inline(always)]
    fn of_block(block: &[u8; 32]) -> Self {
        Self { host: mask(block, lanes::not_in_host), port: mask(block, lanes::not_in_port) }
    }

    /// Makes the masks if there are fewer octets than a block after the name.
    #[inline(never)]
    fn of_last(input: &[u8]) -> Self {
        let mut ends = Self { host: 0, port: 0 };
        for_each_block(input, |block, place| {
            ends.host |= lanes::not_in_host(block).mask().wrapping_shl(place);
            ends.port |= lanes::not_in_port(block).mask().wrapping_shl(place);
        });
        let name = to_u32(HOST.len());
        Self { host: ends.host.wrapping_shr(name), port: ends.port.wrapping_shr(name) }
    }
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

    /// Checks that the fast path takes ordinary values and no others, with few octets after them
    /// and with many, and that each is a host.
    fn check(value: &str, is_ordinary: bool) {
        let tails = ["\r\n", "\r\n\r\n", "\r\nAccept: 0123456789, 0123456789, 0123456789\r\n\r\n"];
        for tail in tails {
            let input = format!("Host: {value}{tail}");
            let is_taken = is_ordinary_host(input.as_bytes(), value.len());
            assert_eq!(is_taken, is_ordinary && value.len() < 32, "{input:?}");
        }
        assert!(is_host_with_optional_port(value.as_bytes()) || !is_ordinary, "{value}");
    }

    #[test]
    fn hosts_of_all_lengths_are_ordinary() {
        let host: String =
            ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['-', '.']).collect();
        for start in 0..host.len() - 31 {
            for len in 0..32 {
                let host = &host[start..start + len];
                check(host, len > 0);
                check(&format!("{host}:80"), len > 0);
            }
        }
        check(&"h".repeat(32), false);
    }

    #[test]
    fn ports_below_60000_are_ordinary() {
        for host in ["a", "127.0.0.1", "www.example.com", "of-29-octets.www.example.com"] {
            for port in ["", "0", "80", "8080", "00000", "12345", "59999"] {
                check(&format!("{host}:{port}"), true);
            }
            for port in ["60000", "65535", "65536", "70000", "99999", "000080", "123456"] {
                check(&format!("{host}:{port}"), false);
            }
            for other in [":80:", ":80a", ":a", ":-1", "::1", "_", "@b", ":/"] {
                check(&format!("{host}{other}"), false);
            }
        }
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
