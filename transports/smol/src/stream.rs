//! Streams of bytes that connections read and write.

use std::io;
use std::net::{self, Shutdown};
#[cfg(unix)]
use std::os::unix;
use std::task::{Context, Poll};

use h1events_net::ClientState;
use smol::io::{AsyncRead, AsyncWrite};

use crate::reactor::Reactor;
use crate::socket::Socket;

/// A stream of bytes in both directions: a socket, or TLS over one. [`IntoStream`] makes it.
///
/// A read that returns `Pending` must not keep the memory that it was given; it may get other memory
/// the next time.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Tells the peer that no more will be written; reading goes on. Called after everything has been
    /// written and flushed.
    ///
    /// `poll_close` isn't the same: for smol's sockets, it only flushes.
    ///
    /// # Errors
    ///
    /// The connection is closed at once.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Returns the state of the client, and wakes the task when the client is
    /// [gone](ClientState::Gone).
    ///
    /// The provided method doesn't know it; then only a read or a write shows that the client has gone.
    /// A stream over a [`Socket`] returns [its state](Socket::client_state).
    fn client_state(&mut self, cx: &mut Context<'_>) -> ClientState {
        let _ = cx;
        ClientState::Connected
    }

    /// Sets whether dropping the stream resets the connection. It is set while an answer that ends with the
    /// connection is sent, so that the client doesn't take a cut answer for a complete one.
    ///
    /// A stream with a closing message, such as TLS, doesn't send it then. The provided method does nothing.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = resets;
    }
}

/// An accepted connection, which becomes a stream on the thread that serves it.
///
/// ```
/// use std::io;
/// use std::net::TcpStream;
/// use h1events_smol::{IntoStream, Reactor, TcpSocket};
///
/// /// Prints its thread. A [`Listener`](h1events_smol::Listener) of your own accepts it.
/// struct Talkative(TcpStream);
///
/// impl IntoStream for Talkative {
///     type Stream = TcpSocket; // or a stream over it
///
///     fn into_stream(self, reactor: &Reactor) -> io::Result<TcpSocket> {
///         println!("{:?} on {:?}", self.0, std::thread::current());
///         self.0.into_stream(reactor)
///     }
/// }
/// ```
pub trait IntoStream: Send + 'static {
    /// The stream that it becomes.
    type Stream: Stream;

    /// Makes the stream: a [`Socket`], or anything over one. A stream that doesn't use the thread's reactor
    /// works, too, but is slower.
    ///
    /// # Errors
    ///
    /// The connection is dropped.
    fn into_stream(self, reactor: &Reactor) -> io::Result<Self::Stream>;
}

/// A TCP connection that belongs to the thread of its reactor. A `TcpStream` [becomes](IntoStream) one.
pub type TcpSocket = Socket<mio::net::TcpStream>;

/// A Unix connection that belongs to the thread of its reactor. A `UnixStream` [becomes](IntoStream)
/// one.
#[cfg(unix)]
pub type UnixSocket = Socket<mio::net::UnixStream>;

impl IntoStream for net::TcpStream {
    type Stream = TcpSocket;

    fn into_stream(self, reactor: &Reactor) -> io::Result<Self::Stream> {
        self.set_nonblocking(true)?;
        Ok(Socket::new(mio::net::TcpStream::from_std(self), reactor)?.trusting_short_reads())
    }
}

impl Stream for TcpSocket {
    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get_ref().shutdown(Shutdown::Write))
    }

    fn client_state(&mut self, cx: &mut Context<'_>) -> ClientState {
        Self::client_state(self, cx)
    }

    fn reset_on_drop(&mut self, resets: bool) {
        h1events_net::reset_on_close(self.get_ref(), resets);
    }
}

#[cfg(unix)]
impl IntoStream for unix::net::UnixStream {
    type Stream = UnixSocket;

    fn into_stream(self, reactor: &Reactor) -> io::Result<Self::Stream> {
        self.set_nonblocking(true)?;
        Socket::new(mio::net::UnixStream::from_std(self), reactor)
    }
}

#[cfg(unix)]
impl Stream for UnixSocket {
    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get_ref().shutdown(Shutdown::Write))
    }

    fn client_state(&mut self, cx: &mut Context<'_>) -> ClientState {
        Self::client_state(self, cx)
    }
}
