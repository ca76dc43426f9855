//! Applications: functions of a request, with or without a streamed body.

use h1events_server::{Request, Response};

use crate::body::RequestBody;
use crate::client::Client;

/// The application of a server.
pub(crate) trait Application: 'static {
    /// Whether it is called at the end of a request's head, and reads the body itself.
    const STREAMS_BODIES: bool = Self::Body::IS_STREAMED;

    /// The body, as the application gets it besides the request.
    type Body: HandlerBody;

    async fn call(&self, request: &Request<'_>, body: Self::Body) -> Response;
}

/// The body of a request, for applications that read it themselves.
pub(crate) trait HandlerBody {
    const IS_STREAMED: bool;

    /// Makes the body of a request that has none.
    fn empty(client: impl FnOnce() -> Client) -> Self;

    fn streamed(body: RequestBody) -> Self;
}

/// The body has been collected.
impl HandlerBody for () {
    const IS_STREAMED: bool = false;

    fn empty(_: impl FnOnce() -> Client) {}

    fn streamed(_: RequestBody) {}
}

impl HandlerBody for RequestBody {
    const IS_STREAMED: bool = true;

    fn empty(client: impl FnOnce() -> Client) -> Self {
        Self::empty(client())
    }

    fn streamed(body: RequestBody) -> Self {
        body
    }
}

/// An application that gets requests with collected bodies.
pub(crate) struct Collecting<A>(pub(crate) A);

/// An application that reads the bodies of requests itself.
pub(crate) struct Streaming<A>(pub(crate) A);

impl<A: AsyncFn(&Request<'_>) -> Response + 'static> Application for Collecting<A> {
    type Body = ();

    async fn call(&self, request: &Request<'_>, (): ()) -> Response {
        (self.0)(request).await
    }
}

impl<A: AsyncFn(&Request<'_>, RequestBody) -> Response + 'static> Application for Streaming<A> {
    type Body = RequestBody;

    async fn call(&self, request: &Request<'_>, body: RequestBody) -> Response {
        (self.0)(request, body).await
    }
}
