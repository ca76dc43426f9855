//! Events: what the bytes of a request say.

use core::fmt;

/// One step of a request, in the order of the wire:
///
/// `RequestLine` `Header`* `HeadEnd` `Body`* `Trailer`* `End`
///
/// Everything before [`HeadEnd`](Self::HeadEnd) is provisional: Host, framing,
/// Connection and Expect are judged at the end of the head. Don't act on it
/// earlier. The [loop](crate#the-loop) shows all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The request line.
    RequestLine(RequestLine<'a>),
    /// A field line of the header section.
    Header(Field<'a>),
    /// The end of the head. Framing and Host are valid and unambiguous, unless
    /// [`allow_any_host`](crate::RequestParser::allow_any_host) leaves the Host value to the caller.
    HeadEnd(Framing),
    /// Some of the content, without chunk lines, never empty.
    Body(&'a [u8]),
    /// A field line of the trailer section of a chunked body. Never merge it
    /// into the header fields (RFC 9110 section 6.5.1).
    Trailer(Field<'a>),
    /// The end of the request. The parser leaves the bytes after it untouched until
    /// the next call, which starts the next pipelined request.
    End,
}

/// A request line (RFC 9112 section 3). [`method_str`](Self::method_str) has an example.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// The method, case-sensitive, a token of at least one octet.
    pub method: &'a [u8],
    /// The request target as received, undecoded, in a form that fits the method:
    /// an absolute path with an optional query; an absolute URI of any scheme;
    /// host and port for CONNECT; `*` for OPTIONS, M-SEARCH and NOTIFY.
    pub target: &'a [u8],
    /// The version as received.
    pub version: Version,
}

impl<'a> RequestLine<'a> {
    /// Returns the method as text. It is `None` only if the caller breaks the
    /// [first promise](crate#what-is-promised), since a method is ASCII.
    ///
    /// ```
    /// use h1events::{Event, RequestParser};
    ///
    /// let mut input: &[u8] = b"GET /tea?leaf=green HTTP/1.1\r\n";
    /// let Ok(Some(Event::RequestLine(line))) = RequestParser::new().next_event(&mut input) else {
    ///     panic!("a request line")
    /// };
    /// assert_eq!(line.method_str(), Some("GET"));
    /// assert_eq!(line.target_str(), Some("/tea?leaf=green"));
    /// ```
    #[must_use]
    pub const fn method_str(&self) -> Option<&'a str> {
        text(self.method)
    }

    /// Returns the target as text, or `None` if it isn't UTF-8. Only
    /// [`allow_non_ascii_target`](crate::RequestParser::allow_non_ascii_target) admits such targets.
    #[must_use]
    pub const fn target_str(&self) -> Option<&'a str> {
        text(self.target)
    }
}

impl fmt::Debug for RequestLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLine")
            .field("method", &Text(self.method))
            .field("target", &Text(self.target))
            .field("version", &self.version)
            .finish()
    }
}

/// A field line (RFC 9112 section 5). [`name_str`](Self::name_str) has an example.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field name as received, a token of at least one octet. Field names
    /// compare without regard to case: [`eq_ignore_ascii_case`](slice::eq_ignore_ascii_case).
    pub name: &'a [u8],
    /// The field value as received, without the whitespace around it: visible
    /// ASCII, spaces, tabs and octets from 0x80, never a CR, LF or NUL. An empty
    /// value is an empty slice at its place in the input.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// Returns the name as text. It is `None` only if the caller breaks the
    /// [first promise](crate#what-is-promised), since a name is ASCII.
    ///
    /// ```
    /// use h1events::Field;
    ///
    /// let field = Field { name: b"User-Agent", value: b"curl/8.5.0" };
    /// assert_eq!(field.name_str(), Some("User-Agent"));
    /// ```
    #[must_use]
    pub const fn name_str(&self) -> Option<&'a str> {
        text(self.name)
    }

    /// Returns the value as text, or `None` if it isn't UTF-8. Clients may send any octet from
    /// 0x80.
    ///
    /// ```
    /// use h1events::Field;
    ///
    /// assert_eq!(Field { name: b"From", value: "Zoë".as_bytes() }.value_str(), Some("Zoë"));
    /// assert_eq!(Field { name: b"From", value: b"Zo\xeb" }.value_str(), None);
    /// ```
    #[must_use]
    pub const fn value_str(&self) -> Option<&'a str> {
        text(self.value)
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &Text(self.name))
            .field("value", &Text(self.value))
            .finish()
    }
}

/// The HTTP version of a request: the major version is always 1.
///
/// ```
/// use h1events::Version;
///
/// assert!(Version::HTTP_10 < Version::HTTP_11);
/// assert_eq!(Version::HTTP_11.to_string(), "HTTP/1.1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    minor: u8,
}

impl Version {
    /// HTTP/1.0
    pub const HTTP_10: Self = Self { minor: 0 };
    /// HTTP/1.1
    pub const HTTP_11: Self = Self { minor: 1 };

    pub(crate) const fn from_minor(minor: u8) -> Self {
        Self { minor }
    }

    /// Returns the minor version, 0 to 9. The parser processes a version above 1.1 as 1.1
    /// (RFC 9110 section 6.2), but reports it as received.
    #[must_use]
    pub const fn minor(self) -> u8 {
        self.minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/1.{}", self.minor)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The parser's decisions at the end of the head, about the body and the connection.
///
/// ```
/// use h1events::{BodyLength, Event, RequestParser};
///
/// let mut input: &[u8] = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
/// let mut parser = RequestParser::new();
/// while let Some(event) = parser.next_event(&mut input)? {
///     if let Event::HeadEnd(framing) = event {
///         assert_eq!(framing.body, BodyLength::Length(5));
///         assert!(framing.keep_alive && framing.expect_continue && !framing.upgrade);
///     }
/// }
/// # Ok::<(), h1events::Error>(())
/// ```
///
/// The crate page says [what a caller has to do](crate#what-a-caller-has-to-do) with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// How the body is delimited. The method plays no part in it.
    pub body: BodyLength,
    /// Whether the client wants to send more requests on this connection. If
    /// not, the caller must not parse the bytes after this request (RFC 9112 section 9.6).
    pub keep_alive: bool,
    /// Whether the client waits for a `100 (Continue)` before it sends the body
    /// (RFC 9110 section 10.1.1). Only with HTTP/1.1, a body to come, and exactly one Expect
    /// line whose value is `100-continue`: a proxy may read a list or several lines
    /// differently, and not expect the 100.
    pub expect_continue: bool,
    /// Whether the client offers to switch protocols: HTTP/1.1, an Upgrade field with any
    /// value, and `upgrade` among the Connection options (RFC 9110 section 7.8). Never
    /// with CONNECT.
    pub upgrade: bool,
}

/// How the body of a request is delimited (RFC 9112 section 6.3): a part of [`Framing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// Neither Content-Length nor Transfer-Encoding: no body.
    None,
    /// Content-Length: this many octets.
    Length(u64),
    /// The chunked transfer coding.
    Chunked,
}

const fn text(octets: &[u8]) -> Option<&str> {
    match str::from_utf8(octets) {
        Ok(text) => Some(text),
        Err(_) => None,
    }
}

/// Octets, shown as text with escapes.
struct Text<'a>(&'a [u8]);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
