//! Bodies of answers from readers.

use std::io::{ErrorKind, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use h1events_server::{Body, BodyError, Part};

/// Makes the body of an answer from a reader: a file, the output of a program, the
/// [body of the request](crate::RequestBody).
///
/// The bytes of one read are sent before the next read waits. A reader's length isn't known: see
/// [`Response::with_content_length`](crate::Response::with_content_length).
///
/// ```no_run
/// use h1events_thread::{Response, reader};
///
/// let file = std::fs::File::open("tea.png")?;
/// let length = file.metadata()?.len();
/// let response = Response::new(200)
///     .with_header("Content-Type", "image/png")
///     .with_streamed_body(reader(file))
///     .with_content_length(length);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn reader(read: impl Read + Send + Unpin + 'static) -> impl Body {
    Reader { read, has_sent: true }
}

struct Reader<R> {
    read: R,
    /// Whether the earlier bytes have been offered to the client.
    has_sent: bool,
}

/// Bytes of a part, at most.
const PART: usize = 64 * 1024;

impl<R: Read + Send + Unpin> Body for Reader<R> {
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        // A read may wait for long. One `Pending` before it sends the earlier bytes.
        if !std::mem::replace(&mut self.has_sent, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut part = vec![0; PART];
        let n = loop {
            match self.read.read(&mut part) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
                Ok(n) => break n,
            }
        };
        self.has_sent = n == PART;
        part.truncate(n);
        Poll::Ready((n > 0).then(|| Ok(Part::Content(part.into()))))
    }
}
