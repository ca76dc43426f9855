//! Listeners and streams of the caller's.

mod support;

use std::io::{self, IoSlice};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use h1events_thread::{Listener, Peer, Server, Stream};
use rustix::io::Errno;
use support::hooked::{Hooks, start_hooked};
use support::{GET, SOON, makes_little_room, millis, start_listening, timed};

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

/// There never is a connection.
struct Barren(TcpListener);

impl AsFd for Barren {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Listener for Barren {
    type Stream = TcpStream;

    fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}

#[test]
fn connections_that_are_all_over_hold_up_no_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = start_listening(Server::new(Barren(listener)).unwrap(), address);
    let _waiting = TcpStream::connect(address).unwrap();
    thread::sleep(millis(100));
    let (summary, time) = timed(|| server.stop());
    assert_eq!(summary.connections, 0);
    assert!(time < SOON, "{time:?}");
}

/// Lacks something that no connection gives back.
struct Short {
    listener: TcpListener,
    is_short: Arc<AtomicBool>,
}

impl AsFd for Short {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Listener for Short {
    type Stream = TcpStream;

    fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        if self.is_short.load(SeqCst) {
            return Err(Errno::NFILE.into());
        }
        Listener::accept(&self.listener)
    }
}

#[test]
fn where_room_does_not_help_little_of_it_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let short = Arc::new(AtomicBool::new(false));
    let server = Server::new(Short { listener, is_short: Arc::clone(&short) }).unwrap();
    makes_little_room(start_listening(server, address), &short);
}

#[test]
fn streams_may_be_the_callers_own() {
    // It reads a byte at a time, and gives what is written away in small pieces.
    let server = start_hooked(
        |server| server,
        Hooks {
            read: Box::new(|stream, space| Stream::read(stream, &mut space[..1])),
            write: Box::new(|stream, slices| {
                assert!(slices.iter().all(|slice| !slice.is_empty()));
                let len = slices[0].len().min(3);
                Stream::write_vectored(stream, &[IoSlice::new(&slices[0][..len])])
            }),
            ..Hooks::default()
        },
    );
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.ask(GET), (200, "GET / ".to_owned()));
    }
    drop(client);
    server.stop();
}
