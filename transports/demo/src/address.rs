//! Addresses on the command line: a host and a port.

use std::str::FromStr;

/// A host, which is empty if none was given, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    /// A name, or an address without the brackets of IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// The text isn't an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotHostPort;

impl FromStr for HostPort {
    type Err = NotHostPort;

    fn from_str(text: &str) -> Result<Self, NotHostPort> {
        let (host, port) = text.rsplit_once(':').ok_or(NotHostPort)?;
        // std would accept a plus sign.
        if !port.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(NotHostPort);
        }
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(NotHostPort)?,
            None if host.contains(':') => return Err(NotHostPort),
            None => host,
        };
        Ok(Self { host: host.to_owned(), port: port.parse().map_err(|_| NotHostPort)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_split_at_the_last_colon() {
        for (text, host, port) in [
            ("127.0.0.1:8080", "127.0.0.1", 8080),
            ("localhost:0", "localhost", 0),
            (":80", "", 80),
            ("[::1]:65535", "::1", 65_535),
            ("[fe80::1%lo]:1", "fe80::1%lo", 1),
        ] {
            assert_eq!(text.parse(), Ok(HostPort { host: host.to_owned(), port }), "{text}");
        }
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "",
            "8080",
            "127.0.0.1",
            "a:",
            "a:b",
            "a:+1",
            "a:-1",
            "a:65536",
            "::1:80",
            "[::1:80",
            "a:1/",
        ] {
            assert_eq!(text.parse::<HostPort>(), Err(NotHostPort), "{text}");
        }
    }
}
