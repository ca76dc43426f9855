//! Deadlines (RFC 9112 section 9.5, RFC 9110 section 15.5.9).

use std::time::Duration;

use h1events_server::{Config, Notice, Response, Step};

use crate::support::{Peer, SECOND, config, get};

const MS: Duration = Duration::from_millis(1);
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

/// 9112-9.5-1, 9110-15.5.9-1: a connection on which nothing was sent is closed without a word.
#[test]
fn silence_is_closed_in_silence() {
    let mut peer = Peer::new();
    assert_eq!(peer.deadline(), 30 * SECOND);
    peer.advance(30 * SECOND - MS);
    assert!(!peer.is_closed);
    peer.advance(MS);
    assert!(peer.is_closed && !peer.has_shut_down && peer.sent.is_empty());
    assert!(peer.notices.is_empty());
}

/// The idle time begins anew when all answers are written.
#[test]
fn an_answer_begins_the_idle_time() {
    let mut peer = Peer::new();
    peer.window = 0;
    peer.advance(7 * SECOND).send(get("/")).advance(4 * SECOND).read(usize::MAX);
    peer.expect(&[(200, "GET /")]);
    assert_eq!(peer.deadline(), 41 * SECOND);
    assert_eq!(peer.advance_to_close(), 30 * SECOND);
    assert!(!peer.has_shut_down);
}

/// RFC 9112 section 2.2: the empty line that is ignored is no beginning, and prolongs nothing.
#[test]
fn an_empty_line_is_silence() {
    for line in ["\r", "\r\n"] {
        let mut peer = Peer::new();
        peer.advance(20 * SECOND).send(line);
        assert!(peer.connection.is_silent());
        assert_eq!(peer.deadline(), 30 * SECOND);
        peer.advance_to_close();
        assert!(peer.sent.is_empty() && peer.notices.is_empty());
    }
    let mut peer = Peer::new();
    peer.send("\r\n").advance(20 * SECOND).send("G");
    assert_eq!(peer.deadline(), 50 * SECOND);
}

/// 9110-17.5-2, 9110-15.5.9-1: the time for a head begins with its first byte, and a drip doesn't extend it.
#[test]
fn a_head_has_its_time_however_it_drips() {
    let mut peer = Peer::new();
    peer.advance(10 * SECOND);
    for octet in get("/long").bytes().take(29) {
        peer.send([octet]);
        assert_eq!(peer.deadline(), 40 * SECOND);
        peer.advance(SECOND);
    }
    peer.advance(SECOND - MS).expect(&[]).advance(MS);
    peer.expect(&[(408, "408 Request Timeout: the head of the request took too long\n")]);
    assert_eq!(peer.notices, [Notice::HeadTimeout]);
    peer.expect_shutdown().send(get("/")).expect(&[]);
}

/// A head that begins behind a request gets all its time when the answer before it is written:
/// until then, the client can't be blamed.
#[test]
fn a_pipelined_head_has_its_time_after_the_answer() {
    let mut peer = Peer::new();
    peer.handling = 50 * SECOND;
    peer.window = 0;
    peer.send(get("/1") + "GET /2").advance(10 * SECOND).read(usize::MAX);
    peer.expect(&[(200, "GET /1")]);
    assert_eq!(peer.deadline(), 90 * SECOND);
}

/// The time for a body begins at the end of its head: a grace, then a rate.
#[test]
fn a_body_has_to_keep_its_rate() {
    let mut peer = Peer::new();
    peer.send(&POST[..10]).advance(29 * SECOND).send(&POST[10..]);
    assert_eq!(peer.deadline(), (29 + 20) * SECOND);
    peer.advance(SECOND).send([b'x'; 250]);
    assert_eq!(peer.deadline(), (29 + 20) * SECOND + 500 * MS);
    // What came with the head counts as well.
    let mut same_read = Peer::new();
    same_read.send(format!("{POST}{}", "x".repeat(500)));
    assert_eq!(same_read.deadline(), 21 * SECOND);
    // 400 bytes a second aren't enough, ...
    for _ in 0..100 {
        peer.advance(SECOND).send([b'x'; 400]);
    }
    peer.expect(&[(408, "408 Request Timeout: the body of the request came too slowly\n")]);
    assert_eq!(peer.notices, [Notice::BodyTimeout]);
    // ... and 500 are.
    let mut peer = Peer::new();
    peer.send(POST);
    for _ in 0..200 {
        peer.advance(SECOND).send([b'x'; 500]);
    }
    assert_eq!(peer.expect_one(200).status, 200);
}

/// 9112-9.5-3, SMG-UNR-3: what comes after a 408 is never parsed.
#[test]
fn nothing_is_parsed_after_a_timeout() {
    let mut peer = Peer::new();
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n").advance(20 * SECOND);
    peer.expect_one(408);
    peer.expect_shutdown().send(get("/smuggled")).expect(&[]);
}

/// 9110-9.3.2-1: a timeout of a HEAD has no content.
#[test]
fn a_timeout_of_head() {
    let mut peer = Peer::new();
    peer.methods.push("HEAD".to_owned());
    peer.send("HEAD / HTTP/1.1\r\n").advance(30 * SECOND).expect(&[(408, "")]);
}

