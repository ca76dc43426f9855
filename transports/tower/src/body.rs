//! The body of a request.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

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
    source: Pin<Box<dyn Source + Send>>,
    /// Octets that are still to come, if their number is known.
    left: Option<u64>,
    is_at_end: bool,
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
        Self { source: Box::pin(source), left, is_at_end: left == Some(0) }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.is_at_end {
            return Poll::Ready(None);
        }
        self.source.as_mut().poll_content(cx).map(|content| match content {
            Some(Ok(content)) => {
                self.left = self.left.map(|left| left.saturating_sub(content.len() as u64));
                Some(Ok(Frame::data(content)))
            }
            Some(Err(error)) => {
                self.is_at_end = true;
                Some(Err(error))
            }
            None => {
                self.is_at_end = true;
                let trailers = self.source.trailers().filter(|trailers| !trailers.is_empty());
                trailers.map(|trailers| Ok(Frame::trailers(header_map(&trailers))))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_at_end
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
