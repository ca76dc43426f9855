//! Where connections come from.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};

use h1events_serving::Peer;

use crate::stream::Stream;

/// A source of connections, whose descriptor is readable when one waits.
///
/// The server makes the descriptor non-blocking.
pub trait Listener: AsFd {
    /// What is accepted.
    type Stream: Stream;

    /// Accepts a connection that waits: its stream, and who it is.
    ///
    /// Nothing must wait in here: a TLS handshake belongs into the first
    /// [`read`](Stream::read).
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none. All others are survived.
    fn accept(&self) -> io::Result<(Self::Stream, Peer)>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    fn accept(&self) -> io::Result<(Self::Stream, Peer)> {
        let (stream, peer) = Self::accept(self)?;
        make_blocking(|| stream.set_nonblocking(false))?;
        // An answer leaves in one write: waiting for another one gains nothing. It fails only
        // if the client is gone.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Address(peer)))
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    fn accept(&self) -> io::Result<(Self::Stream, Peer)> {
        let (stream, _) = Self::accept(self)?;
        make_blocking(|| stream.set_nonblocking(false))?;
        Ok((stream, Peer::Local))
    }
}

/// On Linux, what is accepted blocks; elsewhere it may be like its listener.
fn make_blocking(set: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    if cfg!(any(target_os = "linux", target_os = "android")) { Ok(()) } else { set() }
}
