//! Deadlines of streams (RFC 9112 section 9.5): the client's time runs while the connection waits for the
//! client, separately in each direction, and trickled bytes don't extend it.

use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use h1events_server::{BodyState, Diagnostic, RequestBodyError, Response, Step};

use crate::support::{Client, Echo, SECOND, Source, config, get};

const LARGE: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n";
const EXPECTS: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n";
const UNASKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
const HOUR: Duration = Duration::from_secs(3_600);

/// Sends a body of 60 kB in a minute to an application that reads it.
fn upload_for_a_minute(client: &mut Client) {
    for _ in 0..60 {
        assert_eq!(client.read_body().1, BodyState::Pending);
        client.advance(SECOND).send([b'x'; 1_000]);
    }
    assert_eq!(client.read_body().1, BodyState::End);
}

/// The client has its whole time to read the answer, though earlier bytes were written before.
#[test]
fn time_to_read_does_not_run_while_the_body_comes() {
    let pipelined = format!("{}{UNASKED}", get("/"));
    for requests in [EXPECTS, UNASKED, &pipelined] {
        let mut client = Client::streaming(config());
        client.send(requests);
        if requests == pipelined {
            client.respond(Response::new(200));
        }
        upload_for_a_minute(&mut client);
        client.window = 0;
        client.respond(Response::text("tea"));
        client.advance(19 * SECOND);
        assert!(!client.is_closed, "{requests}");
        client.advance(2 * SECOND);
        assert_eq!(client.diagnostics, [Diagnostic::WriteTimeout]);
    }
}

#[test]
fn time_to_read_does_not_run_while_the_application_thinks() {
    let mut client = Client::streaming(config());
    client.send(EXPECTS);
    assert_eq!(client.read_body().1, BodyState::Pending);
    client.send(vec![b'x'; 60_000]);
    assert_eq!(client.read_body().1, BodyState::End);
    client.advance(HOUR);
    client.window = 0;
    client.respond(Response::text("tea")).advance(19 * SECOND);
    assert!(!client.is_closed);
    client.advance(2 * SECOND);
    assert_eq!(client.diagnostics, [Diagnostic::WriteTimeout]);
}

/// The head of the answer has left; the rest comes after the body.
#[test]
fn time_to_read_does_not_run_while_the_body_comes_during_the_answer() {
    let mut client = Client::streaming(config());
    client.send(UNASKED);
    let source = Source::default();
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    upload_for_a_minute(&mut client);
    client.window = 0;
    source.give("tea").end();
    client.run();
    client.advance(19 * SECOND);
    assert!(!client.is_closed);
    client.read(usize::MAX).expect(&[(200, "tea")]);
}

/// Input that came in time counts, although the server couldn't write the earlier answers.
#[test]
fn time_for_the_body_does_not_run_while_the_client_reads() {
    let mut client = Client::streaming(config());
    client.send(LARGE);
    let mut echo = Echo::begin(&mut client);
    client.window = 0;
    client.send(vec![b'x'; 100_000]);
    echo.run(&mut client);
    for _ in 0..90 {
        client.advance(SECOND).read(1_000);
        echo.run(&mut client);
    }
    client.read(usize::MAX).send(vec![b'y'; 10_000]);
    echo.run(&mut client);
    assert_eq!(client.body_errors, [""; 0]);
    assert_eq!(echo.content.len(), 110_000);
}

/// The application has waited for the body, and then discards it.
#[test]
fn time_for_the_body_does_not_run_once_it_is_discarded() {
    for ticks in [0, 100] {
        let mut client = Client::streaming(config());
        client.send(UNASKED);
        let source = Source::default();
        client.respond(Response::new(200).with_streamed_body(source.clone()));
        assert_eq!(client.read_body().1, BodyState::Pending);
        client.advance(10 * SECOND);
        client.connection.discard_body();
        client.run();
        for _ in 0..ticks {
            client.advance(SECOND);
            source.give("tick");
            client.run();
        }
        client.advance(100 * SECOND);
        source.end();
        client.run();
        client.expect_one(200);
        client.send(vec![b'x'; 60_000]).send(get("/"));
        client.respond(Response::new(204)).expect(&[(204, "")]);
        assert_eq!(client.diagnostics, []);
    }
}

