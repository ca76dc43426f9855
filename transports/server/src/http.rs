//! Conversions to and from the types of the [`http`] crate.

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, request, response};
use bytes::Bytes;
use h1events::{Version, range_of};

use crate::content::Content;
use crate::header::{InvalidHeader, check_name, line_len};
use crate::reason;
use crate::request::Request;
use crate::response::Response;

/// A part of a valid request that the `http` crate can't represent.
///
/// It converts into a [`Response`] with status 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequestParts {
    /// `http::Uri` refuses `<`, `>`, the backtick in a path, `"` in a query, `%` in an authority, and targets of
    /// more than 65,534 octets.
    #[error("the request target is not a URI that this server can hold")]
    Target,
    /// `http::HeaderName` refuses names of more than 65,535 octets, and `http::HeaderMap` more than
    /// 32,768 fields.
    #[error("the request has a field that this server cannot hold")]
    Field,
}

/// A part that a [`Response`] can't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidResponseParts {
    /// The status isn't a final one: 200 to 599.
    #[error("{0} is not a final status")]
    Status(u16),
    /// A field isn't valid.
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    /// The Content-Length isn't a number of digits, or there are two that differ.
    #[error("the Content-Length is not one number")]
    ContentLength,
}

impl From<InvalidRequestParts> for Response {
    fn from(error: InvalidRequestParts) -> Self {
        Self::error(400, error)
    }
}

/// The head of a request. Its extensions have the [`Peer`](crate::Peer).
impl TryFrom<Request<'_>> for request::Parts {
    type Error = InvalidRequestParts;

    fn try_from(request: Request<'_>) -> Result<Self, InvalidRequestParts> {
        let (mut parts, ()) = ::http::Request::new(()).into_parts();
        // The parser accepts only tokens.
        parts.method = Method::from_bytes(request.method_octets()).unwrap_or_default();
        // Target and values share one copy.
        let head = Bytes::copy_from_slice(request.head());
        let share = |part: &[u8]| head.slice(range_of(part, request.head()).unwrap_or_default());
        let uri = Uri::from_maybe_shared(share(request.target()));
        parts.uri = uri.map_err(|_| InvalidRequestParts::Target)?;
        parts.version = match request.version() {
            Version::HTTP_10 => ::http::Version::HTTP_10,
            _ => ::http::Version::HTTP_11,
        };
        parts.headers = header_map(&request, share).ok_or(InvalidRequestParts::Field)?;
        parts.extensions.insert(request.peer());
        Ok(parts)
    }
}

/// Fields for which a map gets space, if there aren't more: less than a KiB, which costs an allocator least.
const FEW_FIELDS: usize = 6;

/// Fields for which a map gets space at first otherwise.
const MORE_FIELDS: usize = 16;

fn header_map(request: &Request<'_>, share: impl Fn(&[u8]) -> Bytes) -> Option<HeaderMap> {
    let has_few = request.headers().size_hint().0 <= FEW_FIELDS;
    let mut map = HeaderMap::with_capacity(if has_few { FEW_FIELDS } else { MORE_FIELDS });
    for field in request.headers() {
        let name = HeaderName::from_bytes(field.name).ok()?;
        map.try_append(name, HeaderValue::from_maybe_shared(share(field.value)).ok()?).ok()?;
    }
    Some(map)
}

/// A response without a body. Fields that the connection sets are left out, and so is whitespace around
/// values. A Content-Length becomes that of a streamed body, and `Connection: close` closes the connection.
impl TryFrom<response::Parts> for Response {
    type Error = InvalidResponseParts;

    fn try_from(parts: response::Parts) -> Result<Self, InvalidResponseParts> {
        let status = parts.status.as_u16();
        if !(200..=599).contains(&status) {
            return Err(InvalidResponseParts::Status(status));
        }
        let mut response = Self::new(status);
        if reason::phrase(status).is_empty()
            && let Some(phrase) = parts.status.canonical_reason()
        {
            response = response.with_reason(phrase);
        }
        let fields = parts.headers.iter();
        let bytes = fields.map(|(name, value)| line_len(name.as_ref(), value.as_bytes())).sum();
        response.lines = Vec::with_capacity(bytes).into();
        for (name, value) in &parts.headers {
            // A `HeaderValue` has only octets that are allowed. RFC 9110 section 5.5: a field value doesn't
            // include the whitespace around it.
            let value = value.as_bytes().trim_ascii();
            match *name {
                header::CONTENT_LENGTH => {
                    let length =
                        content_length(value).ok_or(InvalidResponseParts::ContentLength)?;
                    if response.length.replace(length).is_some_and(|other| other != length) {
                        return Err(InvalidResponseParts::ContentLength);
                    }
                }
                header::CONNECTION if closes(value) => response = response.with_close(),
                _ => match check_name(name.as_ref()) {
                    Ok(()) => response.push(name.as_ref(), value),
                    Err(InvalidHeader::Reserved) => {}
                    Err(error) => return Err(error.into()),
                },
            }
        }
        Ok(response)
    }
}

