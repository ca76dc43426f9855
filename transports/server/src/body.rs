//! Streamed bodies of responses, which are produced while they are sent.

use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::content::Content;
use crate::trailers::Trailers;

/// The streamed body of a response: it is produced part by part, while it is sent.
///
/// The connection asks for a part only while it has room for one: at most 64 KiB and a part wait to be
/// written. For parts from an iterator, use [`Response::with_parts`](crate::Response::with_parts).
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use h1events_server::{Body, BodyError, Part, Response, Trailers};
///
/// /// Counts down, and says so behind the content.
/// struct Countdown(u8);
///
/// impl Body for Countdown {
///     fn poll_part(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Part, BodyError>>> {
///         let part = match self.0.checked_sub(1) {
///             Some(left) => {
///                 self.0 = left;
///                 Part::Content(format!("{left}\n").into())
///             }
///             None => Part::Trailers(Trailers::new().with_field("State", "lift-off")),
///         };
///         Poll::Ready(Some(Ok(part)))
///     }
/// }
///
/// let response = Response::new(200).with_streamed_body(Countdown(10));
/// # let _ = response;
/// ```
pub trait Body: Send {
    /// Returns the next part; `None` at the end, which is the last call.
    ///
    /// `Pending` means that the body will wake the waker when it has a part. The parts before it are sent
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// The body can't be finished. The connection is cut, so that the client sees that the body is
    /// incomplete.
    fn poll_part(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>>;

    /// Returns the number of octets in all parts together, if it is known in advance: the Content-Length.
    ///
    /// It is called once, by [`Response::with_streamed_body`](crate::Response::with_streamed_body). If the parts have
    /// more or fewer, the connection is cut.
    fn length(&self) -> Option<u64> {
        None
    }
}

/// Why a [`Body`] can't be finished: any error.
pub type BodyError = Box<dyn Error + Send + Sync>;

/// A part of a [`Body`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Part {
    /// Octets of the content.
    Content(Content),
    /// Fields that follow the content: the last part.
    Trailers(Trailers),
}

/// A body whose panic in `Drop` ends there. It would end the connection, without the answers that wait to be
/// written.
pub(crate) struct Contained(Option<Pin<Box<dyn Body>>>);

impl Contained {
    pub(crate) fn new(body: impl Body + 'static) -> Self {
        Self(Some(Box::pin(body)))
    }
}

impl Body for Contained {
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |body| body.as_mut().poll_part(cx))
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        // The panic hook has its message.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(self.0.take())));
    }
}

/// Parts from an iterator. Each is sent before the iterator is asked for the next, which may take long.
pub(crate) struct Parts<I> {
    parts: I,
    /// Whether the last part has been offered to the client.
    is_sent: bool,
}

impl<I> Parts<I> {
    pub(crate) const fn new(parts: I) -> Self {
        Self { parts, is_sent: true }
    }
}

impl<I, T> Body for Parts<I>
where
    I: Iterator<Item = io::Result<T>> + Send + Unpin,
    T: Into<Content>,
{
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        if !std::mem::replace(&mut self.is_sent, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_sent = false;
        let part = self.parts.next();
        Poll::Ready(part.map(|part| Ok(Part::Content(part?.into()))))
    }
}
