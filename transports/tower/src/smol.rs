//! On smol: [`h1events_smol`].

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream as _;
use h1events_server::{Summary, Trailers};
use h1events_smol::{IntoStream, Listener, RequestBody, Server};
use tower_service::Service;

use crate::answer;
use crate::body::{Body, BoxError, Source};
use crate::clones::Clones;

/// Runs a service until the server is shut down. Each core has a thread, on which the futures of its
/// connections run. When a client is gone, its future is dropped.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let router = Router::new().route("/", get(|| async { "Hello, World\n" }));
/// let server = h1events_smol::Server::bind("127.0.0.1:0")?;
/// # server.shutdown_handle().shutdown(std::time::Duration::ZERO);
/// h1events_tower::smol::serve(server, router)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Server::serve_streaming`].
pub fn serve<L, S, B>(server: Server<L>, service: S) -> io::Result<Summary>
where
    L: Listener<Accepted: IntoStream>,
    S: Service<http::Request<Body>, Response = http::Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = Clones::new(service);
    server.serve_streaming(async move |request: &h1events_server::Request<'_>, body| {
        answer::call(service.get(), request, Body::new(request, Parts(body))).await
    })
}

struct Parts(RequestBody);

impl Source for Parts {
    fn poll_content(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let part = Pin::new(&mut self.0).poll_next(cx);
        part.map(|part| part.map(|part| part.map(Bytes::from).map_err(Into::into)))
    }

    fn trailers(&self) -> Option<Trailers> {
        self.0.trailers()
    }
}
