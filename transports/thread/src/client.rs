//! Whether the client of a request is still there.

use std::fmt;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use h1events_net::ClientState;

use crate::stream::{Stream, wait_for_input};

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

/// Time in which a connection isn't locked by a thread that reads from it elsewhere.
const LOCK_INTERVAL: Duration = Duration::from_micros(50);

/// A stream whose type isn't known.
trait HasClient: Send + Sync {
    fn state(&self) -> ClientState;

    fn wait_for_input(&self, timeout: Duration);
}

impl<S: Stream> HasClient for S {
    fn state(&self) -> ClientState {
        self.client_state()
    }

    fn wait_for_input(&self, timeout: Duration) {
        wait_for_input(self, timeout);
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

    /// Waits a little for something to read. It may be there already, and not be what is waited for.
    pub(crate) fn wait_for_input(&self, timeout: Duration) {
        if let Some(stream) = self.stream.upgrade() {
            stream.wait_for_input(timeout);
        }
        // The connection's own thread gets the lock.
        thread::sleep(LOCK_INTERVAL);
    }

    /// Returns whether the client is [gone](ClientState::Gone) for sure. One that has only shut its write half
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
