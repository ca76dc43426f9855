//! HTTPS with rustls: a custom [`Listener`] and [`Stream`].
//!
//! ```sh
//! cargo run --release --example thread_tls -- 127.0.0.1:8443
//! curl --insecure https://localhost:8443/ # Hello, World, in private
//! ```
//!
//! It creates a self-signed certificate at the start.

use std::env;
use std::error::Error;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{self, SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use h1events_thread::{Listener, Peer, Response, Server, Stream};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8443".to_owned());
    let listener = TlsListener::bind(&address, self_signed()?.0)?;
    println!("https://{}/", listener.local_addr()?);
    Server::new(listener)?.serve(|_| Response::text("Hello, World, in private\n"))?;
    Ok(())
}

/// Makes the configuration of the server, and the certificate for clients to trust.
pub(crate) fn self_signed() -> Result<(ServerConfig, CertificateDer<'static>), Box<dyn Error>> {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let certificate = CertificateDer::from(certified.cert);
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())?;
    // The server doesn't speak HTTP/2.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, certificate))
}

/// Longest time of a write in the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Written bytes that a session holds, at most. They count as sent only when the last one has gone, so
/// a slow client must be able to read them in time.
const UNSENT: usize = 8 * 1024;

/// Accepts TCP connections that will begin with a handshake.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    config: Arc<ServerConfig>,
}

impl TlsListener {
    pub(crate) fn bind(address: &str, config: ServerConfig) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(address)?, config: Arc::new(config) })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

#[cfg(unix)]
impl AsFd for TlsListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp.as_fd()
    }
}

#[cfg(windows)]
impl AsSocket for TlsListener {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.tcp.as_socket()
    }
}

impl Listener for TlsListener {
    type Accepted = TlsStream;

    fn accept(&self) -> io::Result<(TlsStream, Peer)> {
        let (socket, peer) = Listener::accept(&self.tcp)?;
        // The handshake writes before the server sets this timeout.
        socket.set_write_timeout(Some(HANDSHAKE))?;
        let session = ServerConnection::new(Arc::clone(&self.config));
        let mut session = session.map_err(io::Error::other)?;
        session.set_buffer_limit(Some(UNSENT));
        // The handshake belongs in the first read: here, it would block all other connections.
        Ok((TlsStream { socket, session: Mutex::new(session), is_unfinished: false.into() }, peer))
    }
}

/// A session over its socket.
///
/// No read waits for the socket with the lock held, so that [`close`](Stream::close) can send the
/// closing alert from another thread.
pub(crate) struct TlsStream {
    socket: TcpStream,
    session: Mutex<ServerConnection>,
    /// Whether a closing alert would make a cut answer look complete.
    is_unfinished: AtomicBool,
}

impl TlsStream {
    fn session(&self) -> MutexGuard<'_, ServerConnection> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the session's bytes. A write that leaves some has used its whole
    /// timeout.
    fn send(&self, session: &mut ServerConnection) -> io::Result<()> {
        if session.wants_write() {
            session.write_tls(&mut &self.socket)?;
        }
        if session.wants_write() { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }

    /// Sends the alert that marks a regular end. The session sends it once.
    fn say_goodbye(&self, session: &mut ServerConnection) -> io::Result<()> {
        session.send_close_notify();
        self.send(session)
    }
}

#[cfg(unix)]
impl AsFd for TlsStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(windows)]
impl AsSocket for TlsStream {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.socket.as_socket()
    }
}

impl Stream for TlsStream {
    fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        let mut session = self.session();
        if let Some(n) = decrypted(&mut session, space)? {
            return Ok(n);
        }
        // The handshake needs its answers. A client that sends all before it reads leaves no space.
        if Stream::has_space(&self.socket) {
            or_later(self.send(&mut session))?;
        }
        drop(session);

        // This waits. The session then takes no more than it has space for.
        self.socket.peek(&mut [0])?;
        let mut session = self.session();
        session.read_tls(&mut &self.socket)?;
        if let Err(error) = session.process_new_packets() {
            // An alert tells the client the reason.
            let _ = self.send(&mut session);
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        // A client that sends a record byte by byte gets no extra time.
        decrypted(&mut session, space)?.ok_or_else(|| ErrorKind::Interrupted.into())
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut session = self.session();
        // Bytes that the session holds go first. If they can't within the timeout, none of these
        // slices is taken.
        self.send(&mut session)?;
        session.writer().write_vectored(slices)
    }

    fn flush(&self) -> io::Result<()> {
        self.send(&mut self.session())
    }

    fn shutdown_write(&self) -> io::Result<()> {
        self.say_goodbye(&mut self.session())?;
        self.socket.shutdown(net::Shutdown::Write)
    }

    fn has_input(&self) -> bool {
        // The closing alert of the client ends the input, even if the socket stays open.
        let has_news = |session: &mut ServerConnection| {
            session
                .process_new_packets()
                .is_ok_and(|state| state.plaintext_bytes_to_read() > 0 || state.peer_has_closed())
        };
        // If it is locked, its own thread reads or writes.
        self.session.try_lock().is_ok_and(|mut session| has_news(&mut session))
            || Stream::has_input(&self.socket)
    }

    fn reset_on_drop(&self, resets: bool) {
        self.is_unfinished.store(resets, Relaxed);
    }

    fn close(&self) {
        // If it is locked, it is writing to a client that doesn't read.
        if let Ok(mut session) = self.session.try_lock() {
            // It must not wait here either.
            let _ = self.socket.set_nonblocking(true);
            let _ = self.say_goodbye(&mut session);
        }
        let _ = self.socket.shutdown(net::Shutdown::Both);
    }
}

/// Leaves the rest of a write to the next one.
fn or_later(sent: io::Result<()>) -> io::Result<()> {
    match sent.as_ref().map_err(io::Error::kind) {
        Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
        _ => sent,
    }
}

/// Returns decrypted bytes, if the session has any.
fn decrypted(session: &mut ServerConnection, space: &mut [u8]) -> io::Result<Option<usize>> {
    match session.reader().read(space) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        // The client may leave without a closing alert: HTTP/1 knows where its messages end.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Some(0)),
        read => read.map(Some),
    }
}

impl Drop for TlsStream {
    fn drop(&mut self) {
        if self.is_unfinished.load(Relaxed) {
            return;
        }
        // For connections that end without `shutdown_write`, for example after a timeout.
        let session = self.session.get_mut().unwrap_or_else(PoisonError::into_inner);
        session.send_close_notify();
        let _ = self.socket.set_nonblocking(true);
        let _ = session.write_tls(&mut &self.socket);
    }
}
