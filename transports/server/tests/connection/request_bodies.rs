//! Bodies of requests that the application reads as they come.

use std::task::Poll;

use h1events_server::{
    Activity, BodyState, Config, Diagnostic, MinDataRate, RequestBodyError, Response, Step,
};

use crate::support::{Client, SECOND, Source, config, get};

fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const EXPECTS: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";

fn ok() -> Response {
    Response::new(200)
}

#[test]
fn request_is_handed_over_at_the_end_of_its_head() {
    let mut client = Client::streaming(config());
    client.send(&post("tea")[..post("tea").len() - 3]);
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert_eq!(client.connection.request().path(), b"/");
    assert_eq!(client.read_body(), (vec![], BodyState::Pending));
    client.send("te");
    assert_eq!(client.read_body(), (b"te".to_vec(), BodyState::Pending));
    client.send("a");
    assert_eq!(client.read_body(), (b"a".to_vec(), BodyState::End));
    client.respond(ok()).expect(&[(200, "")]);
    assert!(client.connection.is_silent());
}

#[test]
fn request_without_a_body_is_at_its_end() {
    let mut client = Client::streaming(config());
    client.send(get("/"));
    assert_eq!(client.read_body(), (vec![], BodyState::End));
    client.respond(ok()).expect(&[(200, "")]);
}

/// Cut at every byte, in both framings, with a request after it.
#[test]
fn body_is_the_same_however_it_is_cut() {
    let chunked = format!("{CHUNKED}3\r\ntea\r\n6;x=y\r\n and c\r\n3\r\nake\r\n0\r\nX: y\r\n\r\n");
    for request in [post("tea and cake"), chunked] {
        let bytes = format!("{request}{}", get("/next"));
        for cut in 1..bytes.len() {
            let mut client = Client::streaming(config());
            client.send(&bytes[..cut]);
            let mut content = Vec::new();
            if client.waits_for == Some(Step::Handle) {
                content = client.read_body().0;
            }
            client.send(&bytes[cut..]);
            let (rest, state) = client.read_body();
            assert_eq!(state, BodyState::End, "{cut}");
            content.extend(rest);
            assert_eq!(content, b"tea and cake", "{cut}");
            client.respond(ok());
            assert_eq!(client.connection.request().path(), b"/next", "{cut}");
            client.respond(ok()).expect(&[(200, ""), (200, "")]);
        }
    }
}

#[test]
fn trailers_come_with_the_end() {
    let mut client = Client::streaming(config());
    client.send(format!("{CHUNKED}3\r\ntea\r\n0\r\nDigest: x\r\nB: c\r\n\r\n"));
    assert_eq!(client.read_body(), (b"tea".to_vec(), BodyState::End));
    let trailers = client.connection.body_trailers().expect("they have come");
    let names: Vec<_> = trailers.fields().map(|field| field.name).collect();
    assert_eq!(names, [b"Digest".as_slice(), b"B"]);
}

#[test]
fn content_can_be_taken_octet_by_octet() {
    let mut client = Client::streaming(config());
    client.send(format!("{CHUNKED}3\r\ntea\r\n"));
    client.connection.want_body();
    client.run();
    for rest in ["tea", "ea", "a"] {
        assert_eq!(client.connection.body_state(), BodyState::Content(rest.as_bytes()));
        client.connection.consume_body(1);
    }
    assert_eq!(client.connection.body_state(), BodyState::Pending);
}

#[test]
fn trailers_belong_to_their_request() {
    let mut client = Client::streaming(config());
    client.send(format!("{CHUNKED}0\r\nDigest: x\r\n\r\n"));
    assert_eq!(client.read_body().1, BodyState::End);
    client.respond(ok()).send(get("/"));
    assert!(client.connection.body_trailers().is_none());
}

#[test]
fn nothing_is_read_that_nobody_wants() {
    let mut client = Client::streaming(config());
    client.send(post(&"x".repeat(100_000)));
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert!(client.connection.buffered() < 16 * 1024);
    client.advance(1_000 * SECOND);
    assert_eq!(client.connection.activity(), Activity::Handling);
    let (content, state) = client.read_body();
    assert_eq!((content.len(), state), (100_000, BodyState::End));
    client.respond(ok()).expect(&[(200, "")]);
}

