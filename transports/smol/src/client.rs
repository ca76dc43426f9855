//! The client of a request, and whether it has gone.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::SeqCst;

use event_listener::Event;
use h1events_net::ClientState;

/// The client of a connection, for long work on its behalf.
///
/// When the client is gone, the handler's future is dropped, and so is the body of its answer. Other tasks
/// and threads of the application go on. They can ask from time to time, or wait for it:
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
/// [`ClientState`] says what a server can know. The connection's own thread checks, so a handler that
/// blocks it learns nothing meanwhile.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    state: AtomicU8,
    gone: Event,
}

/// The connection's side: dropped, it marks the client as gone.
pub(crate) struct Presence(Client);

impl Client {
    /// Returns the state of the client, as of the connection's last check while it waited for the
    /// application. After the connection has ended, it is [gone](ClientState::Gone).
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

    /// Returns whether the client is certainly [gone](ClientState::Gone). One that has only shut its write half
    /// down isn't.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state() == ClientState::Gone
    }

    /// Waits until the client is [gone](ClientState::Gone), or the connection has ended. Any task can
    /// await it.
    pub async fn gone(&self) {
        while !self.is_gone() {
            let listener = self.shared.gone.listen();
            // It may have gone before the listener was there.
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

    /// Notes the state.
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
