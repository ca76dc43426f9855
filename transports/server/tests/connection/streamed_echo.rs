//! Answers that are made from the body of their request, as it comes.

use h1events_server::{
    Activity, BodyState, Config, Diagnostic, RequestBodyError, Response, Step, Trailers,
};

use crate::support::{Client, Echo, SECOND, Source, config, get};

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\ntea\r\n6;x=y\r\n and c\r\n3\r\nake\r\n0\r\nX: y\r\n\r\n";
const LENGTH: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\ntea and cake";

#[test]
fn echo_is_the_same_however_the_body_is_cut() {
    for request in [LENGTH, CHUNKED] {
        let bytes = format!("{request}{}", get("/next"));
        let head = request.find("\r\n\r\n").unwrap() + 4;
        for cut in head..bytes.len() {
            for length in [None, Some(12)] {
                let mut client = Client::streaming(config());
                client.send(&bytes[..cut]);
                let source = length.map_or_else(Source::default, Source::with_length);
                let mut echo = Echo::begin_with(&mut client, source, Response::new(200));
                client.send(&bytes[cut..]);
                echo.run(&mut client);
                assert_eq!(echo.content, b"tea and cake", "{cut}");
                assert!(echo.source.is_closed());
                assert_eq!(client.connection.request().path(), b"/next", "{cut}");
                client.respond(Response::new(200)).expect(&[(200, "tea and cake"), (200, "")]);
                assert!(client.connection.is_silent());
            }
        }
    }
}

#[test]
fn echo_is_the_same_byte_by_byte() {
    for request in [LENGTH, CHUNKED] {
        let mut client = Client::streaming(config());
        let head = request.find("\r\n\r\n").unwrap() + 4;
        client.send(&request[..head]);
        let mut echo = Echo::begin(&mut client);
        for octet in request[head..].bytes() {
            client.window = 3;
            client.send([octet]);
            echo.run(&mut client);
        }
        client.read(usize::MAX);
        echo.run(&mut client);
        client.expect(&[(200, "tea and cake")]);
        assert!(client.connection.is_silent());
    }
}

/// The answer has begun, so that no other request can be under way.
#[test]
fn echo_that_waits_for_its_body_is_exchanging() {
    let mut client = Client::streaming(config());
    let part = LENGTH.len() - 4;
    client.send(&LENGTH[..part]);
    let mut echo = Echo::begin(&mut client);
    let since = client.now();
    client.advance(SECOND);
    assert_eq!(client.connection.activity(), Activity::Exchanging { since });
    client.send(&LENGTH[part..]);
    echo.run(&mut client);
    assert!(matches!(client.connection.activity(), Activity::Idle { .. }));
}

/// The connection isn't read while the answer can't leave: 64 KiB and a part in each direction.
#[test]
fn endless_echo_takes_little_memory() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let echo = Echo::begin(&mut client);
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    for round in 0..200 {
        client.window = if round % 7 == 6 { 1_000_000 } else { 0 };
        client.send(&chunk);
        // Part by part, like an application that isn't faster than its client.
        for _ in 0..4 {
            client.connection.want_body();
            client.run();
            let BodyState::Content(content) = client.connection.body_state() else { break };
            let content = content.to_vec();
            client.connection.consume_body(content.len());
            echo.source.give(content);
            client.run();
            let held = client.connection.buffered();
            assert!(held <= (64 + 64 + 32 + 16) * 1024, "{held}");
        }
    }
}

#[test]
fn trailers_of_the_request_can_be_those_of_the_answer() {
    let mut client = Client::streaming(config());
    client.send(CHUNKED.replace("Host: a", "Host: a\r\nTE: trailers"));
    let source = Source::default();
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    let (content, state) = client.read_body();
    assert_eq!(state, BodyState::End);
    let fields = client.connection.body_trailers().unwrap().fields();
    let trailers = fields
        .fold(Trailers::new(), |trailers, field| trailers.with_field(field.name, field.value));
    source.give(content).give_trailers(trailers);
    client.run();
    let answer = client.expect_one(200);
    assert_eq!(answer.trailers, [("X".to_owned(), "y".to_owned())]);
}

/// A part that is ready doesn't wait for the client.
#[test]
fn ready_parts_leave_while_the_body_is_waited_for() {
    for parts in 0..3 {
        let mut client = Client::streaming(config());
        client.send(&LENGTH[..LENGTH.len() - 12]);
        assert_eq!(client.read_body().1, BodyState::Pending);
        let source = Source::default();
        for _ in 0..parts {
            source.give("tick ");
        }
        client.respond(Response::new(200).with_streamed_body(source.clone()));
        assert!(matches!(client.waits_for, Some(Step::Read { .. })));
        source.give("tick").end();
        client.run();
        assert_eq!(client.expect_one(200).body.len(), 5 * parts + 4);
    }
}