#[test]
fn next_content_is_read_when_it_is_wanted() {
    let mut client = Client::streaming(config());
    client.send(&post("tea")[..post("tea").len() - 3]);
    assert_eq!(client.read_body().1, BodyState::Pending);
    client.send("te");
    assert_eq!(client.read_body_once(), 2);
    client.send("a");
    assert_eq!(client.waits_for, Some(Step::Handle));
    assert_eq!(client.connection.body_state(), BodyState::Pending);
}

/// `limits.content` is for bodies that are collected.
#[test]
fn body_may_have_any_length_and_takes_little_memory() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000000\r\n\r\n");
    for _ in 0..100 {
        client.send(vec![b'x'; 100_000]);
        let (content, state) = client.read_body();
        assert_eq!((content.len(), state), (100_000, BodyState::Pending));
        assert!(client.connection.buffered() <= 272 * 1024, "{}", client.connection.buffered());
    }
}

#[test]
fn continue_is_sent_when_the_body_is_wanted() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS).expect(&[]);
    assert_eq!(client.read_body(), (vec![], BodyState::Pending));
    client.expect(&[(100, "")]);
    client.send("tea");
    assert_eq!(client.read_body(), (b"tea".to_vec(), BodyState::End));
    client.respond(ok()).expect(&[(200, "")]);
    assert!(client.connection.is_silent());
}

/// 9110-10.1.1: the client may send its body or not, so the connection can't go on.
#[test]
fn answer_without_a_look_at_the_body_sends_no_continue_and_closes() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS).respond(Response::new(417)).expect(&[(417, "")]);
    client.expect_shutdown();
}

#[test]
fn short_unread_body_is_thrown_away_and_the_connection_goes_on() {
    for body in [post(&"x".repeat(100_000)), format!("{CHUNKED}3\r\ntea\r\n0\r\n\r\n")] {
        let head = body.find("\r\n\r\n").unwrap() + 4;
        for split in [head, head + 2, body.len() - 1] {
            let mut client = Client::streaming(config());
            client.send(&body[..split]).respond(Response::new(403));
            client.expect(&[(403, "")]);
            assert!(!client.has_shut_down);
            client.send(&body[split..]).send(get("/"));
            client.respond(ok()).expect(&[(200, "")]);
        }
    }
}

#[test]
fn long_unread_body_closes_the_connection() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nx");
    client.respond(Response::new(413)).expect(&[(413, "")]);
    client.expect_shutdown();
    // Input is read meanwhile, so that the client sees the answer.
    client.send(vec![b'x'; 1_000_000]);
    assert!(!client.is_closed);
    client.end();
    assert!(client.is_closed);

    // Nobody knows how long this one is.
    let mut client = Client::streaming(config());
    client.send(CHUNKED).respond(Response::new(413));
    assert_eq!(client.new_answers()[0].field("connection"), None);
    for _ in 0..20 {
        client.send("4000\r\n").send("x".repeat(0x4000)).send("\r\n");
    }
    assert!(client.has_shut_down);
}

#[test]
fn slow_body_fails_for_the_application() {
    let mut client = Client::streaming(config());
    client.send(&post("tea")[..post("tea").len() - 1]);
    assert_eq!(client.read_body().1, BodyState::Pending);
    client.advance(25 * SECOND);
    let failed = BodyState::Failed(RequestBodyError::TimedOut);
    assert_eq!(client.read_body(), (vec![], failed));
    assert_eq!(client.diagnostics, [Diagnostic::BodyTimeout]);
    client.respond(RequestBodyError::TimedOut.into());
    let answer = client.expect_one(408);
    assert_eq!(answer.text(), "408 Request Timeout: the body of the request came too slowly\n");
    client.expect_shutdown();
}

/// The client's time runs only while the application waits for it, and no byte starts it anew.
#[test]
fn drips_do_not_stretch_the_time_for_a_body() {
    let mut config = Config::new();
    config.body_data_rate = MinDataRate::new(20 * SECOND, 500);
    let mut client = Client::streaming(config);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    let mut seconds = 0;
    loop {
        let (_, state) = client.read_body();
        if let BodyState::Failed(_) = state {
            break;
        }
        client.advance(SECOND);
        seconds += 1;
        client.send("x");
        let _ = client.read_body_once();
        // The application works for a long time.
        client.advance(1_000 * SECOND);
        assert!(seconds < 30);
    }
    assert!(seconds >= 19, "{seconds}");
}

