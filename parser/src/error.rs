//! Errors: what the peer did, at which byte, and what a server should answer.

use core::fmt;

/// Why a request was refused, and at which byte.
///
/// An error is final: the parser returns it again from every later call.
/// `Display` gives a reason in one line, without any byte of the input:
///
/// ```
/// use h1events::{ErrorKind, RequestParser};
///
/// let mut input: &[u8] = b"GET  / HTTP/1.1\r\n";
/// let error = RequestParser::new().next_event(&mut input).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidTarget);
/// assert_eq!(error.offset(), 4);
/// assert_eq!(error.status(), 400);
/// assert_eq!(error.rule(), "RFC 9112 section 3.2");
/// assert_eq!(error.to_string(), "octet not allowed in the request target, at byte 4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Error {
    kind: ErrorKind,
    offset: u64,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: u64) -> Self {
        Self { kind, offset }
    }

    /// Returns the kind: what the peer did.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the offset of the byte that broke the rule, counted from the first byte
    /// after the [`Event::End`](crate::Event::End) of the previous request, ignored empty
    /// lines included.
    ///
    /// The byte may have been consumed: rules that are judged at the end of the head
    /// report the field line at fault.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the status a server should answer before it closes the connection:
    /// 400, 413, 414, 417, 431, 501 or 505.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.kind.status()
    }

    /// Returns the section of the specification that the request violates.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.kind.rule()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for Error {}

/// Defines each kind once: documentation, message, name, status and rule.
macro_rules! error_kinds {
    ($($(#[$attribute:meta])* $kind:ident: $name:literal, $status:literal, $rule:literal;)*) => {
        /// Why a request was refused: what the peer did.
        ///
        /// `Display` gives the reason: lower case, no full stop, no bytes of the input.
        ///
        /// ```
        /// use h1events::ErrorKind;
        ///
        /// let kind = ErrorKind::LengthAndEncoding;
        /// assert_eq!(kind.to_string(), "content-length together with transfer-encoding");
        /// assert_eq!(kind.name(), "length_and_encoding");
        /// assert_eq!((kind.status(), kind.rule()), (400, "RFC 9112 section 6.1"));
        /// assert!(ErrorKind::ALL.contains(&kind));
        /// ```
        ///
        /// # What others answer
        ///
        /// | The request | Here | nginx | Apache httpd | Node.js | hyper | HAProxy |
        /// |---|---|---|---|---|---|---|
        /// | is malformed | 400 | 400 | 400 | 400 | 400 | 400 |
        /// | has a target that is too long | 414 | 414 | 414 | 431 | 414 | 400 |
        /// | has too many fields, or too large ones | 431 | 400 | 400 | 431 | 431 | 400 |
        /// | has content that is too large | 413 | 413 | 413 | – | – | – |
        ///
        /// The other statuses are 417 for an unknown expectation, 501 for an unknown transfer
        /// coding or a method that is too long, and 505 for another major version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        // As wide as the numbers beside it. A narrower kind would share a register with them, and be
        // packed and unpacked.
        #[repr(u64)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(
                $(#[$attribute])*
                #[doc = concat!("\n\nStatus ", $status, ", ", $rule, ".")]
                $kind,
            )*
        }

        impl ErrorKind {
            /// All kinds, in the order in which a request can meet them.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Returns the kind in `snake_case`, for logs and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Returns the status a server should answer: 400, 413, 414, 417, 431, 501 or 505.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$kind => $status,)*
                }
            }

            /// Returns the section of the specification that the request violates.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self {
                    $(Self::$kind => $rule,)*
                }
            }
        }
    };
}