/// A body and an answer are two accounts, each of which has a grace period; together, they have a minute at
/// most.
#[test]
fn dripping_client_is_ended_during_an_echo() {
    for (begins_fast, most) in [(false, 45), (true, 62)] {
        for dripped in ["body", "answer", "both", "each as late as possible"] {
            let mut client = Client::streaming(config());
            client.send(LARGE);
            let mut echo = Echo::begin(&mut client);
            if begins_fast {
                client.send(vec![b'x'; 1_000_000]);
                echo.run(&mut client);
            }
            if dripped == "answer" {
                client.send(vec![b'x'; 200_000]);
            }
            if dripped != "body" {
                client.window = 0;
            }
            let mut seconds = 0;
            while !client.is_closed {
                let left = client.time_left().unwrap_or_default();
                match dripped {
                    "body" => drop(client.send("x")),
                    "answer" => drop(client.read(1)),
                    "both" => drop(client.send("x").read(1)),
                    _ if left > SECOND => {}
                    _ => match client.waits_for {
                        Some(Step::Write { .. }) => drop(client.read(100)),
                        _ => drop(client.send("x")),
                    },
                }
                echo.run(&mut client);
                client.advance(SECOND);
                echo.run(&mut client);
                seconds += 1;
                assert!(seconds <= most, "{dripped} {begins_fast}");
            }
        }
    }
}

/// The client alternately sends and reads a little faster than the rates: each direction waits for the other.
#[test]
fn client_that_keeps_both_rates_is_never_ended_during_an_echo() {
    let mut client = Client::streaming(config());
    client.send(LARGE);
    let mut echo = Echo::begin(&mut client);
    for _ in 0..600 {
        client.window = 0;
        client.send([b'x'; 600]);
        echo.run(&mut client);
        client.advance(SECOND).read(650);
        echo.run(&mut client);
        client.advance(SECOND);
        assert!(!client.is_closed, "{:?}", client.diagnostics);
    }
    assert_eq!(echo.content.len(), 360_000);
}

#[test]
fn application_that_takes_an_hour_costs_the_client_nothing() {
    let mut client = Client::streaming(config());
    client.send(format!("{LARGE}tea"));
    client.advance(HOUR);
    let source = Source::default();
    assert_eq!(client.read_body().0, b"tea");
    client.send("cake");
    client.advance(HOUR);
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    for _ in 0..3 {
        client.advance(HOUR);
        source.give("biscuit");
        client.run();
        assert_eq!(client.waits_for, Some(Step::Produce));
        client.send("tea");
        client.advance(HOUR);
        assert_ne!(client.read_body().0, b"");
        client.advance(6 * SECOND).send("t");
        assert_eq!(client.read_body_once(), 1);
    }
    assert!(!client.is_closed);
    assert_eq!(client.diagnostics, []);
}

