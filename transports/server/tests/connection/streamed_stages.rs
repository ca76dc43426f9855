//! Events at each stage of a streamed exchange: the end of the input, a shutdown, a lack of memory, a
//! panic.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use h1events_server::{
    Body, BodyError, BodyState, Diagnostic, Part, RequestBodyError, Response, Step,
};

use crate::support::{Client, Source, config, get};

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";

/// The progress of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Head,
    Handling,
    Reading,
    HalfRead,
    Answering,
    AnsweringAndReading,
    Read,
    Draining,
    Done,
}

const STAGES: [Stage; 9] = [
    Stage::Head,
    Stage::Handling,
    Stage::Reading,
    Stage::HalfRead,
    Stage::Answering,
    Stage::AnsweringAndReading,
    Stage::Read,
    Stage::Draining,
    Stage::Done,
];

/// Returns a client at that stage, and the body of the answer.
fn at(stage: Stage) -> (Client, Source) {
    let mut client = Client::streaming(config());
    let source = Source::default();
    if stage == Stage::Head {
        client.send(&HEAD[..10]);
        return (client, source);
    }
    client.send(HEAD);
    if stage == Stage::Reading {
        assert_eq!(client.read_body().1, BodyState::Pending);
    }
    if stage >= Stage::HalfRead {
        client.send("half");
        assert_eq!(client.read_body(), (b"half".to_vec(), BodyState::Pending));
    }
    if stage >= Stage::Answering {
        client.respond(Response::new(200).with_streamed_body(source.clone()));
        source.give("tea");
    }
    if stage >= Stage::AnsweringAndReading {
        assert_eq!(client.read_body().1, BodyState::Pending);
    }
    if matches!(stage, Stage::Read | Stage::Done) {
        client.send("half");
        assert_eq!(client.read_body(), (b"half".to_vec(), BodyState::End));
    }
    if stage >= Stage::Draining {
        source.end();
    }
    client.run();
    (client, source)
}

/// Completes an exchange. Returns the end of the body, if the application could see it.
fn finish(client: &mut Client, source: &Source, stage: Stage) -> Option<BodyState<'static>> {
    if stage == Stage::Head {
        client.send(&HEAD[10..]);
    }
    if stage < Stage::HalfRead {
        client.send("half");
    }
    if stage < Stage::Read || stage == Stage::Draining {
        client.send("half");
    }
    let state = (stage < Stage::Draining).then(|| client.read_body().1);
    if stage < Stage::Answering {
        client.respond(Response::new(200).with_streamed_body(source.clone()));
        source.give("tea");
    }
    if stage < Stage::Draining {
        source.end();
    }
    client.run();
    state
}

#[test]
fn graceful_shutdown_lets_an_exchange_end_at_each_stage() {
    for stage in STAGES {
        let (mut client, source) = at(stage);
        client.connection.graceful_shutdown();
        client.run();
        assert_eq!(client.is_closed || client.has_shut_down, stage == Stage::Done, "{stage:?}");
        if stage != Stage::Done {
            let state = finish(&mut client, &source, stage);
            assert!(matches!(state, Some(BodyState::End) | None), "{stage:?}: {state:?}");
        }
        let answer = client.expect_one(200);
        assert_eq!(answer.text(), "tea");
        assert_eq!(answer.field("connection").is_some(), stage < Stage::Answering, "{stage:?}");
        client.end();
        assert!(client.is_closed);
        assert_eq!(client.diagnostics, [], "{stage:?}");
    }
}

#[test]
fn lack_of_memory_ends_a_body_that_has_not_come() {
    for stage in STAGES {
        let (mut client, source) = at(stage);
        client.connection.refuse_body(client.now());
        client.run();
        let failed = BodyState::Failed(RequestBodyError::OutOfMemory);
        match stage {
            Stage::Head | Stage::Done => {}
            Stage::Draining => assert!(client.has_shut_down, "nothing is read any more"),
            Stage::Read => {
                assert_eq!(client.connection.body_state(), BodyState::End);
                assert_eq!(client.diagnostics, []);
                finish(&mut client, &source, stage);
                assert!(client.connection.is_silent());
            }
            _ => {
                assert_eq!(client.connection.body_state(), failed, "{stage:?}");
                assert_eq!(client.diagnostics, [Diagnostic::OutOfMemory]);
                assert_eq!(finish(&mut client, &source, stage), Some(failed), "{stage:?}");
                assert_eq!(client.expect_one(200).text(), "tea");
                assert!(client.has_shut_down, "{stage:?}");
            }
        }
    }
}

/// 9112-9.6: a client that sends no more gets its answer.
#[test]
fn input_may_end_at_each_stage() {
    for stage in STAGES {
        let (mut client, source) = at(stage);
        client.end();
        let failed = BodyState::Failed(RequestBodyError::UnexpectedEnd);
        match stage {
            Stage::Head => drop(client.expect_one(400)),
            Stage::Done | Stage::Draining => assert_eq!(client.expect_one(200).text(), "tea"),
            Stage::Read => {
                assert_eq!(client.connection.body_state(), BodyState::End);
                finish(&mut client, &source, stage);
                client.expect(&[(200, "tea")]);
            }
            _ => {
                assert_eq!(client.read_body().1, failed, "{stage:?}");
                if stage < Stage::Answering {
                    client.respond(Response::new(200).with_streamed_body(source.clone()));
                    source.give("tea");
                }
                source.end();
                client.run();
                client.expect(&[(200, "tea")]);
            }
        }
        assert!(client.is_closed, "{stage:?}");
    }
}

