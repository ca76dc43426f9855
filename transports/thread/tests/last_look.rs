//! A request that comes between the last check of a connection and its end.

mod support;

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use h1events_thread::Stream;
use support::hooked::{Hooks, bind_hooked, start_hooked};
use support::{GET, Gate, SOON, millis, start_streaming_listening, timed, wait_until};

/// Makes reads hold their bytes back until the input of a connection has been ended. Meanwhile their own
/// connection still counts as silent, and its socket is empty.
fn reads_late(reads: &Arc<AtomicUsize>) -> Hooks {
    let (gate, reads) = (Gate::new(), Arc::clone(reads));
    Hooks {
        read: Box::new({
            let gate = gate.clone();
            move |stream, space| {
                let read = Stream::read(stream, space);
                if matches!(read, Ok(1..)) {
                    reads.fetch_add(1, SeqCst);
                    gate.pass();
                }
                read
            }
        }),
        shutdown_read: Box::new(move |stream| {
            stream.shutdown_read();
            gate.open();
        }),
        ..Hooks::default()
    }
}

#[test]
fn request_that_has_been_read_is_answered_before_an_eviction() {
    let reads = Arc::default();
    let server = start_hooked(|server| server.max_connections(1), reads_late(&reads));
    let mut first = server.connect();
    first.send(GET);
    wait_until("it has been read", || reads.load(SeqCst) == 1);
    let mut second = server.connect();
    second.send(GET);
    let answer = first.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    drop(first);
    let (answer, time) = timed(|| second.answer());
    assert_eq!(answer.0, 200);
    assert!(time < SOON, "{time:?}");
    server.stop();
}

#[test]
fn requests_that_have_been_read_are_answered_before_a_shutdown() {
    let reads = Arc::default();
    let server = start_hooked(|server| server, reads_late(&reads));
    let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    let silent: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(GET);
    }
    wait_until("they have been read", || reads.load(SeqCst) == 20);
    server.shutdown.shutdown(4 * SOON);
    for client in &mut clients {
        let answer = client.read_to_end();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    drop(clients);
    let summary = server.join();
    assert_eq!((summary.connections, summary.idle), (40, 20));
    assert_eq!((summary.finished, summary.cut_off), (20, 0));
    drop(silent);
}

/// One read ends with the body.
#[test]
fn request_behind_an_unread_body_is_answered_before_a_shutdown() {
    let read = |stream: &TcpStream, space: &mut [u8]| Stream::read(stream, &mut space[..1]);
    let (server, address) = bind_hooked(Hooks { read: Box::new(read), ..Hooks::default() });
    let server = start_streaming_listening(server, address);
    let mut client = server.connect();
    client.send(b"POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntea time!");
    client.send(GET);
    client.stream().peek(&mut [0]).expect("the first event comes");
    server.shutdown.shutdown(SOON);
    assert_eq!(client.answer(), (200, "event\n".repeat(5)));
    assert_eq!(client.answer().0, 200);
    drop(client);
    let summary = server.join();
    assert_eq!((summary.finished, summary.cut_off), (1, 0));
}

/// A read may end at any byte.
#[test]
fn all_requests_that_have_come_are_answered_before_a_shutdown() {
    let gate = Gate::new();
    let held = gate.clone();
    let one_request = |stream: &TcpStream, space: &mut [u8]| {
        let len = space.len().min(GET.len());
        Stream::read(stream, &mut space[..len])
    };
    let hooks = Hooks {
        read: Box::new(move |stream, space| {
            let read = one_request(stream, space);
            held.pass();
            read
        }),
        ..Hooks::default()
    };
    let server = start_hooked(|server| server, hooks);
    let mut client = server.connect();
    client.send(&GET.repeat(5));
    thread::sleep(millis(100));
    server.shutdown.shutdown(4 * SOON);
    thread::sleep(millis(200));
    gate.open();
    let answers = client.read_to_end();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 5, "{answers}");
    drop(client);
    let summary = server.join();
    assert_eq!((summary.idle, summary.finished, summary.cut_off), (0, 1, 0));
}

/// Even if no thread has noticed the shutdown yet.
#[test]
fn silent_connections_are_not_cut_off() {
    let (gate, reads) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
    let (held, begun) = (gate.clone(), Arc::clone(&reads));
    let server = start_hooked(
        |server| server,
        Hooks {
            read: Box::new(move |stream, space| {
                begun.fetch_add(1, SeqCst);
                let read = Stream::read(stream, space);
                held.pass();
                read
            }),
            ..Hooks::default()
        },
    );
    let silent: Vec<_> = (0..10).map(|_| server.connect()).collect();
    wait_until("all are silent", || reads.load(SeqCst) == 10);
    let summary = server.stop_within(millis(0));
    assert_eq!((summary.connections, summary.idle), (10, 10));
    assert_eq!((summary.finished, summary.cut_off), (0, 0));
    gate.open();
    drop(silent);
}
