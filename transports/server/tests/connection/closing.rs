//! Closing (RFC 9112 section 9.6), and the end of input (section 8).

use h1events_server::{Config, Diagnostic, Response, Step};

use crate::support::{Client, SECOND, get};

const CLOSE: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// 9112-9.6-4: shutdown, then five seconds of silence, then close.
#[test]
fn closing_lingers_in_silence() {
    let mut client = Client::new();
    client.advance(SECOND).send(CLOSE);
    assert!(client.connection.is_lingering());
    assert_eq!(client.expect_shutdown().deadline(), 6 * SECOND);
    assert_eq!(client.advance_to_close(), 5 * SECOND);
    assert!(!client.connection.is_lingering(), "closed");
    assert!(client.diagnostics.is_empty());
}

#[test]
fn connection_is_closing_from_its_last_answer() {
    let mut client = Client::new();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!client.connection.is_closing());
    client.window = 0;
    client.send(CLOSE);
    assert!(client.connection.is_closing() && !client.connection.is_lingering());
    client.read(usize::MAX).advance_to_close();
    assert!(client.connection.is_closing());
}

/// Bytes prolong it, up to thirty seconds in all, and are discarded.
#[test]
fn closing_lingers_at_most_thirty_seconds() {
    let mut client = Client::new();
    client.send(CLOSE).expect(&[(200, "GET /")]);
    for second in 1..=29 {
        client.advance(SECOND).send(get("/late"));
        assert_eq!(client.deadline(), ((second + 5) * SECOND).min(30 * SECOND));
    }
    client.advance(SECOND / 2).send("x");
    assert_eq!(client.advance_to_close(), SECOND / 2);
    assert!(client.new_answers().is_empty() && client.diagnostics.is_empty());
}

/// A client that continues to send a refused body sees the refusal: 100 MB don't end the
/// connection.
#[test]
fn closing_counts_no_bytes() {
    let mut client = Client::new();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    client.expect_one(413);
    client.expect_shutdown();
    for _ in 0..100 {
        client.advance(SECOND / 4).send(vec![b'x'; 1_000_000]);
        assert!(client.connection.is_lingering());
    }
    client.end();
    assert!(client.is_closed);
}

/// Bytes that came with the last request count, too.
#[test]
fn closing_discards_unread_bytes() {
    let mut client = Client::new();
    client.send(CLOSE.to_owned() + &"x".repeat(20_000));
    assert_eq!(client.expect_shutdown().deadline(), 5 * SECOND);
    assert!(client.connection.detach_buffer().is_some(), "nothing of it is kept");
}

/// It ends when the client closes, too.
#[test]
fn end_of_input_ends_lingering() {
    let mut client = Client::new();
    client.send(CLOSE).expect_shutdown().end();
    assert!(client.is_closed);
    assert_eq!(client.connection.step(client.now()), Step::Close);
}

/// 9112-8-4: an end of input between requests is an ordinary close.
#[test]
fn end_between_requests_is_ordinary_close() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let half_a_line = format!("{request}\r");
    for requests in ["", "\r\n", "\r", "\r\n\r", request, &half_a_line] {
        let mut client = Client::with(two_empty_lines(), |_| Response::new(204));
        client.send(requests).end();
        assert!(client.is_closed && !client.has_shut_down);
        assert_eq!(
            (client.answers().len(), client.diagnostics.len()),
            (usize::from(requests.len() > 3), 0)
        );
    }
}

fn two_empty_lines() -> Config {
    let mut config = Config::new();
    config.limits.empty_lines = 2;
    config
}

/// 9112-8-3: in a head: 400; 9112-8-1, 9112-8-2: in a body: close. The application gets no request.
#[test]
fn end_in_head_gets_400_and_in_body_nothing() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let request = format!("{head}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
    for before in ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        for cut in 1..request.len() {
            let mut client = Client::new();
            client.send(before).send(&request[..cut]);
            assert_eq!(client.new_answers().len(), usize::from(!before.is_empty()));
            client.end();
            assert_eq!(client.diagnostics, [Diagnostic::UnexpectedEnd]);
            assert!(
                client.is_closed,
                "the client has closed, so that there is nothing to linger for"
            );
            if cut < head.len() {
                assert_eq!(client.expect_one(400).field("connection"), Some("close"));
                assert!(client.has_shut_down);
            } else {
                assert!(client.new_answers().is_empty() && !client.has_shut_down, "cut at {cut}");
            }
        }
    }
}

/// 9112-9.6-1: a half-closed client gets answers to all its requests, and the last one says
/// close.
#[test]
fn half_closed_client_gets_all_answers() {
    let mut client = Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 50_000]));
    client.window = 1000;
    client.send_and_end(get("/").repeat(40) + "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    while !client.is_closed {
        client.advance(SECOND).read(10_000);
    }
    let answers = client.answers();
    assert_eq!(answers.len(), 41);
    assert_eq!(answers[40].field("connection"), Some("close"));
    assert!(answers.iter().all(|answer| answer.body.len() == 50_000));
    assert!(client.diagnostics.is_empty());
}

/// RFC 9112 section 9.6: an end of input that comes while the answer waits changes nothing.
#[test]
fn end_while_answers_wait_changes_nothing() {
    let mut client = Client::new();
    client.window = 5;
    client.send(get("/1") + &get("/2")).end();
    client.connection.read_eof();
    client.read(usize::MAX).expect(&[(200, "GET /1"), (200, "GET /2")]);
    assert!(client.is_closed);
}

/// The last answer is written whole before the shutdown.
#[test]
fn shutdown_waits_for_answer() {
    let mut client =
        Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 100_000]));
    client.window = 50_000;
    client.send(CLOSE);
    assert!(!client.has_shut_down && !client.connection.is_lingering());
    client.read(usize::MAX).expect_shutdown();
    assert_eq!(client.answers()[0].body.len(), 100_000);
}
