//! HTTPS with rustls: a custom [`Listener`] and [`Stream`].
//!
//! ```sh
//! cargo run --release --example smol_tls -- 127.0.0.1:8443
//! curl --insecure https://localhost:8443/ # Hello, World, in private
//! ```
//!
//! It creates a self-signed certificate at the start.

use std::env;
use std::error::Error;
use std::io::{self, ErrorKind, IoSlice};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_rustls::server::TlsStream;
use futures_rustls::{Accept, TlsAcceptor};
use h1events_smol::{
    ClientState, IntoStream, Listener, Peer, Reactor, Response, Server, Socket, Stream,
};
use mio::net;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use smol::io::{AsyncRead, AsyncWrite};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8443".to_owned());
    let listener = TlsListener::bind(address, self_signed()?.0)?;
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

/// Written bytes that a session holds, at most. They count as sent only when the last one has gone, so
/// a slow client must be able to read them in time.
const UNSENT: usize = 8 * 1024;

/// Accepts TCP connections that will begin with a handshake.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl TlsListener {
    pub(crate) fn bind(address: impl ToSocketAddrs, config: ServerConfig) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(address)?, acceptor: Arc::new(config).into() })
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
    type Accepted = Accepted;

    fn accept(&self) -> io::Result<(Accepted, Peer)> {
        let (stream, peer) = Listener::accept(&self.tcp)?;
        Ok((Accepted { stream, acceptor: self.acceptor.clone() }, peer))
    }
}

/// A TCP connection, and the acceptor of its session.
pub(crate) struct Accepted {
    stream: TcpStream,
    acceptor: TlsAcceptor,
}

impl IntoStream for Accepted {
    type Stream = Tls;

    fn into_stream(self, reactor: &Reactor) -> io::Result<Tls> {
        let socket = self.stream.into_stream(reactor)?;
        let limit = |session: &mut ServerConnection| session.set_buffer_limit(Some(UNSENT));
        Ok(Tls::Handshake(Box::new(self.acceptor.accept_with(socket, limit))))
    }
}

/// A session over its socket. The first reads and writes do the handshake.
pub(crate) enum Tls {
    Handshake(Box<Accept<TcpSocket>>),
    Open {
        session: Box<TlsStream<TcpSocket>>,
        /// Whether a closing alert would make a cut answer look complete.
        is_unfinished: bool,
    },
    Failed,
}

type TcpSocket = Socket<net::TcpStream>;

impl Tls {
    fn poll_open(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut TlsStream<TcpSocket>>>> {
        if let Self::Handshake(handshake) = self {
            match ready!(Pin::new(handshake).poll(cx)) {
                Ok(session) => {
                    let session = Box::new(session);
                    *self = Self::Open { session, is_unfinished: false };
                }
                Err(error) => {
                    *self = Self::Failed;
                    return Poll::Ready(Err(error));
                }
            }
        }
        match self {
            Self::Open { session, .. } => Poll::Ready(Ok(Pin::new(session))),
            _ => Poll::Ready(Err(ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncRead for Tls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(ready!(self.poll_open(cx))?.poll_read(cx, space)) {
            // The client may leave without a closing alert: HTTP/1 knows where its messages end.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Poll::Ready(Ok(0)),
            read => Poll::Ready(read),
        }
    }
}

impl AsyncWrite for Tls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?.poll_write_vectored(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_close(cx)
    }
}

impl Stream for Tls {
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut session = ready!(self.poll_open(cx))?;
        // The alert that marks a regular end.
        ready!(session.as_mut().poll_close(cx))?;
        Poll::Ready(session.get_ref().0.get_ref().shutdown(Shutdown::Write))
    }

    fn client_state(&mut self, cx: &mut Context<'_>) -> ClientState {
        match self {
            Self::Open { session, .. } => session.get_ref().0.client_state(cx),
            _ => ClientState::Connected,
        }
    }

    fn reset_on_drop(&mut self, resets: bool) {
        if let Self::Open { is_unfinished, .. } = self {
            *is_unfinished = resets;
        }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        // For connections that end without a shutdown, for example after a timeout.
        if let Self::Open { session, is_unfinished: false } = self {
            let (socket, session) = session.get_mut();
            session.send_close_notify();
            // If the socket takes nothing, the alert is lost: it must not block.
            let _ = session.write_tls(&mut socket.get_ref());
        }
    }
}
