//! Where connections come from.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

use h1events_serving::Peer;
use smol::Async;

use crate::reactor::Reactor;
use crate::socket::Socket;
use crate::stream::Stream;

/// Accepts connections.
///
/// Anything that a [`Server`](crate::Server) shall listen on implements this; TCP and Unix
/// sockets do. For TLS, accept a TCP connection, and let the first reads and writes of the
/// stream do the handshake: so no client holds up others, and the deadlines count.
pub trait Listener: 'static {
    /// What goes from the thread that accepts to the one that serves.
    type Accepted: Send + 'static;
    /// What is made of it there.
    type Stream: Stream;

    /// The next connection, and who it is, for the log.
    ///
    /// Dropping the future must not lose a connection, except for good.
    ///
    /// # Errors
    ///
    /// No connection came this time. The server goes on calling: mostly at once if a connection
    /// was over already, after it has made room if descriptors or memory are lacking, and after 50 ms
    /// if that hasn't helped or the error is any other.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Accepted, Peer)>>;

    /// The stream, on the thread that serves it: a [`Socket`], or anything over one. What
    /// doesn't use the thread's reactor works as well, only slower.
    ///
    /// # Errors
    ///
    /// The connection is dropped.
    fn open(accepted: Self::Accepted, reactor: &Reactor) -> io::Result<Self::Stream>;
}

impl Listener for Async<TcpListener> {
    type Accepted = TcpStream;
    type Stream = Socket<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = self.read_with(TcpListener::accept).await?;
        Ok((stream, Peer::Address(address)))
    }

    fn open(accepted: TcpStream, reactor: &Reactor) -> io::Result<Self::Stream> {
        accepted.set_nodelay(true)?;
        Socket::new(accepted, reactor)
    }
}

impl Listener for Async<UnixListener> {
    type Accepted = UnixStream;
    type Stream = Socket<UnixStream>;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.read_with(UnixListener::accept).await?;
        Ok((stream, Peer::Local))
    }

    fn open(accepted: UnixStream, reactor: &Reactor) -> io::Result<Self::Stream> {
        Socket::new(accepted, reactor)
    }
}
