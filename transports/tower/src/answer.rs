//! Calls of a service, and its answers.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h1events_server::{BodyError, InvalidHeader, Part, Request, Response, Trailers};
use http::HeaderName;
use http_body::Frame;
use tower_service::Service;

use crate::body::{Body, BoxError};

/// Answers a request with a service.
pub(crate) async fn call<S, B>(mut service: S, request: &Request<'_>, body: Body) -> Response
where
    S: Service<http::Request<Body>, Response = http::Response<B>, Error: Into<BoxError>>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let parts = match http::request::Parts::try_from(*request) {
        Ok(parts) => parts,
        Err(error) => return error.into(),
    };
    if let Err(error) = poll_fn(|cx| service.poll_ready(cx)).await {
        return failed(request, &error.into());
    }
    // Awaited without the pin, the future would be copied twice more.
    let answered = pin!(service.call(http::Request::from_parts(parts, body))).await;
    match answered {
        Ok(response) => convert(response).unwrap_or_else(|error| failed(request, &error)),
        Err(error) => failed(request, &error.into()),
    }
}

fn failed(request: &Request<'_>, error: &BoxError) -> Response {
    log::error!("{}: the service failed: {error}", request.peer());
    Response::error(500, "the application failed")
}

/// Bytes of the longest body that leaves in one write with its head, if the service has it at once.
const SHORT: u64 = 64 * 1024;

fn convert<B>(response: http::Response<B>) -> Result<Response, BoxError>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (parts, body) = response.into_parts();
    let response = Response::try_from(parts)?;
    if body.is_end_stream() {
        // The answer to a HEAD may still have a length.
        return Ok(response);
    }
    let length = body.size_hint().exact();
    let mut frames = Frames { body: Box::pin(body), length, first: None };
    if length.is_some_and(|length| length <= SHORT) {
        // If it is pending, it is polled again before the connection waits.
        let polled = frames.body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(frame) = polled {
            let frame = frame.transpose().map_err(Into::into)?;
            match frame.and_then(|frame| frame.into_data().ok()) {
                Some(content) if Some(content.len() as u64) == length => {
                    return Ok(response.with_body(content));
                }
                Some(content) if Some(content.len() as u64) > length => {
                    return Err("the body of the answer is longer than it says".into());
                }
                Some(content) => frames.first = Some(content),
                // It is over. Trailers have no place after a Content-Length.
                None if length == Some(0) => return Ok(response),
                None => return Err("the body of the answer is shorter than it says".into()),
            }
        }
    }
    Ok(response.with_streamed_body(frames))
}

/// A body that is made of frames.
struct Frames<B> {
    body: Pin<Box<B>>,
    /// Its length before the first frame: not every size hint shrinks with the rest.
    length: Option<u64>,
    /// Content that the body has returned already.
    first: Option<Bytes>,
}

impl<B> h1events_server::Body for Frames<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send,
{
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        if let Some(content) = self.first.take() {
            return Poll::Ready(Some(Ok(Part::Content(content.into()))));
        }
        let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(frame.map_err(Into::into).and_then(part)))
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}

fn part(frame: Frame<Bytes>) -> Result<Part, BodyError> {
    let frame = match frame.into_data() {
        Ok(content) => return Ok(Part::Content(content.into())),
        Err(frame) => frame,
    };
    let mut trailers = Trailers::new();
    for (name, value) in frame.into_trailers().iter().flatten() {
        if may_be_trailer(name) {
            // RFC 9110 section 5.5: a field value doesn't include the whitespace around it.
            trailers = trailers.try_with_field(name, value.as_bytes().trim_ascii())?;
        }
    }
    Ok(Part::Trailers(trailers))
}

/// Returns whether a field may follow the content (RFC 9110 section 6.5.1). The others are left out: the content
/// is complete without them.
fn may_be_trailer(name: &HeaderName) -> bool {
    let checked = Trailers::new().try_with_field(name, "");
    !matches!(checked, Err(InvalidHeader::Reserved | InvalidHeader::NotInTrailers))
}
