//! Pipelining (RFC 9112 section 9.3.2).

use std::cell::Cell;
use std::rc::Rc;

use h1events_server::{Activity, Diagnostic, Response, Step};

use crate::support::{Client, SECOND, Source, config, get};

fn many(n: usize) -> String {
    (0..n).map(|i| get(&format!("/{i}"))).collect()
}

/// 9112-9.3.2-1: answers are sent in the order of the requests, with any cut.
#[test]
fn answers_keep_order_of_requests() {
    for n in [1, 2, 100] {
        for read_size in [1, 7, 100, usize::MAX] {
            let mut client = Client::new();
            client.read_size = read_size;
            client.send(many(n));
            let answers = client.answers();
            assert_eq!(answers.len(), n);
            for (i, answer) in answers.iter().enumerate() {
                assert_eq!((answer.status, answer.text()), (200, &*format!("GET /{i}")));
            }
        }
    }
}

/// Up to 32 answers leave in one write.
#[test]
fn answers_are_batched() {
    let mut client = Client::new();
    client.send(many(100));
    assert_eq!(client.answers().len(), 100);
    assert_eq!(client.writes.len(), 4, "32 + 32 + 32 + 4");
}

/// As soon as 64 KiB wait, they are written before the next request is handled.
#[test]
fn batches_are_bounded_by_size() {
    let handled = Rc::new(Cell::new(0));
    let count = Rc::clone(&handled);
    let mut client = Client::with_application(move |_| {
        count.set(count.get() + 1);
        Response::new(200).with_body(vec![b'x'; 10_000])
    });
    client.window = 0;
    client.send(many(20));
    assert_eq!(handled.get(), 7, "seven times 10,000 are more than 64 KiB");
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    client.read(usize::MAX);
    assert_eq!(client.answers().len(), 20);
}

/// 9112-9.3.2-2: flow control holds unanswered requests back: the connection isn't read.
#[test]
fn nothing_is_read_while_answers_wait() {
    let mut client = Client::new();
    client.window = 10;
    client.send(get("/1")).send(get("/2"));
    assert_eq!(client.sent.len(), 10);
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    client.read(usize::MAX).expect(&[(200, "GET /1"), (200, "GET /2")]);
}

/// A small answer leaves in one write, and a large body in the same write as its head.
#[test]
fn answer_is_one_write() {
    for len in [0, 100, 16 * 1024, 200_000] {
        let mut client =
            Client::with_application(move |_| Response::new(200).with_body(vec![b'x'; len]));
        client.send(get("/"));
        assert_eq!(client.answers()[0].body.len(), len);
        assert_eq!(client.writes.len(), 1);
    }
}

/// ERR-2: complete requests before a faulty one are answered, in order, in the same write.
#[test]
fn error_comes_after_answers_before_it() {
    let mut client = Client::new();
    client.send(get("/1") + "GET  / HTTP/1.1\r\nHost: a\r\n\r\n" + &get("/3"));
    let answers = client.answers();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 400]);
    assert_eq!(client.writes.len(), 1);
    client.expect_shutdown();
}

/// The interim response comes between the answers to the requests before and after it.
#[test]
fn continue_keeps_its_place() {
    let mut client = Client::new();
    client.send(
        get("/1")
            + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
    );
    client.expect(&[(200, "GET /1"), (100, "")]);
    client.send("x").expect(&[(200, "POST /2 x")]);
}

/// The transport expects that the handler takes long.
#[test]
fn answers_before_a_request_can_be_written_first() {
    let mut client = Client::streaming(config());
    client.window = 50;
    client.send(format!("{}{}{}", get("/1"), get("/2"), get("/3")));
    assert!(!client.connection.is_last_request());
    client.respond(Response::text("one"));
    client.respond(Response::text("two"));
    assert_eq!(client.connection.unsent_answers(), 2);
    assert!(client.connection.is_last_request());
    assert_eq!(client.connection.activity(), Activity::Handling);
    client.connection.write_first();
    client.run();
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    assert!(matches!(client.connection.activity(), Activity::Sending { .. }));
    client.read(1_000).expect(&[(200, "one"), (200, "two")]);
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert_eq!(client.connection.request().path(), b"/3");
    client.advance(1_000 * SECOND);
    client.respond(Response::text("three")).expect(&[(200, "three")]);
    assert_eq!(client.connection.unsent_answers(), 0);
    assert_eq!(client.diagnostics, []);
}

/// The client couldn't use the answer either.
#[test]
fn client_that_does_not_read_what_is_written_first_is_ended() {
    let mut client = Client::streaming(config());
    client.window = 0;
    client.send(format!("{}{}", get("/1"), get("/2")));
    client.respond(Response::text("one"));
    client.connection.write_first();
    client.run();
    client.advance(21 * SECOND);
    assert_eq!(client.diagnostics, [Diagnostic::WriteTimeout]);
    assert!(client.is_closed);
}

/// They leave while the application works, if the transport wants it.
#[test]
fn answers_before_a_request_can_be_written_while_it_is_handled() {
    let mut client = Client::streaming(config());
    client.window = 0;
    client.send(format!("{}{}", get("/1"), get("/2")));
    client.respond(Response::text("one"));
    let request = client.connection.take_request();
    client.connection.write_first();
    client.run();
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    // Its place may go to a newcomer.
    assert!(matches!(client.connection.activity(), Activity::Sending { .. }));
    client.read(1_000).expect(&[(200, "one")]);
    assert_eq!(client.connection.activity(), Activity::Handling);
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert_eq!(request.as_request().path(), b"/2");
    client.connection.put_request_back(request);
    client.respond(Response::text("two")).expect(&[(200, "two")]);
}

#[test]
fn only_the_answers_before_one_request_are_written_first() {
    let mut client = Client::streaming(config());
    client.window = 0;
    client.send(get("/").repeat(3));
    client.respond(Response::text("one"));
    client.connection.write_first();
    client.respond(Response::text("two"));
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert_eq!(client.connection.unsent_answers(), 2);
}

#[test]
fn streamed_answer_is_an_unsent_one() {
    let mut client = Client::streaming(config());
    client.send(get("/").repeat(2));
    let source = Source::default();
    source.give("tea").end();
    client.respond(Response::new(200).with_streamed_body(source));
    assert_eq!(client.connection.unsent_answers(), 1);
}

/// Its end adds nothing to the bytes that have been written.
#[test]
fn streamed_answer_with_a_length_is_sent_with_its_last_byte() {
    let mut client = Client::streaming(config());
    client.send(get("/").repeat(2));
    let source = Source::with_length(3);
    source.give("tea");
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    source.end();
    client.run();
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert_eq!(client.connection.unsent_answers(), 0);
}
