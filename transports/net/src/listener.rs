//! The sources of connections.

use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use h1events_server::Peer;

use crate::descriptor::{AsFd, borrow_fd};

/// Connections that the system may queue before the server accepts them, as [`bind`] requests. The 128
/// of std are fewer than browsers and load balancers open at once; nginx requests 511. The system may
/// lower it.
pub const BACKLOG: u16 = 4_096;

/// Listens on a TCP address, with `SO_REUSEADDR` and a large [`BACKLOG`].
///
/// ```
/// let listener = h1events_net::bind("127.0.0.1:0")?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The address is invalid, or the system refuses it: in use, not local, not permitted.
pub fn bind(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
    // std sets SO_REUSEADDR, except on Windows, where it would let other programs take the port.
    let listener = TcpListener::bind(address)?;
    rustix::net::listen(&listener, BACKLOG.into())?;
    Ok(listener)
}

/// A source of connections, whose descriptor is readable when one waits. `TcpListener` and
/// `UnixListener` implement it. For TLS, wrap one of them, and leave the handshake to the first reads of
/// the stream, so that no client blocks others.
///
/// The server makes the descriptor non-blocking.
///
/// ```
/// use std::io;
/// use std::net::{TcpListener, TcpStream};
/// use h1events_net::{AsFd, BorrowedFd, Listener, borrow_fd};
/// use h1events_server::Peer;
///
/// /// Prints the peer of each connection.
/// struct Announcing(TcpListener);
///
/// impl Listener for Announcing {
///     type Accepted = TcpStream;
///
///     fn accept(&self) -> io::Result<(TcpStream, Peer)> {
///         let (stream, peer) = Listener::accept(&self.0)?;
///         println!("{peer}");
///         Ok((stream, peer))
///     }
/// }
///
/// impl AsFd for Announcing {
///     # #[cfg(not(windows))]
///     fn as_fd(&self) -> BorrowedFd<'_> {
///         borrow_fd(&self.0)
///     }
///     # #[cfg(windows)]
///     # fn as_socket(&self) -> BorrowedFd<'_> { borrow_fd(&self.0) }
/// }
/// ```
pub trait Listener: AsFd + Send + 'static {
    /// The accepted connection.
    type Accepted: Send + 'static;

    /// Accepts a waiting connection, and returns it with its peer. Its socket blocks.
    ///
    /// It must not wait.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none waits. The server survives all others.
    fn accept(&self) -> io::Result<(Self::Accepted, Peer)>;
}

impl Listener for TcpListener {
    type Accepted = TcpStream;

    fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = Self::accept(self)?;
        make_blocking(|| stream.set_nonblocking(false))?;
        // An answer leaves in one write, so a delay gains nothing. This fails only if the
        // client has gone.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Address(address)))
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Accepted = UnixStream;

    fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = Self::accept(self)?;
        make_blocking(|| stream.set_nonblocking(false))?;
        Ok((stream, Peer::Local))
    }
}

/// Makes a socket blocking. On Linux, an accepted one always is; elsewhere it may inherit the listener's mode.
fn make_blocking(set: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    if cfg!(any(target_os = "linux", target_os = "android")) { Ok(()) } else { set() }
}

/// Sets whether closing a TCP socket resets the connection. A Unix socket has no reset: its peer sees a regular end.
///
/// ```
/// # fn refuse(socket: std::net::TcpStream) {
/// h1events_net::reset_on_close(&socket, true);
/// drop(socket);
/// # }
/// ```
pub fn reset_on_close(socket: &(impl AsFd + ?Sized), resets: bool) {
    let linger = resets.then_some(Duration::ZERO);
    // If the system refuses it, the client has gone.
    let _ = rustix::net::sockopt::set_socket_linger(borrow_fd(socket), linger);
}
