//! Fields with cookies and credentials. No page shows their values, and no log except at trace level.

const NAMES: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// Returns whether the value of a field with this name is a secret.
pub(crate) fn is_secret(name: &[u8]) -> bool {
    NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()))
}
