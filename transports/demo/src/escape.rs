//! Bytes as printable ASCII, so that a hostile request can't send commands to
//! the terminal, and each byte is unambiguous.

use std::{ascii, fmt};

/// Bytes, shown with escapes such as `\r` and `\x16`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| match byte {
            // Rust would escape these, too, which only quoted text needs.
            b'"' | b'\'' => write!(f, "{}", char::from(byte)),
            _ => write!(f, "{}", ascii::escape_default(byte)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_becomes_printable_ascii() {
        let all: Vec<u8> = (0..=255).collect();
        let text = Escaped(&all).to_string();
        assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text}");
        assert_eq!(
            Escaped(b"a \"b\" \\ \r\n\t\x1b\x7f\xff").to_string(),
            r#"a "b" \\ \r\n\t\x1b\x7f\xff"#
        );
    }
}
