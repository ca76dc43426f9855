//! A connection asks for memory beyond that of a small request before it takes it.

use std::sync::Arc;
use std::time::Instant;

use h1events_server::{BodyState, Connection, Diagnostic, Peer, Response, SMALL, Step};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Client, SECOND, Source, config, get, time_of_day};

fn bodiless() -> Client {
    Client::with_application(|_| Response::new(204))
}

/// Returns a client of a server without free memory.
fn without_memory() -> Client {
    let mut client = bodiless();
    client.has_memory = false;
    client
}

fn with_length(len: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n{}", "x".repeat(len))
}

fn chunked(chunks: &[usize], trailers: &str) -> String {
    let mut request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    for len in chunks {
        request += &format!("{len:x}\r\n{}\r\n", "x".repeat(*len));
    }
    request + "0\r\n" + trailers + "\r\n"
}

fn is_short_of_memory(client: &Client) -> bool {
    matches!(client.waits_for, Some(Step::Allocate { .. }))
}

#[test]
fn large_body_asks_before_it_takes_memory() {
    for request in [with_length(100_000), chunked(&[100_000], ""), chunked(&[1_000; 100], "")] {
        let mut client = without_memory();
        client.send(&request);
        let mut allowance = SMALL;
        let mut asked = 0;
        while is_short_of_memory(&client) {
            assert!(client.connection.buffered() <= allowance);
            // A second step changes nothing.
            let before = client.connection.buffered();
            client.run();
            assert_eq!(client.connection.buffered(), before);
            let bytes = client.allocate();
            assert!(bytes > allowance, "{bytes} after {allowance}");
            allowance = bytes;
            asked += 1;
        }
        client.expect(&[(204, "")]);
        assert!((1..=4).contains(&asked), "{asked}");
        assert!(allowance < 200_000, "{allowance}");
    }
}

#[test]
fn head_over_several_reads_asks_before_it_takes_memory() {
    let fields = "X: y\r\n".repeat(100) + &format!("A: {}\r\n", "a".repeat(500)).repeat(26);
    let mut client = without_memory();
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    assert!(is_short_of_memory(&client));
    assert!(client.connection.buffered() <= SMALL);
    let bytes = client.allocate();
    client.expect(&[(204, "")]);
    assert!(bytes < 100_000, "{bytes}");
}

#[test]
fn line_longer_than_the_buffer_asks_before_it_takes_memory() {
    let mut client = without_memory();
    let line = "a".repeat(16_000);
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\nA: {line}"));
    assert!(is_short_of_memory(&client));
    assert!(client.connection.buffered() <= SMALL);
    client.allocate();
    client.send("\r\n\r\n").expect(&[(204, "")]);
}

#[test]
fn small_request_never_asks() {
    let fields = format!("X: {}\r\n", "x".repeat(100)).repeat(30);
    for request in [
        with_length(5_000),
        chunked(&[100; 40], "T: t\r\nU: u\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"),
    ] {
        let mut client = without_memory();
        client.send(&request).expect(&[(204, "")]);
    }
}

#[test]
fn pipelined_small_requests_never_ask() {
    let mut client = Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 1_000]));
    client.has_memory = false;
    let mut requests = String::new();
    for n in 0..1_000 {
        requests += &get(&format!("/{}", "a".repeat(n)));
        requests += &with_length(n);
        requests += &chunked(&[n / 2 + 1; 2], "T: t\r\n");
    }
    client.send(requests);
    assert_eq!(client.new_answers().len(), 3_000);
    // All at once, and the connection asks for no memory.
    assert!(client.asked.is_empty());
}

#[test]
fn allowance_ends_with_the_answer() {
    let mut client = bodiless();
    client.send(with_length(1_000_000) + "GET / HTTP/1.1\r\n").expect(&[(204, "")]);
    assert!(client.asked.last().is_some_and(|&bytes| bytes > 1_000_000));
    // The next request has begun, so that the buffer can't be detached.
    assert!(client.connection.detach_buffer().is_none());
    assert!(client.connection.reserved() < 64 * 1024, "{}", client.connection.reserved());
}

