//! Requests and their answers, over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use crate::support::{
    GET, SOON, bind, configured, millis, say, start, start_streaming, start_with, timed,
};

#[test]
fn connection_is_kept_alive() {
    let server = start(bind());
    let mut client = server.connect();
    for i in 0..100 {
        let request = format!("GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.ask(request.as_bytes()), (200, format!("GET /{i} ")));
    }
    assert_eq!(
        client.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").1,
        "POST / abc"
    );
    // It is silent again, and closes without an answer.
    let summary = server.stop();
    assert_eq!((summary.connections, summary.cut_off), (1, 0));
    assert_eq!(client.read_to_end(), "");
}

#[test]
fn connection_closes_when_asked() {
    let server = start(bind());
    let answer = server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nGET / "));
    assert!(server.exchange(b"GET / HTTP/1.0\r\n\r\n").contains("Connection: close\r\n"));
    assert_eq!(server.stop().connections, 2);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = start(bind());
    let mut client = server.connect();
    let requests: String =
        (0..100).map(|i| format!("GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    client.send(requests.as_bytes());
    for i in 0..100 {
        assert_eq!(client.answer(), (200, format!("GET /{i} ")));
    }
    drop(client);
    server.stop();
}

#[test]
fn single_bytes_make_a_request() {
    let server = start(bind());
    let mut client = server.connect();
    let request =
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for _ in 0..2 {
        for byte in request {
            client.send(&[*byte]);
            thread::yield_now();
        }
        assert_eq!(client.answer(), (200, "POST /x abc".to_owned()));
    }
    drop(client);
    server.stop();
}

#[test]
fn half_closed_client_is_answered() {
    let server = start(bind());
    let mut client = server.connect();
    client.send(b"GET /sleep/50 HTTP/1.1\r\nHost: a\r\n\r\n");
    client.half_close();
    assert!(client.read_to_end().ends_with("GET /sleep/50 "));
    server.stop();
}

#[test]
fn heads_of_any_size_come_whole() {
    // Below and above the size of the first read.
    let server = start(bind());
    for length in [900, 1023, 1024, 1025, 4000, 7000] {
        let target = "x".repeat(length);
        let request = format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let mut client = server.connect();
        assert_eq!(client.ask(request.as_bytes()), (200, format!("GET /{target} ")));
        assert_eq!(client.ask(GET), (200, "GET / ".to_owned()));
    }
    server.stop();
}

#[test]
fn large_bodies_go_through_in_both_directions() {
    let server = configured(|config| config.limits.content = 8 << 20);
    let mut client = server.connect();
    let body = "0123456789abcdef".repeat(4 << 16);
    let head = format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
    for _ in 0..2 {
        client.send(head.as_bytes());
        client.send(body.as_bytes());
        let (status, text) = client.answer();
        assert!(status == 200 && text == format!("PUT / {body}"));
    }
    drop(client);
    server.stop();
}

#[test]
fn expect_continue_is_answered_before_the_body() {
    let server = start(bind());
    let mut client = server.connect();
    let head = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(client.ask(head), (100, String::new()));
    assert_eq!(client.ask(b"ok"), (200, "PUT / ok".to_owned()));
    drop(client);
    server.stop();
}

#[test]
fn slow_handlers_run_side_by_side() {
    let server = start(bind());
    let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    let (_, time) = timed(|| {
        for client in &mut clients {
            client.send(b"GET /sleep/500 HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.answer().0, 200);
        }
    });
    // One after the other, they would take twice as long.
    assert!(time < SOON, "{time:?}");
    drop(clients);
    server.stop();
}

#[test]
fn handlers_share_what_they_capture() {
    let counter = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&counter);
    let server = start_with(bind(), move |request| {
        counts.fetch_add(1, SeqCst);
        say(request)
    });
    for _ in 0..3 {
        assert_eq!(server.connect().ask(GET).0, 200);
    }
    server.stop();
    assert_eq!(counter.load(SeqCst), 3);
}

/// The handler of the next request takes long.
#[test]
fn answer_leaves_before_the_next_handler_is_through() {
    let slow = b"GET /sleep/2000 HTTP/1.1\r\nHost: a\r\n\r\n";
    let server = start(bind());
    let mut client = server.connect();
    let (answer, time) = timed(|| client.ask(&[GET, GET, slow].concat()));
    assert_eq!(answer, (200, "GET / ".into()));
    assert!(time < millis(1500), "{time:?}");
    assert_eq!(client.answer().0, 200);
    let (answer, time) = timed(|| client.answer());
    assert_eq!(answer.0, 200);
    assert!(time > millis(500), "{time:?}");
    drop(client);
    server.stop();
}

/// With a body, and without one.
#[test]
fn answer_leaves_before_the_next_handler_that_streams_is_through() {
    let server = start_streaming(bind());
    for length in [0, 3] {
        let slow =
            format!("POST /half-closed HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        let mut client = server.connect();
        client.send(&[GET, GET, GET, GET, GET, slow.as_bytes()].concat());
        for _ in 0..5 {
            assert_eq!(client.answer(), (200, "GET / ".into()));
        }
        client.half_close();
        assert_eq!(client.answer(), (200, "HalfClosed".into()));
    }
    server.stop();
}
