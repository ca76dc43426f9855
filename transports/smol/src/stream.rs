//! What a connection reads from and writes to.

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

    /// Returns what is known of the client, and has the task woken when it is
    /// [gone](ClientState::Gone).
    ///
    /// The provided method can't tell; then a client's end shows only when something is read or
    /// written. A stream over a [`Socket`] asks [that](Socket::client_state).
    fn client_state(&mut self, cx: &mut Context<'_>) -> ClientState {
        let _ = cx;
        ClientState::Connected
    }

    /// Sets whether the stream ends with a reset when it is dropped: while an answer is on its way whose
    /// end is that of the connection, so that the client doesn't take a cut answer for whole.
    ///
    /// A stream that can say goodbye, as TLS can, doesn't say it then. The provided method does nothing.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = resets;
    }
}

/// What was accepted, and becomes a stream on the thread that serves it.
///
/// ```
/// use std::io;
/// use std::net::TcpStream;
/// use h1events_smol::{IntoStream, Reactor, TcpSocket};
///
/// /// Says where it is served. A [`Listener`](h1events_smol::Listener) of your own accepts it.
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
    /// What is made of it.
    type Stream: Stream;

    /// Makes the stream: a [`Socket`], or anything over one. What doesn't use the thread's reactor
    /// works as well, only slower.
    ///
    /// # Errors
    ///
    /// The connection is dropped.
    fn into_stream(self, reactor: &Reactor) -> io::Result<Self::Stream>;
}

/// A TCP connection that belongs to the thread of its reactor: what a `TcpStream` becomes [there](IntoStream).
pub type TcpSocket = Socket<mio::net::TcpStream>;

/// A connection over a Unix socket that belongs to the thread of its reactor: what a `UnixStream` becomes
/// [there](IntoStream).
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
