//! The head of a request, as the application sees it.

use std::net::SocketAddr;
use std::sync::Arc;

use h1events_server::{Config, Connection, OwnedRequest, Peer, Request, Response, Step};

use crate::support::{Client, get, time_of_day};

const HEAD: &str =
    "POST /a?b HTTP/1.1\r\nhOST: h\r\nX-Spaced: \t a  b \r\nX-Empty:\r\nContent-Length: 4\r\n\r\n";

/// The bytes are as received, with case, order and whitespace; without the empty line before, and
/// without the body.
#[test]
fn head_is_as_received_however_cut() {
    for read_size in 1..=HEAD.len() + 5 {
        let mut client = Client::with_application(|request: &Request<'_>| {
            assert_eq!(
                request.head().escape_ascii().to_string(),
                HEAD.escape_default().to_string()
            );
            assert_eq!((request.target(), request.header("HOST")), (&b"/a?b"[..], Some(&b"h"[..])));
            assert_eq!(request.header("x-spaced"), Some(&b"a  b"[..]));
            assert_eq!(request.header("x-empty"), Some(&b""[..]));
            assert_eq!((request.headers().count(), request.body()), (4, &b"body"[..]));
            Response::new(204)
        });
        client.read_size = read_size;
        client.send(format!("\r\n{HEAD}body\r\n{HEAD}body"));
        assert_eq!(client.answers().len(), 2);
    }
}

/// Trailers aren't part of the head.
#[test]
fn head_has_no_trailers() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let request = OwnedRequest::parse(format!("{head}1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n").as_bytes());
    let request = request.unwrap();
    assert_eq!(request.as_request().head(), head.as_bytes());
    assert_eq!(request.as_request().trailers().next().unwrap().value, b"1");
}

#[test]
fn request_knows_its_peer() {
    let peer = Peer::Address(SocketAddr::from(([192, 0, 2, 1], 4711)));
    let now = std::time::Instant::now();
    let mut connection = Connection::new(Arc::new(Config::new()), peer, now, time_of_day);
    crate::steps::receive(&mut connection, get("/").as_bytes());
    assert_eq!(connection.step(now), Step::Handle);
    assert_eq!(connection.request().peer(), peer);
    assert_eq!(connection.into_parts().0.as_request().peer(), peer);
    let request = OwnedRequest::parse(get("/").as_bytes()).unwrap();
    assert_eq!(request.as_request().peer(), Peer::Local);
    assert_eq!(request.with_peer(peer).as_request().peer(), peer);
}