impl<T: Into<Content>> TryFrom<::http::Response<T>> for Response {
    type Error = InvalidResponseParts;

    fn try_from(response: ::http::Response<T>) -> Result<Self, InvalidResponseParts> {
        let (parts, body) = response.into_parts();
        Ok(Self::try_from(parts)?.with_body(body))
    }
}

/// Reads a Content-Length (RFC 9110 section 8.6), which has only digits.
fn content_length(value: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(value).ok()?;
    // `parse` takes a sign, too.
    digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Returns whether a Connection value has the option `close`.
fn closes(value: &[u8]) -> bool {
    let mut options = value.split(|&octet| octet == b',');
    options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests may")]
mod tests {
    use super::*;
    use crate::owned_request::OwnedRequest;
    use crate::peer::Peer;

    fn parts(head: &str) -> Result<request::Parts, InvalidRequestParts> {
        let request = OwnedRequest::parse(head.as_bytes()).expect("the request is valid");
        request.as_request().try_into()
    }

    #[test]
    fn request_keeps_its_head() {
        let parts = parts("PUT /a?b HTTP/1.0\r\nHost: h\r\nA: 1\r\na: \u{e9}\r\n\r\n").unwrap();
        assert_eq!((parts.method, parts.version), (Method::PUT, ::http::Version::HTTP_10));
        assert_eq!((parts.uri.path(), parts.uri.query()), ("/a", Some("b")));
        let values: Vec<_> = parts.headers.get_all("a").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(values, [b"1".as_slice(), "\u{e9}".as_bytes()]);
        assert_eq!(parts.extensions.get::<Peer>(), Some(&Peer::Local));
    }

    #[test]
    fn every_form_of_target_is_kept() {
        for (target, method) in [
            ("/", "GET"),
            ("/a%20b?c=/?&", "GET"),
            ("http://h/a", "GET"),
            ("*", "OPTIONS"),
            ("h:80", "CONNECT"),
        ] {
            let parts = parts(&format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
            assert_eq!(parts.expect(target).uri.to_string(), target);
        }
    }

    /// Returns the characters that the parser accepts at the place of `_`, and a URI refuses.
    fn refused(method: &str, target: &str) -> String {
        let is_refused = |&character: &char| {
            let target = target.replace('_', &character.to_string());
            let head = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n");
            let request = OwnedRequest::parse(head.as_bytes());
            request.is_ok_and(|request| request::Parts::try_from(request.as_request()).is_err())
        };
        ('!'..='~').filter(is_refused).collect()
    }

    #[test]
    fn target_that_a_uri_cannot_hold_is_refused() {
        assert_eq!(refused("GET", "/_"), "<>`");
        assert_eq!(refused("GET", "/?_"), "\"<>");
        assert_eq!(refused("GET", "http://h/?_"), "\"<>");
        for (method, target) in [("GET", "http://a_b/"), ("GET", "http://_"), ("CONNECT", "a_b:80")]
        {
            assert_eq!(refused(method, target), "", "{target}");
        }
        // Percent signs have to be a part of a triplet there.
        assert_eq!(refused("GET", "http://_41/"), "%");
        assert_eq!(refused("CONNECT", "_41:80"), "%");
        let response = Response::from(InvalidRequestParts::Target);
        assert_eq!(response.status(), 400);
    }

    #[test]
    fn response_keeps_what_is_not_the_connections_to_set() {
        let response = ::http::Response::builder()
            .status(404)
            .header("A", "1")
            .header("a", "2")
            .header("Connection", "keep-alive, Close")
            .header("Transfer-Encoding", "chunked")
            .header("Keep-Alive", "timeout=5")
            .header("Content-Length", "3")
            .body("tea")
            .unwrap();
        let response = Response::try_from(response).unwrap();
        assert_eq!((response.status(), response.body()), (404, b"tea".as_slice()));
        assert!(response.closes());
        let fields: Vec<_> = response.headers().map(|field| (field.name, field.value)).collect();
        assert_eq!(fields, [(b"a".as_slice(), b"1".as_slice()), (b"a", b"2")]);
    }

    #[test]
    fn content_becomes_bytes() {
        let memory = std::sync::Arc::new(b"a tea b".to_vec());
        for content in [
            Content::from("tea"),
            Content::from(b"tea".to_vec()),
            Content::from(std::sync::Arc::<[u8]>::from(*b"tea")),
            Content::from(Bytes::from("tea")),
            Content::slice(memory, 2..5),
        ] {
            let at = content.as_ptr();
            let bytes = Bytes::from(content);
            assert_eq!((&*bytes, bytes.as_ptr()), (b"tea".as_slice(), at));
        }
    }

    fn with_field(name: HeaderName, value: &[u8]) -> Result<Response, InvalidResponseParts> {
        let value = HeaderValue::from_bytes(value).unwrap();
        Response::try_from(::http::Response::builder().header(name, value).body("").unwrap())
    }

    /// RFC 9110 section 5.5.
    #[test]
    fn whitespace_around_a_value_is_no_part_of_it() {
        for (value, sent) in [
            (" a", "a"),
            ("a ", "a"),
            ("\ta", "a"),
            ("a\t ", "a"),
            (" ", ""),
            ("", ""),
            ("a b", "a b"),
        ] {
            let response = with_field(header::ALLOW, value.as_bytes()).unwrap();
            let values: Vec<_> = response.headers().map(|field| field.value).collect();
            assert_eq!(values, [sent.as_bytes()], "{value:?}");
        }
    }

    #[test]
    fn name_that_is_no_token_is_refused() {
        let quote = HeaderName::from_lowercase(b"a\"b").unwrap();
        assert_eq!(with_field(quote, b"a").unwrap_err(), InvalidHeader::Name.into());
    }

    /// RFC 9110 section 8.6.
    #[test]
    fn content_length_has_only_digits() {
        for value in ["three", "+5", "-5", "", "5, 5", "5 5", "\u{e9}", "18446744073709551616"] {
            let error = with_field(header::CONTENT_LENGTH, value.as_bytes()).unwrap_err();
            assert_eq!(error, InvalidResponseParts::ContentLength, "{value:?}");
        }
        for value in ["5", " 5", "005"] {
            let response = with_field(header::CONTENT_LENGTH, value.as_bytes()).unwrap();
            assert_eq!(response.length, Some(5), "{value:?}");
        }
    }

    #[test]
    fn content_lengths_that_differ_are_refused() {
        let with_both = |first, second| {
            let builder = ::http::Response::builder().header("Content-Length", first);
            Response::try_from(builder.header("Content-Length", second).body("").unwrap())
        };
        assert!(with_both("5", "5").is_ok());
        assert_eq!(with_both("5", "6").unwrap_err(), InvalidResponseParts::ContentLength);
    }

    #[test]
    fn reason_phrase_of_http_is_used_where_the_server_has_none() {
        let reason = |status: u16| {
            let response = ::http::Response::builder().status(status).body("").unwrap();
            Response::try_from(response).unwrap().reason()
        };
        assert_eq!((reason(404), reason(418), reason(499)), ("Not Found", "I'm a teapot", ""));
    }

    #[test]
    fn octets_of_a_value_of_http_are_allowed() {
        for octet in 0..=u8::MAX {
            let value = [b'a', octet, b'a'];
            let is_allowed = crate::header::check_value(&value).is_ok();
            assert_eq!(HeaderValue::from_bytes(&value).is_ok(), is_allowed, "{octet}");
        }
    }

    #[test]
    fn response_that_cannot_be_final_is_refused() {
        let try_from = |builder: response::Builder| Response::try_from(builder.body("").unwrap());
        let early = try_from(::http::Response::builder().status(103));
        assert_eq!(early.unwrap_err(), InvalidResponseParts::Status(103));
        let beyond = try_from(::http::Response::builder().status(600));
        assert_eq!(beyond.unwrap_err(), InvalidResponseParts::Status(600));
    }
}
