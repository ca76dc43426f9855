//! Answers without reading the body, after which the connection ends or continues.

use h1events_server::{BodyState, Response, Step};

use crate::support::{Client, Echo, Source, config, get};

const EXPECTS: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
const UPGRADES: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nUpgrade: x\r\n\
                        Connection: upgrade\r\n\r\n";

/// Octets that are read to keep the connection, at most.
const BOUND: usize = 256 * 1024;

fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn streamed_answer_that_reads_the_body_continues_first() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS);
    let mut echo = Echo::begin(&mut client);
    assert_eq!(client.whole_answers(), [100]);
    client.send(format!("tea{}", get("/")));
    echo.run(&mut client);
    client.respond(Response::new(204));
    assert_eq!(client.whole_answers(), [100, 200, 204]);
}

/// RFC 9110 section 10.1.1: a server may omit the 100 if it has received some of the content.
#[test]
fn impatient_client_is_not_asked_for_what_it_sends() {
    let mut client = Client::streaming(config());
    client.send(format!("{EXPECTS}t"));
    assert_eq!(client.read_body(), (b"t".to_vec(), BodyState::Pending));
    client.send("ea");
    assert_eq!(client.read_body(), (b"ea".to_vec(), BodyState::End));
    client.respond(Response::new(200)).expect(&[(200, "")]);
}

/// RFC 9112 section 9.6: no body will come.
#[test]
fn half_closed_client_is_asked_for_no_body() {
    for is_streamed in [false, true] {
        let mut client = Client::streaming(config());
        client.send_and_end(EXPECTS);
        if is_streamed {
            client.respond(Response::new(200).with_parts([Ok("tea")]));
        } else {
            assert!(matches!(client.read_body().1, BodyState::Failed(_)));
            client.respond(Response::new(200));
        }
        assert_eq!(client.whole_answers(), [200]);
    }
}

/// No 100 comes if some of the body has come, or all of it.
#[test]
fn impatient_client_is_not_asked_before_a_streamed_answer() {
    for first in ["t", "tea"] {
        let mut client = Client::streaming(config());
        client.send(format!("{EXPECTS}{first}"));
        let mut echo = Echo::begin(&mut client);
        client.send(&"tea"[first.len()..]);
        echo.run(&mut client);
        assert_eq!(client.whole_answers(), [200]);
    }
}

/// Before an answer, the transport may read what has come.
#[test]
fn impatient_client_is_not_asked_after_the_application_has_refused() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS);
    client.connection.read_space()[..3].copy_from_slice(b"tea");
    client.connection.advance_read(3);
    client.respond(Response::new(403)).expect(&[(403, "")]);
    client.send(get("/")).respond(Response::new(204)).expect(&[(204, "")]);
}

/// The application may still want the body, so the client gets a 100.
#[test]
fn streamed_answer_that_leaves_the_body_is_followed_by_the_next_request() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS).respond(Response::new(200).with_parts([Ok("cake")]));
    client.expect(&[(100, ""), (200, "cake")]);
    client.send(format!("tea{}", get("/")));
    client.respond(Response::new(204)).expect(&[(204, "")]);
}

/// RFC 9110 section 10.1.1: the client may send the body or not.
#[test]
fn discarded_body_is_not_asked_for_and_closes_the_connection() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS);
    client.connection.discard_body();
    client.respond(Response::new(200).with_parts([Ok("cake")]));
    client.expect(&[(200, "cake")]).expect_shutdown();
}

/// These answers have no content, so nothing reads the body while they are sent.
#[test]
fn answer_without_content_asks_for_no_body() {
    for (method, status) in [("HEAD", 200), ("POST", 204), ("POST", 304)] {
        let mut client = Client::streaming(config());
        client.send(EXPECTS.replace("POST", method));
        client.respond(Response::new(status).with_streamed_body(Source::default()));
        client.expect(&[(status, "")]).expect_shutdown();

        let mut client = Client::streaming(config());
        client.send(post(BOUND + 1).replace("POST", method));
        client.respond(Response::new(status).with_streamed_body(Source::default()));
        client.expect(&[(status, "")]).expect_shutdown();
    }
}

