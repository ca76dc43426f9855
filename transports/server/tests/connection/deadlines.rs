//! Deadlines (RFC 9112 section 9.5, RFC 9110 section 15.5.9).

use std::time::Duration;

use h1events_server::{Diagnostic, Response, Step};

use crate::support::{Client, SECOND, config, get};

const MS: Duration = Duration::from_millis(1);
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

/// 9112-9.5-1, 9110-15.5.9-1: a silent connection is closed without an answer.
#[test]
fn silent_client_is_closed_without_answer() {
    let mut client = Client::new();
    assert_eq!(client.deadline(), 30 * SECOND);
    client.advance(30 * SECOND - MS);
    assert!(!client.is_closed);
    client.advance(MS);
    assert!(client.is_closed && !client.has_shut_down && client.sent.is_empty());
    assert!(client.diagnostics.is_empty());
}

/// The idle time begins anew when all answers are written.
#[test]
fn answer_restarts_keep_alive_timeout() {
    let mut client = Client::new();
    client.window = 0;
    client.advance(7 * SECOND).send(get("/")).advance(4 * SECOND).read(usize::MAX);
    client.expect(&[(200, "GET /")]);
    assert_eq!(client.deadline(), 41 * SECOND);
    assert_eq!(client.advance_to_close(), 30 * SECOND);
    assert!(!client.has_shut_down);
}

/// RFC 9112 section 2.2: an ignored empty line doesn't begin a request, and extends no deadline.
#[test]
fn empty_line_is_no_beginning() {
    for line in ["\r", "\r\n"] {
        let mut client = Client::new();
        client.advance(20 * SECOND).send(line);
        assert!(client.connection.is_silent());
        assert_eq!(client.deadline(), 30 * SECOND);
        client.advance_to_close();
        assert!(client.sent.is_empty() && client.diagnostics.is_empty());
    }
    let mut client = Client::new();
    client.send("\r\n").advance(20 * SECOND).send("G");
    assert_eq!(client.deadline(), 50 * SECOND);
}

/// 9110-17.5-2, 9110-15.5.9-1: the time for a head begins with its first byte, and trickled bytes don't extend it.
#[test]
fn dripping_head_extends_no_deadline() {
    let mut client = Client::new();
    client.advance(10 * SECOND);
    for octet in get("/long").bytes().take(29) {
        client.send([octet]);
        assert_eq!(client.deadline(), 40 * SECOND);
        client.advance(SECOND);
    }
    client.advance(SECOND - MS).expect(&[]).advance(MS);
    client.expect(&[(408, "408 Request Timeout: the head of the request took too long\n")]);
    assert_eq!(client.diagnostics, [Diagnostic::HeadTimeout]);
    client.expect_shutdown().send(get("/")).expect(&[]);
}

/// A head behind a request gets its whole time when the answer before it is written: the delay until
/// then isn't the client's fault.
#[test]
fn pipelined_head_has_its_time_after_answer() {
    let mut client = Client::new();
    client.handling = 50 * SECOND;
    client.window = 0;
    client.send(get("/1") + "GET /2").advance(10 * SECOND).read(usize::MAX);
    client.expect(&[(200, "GET /1")]);
    assert_eq!(client.deadline(), 90 * SECOND);
}

/// The time for a body begins at the end of its head: a grace, then a rate.
#[test]
fn body_below_rate_gets_408() {
    let mut client = Client::new();
    client.send(&POST[..10]).advance(29 * SECOND).send(&POST[10..]);
    assert_eq!(client.deadline(), (29 + 20) * SECOND);
    client.advance(SECOND).send([b'x'; 250]);
    assert_eq!(client.deadline(), (29 + 20) * SECOND + 500 * MS);
    // Bytes that came with the head count, too.
    let mut same_read = Client::new();
    same_read.send(format!("{POST}{}", "x".repeat(500)));
    assert_eq!(same_read.deadline(), 21 * SECOND);
    // 400 bytes a second aren't enough, ...
    for _ in 0..100 {
        client.advance(SECOND).send([b'x'; 400]);
    }
    client.expect(&[(408, "408 Request Timeout: the body of the request came too slowly\n")]);
    assert_eq!(client.diagnostics, [Diagnostic::BodyTimeout]);
    // ... and 500 are.
    let mut client = Client::new();
    client.send(POST);
    for _ in 0..200 {
        client.advance(SECOND).send([b'x'; 500]);
    }
    assert_eq!(client.expect_one(200).status, 200);
}

