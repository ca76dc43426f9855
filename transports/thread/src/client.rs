//! Whether the client of a request is still there.

use std::fmt;
use std::sync::{Arc, Weak};

use h1events_net::ClientState;

use crate::stream::Stream;

/// The client of a connection, for an application that works for it for long.
///
/// A handler that computes, or waits for something else, looks now and then, and gives up:
///
/// ```no_run
/// use h1events_thread::{Request, RequestBody, Response, Server};
///
/// # fn next_result() -> Option<u64> { None }
/// let server = Server::bind("127.0.0.1:8080")?;
/// server.serve_streaming(|_: &Request<'_>, body: RequestBody| {
///     let client = body.client();
///     let mut sum = 0;
///     while let Some(result) = next_result() {
///         sum += result;
///         if client.is_gone() {
///             return Response::new(500); // Nobody gets it.
///         }
///     }
///     Response::text(sum.to_string())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// [`ClientState`] says what can be known. Each look is a system call that doesn't wait.
#[derive(Clone)]
pub struct Client {
    stream: Weak<dyn HasClient>,
}

/// A stream whose type isn't known.
trait HasClient: Send + Sync {
    fn state(&self) -> ClientState;
}

impl<S: Stream> HasClient for S {
    fn state(&self) -> ClientState {
        self.client_state()
    }
}

impl Client {
    pub(crate) fn new<S: Stream>(stream: &Arc<S>) -> Self {
        let stream: Weak<S> = Arc::downgrade(stream);
        Self { stream }
    }

    /// Returns what is known of the client now. After the connection, it is [gone](ClientState::Gone).
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.stream.upgrade().map_or(ClientState::Gone, |stream| stream.state())
    }

    /// Whether the client is [gone](ClientState::Gone) for sure. One that has only shut its write half
    /// down isn't.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state() == ClientState::Gone
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state()).finish()
    }
}
