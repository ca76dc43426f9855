//! Persistence (RFC 9112 section 9.3).

use std::sync::Arc;

use h1events_connection::{Connection, Now, Response, Step};

use crate::support::{Peer, SECOND, config, get};

/// RFC 9112 section 9.3 (9112-9.3-2): HTTP/1.1 persists by default, without a word about it.
#[test]
fn http_1_1_persists() {
    let mut peer = Peer::new();
    for target in ["/1", "/2", "/3"] {
        peer.send(get(target));
        let answer = peer.expect_one(200);
        assert_eq!(answer.text(), format!("GET {target}"));
        assert_eq!(answer.field("connection"), None);
        assert!(matches!(peer.waits_for, Some(Step::Read { .. })));
    }
}

/// RFC 9112 sections 9.3 and 9.6 (9112-9.3-1, 9112-9.3-5, 9112-9.6-2, SMG-CO-5): what follows a close is
/// discarded unparsed.
#[test]
fn after_close_nothing_is_parsed() {
    let mut peer = Peer::new();
    peer.send("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\0\0");
    peer.expect(&[(200, "GET /1")]).expect_shutdown();
    peer.send(get("/3"));
    assert_eq!((peer.answers().len(), peer.notices.len()), (1, 0));
}

/// RFC 9112 section 9.3 (9112-9.3-3): an HTTP/1.0 client has to ask, and is told.
#[test]
fn http_1_0_persists_if_both_say_so() {
    let mut peer = Peer::new();
    peer.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(peer.expect_one(200).field("connection"), Some("keep-alive"));
    peer.send("GET /2 HTTP/1.0\r\n\r\n");
    peer.expect(&[(200, "GET /2")]).expect_shutdown();
}

/// RFC 9112 section 9.6 (9112-9.6-3): the application may end the connection.
#[test]
fn the_application_may_close() {
    let mut peer = Peer::with_application(|_| Response::text("bye").close());
    peer.send(get("/1") + &get("/2")).expect(&[(200, "bye")]).expect_shutdown();
}

/// RFC 9112 section 6.3 (9112-9.3-4, SMG-CL0-1): a body is consumed whatever the method is.
#[test]
fn a_body_belongs_to_its_request() {
    for method in ["POST", "GET", "HEAD", "DELETE", "OPTIONS", "BREW"] {
        let mut peer = Peer::new();
        let smuggled = get("/smuggled");
        let length = smuggled.len();
        peer.send(format!(
            "{method} /1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{smuggled}"
        ));
        peer.send(get("/2"));
        let answers = peer.answers();
        assert_eq!(answers.len(), 2, "{method}");
        assert_eq!(answers[1].text(), "GET /2");
    }
}

/// RFC 9112 section 2.2: empty lines before a request are skipped.
#[test]
fn empty_lines_between_requests_are_ignored() {
    for lines in ["\r\n", "\r\n\r\n"] {
        let mut peer = Peer::new();
        peer.send(format!("{}{lines}{}", get("/1"), get("/2")));
        peer.expect(&[(200, "GET /1"), (200, "GET /2")]);
    }
}

/// RFC 9112 section 9.6: asked to end soon, a silent connection does so at once ...
#[test]
fn end_soon_closes_a_silent_connection() {
    for before in ["", "\r\n", "\r"] {
        let mut peer = Peer::new();
        peer.send(before);
        assert!(peer.connection.is_silent());
        peer.connection.end_soon();
        peer.run();
        assert!(peer.is_closed && !peer.has_shut_down, "{before:?}");
    }
}

/// ... and another one with the answer to the request that has begun, which says so (9112-9.6-3).
#[test]
fn end_soon_answers_what_has_begun() {
    for cut in [1, 10, 60] {
        let request = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
        let mut peer = Peer::new();
        peer.send(&request[..cut.min(request.len() - 1)]);
        assert!(!peer.connection.is_silent());
        peer.connection.end_soon();
        peer.advance(SECOND).send(&request[cut.min(request.len() - 1)..]).send(get("/2"));
        peer.expect(&[(200, "POST /1 body")]).expect_shutdown();
    }
}

/// And whatever else has been read is answered before.
#[test]
fn end_soon_answers_all_that_has_been_read() {
    let mut connection = Connection::new(Arc::new(config()), Now::from_clocks());
    let bytes = get("/1") + &get("/2") + &get("/3");
    connection.read_space()[..bytes.len()].copy_from_slice(bytes.as_bytes());
    connection.received(bytes.len());
    connection.end_soon();
    let mut answered = 0;
    while connection.step(Now::from_clocks()) == Step::Handle {
        connection.respond(Response::new(204), Now::from_clocks());
        answered += 1;
    }
    assert_eq!(answered, 3);
    let unsent = connection.unsent()[0].to_vec();
    let closes = |answers: &[u8]| answers.windows(17).filter(|w| w == b"Connection: close").count();
    assert_eq!(closes(&unsent), 1);
    assert!(unsent.ends_with(b"Connection: close\r\n\r\n"));
}

/// RFC 9112 section 9.6 (9112-9.6-4): an answer that is being written when the end is asked for isn't lost
/// in a reset: the close lingers, and what the client sends meanwhile is discarded.
#[test]
fn end_soon_lingers_after_an_answer() {
    let mut peer = Peer::new();
    peer.window = 0;
    peer.send(get("/1")).send(get("/2"));
    peer.connection.end_soon();
    peer.read(usize::MAX).expect(&[(200, "GET /1")]);
    assert!(peer.has_shut_down && !peer.is_closed);
}
