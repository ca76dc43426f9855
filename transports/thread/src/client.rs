//! The client of a request, and whether it has gone.

use std::fmt;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use h1events_net::ClientState;
use rustix::event::PollFlags;

use crate::drive::Ending;
use crate::stream::{Stream, is_ready};

/// The client of a connection, for long work on its behalf.
///
/// A handler that computes, or waits for something else, can ask from time to time, and give up:
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
///             return Response::new(500); // It reaches no client.
///         }
///     }
///     Response::text(sum.to_string())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// [`ClientState`] says what a server can know. Each check is a system call that doesn't wait.
#[derive(Clone)]
pub struct Client {
    stream: Weak<dyn Stream>,
    /// It is dropped when the connection is over.
    ending: Weak<Ending>,
}

/// Time for which a thread that reads another connection's body leaves that connection unlocked.
pub(crate) const LOCK_INTERVAL: Duration = Duration::from_micros(50);

impl Client {
    pub(crate) fn new<S: Stream>(stream: &Arc<S>, ending: &Arc<Ending>) -> Self {
        let stream: Weak<S> = Arc::downgrade(stream);
        Self { stream, ending: Arc::downgrade(ending) }
    }

    /// Returns the state of the client. After the connection has ended, it is [gone](ClientState::Gone).
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.stream().map_or(ClientState::Gone, |stream| stream.client_state())
    }

    /// Returns the stream, while it belongs to the connection: an upgrade waits until all others have dropped it.
    fn stream(&self) -> Option<Arc<dyn Stream>> {
        if self.ending.strong_count() == 0 { None } else { self.stream.upgrade() }
    }

    /// Waits briefly for input. There may be input already that the caller can't use.
    pub(crate) fn wait_for_input(&self, timeout: Duration) {
        if let Some(stream) = self.stream() {
            is_ready(&*stream, PollFlags::IN, timeout);
        }
        // So that the connection's own thread gets the lock.
        thread::sleep(LOCK_INTERVAL);
    }

    /// Returns whether the client is certainly [gone](ClientState::Gone). One that has only shut its write half
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
