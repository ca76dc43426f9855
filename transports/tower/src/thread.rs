//! On threads: [`h1events_thread`].

use std::io::{self, Read};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use bytes::Bytes;
use h1events_server::{Response, Summary, Trailers};
use h1events_thread::{Client, Listener, RequestBody, Server, Stream};
use tower_service::Service;

use crate::answer;
use crate::body::{Body, BoxError, Source};
use crate::clones::Clones;

/// Runs a service until the server is shut down. Each connection has a thread, on which the futures of its
/// requests run. When a client is gone, its future is dropped within a second.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let router = Router::new().route("/", get(|| async { "Hello, World\n" }));
/// let server = h1events_thread::Server::bind("127.0.0.1:0")?;
/// # server.shutdown_handle().shutdown(std::time::Duration::ZERO);
/// h1events_tower::thread::serve(server, router)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Server::serve`].
pub fn serve<L, S, B>(server: Server<L>, service: S) -> io::Result<Summary>
where
    L: Listener<Accepted: Stream>,
    S: Service<http::Request<Body>, Response = http::Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = Clones::new(service);
    server.serve_streaming(move |request, body| {
        let client = body.client();
        let body = Body::new(request, Reader(body));
        let answered = block_on(answer::call(service.get(), request, body), &client);
        // It reaches no client.
        answered.unwrap_or_else(|| Response::new(500))
    })
}

/// Time between two checks of the client.
const CLIENT_INTERVAL: Duration = Duration::from_secs(1);

/// Runs a future on this thread, until its client is gone.
fn block_on<T>(future: impl Future<Output = T>, client: &Client) -> Option<T> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        thread::park_timeout(CLIENT_INTERVAL);
        if client.is_gone() {
            return None;
        }
    }
}

/// Wakes the connection's thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
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