#[test]
fn time_of_the_client_stands_still_without_memory() {
    let request = with_length(100_000);
    let mut client = without_memory();
    // The head, and the body of the largest small request.
    client.send(&request[..2_000]);
    let before = client.deadline();
    client.send(&request[2_000..50_000]);
    let mut pauses = 0;
    while is_short_of_memory(&client) {
        // The transport may take a step at any time.
        for _ in 0..10 {
            client.advance(100 * SECOND);
            assert!(is_short_of_memory(&client));
        }
        client.allocate();
        pauses += 1;
    }
    let earned = 48_000 / config().body_data_rate.bytes_per_second;
    let most = 60.min(20 + earned);
    let moved = client.deadline() - before;
    assert!(pauses >= 1);
    // The client gets pauses back, and bytes earn time, up to a minute in all.
    assert!(moved >= 1_000 * SECOND * pauses, "{moved:?}");
    assert!(moved <= 1_000 * SECOND * pauses + SECOND * most, "{moved:?}");
    client.advance_to_close();
    client.expect_one(408);
}

#[test]
fn deadline_of_a_head_moves_by_its_pauses() {
    let mut client = without_memory();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n");
    assert_eq!(client.deadline(), 30 * SECOND);
    client.advance(10 * SECOND);
    client.send(format!("A: {}", "a".repeat(10_000)));
    for _ in 0..3 {
        client.advance(1_000 * SECOND);
    }
    client.allocate();
    assert_eq!(client.deadline(), 3_030 * SECOND);
    assert_eq!(client.advance_to_close(), 20 * SECOND + 5 * SECOND);
    client.expect_one(408);
}

#[test]
fn time_for_a_body_does_not_grow_by_a_pause_of_its_head() {
    let mut client = without_memory();
    let fields = format!("A: {}\r\n", "a".repeat(75)).repeat(98);
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{fields}\r\n"));
    assert!(is_short_of_memory(&client));
    let later = client.now() + 1_000 * SECOND;
    client.connection.set_allowance(100_000);
    assert_eq!(client.connection.step(later), Step::Read { deadline: later + 20 * SECOND });
}

/// Nothing more is read.
#[test]
fn head_whose_input_has_ended_needs_no_memory() {
    let mut client = without_memory();
    let line = format!("GET /{}", "a".repeat(8 * 1024 - 5));
    client.send(&line);
    assert!(is_short_of_memory(&client));
    let mut client = without_memory();
    client.send_and_end(&line).expect_one(400);
}

#[test]
fn refused_body_gets_503_and_the_close() {
    let mut client = without_memory();
    client.send(get("/first") + &with_length(1_000_000) + &get("/never"));
    client.expect(&[(204, "")]);
    assert!(is_short_of_memory(&client));
    client.connection.refuse_body(client.now());
    client.run();
    client.expect_one(503);
    client.expect_shutdown();
    assert_eq!(client.diagnostics, [Diagnostic::OutOfMemory]);
    client.end();
    assert!(client.is_closed);
}

/// The head isn't parsed, but its method is known.
#[test]
fn refused_head_request_gets_no_content() {
    let fields = format!("A: {}\r\n", "a".repeat(75)).repeat(98);
    for start in ["", "\r\n"] {
        let mut client = without_memory();
        client.methods.push("HEAD".to_owned());
        client.send(format!("{start}HEAD / HTTP/1.1\r\nHost: a\r\n{fields}"));
        assert!(is_short_of_memory(&client));
        client.connection.refuse_body(client.now());
        client.run();
        client.expect(&[(503, "")]).expect_shutdown();
    }
}

/// It reads less at once.
#[test]
fn streamed_body_goes_on_without_memory() {
    let mut client = Client::streaming(config());
    client.has_memory = false;
    client.send(with_length(1_000_000));
    let mut taken = 0;
    loop {
        let (content, state) = client.read_body();
        taken += content.len();
        assert!(client.connection.buffered() <= SMALL);
        if state == BodyState::End {
            break;
        }
        assert!(is_short_of_memory(&client) && client.connection.can_decline_memory());
        client.connection.decline_memory();
    }
    assert_eq!(taken, 1_000_000);
}

#[test]
fn memory_is_not_declined_unless_input_is_wanted_during_the_answer() {
    let mut client = Client::streaming(config());
    client.has_memory = false;
    client.send(with_length(1_000_000));
    while !is_short_of_memory(&client) {
        client.read_body();
    }
    assert!(!client.connection.wants_input());
    client.run();
    assert!(is_short_of_memory(&client));
}

