//! Names of fields, and words in their values.

/// Returns whether a token is that word of lower-case letters and "-", ignoring case.
///
/// Setting bit 0x20 makes letters lower case, and turns no other tchar into a letter or "-".
/// So all octets can be compared at once.
#[inline(always)]
pub(crate) fn is<const N: usize>(token: &[u8], word: &[u8; N]) -> bool {
    const { assert!(N >= 4, "compared in blocks of four, of which the last may overlap") };
    let is = |token: &[u8; 4], word: &[u8; 4]| {
        u32::from_le_bytes(*token) | 0x2020_2020 == u32::from_le_bytes(*word)
    };
    let Ok(token) = <&[u8; N]>::try_from(token) else { return false };
    let blocks = token.as_chunks().0.iter().zip(word.as_chunks().0);
    blocks.fold(true, |all, (token, word)| all & is(token, word))
        && token.last_chunk().zip(word.last_chunk()).is_some_and(|(token, word)| is(token, word))
}

/// Returns whether a field of that name may affect the judgement of the head. Length and first
/// letter decide, which takes no branch.
#[inline(always)]
pub(crate) fn may_affect_head(name: &[u8]) -> bool {
    const FIRST_LETTERS: [u8; 65] = {
        let mut letters = [0; 65];
        letters[4] = b'h';
        letters[6] = b'e';
        letters[7] = b'u';
        letters[10] = b'c';
        letters[14] = b'c';
        letters[17] = b't';
        letters
    };
    let expected = FIRST_LETTERS.get(name.len()).copied();
    expected == name.first().map(|first| first | 0x20)
}

/// Returns whether a field of that name must not be a trailer (RFC 9110 section 6.5.1): the
/// fields for framing, routing and the connection. A recipient that merged them into the
/// header fields would see another request.
pub(crate) fn is_forbidden_in_trailers(name: &[u8]) -> bool {
    const FORBIDDEN: [&[u8]; 10] = [
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    ];
    FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))
}

#[cfg(test)]
mod tests {
    use super::{is, may_affect_head};

    fn check<const N: usize>(word: &[u8; N]) {
        assert!(is(word, word));
        assert!(is(&word.to_ascii_uppercase(), word));
        assert!(!is(&word[1..], word) && !is(&word[..N - 1], word));
        for place in 0..N {
            for octet in 0..=u8::MAX {
                let mut token = *word;
                token[place] = octet;
                // CR becomes "-", but is part of no token and of no value.
                if octet != b'\r' {
                    assert_eq!(is(&token, word), token.eq_ignore_ascii_case(word));
                }
            }
        }
    }

    #[test]
    fn words_are_compared_as_a_whole() {
        check(b"host");
        check(b"close");
        check(b"expect");
        check(b"upgrade");
        check(b"connection");
        check(b"keep-alive");
        check(b"content-length");
        check(b"transfer-encoding");
    }

    /// Length and first letter exclude the fields of browsers, but none of the judged fields, in
    /// upper or lower case.
    #[test]
    fn few_fields_are_looked_at() {
        for name in [
            "Accept",
            "Accept-Encoding",
            "Accept-Language",
            "Authorization",
            "Cookie",
            "Content-Type",
            "DNT",
            "If-None-Match",
            "Origin",
            "Pragma",
            "Range",
            "Referer",
            "Sec-Fetch-Mode",
            "TE",
            "Upgrade-Insecure-Requests",
            "User-Agent",
            "X-Forwarded-For",
        ] {
            assert!(!may_affect_head(name.as_bytes()), "{name}");
        }
        for name in
            ["Host", "Connection", "content-length", "TRANSFER-ENCODING", "Expect", "uPGRADE"]
        {
            assert!(may_affect_head(name.as_bytes()), "{name}");
        }
    }
}