/// The answer isn't made from the body, which another task reads.
#[test]
fn body_that_is_wanted_is_read_while_the_answer_always_has_a_part() {
    for window in [usize::MAX, 50_000, 0] {
        let mut client = Client::streaming(config());
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
        assert_eq!(client.read_body().1, BodyState::Pending);
        client.window = window;
        let source = Source::default();
        for _ in 0..20 {
            source.give(vec![b'x'; 10_000]);
        }
        client
            .connection
            .respond(Response::new(200).with_streamed_body(source.clone()), client.now());
        client.send("tea");
        assert_eq!(client.connection.body_state(), BodyState::Content(b"tea"), "{window}");
        assert_eq!(client.read_body_once(), 3);
        assert!(!client.connection.wants_input());
        client.connection.want_body();
        source.give("x");
        client.send("too").run();
        assert_eq!(client.read_body().0, b"too");
        assert_eq!(client.read_body().1, BodyState::End);
        client.read(usize::MAX);
        source.end();
        client.run();
        assert_eq!(client.expect_one(200).body.len(), 200_001);
    }
}

/// Its end is noticed, too.
#[test]
fn body_that_is_cut_short_fails_while_the_answer_always_has_a_part() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    assert_eq!(client.read_body().1, BodyState::Pending);
    let source = Source::default();
    for _ in 0..20 {
        source.give(vec![b'x'; 10_000]);
    }
    client.window = 0;
    client.connection.respond(Response::new(200).with_streamed_body(source), client.now());
    client.end();
    let failed = BodyState::Failed(RequestBodyError::UnexpectedEnd);
    assert_eq!(client.connection.body_state(), failed);
}

#[test]
fn nothing_is_wanted_after_the_end_of_the_input() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    client.respond(Response::new(200).with_streamed_body(Source::default()));
    assert_eq!(client.read_body().1, BodyState::Pending);
    assert!(client.connection.wants_input());
    client.connection.read_eof();
    assert!(!client.connection.wants_input());
}

/// The body of the answer never has a part; that of the request is read anyway.
#[test]
fn body_comes_while_the_answer_has_no_part() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    let source = Source::default();
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    for _ in 0..100 {
        client.send([b'x'; 10_000]);
        assert_eq!(client.read_body().0.len(), 10_000);
        client.advance(SECOND);
    }
    assert_eq!(client.read_body().1, BodyState::End);
    client.advance(10_000 * SECOND);
    assert_eq!(client.waits_for, Some(Step::Produce));
    source.end();
    client.run();
    client.expect(&[(200, "")]);
}

/// Requests behind the body come too early if clients must not pipeline.
#[test]
fn pipelined_request_behind_a_streamed_body_is_refused() {
    for request in [LENGTH, CHUNKED] {
        for is_pipelined in [false, true] {
            let mut config = Config::new();
            config.allow_pipelining = false;
            let mut client = Client::streaming(config);
            let head = request.find("\r\n\r\n").unwrap() + 4;
            client.send(&request[..head]);
            let mut echo = Echo::begin(&mut client);
            let rest = &request[head..];
            if is_pipelined {
                client.send(format!("{rest}{}", get("/")));
                echo.run(&mut client);
            } else {
                client.send(rest);
                echo.run(&mut client);
                client.send(get("/"));
            }
            client.expect(&[(200, "tea and cake")]);
            assert_eq!(client.has_shut_down, is_pipelined);
            assert_eq!(client.waits_for == Some(Step::Handle), !is_pipelined);
        }
    }
}

/// The same with an unread body.
#[test]
fn pipelined_request_behind_an_unread_body_is_refused() {
    let mut config = Config::new();
    config.allow_pipelining = false;
    for is_streamed in [false, true] {
        let mut client = Client::streaming(config.clone());
        client.send(format!("{LENGTH}{}", get("/")));
        if is_streamed {
            client.respond(Response::new(200).with_parts([Ok("tea")]));
        } else {
            client.respond(Response::text("tea"));
        }
        client.expect(&[(200, "tea")]);
        assert!(client.has_shut_down);
        assert_eq!(client.diagnostics, [Diagnostic::Pipelined]);
    }
}

/// A request behind an unread body is in time after the answer.
#[test]
fn request_after_an_unread_body_is_not_pipelined() {
    for is_streamed in [false, true] {
        let mut config = Config::new();
        config.allow_pipelining = false;
        let mut client = Client::streaming(config);
        client.send(&LENGTH[..LENGTH.len() - 3]);
        if is_streamed {
            client.respond(Response::new(200).with_parts([Ok("tea")]));
        } else {
            client.respond(Response::text("tea"));
        }
        client.expect(&[(200, "tea")]);
        client.send(format!("ake{}", get("/")));
        client.respond(Response::new(200)).expect(&[(200, "")]);
        assert!(client.connection.is_silent());
    }
}

#[test]
fn bodies_of_requests_for_other_hosts_are_refused_unread() {
    let mut config = Config::new();
    config.refuse_host_mismatch = true;
    let mut client = Client::streaming(config);
    client.send(LENGTH.replace("POST /", "POST http://b/"));
    client.expect_one(400);
    client.expect_shutdown();
    assert_eq!(client.methods, [""; 0]);
}
