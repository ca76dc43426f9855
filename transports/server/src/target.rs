//! The parts of a request target in absolute-form (RFC 9112 section 3.2.2).

/// An absolute target, which the parser has found to be an `http` or `https` URI.
pub(crate) struct Absolute<'a> {
    scheme: &'a [u8],
    pub(crate) authority: &'a [u8],
    pub(crate) path_and_query: &'a [u8],
}

impl<'a> Absolute<'a> {
    /// Splits a target, if it is in absolute-form.
    pub(crate) fn parse(target: &'a [u8]) -> Option<Self> {
        if target.starts_with(b"/") {
            return None;
        }
        let scheme_end = target.windows(3).position(|window| window == b"://")?;
        let (scheme, rest) = (&target[..scheme_end], &target[scheme_end + "://".len()..]);
        let end = rest.iter().position(|octet| matches!(octet, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at(end);
        Some(Self { scheme, authority, path_and_query })
    }

    /// Returns whether a Host value names the same host and port. RFC 9110 section 4.2.3: the host compares
    /// without regard to case, and a default or empty port equals none.
    pub(crate) fn names(&self, host: &[u8]) -> bool {
        let default: &[u8] =
            if self.scheme.eq_ignore_ascii_case(b"https") { b"443" } else { b"80" };
        without_port(self.authority, default).eq_ignore_ascii_case(without_port(host, default))
    }
}

/// Returns the authority without its port, if that is empty or `port`.
fn without_port<'a>(authority: &'a [u8], port: &[u8]) -> &'a [u8] {
    let before = authority.strip_suffix(port).unwrap_or(authority);
    before.strip_suffix(b":").unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_compared_without_case_and_default_port() {
        for (target, host, is_same) in [
            ("http://a/", "a", true),
            ("http://A.example/x", "a.EXAMPLE", true),
            ("http://a:80?q", "a", true),
            ("http://a", "a:80", true),
            ("http://a:", "a", true),
            ("HTTPS://a:443/", "a:", true),
            ("http://a:8080/", "a:8080", true),
            ("http://[::1]/", "[::1]:80", true),
            ("http://a/", "b", false),
            ("http://a/", "", false),
            ("http://a:443/", "a", false),
            ("https://a:80/", "a", false),
            ("http://a:8080/", "a", false),
            ("http://a80/", "a", false),
            ("http://[::80]/", "[:", false),
            ("http://a:080/", "a", false),
        ] {
            let absolute = Absolute::parse(target.as_bytes()).unwrap();
            assert_eq!(absolute.names(host.as_bytes()), is_same, "{target} {host}");
        }
    }

    #[test]
    fn other_forms_are_not_absolute() {
        for target in ["/", "/http://a/", "*", "a:443"] {
            assert!(Absolute::parse(target.as_bytes()).is_none(), "{target}");
        }
    }
}
