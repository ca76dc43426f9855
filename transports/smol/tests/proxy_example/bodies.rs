//! Bodies: their timing, and their end.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::support::{bind, start_streaming};
use super::{proxy, read_head, read_until, upstream};

/// Each side continues only when it has everything that the other has sent.
#[test]
fn bodies_are_forwarded_as_they_come() {
    let (address, talking) = upstream(|mut stream| {
        let head = read_head(&stream);
        assert!(head.contains("\r\nTransfer-Encoding: chunked\r\n"), "{head}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        for _ in 0..3 {
            read_until(&stream, "3\r\ntea\r\n");
            stream.write_all(b"4;x=y\r\nmilk\r\n").unwrap();
        }
        assert_eq!(read_until(&stream, "\r\n\r\n"), "0\r\n\r\n");
        stream.write_all(b"0\r\nX-Sum: 1\r\n\r\n").unwrap();
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(b"POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n");
    let stream = client.stream();
    assert!(read_head(&stream).contains("\r\nTransfer-Encoding: chunked\r\n"));
    for _ in 0..3 {
        client.send(b"3\r\ntea\r\n");
        assert_eq!(read_until(&stream, "milk\r\n"), "4\r\nmilk\r\n");
    }
    client.send(b"0\r\nX-Trailer: 1\r\n\r\n");
    assert_eq!(read_until(&stream, "\r\n\r\n"), "0\r\n\r\n");
    talking.join().expect("it doesn't panic");
    drop((client, stream));
    server.stop();
}

#[test]
fn connection_is_kept_and_the_server_behind_gets_what_was_sent() {
    let behind = start_streaming(bind());
    let server = proxy(behind.address);
    let mut client = server.connect();
    let body = "x".repeat(1_000_000);
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let head =
        |path: &str, framing: &str| format!("POST {path} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n");
    for (framing, sent) in [
        (format!("Content-Length: {}", body.len()), &body),
        ("Transfer-Encoding: chunked".to_owned(), &chunks),
    ] {
        let counted = client.ask(&[head("/count", &framing).as_bytes(), sent.as_bytes()].concat());
        assert_eq!(counted, (200, "1000000".to_owned()));
        // The answer has to be read meanwhile, since it fits in no buffer.
        let (request, mut stream) =
            ([head("/echo", &framing), sent.clone()].concat(), client.stream());
        let sending = thread::spawn(move || stream.write_all(request.as_bytes()));
        let (status, echoed) = client.answer();
        assert!((status, &echoed) == (200, &body));
        sending.join().expect("it doesn't panic").expect("the server reads");
    }
    drop(client);
    server.stop();
    behind.stop();
}

/// The upstream sees that the request is incomplete: the connection ends before its length or its last
/// chunk.
#[test]
fn request_that_is_cut_is_cut_for_the_upstream() {
    let cases = [
        ("Content-Length: 9", "tea", false),
        ("Transfer-Encoding: chunked", "3\r\ntea\r\n", false),
        ("Transfer-Encoding: chunked", "3\r\ntea\r\n", true),
    ];
    for (framing, part, is_malformed) in cases {
        let (address, talking) = upstream(|mut stream| {
            read_head(&stream);
            let mut body = Vec::new();
            let _ = stream.read_to_end(&mut body);
            String::from_utf8(body).expect("text")
        });
        let server = proxy(address);
        let mut client = server.connect();
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n{part}").as_bytes());
        if is_malformed {
            client.send(b"X");
            assert_eq!(client.answer().0, 400);
        } else {
            client.stream().shutdown(Shutdown::Write).expect("it is connected");
        }
        assert_eq!(talking.join().expect("it doesn't panic"), part);
        drop(client);
        server.stop();
    }
}

/// Neither side may take its part for the whole.
#[test]
fn request_that_breaks_off_cuts_an_answer_that_has_begun() {
    let (address, talking) = upstream(|mut stream| {
        read_head(&stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\ntea").expect("the proxy reads");
        let mut body = Vec::new();
        let _ = stream.read_to_end(&mut body);
        String::from_utf8(body).expect("text")
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n");
    read_until(&client.stream(), "\r\n3\r\ntea\r\n");
    client.send(b"X");
    let mut rest = Vec::new();
    let _ = client.stream().read_to_end(&mut rest);
    assert_eq!(rest, b"", "no last chunk");
    assert_eq!(talking.join().expect("it doesn't panic"), "3\r\ntea\r\n");
    drop(client);
    server.stop();
}

#[test]
fn upstream_may_answer_before_the_body_has_come() {
    let (address, talking) = upstream(|mut stream| {
        read_head(&stream);
        let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch";
        stream.write_all(answer).expect("the proxy reads");
        // The proxy closes when it has the answer.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nx");
    assert_eq!(client.answer(), (413, "much".to_owned()));
    talking.join().expect("it doesn't panic");
    drop(client);
    server.stop();
}

/// The client gets its 100 only when the upstream sends one.
#[test]
fn upstream_asks_for_the_body() {
    let (sender, asks) = mpsc::channel();
    let (address, talking) = upstream(move |mut stream| {
        let head = read_head(&stream);
        assert!(head.contains("\r\nExpect: 100-continue\r\n"), "{head}");
        asks.recv().expect("the test goes on");
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").expect("the proxy reads");
        let body = read_until(&stream, "tea");
        stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").unwrap();
        body
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(b"PUT / HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    assert!(!client.has_input());
    sender.send(()).expect("the upstream waits");
    assert_eq!(read_head(&client.stream()), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"tea");
    assert_eq!(client.answer().0, 201);
    assert_eq!(talking.join().expect("it doesn't panic"), "tea");
    drop(client);
    server.stop();
}

/// RFC 9110 section 10.1.1: a client that waits isn't left waiting.
#[test]
fn upstream_that_knows_no_expectation_gets_the_body_after_a_while() {
    let (address, talking) = upstream(|mut stream| {
        read_head(&stream);
        let body = read_until(&stream, "tea");
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("the proxy reads");
        body
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(b"PUT / HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(read_head(&client.stream()), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"tea");
    assert!(read_head(&client.stream()).starts_with("HTTP/1.1 204 "));
    assert_eq!(talking.join().expect("it doesn't panic"), "tea");
    drop(client);
    server.stop();
}

/// Then the client never gets a 100, and the upstream no byte of the body.
#[test]
fn upstream_may_refuse_a_body_before_it_is_sent() {
    let (address, talking) = upstream(|mut stream| {
        read_head(&stream);
        let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch";
        stream.write_all(answer).expect("the proxy reads");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the proxy closes");
        rest
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(b"PUT / HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert!(read_until(&client.stream(), "much").starts_with("HTTP/1.1 413 "));
    assert_eq!(talking.join().expect("it doesn't panic"), b"");
    drop(client);
    server.stop();
}
