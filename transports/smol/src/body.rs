//! Bodies of requests that the application reads as they come.

use std::fmt;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use h1events_server::{BodyState, Connection, Content, RequestBodyError, Trailers};
use smol::io::AsyncRead;
use smol::stream::Stream;

use crate::client::Client;

/// The body of a request, as it comes: a stream of octets, and one of parts.
///
/// The connection reads only when the application asks for more. When the body is dropped, the rest is
/// discarded. It can move to another task or thread, and become part of the answer. Large parts aren't copied: the
/// connection reads into their memory again when they have been dropped.
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
    source: Option<Source>,
    client: Client,
}

struct Source {
    mailbox: Arc<Mutex<Mailbox>>,
    connection: Waker,
}

/// Content that the connection has read for the application.
#[derive(Default)]
struct Mailbox {
    content: Content,
    /// Octets of the content that the application has read.
    read: usize,
    /// The end of the body, once it has come.
    end: Option<Result<Trailers, RequestBodyError>>,
    /// The application, while it waits.
    reader: Option<Waker>,
    /// Whether the application ignores the rest.
    is_dropped: bool,
}

/// The connection's side of a body.
pub(crate) struct BodyWriter(Arc<Mutex<Mailbox>>);

/// Octets that wait for the application, at most, besides those of one read.
const MAX_WAITING: usize = 64 * 1024;

impl RequestBody {
    pub(crate) const fn empty(client: Client) -> Self {
        Self { source: None, client }
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
        match &lock(&self.source.as_ref()?.mailbox).end {
            Some(Ok(trailers)) => Some(trailers.clone()),
            _ => None,
        }
    }

    /// Polls for content, and passes it to `take`, with the number of octets that were read before. `None` at the end.
    fn poll_content<R>(
        &mut self,
        cx: &Context<'_>,
        take: impl FnOnce(&mut Content, &mut usize) -> R,
    ) -> Poll<Result<Option<R>, RequestBodyError>> {
        let Some(Source { mailbox, connection }) = &self.source else {
            return Poll::Ready(Ok(None));
        };
        let Mailbox { content, read, end, reader, .. } = &mut *lock(mailbox);
        if !content.is_empty() {
            let taken = take(content, read);
            if *read == content.len() {
                (*content, *read) = Default::default();
            }
            return Poll::Ready(Ok(Some(taken)));
        }
        if let Some(end) = end {
            return Poll::Ready(end.as_ref().map(|_| None).map_err(|error| *error));
        }
        if reader.replace(cx.waker().clone()).is_none() {
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
        let read = self.get_mut().poll_content(cx, |content, read| {
            let n = (&content[*read..]).read(space)?;
            *read += n;
            Ok(n)
        });
        Poll::Ready(ready!(read)?.unwrap_or(Ok(0)))
    }
}

impl Stream for RequestBody {
    type Item = Result<Content, RequestBodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = self.get_mut().poll_content(cx, |content, read| match std::mem::take(read) {
            0 => std::mem::take(content),
            n => std::mem::take(content)[n..].to_vec().into(),
        });
        part.map(Result::transpose)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let mut mailbox = lock(&self.mailbox);
        mailbox.is_dropped = true;
        mailbox.content = Content::default();
        drop(mailbox);
        self.connection.wake_by_ref();
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
        let mailbox = Arc::default();
        let source = Source { mailbox: Arc::clone(&mailbox), connection };
        (Self(mailbox), RequestBody { source: Some(source), client })
    }

    /// Moves content from the connection to the application, and the application's requests for more to
    /// the connection.
    pub(crate) fn exchange(&self, connection: &mut Connection) {
        let mut mailbox = lock(&self.0);
        if mailbox.is_dropped {
            connection.hold_body(0);
            return connection.discard_body();
        }
        let mut reader = None;
        if mailbox.reader.is_some()
            && let Some(content) = connection.take_large_content()
        {
            mailbox.content = content;
            reader = mailbox.reader.take();
        }
        // Small parts are passed on together.
        let mut content = Vec::new();
        while mailbox.reader.is_some() {
            mailbox.end = match connection.body_state() {
                BodyState::Content(octets) if content.len() < MAX_WAITING => {
                    let n = octets.len();
                    content.extend_from_slice(octets);
                    connection.consume_body(n);
                    continue;
                }
                BodyState::Pending if content.is_empty() => {
                    connection.want_body();
                    break;
                }
                BodyState::Content(_) | BodyState::Pending => None,
                BodyState::End => Some(Ok(connection.body_trailers().cloned().unwrap_or_default())),
                BodyState::Failed(error) => Some(Err(error)),
            };
            reader = mailbox.reader.take();
            // Its length counts as the memory that it takes.
            content.shrink_to_fit();
            mailbox.content = std::mem::take(&mut content).into();
        }
        connection.hold_body(mailbox.content.len());
        // A waker may drop the task that owns the body.
        drop(mailbox);
        reader.into_iter().for_each(Waker::wake);
    }
}

/// Ends the body, since the request is over.
impl Drop for BodyWriter {
    fn drop(&mut self) {
        let mut mailbox = lock(&self.0);
        mailbox.end.get_or_insert(Err(RequestBodyError::Over));
        let reader = mailbox.reader.take();
        drop(mailbox);
        reader.into_iter().for_each(Waker::wake);
    }
}

fn lock(mailbox: &Mutex<Mailbox>) -> MutexGuard<'_, Mailbox> {
    // No panic leaves the mailbox inconsistent.
    mailbox.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Presence;

    /// Nobody would count it.
    #[test]
    fn dropped_body_keeps_no_content() {
        let (writer, body) = BodyWriter::new(Waker::noop().clone(), Presence::new().client());
        let content: Arc<[u8]> = [1].into();
        lock(&writer.0).content = Arc::clone(&content).into();
        drop(body);
        assert_eq!(Arc::strong_count(&content), 1);
    }
}
