//! Bodies of requests that the application reads as they come.

use std::cell::Cell;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex, TryLockError, Weak};
use std::thread;
use std::time::Duration;

use h1events_server::{RequestBodyError, Trailers};

use crate::client::{Client, LOCK_INTERVAL};

/// The body of a request, as it comes.
///
/// The connection reads only when the application asks for more: [`read`](Read::read) waits for the client.
/// When the body is dropped, the rest is discarded. It can move to another thread, and become part of the answer,
/// whose own `Drop` can't read it any more.
///
/// Errors are those of [`RequestBodyError`]. [`Server::serve_streaming`](crate::Server::serve_streaming) makes it, as in
/// this program that counts bytes:
///
/// ```no_run
/// use h1events_thread::{Request, RequestBody, Response, Server};
///
/// let server = Server::bind("127.0.0.1:8080")?;
/// server.serve_streaming(|_: &Request<'_>, mut body: RequestBody| {
///     match std::io::copy(&mut body, &mut std::io::sink()) {
///         Ok(length) => Response::text(format!("{length} bytes\n")),
///         Err(_) => Response::new(400),
///     }
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct RequestBody {
    /// `None` if the request has no body.
    pub(crate) source: Option<Source>,
    pub(crate) client: Client,
}

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) connection: Weak<Mutex<dyn ReadBody + Send>>,
    /// Its request, shared with the connection: each knows thereby when the other lets go of it.
    pub(crate) request: Arc<()>,
}

/// Longest time between two checks of the connection by another thread that reads its body.
pub(crate) const INPUT_INTERVAL: Duration = Duration::from_millis(10);

/// A connection, as the body of its request sees it.
pub(crate) trait ReadBody {
    /// Reads from the body of the current request. `None` if a thread other than the connection's would have to
    /// wait: it waits without the lock.
    fn read_body(&mut self, space: &mut [u8]) -> io::Result<Option<usize>>;

    fn body_trailers(&mut self) -> Option<Trailers>;
}

impl RequestBody {
    /// Returns the client, which may go before it has its answer. It is there even if the request has no
    /// body.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Returns the trailers, once the body is at its end (RFC 9110 section 6.5).
    #[must_use]
    pub fn trailers(&self) -> Option<Trailers> {
        self.source.as_ref()?.with(|connection| connection.body_trailers())?
    }
}

impl Source {
    /// Locks the connection, and uses it. `None` if the request is over.
    fn with<R>(&self, act: impl FnOnce(&mut (dyn ReadBody + Send)) -> R) -> Option<R> {
        // Without the lock, which the connection's own thread keeps while it waits for the next request.
        while !self.is_over() {
            match self.connection.upgrade()?.try_lock() {
                Ok(mut locked) => return (!self.is_over()).then(|| act(&mut *locked)),
                // A stream's own code has panicked.
                Err(TryLockError::Poisoned(_)) => return None,
                Err(TryLockError::WouldBlock) => {}
            }
            thread::sleep(LOCK_INTERVAL);
        }
        None
    }

    /// Returns whether the connection has let go of the request, or calls a `Drop` of the application now.
    fn is_over(&self) -> bool {
        Arc::strong_count(&self.request) == 1 || SERVED.get() == self.connection.as_ptr().cast()
    }
}

thread_local! {
    /// The address of the connection that this thread serves, and may have locked; null while the application runs.
    pub(crate) static SERVED: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Calls the application, which may lock the connection.
pub(crate) fn call<R>(act: impl FnOnce() -> R) -> thread::Result<R> {
    let served = SERVED.replace(ptr::null());
    // The application is responsible for the state that its calls share.
    let called = catch_unwind(AssertUnwindSafe(act));
    SERVED.set(served);
    called
}

impl Read for RequestBody {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let Some(source) = &self.source else { return Ok(0) };
        loop {
            let read = source.with(|connection| connection.read_body(space));
            if let Some(n) = read.ok_or(RequestBodyError::Over)?? {
                return Ok(n);
            }
            self.client.wait_for_input(INPUT_INTERVAL);
        }
    }
}