/// The buffer is part of an exchange until its end.
#[test]
fn buffer_can_be_detached_only_before_and_after_an_exchange() {
    for stage in STAGES {
        let (mut client, source) = at(stage);
        let buffer = client.connection.detach_buffer();
        assert_eq!(buffer.is_some(), stage == Stage::Done, "{stage:?}");
        client.connection.attach_buffer(Box::default());
        if stage != Stage::Done {
            finish(&mut client, &source, stage);
        }
        client.send(get("/"));
        client.respond(Response::new(204)).expect(&[(200, "tea"), (204, "")]);
        assert!(client.connection.detach_buffer().is_some());
        assert_eq!(client.connection.buffered(), 0);
    }
}

#[test]
fn body_of_an_answer_is_made_from_its_head_to_its_end() {
    for stage in STAGES {
        let (client, _source) = at(stage);
        let is_answering = (Stage::Answering..=Stage::Read).contains(&stage);
        assert_eq!(client.connection.is_producing(), is_answering, "{stage:?}");
    }
}

#[test]
fn rest_of_a_body_is_drained_after_the_answer() {
    for stage in STAGES {
        let (client, _source) = at(stage);
        assert_eq!(client.connection.is_draining(), stage == Stage::Draining, "{stage:?}");
    }
}

#[test]
fn cut_ends_an_exchange_at_each_stage() {
    for stage in STAGES {
        let (mut client, source) = at(stage);
        client.connection.cut();
        client.run();
        assert!(client.is_closed && !client.is_reset, "{stage:?}");
        assert!(source.is_closed());
        assert_eq!(client.connection.body_state(), BodyState::Failed(RequestBodyError::Over));
    }
}

/// A body that panics.
struct Panics(Cell<bool>);

impl Body for Panics {
    fn poll_part(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        if self.0.replace(true) {
            std::panic::resume_unwind(Box::new("no tea"));
        }
        Poll::Ready(Some(Ok(Part::Content("tea".into()))))
    }
}

/// The answers before it aren't lost, and the client sees that this one is incomplete.
#[test]
fn panic_of_a_body_cuts_the_connection_after_the_answers_before() {
    for version in ["1.1", "1.0"] {
        let mut client = Client::streaming(config());
        client.send(format!("{}GET / HTTP/{version}\r\nHost: a\r\n\r\n", get("/")));
        client.respond(Response::text("cake"));
        let now = client.now();
        let body = Panics(Cell::new(false));
        client.connection.respond(Response::new(200).with_streamed_body(body), now);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            while client.connection.step(now) == Step::Produce {
                let _ = client.connection.poll_body(&mut Context::from_waker(Waker::noop()));
            }
        }));
        assert!(result.is_err());
        client.connection.cut();
        client.run();
        // Chunks show by themselves that they are incomplete.
        assert_eq!((client.is_closed, client.has_shut_down), (false, version == "1.1"));
        assert_eq!(client.advance_to_close(), config().linger.silence);
        assert_eq!(client.is_reset, version == "1.0");
        let read = client.read_to_end();
        assert_eq!(read.answers[0].text(), "cake");
        assert_eq!(read.answers.len(), 1);
        assert_eq!(read.part.unwrap().text(), "tea");
    }
}

/// The same for a body that fails.
#[test]
fn failing_answer_does_not_take_the_answers_before_with_it() {
    let mut client = Client::streaming(config());
    client.window = 0;
    client.send(get("/").repeat(2));
    client.respond(Response::text("cake"));
    let source = Source::default();
    source.fail();
    client.respond(Response::new(200).with_streamed_body(source.clone()));
    assert!(source.is_closed() && !client.is_closed);
    client.read(10).read(usize::MAX);
    assert!(client.has_shut_down);
    assert_eq!(client.read_to_end().answers[0].text(), "cake");
    assert_eq!(client.read_to_end().answers.len(), 1);
}

/// A close with unread input, like a reset, destroys what the client hasn't received.
#[test]
fn answers_before_one_that_fails_have_time_to_arrive() {
    for (version, is_reset) in [("1.1", false), ("1.0", true)] {
        for aborts in [false, true] {
            let mut client = Client::streaming(config());
            let old = format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n");
            client.send(get("/") + &old + &get("/").repeat(1000));
            client.respond(Response::text("cake"));
            let source = Source::default();
            source.fail();
            client.respond(Response::new(200).with_streamed_body(source.clone()));
            client.advance(config().linger.silence / 2).send(get("/"));
            client.advance(config().linger.silence / 2);
            assert!(!client.is_closed && client.connection.is_lingering(), "{version}");
            match aborts {
                // A decision of the endpoint.
                true => client.connection.abort(),
                false => client.connection.read_eof(),
            }
            client.run();
            assert_eq!((client.is_closed, client.is_reset), (true, is_reset), "{version}");
            assert_eq!(client.read_to_end().answers.len(), 1);
        }
    }
}
