//! What a connection reads from and writes to.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};

use crate::socket::Socket;

/// A stream of bytes in both directions: a socket, or TLS over one.
///
/// A read that returns `Pending` must not keep the memory that it was offered; it is offered
/// other memory the next time.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Tells the peer that no more will be written, and goes on reading. Called after
    /// everything has been written and flushed.
    ///
    /// `poll_close` isn't that: for smol's sockets, it only flushes.
    ///
    /// # Errors
    ///
    /// The connection is closed at once.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl Stream for Socket<TcpStream> {
    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get_ref().shutdown(Shutdown::Write))
    }
}

impl Stream for Socket<UnixStream> {
    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get_ref().shutdown(Shutdown::Write))
    }
}