/// 9112-8: an HTTP/1.0 client takes a close for the end of the body. So the server resets the connection
/// if the client is too slow.
#[test]
fn reader_that_is_given_up_sees_that_the_answer_is_not_whole() {
    for (version, is_reset) in [("1.1", false), ("1.0", true)] {
        for has_ended in [false, true] {
            let mut client = Client::streaming(config());
            client.window = 150;
            client.send(format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n"));
            let source = Source::default();
            client.respond(Response::new(200).with_streamed_body(source.clone()));
            source.give(vec![b'x'; 100_000]);
            if has_ended {
                source.end();
            }
            client.run();
            client.advance(25 * SECOND);
            assert!(client.is_closed);
            assert_eq!(client.is_reset, is_reset, "{version} {has_ended}");
            assert!(source.is_closed());
        }
    }
}

/// The transport ends it at the end of a drain, or to make room.
#[test]
fn connection_that_is_aborted_within_an_answer_is_reset_only_if_a_close_would_end_the_answer() {
    for (version, resets) in [("1.1", false), ("1.0", true)] {
        for (given, has_ended, window) in [(0, false, 0), (100_000, false, 60), (50, true, 60)] {
            let mut client = Client::streaming(config());
            client.window = window;
            client.send(format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n"));
            let source = Source::default();
            client.respond(Response::new(200).with_streamed_body(source.clone()));
            assert_eq!(client.connection.ends_with_connection(), resets);
            source.give(vec![b'x'; given]);
            if has_ended {
                source.end();
            }
            client.run();
            client.connection.abort();
            client.run();
            assert_eq!((client.is_closed, client.is_reset), (true, resets), "{version} {given}");
            assert!(source.is_closed());
        }
    }
}

/// The answer is written completely, and the client may be reading it.
#[test]
fn connection_that_is_aborted_after_an_answer_is_not_reset() {
    let mut client = Client::streaming(config());
    client.send("GET / HTTP/1.0\r\n\r\n");
    client.respond(Response::new(200).with_parts([Ok("tea")]));
    assert!(client.has_shut_down && client.connection.ends_with_connection());
    client.connection.abort();
    client.run();
    assert_eq!((client.is_closed, client.is_reset), (true, false));
}

#[test]
fn body_that_times_out_during_the_answer_fails_for_the_application() {
    let mut client = Client::streaming(config());
    client.send(LARGE);
    let mut echo = Echo::begin(&mut client);
    client.advance(20 * SECOND);
    let failed = BodyState::Failed(RequestBodyError::TimedOut);
    assert_eq!(client.connection.body_state(), failed);
    echo.run(&mut client);
    assert!(client.is_closed);
    assert_eq!(client.diagnostics, [Diagnostic::BodyTimeout]);
    assert_eq!(client.body_errors, ["the disk is on fire"]);
}

/// Takes steps until the body of the answer is asked for a part, which it has after an hour. Returns the
/// time.
fn make_part_for_an_hour(client: &mut Client, source: &Source) -> Instant {
    assert_eq!(client.connection.step(client.now()), Step::Produce);
    source.give(vec![b'x'; 10_000]);
    let _ = client.connection.poll_body(&mut Context::from_waker(Waker::noop()));
    client.now() + HOUR
}

/// A thread can't write meanwhile.
#[test]
fn time_to_read_does_not_run_while_a_part_is_made() {
    let mut client = Client::streaming(config());
    client.window = 0;
    client.send(get("/"));
    let source = Source::default();
    for _ in 0..7 {
        source.give(vec![b'x'; 10_000]);
    }
    client.respond(Response::new(200).with_streamed_body(source.clone())).advance(5 * SECOND);
    client.connection.advance_write(10_000);
    let later = make_part_for_an_hour(&mut client, &source);
    // 15 s are left, and 10,000 bytes earn 20 s.
    assert_eq!(client.connection.step(later), Step::Write { deadline: later + 35 * SECOND });
}

#[test]
fn time_for_the_body_does_not_run_while_a_part_is_made() {
    let mut client = Client::streaming(config());
    client.send(LARGE);
    let source = Source::default();
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    assert_eq!(client.read_body().1, BodyState::Pending);
    client.advance(5 * SECOND);
    assert!(matches!(client.waits_for, Some(Step::Read { .. })));
    client.connection.wake_body();
    let later = make_part_for_an_hour(&mut client, &source);
    assert_eq!(client.connection.step(later), Step::Produce);
    assert!(client.connection.poll_body(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(matches!(client.connection.step(later), Step::Write { .. }));
    let len = client.connection.write_slices().iter().map(|slice| slice.len()).sum();
    client.connection.advance_write(len);
    assert_eq!(client.connection.step(later), Step::Read { deadline: later + 15 * SECOND });
}

/// The application has waited for the body, and answers without the rest.
#[test]
fn time_for_the_body_does_not_run_while_an_early_answer_is_read() {
    let mut client = Client::streaming(config());
    client.send(UNASKED);
    assert_eq!(client.read_body().1, BodyState::Pending);
    client.window = 0;
    client.respond(Response::new(200).with_body(vec![b'x'; 99_000]));
    for _ in 0..100 {
        client.advance(SECOND).read(1_000);
    }
    client.expect_one(200);
    client.send(vec![b'x'; 60_000]).send(get("/"));
    assert_eq!(client.waits_for, Some(Step::Handle));
}

/// Returns an echo whose client has five seconds left in both directions together, and more in each.
fn nearly_used_up() -> (Client, Echo) {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut echo = Echo::begin(&mut client);
    client.send(format!("186a0\r\n{}\r\n", "x".repeat(100_000)));
    echo.run(&mut client);
    client.advance(55 * SECOND).window = 0;
    assert_eq!(client.time_left(), Some(5 * SECOND));
    (client, echo)
}

#[test]
fn client_whose_body_has_come_has_its_whole_time_to_read() {
    let (mut client, mut echo) = nearly_used_up();
    client.send("0\r\n\r\n");
    echo.run(&mut client);
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    assert_eq!(client.time_left(), Some(60 * SECOND));
}

#[test]
fn content_earns_time_to_read_its_echo() {
    let (mut client, echo) = nearly_used_up();
    client.send(format!("1388\r\n{}\r\n", "x".repeat(5_000)));
    echo.source.give("x");
    client.run();
    assert!(matches!(client.waits_for, Some(Step::Write { .. })));
    assert_eq!(client.time_left(), Some(15 * SECOND));
}

/// A client may send all bytes of a grace period at once, however short the other one is.
#[test]
fn grace_period_of_a_body_applies_to_an_echo() {
    let mut config = config();
    config.body_data_rate.grace_period = 90 * SECOND;
    let mut client = Client::streaming(config);
    client.send(LARGE);
    let mut echo = Echo::begin(&mut client);
    for _ in 0..10 {
        client.advance(89 * SECOND).send(vec![b'x'; 45_000]);
        echo.run(&mut client);
    }
    assert_eq!(client.diagnostics, []);
    assert_eq!(echo.content.len(), 450_000);
}