/// 9112-9.5-3, SMG-UNR-3: input after a 408 is never parsed.
#[test]
fn timeout_ends_parsing() {
    let mut client = Client::new();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n").advance(20 * SECOND);
    client.expect_one(408);
    client.expect_shutdown().send(get("/smuggled")).expect(&[]);
}

/// 9110-9.3.2-1: a timeout of a HEAD has no content.
#[test]
fn head_timeout_to_head_has_no_content() {
    let mut client = Client::new();
    client.methods.push("HEAD".to_owned());
    client.send("HEAD / HTTP/1.1\r\n").advance(30 * SECOND).expect(&[(408, "")]);
}

/// If the client waits for a 100, the time for the body begins when it is written.
#[test]
fn body_has_its_time_after_continue() {
    let mut client = Client::new();
    client.window = 0;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    client.advance(10 * SECOND).read(usize::MAX).expect(&[(100, "")]);
    assert_eq!(client.deadline(), 30 * SECOND);
}

/// The data of chunks count, for any number of chunks.
#[test]
fn chunk_data_counts_for_rate() {
    let mut client = Client::new();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("1\r\nx\r\n".repeat(500));
    assert_eq!(client.deadline(), 21 * SECOND);
}

fn large() -> Client {
    let mut client =
        Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 100_000]));
    client.window = 0;
    client
}

/// 9110-17.5-2: a client that reads nothing is dropped, since it wouldn't see an answer either.
#[test]
fn client_that_reads_nothing_is_dropped() {
    let mut client = large();
    client.advance(5 * SECOND).send(get("/"));
    assert_eq!(client.deadline(), 25 * SECOND);
    assert_eq!(client.advance_to_close(), 20 * SECOND);
    assert!(!client.has_shut_down);
    assert_eq!(client.diagnostics, [Diagnostic::WriteTimeout]);
}

/// A slow reader has to keep the rate, too.
#[test]
fn slow_reader_is_dropped() {
    let mut client = large();
    client.send(get("/"));
    for _ in 0..100 {
        client.advance(SECOND).read(400);
    }
    assert!(client.is_closed);
    assert_eq!(client.diagnostics, [Diagnostic::WriteTimeout]);
    let mut client = large();
    client.send(get("/"));
    for _ in 0..202 {
        client.advance(SECOND).read(500);
    }
    assert_eq!(client.expect_one(200).body.len(), 100_000);
    assert!(client.diagnostics.is_empty());
}

/// The rate of writing counts from the moment when the bytes wait for the client, not from the start of
/// the application or of the batch before.
#[test]
fn each_batch_has_its_own_time() {
    let mut client = large();
    client.read(usize::MAX).send(get("/"));
    let len = client.sent.len();
    let mut client = large();
    client.handling = 100 * SECOND;
    client.window = len;
    client.send(get("/") + &get("/"));
    assert_eq!(client.sent.len(), len);
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    assert_eq!(client.deadline(), 220 * SECOND);

    let requests = get("/").repeat(32);
    let mut client = Client::new();
    let len = client.send(&requests).sent.len();
    let mut client = Client::new();
    client.window = 0;
    client.send(requests + "nonsense\r\n").advance(15 * SECOND).read(len);
    assert_eq!((client.sent.len(), client.deadline()), (len, 35 * SECOND));
}

