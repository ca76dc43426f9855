//! Applications: functions of a request, with or without a streamed body.

use h1events_server::{Request, Response};

use crate::body::RequestBody;

/// The application of a server.
pub(crate) enum Application {
    /// It gets requests with collected bodies.
    Collecting(Box<Collecting>),
    /// It is called at the end of a request's head, and reads the body itself.
    Streaming(Box<Streaming>),
}

type Collecting = dyn Fn(&Request<'_>) -> Response + Send + Sync;
type Streaming = dyn Fn(&Request<'_>, RequestBody) -> Response + Send + Sync;
