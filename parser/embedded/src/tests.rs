extern crate std;

use std::string::String;
use std::vec::Vec;

use super::*;

/// Feeds a server `size` octets at a time. Returns its answers, and the number of octets it has taken.
fn feed(server: &mut Server, mut octets: &[u8], size: usize) -> (String, usize) {
    let (mut output, length) = (String::new(), octets.len());
    let mut state = State::Open;
    while !octets.is_empty() && state == State::Open {
        let space = server.space();
        let n = size.min(space.len()).min(octets.len());
        space[..n].copy_from_slice(&octets[..n]);
        octets = &octets[n..];
        state = server.advance(n, &mut output).expect("a string takes all");
    }
    (output, length - octets.len())
}

/// Returns the answers of a new server. Asserts that they are the same however the octets come.
fn answers(octets: &[u8]) -> String {
    let whole = feed(&mut Server::new(), octets, usize::MAX).0;
    for size in [1, 7] {
        assert_eq!(feed(&mut Server::new(), octets, size).0, whole, "{size} octets at a time");
    }
    whole
}

const OFF: &str = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\noff\n";
const ON: &str = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\non\n";

const GET: &str = "GET /lamp HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn lamp_is_switched_and_shown() {
    let put = "PUT /lamp HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\non";
    let chunked = "PUT /lamp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        1\r\no\r\n2\r\nff\r\n0\r\n\r\n";
    let requests = [GET, put, GET, chunked, GET].concat();
    assert_eq!(answers(requests.as_bytes()), [OFF, ON, ON, OFF, OFF].concat());

    let mut server = Server::new();
    assert!(!server.is_on());
    let _ = feed(&mut server, put.as_bytes(), 1);
    assert!(server.is_on());
}

#[test]
fn answer_to_head_has_no_content() {
    let (head, _) = OFF.split_at(OFF.len() - "off\n".len());
    assert_eq!(answers(b"HEAD /lamp HTTP/1.1\r\nHost: a\r\n\r\n"), head);
}

#[test]
fn what_is_not_known_leaves_the_connection_open() {
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        ("DELETE /lamp HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"),
        ("PUT /lamp HTTP/1.1\r\nHost: a\r\n\r\n", "422 Unprocessable Content"),
        (
            "PUT /lamp HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1",
            "422 Unprocessable Content",
        ),
    ] {
        let answers = answers([request, GET].concat().as_bytes());
        assert!(answers.starts_with(&["HTTP/1.1 ", status, "\r\n"].concat()), "{answers}");
        assert!(answers.ends_with(OFF), "{answers}");
    }
}

#[test]
fn nothing_is_answered_after_the_last_request() {
    for (request, status) in [
        ("GET /lamp HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 OK"),
        ("GET /lamp HTTP/1.0\r\n\r\n", "200 OK"),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "501 Not Implemented"),
        ("GET /lamp HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 "),
        ("PUT /lamp HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n", "413 "),
    ] {
        let answers = answers([request, GET].concat().as_bytes());
        let start = ["HTTP/1.1 ", status, "\r\nConnection: close\r\n"].concat();
        assert!(answers.starts_with(&start), "{answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
        let taken = feed(&mut Server::new(), [request, GET].concat().as_bytes(), 1).1;
        assert!(taken <= request.len());
    }
}

#[test]
fn waiting_client_is_asked_for_its_body_once() {
    let head = "PUT /lamp HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let mut server = Server::new();
    let (output, _) = feed(&mut server, head.as_bytes(), 1);
    assert_eq!(output, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(feed(&mut server, b"on", 1).0, ON);
    // The server doesn't ask a client that sends its body unasked.
    assert_eq!(feed(&mut server, [head, "on"].concat().as_bytes(), usize::MAX).0, ON);
}

#[test]
fn buffer_never_fills_up() {
    let mut request = Vec::from(&b"GET /lamp HTTP/1.1\r\nHost: a\r\nX: "[..]);
    request.resize(request.len() + 1021, b'a');
    request.extend(b"\r\n\r\n");
    assert_eq!(answers(&request), OFF);
    request.insert(40, b'a');
    assert!(answers(&request).starts_with("HTTP/1.1 431 "));
}
