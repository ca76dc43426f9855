//! The fields that the proxy forwards.

use std::io::Write;

use super::{proxy, read_head, read_until, upstream};

fn lines(head: &str) -> Vec<&str> {
    let mut lines: Vec<_> = head.trim_end().split("\r\n").collect();
    lines[1..].sort_unstable();
    lines
}

#[test]
fn fields_of_the_connection_stay_on_it() {
    let (address, talking) = upstream(|mut stream| {
        let head = read_head(&stream);
        let answer = "HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
            Proxy-Authenticate: Basic\r\nUpgrade: tea\r\nTrailer: X-Sum\r\nX-End: 1\r\nSet-Cookie: a=1\r\n\
            Set-Cookie: b=2\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 3\r\n\r\ntea";
        stream.write_all(answer.as_bytes()).expect("the proxy reads");
        head
    });
    let server = proxy(address);
    let mut client = server.connect();
    client.send(
        b"GET http://b/tea?x=/y HTTP/1.1\r\nHost: b\r\nConnection: close, X-Hop,, x-more\r\nX-Hop: 1\r\n\
          X-More: 2\r\nKeep-Alive: 5\r\nTE: trailers\r\nTrailer: a\r\nProxy-Connection: close\r\n\
          Proxy-Authorization: Basic YTpi\r\nUpgrade: tea\r\nX-Forwarded-For: 10.0.0.1\r\nX-End: 1\r\n\
          Accept: a\r\nAccept: b\r\nExpect: 100-continue\r\n\r\n",
    );
    let answer = client.read_to_end();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let expected = [
        "HTTP/1.1 200 OK",
        "Connection: close",
        "Content-Length: 3",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "X-End: 1",
    ];
    assert_eq!((lines(head), body), (expected.to_vec(), "tea"));
    let expected = [
        "GET /tea?x=/y HTTP/1.1",
        "Accept: a",
        "Accept: b",
        "Connection: close",
        "Host: b",
        "Via: 1.1 h1events",
        "X-End: 1",
        "X-Forwarded-For: 127.0.0.1",
    ];
    assert_eq!(lines(&talking.join().expect("it doesn't panic")), expected);
    server.stop();
}

/// A client can't make the proxy leave out its own fields. If Connection names a framing field or Host, the
/// server refuses the request.
#[test]
fn connection_field_cannot_name_what_the_proxy_sets() {
    let (address, talking) = upstream(|mut stream| {
        let head = read_head(&stream);
        let body = read_until(&stream, "tea");
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("the proxy reads");
        (head, body)
    });
    let server = proxy(address);
    let request = b"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\
        Connection: close, Expect, Via, X-Forwarded-For\r\n\r\ntea";
    let answer = server.exchange(request);
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let (head, body) = talking.join().expect("it doesn't panic");
    for line in ["Host: b", "Content-Length: 3", "Via: 1.1 h1events", "X-Forwarded-For: 127.0.0.1"]
    {
        assert!(lines(&head).contains(&line), "{head}");
    }
    assert_eq!(body, "tea");
    server.stop();
}
