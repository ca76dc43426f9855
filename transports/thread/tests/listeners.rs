//! Where connections come from: addresses, Unix sockets, listeners of the caller's.

mod support;

use std::io::{self, ErrorKind, IoSlice};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use h1events_thread::{Listener, Peer, Server, Stream};
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

    let path = std::env::temp_dir().join(format!("h1events-thread-{}", std::process::id()));
    let server = Server::from_unix(UnixListener::bind(&path).unwrap()).unwrap();
    let shutdown = server.shutdown();
    let serving = thread::spawn(move || server.serve(app));
    let silent = UnixStream::connect(&path).unwrap();
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
    listener: TcpListener,
    calls: AtomicUsize,
}

/// ECONNABORTED, EPROTO, EINTR, and again; EMFILE, ENFILE, ENOBUFS, ENOMEM; EINVAL.
const ERRORS: [i32; 8] = [103, 71, 4, 24, 23, 105, 12, 22];

impl AsFd for Troubled {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Listener for Troubled {
    type Stream = TcpStream;

    fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let call = self.calls.fetch_add(1, SeqCst);
        match ERRORS.get(call % (ERRORS.len() + 1)) {
            Some(errno) => Err(io::Error::from_raw_os_error(*errno)),
            None => Listener::accept(&self.listener),
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn errors_of_accept_are_survived_without_spinning() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(Troubled { listener, calls: AtomicUsize::new(0) }).unwrap();
    let server = start_listening(server, address);
    for _ in 0..2 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        // Five of the errors make it pause, for 50 ms each.
        assert!(time < SOON, "{time:?}");
    }
    server.stop();
}

/// Gives what is written away in small pieces, and reads a byte at a time.
struct Slow(TcpStream);

impl Stream for Slow {
    fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        Stream::read(&self.0, &mut space[..1])
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(slices.iter().all(|slice| !slice.is_empty()));
        let len = slices[0].len().min(3);
        Stream::write_vectored(&self.0, &[IoSlice::new(&slices[0][..len])])
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    fn shutdown_write(&self) -> io::Result<()> {
        Stream::shutdown_write(&self.0)
    }

    fn has_input(&self) -> bool {
        self.0.has_input()
    }

    fn close(&self) {
        Stream::close(&self.0);
    }
}

struct SlowListener(TcpListener);

impl AsFd for SlowListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Listener for SlowListener {
    type Stream = Slow;

    fn accept(&self) -> io::Result<(Slow, Peer)> {
        Listener::accept(&self.0).map(|(stream, peer)| (Slow(stream), peer))
    }
}

#[test]
fn streams_may_be_the_callers_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let server = start_listening(Server::new(SlowListener(listener)).unwrap(), address);
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.ask(GET), (200, "GET / ".to_owned()));
    }
    drop(client);
    server.stop();
}
