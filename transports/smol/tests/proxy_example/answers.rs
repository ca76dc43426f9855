//! Valid and invalid answers of the upstream.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::{proxy, proxy_with, read_head, read_until, upstream};

/// Returns the client's bytes up to the end of the connection if the upstream answers with `answer` and ends, and
/// whether the end was a close, not a reset.
fn ask_for(request_line: &str, answer: &'static [u8]) -> (String, bool) {
    let (address, talking) = upstream(move |mut stream| {
        read_head(&stream);
        stream.write_all(answer).expect("the proxy reads");
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(format!("{request_line}\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes());
    let mut text = Vec::new();
    let is_closed = client.stream().read_to_end(&mut text).is_ok();
    talking.join().expect("it doesn't panic");
    drop(client);
    server.stop();
    (String::from_utf8(text).expect("text"), is_closed)
}

const GET: &str = "GET / HTTP/1.1";
const HEAD: &str = "HEAD / HTTP/1.1";

#[test]
fn every_framing_of_an_answer_is_understood() {
    let chunks = "1\r\nt\r\n2\r\nea\r\n0\r\n\r\n";
    let cases: [(&str, &[u8], &str, &str); 12] = [
        (GET, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntea and more", "Content-Length: 3", "tea"),
        (GET, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "Content-Length: 0", ""),
        (GET, b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\ntea", "HTTP/1.1 200 OK", "tea"),
        (GET, b"HTTP/1.0 200 OK\r\n\r\ntea", "Transfer-Encoding: chunked", "3\r\ntea\r\n0\r\n\r\n"),
        ("GET / HTTP/1.0", b"HTTP/1.1 200 OK\r\n\r\ntea", "HTTP/1.1 200 OK", "tea"),
        (
            GET,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nt\r\n2;x=\"y\"\r\nea\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked",
            chunks,
        ),
        (HEAD, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "Content-Length: 3", ""),
        (HEAD, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK", ""),
        (HEAD, b"HTTP/1.1 404 Not Found\r\n\r\nand more", "404 Not Found", ""),
        (GET, b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\ntea", "204 No Content", ""),
        (
            GET,
            b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nETag: \"a\"\r\n\r\n",
            "ETag: \"a\"",
            "",
        ),
        (
            GET,
            b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntea",
            "Content-Length: 3",
            "tea",
        ),
    ];
    for (request_line, answer, line, body) in cases {
        let (text, is_closed) = ask_for(request_line, answer);
        let (head, rest) = text.split_once("\r\n\r\n").expect("an answer");
        assert!(is_closed && head.contains(line) && !head.contains("Link"), "{text}");
        assert_eq!(rest, body, "{}", answer.escape_ascii());
        let has_length = head.contains("Content-Length") || head.contains("Transfer-Encoding");
        assert!(!(head.contains(" 204 ") && has_length), "{head}");
    }
}

/// Otherwise a client would take a part for the whole. It can tell by the length, by the last chunk, or, in
/// HTTP/1.0, by a reset.
#[test]
fn answer_that_is_cut_is_cut_for_the_client() {
    let cases: [&[u8]; 6] = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ntea",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n0\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nteaX\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n+0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n0\r\nX: \0\r\n\r\n",
    ];
    for answer in cases {
        let (text, _) = ask_for(GET, answer);
        assert!(
            text.starts_with("HTTP/1.1 200 ") && text.ends_with("\r\n\r\n3\r\ntea\r\n"),
            "{text}"
        );
        let (text, is_closed) = ask_for("GET / HTTP/1.0", answer);
        assert!(text.ends_with("\r\n\r\ntea") && !is_closed, "{text}");
    }
    let (text, _) = ask_for(GET, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ntea");
    assert!(text.contains("\r\nContent-Length: 9\r\n") && text.ends_with("\r\n\r\ntea"), "{text}");
}

#[test]
fn answer_that_makes_no_sense_is_a_bad_gateway() {
    let cases: [&[u8]; 26] = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"tea\r\n\r\n",
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 +20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 600 Tea\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\ntea",
        b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\ntea",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\ntea",
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\ntea",
        b"HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\ntea",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a\rb\r\n\r\n",
        b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
    ];
    for answer in cases {
        let (text, _) = ask_for(GET, answer);
        assert!(text.starts_with("HTTP/1.1 502 "), "{}: {text}", answer.escape_ascii());
    }
}

#[test]
fn upstream_that_cannot_be_reached_is_a_bad_gateway() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = free.local_addr().expect("it is bound");
    drop(free);
    let server = proxy(address);
    let mut client = server.connect();
    assert_eq!(client.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").0, 502);
    assert_eq!(client.ask(b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n").0, 501);
    drop(client);
    server.stop();
}

#[test]
fn upstream_that_sends_no_answer_is_a_gateway_timeout() {
    for begin in [&b""[..], b"HTTP/1.1 200 OK\r\nX: "] {
        let (address, talking) = upstream(move |mut stream| {
            read_head(&stream);
            stream.write_all(begin).expect("the proxy reads");
            stream.read_to_end(&mut Vec::new())
        });
        let server = proxy_with(address, Duration::from_millis(200));
        let mut client = server.connect();
        assert_eq!(client.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").0, 504);
        assert_eq!(talking.join().expect("it doesn't panic").expect("the proxy closes"), 0);
        drop(client);
        server.stop();
    }
}

#[test]
fn upstream_that_stops_reading_is_a_gateway_timeout() {
    let (address, talking) = upstream(|stream| {
        read_head(&stream);
        stream
    });
    let server = proxy_with(address, Duration::from_millis(200));
    let mut client = server.connect();
    let mut stream = client.stream();
    let sending = thread::spawn(move || {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n";
        stream.write_all(head)?;
        // No buffers of the system hold all of it.
        stream.write_all(&vec![b'x'; 100_000_000])
    });
    assert_eq!(client.answer().0, 504);
    drop(client);
    let _ = sending.join().expect("it doesn't panic");
    drop(talking.join().expect("it doesn't panic"));
    server.stop();
}

#[test]
fn answer_that_stops_is_cut_and_a_slow_one_is_not() {
    let (address, talking) = upstream(|mut stream| {
        read_head(&stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("the proxy reads");
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(800));
            stream.write_all(b"tea").expect("the proxy reads");
        }
        stream.read_to_end(&mut Vec::new())
    });
    let server = proxy_with(address, Duration::from_secs(2));
    let mut client = server.connect();
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let stream = client.stream();
    read_head(&stream);
    for _ in 0..3 {
        read_until(&stream, "3\r\ntea\r\n");
    }
    let mut rest = Vec::new();
    let _ = client.stream().read_to_end(&mut rest);
    assert_eq!(rest, b"", "no last chunk");
    let _ = talking.join().expect("it doesn't panic");
    drop((client, stream));
    server.stop();
}
