//! Distant clients: each byte is delayed in both directions.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::{Client, GET, SOON, bind, start, timed};

/// The delay in each direction.
const ONE_WAY: Duration = Duration::from_millis(20);

const CLIENTS: usize = 16;
const CAP: usize = 8;

/// Relays connections to a server until it is dropped.
struct Relay {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Relay {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let accepting = thread::spawn({
            let ends = Arc::clone(&ends);
            move || {
                for client in listener.incoming().map_while(Result::ok) {
                    if ends.load(SeqCst) {
                        return;
                    }
                    thread::spawn(move || {
                        thread::sleep(ONE_WAY);
                        // If the server refuses it, the client's connection ends.
                        let Ok(server) = TcpStream::connect(server) else { return };
                        server.set_nodelay(true).unwrap();
                        client.set_nodelay(true).unwrap();
                        let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                        thread::spawn(move || carry(back.0, back.1));
                        carry(client, server);
                    });
                }
            }
        });
        Self { address, ends, accepting: Some(accepting) }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ends.store(true, SeqCst);
        let _ = TcpStream::connect(self.address);
        self.accepting.take().map(JoinHandle::join);
    }
}

/// Carries bytes in one direction, with the same delay for each.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    let delivering = thread::spawn(move || {
        for (at, bytes) in receiver {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut bytes = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        if sender.send((Instant::now() + ONE_WAY, bytes[..n].to_vec())).is_err() {
            break;
        }
    }
    drop(sender);
    let _ = delivering.join();
}

/// The results of all clients.
#[derive(Default)]
struct Seen {
    answers: AtomicUsize,
    connections: AtomicUsize,
    /// Requests without an answer, except the first one of a connection.
    lost: AtomicUsize,
    ends: AtomicBool,
}

impl Seen {
    /// Sends one request after the other, on one connection while the server keeps it open.
    fn ask(&self, address: SocketAddr) {
        while !self.ends.load(SeqCst) {
            let Ok(stream) = TcpStream::connect(address) else { return };
            let mut client = Client::new(stream);
            self.connections.fetch_add(1, SeqCst);
            for asked in 0.. {
                if self.ends.load(SeqCst) {
                    break;
                }
                match client.try_send(GET).and_then(|()| client.try_answer()) {
                    Ok(answer) => {
                        assert_eq!(answer.status, 200);
                        self.answers.fetch_add(1, SeqCst);
                        if answer.is_last {
                            break;
                        }
                    }
                    Err(error) => {
                        assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "no answer in time");
                        self.lost.fetch_add(usize::from(asked > 0), SeqCst);
                        break;
                    }
                }
            }
        }
    }
}

fn start_asking(address: SocketAddr, seen: &Arc<Seen>) -> Vec<JoinHandle<()>> {
    let ask = |_| {
        let seen = Arc::clone(seen);
        thread::spawn(move || seen.ask(address))
    };
    (0..CLIENTS).map(ask).collect()
}

#[test]
fn distant_clients_lose_no_request_at_the_cap() {
    let server = start(bind().max_connections(CAP));
    let relay = Relay::to(server.address);
    let seen = Arc::new(Seen::default());
    let asking = start_asking(relay.address, &seen);
    thread::sleep(SOON);
    seen.ends.store(true, SeqCst);
    asking.into_iter().for_each(|asking| asking.join().unwrap());
    drop(relay);
    server.stop();
    let (answers, connections) = (seen.answers.load(SeqCst), seen.connections.load(SeqCst));
    // Each client gets several answers, on several connections.
    assert!(answers >= 10 * CLIENTS, "{answers} answers on {connections} connections");
    assert!(connections > CLIENTS, "{answers} answers on {connections} connections");
    assert_eq!(seen.lost.load(SeqCst), 0, "of {answers} on {connections} connections");
}

#[test]
fn distant_clients_lose_no_request_in_a_shutdown() {
    let server = start(bind());
    let relay = Relay::to(server.address);
    let seen = Arc::new(Seen::default());
    let asking = start_asking(relay.address, &seen);
    thread::sleep(Duration::from_millis(700));
    let (summary, time) = timed(|| server.stop_within(SOON));
    assert_eq!(summary.cut_off, 0, "{summary}");
    assert!(time < SOON, "{time:?}");
    seen.ends.store(true, SeqCst);
    asking.into_iter().for_each(|asking| asking.join().unwrap());
    drop(relay);
    let answers = seen.answers.load(SeqCst);
    assert!(answers >= 2 * CLIENTS, "{answers} answers");
    assert_eq!(seen.lost.load(SeqCst), 0, "of {answers}");
}