/// The time for a body that was asked for begins when the 100 is written.
#[test]
fn a_body_that_was_asked_for_has_its_time() {
    let mut peer = Peer::new();
    peer.window = 0;
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    peer.advance(10 * SECOND).read(usize::MAX).expect(&[(100, "")]);
    assert_eq!(peer.deadline(), 30 * SECOND);
}

/// A chunk's data count, however many chunks it is cut into.
#[test]
fn chunks_have_to_keep_the_rate() {
    let mut peer = Peer::new();
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send("1\r\nx\r\n".repeat(500));
    assert_eq!(peer.deadline(), 21 * SECOND);
}

fn large() -> Peer {
    let mut peer = Peer::with_application(|_| Response::new(200).body(vec![b'x'; 100_000]));
    peer.window = 0;
    peer
}

/// 9110-17.5-2: a client that reads nothing is dropped, since it wouldn't see an answer either.
#[test]
fn answers_that_nobody_reads() {
    let mut peer = large();
    peer.advance(5 * SECOND).send(get("/"));
    assert_eq!(peer.deadline(), 25 * SECOND);
    assert_eq!(peer.advance_to_close(), 20 * SECOND);
    assert!(!peer.has_shut_down);
    assert_eq!(peer.notices, [Notice::WriteTimeout]);
}

/// A slow reader has to keep the rate, too.
#[test]
fn answers_that_are_read_slowly() {
    let mut peer = large();
    peer.send(get("/"));
    for _ in 0..100 {
        peer.advance(SECOND).read(400);
    }
    assert!(peer.is_closed);
    assert_eq!(peer.notices, [Notice::WriteTimeout]);
    let mut peer = large();
    peer.send(get("/"));
    for _ in 0..202 {
        peer.advance(SECOND).read(500);
    }
    assert_eq!(peer.expect_one(200).body.len(), 100_000);
    assert!(peer.notices.is_empty());
}

/// The pace of writing counts from when the bytes began to wait for the client, not from when the
/// application began, and not from the batch before.
#[test]
fn each_batch_has_its_time() {
    let mut peer = large();
    peer.read(usize::MAX).send(get("/"));
    let len = peer.sent.len();
    let mut peer = large();
    peer.handling = 100 * SECOND;
    peer.window = len;
    peer.send(get("/") + &get("/"));
    assert_eq!(peer.sent.len(), len);
    assert!(matches!(peer.waits_for, Some(Step::Write { .. })));
    assert_eq!(peer.deadline(), 220 * SECOND);

    let requests = get("/").repeat(32);
    let mut peer = Peer::new();
    let len = peer.send(&requests).sent.len();
    let mut peer = Peer::new();
    peer.window = 0;
    peer.send(requests + "nonsense\r\n").advance(15 * SECOND).read(len);
    assert_eq!((peer.sent.len(), peer.deadline()), (len, 35 * SECOND));
}

/// However much a client has read or sent, it can't stand still for as long as that would have
/// taken it at the lowest rate.
#[test]
fn nobody_stands_still_for_more_than_a_minute() {
    let mut peer = large();
    peer.send(get("/")).advance(SECOND).read(90_000);
    // The rate would allow for three minutes.
    assert_eq!(peer.deadline(), 61 * SECOND);
    peer.advance(50 * SECOND).read(1);
    assert_eq!(peer.deadline(), 111 * SECOND);
    assert_eq!(peer.advance_to_close(), 60 * SECOND);
    assert_eq!(peer.notices, [Notice::WriteTimeout]);

    let mut config = config();
    config.body.grace = 90 * SECOND;
    for (config, stall) in [(Config::new(), 60), (config, 90)] {
        let mut peer = Peer::with(config, |_| Response::new(200));
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
        peer.advance(SECOND).send([b'x'; 90_000]);
        assert_eq!(peer.deadline(), (1 + stall) * SECOND);
        peer.advance(stall * SECOND).expect_one(408);
    }
}

/// What has come in time counts, even if the transport looks at it late.
#[test]
fn bytes_win_against_the_deadline() {
    let mut peer = Peer::new();
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r");
    peer.connection.read_space()[0] = b'\n';
    peer.connection.received(1);
    peer.advance(40 * SECOND).expect(&[(200, "GET /")]);
}

/// No deadline is the caller's right, and no panic.
#[test]
fn deadlines_can_be_endless() {
    let mut config = config();
    config.idle = Duration::MAX;
    config.head = Duration::MAX;
    config.body.grace = Duration::MAX;
    config.write.grace = Duration::MAX;
    config.linger.silence = Duration::MAX;
    let mut peer = Peer::with(config, |_| Response::new(200).close());
    let year = 365 * 24 * 60 * 60 * SECOND;
    peer.window = 0;
    peer.advance(year).send(&POST[..20]).advance(year).send(&POST[20..]).advance(year);
    peer.send([b'x'; 100_000]).advance(year).read(usize::MAX);
    peer.expect_one(200);
    assert_eq!(peer.advance_to_close(), 10 * SECOND);
}