#[test]
fn unread_body_is_thrown_away_up_to_a_bound() {
    for (length, goes_on) in [(BOUND, true), (BOUND + 1, false)] {
        for come in [0, 1, 1_000, length] {
            for is_streamed in [false, true] {
                let mut client = Client::streaming(config());
                let body = vec![b'x'; length];
                client.send(post(length)).send(&body[..come]);
                client.connection.discard_body();
                client.run();
                if is_streamed {
                    client.respond(Response::new(200).with_parts([Ok("tea")]));
                } else {
                    client.respond(Response::text("tea"));
                }
                let closes = client.expect_one(200).field("connection").is_some();
                client.send(&body[come..]).send(get("/"));
                let context = format!("{length} {come} {is_streamed}");
                assert_eq!(client.waits_for == Some(Step::Handle), goes_on, "{context}");
                assert_eq!(closes, !goes_on, "{context}");
            }
        }
    }
}

/// The answer has no `Connection: close`, so the next one has to come.
#[test]
fn partly_discarded_body_counts_as_a_whole() {
    for length in [BOUND + 50_000, BOUND + 50_001, BOUND + 54_000] {
        let mut client = Client::streaming(config());
        client.send(post(length)).send(vec![b'x'; 50_000]);
        assert_eq!(client.read_body().0.len(), 50_000);
        client.send(vec![b'x'; 5_000]);
        client.connection.want_body();
        client.run();
        client.respond(Response::text("tea"));
        let closes = client.expect_one(200).field("connection").is_some();
        client.send(vec![b'x'; length - 55_000]).send(get("/"));
        assert_eq!(client.waits_for == Some(Step::Handle), !closes, "{length}");
        assert_eq!(closes, length > BOUND + 50_000);
    }
}

#[test]
fn pipelined_request_behind_an_unread_body_is_answered() {
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\ntea\r\n0\r\nX: y\r\n\r\n";
    for request in [&format!("{}tea", post(3)), chunked] {
        let mut client = Client::streaming(config());
        client.send(format!("{request}{}", get("/")));
        client.respond(Response::text("cake"));
        assert_eq!(client.connection.request().method(), "GET");
        client.respond(Response::text("biscuit"));
        client.expect(&[(200, "cake"), (200, "biscuit")]);
    }
}

#[test]
fn protocols_are_switched_after_a_body() {
    let mut client = Client::streaming(config());
    client.send(UPGRADES).send("3\r\ntea\r\n0\r\nA: b\r\n\r\nTEA");
    assert_eq!(client.read_body(), (b"tea".to_vec(), BodyState::End));
    client.respond(Response::upgrade("x"));
    assert!(client.is_upgraded);
    client.expect(&[(101, "")]);
    let (request, unread) = client.connection_parts();
    assert_eq!(request.as_request().method(), "POST");
    assert_eq!(unread, b"TEA");
}

/// A complete but unread body doesn't belong to the other protocol.
#[test]
fn protocols_are_switched_after_an_unread_body() {
    let mut client = Client::streaming(config());
    client.send(UPGRADES);
    client.send("3\r\ntea\r\n0\r\n\r\nTEA");
    client.connection.want_body();
    client.run();
    client.respond(Response::upgrade("x"));
    assert!(client.is_upgraded);
    assert_eq!(client.connection_parts().1, b"TEA");
}

/// The end of a failed body is unknown.
#[test]
fn protocols_are_not_switched_after_a_body_that_failed() {
    for rest in ["3\r\nteaX", "-"] {
        let mut client = Client::streaming(config());
        client.send(UPGRADES).send(rest);
        assert!(matches!(client.read_body().1, BodyState::Failed(_)));
        client.respond(Response::upgrade("x"));
        client.expect_one(500);
        client.expect_shutdown();
    }
}

/// A keep-alive connection of an HTTP/1.0 client continues after an answer without content.
#[test]
fn answer_without_content_keeps_an_http_1_0_connection() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
        let mut client = Client::streaming(config());
        client.send(format!("{method} / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
        client.respond(Response::new(status).with_streamed_body(Source::default()));
        assert_eq!(client.expect_one(status).field("connection"), Some("keep-alive"));
        assert!(client.connection.is_silent());
    }
}
