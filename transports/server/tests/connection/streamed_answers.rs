//! Answers with streamed bodies.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use h1events_server::{Body, BodyError, InvalidHeader, Part, Response, Step, Trailers};

use crate::support::{Client, SECOND, Source, config, get};

/// Returns a client, and the body of all its answers.
fn client_and_source(response: fn() -> Response) -> (Client, Source) {
    let source = Source::default();
    let body = source.clone();
    let client = Client::with_application(move |_| response().with_streamed_body(body.clone()));
    (client, source)
}

fn ok() -> Response {
    Response::new(200)
}

#[test]
fn parts_leave_in_chunks_as_they_are_made() {
    let (mut client, source) = client_and_source(ok);
    source.give("first ");
    client.send(get("/"));
    assert!(client.sent.ends_with(b"\r\n\r\n6\r\nfirst \r\n"), "head and first part in one write");
    assert_eq!(client.writes.len(), 1);
    assert_eq!(client.waits_for, Some(Step::Produce));
    source.give("").give("second");
    client.run();
    assert!(client.sent.ends_with(b"6\r\nsecond\r\n"), "an empty part is no last chunk");
    source.end();
    client.run();
    client.expect(&[(200, "first second")]);
    client.send(get("/"));
    source.end();
    client.run();
    client.expect(&[(200, "")]);
}

#[test]
fn head_leaves_although_there_is_no_part_yet() {
    let (mut client, _source) = client_and_source(ok);
    client.send(get("/"));
    assert!(client.sent.ends_with(b"\r\n\r\n"));
}

#[test]
fn body_with_a_length_has_that_content_length() {
    let parts = || ["tea", " and ", "cake"].map(Ok);
    let mut client =
        Client::with_application(move |_| ok().with_parts(parts()).with_content_length(12));
    client.send(get("/")).send(get("/"));
    let answers = client.new_answers();
    assert_eq!(answers.len(), 2);
    for answer in answers {
        assert_eq!(answer.text(), "tea and cake");
        assert_eq!(answer.field("content-length"), Some("12"));
    }
}

#[test]
fn body_longer_or_shorter_than_its_content_length_is_cut() {
    for (length, error) in [
        (11, "the body is longer than its Content-Length"),
        (13, "the body is shorter than its Content-Length"),
    ] {
        let parts = || ["tea", " and ", "cake"].map(Ok);
        let mut client =
            Client::with_application(move |_| ok().with_parts(parts()).with_content_length(length));
        client.send(get("/"));
        assert!(client.is_closed && !client.is_reset);
        assert_eq!(client.body_errors, [error]);
    }
}

/// A close would make the body look complete to an HTTP/1.0 client; chunks prevent that.
#[test]
fn failed_body_is_cut_so_that_the_client_sees_it() {
    for (version, is_reset) in [("1.1", false), ("1.0", true)] {
        let (mut client, source) = client_and_source(ok);
        source.give("half");
        client.send(format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n"));
        source.fail();
        client.run();
        assert_eq!((client.is_closed, client.is_reset), (true, is_reset), "{version}");
        assert_eq!(client.body_errors, ["the disk is on fire"]);
        assert!(!client.sent.ends_with(b"0\r\n\r\n"));
        assert_eq!(source.parts_left(), 0);
    }
}

#[test]
fn end_of_the_connection_is_that_of_the_body_in_http_1_0() {
    let mut client = Client::with_application(|_| ok().with_parts([Ok("tea"), Ok(" time")]));
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let sent = String::from_utf8(client.sent.clone()).unwrap();
    assert!(sent.contains("Connection: close\r\n") && !sent.contains("ncoding"), "{sent}");
    assert!(sent.ends_with("\r\n\r\ntea time"));
    assert!(client.has_shut_down);
}

/// An empty body that says every other time how long it is.
struct Fickle(Cell<bool>);

impl Body for Fickle {
    fn poll_part(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        Poll::Ready(None)
    }

    fn length(&self) -> Option<u64> {
        self.0.replace(!self.0.get()).then_some(0)
    }
}

/// Otherwise, the head could promise another request after a body that ends with the connection.
#[test]
fn body_is_asked_for_its_length_once() {
    for knows in [true, false] {
        let fickle = move || Fickle(Cell::new(knows));
        let mut client = Client::with_application(move |_| ok().with_streamed_body(fickle()));
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let sent = String::from_utf8(client.sent.clone()).unwrap();
        assert_eq!(sent.contains("Content-Length: 0\r\n"), knows, "{sent}");
        assert_eq!(sent.contains("Connection: keep-alive\r\n"), knows, "{sent}");
        assert_eq!(client.has_shut_down, !knows);
    }
}

#[test]
fn answers_without_content_close_the_source_unasked() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
        let source = Source::default();
        let body = RefCell::new(Some(source.clone()));
        let mut client = Client::with_application(move |_| {
            Response::new(status).with_streamed_body(body.take().expect("one request"))
        });
        client.send(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"));
        let answer = client.expect_one(status);
        assert!(answer.body.is_empty());
        assert_eq!(answer.field("transfer-encoding").is_some(), method == "HEAD");
        assert!(source.is_closed(), "{method} {status}");
        assert!(client.connection.is_silent());
    }
}

