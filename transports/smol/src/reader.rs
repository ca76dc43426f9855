//! Bodies of answers from readers and streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use h1events_server::{Body, BodyError, Content, Part};
use smol::io::AsyncRead;
use smol::stream::{Stream, poll_fn};

/// Makes the body of an answer from a reader: a socket, a file in a pool of threads, the
/// [body of the request](crate::RequestBody).
///
/// A reader's length isn't known: see
/// [`Response::with_content_length`](crate::Response::with_content_length). Reading a file on the
/// connection's own thread blocks the others, so use `smol::Unblock`:
///
/// ```no_run
/// use h1events_smol::{Response, reader};
///
/// let file = std::fs::File::open("tea.png")?;
/// let length = file.metadata()?.len();
/// let response = Response::new(200)
///     .with_header("Content-Type", "image/png")
///     .with_streamed_body(reader(smol::Unblock::new(file)))
///     .with_content_length(length);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn reader(mut read: impl AsyncRead + Send + Unpin + 'static) -> impl Body {
    // Space that no read has used yet.
    let mut space = Vec::new();
    Parts(poll_fn(move |cx| {
        space.resize(PART, 0);
        let read = ready!(Pin::new(&mut read).poll_read(cx, &mut space));
        let mut part = std::mem::take(&mut space);
        let part = read.map(|n| {
            part.truncate(n);
            part
        });
        Poll::Ready(Some(part).filter(|part| !part.as_ref().is_ok_and(Vec::is_empty)))
    }))
}

/// Makes the body of an answer from a stream of parts.
///
/// ```
/// use h1events_smol::{Response, stream};
///
/// let parts = smol::stream::iter([Ok::<_, std::io::Error>("tea"), Ok(" time")]);
/// let response = Response::new(200).with_streamed_body(stream(parts));
/// ```
pub fn stream<T, E>(parts: impl Stream<Item = Result<T, E>> + Send + 'static) -> impl Body
where
    T: Into<Content> + 'static,
    E: Into<BodyError> + 'static,
{
    Parts(Box::pin(parts))
}

/// Bytes of a part, at most.
const PART: usize = 64 * 1024;

struct Parts<P>(P);

impl<P, T, E> Body for Parts<P>
where
    P: Stream<Item = Result<T, E>> + Send + Unpin,
    T: Into<Content>,
    E: Into<BodyError>,
{
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        let part = Pin::new(&mut self.0).poll_next(cx);
        part.map(|part| part.map(|part| Ok(Part::Content(part.map_err(Into::into)?.into()))))
    }
}
