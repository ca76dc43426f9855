//! The activity that a connection reports.

use h1events_server::{Activity, BodyState, Response, Step};

use crate::support::{Client, SECOND, Source, config, get};

const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

impl Client {
    #[track_caller]
    fn expect_activity(&mut self, expected: Activity) -> &mut Self {
        assert_eq!(self.connection.activity(), expected);
        self
    }
}

/// An empty line isn't part of a request.
#[test]
fn new_until_first_byte_of_request() {
    let mut client = Client::new();
    let opened = client.now();
    for bytes in ["", "\r", "\n"] {
        client.advance(SECOND).send(bytes).expect_activity(Activity::New { since: opened });
    }
    client.advance(SECOND).send("G");
    let since = client.now();
    client.expect_activity(Activity::Receiving { since });
}

#[test]
fn idle_since_last_answer_was_written() {
    let mut client = Client::new();
    client.window = 0;
    client.advance(SECOND).send(get("/")).advance(SECOND).read(usize::MAX);
    let since = client.now();
    for bytes in ["", "\r", "\n"] {
        client.advance(SECOND).send(bytes).expect_activity(Activity::Idle { since });
    }
    client.send("G").end();
    client.expect_activity(Activity::Closed);
}

/// A byte isn't progress; the end of a head is, and so is a KiB.
#[test]
fn receiving_counts_messages_and_kib_as_progress() {
    let mut client = Client::new();
    let (start, rest) = POST.split_at(POST.len() - 1);
    client.advance(SECOND).send(start);
    let mut since = client.now();
    for _ in 0..10 {
        client.advance(SECOND).expect_activity(Activity::Receiving { since });
    }
    client.send(rest);
    since = client.now();
    for octets in [1, 1000, 22] {
        client.advance(SECOND).send(vec![b'x'; octets]);
        client.expect_activity(Activity::Receiving { since });
    }
    client.advance(SECOND).send("x");
    since = client.now();
    client.advance(SECOND).send(vec![b'x'; 1023]).expect_activity(Activity::Receiving { since });

    let mut client = Client::new();
    client.send("GET / HTTP/1.1\r\nA: ").advance(SECOND).send([b'a'; 1024]);
    since = client.now();
    client.advance(SECOND).send("a").expect_activity(Activity::Receiving { since });
}

#[test]
fn sending_counts_kib_as_progress() {
    let mut client =
        Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 100_000]));
    client.window = 0;
    client.advance(SECOND).send(get("/"));
    let mut since = client.now();
    client.advance(SECOND).read(1023).expect_activity(Activity::Sending { since });
    client.advance(SECOND).read(1);
    since = client.now();
    client.advance(SECOND).read(1).expect_activity(Activity::Sending { since });
}

#[test]
fn lingering_since_last_byte_then_closed() {
    let mut client = Client::new();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client.advance(SECOND).send("x");
    let since = client.now();
    client.advance(SECOND).expect_activity(Activity::Lingering { since });
    client.advance_to_close();
    client.expect_activity(Activity::Closed);
    assert!(!client.connection.is_lingering());
}

#[test]
fn handling_and_upgraded_have_no_deadline() {
    let (mut connection, now) = crate::steps::connection();
    let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    crate::steps::receive(&mut connection, request.as_bytes());
    // Read, and not parsed yet.
    assert_eq!(connection.activity(), Activity::Receiving { since: now });
    let _ = connection.step(now);
    assert_eq!(connection.activity(), Activity::Handling);
    connection.respond(Response::upgrade("x"), now + SECOND);
    assert_eq!(connection.activity(), Activity::Sending { since: now + SECOND });
    let n = connection.write_slices().iter().map(|slice| slice.len()).sum();
    connection.advance_write(n);
    let _ = connection.step(now + SECOND);
    assert_eq!(connection.activity(), Activity::Upgraded);
}

/// The application makes the answer without the body. Then the body is read to its end.
#[test]
fn unread_body_is_an_exchange_once_the_answer_is_complete() {
    let mut client = Client::streaming(config());
    client.send(POST);
    let since = client.now();
    let source = Source::default();
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    client.expect_activity(Activity::Handling);
    source.end();
    client.run();
    client.expect_activity(Activity::Exchanging { since });
}

/// Also while the connection waits for memory to read on.
#[test]
fn bytes_count_as_progress_before_they_have_memory() {
    let line = format!("GET /{}", "a".repeat(8 * 1024 - 5));
    let mut client = Client::new();
    client.has_memory = false;
    client.advance(SECOND).send(line);
    let since = client.now();
    assert!(matches!(client.waits_for, Some(Step::Allocate { .. })));
    client.expect_activity(Activity::Receiving { since });
    // The client couldn't send more.
    client.advance(100 * SECOND).allocate();
    let since = client.now();
    client.advance(SECOND).expect_activity(Activity::Receiving { since });
}

#[test]
fn client_that_waits_for_a_100_has_to_read_it_first() {
    let mut client = Client::streaming(config());
    client.window = 0;
    client.send(POST.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
    assert_eq!(client.read_body().1, BodyState::Pending);
    let since = client.now();
    client.expect_activity(Activity::Sending { since }).read(100);
    client.expect_activity(Activity::Receiving { since });
}

#[test]
fn body_that_is_wanted_at_its_end_is_no_exchange() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    client.respond(Response::new(200).with_streamed_body(Source::default())).send("tea");
    assert_eq!(client.read_body().1, BodyState::End);
    client.connection.want_body();
    client.expect_activity(Activity::Handling);
}
