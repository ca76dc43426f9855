//! Clients that leave before they have their answer.

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use crate::support::{GONE, SOURCES, bind, millis, start_streaming, wait_until};

/// The counters are shared by all tests.
static COUNTING: Mutex<()> = Mutex::new(());

fn wait_for(what: &str, count: &AtomicUsize, number: usize) {
    wait_until(what, || count.load(SeqCst) >= number);
    assert_eq!(count.swap(0, SeqCst), number, "{what}");
}

fn request(body: &str, target: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}").into()
}

/// With a body that has come, with one that never comes, and without one.
#[test]
fn handler_of_a_client_that_has_reset_hears_of_it() {
    let _counting = COUNTING.lock();
    let server = start_streaming(bind());
    let unread = "POST /watch HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".into();
    for request in [request("", "/watch"), request("tea", "/watch"), unread] {
        let mut client = server.connect();
        client.send(&request);
        thread::sleep(millis(100));
        assert_eq!(GONE.load(SeqCst), 0, "it works for the client");
        client.reset();
        wait_for("the handler stops", &GONE, 1);
    }
    server.stop();
}

#[test]
fn reset_behind_pipelined_requests_is_seen() {
    let _counting = COUNTING.lock();
    let server = start_streaming(bind());
    let mut client = server.connect();
    client.send(&request("", "/watch"));
    thread::sleep(millis(50));
    client.send(&request("", "/count").repeat(10));
    thread::sleep(millis(50));
    client.reset();
    wait_for("the handler stops", &GONE, 1);
    server.stop();
}

/// RFC 9112 section 9.6: it may wait for its answer.
#[test]
fn client_that_has_shut_its_write_half_down_is_not_gone_and_gets_its_answer() {
    let server = start_streaming(bind());
    for body in ["", "tea"] {
        let mut client = server.connect();
        client.send(&request(body, "/half-closed"));
        thread::sleep(millis(50));
        client.half_close();
        assert_eq!(client.answer(), (200, "HalfClosed".into()));
        assert_eq!(client.read_to_end(), "");
    }
    server.stop();
}

/// The next event of the source may never come.
#[test]
fn source_of_an_answer_is_dropped_when_its_client_has_reset() {
    let _counting = COUNTING.lock();
    let server = start_streaming(bind());
    for _ in 0..3 {
        let mut client = server.connect();
        client.send(&request("", "/rare"));
        let mut stream = client.stream();
        let mut answer = String::new();
        while !answer.contains("event") {
            let mut bytes = [0; 100];
            let n = stream.read(&mut bytes).expect("it comes");
            answer.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
        drop(stream);
        assert_eq!(SOURCES.load(SeqCst), 0);
        client.reset();
        wait_for("the source is dropped", &SOURCES, 1);
    }
    server.stop();
}

/// A holder of the `Client` learns that the connection is over.
#[test]
fn client_is_gone_after_its_connection() {
    let _counting = COUNTING.lock();
    let server = start_streaming(bind());
    let mut client = server.connect();
    assert_eq!(client.ask(&request("", "/keep-client")).0, 200);
    thread::sleep(millis(50));
    assert_eq!(GONE.load(SeqCst), 0);
    drop(client);
    wait_for("it is gone", &GONE, 1);
    server.stop();
}
