//! Custom listeners, and several listeners.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use crate::support::{
    Client, GET, Listener, Peer, SOON, Server, bind, millis, start, start_listening, timed,
};
use rustix::io::Errno;

/// A listener that may fail before it accepts.
struct Failing<F> {
    listener: TcpListener,
    fail: F,
}

#[cfg(unix)]
impl<F> AsFd for Failing<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

#[cfg(windows)]
impl<F> AsSocket for Failing<F> {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.listener.as_socket()
    }
}

impl<F: Fn() -> Option<Errno> + Send + 'static> Listener for Failing<F> {
    type Accepted = TcpStream;

    fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        match (self.fail)() {
            Some(errno) => Err(errno.into()),
            None => Listener::accept(&self.listener),
        }
    }
}

fn failing<F: Fn() -> Option<Errno> + Send + 'static>(fail: F) -> (Server<Failing<F>>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (Server::new(Failing { listener, fail }).unwrap(), address)
}

#[test]
fn errors_of_accept_are_survived_without_spinning() {
    // Fails before each connection, in all ways in which accept can fail.
    #[cfg(unix)]
    const ERRORS: [Errno; 8] = [
        Errno::CONNABORTED,
        Errno::PROTO,
        Errno::INTR,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOBUFS,
        Errno::NOMEM,
        Errno::INVAL,
    ];
    #[cfg(windows)]
    const ERRORS: [Errno; 6] =
        [Errno::CONNRESET, Errno::NETDOWN, Errno::INTR, Errno::MFILE, Errno::NOBUFS, Errno::INVAL];
    let calls = AtomicUsize::new(0);
    let (server, address) =
        failing(move || ERRORS.get(calls.fetch_add(1, SeqCst) % (ERRORS.len() + 1)).copied());
    let server = start_listening(server, address);
    for _ in 0..2 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        // At most five of the errors make it pause, for 50 ms each.
        assert!(time < SOON, "{time:?}");
    }
    server.stop();
}

#[test]
fn connections_that_are_all_lost_hold_up_no_shutdown() {
    let (server, address) = failing(|| Some(Errno::CONNABORTED));
    let server = start_listening(server, address);
    let _waiting = TcpStream::connect(address).unwrap();
    thread::sleep(millis(100));
    let (summary, time) = timed(|| server.stop());
    assert_eq!(summary.connections, 0);
    assert!(time < SOON, "{time:?}");
}

/// No connection holds what the server lacks.
#[test]
fn shortage_that_room_does_not_cure_costs_few_connections() {
    let is_short = Arc::new(AtomicBool::new(false));
    let (server, address) = failing({
        let is_short = Arc::clone(&is_short);
        move || is_short.load(SeqCst).then_some(Errno::MFILE)
    });
    let server = start_listening(server, address);
    let mut clients: Vec<_> = (0..100).map(|_| server.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.ask(GET).0, 200);
    }
    // Now their patience is over.
    thread::sleep(millis(1100));
    is_short.store(true, SeqCst);
    let mut waiting = server.connect();
    thread::sleep(millis(200));
    is_short.store(false, SeqCst);
    assert_eq!(waiting.ask(GET).0, 200);
    clients.retain_mut(|client| !client.is_closed_within(millis(5)));
    assert!(clients.len() > 80, "{} are left", clients.len());
    drop((clients, waiting));
    server.stop();
}

/// However long it takes to accept them: here, longer than the drain admits others.
#[test]
fn connections_before_a_shutdown_are_accepted() {
    let (server, address) = failing(|| {
        thread::sleep(millis(20));
        None
    });
    let server = start_listening(server, address);
    let mut clients: Vec<_> = (0..160).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(GET);
    }
    server.shutdown.shutdown(4 * SOON);
    for client in &mut clients {
        let answer = client.read_to_end();
        assert!(answer.ends_with("GET / "), "{answer}");
    }
    drop(clients);
    let summary = server.join();
    assert_eq!((summary.connections, summary.cut_off), (160, 0));
}

#[test]
fn several_listeners_are_served() {
    let listeners: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<_> = listeners.iter().map(|other| other.local_addr().unwrap()).collect();
    let server = listeners.into_iter().fold(bind(), |server, other| server.listen(other).unwrap());
    assert_eq!(server.listeners().len(), 4);
    let server = start(server);
    for &address in addresses.iter().chain([&server.address]) {
        let mut client = Client::new(TcpStream::connect(address).unwrap());
        assert_eq!(client.ask(GET).0, 200);
    }
    assert_eq!(server.stop().connections, 4);
    for address in addresses {
        assert!(TcpStream::connect(address).is_err(), "{address} still accepts");
    }
}

/// The first listener always fails.
#[test]
fn listener_that_always_fails_does_not_hold_up_the_others() {
    for errno in [Errno::INVAL, Errno::MFILE, Errno::CONNABORTED] {
        type Fail = Box<dyn Fn() -> Option<Errno> + Send>;
        let (server, broken) = failing::<Fail>(Box::new(move || Some(errno)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = server.listen(Failing { listener, fail: Box::new(|| None) }).unwrap();
        let server = start_listening(server, address);
        let _waiting = TcpStream::connect(broken).unwrap();
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{errno}: {time:?}");
        server.stop();
    }
}

/// At the first listener, more newcomers wait than get a place in ten seconds.
#[test]
fn newcomer_is_answered_beside_a_crowd_at_another_listener() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let server = start(bind().max_connections(2).listen(other).unwrap());
    let crowd: Vec<_> = (0..2_000).map(|_| server.connect()).collect();
    let (answer, time) = timed(|| Client::new(TcpStream::connect(address).unwrap()).ask(GET));
    assert_eq!(answer.0, 200);
    assert!(time < SOON, "{time:?}");
    drop(crowd);
    server.stop();
}
