//! The parser as its caller sees it: options, the loop, the end of the input.

use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::limits::Limits;
use crate::number::to_u64;
use crate::phase::Phase;

/// Turns the bytes of HTTP/1 requests into [`Event`]s.
///
/// It does no I/O and keeps no bytes: the caller owns the buffer, presents what it has,
/// and keeps what is left. See the [crate documentation](crate) for the loop and the
/// promises.
///
/// ```
/// use h1events::{Event, RequestParser};
///
/// let mut parser = RequestParser::new();
/// let mut input: &[u8] = b"GET /hello HTTP/1.1\r\nHost: example.org\r\n\r\n";
/// while let Some(event) = parser.next_event(&mut input)? {
///     if let Event::RequestLine(line) = event {
///         assert_eq!(line.target, b"/hello");
///     }
/// }
/// assert!(parser.is_idle());
/// # Ok::<(), h1events::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestParser {
    pub(crate) limits: Limits,
    /// Octets consumed since the last `End`. Those of the header section are added at its end.
    /// After an error: its offset.
    pub(crate) offset: u64,
    pub(crate) phase: Phase,
    pub(crate) allow_non_ascii_target: bool,
    pub(crate) allow_any_host: bool,
}

impl RequestParser {
    /// Creates a parser with the default [`Limits`].
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(Limits::new())
    }

    /// Creates a parser with these limits.
    #[must_use]
    pub const fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            offset: 0,
            phase: Phase::START,
            allow_non_ascii_target: false,
            allow_any_host: false,
        }
    }

    /// Sets whether a request target may have bytes from 0x80. By default the parser refuses
    /// them: the grammar doesn't allow them, but some clients send UTF-8.
    ///
    /// ```
    /// use h1events::RequestParser;
    ///
    /// let line = "GET /caf\u{e9} HTTP/1.1\r\n".as_bytes();
    /// assert!(RequestParser::new().next_event(&mut &line[..]).is_err());
    ///
    /// let mut parser = RequestParser::new().allow_non_ascii_target(true);
    /// assert!(parser.next_event(&mut &line[..]).is_ok());
    /// ```
    #[must_use]
    pub const fn allow_non_ascii_target(mut self, allow: bool) -> Self {
        self.allow_non_ascii_target = allow;
        self
    }

    /// Sets whether Host may have any value. By default it has to be a host with an
    /// optional port, and in HTTP/1.1 it may be empty only with an absolute target.
    ///
    /// Some clients can't do better. HomeKit sends `Living\032Room._hap._tcp.local` to an
    /// accessory with a space in its name. Health checks of F5 and Tengine, and old versions of
    /// Docker, send an empty value. The parser judges the number of Host lines either way.
    ///
    /// ```
    /// use h1events::{Error, RequestParser};
    ///
    /// fn parse(mut parser: RequestParser, mut input: &[u8]) -> Result<(), Error> {
    ///     while parser.next_event(&mut input)?.is_some() {}
    ///     Ok(())
    /// }
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: Living\\032Room\r\n\r\n";
    /// assert!(parse(RequestParser::new(), head).is_err());
    /// assert!(parse(RequestParser::new().allow_any_host(true), head).is_ok());
    /// ```
    #[must_use]
    pub const fn allow_any_host(mut self, allow: bool) -> Self {
        self.allow_any_host = allow;
        self
    }

    /// Returns the next event, and moves the input past its bytes.
    ///
    /// `Ok(None)` means: no event until more bytes come. Keep what is left of the input,
    /// append what arrives, and call again.
    ///
    /// # Errors
    ///
    /// The input breaks a rule. The error is final: every later call returns it again
    /// and consumes nothing. Answer with [`Error::status`] and close the connection.
    // Inlined into the caller's loop, where the compiler resolves the caller's `match` for each
    // event of the fast path, so that no event goes through memory.
    #[inline(always)]
    pub fn next_event<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Error> {
        self.advance(input)
    }

    /// Checks that the input may end, after `next_event` has returned `Ok(None)` and left `rest`.
    ///
    /// Ignored empty lines may stand at the end. A CR alone may not: it is the start of an
    /// incomplete line.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedEnd`] unless the parser is [idle](Self::is_idle) and nothing
    /// is left; or the error that the parser has failed with.
    ///
    /// ```
    /// use h1events::{ErrorKind, RequestParser};
    ///
    /// let mut parser = RequestParser::new();
    /// assert!(parser.finish(b"").is_ok());
    ///
    /// let mut input: &[u8] = b"GET / HTT";
    /// assert_eq!(parser.next_event(&mut input), Ok(None));
    /// assert_eq!(parser.finish(input).unwrap_err().kind(), ErrorKind::UnexpectedEnd);
    /// ```
    pub fn finish(&self, rest: &[u8]) -> Result<(), Error> {
        match self.phase {
            Phase::Failed(kind) => Err(Error::new(kind, self.offset)),
            _ if self.is_idle() && rest.is_empty() => Ok(()),
            _ => Err(Error::new(
                ErrorKind::UnexpectedEnd,
                self.consumed().saturating_add(to_u64(rest.len())),
            )),
        }
    }

    /// Returns whether the parser is between requests: it has seen no byte of the next one,
    /// except for ignored empty lines.
    ///
    /// An unconsumed CR may become an empty line, so it doesn't count either.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(&self.phase, Phase::RequestLine(progress) if progress.is_none())
    }
}

impl Default for RequestParser {
    fn default() -> Self {
        Self::new()
    }
}

const _: () = assert!(size_of::<RequestParser>() <= 128);
