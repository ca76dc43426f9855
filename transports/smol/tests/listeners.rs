//! Where connections come from: addresses, Unix sockets, listeners of the caller's.

mod support;

use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use h1events_smol::{Listener, Peer, Reactor, Server, Socket, Stream};
use smol::Async;
use smol::io::{AsyncRead, AsyncWrite};
use support::{GET, SOON, app, bind, millis, start, start_listening, timed};

#[test]
fn port_0_is_reported_with_its_real_number() {
    let server = bind();
    assert_ne!(server.local_addr().unwrap().port(), 0);
    let server = start(server);
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn an_address_in_use_is_an_error() {
    let server = bind();
    let error = Server::bind(server.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn an_address_can_be_bound_again_at_once() {
    let server = start(bind());
    let address = server.address;
    let mut client = server.connect();
    client.ask(GET);
    // The server closes first, so that it is its side that goes into TIME_WAIT.
    thread::sleep(millis(50));
    server.stop();
    drop(client);
    let server = start(Server::bind(address).unwrap());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn ipv6_is_as_good() {
    let Ok(server) = Server::bind("[::1]:0") else {
        return; // This machine has none.
    };
    let server = start(server);
    assert!(server.address.is_ipv6());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn a_listener_may_be_there_already() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = start(Server::from_tcp(listener).unwrap());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn unix_sockets_are_served() {
    use std::io::{Read, Write};

    let path = std::env::temp_dir().join(format!("h1events-smol-{}", std::process::id()));
    let server = Server::from_unix(UnixListener::bind(&path).unwrap()).unwrap();
    let shutdown = server.shutdown();
    let serving = thread::spawn(move || server.serve_async(app));
    let mut silent = UnixStream::connect(&path).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(b"GET /unix HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nGET /unix "), "{answer}");
    drop(client);
    thread::sleep(millis(50));
    shutdown.begin(Duration::from_secs(4));
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    let summary = serving.join().unwrap().unwrap();
    assert_eq!((summary.connections, summary.idle, summary.cut_off), (2, 1, 0));
    std::fs::remove_file(path).unwrap();
}

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
