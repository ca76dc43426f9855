//! On threads: [`h1events_thread`].

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use h1events_server::{Summary, Trailers};
use h1events_thread::{Listener, RequestBody, Server, Stream};
use tower_service::Service;

use crate::answer;
use crate::body::{Body, BoxError, Source};

/// Serves a service until the server is shut down: each connection has a thread, on which the futures
/// of its requests run.
///
/// # Errors
///
/// Those of [`Server::serve`].
pub fn serve<L, S, B>(server: Server<L>, service: S) -> io::Result<Summary>
where
    L: Listener<Accepted: Stream>,
    S: Service<http::Request<Body>, Response = http::Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    server.serve_streaming(move |request, body| {
        let body = Body::new(request, Reader(body));
        pollster::block_on(answer::call(&service, request, body))
    })
}

struct Reader(RequestBody);

/// Bytes of a part, at most.
const PART: usize = 64 * 1024;

impl Source for Reader {
    fn poll_content(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let mut part = vec![0; PART];
        Poll::Ready(match self.0.read(&mut part) {
            Ok(0) => None,
            Ok(n) => {
                part.truncate(n);
                Some(Ok(part.into()))
            }
            Err(error) => Some(Err(error.into())),
        })
    }

    fn trailers(&self) -> Option<Trailers> {
        self.0.trailers()
    }
}
