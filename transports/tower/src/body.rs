//! The body of a request.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h1events_server::{Request, Trailers};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Frame, SizeHint};

/// Any error: that of a [`Body`], or of a service.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request, which is read when it is polled.
///
/// Its errors are those of
/// [`RequestBodyError`](h1events_server::RequestBodyError). On threads, a poll waits for the client.
///
/// ```
/// use h1events_tower::Body;
/// use http::{Request, Response};
/// use http_body_util::BodyExt;
///
/// async fn count(request: Request<Body>) -> Result<Response<String>, h1events_tower::BoxError> {
///     let body = request.into_body().collect().await?;
///     Ok(Response::new(format!("{} bytes\n", body.to_bytes().len())))
/// }
/// ```
pub struct Body {
    /// `None` at the end. Most requests have no body, and so need no box.
    source: Option<Pin<Box<dyn Source + Send>>>,
    /// Octets that are still to come, if their number is known.
    left: Option<u64>,
}

/// A transport's side of a body.
pub(crate) trait Source {
    /// Returns the next octets; `None` at the end.
    fn poll_content(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>>;

    fn trailers(&self) -> Option<Trailers>;
}

impl Body {
    pub(crate) fn new(request: &Request<'_>, source: impl Source + Send + 'static) -> Self {
        let left = request.content_length();
        let source: Option<Pin<Box<dyn Source + Send>>> = match left {
            Some(0) => None,
            _ => Some(Box::pin(source)),
        };
        Self { source, left }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(source) = &mut self.source else { return Poll::Ready(None) };
        let content = ready!(source.as_mut().poll_content(cx));
        Poll::Ready(match content {
            Some(Ok(content)) => {
                self.left = self.left.map(|left| left.saturating_sub(content.len() as u64));
                Some(Ok(Frame::data(content)))
            }
            Some(Err(error)) => {
                self.source = None;
                Some(Err(error))
            }
            None => {
                let trailers = source.trailers().filter(|trailers| !trailers.is_empty());
                self.source = None;
                trailers.map(|trailers| Ok(Frame::trailers(header_map(&trailers))))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        // No trailers follow a Content-Length.
        self.source.is_none() || self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Converts trailers. The parser accepts only fields that a map can hold, except names of more than 65,535
/// octets.
fn header_map(trailers: &Trailers) -> HeaderMap {
    let header = |field: h1events_server::Field<'_>| {
        let name = HeaderName::from_bytes(field.name).ok()?;
        Some((name, HeaderValue::from_bytes(field.value).ok()?))
    };
    let mut map = HeaderMap::new();
    for (name, value) in trailers.fields().filter_map(header) {
        map.append(name, value);
    }
    map
}
