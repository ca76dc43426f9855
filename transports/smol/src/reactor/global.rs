//! The sockets of async-io, whose reactor serves all threads.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::AsFd;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use smol::io::{AsyncRead, AsyncWrite};
use smol::{Async, Timer, future};

/// What tells the tasks of a thread that their sockets are ready.
#[derive(Clone, Debug)]
pub struct Reactor(());

impl Reactor {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// Runs a future on this thread, and waits for sockets meanwhile.
    ///
    /// Before each wait, `until` is told the time and says how long to wait at most; then the
    /// future is polled again.
    pub(crate) fn block_on<T>(
        &self,
        future: impl Future<Output = T>,
        mut until: impl FnMut(Instant) -> Option<Instant>,
    ) -> T {
        let mut future = pin!(future);
        let mut timer = Timer::never();
        let mut armed = None;
        smol::block_on(future::poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            let next = until(Instant::now());
            if next != armed {
                armed = next;
                match next {
                    Some(next) => timer.set_at(next),
                    None => timer = Timer::never(),
                }
            }
            if Pin::new(&mut timer).poll(cx).is_ready() {
                armed = None;
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        }))
    }
}

impl Reactor {
    /// async-io's own thread wakes the tasks of all sockets that are ready.
    pub(crate) fn catch_up(&self) {}
}

/// A socket that belongs to the thread of its reactor.
///
/// It is what TCP and Unix connections are served on, and what TLS can be put on.
#[derive(Debug)]
pub struct Socket<T: AsFd> {
    io: Async<T>,
    /// Whether the last read has got all there was, so that the next one would be in vain.
    exhausted: bool,
}

impl<T: AsFd> Socket<T> {
    /// Registers a socket, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn new(io: T, _: &Reactor) -> io::Result<Self> {
        Ok(Self { io: Async::new(io)?, exhausted: false })
    }

    /// The socket itself, which must stay non-blocking.
    pub fn get_ref(&self) -> &T {
        self.io.get_ref()
    }
}

impl<T: AsFd + Unpin> AsyncRead for Socket<T>
where
    Async<T>: AsyncRead,
    for<'a> &'a T: Read,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.exhausted {
            ready!(self.io.poll_readable(cx))?;
            self.exhausted = false;
        }
        let n = ready!(Pin::new(&mut self.io).poll_read(cx, space))?;
        self.exhausted = 0 < n && n < space.len();
        Poll::Ready(Ok(n))
    }
}

impl<T: AsFd + Unpin> AsyncWrite for Socket<T>
where
    Async<T>: AsyncWrite,
    for<'a> &'a T: Write,
{
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Does nothing: whoever closes a TLS session over the socket goes on reading.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
