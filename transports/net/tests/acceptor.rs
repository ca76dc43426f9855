//! The acceptor with a transport that serves nothing: its connections never speak.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use h1events_net::{
    Acceptor, Admitted, AsFd, BorrowedFd, Listener, SharedEndpoint, ShutdownHandle, bind, borrow_fd,
};
use h1events_server::{Activity, ConnectionId, Order, Peer, Summary, Verdict};

/// Time to wait for an event that has to come.
const LONG: Duration = Duration::from_secs(20);

/// Time to wait for an event that must not come.
const SHORT: Duration = Duration::from_millis(200);

type Connections = Arc<Mutex<HashMap<ConnectionId, Admitted<TcpStream>>>>;

struct Server {
    address: SocketAddr,
    endpoint: Arc<SharedEndpoint>,
    connections: Connections,
    served: Receiver<(ConnectionId, Peer)>,
    shutdown: ShutdownHandle,
    thread: JoinHandle<Summary>,
}

/// Accepts as many connections at a time as there are descriptors.
struct Scarce {
    tcp: TcpListener,
    descriptors: usize,
    connections: Connections,
}

impl AsFd for Scarce {
    #[cfg(not(windows))]
    fn as_fd(&self) -> BorrowedFd<'_> {
        borrow_fd(&self.tcp)
    }

    #[cfg(windows)]
    fn as_socket(&self) -> BorrowedFd<'_> {
        borrow_fd(&self.tcp)
    }
}

impl Listener for Scarce {
    type Accepted = TcpStream;

    fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        match self.connections.lock().unwrap().len() >= self.descriptors {
            true => Err(ErrorKind::OutOfMemory.into()),
            false => Listener::accept(&self.tcp),
        }
    }
}

impl Server {
    fn start(max_connections: usize, patience: Duration, refused: Range<usize>) -> Self {
        Self::with_descriptors(usize::MAX, max_connections, patience, refused)
    }

    /// `refused` are the attempts to serve that fail.
    fn with_descriptors(
        descriptors: usize,
        max_connections: usize,
        patience: Duration,
        refused: Range<usize>,
    ) -> Self {
        let connections = Connections::default();
        let tcp = bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        let listener = Scarce { tcp, descriptors, connections: Arc::clone(&connections) };
        let mut acceptor = Acceptor::new(listener).unwrap();
        acceptor.endpoint_config.first_byte_patience = patience;
        acceptor.endpoint_config.admission_timeout = patience;
        let endpoint = acceptor.add_endpoint(max_connections, None);
        let shutdown = acceptor.shutdown_handle();
        let (sender, served) = channel();
        let (woken, to_wake) = channel();
        // A woken connection reports, on a thread of its own, that nothing has come since it was
        // opened.
        thread::spawn({
            let (endpoint, connections) = (Arc::clone(&endpoint), Arc::clone(&connections));
            move || {
                for id in to_wake {
                    let activity = Activity::New { since: Instant::now() - LONG };
                    let verdict = endpoint.with(|it| it.wait(id, activity, None, 0));
                    if verdict == Verdict::End {
                        drop(connections.lock().unwrap().remove(&id));
                    }
                }
            }
        });
        let mut attempts = 0;
        let serve = {
            let (endpoint, connections) = (Arc::clone(&endpoint), Arc::clone(&connections));
            move |admitted: Admitted<TcpStream>| {
                assert_eq!(admitted.endpoint, 0, "there is one");
                attempts += 1;
                if refused.contains(&(attempts - 1)) {
                    return Err((admitted, ErrorKind::OutOfMemory.into()));
                }
                let (id, peer) = (admitted.guard.id(), admitted.guard.peer());
                let woken = woken.clone();
                admitted.guard.on_wake(move |order| {
                    assert_eq!(order, Order::EndReading);
                    woken.send(id).unwrap();
                });
                connections.lock().unwrap().insert(id, admitted);
                let activity = Activity::New { since: Instant::now() };
                let verdict = endpoint.with(|it| it.wait(id, activity, None, 0));
                assert_eq!(verdict, Verdict::Wait);
                sender.send((id, peer)).unwrap();
                Ok(())
            }
        };
        let thread = thread::spawn(move || acceptor.run(serve));
        Self { address, endpoint, connections, served, shutdown, thread }
    }

    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(self.address).unwrap();
        client.set_read_timeout(Some(LONG)).unwrap();
        client
    }

    /// Expects that this client is served next.
    #[track_caller]
    fn expect_served(&self, client: &TcpStream) -> ConnectionId {
        let (id, peer) = self.served.recv_timeout(LONG).expect("it is served");
        assert_eq!(peer, Peer::Address(client.local_addr().unwrap()));
        id
    }

    fn end(self) -> Summary {
        self.shutdown.shutdown(LONG);
        self.thread.join().unwrap()
    }
}

