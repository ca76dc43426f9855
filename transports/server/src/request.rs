//! A request, as the application sees it.

use std::ops::Range;

use h1events::{Event, Field, Framing, Version};

/// A whole request: head, body and trailers (RFC 9112 section 2.1).
///
/// It borrows from the connection. Names compare without regard to case.
///
/// ```
/// use h1events_server::{Request, Response};
///
/// fn application(request: &Request<'_>) -> Response {
///     match (request.method(), request.path()) {
///         ("GET" | "HEAD", b"/tea") => Response::text("green\n"),
///         ("POST", b"/tea") if request.body().len() > 80 => Response::new(413),
///         _ => Response::new(404),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    stored: &'a StoredRequest,
}

impl<'a> Request<'a> {
    pub(crate) const fn new(stored: &'a StoredRequest) -> Self {
        Self { stored }
    }

    /// The method, case-sensitive (RFC 9110 section 9.1).
    #[must_use]
    pub fn method(&self) -> &'a str {
        // The parser lets tokens pass only, and a token is ASCII.
        str::from_utf8(self.stored.text(&self.stored.method)).unwrap_or_default()
    }

    pub(crate) fn has_method(&self, method: &str) -> bool {
        self.stored.text(&self.stored.method) == method.as_bytes()
    }

    /// The request target as received, undecoded.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        self.stored.text(&self.stored.target)
    }

    /// The path of the target, without its query: all of it in asterisk-form and
    /// authority-form. In absolute-form, an empty path is `/` (RFC 9110 section 4.2.3).
    ///
    /// Neither decoded nor normalised.
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        let path = origin_form(self.target());
        let end = path.iter().position(|&octet| octet == b'?').unwrap_or(path.len());
        if end == 0 { b"/" } else { &path[..end] }
    }

    /// What follows the first `?` of the target, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&'a [u8]> {
        let mut parts = origin_form(self.target()).splitn(2, |&octet| octet == b'?');
        parts.nth(1)
    }

    /// The authority: host, and port if there is one. It is that of the target for an absolute one
    /// (RFC 9112 section 3.2.2: the Host value is then ignored) and for CONNECT, or else the Host
    /// value. `None` only in HTTP/1.0.
    #[must_use]
    pub fn authority(&self) -> Option<&'a [u8]> {
        match absolute(self.target()) {
            Some((authority, _)) => Some(authority),
            None if self.method() == "CONNECT" => Some(self.target()),
            None => self.field("host"),
        }
    }

    /// The version as received.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.stored.version
    }

    /// The field lines of the header section, in their order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.stored.fields(&self.stored.headers)
    }

    /// The value of the first field line of that name.
    ///
    /// Several lines of one name are one list (RFC 9110 section 5.3); for names that are
    /// defined as lists, look at all [`fields`](Self::fields).
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields()
            .find(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// The content, decoded from chunks.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        &self.stored.body
    }

    /// The field lines after a chunked body, in their order. They are never among the
    /// [`fields`](Self::fields) (RFC 9110 section 6.5.1).
    pub fn trailers(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.stored.fields(&self.stored.trailers)
    }

    /// Whether the client offers to switch to another protocol, which the Upgrade field
    /// names. See [`Response::upgrade`](crate::Response::upgrade).
    #[must_use]
    pub const fn offers_upgrade(&self) -> bool {
        match self.stored.framing {
            Some(framing) => framing.upgrade,
            None => false,
        }
    }
}

/// Authority, and path with query, of a target in absolute-form.
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    if target.starts_with(b"/") {
        return None;
    }
    let scheme_end = target.windows(3).position(|window| window == b"://")?;
    let rest = &target[scheme_end + 3..];
    Some(
        rest.split_at(
            rest.iter().position(|octet| matches!(octet, b'/' | b'?')).unwrap_or(rest.len()),
        ),
    )
}

fn origin_form(target: &[u8]) -> &[u8] {
    absolute(target).map_or(target, |(_, path)| path)
}

/// A request that owns its bytes. Its memory is used again for the next one.
#[derive(Debug)]
pub(crate) struct StoredRequest {
    /// Method, target, names and values, one after the other.
    text: Vec<u8>,
    method: Range<usize>,
    target: Range<usize>,
    version: Version,
    headers: Vec<StoredField>,
    trailers: Vec<StoredField>,
    body: Vec<u8>,
    framing: Option<Framing>,
}

type StoredField = (Range<usize>, Range<usize>);

impl StoredRequest {
    pub(crate) const fn new() -> Self {
        Self {
            text: Vec::new(),
            method: 0..0,
            target: 0..0,
            version: Version::HTTP_11,
            headers: Vec::new(),
            trailers: Vec::new(),
            body: Vec::new(),
            framing: None,
        }
    }

    /// Adds what an event says.
    pub(crate) fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::RequestLine(line) => {
                self.clear();
                self.method = self.store(line.method);
                self.target = self.store(line.target);
                self.version = line.version;
            }
            Event::Header(field) => {
                let stored = (self.store(field.name), self.store(field.value));
                self.headers.push(stored);
            }
            Event::HeadEnd(framing) => self.framing = Some(*framing),
            Event::Body(data) => self.body.extend_from_slice(data),
            Event::Trailer(field) => {
                let stored = (self.store(field.name), self.store(field.value));
                self.trailers.push(stored);
            }
            Event::End => {}
        }
    }

    fn store(&mut self, octets: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(octets);
        start..self.text.len()
    }

    fn text(&self, range: &Range<usize>) -> &[u8] {
        &self.text[range.clone()]
    }

    fn fields<'a>(
        &'a self,
        fields: &'a [StoredField],
    ) -> impl Iterator<Item = Field<'a>> + use<'a> {
        fields.iter().map(|(name, value)| Field { name: self.text(name), value: self.text(value) })
    }

    /// Forgets the request, which has its answer, and the memory that only a large one takes.
    pub(crate) fn clear(&mut self) {
        self.method = 0..0;
        self.target = 0..0;
        self.framing = None;
        self.text.clear();
        self.text.shrink_to(KEEP);
        self.body.clear();
        self.body.shrink_to(KEEP);
        for fields in [&mut self.headers, &mut self.trailers] {
            fields.clear();
            fields.shrink_to(KEEP_FIELDS);
        }
    }

    /// Whether the request line has come. Until then, there is nothing of the request.
    pub(crate) const fn has_begun(&self) -> bool {
        self.method.end > 0
    }

    /// What the end of the head has said, if it has come.
    pub(crate) const fn framing(&self) -> Option<Framing> {
        self.framing
    }
}

/// What is kept of the memory of a large request, for the next one.
const KEEP: usize = 16 * 1024;
const KEEP_FIELDS: usize = 128;
