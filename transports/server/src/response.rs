//! A response, as the application gives it.

use std::borrow::Cow;

use h1events::Field;

/// A response: status, fields, body.
///
/// The connection adds Date, Content-Length and Connection, and leaves the body out where
/// the method or the status has none.
///
/// ```
/// use h1events_server::Response;
///
/// let response = Response::text("Hello, World\n");
/// let response = Response::new(405).field("Allow", "GET, HEAD")?;
/// # Ok::<(), h1events_server::InvalidField>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Response {
    pub(crate) status: u16,
    /// Field lines as they are sent, each with its CRLF.
    pub(crate) fields: Vec<u8>,
    has_date: bool,
    has_upgrade: bool,
    /// None if the application has said nothing of it.
    pub(crate) body: Option<Cow<'static, [u8]>>,
    pub(crate) close: bool,
    /// What the connection switches to, if it does.
    pub(crate) protocol: Option<String>,
}

/// Why a field can't be part of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidField {
    /// The name isn't a token (RFC 9110 section 5.1).
    #[error("the field name is not a token")]
    Name,
    /// The value has a control character, such as CR, LF or NUL, or whitespace around it
    /// (RFC 9110 section 5.5).
    #[error("the field value has an octet that is not allowed there")]
    Value,
    /// The connection decides about this field: Connection, Content-Length, Keep-Alive,
    /// Transfer-Encoding.
    #[error("the field is the connection's to set")]
    Reserved,
}

impl Response {
    /// A response without a body.
    ///
    /// # Panics
    ///
    /// If the status isn't a final one: 200 to 599.
    pub fn new(status: u16) -> Self {
        assert!((200..=599).contains(&status), "{status} is not a final status");
        Self {
            status,
            fields: Vec::new(),
            has_date: false,
            has_upgrade: false,
            body: None,
            close: false,
            protocol: None,
        }
    }

    /// A response with status 200 and a text in UTF-8.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        let body = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        let mut response = Self::new(200).body(body);
        response.push_field("Content-Type", b"text/plain; charset=utf-8");
        response
    }

    /// Switches the connection to another protocol (RFC 9110 section 7.8): a 101 with that
    /// Upgrade value, or, for CONNECT, a 200 (section 9.3.6), for which the value plays no part.
    /// What the client sends after its request is the protocol's:
    /// [`Step::Upgraded`](crate::Step::Upgraded).
    ///
    /// Only for a request whose Upgrade field offers the protocol, and that
    /// [means it](crate::Request::offers_upgrade), or for a CONNECT; for any other one, the
    /// client gets a 500. A body is left out.
    ///
    /// ```
    /// use h1events_server::{Request, Response};
    ///
    /// fn application(request: &Request<'_>) -> Response {
    ///     if request.offers_upgrade() && request.field("upgrade") == Some(b"websocket") {
    ///         Response::upgrade("websocket").expect("it is a token")
    ///     } else {
    ///         Response::new(404)
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidField::Value`]: the protocol can't be a field value.
    pub fn upgrade(protocol: &str) -> Result<Self, InvalidField> {
        if !is_value(protocol.as_bytes()) {
            return Err(InvalidField::Value);
        }
        let mut response = Self::new(200);
        response.status = 101;
        response.protocol = Some(protocol.to_owned());
        Ok(response)
    }

    /// The same with another status. An [upgrade](Self::upgrade) is none any more.
    ///
    /// # Panics
    ///
    /// If the status isn't a final one: 200 to 599.
    pub fn status(mut self, status: u16) -> Self {
        assert!((200..=599).contains(&status), "{status} is not a final status");
        self.status = status;
        self.protocol = None;
        self
    }

    /// The same with that body, which may be empty. Borrowed bytes are not copied, and large
    /// ones never.
    ///
    /// The answer to a HEAD has the Content-Length of the body that is given here, since it is
    /// that of the GET, and none if there is no body (RFC 9110 section 8.6).
    pub fn body(mut self, body: impl Into<Cow<'static, [u8]>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same with one more field line. For names that are defined as lists, several lines
    /// are one list (RFC 9110 section 5.3).
    ///
    /// # Errors
    ///
    /// Name or value would break the message, or the field is the connection's to set.
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, InvalidField> {
        const RESERVED: [&str; 4] =
            ["connection", "content-length", "keep-alive", "transfer-encoding"];

        let value = value.as_ref();
        if name.is_empty() || !name.bytes().all(is_tchar) {
            return Err(InvalidField::Name);
        }
        if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(InvalidField::Reserved);
        }
        if !is_value(value) {
            return Err(InvalidField::Value);
        }
        self.push_field(name, value);
        Ok(self)
    }

    /// The status; 101 for an [upgrade](Self::upgrade).
    #[must_use]
    pub const fn status_code(&self) -> u16 {
        self.status
    }

    /// The field lines that have been set, in their order. The connection adds its own.
    ///
    /// ```
    /// use h1events_server::Response;
    ///
    /// let response = Response::new(405).field("Allow", "GET, HEAD")?;
    /// assert!(response.fields().any(|field| field.name == b"Allow" && field.value == b"GET, HEAD"));
    /// # Ok::<(), h1events_server::InvalidField>(())
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        // No value has an LF, and no name a colon.
        let lines = self.fields.split_inclusive(|octet| *octet == b'\n');
        lines.filter_map(|line| {
            let (name, value) = line.split_at(line.iter().position(|octet| *octet == b':')?);
            Some(Field { name, value: value.strip_prefix(b": ")?.strip_suffix(b"\r\n")? })
        })
    }

    /// The body, which the connection may leave out.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// The same, and the connection is closed after it (RFC 9112 section 9.6), whatever the
    /// client wants. After an [upgrade](Self::upgrade), closing is the protocol's business.
    pub fn close(mut self) -> Self {
        self.close = true;
        self
    }

    pub(crate) const fn has_date(&self) -> bool {
        self.has_date
    }

    pub(crate) const fn has_upgrade(&self) -> bool {
        self.has_upgrade
    }

    fn push_field(&mut self, name: &str, value: &[u8]) {
        self.has_date |= name.eq_ignore_ascii_case("date");
        self.has_upgrade |= name.eq_ignore_ascii_case("upgrade");
        self.fields.reserve(name.len() + value.len() + ": \r\n".len());
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            self.fields.extend_from_slice(part);
        }
    }
}

/// tchar (RFC 9110 section 5.6.2)
const fn is_tchar(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// field-value (RFC 9110 section 5.5)
fn is_value(value: &[u8]) -> bool {
    let is_space = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    !is_space(value.first())
        && !is_space(value.last())
        && value.iter().all(|octet| matches!(octet, b'\t' | b' '..=b'~' | 0x80..))
}