#[test]
fn acceptor_admits_connections_up_to_the_cap() {
    let server = Server::start(2, Duration::MAX, 0..0);
    let clients = [server.connect(), server.connect()];
    let first = server.expect_served(&clients[0]);
    server.expect_served(&clients[1]);
    let third = server.connect();
    assert!(server.served.recv_timeout(SHORT).is_err(), "there is no room");
    drop(server.connections.lock().unwrap().remove(&first));
    server.expect_served(&third);
    assert_eq!(server.endpoint.with(|it| it.len()), 2);
    assert_eq!(server.end().connections, 3);
}

#[test]
fn acceptor_makes_room_by_ending_the_oldest_silent_connection() {
    let server = Server::start(2, Duration::from_millis(10), 0..0);
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(server.connect());
        server.expect_served(clients.last().unwrap());
    }
    for evicted in &mut clients[..2] {
        assert_eq!(evicted.read(&mut [0]).unwrap(), 0);
    }
    assert_eq!(server.connections.lock().unwrap().len(), 2);
    assert_eq!(server.end().connections, 4);
}

#[test]
fn acceptor_serves_a_refused_connection_later() {
    let server = Server::start(2, Duration::MAX, 0..3);
    let clients = [server.connect(), server.connect()];
    // In the order in which they came, and each of them once.
    server.expect_served(&clients[0]);
    server.expect_served(&clients[1]);
    assert_eq!(server.end().connections, 2);
}

/// What it lacks may be free when the others have ended.
#[test]
fn acceptor_serves_a_refused_connection_during_a_drain() {
    let server = Server::start(2, Duration::MAX, 1..4);
    let first = server.connect();
    server.expect_served(&first);
    let second = server.connect();
    server.shutdown.shutdown(LONG);
    server.expect_served(&second);
    assert_eq!(server.end().connections, 2);
}

/// A descriptor is free when the first has ended.
#[test]
fn acceptor_waits_for_a_descriptor_during_a_drain() {
    let server = Server::with_descriptors(1, 2, Duration::MAX, 0..0);
    let first = server.connect();
    server.expect_served(&first);
    let second = server.connect();
    server.shutdown.shutdown(LONG);
    server.expect_served(&second);
    assert_eq!(server.end().connections, 2);
}

/// None is ever free.
#[test]
fn acceptor_waits_for_no_descriptor_without_connections() {
    let server = Server::with_descriptors(0, 2, Duration::MAX, 0..0);
    let _client = server.connect();
    let begun = Instant::now();
    assert_eq!(server.end().connections, 0);
    assert!(begun.elapsed() < LONG);
}

/// Nothing will be free.
#[test]
fn acceptor_gives_up_a_refused_connection_at_the_end_of_a_drain() {
    let server = Server::start(2, Duration::MAX, 1..usize::MAX);
    let first = server.connect();
    server.expect_served(&first);
    let _second = server.connect();
    let begun = Instant::now();
    assert_eq!(server.end().connections, 2);
    assert!(begun.elapsed() < LONG);
}

#[test]
fn acceptor_returns_after_a_shutdown_when_its_connections_have_ended() {
    let server = Server::start(2, Duration::MAX, 0..0);
    let mut client = server.connect();
    server.expect_served(&client);
    let begun = Instant::now();
    let summary = server.end();
    assert!(begun.elapsed() < LONG, "it hasn't waited for the whole grace");
    assert_eq!(summary, Summary { connections: 1, idle: 1, finished: 0, cut_off: 0 });
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}

#[test]
fn acceptor_without_connections_returns_at_once() {
    let server = Server::start(2, Duration::MAX, 0..0);
    assert_eq!(server.end(), Summary::default());
}
