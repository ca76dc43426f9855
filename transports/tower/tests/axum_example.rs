//! The example `axum`.

#[path = "../examples/axum.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;
#[allow(unreachable_pub, reason = "tests share it")]
mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use support::{Running, TRANSPORTS, dechunk};

fn servers() -> impl Iterator<Item = Running> {
    let start =
        |transport| Running::start(move |tell| example::serve(transport, "127.0.0.1:0", tell));
    TRANSPORTS.into_iter().map(start)
}

#[test]
fn routes_answer() {
    for server in servers() {
        let (head, body) = server.ask("GET / HTTP/1.1", b"");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!(body, b"Hello, World\n");
        assert_eq!(server.ask("GET /greeting/you HTTP/1.1", b"").1, b"Hello, you!\n");
        assert!(server.ask("GET /tea HTTP/1.1", b"").0.starts_with("HTTP/1.1 404 "));
        assert!(server.ask("GET /sum HTTP/1.1", b"").0.starts_with("HTTP/1.1 405 "));
        server.stop();
    }
}

#[test]
fn json_is_read_and_written() {
    let post = "POST /sum HTTP/1.1\nContent-Type: application/json\nContent-Length: ";
    for server in servers() {
        let (head, body) = server.ask(&format!("{post}21"), br#"{"numbers":[1, 2, 3]}"#);
        assert!(head.to_lowercase().contains("content-type: application/json\r\n"), "{head}");
        assert_eq!(body, br#"{"sum":6.0}"#);
        assert!(server.ask(&format!("{post}2"), b"{}").0.starts_with("HTTP/1.1 422 "));
        assert!(server.ask(&format!("{post}2"), b"{]").0.starts_with("HTTP/1.1 400 "));
        server.stop();
    }
}

#[test]
fn bodies_stream() {
    for server in servers() {
        let (head, body) = server.ask("GET /lines/20000 HTTP/1.1", b"");
        assert!(head.contains("\r\nTransfer-Encoding: chunked\r\n"), "{head}");
        let lines = String::from_utf8(dechunk(&body)).expect("text");
        assert!(lines.lines().eq((1..=20_000).map(|n| format!("line {n}"))));
        server.stop();
    }
}

/// The client sends the second half only after it has the first one back.
#[test]
fn body_is_answered_while_it_comes() {
    for server in servers() {
        let mut client = server.connect();
        let head =
            b"POST /upper HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 8\r\n\r\n";
        client.write_all(head).expect("the server reads");
        client.write_all(b"tea ").expect("the server reads");
        let mut answer = Vec::new();
        while !answer.ends_with(b"TEA \r\n") {
            let mut octet = [0];
            client.read_exact(&mut octet).expect("the first half");
            answer.push(octet[0]);
        }
        client.write_all(b"time").expect("the server reads");
        client.read_to_end(&mut answer).expect("a close, and no reset");
        drop(client);
        assert!(answer.ends_with(b"4\r\nTEA \r\n4\r\nTIME\r\n0\r\n\r\n"));
        server.stop();
    }
}

#[test]
fn events_come_one_after_the_other() {
    for server in servers() {
        let mut client = server.connect();
        let start = Instant::now();
        client.write_all(b"GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let (mut answer, mut first) = (String::new(), None);
        let mut octet = [0];
        while client.read(&mut octet).expect("a close, and no reset") > 0 {
            answer.push(char::from(octet[0]));
            if answer.ends_with("event 0\n") {
                first = Some(start.elapsed());
            }
        }
        assert!(answer.contains("text/event-stream") && answer.contains("data: event 4\n\n"));
        drop(client);
        // The other events take 800 ms from then on.
        let rest = start.elapsed() - first.expect("an event");
        assert!(rest > Duration::from_millis(400), "{rest:?}");
        server.stop();
    }
}

#[test]
fn transport_must_be_known() {
    let error =
        example::serve("tea", "127.0.0.1:0", |_, _| {}).expect_err("there is no such transport");
    assert_eq!(error.to_string(), "the transport is thread or smol");
}
