//! Sockets on a reactor.

use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use h1events_net::ClientState;
use mio::event::Source;
use smol::io::{AsyncRead, AsyncWrite};

use crate::reactor::Reactor;

/// A socket that belongs to the thread of its reactor.
///
/// TCP and Unix connections use it, and TLS can run over it. [`IntoStream`](crate::IntoStream) makes
/// it.
#[derive(Debug)]
pub struct Socket<T: Source> {
    io: T,
    reactor: Reactor,
    key: usize,
}

impl<T: Source> Socket<T> {
    /// Registers a socket, which must be non-blocking.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn new(mut io: T, reactor: &Reactor) -> io::Result<Self> {
        let key = reactor.register(&mut io)?;
        Ok(Self { io, reactor: reactor.clone(), key })
    }

    /// Concludes from a read that leaves space that nothing is left to read, which saves a read for
    /// each request. Not for sockets whose messages can carry descriptors, nor where no event reports
    /// urgent data.
    pub(crate) fn trusting_short_reads(self) -> Self {
        let short_read_is_last = cfg!(any(target_os = "linux", target_os = "android"));
        self.reactor.with(self.key, |it| it.short_read_is_last = short_read_is_last);
        self
    }

    /// Returns the client's state as the reactor knows it, and wakes the task when the client is
    /// [gone](ClientState::Gone).
    pub fn client_state(&self, cx: &Context<'_>) -> ClientState {
        self.reactor.with(self.key, |it| it.client_state(cx))
    }

    /// Returns the socket itself, which must stay non-blocking.
    pub const fn get_ref(&self) -> &T {
        &self.io
    }
}

impl<T: Source> Drop for Socket<T> {
    fn drop(&mut self) {
        self.reactor.deregister(&mut self.io, self.key);
    }
}

impl<T: Source + Unpin> AsyncRead for Socket<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Self { io, reactor, key } = &*self;
        let (mut socket, len) = (io, space.len());
        let read = ready!(reactor.poll_attempt(*key, |it| &mut it.read, cx, || socket.read(space)));
        if read.as_ref().is_ok_and(|n| (1..len).contains(n)) {
            reactor.with(*key, |it| it.read.is_ready &= !it.short_read_is_last);
        }
        Poll::Ready(read)
    }
}

impl<T: Source + Unpin> AsyncWrite for Socket<T>
where
    for<'a> &'a T: Write,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = || (&self.io).write(bytes);
        self.reactor.poll_attempt(self.key, |it| &mut it.write, cx, attempt)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = || (&self.io).write_vectored(bytes);
        self.reactor.poll_attempt(self.key, |it| &mut it.write, cx, attempt)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: after the end of a TLS session over the socket, the connection reads on.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