error_kinds! {
    // The request line.

    /// More empty lines before the request line than [`Limits::empty_lines`](crate::Limits::empty_lines).
    #[error("too many empty lines before the request line")]
    TooManyEmptyLines: "too_many_empty_lines", 400, "RFC 9112 section 2.2";
    /// The first byte is 0x16: a TLS client talks to a port without TLS.
    #[error("expected a request line, found a TLS handshake")]
    TlsHandshake: "tls_handshake", 400, "RFC 9112 section 2.2";
    /// A load balancer sends the header of the PROXY protocol, which has to be read before the
    /// first request. Version 1: the method is `PROXY`, and no HTTP version follows the target.
    /// Version 2: a NUL after two empty lines.
    #[error("expected a request line, found a PROXY protocol header")]
    ProxyProtocol: "proxy_protocol", 400, "RFC 9112 section 2.2";
    /// The first byte is a control character (other than HTAB and LF) or not ASCII: another
    /// protocol, or a port scanner.
    #[error("expected a request line, found binary data")]
    BinaryData: "binary_data", 400, "RFC 9112 section 2.2";
    /// The method has a byte that is not allowed in a token, or is empty.
    #[error("octet not allowed in the method")]
    InvalidMethod: "invalid_method", 400, "RFC 9112 section 3.1";
    /// No space ended the method within [`Limits::target`](crate::Limits::target) bytes.
    #[error("the method does not end")]
    EndlessMethod: "endless_method", 400, "RFC 9112 section 3";
    /// The method is longer than [`Limits::method`](crate::Limits::method).
    #[error("the method is too long to be one that is implemented")]
    MethodTooLong: "method_too_long", 501, "RFC 9112 section 3";
    /// The request target has a byte that is never allowed there, or is empty.
    #[error("octet not allowed in the request target")]
    InvalidTarget: "invalid_target", 400, "RFC 9112 section 3.2";
    /// The request target is longer than [`Limits::target`](crate::Limits::target).
    #[error("the request target is too long")]
    TargetTooLong: "target_too_long", 414, "RFC 9112 section 3";
    /// The version is not `HTTP/` digit `.` digit, or is missing.
    #[error("expected an HTTP version such as HTTP/1.1")]
    InvalidVersion: "invalid_version", 400, "RFC 9112 section 2.3";
    /// The request line is that of an HTTP/2 connection preface.
    #[error("expected HTTP/1, found an HTTP/2 connection preface")]
    Http2Preface: "http2_preface", 505, "RFC 9113 section 3.4";
    /// The major version is not 1.
    #[error("the major version is not 1")]
    UnsupportedVersion: "unsupported_version", 505, "RFC 9110 section 15.6.6";
    /// The form of the request target doesn't fit the method.
    #[error("the request target has no form that fits the method")]
    InvalidTargetForm: "invalid_target_form", 400, "RFC 9112 section 3.2";

    // Line ends.

    /// A line ends in a line feed without a carriage return.
    #[error("line feed without a carriage return")]
    BareLf: "bare_lf", 400, "RFC 9112 section 2.2";
    /// A carriage return is followed by something other than a line feed.
    #[error("carriage return without a line feed")]
    BareCr: "bare_cr", 400, "RFC 9112 section 2.2";

    // Field lines, in the header section and in the trailer section.

    /// Whitespace stands between the request line and the first field line.
    #[error("whitespace before the first field line")]
    WhitespaceBeforeFields: "whitespace_before_fields", 400, "RFC 9112 section 2.2";
    /// A field line begins with whitespace: obsolete line folding.
    #[error("obsolete line folding")]
    LineFolding: "line_folding", 400, "RFC 9112 section 5.2";
    /// Whitespace stands between a field name and its colon.
    #[error("whitespace between field name and colon")]
    WhitespaceBeforeColon: "whitespace_before_colon", 400, "RFC 9112 section 5.1";
    /// A field name has a byte that is not allowed in a token, is empty, or is not followed by a colon.
    #[error("octet not allowed in a field name")]
    InvalidFieldName: "invalid_field_name", 400, "RFC 9110 section 5.1";
    /// A field value has a control character other than the horizontal tab.
    #[error("octet not allowed in a field value")]
    InvalidFieldValue: "invalid_field_value", 400, "RFC 9110 section 5.5";
    /// A field line is longer than [`Limits::field_line`](crate::Limits::field_line).
    #[error("the field line is too long")]
    FieldLineTooLong: "field_line_too_long", 431, "RFC 9110 section 5.4";
    /// The header section is larger than [`Limits::header_section`](crate::Limits::header_section).
    #[error("the header section is too large")]
    HeaderSectionTooLarge: "header_section_too_large", 431, "RFC 9110 section 5.4";
    /// There are more field lines than [`Limits::header_lines`](crate::Limits::header_lines).
    #[error("too many field lines")]
    TooManyHeaderLines: "too_many_header_lines", 431, "RFC 6585 section 5";

    // The end of the head, in the order in which the rules are judged there.

    /// There is more than one Host line.
    #[error("more than one host line")]
    DuplicateHost: "duplicate_host", 400, "RFC 9112 section 3.2";
    /// The Host value is not a host with an optional port.
    #[error("the host is not a valid host and port")]
    InvalidHost: "invalid_host", 400, "RFC 9112 section 3.2";
    /// The Host value is empty, and the request target names no authority either.
    #[error("the host is empty")]
    EmptyHost: "empty_host", 400, "RFC 9112 section 3.2";
    /// An HTTP/1.1 request has no Host line.
    #[error("no host line in an HTTP/1.1 request")]
    MissingHost: "missing_host", 400, "RFC 9112 section 3.2";
    /// An HTTP/1.0 request has a Transfer-Encoding.
    #[error("transfer-encoding in an HTTP/1.0 request")]
    TransferEncodingInHttp10: "transfer_encoding_in_http10", 400, "RFC 9112 section 6.1";
    /// Content-Length and Transfer-Encoding are both there.
    #[error("content-length together with transfer-encoding")]
    LengthAndEncoding: "length_and_encoding", 400, "RFC 9112 section 6.1";
    /// A member of the Transfer-Encoding list is empty or not a plain token.
    #[error("invalid transfer-encoding")]
    InvalidTransferEncoding: "invalid_transfer_encoding", 400, "RFC 9112 section 6.1";
    /// The last transfer coding is not chunked.
    #[error("chunked is not the last transfer coding")]
    ChunkedNotLast: "chunked_not_last", 400, "RFC 9112 section 6.3";
    /// The chunked coding is applied more than once.
    #[error("chunked more than once")]
    ChunkedTwice: "chunked_twice", 400, "RFC 9112 section 6.1";
    /// There is a transfer coding besides chunked.
    #[error("unsupported transfer coding")]
    UnsupportedTransferCoding: "unsupported_transfer_coding", 501, "RFC 9112 section 6.1";
    /// There is more than one Content-Length line.
    #[error("more than one content-length line")]
    DuplicateContentLength: "duplicate_content_length", 400, "RFC 9112 section 6.3";
    /// The Content-Length is not a plain decimal number.
    #[error("the content-length is not a decimal number")]
    InvalidContentLength: "invalid_content_length", 400, "RFC 9112 section 6.3";
    /// The Content-Length does not fit into 64 bits.
    #[error("the content-length does not fit into 64 bits")]
    ContentLengthOverflow: "content_length_overflow", 400, "RFC 9110 section 8.6";
    /// The content is larger than [`Limits::content`](crate::Limits::content).
    #[error("the content is too large")]
    ContentTooLarge: "content_too_large", 413, "RFC 9110 section 15.5.14";
    /// The Connection value is not a list of tokens.
    #[error("invalid connection option")]
    InvalidConnection: "invalid_connection", 400, "RFC 9110 section 7.6.1";
    /// Connection names Host, Content-Length or Transfer-Encoding.
    #[error("connection names a field that is meant for all recipients")]
    ForbiddenConnectionOption: "forbidden_connection_option", 400, "RFC 9110 section 7.6.1";
    /// A CONNECT request announces content.
    #[error("content in a CONNECT request")]
    ConnectWithContent: "connect_with_content", 400, "RFC 9110 section 9.3.6";
    /// An expectation is not `100-continue`.
    #[error("unknown expectation")]
    UnknownExpectation: "unknown_expectation", 417, "RFC 9110 section 10.1.1";

    // The chunked coding.

    /// A chunk size is missing, or is followed by something other than an extension or the line end.
    #[error("octet not allowed in a chunk size")]
    InvalidChunkSize: "invalid_chunk_size", 400, "RFC 9112 section 7.1";
    /// A chunk size does not fit into 64 bits.
    #[error("the chunk size does not fit into 64 bits")]
    ChunkSizeOverflow: "chunk_size_overflow", 400, "RFC 9112 section 7.1";
    /// A chunk extension has a byte that is not allowed where it stands.
    #[error("octet not allowed in a chunk extension")]
    InvalidChunkExtension: "invalid_chunk_extension", 400, "RFC 9112 section 7.1.1";
    /// A chunk line is longer than [`Limits::chunk_line`](crate::Limits::chunk_line).
    #[error("the chunk line is too long")]
    ChunkLineTooLong: "chunk_line_too_long", 400, "RFC 9112 section 7.1.1";
    /// The chunk extensions are longer, in sum, than [`Limits::chunk_extensions`](crate::Limits::chunk_extensions).
    #[error("the chunk extensions are too long")]
    ChunkExtensionsTooLong: "chunk_extensions_too_long", 400, "RFC 9112 section 7.1.1";
    /// The chunk data is not followed by CRLF.
    #[error("the chunk data does not end where its size says")]
    InvalidChunkEnd: "invalid_chunk_end", 400, "RFC 9112 section 7.1";

    // The trailer section.

    /// The trailer section is larger than [`Limits::trailer_section`](crate::Limits::trailer_section).
    #[error("the trailer section is too large")]
    TrailerSectionTooLarge: "trailer_section_too_large", 431, "RFC 9110 section 5.4";
    /// There are more trailer lines than [`Limits::trailer_lines`](crate::Limits::trailer_lines).
    #[error("too many trailer lines")]
    TooManyTrailerLines: "too_many_trailer_lines", 431, "RFC 6585 section 5";
    /// A trailer field has a name that is not allowed in trailers.
    #[error("field not allowed in a trailer section")]
    ForbiddenTrailer: "forbidden_trailer", 400, "RFC 9110 section 6.5.1";

    // The end of input.

    /// The input ended within a request. Only [`finish`](crate::RequestParser::finish) says so.
    #[error("the input ended within a request")]
    UnexpectedEnd: "unexpected_end", 400, "RFC 9112 section 8";
}
