//! Reason phrases: a courtesy to people who read the bytes; clients ignore them.

/// Returns the reason phrase of RFC 9110 section 15 or RFC 6585, or nothing for other statuses.
pub(crate) const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        511 => "Network Authentication Required",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9110 section 15 and RFC 6585, except 305 (deprecated), 306 and 418 (unused).
    #[test]
    fn each_status_of_http_has_its_own_reason() {
        let registered = [100..=101, 200..=206, 300..=304, 307..=308, 400..=417, 421..=422]
            .into_iter()
            .chain([426..=426, 428..=429, 431..=431, 500..=505, 511..=511]);
        let registered: Vec<u16> = registered.flatten().collect();
        let mut phrases: Vec<_> = registered.iter().map(|&status| phrase(status)).collect();
        assert!(phrases.iter().all(|phrase| !phrase.is_empty()), "{phrases:?}");
        phrases.sort_unstable();
        phrases.dedup();
        assert_eq!(phrases.len(), registered.len());
        let others = (0..=u16::MAX).filter(|status| !registered.contains(status));
        assert!(others.map(phrase).all(str::is_empty));
    }
}
