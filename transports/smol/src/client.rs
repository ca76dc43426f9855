//! Whether the client of a request is still there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::SeqCst;

use event_listener::Event;
use h1events_net::ClientState;

/// The client of a connection, for what works for it for long.
///
/// A handler needs it less than what it has started: its own future is dropped when the client is gone,
/// and so is the body of its answer. Tasks and threads of the application's own go on. They look now and
/// then, or wait:
///
/// ```no_run
/// use h1events_smol::{Request, RequestBody, Response, Server};
///
/// # fn next_result() -> Option<u64> { None }
/// let server = Server::bind("127.0.0.1:8080")?;
/// server.serve_streaming(async |_: &Request<'_>, body: RequestBody| {
///     let client = body.client();
///     let sum = smol::unblock(move || {
///         let mut sum = 0;
///         while !client.is_gone() && let Some(result) = next_result() {
///             sum += result;
///         }
///         sum
///     });
///     Response::text(sum.await.to_string())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// [`ClientState`] says what can be known. The connection's own thread looks; so a handler that
/// blocks it learns nothing meanwhile.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    state: AtomicU8,
    gone: Event,
}

/// The connection's side: when it is dropped, the client is gone.
pub(crate) struct Presence(Client);

impl Client {
    /// Returns what is known of the client, as of the last time the connection has looked while
    /// it waited for the application. After the connection, it is [gone](ClientState::Gone).
    #[must_use]
    pub fn state(&self) -> ClientState {
        const CONNECTED: u8 = ClientState::Connected as u8;
        const HALF_CLOSED: u8 = ClientState::HalfClosed as u8;

        match self.shared.state.load(SeqCst) {
            CONNECTED => ClientState::Connected,
            HALF_CLOSED => ClientState::HalfClosed,
            _ => ClientState::Gone,
        }
    }

    /// Returns whether the client is [gone](ClientState::Gone) for sure. One that has only shut its write half
    /// down isn't.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state() == ClientState::Gone
    }

    /// Waits until the client is [gone](ClientState::Gone), or the connection has ended. It may be
    /// awaited anywhere.
    pub async fn gone(&self) {
        while !self.is_gone() {
            let listener = self.shared.gone.listen();
            // It may have gone before it was listened to.
            if !self.is_gone() {
                listener.await;
            }
        }
    }
}

impl Presence {
    pub(crate) fn new() -> Self {
        let state = AtomicU8::new(ClientState::Connected as u8);
        Self(Client { shared: Arc::new(Shared { state, gone: Event::new() }) })
    }

    pub(crate) fn client(&self) -> Client {
        self.0.clone()
    }

    /// Notes what is known.
    pub(crate) fn note(&self, state: ClientState) {
        self.0.shared.state.store(state as u8, SeqCst);
        if state == ClientState::Gone {
            self.0.shared.gone.notify(usize::MAX);
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.note(ClientState::Gone);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state()).finish()
    }
}
