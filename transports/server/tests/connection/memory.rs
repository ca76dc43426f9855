//! What a connection takes of the heap, measured at the allocator.

use allocation_counter::{AllocationInfo, measure};
use h1events_server::{Buffer, Connection, Response, Step};

use crate::support::{Peer, get};

const KIB: u64 = 1024;

/// Measures what happens to the peer's connection; the peer's own memory isn't counted.
fn memory(peer: &mut Peer, what: impl FnOnce(&mut Peer)) -> AllocationInfo {
    measure(|| what(peer))
}

fn bodiless() -> Peer {
    Peer::with_application(|_| Response::new(204))
}

/// A connection can move between threads.
#[test]
fn a_connection_is_send() {
    const fn is_send<T: Send + 'static>() {}
    is_send::<Connection>();
    is_send::<Box<Buffer>>();
}

/// An idle connection holds nothing: before its first request, and after each.
#[test]
fn an_idle_connection_holds_nothing() {
    let mut peer = bodiless();
    assert!(peer.connection.release().is_none());
    for _ in 0..3 {
        let used = memory(&mut peer, |peer| {
            peer.send(get("/"));
            assert!(peer.connection.is_silent());
            drop(peer.connection.release().unwrap());
            assert!(peer.connection.release().is_none());
        });
        assert_eq!(used.bytes_current, 0);
        assert!(used.bytes_max < 16 * KIB, "{used:?}");
    }
}

/// There is no release while something is in there.
#[test]
fn what_is_in_use_is_not_released() {
    let (mut connection, now) = crate::steps::connection();
    crate::steps::receive(&mut connection, get("/").as_bytes());
    assert_eq!(connection.step(now), Step::Handle);
    assert!(connection.release().is_none() && !connection.is_silent());
    let mut peer = Peer::new();
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
    for octet in &request.as_bytes()[..request.len() - 1] {
        peer.send([*octet]);
        assert!(peer.connection.release().is_none());
        assert!(!peer.connection.is_silent());
    }
    peer.window = 3;
    peer.send("b");
    assert!(peer.connection.release().is_none() && !peer.connection.is_silent());
    peer.read(usize::MAX).expect(&[(200, "POST / ab")]);
    assert!(peer.connection.release().is_some());
}

/// Memory that is lent is used, and goes round without an allocation.
#[test]
fn memory_is_lent() {
    let mut peers: Vec<Peer> = (0..10).map(|_| bodiless()).collect();
    let mut pool = None;
    for round in 0..3 {
        for peer in &mut peers {
            let used = memory(peer, |peer| {
                if let Some(buffer) = pool.take() {
                    peer.connection.lend(buffer);
                }
                peer.send(get("/"));
                pool = peer.connection.release();
            });
            assert!(pool.is_some());
            assert!(round == 0 || used.bytes_current == 0, "{used:?}");
            assert!(round == 0 || used.bytes_total < 100, "{used:?}");
        }
    }
}

/// Nothing of a request or an answer gets from one connection into another.
#[test]
fn lent_memory_is_clean() {
    for rest in ["", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nsecret"] {
        let mut peer = Peer::new();
        peer.send("HEAD /secret HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\r\n");
        peer.send(rest).end();
        let buffer = peer.connection.release().unwrap();
        let mut other = Peer::new();
        other.connection.lend(buffer);
        other.send("\x16");
        assert!(!other.expect_one(400).body.is_empty());
    }
}

/// ERR-8: what is announced costs nothing.
#[test]
fn announcements_cost_nothing() {
    for head in ["Content-Length: 1048576", "Transfer-Encoding: chunked"] {
        let mut peer = bodiless();
        let used = memory(&mut peer, |peer| {
            peer.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n100000\r\nx"));
        });
        assert!(used.bytes_max < 16 * KIB, "{used:?}");
    }
}

/// A large request's memory goes when it has its answer, whether that is a good one or not.
#[test]
fn large_requests_leave_nothing_behind() {
    let fields: String = (0..60).map(|i| format!("X-{i}: {}\r\n", "x".repeat(1000))).collect();
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: 1000000\r\n\r\n");
    let chunked = head.replace("Content-Length: 1000000", "Transfer-Encoding: chunked");
    let body = "x".repeat(1_000_000);
    for request in [head + &body, chunked + "f4240\r\n" + &body + "\r\nz"] {
        let mut peer = bodiless();
        let used = memory(&mut peer, |peer| {
            peer.send(&request);
        });
        assert_eq!(peer.answers().len(), 1);
        // Collected by doubling.
        assert!(used.bytes_max < 3 * 1024 * KIB, "{used:?}");
        assert!(used.bytes_current < 64 * KIB as i64, "{used:?}");
        let used = memory(&mut peer, |peer| drop(peer.connection.release()));
        assert!(used.bytes_current < -8 * KIB as i64);
    }
}

/// The longest line that is allowed bounds the room for reading.
#[test]
fn the_room_for_reading_is_bounded() {
    let mut peer = bodiless();
    let line = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}", "a".repeat(16 * 1024 - 3));
    let used = memory(&mut peer, |peer| {
        for chunk in line.as_bytes().chunks(100) {
            peer.send(chunk);
        }
        peer.send("\r");
    });
    assert!(used.bytes_current < 20 * KIB as i64, "{used:?}");
    peer.send("\n\r\n").expect(&[(204, "")]);
    let buffer = peer.connection.release().unwrap();
    let kept = measure(|| drop(buffer));
    assert!(kept.bytes_current > -24 * KIB as i64, "{kept:?}");
}

/// A thousand requests take as much memory as one.
#[test]
fn requests_do_not_add_up() {
    let mut peer = Peer::with_application(|_| Response::text("Hello, World\n"));
    peer.send(get("/"));
    let used = memory(&mut peer, |peer| {
        for _ in 0..1000 {
            peer.send(get("/"));
        }
    });
    assert_eq!(used.bytes_current, 0, "{used:?}");
}

/// A large body of an answer is moved, never copied.
#[test]
fn large_bodies_are_not_copied() {
    static BODY: [u8; 1_000_000] = [b'x'; 1_000_000];
    let mut peer = Peer::with_application(|_| Response::new(200).body(&BODY[..]));
    let used = memory(&mut peer, |peer| {
        peer.send(get("/").repeat(10));
    });
    assert_eq!(peer.answers().len(), 10);
    assert!(used.bytes_max < 32 * KIB, "{used:?}");
}

/// What a request of some kilobytes takes, and its answer, is used again for the next one.
#[test]
fn ordinary_exchanges_take_their_memory_once() {
    static BODY: [u8; 12_000] = [b'x'; 12_000];
    let mut peer = Peer::with_application(|_| Response::new(200).body(&BODY[..]));
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12000\r\n\r\n";
    // Both answers leave in one write.
    let requests = head.to_owned() + &"x".repeat(12_000) + &get("/");
    peer.send(&requests);
    let used = memory(&mut peer, |peer| {
        peer.send(&requests);
    });
    assert_eq!((peer.answers().len(), peer.writes.len()), (4, 2));
    assert!(used.bytes_total < 100, "{used:?}");
}

/// The room for a field line is taken at once, and is as long as the line.
#[test]
fn a_field_is_one_allocation() {
    let used = measure(|| drop(Response::new(405).field("Allow", "GET, HEAD")));
    assert_eq!((used.count_total, used.bytes_total), (1, "Allow: GET, HEAD\r\n".len() as u64));
}