#[test]
fn malformed_body_fails_for_the_application() {
    let mut client = Client::streaming(config());
    client.send(format!("{CHUNKED}3\r\nteaX"));
    let (content, state) = client.read_body();
    assert_eq!(content, b"tea");
    let BodyState::Failed(RequestBodyError::Refused(error)) = state else { panic!("{state:?}") };
    assert_eq!(RequestBodyError::Refused(error).status(), 400);
    client.respond(RequestBodyError::Refused(error).into()).expect_one(400);
    client.expect_shutdown();
}

#[test]
fn end_of_input_within_the_body_fails_for_the_application() {
    let mut client = Client::streaming(config());
    client.send_and_end(&post("tea")[..post("tea").len() - 1]);
    let failed = BodyState::Failed(RequestBodyError::UnexpectedEnd);
    assert_eq!(client.read_body(), (b"te".to_vec(), failed));
    client.respond(ok());
    client.expect_one(200);
    assert!(client.has_shut_down || client.is_closed);
}

#[test]
fn request_can_be_taken_while_its_body_is_read() {
    let mut client = Client::streaming(config());
    client.send(format!("{CHUNKED}3\r\ntea\r\n"));
    let request = client.connection.take_request();
    assert_eq!(client.read_body(), (b"tea".to_vec(), BodyState::Pending));
    client.send("0\r\n\r\n");
    assert_eq!(client.read_body(), (vec![], BodyState::End));
    assert_eq!(request.as_request().method(), "POST");
    client.connection.put_request_back(request);
    client.respond(ok()).expect(&[(200, "")]);
}

#[test]
fn activity_says_for_whom_the_connection_waits() {
    let mut client = Client::streaming(config());
    let head = post("tea");
    client.send(&head[..head.len() - 3]);
    assert_eq!(client.connection.activity(), Activity::Handling);
    let _ = client.read_body();
    assert!(matches!(client.connection.activity(), Activity::Receiving { .. }));
    client.send("tea");
    assert_eq!(client.connection.activity(), Activity::Handling);
}

#[test]
fn protocols_are_not_switched_within_a_body() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nUpgrade: x\r\n\
                Connection: upgrade\r\n\r\n";
    let mut client = Client::streaming(config());
    client.send(head).respond(Response::upgrade("x"));
    client.expect_one(500);
    client.expect_shutdown();

    let mut client = Client::streaming(config());
    client.send(head).send("teaTEA");
    assert_eq!(client.read_body(), (b"tea".to_vec(), BodyState::End));
    client.respond(Response::upgrade("x"));
    assert!(client.is_upgraded);
    assert_eq!(client.connection_parts().1, b"TEA");
}

#[test]
fn lack_of_memory_fails_for_the_application() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    client.has_memory = false;
    client.send(vec![b'x'; 500_000]);
    let (content, _) = client.read_body();
    assert!(!content.is_empty() && content.len() < 100_000);
    assert!(matches!(client.waits_for, Some(Step::Allocate { .. })));
    client.advance(1_000 * SECOND);
    client.connection.refuse_body(client.now());
    client.run();
    let failed = BodyState::Failed(RequestBodyError::OutOfMemory);
    assert_eq!(client.connection.body_state(), failed);
    client.respond(RequestBodyError::OutOfMemory.into()).expect_one(503);
}

/// Like a thread that waits in the source: the connection reads while the source is asked for a part.
#[test]
fn body_is_read_while_that_of_the_answer_is_asked_for_a_part() {
    let mut client = Client::streaming(config());
    client.send(&post("tea")[..post("tea").len() - 3]);
    let source = Source::default();
    source.give("first");
    client.respond(ok().with_streamed_body(source.clone()));
    let body = client.connection.take_body();
    let now = client.now();
    let connection = &mut client.connection;
    connection.want_body();
    assert!(matches!(connection.step(now), Step::Read { .. }));
    connection.read_space()[..3].copy_from_slice(b"tea");
    connection.advance_read(3);
    assert_eq!(connection.step(now), Step::Produce);
    assert_eq!(connection.body_state(), BodyState::Content(b"tea"));
    connection.put_body_back(body, Poll::Pending).unwrap();
}

