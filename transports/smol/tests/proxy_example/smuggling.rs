//! Requests that hide another request.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use h1events_smol::OwnedRequest;

use super::proxy;

/// For any input, each connection of the upstream gets exactly one request, the client's, or
/// none.
#[test]
fn no_request_is_smuggled() {
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let post =
        |fields: &str, body: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{body}");
    let length = format!("Content-Length: {}", hidden.len());
    let chunks = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    // Each with the number of requests that reach the upstream.
    let cases = [
        (post(&length, hidden), 1),
        (post("Transfer-Encoding: chunked", &chunks), 1),
        (post(&format!("{length}\r\nConnection: Content-Length"), hidden), 0),
        (post("Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding", &chunks), 0),
        (post("X: a\r\nContent-Length: 0\r\nConnection: close", hidden), 1),
        (post("Content-Length: 0", hidden), 2),
        (post(&format!("{length}\r\nContent-Length: 0"), hidden), 0),
        (
            post(&format!("{length}\r\nTransfer-Encoding: chunked"), &format!("0\r\n\r\n{hidden}")),
            0,
        ),
        (post("Content-Length: 4\r\nTransfer-Encoding: chunked", &chunks), 0),
        (post("Transfer-Encoding: xchunked", &format!("0\r\n\r\n{hidden}")), 0),
        (post("Transfer-Encoding: chunked, identity", &format!("0\r\n\r\n{hidden}")), 0),
        (post("Transfer-Encoding:\x0bchunked", &format!("0\r\n\r\n{hidden}")), 0),
        (post("Transfer-Encoding : chunked", &format!("0\r\n\r\n{hidden}")), 0),
        (post("X: a\nContent-Length: 50", hidden), 0),
        (post("X: a\rContent-Length: 50", hidden), 0),
        (post("X: a\r\n Content-Length: 50", hidden), 0),
        (format!("GET /\u{a0}HTTP/1.1\r\nHost: a\r\n\r\n{hidden}"), 0),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n{hidden}"), 0),
    ];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let (sender, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("the proxy connects");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
            // Up to the end of the request, and beyond it, if there is more.
            let mut octets = Vec::new();
            while OwnedRequest::parse(&octets).is_err() {
                let mut part = [0; 4096];
                match stream.read(&mut part) {
                    Ok(n @ 1..) => octets.extend_from_slice(&part[..n]),
                    _ => break,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            let _ = stream.read_to_end(&mut octets);
            sender.send(octets).expect("the test waits");
        }
    });
    let server = proxy(address);
    for (request, count) in cases {
        let mut client = server.connect();
        client.send(request.as_bytes());
        client.half_close();
        let answers = client.read_to_end();
        let answered = answers.matches("HTTP/1.1 200 ").count();
        assert_eq!(answered, count, "{request:?}: {answers}");
        for n in 0..count {
            let octets = received.recv_timeout(Duration::from_secs(20)).expect("a request");
            let parsed = OwnedRequest::parse(&octets).expect("exactly one request");
            let is_hidden = parsed.as_request().path() == b"/hidden";
            assert_eq!(is_hidden, n == 1, "{request:?}");
        }
        assert!(received.try_recv().is_err(), "{request:?}");
    }
    server.stop();
}