/// A body is read into as much space as it fills, and what follows it isn't.
#[test]
fn body_that_is_given_up_takes_no_more_memory() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n";
    for is_cut in [false, true] {
        let mut client = Client::streaming(config());
        client.read_size = 4_000;
        client.send(get("/") + head);
        client.respond(Response::new(200));
        let source = Source::default();
        client.respond(Response::new(200).with_streamed_body(source.clone()));
        match is_cut {
            true => client.connection.cut(),
            false => drop(source.give("tea").end()),
        }
        client.send(vec![b'x'; 300_000]);
        assert!(client.connection.is_lingering());
        client.read_size = usize::MAX;
        client.send(vec![b'x'; 1_000_000]);
        assert!(client.connection.buffered() <= SMALL, "{is_cut}");
    }
}

#[test]
fn collected_body_cannot_go_on_without_memory() {
    let mut client = without_memory();
    client.send(with_length(100_000));
    assert!(is_short_of_memory(&client) && !client.connection.can_decline_memory());
    client.connection.decline_memory();
    client.run();
    assert!(is_short_of_memory(&client));
}

#[test]
fn grown_buffer_is_not_kept_when_it_is_detached() {
    let line = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n", "a".repeat(16_000));
    for request in [with_length(1_000_000), chunked(&[20_000], ""), line] {
        let mut client = bodiless();
        client.send(&request).expect(&[(204, "")]);
        assert!(client.connection.buffered() > SMALL);
        let buffer = client.connection.detach_buffer().expect("all is answered");
        assert_eq!((client.connection.buffered(), client.connection.reserved()), (0, 0));
        let mut other =
            Connection::new(Arc::new(config()), Peer::Local, Instant::now(), time_of_day);
        other.attach_buffer(buffer);
        assert!(other.buffered() < SMALL, "{}", other.buffered());
        assert_eq!(other.reserved(), SMALL);
    }
}

/// Returns a request of any shape up to the limits, as bytes.
fn request() -> impl Strategy<Value = String> {
    let line = prop_oneof![8 => 0..200_usize, 1 => 0..16_000_usize];
    let body = prop_oneof![
        (0..300_000_usize).prop_map(|len| {
            let request = with_length(len);
            request.split_once("Host: a\r\n").expect("it has a Host").1.to_owned()
        }),
        (vec(1..40_000_usize, 0..10), vec(0..100_usize, 0..32)).prop_map(|(chunks, trailers)| {
            let trailers: String =
                trailers.iter().map(|&len| format!("T: {}\r\n", "t".repeat(len))).collect();
            let request = chunked(&chunks, &trailers);
            request.split_once("Host: a\r\n").expect("it has a Host").1.to_owned()
        }),
    ];
    (vec(line, 0..120), body).prop_map(|(lines, body)| {
        let mut request = "POST / HTTP/1.1\r\nHost: a\r\n".to_owned();
        for len in lines {
            let line = format!("A: {}\r\n", "a".repeat(len));
            if request.len() + line.len() < 64_000 {
                request += &line;
            }
        }
        request + &body
    })
}

proptest! {
    #[test]
    fn memory_never_exceeds_the_allowance(
        request in request(),
        cuts in vec(1..20_000_usize, 1..20),
        read_size in prop_oneof![Just(usize::MAX), 1..9_000_usize],
    ) {
        let mut client = without_memory();
        client.read_size = read_size;
        let mut allowance = SMALL;
        let mut rest = request.as_bytes();
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.len().min(*cuts.next().unwrap_or(&1)));
            rest = later;
            client.send(piece);
            while is_short_of_memory(&client) {
                prop_assert!(client.connection.buffered() <= allowance);
                let bytes = client.allocate();
                prop_assert!(bytes > allowance, "{} after {}", bytes, allowance);
                allowance = bytes;
            }
            if !client.methods.is_empty() {
                // An answer is always buffered.
                break;
            }
            let buffered = client.connection.buffered();
            prop_assert!(buffered <= allowance, "{} of {}", buffered, allowance);
        }
        client.expect(&[(204, "")]);
        prop_assert!(allowance <= SMALL.max(2 * request.len() + 128 * 1024), "{}", allowance);
    }
}
