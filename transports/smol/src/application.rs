//! Applications: functions of a request, with or without a streamed body.

use h1events_server::{Request, Response};

use crate::body::RequestBody;

/// The application of a server.
pub(crate) trait Application: 'static {
    /// Whether it is called at the end of a request's head, and reads the body itself.
    const STREAMS_BODIES: bool;

    /// Handles a request. Only an application that streams gets a body, and it always does.
    async fn call(&self, request: &Request<'_>, body: Option<RequestBody>) -> Response;
}

/// An application that gets requests with collected bodies.
pub(crate) struct Collecting<A>(pub(crate) A);

/// An application that reads the bodies of requests itself.
pub(crate) struct Streaming<A>(pub(crate) A);

impl<A: AsyncFn(&Request<'_>) -> Response + 'static> Application for Collecting<A> {
    const STREAMS_BODIES: bool = false;

    // An `async fn` would keep the place of the body.
    fn call(
        &self,
        request: &Request<'_>,
        _: Option<RequestBody>,
    ) -> impl Future<Output = Response> {
        (self.0)(request)
    }
}

impl<A: AsyncFn(&Request<'_>, RequestBody) -> Response + 'static> Application for Streaming<A> {
    const STREAMS_BODIES: bool = true;

    async fn call(&self, request: &Request<'_>, body: Option<RequestBody>) -> Response {
        (self.0)(request, body.expect("an application that streams gets a body")).await
    }
}
