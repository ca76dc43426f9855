//! Sockets that a reactor knows.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};

use crate::reactor::{Direction, Reactor, Source};

/// A socket that belongs to the thread of its reactor.
///
/// It is what TCP and Unix connections are served on, and what TLS can be put on.
#[derive(Debug)]
pub struct Socket<T: AsFd> {
    io: T,
    reactor: Reactor,
    key: usize,
}

impl<T: AsFd> Socket<T> {
    /// Registers a socket, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn new(io: T, reactor: &Reactor) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&io, true)?;
        let key = reactor.register(&io)?;
        Ok(Self { io, reactor: reactor.clone(), key })
    }

    /// The socket itself, which must stay non-blocking.
    pub const fn get_ref(&self) -> &T {
        &self.io
    }

    /// Attempts something as soon as it is worth it. Gets what it has moved, and whether
    /// that is all there was.
    fn poll_with<R>(
        &self,
        cx: &Context<'_>,
        direction: impl Fn(&mut Source) -> &mut Direction,
        mut attempt: impl FnMut(&T) -> io::Result<(R, bool)>,
    ) -> Poll<io::Result<R>> {
        loop {
            if self.reactor.with(self.key, |source| direction(source).poll_ready(cx)).is_pending() {
                return Poll::Pending;
            }
            match attempt(&self.io) {
                Ok((result, exhausted)) => {
                    if exhausted {
                        self.reactor.with(self.key, |source| direction(source).is_exhausted());
                    }
                    return Poll::Ready(Ok(result));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.reactor.with(self.key, |source| direction(source).would_block());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<T: AsFd> Drop for Socket<T> {
    fn drop(&mut self) {
        self.reactor.deregister(&self.io, self.key);
    }
}

impl<T: AsFd + Unpin> AsyncRead for Socket<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(
            cx,
            |source| &mut source.read,
            |mut io| {
                let n = io.read(space)?;
                // Less than there is room for means that there was no more. After the end, there
                // is no other event.
                Ok((n, n > 0 && n < space.len()))
            },
        )
    }
}

impl<T: AsFd + Unpin> AsyncWrite for Socket<T>
where
    for<'a> &'a T: Write,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |source| &mut source.write, |mut io| Ok((io.write(bytes)?, false)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(
            cx,
            |source| &mut source.write,
            |mut io| Ok((io.write_vectored(bytes)?, false)),
        )
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: whoever closes a TLS session over the socket goes on reading.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
