//! Slow clients take all connections: a newcomer waits for about a second.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use crate::support::{Client, GET, Request, Response, bind, millis, say, start_with, timed};

const CAP: usize = 8;

/// Patience is a second, and this machine may be busy.
const BOUND: Duration = Duration::from_millis(2_500);

fn app(request: &Request<'_>) -> Response {
    match request.path() {
        b"/large" => Response::new(200).with_body(vec![b'x'; 16 << 20]),
        _ => say(request),
    }
}

/// Takes all connections with clients that begin like this, and then send a byte from time to time if `drips`.
fn newcomers_are_answered_beside(begin: &[u8], drips: bool) {
    let server = start_with(bind().max_connections(CAP), app);
    let mut slow: Vec<_> = (0..CAP).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send(begin);
    }
    thread::sleep(millis(100));
    let ends = Arc::new(AtomicBool::new(false));
    let dripping = thread::spawn({
        let ends = Arc::clone(&ends);
        move || {
            while !ends.load(SeqCst) {
                for client in slow.iter_mut().filter(|_| drips) {
                    // Closed connections fail.
                    let _ = client.try_send(b"x");
                }
                thread::sleep(millis(50));
            }
        }
    });
    for _ in 0..3 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < BOUND, "{time:?}");
    }
    ends.store(true, SeqCst);
    dripping.join().unwrap();
    server.stop_within(millis(0));
}

#[test]
fn newcomer_is_answered_beside_half_heads() {
    newcomers_are_answered_beside(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", false);
}

#[test]
fn newcomer_is_answered_beside_dripping_heads() {
    newcomers_are_answered_beside(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", true);
}

#[test]
fn newcomer_is_answered_beside_half_bodies() {
    newcomers_are_answered_beside(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf",
        false,
    );
}

#[test]
fn newcomer_is_answered_beside_dripping_bodies() {
    newcomers_are_answered_beside(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf",
        true,
    );
}

#[test]
fn newcomer_is_answered_beside_slow_readers() {
    newcomers_are_answered_beside(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", false);
}

#[test]
fn newcomers_are_answered_in_a_crowd_of_all_kinds() {
    let server = start_with(bind().max_connections(CAP), app);
    let address = server.address;
    let beginnings: [&[u8]; 4] = [
        b"",
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf",
        b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    let ends = Arc::new(AtomicBool::new(false));
    let crowd: Vec<_> = beginnings
        .into_iter()
        .map(|begin| {
            let ends = Arc::clone(&ends);
            thread::spawn(move || {
                // Each comes back as soon as it is closed.
                let connect = || {
                    let mut client = Client::new(TcpStream::connect(address).unwrap());
                    let _ = client.try_send(begin);
                    client
                };
                let mut clients: Vec<_> = (0..CAP).map(|_| connect()).collect();
                while !ends.load(SeqCst) {
                    for client in &mut clients {
                        if client.has_ended() {
                            *client = connect();
                        }
                    }
                    thread::sleep(millis(20));
                }
            })
        })
        .collect();
    thread::sleep(millis(300));
    let (answer, time) = timed(|| server.connect().ask(GET));
    ends.store(true, SeqCst);
    crowd.into_iter().for_each(|crowd| crowd.join().unwrap());
    assert_eq!(answer.0, 200);
    // In the system's queue, three times as many clients as places are before it.
    assert!(time < 2 * BOUND, "{time:?}");
    server.stop_within(millis(0));
}