#[test]
fn answer_to_head_may_have_the_length_of_the_get() {
    let mut client = Client::with_application(|_| ok().with_content_length(1 << 40));
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.expect_one(200).field("content-length"), Some("1099511627776"));
}

#[test]
fn trailers_go_to_clients_that_read_them() {
    let trailers = || Trailers::new().with_field("Digest", "abc");
    for (te, is_forced, has_trailers) in
        [("", false, false), ("TE: gzip, Trailers\r\n", false, true), ("", true, true)]
    {
        let source = Source::default();
        let body = source.clone();
        let mut client = Client::with_application(move |_| {
            let response = ok().with_streamed_body(body.clone());
            if is_forced { response.with_forced_trailers() } else { response }
        });
        source.give("tea").give_trailers(trailers());
        client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{te}\r\n"));
        let answer = client.expect_one(200);
        assert_eq!(answer.text(), "tea");
        let expected = [("Digest".to_owned(), "abc".to_owned())];
        assert_eq!(answer.trailers, expected[..usize::from(has_trailers)], "{te:?} {is_forced}");
    }
}

#[test]
fn trailers_that_belong_before_the_content_are_refused() {
    let error = |name: &str, value: &str| Trailers::new().try_with_field(name, value).unwrap_err();
    assert_eq!(error("Content-Length", "3"), InvalidHeader::Reserved);
    assert_eq!(error("transfer-encoding", "chunked"), InvalidHeader::Reserved);
    assert_eq!(error("HOST", "a"), InvalidHeader::NotInTrailers);
    assert_eq!(error("Set-Cookie", "a=b"), InvalidHeader::NotInTrailers);
    assert_eq!(error("Digest", "a\r\nb"), InvalidHeader::Value);
    assert_eq!(error("Di gest", "a"), InvalidHeader::Name);
}

/// At most 64 KiB and a part.
#[test]
fn nothing_is_asked_for_while_much_is_unsent() {
    let (mut client, source) = client_and_source(ok);
    for _ in 0..1_000 {
        source.give(vec![b'x'; 10_000]);
    }
    source.end();
    client.window = 0;
    client.send(get("/"));
    assert_eq!(source.parts_left(), 1_001 - 7);
    assert!(client.connection.buffered() < 128 * 1024);
    client.read(10_000_000_000);
    assert_eq!(client.expect_one(200).body.len(), 10_000_000);
}

#[test]
fn part_of_an_iterator_leaves_before_the_next_is_made() {
    let made = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&made);
    let mut client = Client::with_application(move |_| {
        let counter = Arc::clone(&counter);
        ok().with_parts((0..3).map(move |_| {
            *counter.lock().unwrap() += 1;
            Ok("part")
        }))
    });
    client.window = 0;
    client.send(get("/"));
    assert_eq!(*made.lock().unwrap(), 1);
    client.read(1_000);
    assert_eq!(client.expect_one(200).text(), "partpartpart");
    assert_eq!(client.writes.len(), 4, "the head with the first part, and the end by itself");
}

/// The rest of a large part may be small, but holds all of its memory.
#[test]
fn large_part_has_left_before_the_next_one_is_asked_for() {
    let (mut client, source) = client_and_source(ok);
    client.window = 0;
    source.give(vec![b'x'; 1_000_000]).give(vec![b'y'; 1_000_000]).end();
    client.send(get("/"));
    for _ in 0..50 {
        client.read(50_000);
        let held = client.connection.buffered();
        assert!(held < 1_100_000, "{held}");
    }
    assert_eq!(client.expect_one(200).body.len(), 2_000_000);
}

