//! Applications: functions of a request, with or without its body.

use h1events_server::{Request, Response};

use crate::body::RequestBody;

/// What answers the requests of a server.
pub(crate) trait Application: Send + Sync + 'static {
    /// Whether it is called at the end of a request's head, and reads the body itself.
    const STREAMS_BODIES: bool;

    fn call(&self, request: &Request<'_>, body: RequestBody) -> Response;
}

/// Gets requests whose bodies have been collected.
pub(crate) struct Collecting<A>(pub(crate) A);

/// Reads the bodies of requests itself.
pub(crate) struct Streaming<A>(pub(crate) A);

impl<A> Application for Collecting<A>
where
    A: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
{
    const STREAMS_BODIES: bool = false;

    fn call(&self, request: &Request<'_>, _: RequestBody) -> Response {
        (self.0)(request)
    }
}

impl<A> Application for Streaming<A>
where
    A: Fn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static,
{
    const STREAMS_BODIES: bool = true;

    fn call(&self, request: &Request<'_>, body: RequestBody) -> Response {
        (self.0)(request, body)
    }
}