/// The transport takes octets before the application does.
#[test]
fn body_that_the_transport_holds_counts_as_buffered() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    assert_eq!(client.read_body().1, BodyState::Pending);
    let before = client.connection.buffered();
    client.connection.hold_body(60_000);
    assert_eq!(client.connection.buffered(), before + 60_000);
    assert!(client.connection.reserved() >= before + 60_000);
    client.connection.hold_body(0);
    assert_eq!(client.connection.buffered(), before);
}

#[test]
fn request_that_the_application_holds_counts_as_buffered() {
    let mut client = Client::streaming(config());
    client.send(get(&"/a".repeat(1_000)));
    let before = client.connection.buffered();
    let request = client.connection.take_request();
    assert_eq!(client.connection.buffered(), before);
    client.connection.put_request_back(request);
    assert_eq!(client.connection.buffered(), before);
}

/// The answer depends on the request.
#[test]
fn request_that_is_put_back_is_answered() {
    let mut client = Client::streaming(config());
    client.send("HEAD / HTTP/1.0\r\n\r\n");
    let request = client.connection.take_request();
    assert_eq!(request.as_request().method(), "HEAD");
    client.connection.put_request_back(request);
    client.respond(Response::text("tea"));
    assert!(client.sent.ends_with(b"\r\n\r\n"), "{}", client.sent.escape_ascii());
    assert!(client.has_shut_down);
}

/// Reads up to `most` octets of a body at once, and returns where they are.
fn fill(client: &mut Client, most: usize, octet: u8) -> *const u8 {
    client.connection.want_body();
    client.run();
    let space = client.connection.read_space();
    let (at, len) = (space.as_ptr(), space.len().min(most));
    space[..len].fill(octet);
    client.connection.advance_read(len);
    client.run();
    at
}

#[test]
fn large_content_is_taken_without_a_copy() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    fill(&mut client, usize::MAX, b'1');
    assert!(client.connection.take_large_content().is_none());
    client.read_body_once();
    // The memory grows up to its largest size.
    let mut take = |octet| {
        let at = fill(&mut client, usize::MAX, octet);
        let content = client.connection.take_large_content().expect("much has come");
        assert_eq!(content.as_ptr(), at);
        content
    };
    (0..6).for_each(|_| drop(take(b'2')));

    let (first, second) = (take(b'3'), take(b'4'));
    assert!(first.iter().all(|octet| *octet == b'3'));
    assert!(second.iter().all(|octet| *octet == b'4'));
    let at = second.as_ptr();
    drop(second);
    assert_eq!(take(b'5').as_ptr(), at);
    // Less than a quarter would keep much more memory than it has octets.
    fill(&mut client, 60_000, b'6');
    assert!(client.connection.take_large_content().is_none());
}

#[test]
fn large_chunks_are_taken_one_by_one() {
    let mut client = Client::streaming(config());
    client.send(CHUNKED);
    let chunks: Vec<_> = (0..100).map(|n| vec![n; 70_000]).collect();
    let framed = chunks.iter().map(|chunk| [b"11170\r\n", &**chunk, b"\r\n"].concat());
    client.send(framed.collect::<Vec<_>>().concat());
    let (mut content, mut taken) = (Vec::new(), 0);
    loop {
        client.connection.want_body();
        client.run();
        if let Some(large) = client.connection.take_large_content() {
            content.extend_from_slice(&large);
            taken += large.len();
        } else if let BodyState::Content(small) = client.connection.body_state() {
            content.extend_from_slice(small);
            client.read_body_once();
        } else {
            break;
        }
    }
    assert!(content == chunks.concat());
    assert!(taken > content.len() / 2, "{taken}");
}

/// The connection reads on in other memory.
#[test]
fn content_without_a_copy_counts_with_all_memory_that_it_keeps() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    for _ in 0..7 {
        fill(&mut client, usize::MAX, b'x');
        client.read_body_once();
    }
    let len = 256 * 1024;
    fill(&mut client, len / 4, b'x');
    let source = Source::default();
    source.give(client.connection.take_large_content().expect("a quarter is much"));
    client.window = 0;
    client.respond(Response::new(200).with_streamed_body(source));
    assert!(client.connection.buffered() > 2 * len);
}