#[test]
fn large_parts_are_never_copied() {
    let shared: Arc<[u8]> = vec![b'x'; 100_000].into();
    let address = shared.as_ptr();
    let source = Source::default();
    let body = source.clone();
    let mut client = Client::with_application(move |_| ok().with_streamed_body(body.clone()));
    client.window = 0;
    source.give(Arc::clone(&shared));
    client.send(get("/"));
    let slices = client.connection.write_slices();
    assert!(slices.iter().any(|slice| slice.as_ptr() == address && slice.len() == 100_000));
    source.end();
    client.read(1 << 20);
    assert_eq!(client.expect_one(200).body.len(), 100_000);
    assert_eq!(Arc::strong_count(&shared), 1);
}

/// The application's time doesn't count for the client.
#[test]
fn source_may_take_its_time() {
    let (mut client, source) = client_and_source(ok);
    client.send(get("/"));
    for _ in 0..100 {
        source.give("tick ");
        client.run();
        client.advance(100 * SECOND);
        assert!(!client.is_closed);
    }
    source.end();
    client.run();
    assert_eq!(client.expect_one(200).body.len(), 500);
}

/// Even if the parts come slowly, a reader has its grace period only once.
#[test]
fn reader_cannot_stretch_its_time_between_parts() {
    let (mut client, source) = client_and_source(ok);
    client.send(get("/"));
    client.window = 0;
    source.give("tick ");
    client.run();
    let mut waited = Duration::ZERO;
    while !client.is_closed {
        client.advance(10 * SECOND);
        waited += 10 * SECOND;
        // It reads one byte, so that only a little of the part is left.
        client.read(1);
        if client.waits_for == Some(Step::Produce) {
            source.give("t");
            client.window = 0;
            client.run();
        }
        assert!(waited <= 60 * SECOND);
    }
}

#[test]
fn pipelined_request_waits_for_the_end_of_the_answer() {
    let (mut client, source) = client_and_source(ok);
    source.give("one");
    client.send(get("/").repeat(2));
    assert_eq!(client.methods.len(), 1);
    source.end();
    source.give("two").end();
    client.run();
    client.expect(&[(200, "one"), (200, "two")]);
}

#[test]
fn graceful_shutdown_lets_an_answer_end() {
    let (mut client, source) = client_and_source(ok);
    source.give("one");
    client.send(get("/"));
    client.connection.graceful_shutdown();
    client.run();
    assert_eq!(client.waits_for, Some(Step::Produce));
    source.end();
    client.run();
    client.expect(&[(200, "one")]);
    assert!(client.has_shut_down || client.is_closed);
}

#[test]
fn cut_by_the_transport_ends_the_connection() {
    let (mut client, source) = client_and_source(ok);
    source.give("one");
    client.send(get("/"));
    client.connection.cut();
    client.run();
    assert!(client.is_closed && !client.is_reset);
}

#[test]
fn iterator_may_fail() {
    let parts = || [Ok("tea"), Err(io::Error::other("no cake"))];
    let mut client = Client::with_application(move |_| ok().with_parts(parts()));
    client.send(get("/"));
    assert!(client.is_closed);
    assert_eq!(client.body_errors, ["no cake"]);
}

#[test]
fn silent_connection_keeps_its_size() {
    let mut client = Client::with_application(|_| ok().with_parts([Ok("tea")]));
    client.send(get("/")).expect(&[(200, "tea")]);
    assert!(client.connection.detach_buffer().is_some());
    assert_eq!(client.connection.buffered(), 0);
    assert_eq!(config(), config());
}

/// An empty body that panics when it is dropped.
struct Unclosable;

impl Body for Unclosable {
    fn poll_part(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        Poll::Ready(None)
    }
}

impl Drop for Unclosable {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("no tea"));
    }
}

#[test]
fn panic_of_a_body_that_is_dropped_ends_no_connection() {
    for method in ["GET", "HEAD"] {
        let mut client = Client::with_application(|_| ok().with_streamed_body(Unclosable));
        client.send(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n").repeat(3));
        client.expect(&[(200, ""); 3]);
    }
    // The connection replaces the response.
    let mut client = Client::with_application(|_| ok().with_streamed_body(Unclosable));
    client.send(get("/") + "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    client.expect(&[(200, ""), (501, "501 Not Implemented: no tunnels here\n")]);
}
