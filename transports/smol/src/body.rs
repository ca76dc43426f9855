//! Bodies of requests that the application reads as they come.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use h1events_server::{BodyState, Connection, RequestBodyError, Trailers};
use smol::io::AsyncRead;
use smol::stream::Stream;

use crate::client::Client;

/// The body of a request, as it comes: a stream of octets, and one of parts.
///
/// The connection reads only when the application asks for more. When the body is dropped, the rest is
/// discarded. It can move to another task or thread, and become part of the answer.
///
/// Errors are those of [`RequestBodyError`]. [`Server::serve_streaming`](crate::Server::serve_streaming) makes it, as in
/// this program that counts bytes:
///
/// ```no_run
/// use h1events_smol::{Request, RequestBody, Response, Server};
///
/// let server = Server::bind("127.0.0.1:8080")?;
/// server.serve_streaming(async |_: &Request<'_>, body: RequestBody| {
///     match smol::io::copy(body, smol::io::sink()).await {
///         Ok(length) => Response::text(format!("{length} bytes\n")),
///         Err(_) => Response::new(400),
///     }
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RequestBody {
    /// `None` if the request has no body.
    mailbox: Option<Arc<Mutex<Mailbox>>>,
    client: Client,
}

/// Content that the connection has read for the application.
struct Mailbox {
    content: Vec<u8>,
    /// Octets of it that the application has taken.
    taken: usize,
    /// The end of the body, once it has come.
    end: Option<Result<Trailers, RequestBodyError>>,
    /// Whether the application waits.
    is_wanted: bool,
    /// Whether the application ignores the rest.
    is_dropped: bool,
    reader: Option<Waker>,
    connection: Waker,
}

/// The connection's side of a body.
pub(crate) struct BodyWriter(Arc<Mutex<Mailbox>>);

/// Octets that wait for the application, at most, besides those of one read.
const MAX_WAITING: usize = 64 * 1024;

impl RequestBody {
    pub(crate) const fn empty(client: Client) -> Self {
        Self { mailbox: None, client }
    }

    /// Returns the client, which may go before it has its answer. It is there even if the request has no
    /// body.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Returns the trailers, once the body is at its end (RFC 9110 section 6.5).
    #[must_use]
    pub fn trailers(&self) -> Option<Trailers> {
        match &lock(self.mailbox.as_ref()?).end {
            Some(Ok(trailers)) => Some(trailers.clone()),
            _ => None,
        }
    }

    /// Polls for content, and passes it to `take` with the number of octets taken before. `None` at
    /// the end.
    fn poll_content<R>(
        &mut self,
        cx: &Context<'_>,
        take: impl FnOnce(&mut Vec<u8>, &mut usize) -> R,
    ) -> Poll<Result<Option<R>, RequestBodyError>> {
        let Some(mailbox) = &self.mailbox else { return Poll::Ready(Ok(None)) };
        let mut mailbox = lock(mailbox);
        let Mailbox { content, taken, end, is_wanted, reader, connection, .. } = &mut *mailbox;
        if *taken < content.len() {
            return Poll::Ready(Ok(Some(take(content, taken))));
        }
        if let Some(end) = end {
            return Poll::Ready(end.as_ref().map(|_| None).map_err(|error| *error));
        }
        *reader = Some(cx.waker().clone());
        if !std::mem::replace(is_wanted, true) {
            connection.wake_by_ref();
        }
        Poll::Pending
    }
}

impl AsyncRead for RequestBody {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let copied = ready!(self.get_mut().poll_content(cx, |content, taken| {
            let rest = &content[*taken..];
            let n = rest.len().min(space.len());
            space[..n].copy_from_slice(&rest[..n]);
            *taken += n;
            n
        }));
        Poll::Ready(copied.map(Option::unwrap_or_default).map_err(io::Error::from))
    }
}

impl Stream for RequestBody {
    type Item = Result<Vec<u8>, RequestBodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = self.get_mut().poll_content(cx, |content, taken| {
            let mut part = std::mem::take(content);
            part.drain(..std::mem::take(taken));
            part
        });
        part.map(Result::transpose)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            let mut mailbox = lock(mailbox);
            mailbox.is_dropped = true;
            mailbox.connection.wake_by_ref();
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").finish_non_exhaustive()
    }
}

impl BodyWriter {
    /// Creates a body, and the connection's side of it. `connection` wakes the connection.
    pub(crate) fn new(connection: Waker, client: Client) -> (Self, RequestBody) {
        let mailbox = Arc::new(Mutex::new(Mailbox {
            content: Vec::new(),
            taken: 0,
            end: None,
            is_wanted: false,
            is_dropped: false,
            reader: None,
            connection,
        }));
        (Self(Arc::clone(&mailbox)), RequestBody { mailbox: Some(mailbox), client })
    }

    /// Moves content from the connection to the application, and the application's requests for more to
    /// the connection.
    pub(crate) fn exchange(&self, connection: &mut Connection) {
        let mut mailbox = lock(&self.0);
        if mailbox.is_dropped {
            connection.hold_body(0);
            return connection.discard_body();
        }
        if mailbox.taken == mailbox.content.len() {
            mailbox.content.clear();
            mailbox.taken = 0;
        }
        while mailbox.is_wanted && mailbox.content.len() < MAX_WAITING {
            match connection.body_state() {
                BodyState::Content(octets) => {
                    let n = octets.len();
                    mailbox.content.extend_from_slice(octets);
                    connection.consume_body(n);
                }
                BodyState::Pending if mailbox.content.is_empty() => {
                    connection.hold_body(mailbox.content.capacity());
                    return connection.want_body();
                }
                BodyState::Pending => break,
                BodyState::End => {
                    let trailers = connection.body_trailers().cloned().unwrap_or_default();
                    mailbox.end = Some(Ok(trailers));
                    break;
                }
                BodyState::Failed(error) => {
                    mailbox.end = Some(Err(error));
                    break;
                }
            }
        }
        connection.hold_body(mailbox.content.capacity());
        wake_reader(mailbox);
    }
}

/// Ends the body, since the request is over.
impl Drop for BodyWriter {
    fn drop(&mut self) {
        let mut mailbox = lock(&self.0);
        mailbox.end.get_or_insert(Err(RequestBodyError::Over));
        wake_reader(mailbox);
    }
}

fn wake_reader(mut mailbox: MutexGuard<'_, Mailbox>) {
    mailbox.is_wanted = false;
    let reader = mailbox.reader.take();
    // A waker may drop the task that owns the body.
    drop(mailbox);
    if let Some(reader) = reader {
        reader.wake();
    }
}

fn lock(mailbox: &Mutex<Mailbox>) -> MutexGuard<'_, Mailbox> {
    // No panic leaves the mailbox inconsistent.
    mailbox.lock().unwrap_or_else(PoisonError::into_inner)
}
