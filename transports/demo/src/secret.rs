//! Fields whose values give access to something: neither a log nor a page shows them.

const NAMES: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// Returns whether the value of a field of that name is a secret.
pub(crate) fn is_secret(name: &[u8]) -> bool {
    NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()))
}
