//! Persistence (RFC 9112 section 9.3).

use h1events_server::{Response, Step};

use crate::steps::{connection, receive};
use crate::support::{Client, SECOND, get};

/// RFC 9112 section 9.3 (9112-9.3-2): HTTP/1.1 persists by default, without a Connection field.
#[test]
fn http_1_1_persists() {
    let mut client = Client::new();
    for target in ["/1", "/2", "/3"] {
        client.send(get(target));
        let answer = client.expect_one(200);
        assert_eq!(answer.text(), format!("GET {target}"));
        assert_eq!(answer.field("connection"), None);
        assert!(matches!(client.waits_for, Some(Step::Read { .. })));
    }
}

/// RFC 9112 sections 9.3 and 9.6 (9112-9.3-1, 9112-9.3-5, 9112-9.6-2, SMG-CO-5): input after a close is
/// discarded unparsed.
#[test]
fn close_ends_parsing() {
    let mut client = Client::new();
    client.send("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\0\0");
    client.expect(&[(200, "GET /1")]).expect_shutdown();
    client.send(get("/3"));
    assert_eq!((client.answers().len(), client.diagnostics.len()), (1, 0));
}

/// RFC 9112 section 9.3 (9112-9.3-3): an HTTP/1.0 client asks for it, and the answer says so.
#[test]
fn http_1_0_persists_if_both_say_so() {
    let mut client = Client::new();
    client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.expect_one(200).field("connection"), Some("keep-alive"));
    client.send("GET /2 HTTP/1.0\r\n\r\n");
    client.expect(&[(200, "GET /2")]).expect_shutdown();
}

/// RFC 9112 section 9.6 (9112-9.6-3): the application may end the connection.
#[test]
fn application_may_close() {
    let mut client = Client::with_application(|_| Response::text("bye").with_close());
    client.send(get("/1") + &get("/2")).expect(&[(200, "bye")]).expect_shutdown();
}

/// RFC 9112 section 6.3 (9112-9.3-4, SMG-CL0-1): a body is consumed for any method.
#[test]
fn body_belongs_to_its_request() {
    for method in ["POST", "GET", "HEAD", "DELETE", "OPTIONS", "BREW"] {
        let mut client = Client::new();
        let smuggled = get("/smuggled");
        let length = smuggled.len();
        client.send(format!(
            "{method} /1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{smuggled}"
        ));
        client.send(get("/2"));
        let answers = client.answers();
        assert_eq!(answers.len(), 2, "{method}");
        assert_eq!(answers[1].text(), "GET /2");
    }
}

/// RFC 9112 section 2.2: one empty line before a request is skipped.
#[test]
fn empty_line_between_requests_is_ignored() {
    let mut client = Client::new();
    client.send(format!("{}\r\n{}", get("/1"), get("/2")));
    client.expect(&[(200, "GET /1"), (200, "GET /2")]);
}

/// RFC 9112 section 9.6: in a graceful shutdown, a silent connection ends at once ...
#[test]
fn graceful_shutdown_closes_silent_connection() {
    for before in ["", "\r\n", "\r"] {
        let mut client = Client::new();
        client.send(before);
        assert!(client.connection.is_silent());
        client.connection.graceful_shutdown();
        client.run();
        assert!(client.is_closed && !client.has_shut_down, "{before:?}");
    }
}

/// ... and another one with the answer to the request that has begun, which says close (9112-9.6-3).
#[test]
fn graceful_shutdown_answers_request_that_has_begun() {
    for cut in [1, 10, 60] {
        let request = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
        let mut client = Client::new();
        client.send(&request[..cut.min(request.len() - 1)]);
        assert!(!client.connection.is_silent());
        client.connection.graceful_shutdown();
        client.advance(SECOND).send(&request[cut.min(request.len() - 1)..]).send(get("/2"));
        client.expect(&[(200, "POST /1 body")]).expect_shutdown();
    }
}

/// Other requests that have been read are answered before.
#[test]
fn graceful_shutdown_answers_all_requests_read() {
    let (mut connection, now) = connection();
    receive(&mut connection, (get("/1") + &get("/2") + &get("/3")).as_bytes());
    connection.graceful_shutdown();
    let mut answered = 0;
    while connection.step(now) == Step::Handle {
        connection.respond(Response::new(204), now);
        answered += 1;
    }
    assert_eq!(answered, 3);
    let unsent = connection.write_slices()[0].to_vec();
    let closes = |answers: &[u8]| answers.windows(17).filter(|w| w == b"Connection: close").count();
    assert_eq!(closes(&unsent), 1);
    assert!(unsent.ends_with(b"Connection: close\r\n\r\n"));
}

/// RFC 9112 section 9.6 (9112-9.6-4): an answer that is being written at the shutdown isn't lost in a
/// reset: the close lingers, and input is discarded meanwhile.
#[test]
fn graceful_shutdown_lingers_after_answer() {
    let mut client = Client::new();
    client.window = 0;
    client.send(get("/1")).send(get("/2"));
    client.connection.graceful_shutdown();
    client.read(usize::MAX).expect(&[(200, "GET /1")]);
    assert!(client.has_shut_down && !client.is_closed);
}
