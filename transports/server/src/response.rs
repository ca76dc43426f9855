//! A response, as the application gives it.

use std::any::Any;
use std::borrow::Cow;
use std::pin::Pin;
use std::{fmt, io};

use h1events::Field;

use crate::body::{Body, Contained, Parts};
use crate::content::Content;
use crate::header::{self, InvalidHeader};
use crate::reason;

/// A response: status, header fields, body.
///
/// The connection adds Date, Content-Length and Connection, and leaves the body out where
/// the method or the status allows none.
///
/// ```
/// use h1events_server::Response;
///
/// let response = Response::new(405).with_header("Allow", "GET, HEAD");
/// let response = Response::html("<p>No such tea</p>").with_status(404);
/// ```
#[derive(Debug)]
#[must_use]
pub struct Response {
    pub(crate) status: u16,
    reason: Option<&'static str>,
    /// Field lines as they are sent, each with its CRLF.
    pub(crate) lines: Cow<'static, [u8]>,
    has_date: bool,
    has_upgrade: bool,
    pub(crate) body: ResponseBody,
    /// The Content-Length, where the body doesn't know it.
    pub(crate) length: Option<u64>,
    pub(crate) forces_trailers: bool,
    closes: bool,
    /// The switch to another protocol, if there is one.
    pub(crate) upgrade: Option<Box<Upgrade>>,
}

/// A change of protocols.
#[derive(Debug)]
pub(crate) struct Upgrade {
    pub(crate) protocol: Box<[u8]>,
    /// The function that takes the connection, in a type of the transport.
    pub(crate) handler: Option<UpgradeHandler>,
}

pub(crate) type UpgradeHandler = Box<dyn Any + Send>;

#[derive(Default)]
pub(crate) enum ResponseBody {
    /// The application hasn't set one.
    #[default]
    None,
    Whole(Content),
    /// With its length, if the body knows it.
    Streamed(Pin<Box<dyn Body>>, Option<u64>),
}

impl Response {
    /// Creates a response without a body.
    ///
    /// # Panics
    ///
    /// If the status isn't a final one: 200 to 599.
    #[track_caller]
    pub fn new(status: u16) -> Self {
        assert_final(status);
        Self {
            status,
            reason: None,
            lines: Cow::Borrowed(&[]),
            has_date: false,
            has_upgrade: false,
            body: ResponseBody::None,
            length: None,
            forces_trailers: false,
            closes: false,
            upgrade: None,
        }
    }

