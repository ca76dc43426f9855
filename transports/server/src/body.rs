//! Bodies of responses that are made while they are sent.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::content::Content;
use crate::trailers::Trailers;

/// The body of a response that is made while it is sent, part by part.
///
/// It is asked for a part only while there is room for one: at most 64 KiB and a part wait to be
/// written. For parts from an iterator, there is [`Response::with_parts`](crate::Response::with_parts).
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
    /// Returns the next part; `None` at the end, after which it isn't asked again.
    ///
    /// `Pending` means that a part takes time, and that the waker will be woken. What has been made
    /// before is sent meanwhile.
    ///
    /// # Errors
    ///
    /// The body can't be finished. The connection is cut, so that the client sees that the body isn't
    /// whole.
    fn poll_part(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>>;

    /// Returns how many octets all parts together have, if that is known before: the Content-Length.
    ///
    /// If there are more, or fewer, the connection is cut.
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
    /// Fields that follow the content. They are the last part.
    Trailers(Trailers),
}

/// Parts from an iterator, which may take its time: each is sent before the next is asked for.
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
