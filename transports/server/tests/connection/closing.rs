//! Closing (RFC 9112 section 9.6), and the end of input (section 8).

use h1events_server::{Notice, Response, Step};

use crate::support::{Peer, SECOND, config, get};

const CLOSE: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// 9112-9.6-4: shutdown, then two seconds of silence, then close.
#[test]
fn closing_lingers_in_silence() {
    let mut peer = Peer::new();
    peer.advance(SECOND).send(CLOSE);
    assert!(peer.connection.is_lingering());
    assert_eq!(peer.expect_shutdown().deadline(), 3 * SECOND);
    assert_eq!(peer.advance_to_close(), 2 * SECOND);
    assert!(peer.notices.is_empty());
}

/// Bytes prolong it, up to ten seconds in all, and are thrown away.
#[test]
fn closing_lingers_ten_seconds_at_most() {
    let mut peer = Peer::new();
    peer.send(CLOSE).expect(&[(200, "GET /")]);
    for second in 1..=9 {
        peer.advance(SECOND).send(get("/late"));
        assert_eq!(peer.deadline(), ((second + 2) * SECOND).min(10 * SECOND));
    }
    peer.advance(SECOND / 2).send("x");
    assert_eq!(peer.advance_to_close(), SECOND / 2);
    assert!(peer.new_answers().is_empty() && peer.notices.is_empty());
}

/// And up to 16 MiB, however fast they come.
#[test]
fn closing_swallows_so_many_bytes_at_most() {
    let mut config = config();
    assert_eq!(config.linger.bytes, 16 * 1024 * 1024);
    config.linger.bytes = 100_000;
    let mut peer = Peer::with(config, |_| Response::new(200));
    peer.send(CLOSE).send([b'x'; 100_000]);
    peer.expect_shutdown().send("x");
    assert!(peer.is_closed);
}

/// Bytes that came together with the last request count as well.
#[test]
fn what_is_unread_is_discarded() {
    let mut peer = Peer::new();
    peer.send(CLOSE.to_owned() + &"x".repeat(20_000));
    assert_eq!(peer.expect_shutdown().deadline(), 2 * SECOND);
    assert!(peer.connection.release().is_some(), "nothing of it is kept");
}

/// It ends when the client closes, too.
#[test]
fn the_client_ends_the_lingering() {
    let mut peer = Peer::new();
    peer.send(CLOSE).expect_shutdown().end();
    assert!(peer.is_closed);
    assert_eq!(peer.connection.step(peer.now()), Step::Close);
}

/// 9112-8-4: an end of input between requests is an ordinary close.
#[test]
fn the_end_between_requests() {
    for requests in ["", "\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut peer = Peer::new();
        peer.send(requests).end();
        assert!(peer.is_closed && !peer.has_shut_down);
        assert_eq!(
            (peer.answers().len(), peer.notices.len()),
            (usize::from(requests.len() > 2), 0)
        );
    }
}

/// 9112-8-3: in a head: 400; 9112-8-1, 9112-8-2: in a body: close; and nothing is handled.
#[test]
fn the_end_within_a_request() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let request = format!("{head}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
    for before in ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        for cut in 1..request.len() {
            let mut peer = Peer::new();
            peer.send(before).send(&request[..cut]);
            assert_eq!(peer.new_answers().len(), usize::from(!before.is_empty()));
            peer.end();
            assert_eq!(peer.notices, [Notice::UnexpectedEnd]);
            assert!(
                peer.is_closed,
                "the client has closed, so that there is nothing to linger for"
            );
            if cut < head.len() {
                assert_eq!(peer.expect_one(400).field("connection"), Some("close"));
                assert!(peer.has_shut_down);
            } else {
                assert!(peer.new_answers().is_empty() && !peer.has_shut_down, "cut at {cut}");
            }
        }
    }
}

/// 9112-9.6-1: a half-closed client gets answers to everything that it has sent, and the last
/// one says close.
#[test]
fn a_half_closed_client_is_answered() {
    let mut peer = Peer::with_application(|_| Response::new(200).body(vec![b'x'; 50_000]));
    peer.window = 1000;
    peer.send_and_end(get("/").repeat(40) + "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    while !peer.is_closed {
        peer.advance(SECOND).read(10_000);
    }
    let answers = peer.answers();
    assert_eq!(answers.len(), 41);
    assert_eq!(answers[40].field("connection"), Some("close"));
    assert!(answers.iter().all(|answer| answer.body.len() == 50_000));
    assert!(peer.notices.is_empty());
}

/// RFC 9112 section 9.6: an end of input that comes while the answer waits changes nothing.
#[test]
fn the_end_comes_while_answers_wait() {
    let mut peer = Peer::new();
    peer.window = 5;
    peer.send(get("/1") + &get("/2")).end();
    peer.connection.received_eof();
    peer.read(usize::MAX).expect(&[(200, "GET /1"), (200, "GET /2")]);
    assert!(peer.is_closed);
}

/// The last answer is written whole before the shutdown.
#[test]
fn the_shutdown_waits_for_the_answer() {
    let mut peer = Peer::with_application(|_| Response::new(200).body(vec![b'x'; 100_000]));
    peer.window = 50_000;
    peer.send(CLOSE);
    assert!(!peer.has_shut_down && !peer.connection.is_lingering());
    peer.read(usize::MAX).expect_shutdown();
    assert_eq!(peer.answers()[0].body.len(), 100_000);
}