    /// Creates a response with status 200 and a plain text.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::typed("Content-Type: text/plain; charset=utf-8\r\n", text.into())
    }

    /// Creates a response with status 200 and an HTML page.
    pub fn html(html: impl Into<Cow<'static, str>>) -> Self {
        Self::typed("Content-Type: text/html; charset=utf-8\r\n", html.into())
    }

    /// Creates a response with status 200 and a JSON text.
    pub fn json(json: impl Into<Cow<'static, str>>) -> Self {
        Self::typed("Content-Type: application/json\r\n", json.into())
    }

    /// Creates a response to an error, whose plain text is the status, its reason phrase and an explanation. Errors
    /// that the server answers itself look the same. RFC 9110 asks for an explanation in sections 15.5 and 15.6.
    ///
    /// ```
    /// use h1events_server::Response;
    ///
    /// let response = Response::error(404, "there is no such tea");
    /// assert_eq!(response.body(), b"404 Not Found: there is no such tea\n");
    /// ```
    ///
    /// # Panics
    ///
    /// If the status isn't a final one: 200 to 599.
    #[track_caller]
    pub fn error(status: u16, explanation: impl fmt::Display) -> Self {
        let text = format!("{status} {}: {explanation}\n", reason::phrase(status));
        Self::text(text).with_status(status)
    }

    /// Creates a response with status 303 (See Other): the client continues with a GET of the
    /// location.
    ///
    /// # Panics
    ///
    /// If the location can't be a field value.
    #[track_caller]
    pub fn redirect(location: impl AsRef<[u8]>) -> Self {
        Self::new(303).with_header("Location", location)
    }

    /// Creates a response that switches the connection to another protocol: a 101 with that
    /// Upgrade value (RFC 9110 section 7.8), or a 200 for CONNECT, which ignores the value (section
    /// 9.3.6). A body is left out. Bytes after the request belong to the new protocol:
    /// [`Step::Upgraded`](crate::Step::Upgraded).
    ///
    /// The request must [offer](crate::Request::offers_upgrade_to) the protocol, or be a CONNECT.
    /// Otherwise the client gets a 500.
    ///
    /// ```
    /// use h1events_server::{Request, Response};
    ///
    /// fn application(request: &Request<'_>) -> Response {
    ///     if request.offers_upgrade_to("websocket") {
    ///         Response::upgrade("websocket")
    ///     } else {
    ///         Response::new(404)
    ///     }
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// If the protocol can't be a field value. For protocols from outside, use
    /// [`try_upgrade`](Self::try_upgrade).
    #[track_caller]
    pub fn upgrade(protocol: impl AsRef<[u8]>) -> Self {
        let protocol = protocol.as_ref();
        match Self::try_upgrade(protocol) {
            Ok(response) => response,
            Err(error) => panic!("protocol \"{}\": {error}", protocol.escape_ascii()),
        }
    }

    /// Creates a response as [`upgrade`](Self::upgrade) does.
    ///
    /// # Errors
    ///
    /// [`InvalidHeader::Value`]: the protocol can't be a field value.
    pub fn try_upgrade(protocol: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        let protocol = protocol.as_ref();
        header::check_value(protocol)?;
        let mut response = Self::new(200);
        response.status = 101;
        response.upgrade = Some(Box::new(Upgrade { protocol: protocol.into(), handler: None }));
        Ok(response)
    }

    /// Sets the handler that takes the connection after an [upgrade](Self::upgrade). It is for transports,
    /// which choose its type, and [take](crate::Connection::take_upgrade_handler) it out again. Applications
    /// use the `upgrade` function of their transport. Any other response drops it.
    pub fn with_upgrade_handler(mut self, handler: impl Any + Send) -> Self {
        if let Some(upgrade) = &mut self.upgrade {
            upgrade.handler = Some(Box::new(handler));
        }
        self
    }

    /// Sets the status, and cancels an [upgrade](Self::upgrade).
    ///
    /// # Panics
    ///
    /// If the status isn't a final one: 200 to 599.
    #[track_caller]
    pub fn with_status(mut self, status: u16) -> Self {
        assert_final(status);
        self.status = status;
        self.upgrade = None;
        self
    }

    /// Sets the reason phrase, which clients ignore.
    ///
    /// # Panics
    ///
    /// If the phrase has a control character, or whitespace around it.
    #[track_caller]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        let is_valid = header::check_value(reason.as_bytes()).is_ok();
        assert!(is_valid, "{reason:?} is not a reason phrase");
        self.reason = Some(reason);
        self
    }

    /// Adds a header field. For names that are defined as lists, several lines are one list
    /// (RFC 9110 section 5.3). Content-Type has only one value, so that the last one counts:
    ///
    /// ```
    /// # use h1events_server::Response;
    /// let response = Response::text("a,b\n1,2\n").with_header("Content-Type", "text/csv");
    /// # assert_eq!(response.headers().count(), 1);
    /// # assert_eq!(response.headers().next().unwrap().value, b"text/csv");
    /// ```
    ///
    /// The connection sets Connection, Content-Length, Keep-Alive and Transfer-Encoding itself: see
    /// [`with_close`](Self::with_close) and [`with_content_length`](Self::with_content_length).
    ///
    /// # Panics
    ///
    /// If the field isn't valid, see [`InvalidHeader`]. For names and values from outside, use
    /// [`try_with_header`](Self::try_with_header).
    #[track_caller]
    pub fn with_header(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        match self.try_with_header(name, value) {
            Ok(response) => response,
            // The value isn't shown: it may be long, or a secret.
            Err(error) => panic!("header \"{}\": {error}", name.escape_ascii()),
        }
    }

    /// Adds a header field as [`with_header`](Self::with_header) does.
    ///
    /// # Errors
    ///
    /// Name or value would break the message, or only the connection may set the field.
    pub fn try_with_header(
        mut self,
        name: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, InvalidHeader> {
        let (name, value) = (name.as_ref(), value.as_ref());
        header::check(name, value)?;
        if name.eq_ignore_ascii_case(b"content-type") {
            header::remove(self.lines.to_mut(), name);
        }
        self.push(name, value);
        Ok(self)
    }

    /// Sets the body, which may be empty. Static and shared bytes are not copied, and large bodies
    /// never.
    ///
    /// The answer to a HEAD has the Content-Length of this body, as the GET would, and none if there is
    /// no body (RFC 9110 section 8.6).
    pub fn with_body(mut self, body: impl Into<Content>) -> Self {
        self.body = ResponseBody::Whole(body.into());
        self
    }

    /// Sets a streamed body from the parts of an iterator.
    ///
    /// Each part is sent before the iterator is asked for the next, which may take long. Connections
    /// that share the thread wait for the iterator. Parts of some KiB cost less than many small ones.
    ///
    /// The body goes out in chunks, unless its [length](Self::with_content_length) is set. For an HTTP/1.0
    /// client, it ends with the connection.
    ///
    /// ```
    /// use h1events_server::Response;
    ///
    /// let lines = (1..=1_000_000).map(|n| Ok(format!("line {n}\n")));
    /// let response = Response::new(200).with_header("Content-Type", "text/plain").with_parts(lines);
    /// ```
    pub fn with_parts<I, T>(self, parts: I) -> Self
    where
        I: IntoIterator<Item = io::Result<T>, IntoIter: Send + Unpin + 'static>,
        T: Into<Content>,
    {
        self.with_streamed_body(Parts::new(parts.into_iter()))
    }

    /// Sets a streamed body, and asks it for its [length](Body::length).
    pub fn with_streamed_body(mut self, body: impl Body + 'static) -> Self {
        let length = body.length();
        self.body = ResponseBody::Streamed(Box::pin(Contained::new(body)), length);
        self
    }

    /// Sets the Content-Length of a streamed body, or of an answer to a HEAD that is given no
    /// body.
    ///
    /// A body that turns out longer or shorter is an error of the application: the connection is
    /// cut. A [whole body](Self::with_body) ignores it and uses its own length.
    pub const fn with_content_length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    /// Sends the trailers of the body to every client. By default, only a client that says
    /// `TE: trailers` gets them (RFC 9110 section 6.5.1).
    pub const fn with_forced_trailers(mut self) -> Self {
        self.forces_trailers = true;
        self
    }

    /// Closes the connection after this answer, whatever the client wants (RFC 9112 section 9.6).
    /// After an [upgrade](Self::upgrade), the new protocol decides when to close.
    pub const fn with_close(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Returns the status; 101 for an [upgrade](Self::upgrade).
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the reason phrase: the one that was set, or that of the status (RFC 9110 section 15).
    /// Empty if the status has none.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.reason {
            Some(reason) => reason,
            None => reason::phrase(self.status),
        }
    }

    /// Returns the header fields that have been set, in their order. The connection adds its own.
    ///
    /// ```
    /// use h1events_server::Response;
    ///
    /// let response = Response::new(405).with_header("Allow", "GET, HEAD");
    /// assert!(response.headers().any(|field| field.name == b"Allow" && field.value == b"GET, HEAD"));
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = Field<'_>> {
        header::fields(&self.lines)
    }

    /// Returns the body, which the connection may leave out. Empty if it is streamed.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &self.body {
            ResponseBody::Whole(body) => body,
            ResponseBody::None | ResponseBody::Streamed(..) => &[],
        }
    }

    /// Returns the number of bytes in the body, if it is known: it was
    /// [set](Self::with_content_length), or the body knows it.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        match &self.body {
            ResponseBody::Whole(body) => Some(body.len() as u64),
            ResponseBody::None => Some(self.length.unwrap_or_default()),
            ResponseBody::Streamed(_, length) => self.length.or(*length),
        }
    }

    /// Returns whether the connection closes after this answer.
    #[must_use]
    pub const fn closes(&self) -> bool {
        self.closes
    }

    /// Returns whether the body is streamed.
    pub(crate) const fn is_streamed(&self) -> bool {
        matches!(self.body, ResponseBody::Streamed(..))
    }

    pub(crate) const fn has_date(&self) -> bool {
        self.has_date
    }

    pub(crate) const fn has_upgrade(&self) -> bool {
        self.has_upgrade
    }

    fn typed(line: &'static str, text: Cow<'static, str>) -> Self {
        Self { lines: Cow::Borrowed(line.as_bytes()), ..Self::new(200).with_body(text) }
    }

    pub(crate) fn push(&mut self, name: &[u8], value: &[u8]) {
        self.has_date |= name.eq_ignore_ascii_case(b"date");
        self.has_upgrade |= name.eq_ignore_ascii_case(b"upgrade");
        header::push_line(self.lines.to_mut(), name, value);
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Whole(content) => content.fmt(f),
            Self::Streamed(_, length) => {
                write!(f, "made while it is sent, of {length:?} bytes")
            }
        }
    }
}

#[track_caller]
fn assert_final(status: u16) {
    assert!((200..=599).contains(&status), "{status} is not a final status");
}