/// Even after many bytes, a client has a minute at most, or the grace period if that is longer. A byte
/// doesn't extend it.
#[test]
fn earned_time_is_a_minute_at_most() {
    let mut client = large();
    client.send(get("/")).advance(SECOND).read(90_000);
    // By the rate, these bytes would be worth three minutes.
    assert_eq!(client.deadline(), 61 * SECOND);
    client.advance(50 * SECOND).read(1);
    assert_eq!(client.deadline(), 61 * SECOND + 2 * MS);
    client.advance_to_close();
    assert_eq!(client.diagnostics, [Diagnostic::WriteTimeout]);

    let mut patient = config();
    patient.body_data_rate.grace_period = 90 * SECOND;
    for (config, longest) in [(config(), 60), (patient, 90)] {
        let mut client = Client::with(config, |_| Response::new(200));
        client.send(POST).advance(SECOND).send([b'x'; 90_000]);
        assert_eq!(client.deadline(), (1 + longest) * SECOND);
        client.advance(longest * SECOND).expect_one(408);
    }
}

/// 9110-17.5-2: a megabyte at once doesn't buy hours for trickled bytes.
#[test]
fn byte_now_and_then_ends_within_two_minutes() {
    let mut config = config();
    config.limits.content = 2_000_000;
    let mut sender = Client::with(config, |_| Response::new(200));
    sender.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
    sender.send(vec![b'x'; 1_000_000]);
    let mut reader =
        Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 2_000_000]));
    reader.window = 1_000_000;
    reader.send(get("/"));
    for client in [&mut sender, &mut reader] {
        for _ in 0..4 {
            client.advance(30 * SECOND).send("x").read(1);
        }
    }
    sender.expect_one(408);
    assert_eq!(sender.diagnostics, [Diagnostic::BodyTimeout]);
    assert!(reader.is_closed);
    assert_eq!(reader.diagnostics, [Diagnostic::WriteTimeout]);
}

/// A client that keeps the rate may go on for hours, with bytes each second, or all bytes of a grace
/// period at once.
#[test]
fn steady_client_is_never_ended() {
    const HOUR: u32 = 3600;
    for period in [1, 20] {
        let octets = 500 * period as usize;
        let mut config = config();
        config.limits.content = 500 * u64::from(2 * HOUR);
        let len = 500 * 2 * HOUR as usize;
        let mut sender = Client::with(config, |_| Response::new(200));
        sender.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n"));
        let mut reader =
            Client::with_application(move |_| Response::new(200).with_body(vec![b'x'; len]));
        reader.window = 0;
        reader.send(get("/"));
        for _ in 0..2 * HOUR / period {
            // The bytes come just before the end of the period.
            sender.advance(period * SECOND - MS).send(vec![b'x'; octets]).advance(MS);
            reader.advance(period * SECOND - MS).read(octets).advance(MS);
        }
        sender.expect_one(200);
        assert!(sender.diagnostics.is_empty() && reader.diagnostics.is_empty());
        assert_eq!(reader.read(1000).expect_one(200).body.len(), len);
    }
}

/// Input that a late transport finds has come in time, and the client's time continues from there.
#[test]
fn late_transport_ends_no_steady_client() {
    let mut client = Client::new();
    client.send(POST);
    let late = client.now() + 300 * SECOND;
    client.connection.read_space()[..500].fill(b'x');
    client.connection.advance_read(500);
    assert_eq!(client.connection.step(late), Step::Read { deadline: late + SECOND });
}

/// Input that has come in time counts, even if the transport reads it late.
#[test]
fn bytes_win_against_deadline() {
    let mut client = Client::new();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r");
    client.connection.read_space()[0] = b'\n';
    client.connection.advance_read(1);
    client.advance(40 * SECOND).expect(&[(200, "GET /")]);
}

/// The caller may have no deadline, without a panic.
#[test]
fn endless_deadlines_do_not_overflow() {
    let mut config = config();
    config.keep_alive_timeout = Duration::MAX;
    config.header_read_timeout = Duration::MAX;
    config.body_data_rate.grace_period = Duration::MAX;
    config.write_data_rate.grace_period = Duration::MAX;
    config.linger.silence = Duration::MAX;
    let mut client = Client::with(config, |_| Response::new(200).with_close());
    let year = 365 * 24 * 60 * 60 * SECOND;
    client.window = 0;
    client.advance(year).send(&POST[..20]).advance(year).send(&POST[20..]).advance(year);
    client.send([b'x'; 100_000]).advance(year).read(usize::MAX);
    client.expect_one(200);
    assert_eq!(client.advance_to_close(), 30 * SECOND);
}
