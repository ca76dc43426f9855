//! A request, as the application sees it.

use h1events::{BodyLength, Field, Version};

use crate::header::members;
use crate::peer::Peer;
use crate::stored_request::StoredRequest;
use crate::target::Absolute;

/// A complete request: head, body and trailers (RFC 9112 section 2.1).
///
/// It borrows from the connection, and copies nothing.
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
    peer: &'a Peer,
}

impl<'a> Request<'a> {
    pub(crate) const fn new(stored: &'a StoredRequest, peer: &'a Peer) -> Self {
        Self { stored, peer }
    }

    /// Returns the peer.
    #[must_use]
    pub const fn peer(&self) -> Peer {
        *self.peer
    }

    /// Returns the head as received, from the request line to the empty line that ends it.
    /// An empty line before the request line isn't part of it.
    #[must_use]
    pub fn head(&self) -> &'a [u8] {
        self.stored.head()
    }

    /// Returns the method, which is case-sensitive (RFC 9110 section 9.1).
    #[must_use]
    pub fn method(&self) -> &'a str {
        // The parser accepts only tokens, and a token is ASCII.
        str::from_utf8(self.method_octets()).unwrap_or_default()
    }

    pub(crate) fn method_octets(&self) -> &'a [u8] {
        self.stored.method()
    }

    pub(crate) fn has_method(&self, method: &str) -> bool {
        self.stored.method() == method.as_bytes()
    }

    /// Returns the request target as received, undecoded.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        self.stored.target()
    }

    /// Returns the path of the target, without its query, neither decoded nor normalised.
    ///
    /// For asterisk-form and authority-form it is the whole target. For absolute-form, an empty
    /// path is `/` (RFC 9110 section 4.2.3).
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        let path = self.origin_form();
        let end = path.iter().position(|&octet| octet == b'?').unwrap_or(path.len());
        if end == 0 { b"/" } else { &path[..end] }
    }

    /// Returns the part of the target after its first `?`, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&'a [u8]> {
        self.origin_form().splitn(2, |&octet| octet == b'?').nth(1)
    }

    /// Returns the authority: the host, and the port if there is one. `None` only in HTTP/1.0.
    ///
    /// It is that of the target in absolute-form, where RFC 9112 section 3.2.2 has the Host value ignored,
    /// and for CONNECT; otherwise the Host value.
    #[must_use]
    pub fn authority(&self) -> Option<&'a [u8]> {
        match Absolute::parse(self.target()) {
            Some(absolute) => Some(absolute.authority),
            None if self.has_method("CONNECT") => Some(self.target()),
            None => self.header("host"),
        }
    }

    /// Returns whether the target is absolute and its authority differs from the Host field.
    pub(crate) fn has_host_mismatch(&self) -> bool {
        Absolute::parse(self.target())
            .zip(self.header("host"))
            .is_some_and(|(absolute, host)| !absolute.names(host))
    }

    /// Returns the version as received.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.stored.version()
    }

    /// Returns the field lines of the header section, in their order.
    pub fn headers(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.stored.headers()
    }

    /// Returns the value of the first field line with this name, in any case.
    ///
    /// Several lines of one name are one list (RFC 9110 section 5.3). For names that are
    /// defined as lists, look at all [`headers`](Self::headers).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers()
            .find(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// Returns the length of the content in bytes, from the head. `None` if it comes in chunks.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        match self.stored.framing()?.body {
            BodyLength::None => Some(0),
            BodyLength::Length(length) => Some(length),
            BodyLength::Chunked => None,
        }
    }

    /// Returns the content, decoded from chunks. Empty if the application
    /// [reads it as it comes](crate::Connection::with_streamed_bodies).
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.stored.body()
    }

    /// Returns the field lines after a chunked body, in their order. They are never among the
    /// [`headers`](Self::headers) (RFC 9110 section 6.5.1).
    pub fn trailers(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.stored.trailers()
    }

    /// Returns whether the client offers to switch to another protocol, which the Upgrade field
    /// names. Whether it is one that the application speaks:
    /// [`offers_upgrade_to`](Self::offers_upgrade_to).
    #[must_use]
    pub fn offers_upgrade(&self) -> bool {
        self.stored.framing().is_some_and(|framing| framing.upgrade)
    }

    /// Returns whether the client offers to switch to this protocol, or to each of a list of protocols, in
    /// upper or lower case. See [`Response::upgrade`](crate::Response::upgrade).
    #[must_use]
    pub fn offers_upgrade_to(&self, protocol: impl AsRef<[u8]>) -> bool {
        let is_offered = |protocol: &[u8]| {
            self.headers()
                .filter(|field| field.name.eq_ignore_ascii_case(b"upgrade"))
                .flat_map(|field| members(field.value))
                .any(|offered| !protocol.is_empty() && offered.eq_ignore_ascii_case(protocol))
        };
        self.offers_upgrade() && members(protocol.as_ref()).all(is_offered)
    }

    /// Returns path and query.
    fn origin_form(&self) -> &'a [u8] {
        let target = self.target();
        Absolute::parse(target).map_or(target, |absolute| absolute.path_and_query)
    }
}
