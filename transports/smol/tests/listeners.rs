//! Listeners and streams of the caller's.

mod support;

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, ready};
use std::thread;

use h1events_smol::{Listener, Peer, Reactor, Server, Socket, Stream};
use rustix::io::Errno;
use smol::Async;
use smol::io::{AsyncRead, AsyncWrite};
use support::{GET, SOON, makes_little_room, millis, start_listening, timed};

/// Fails in all the ways in which accept can, before each connection.
struct Troubled {
    listener: Async<TcpListener>,
    calls: AtomicUsize,
}

/// ECONNABORTED, EPROTO, EINTR, and again; EMFILE, ENFILE, ENOBUFS, ENOMEM; EINVAL.
const ERRORS: [i32; 8] = [103, 71, 4, 24, 23, 105, 12, 22];

impl Listener for Troubled {
    type Accepted = TcpStream;
    type Stream = Socket<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let call = self.calls.fetch_add(1, SeqCst);
        match ERRORS.get(call % (ERRORS.len() + 1)) {
            Some(errno) => Err(io::Error::from_raw_os_error(*errno)),
            None => Listener::accept(&self.listener).await,
        }
    }

    fn open(accepted: TcpStream, reactor: &Reactor) -> io::Result<Socket<TcpStream>> {
        <Async<TcpListener> as Listener>::open(accepted, reactor)
    }
}

fn listener() -> (Async<TcpListener>, SocketAddr) {
    let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.get_ref().local_addr().unwrap();
    (listener, address)
}

#[cfg(target_os = "linux")]
#[test]
fn errors_of_accept_are_survived_without_spinning() {
    let (listener, address) = listener();
    let server = Server::new(Troubled { listener, calls: AtomicUsize::new(0) }).unwrap();
    let server = start_listening(server, address);
    for _ in 0..2 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        // Five of the errors make it pause, for 50 ms each, and for as long where closing
        // a connection hasn't helped.
        assert!(time < SOON, "{time:?}");
    }
    server.stop();
}

/// There never is a connection.
struct Barren;

impl Listener for Barren {
    type Accepted = TcpStream;
    type Stream = Socket<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    fn open(accepted: TcpStream, reactor: &Reactor) -> io::Result<Socket<TcpStream>> {
        <Async<TcpListener> as Listener>::open(accepted, reactor)
    }
}

#[test]
fn connections_that_are_all_over_hold_up_no_shutdown() {
    let server = start_listening(Server::new(Barren).unwrap(), ([0, 0, 0, 0], 0).into());
    thread::sleep(millis(100));
    let (summary, time) = timed(|| server.stop());
    assert_eq!(summary.connections, 0);
    assert!(time < SOON, "{time:?}");
}

/// Lacks something that no connection gives back.
struct Short {
    listener: Async<TcpListener>,
    is_short: Arc<AtomicBool>,
}

impl Listener for Short {
    type Accepted = TcpStream;
    type Stream = Socket<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        self.listener.readable().await?;
        if self.is_short.load(SeqCst) {
            return Err(Errno::NFILE.into());
        }
        Listener::accept(&self.listener).await
    }

    fn open(accepted: TcpStream, reactor: &Reactor) -> io::Result<Socket<TcpStream>> {
        <Async<TcpListener> as Listener>::open(accepted, reactor)
    }
}

#[test]
fn where_room_does_not_help_little_of_it_is_made() {
    let (listener, address) = listener();
    let short = Arc::new(AtomicBool::new(false));
    let server = Server::new(Short { listener, is_short: Arc::clone(&short) }).unwrap();
    makes_little_room(start_listening(server, address), &short);
}

/// Takes three bytes at a time and keeps them until it is flushed, and has one for each read. It
/// doesn't know the reactor.
struct Slow {
    socket: Async<TcpStream>,
    unsent: Vec<u8>,
}

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_read(cx, &mut space[..1])
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!bytes.is_empty());
        ready!(self.as_mut().poll_flush(cx))?;
        let n = bytes.len().min(3);
        self.unsent = bytes[..n].to_vec();
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { socket, unsent } = &mut *self;
        while !unsent.is_empty() {
            let n = ready!(Pin::new(&mut *socket).poll_write(cx, unsent))?;
            unsent.drain(..n);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl Stream for Slow {
    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.get_ref().shutdown(Shutdown::Write))
    }
}

struct SlowListener(Async<TcpListener>);

impl Listener for SlowListener {
    type Accepted = Slow;
    type Stream = Slow;

    async fn accept(&self) -> io::Result<(Slow, Peer)> {
        let (socket, address) = self.0.accept().await?;
        Ok((Slow { socket, unsent: Vec::new() }, Peer::Address(address)))
    }

    fn open(accepted: Slow, _: &Reactor) -> io::Result<Slow> {
        Ok(accepted)
    }
}

#[test]
fn streams_may_be_the_callers_own() {
    let (listener, address) = listener();
    let server = start_listening(Server::new(SlowListener(listener)).unwrap(), address);
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.ask(GET), (200, "GET / ".to_owned()));
    }
    client.send(b"nonsense\r\n");
    assert!(client.read_to_end().starts_with("HTTP/1.1 400 "));
    server.stop();
}
