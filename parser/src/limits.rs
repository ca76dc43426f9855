//! Limits: how much of each element is accepted.

use crate::number::to_usize;

/// How much of each element of a request is accepted.
///
/// Each limit is enforced at the first excess octet, however the input was
/// cut. All sizes are in octets.
///
/// ```
/// use h1events::{Limits, RequestParser};
///
/// let mut limits = Limits::new();
/// limits.header_lines = 64;
/// limits.content = 1024 * 1024;
/// let parser = RequestParser::with_limits(limits);
/// # let _ = parser;
/// ```
///
/// # What others use
///
/// The defaults in octets. A dash: no separate limit.
///
/// | Limit | Here | On excess | nginx | Apache httpd | Node.js | hyper | HAProxy |
/// |---|---|---|---|---|---|---|---|
/// | request target | 8 KiB | 414 | 8 KiB (line) | 8,190 (line) | – | 65,534 | – |
/// | one field line | 16 KiB | 431 | 8 KiB | 8,190 | – | – | – |
/// | the head | 64 KiB | 431 | 32 KiB | – | 16 KiB | 408 KiB | 15 KiB |
/// | field lines | 128 | 431 | – | 100 | 2,000 | 100 | 101 |
/// | chunk extensions | 16 KiB | 400 | – | – | 16 KiB | 16 KiB | – |
/// | content | – | 413 | 1 MiB | 1 GiB | – | – | – |
///
/// The settings for them:
/// - nginx: `large_client_header_buffers`, `client_max_body_size`
/// - Apache httpd: `LimitRequestLine`, `LimitRequestFieldSize`, `LimitRequestFields`, `LimitRequestBody`
/// - Node.js: `--max-http-header-size`, `maxHeadersCount`
/// - hyper: `max_buf_size`, `max_headers`
/// - HAProxy: `tune.bufsize` less `tune.maxrewrite`, `tune.http.maxhdr`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Empty lines (CRLF) that are skipped before a request line. Default: 8.
    ///
    /// Old clients send one after the body of a POST (RFC 9112 section 2.2).
    /// Load balancers and keep-alive pings send two or more. nginx, Node.js
    /// and hyper skip any number. Without a limit, a peer could send them
    /// forever. Excess: status 400.
    pub empty_lines: u32,
    /// Octets of a method. Default: 32.
    ///
    /// The longest registered method, `UPDATEREDIRECTREF`, has 17. Excess: status
    /// 501, at the space that ends the method, or 400 if the method has more
    /// than [`target`](Self::target) octets.
    pub method: u32,
    /// Octets of a request target. Default: 8,192.
    ///
    /// RFC 9112 section 3 recommends that servers support request lines of at
    /// least 8,000 octets. Excess: status 414.
    pub target: u32,
    /// Octets of one field line before its CRLF, in header or trailer section.
    /// Default: 16 KiB.
    ///
    /// Cookies and tokens make the longest lines; browsers send up to 4 KiB
    /// for each cookie. Excess: status 431.
    pub field_line: u32,
    /// Octets of the header section, each field line with its CRLF. Default: 64 KiB.
    ///
    /// Excess: status 431.
    pub header_section: u32,
    /// Field lines of the header section. Default: 128.
    ///
    /// Many small fields cost a server more than one large one. Excess: status 431.
    pub header_lines: u32,
    /// Octets of a chunk line before its CRLF: size, leading zeros, extensions.
    /// Default: 1 KiB.
    ///
    /// Without a limit, a body of one octet can cost a gigabyte of leading
    /// zeros or extensions. Excess: status 400.
    pub chunk_line: u32,
    /// Octets of all chunk extensions of a request, from each chunk size to
    /// its CRLF. Default: 16 KiB.
    ///
    /// Without a limit, many small chunks can cost much more than their content. Excess: status 400.
    pub chunk_extensions: u32,
    /// Octets of the trailer section, each line with its CRLF. Default: 8 KiB.
    ///
    /// Excess: status 431.
    pub trailer_section: u32,
    /// Field lines of the trailer section. Default: 32.
    ///
    /// Excess: status 431.
    pub trailer_lines: u32,
    /// Octets of content, as announced by Content-Length or by the sizes of
    /// the chunks so far. Default: `u64::MAX`, no limit.
    ///
    /// The parser stores no content, so only its caller knows how much is too
    /// much. Servers should set this limit. Excess: status 413.
    pub content: u64,
}

impl Limits {
    /// Creates the default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            empty_lines: 8,
            method: 32,
            target: 8 * 1024,
            field_line: 16 * 1024,
            header_section: 64 * 1024,
            header_lines: 128,
            chunk_line: 1024,
            chunk_extensions: 16 * 1024,
            trailer_section: 8 * 1024,
            trailer_lines: 32,
            content: u64::MAX,
        }
    }

    /// Returns the size in octets of a buffer that never fills up: when
    /// [`next_event`](crate::RequestParser::next_event) returns `Ok(None)`, it leaves fewer
    /// octets unconsumed.
    ///
    /// Such a buffer holds the longest line that the limits allow, since names, values and
    /// targets are always reported whole.
    #[must_use]
    pub const fn required_buffer(&self) -> usize {
        let request_line = to_usize(self.method)
            .saturating_add(to_usize(self.target))
            .saturating_add("  HTTP/1.1\r\n".len());
        let field_line = to_usize(self.field_line).saturating_add("\r\n".len());
        if request_line > field_line { request_line } else { field_line }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
