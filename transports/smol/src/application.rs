//! Applications: functions of a request, with or without its body.

use h1events_server::{Request, Response};

use crate::body::RequestBody;

/// What answers the requests of a server.
pub(crate) trait Application: 'static {
    /// Whether it is called at the end of a request's head, and reads the body itself.
    const STREAMS_BODIES: bool;

    async fn call(&self, request: &Request<'_>, body: RequestBody) -> Response;
}

/// Gets requests whose bodies have been collected.
pub(crate) struct Collecting<A>(pub(crate) A);

/// Reads the bodies of requests itself.
pub(crate) struct Streaming<A>(pub(crate) A);

impl<A: AsyncFn(&Request<'_>) -> Response + 'static> Application for Collecting<A> {
    const STREAMS_BODIES: bool = false;

    async fn call(&self, request: &Request<'_>, _: RequestBody) -> Response {
        (self.0)(request).await
    }
}

impl<A: AsyncFn(&Request<'_>, RequestBody) -> Response + 'static> Application for Streaming<A> {
    const STREAMS_BODIES: bool = true;

    async fn call(&self, request: &Request<'_>, body: RequestBody) -> Response {
        (self.0)(request, body).await
    }
}
