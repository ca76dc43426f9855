//! No order of calls makes the connection hang, or panic, except where a panic is documented.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use h1events_server::{Config, Connection, Diagnostic, Peer, Response, Step};

use crate::support::{Client, SECOND, get, time_of_day};

pub(crate) fn connection() -> (Connection, Instant) {
    let now = Instant::now();
    (Connection::new(Arc::new(Config::new()), Peer::Local, now, time_of_day), now)
}

pub(crate) fn receive(connection: &mut Connection, bytes: &[u8]) {
    connection.read_space()[..bytes.len()].copy_from_slice(bytes);
    connection.advance_read(bytes.len());
}

#[test]
fn repeated_calls_change_nothing() {
    let (mut connection, now) = connection();
    connection.advance_write(0);
    connection.advance_read(0);
    assert!(connection.write_slices().is_empty());
    assert!(matches!(connection.step(now), Step::Read { .. }));
    receive(&mut connection, get("/").as_bytes());
    assert_eq!(connection.step(now), Step::Handle);
    connection.advance_write(0);
    connection.read_eof();
    connection.read_eof();
    assert_eq!(connection.step(now), Step::Handle);
    connection.respond(Response::new(204), now);
    assert!(matches!(connection.step(now), Step::Write { .. }));
    connection.advance_write(0);
    let len = connection.write_slices().iter().map(|slice| slice.len()).sum();
    connection.advance_write(len);
    connection.advance_write(0);
    assert_eq!(connection.step(now), Step::Shutdown);
    assert_eq!(connection.step(now), Step::Close);
    receive(&mut connection, b"late");
    connection.graceful_shutdown();
    assert_eq!(connection.step(now), Step::Close);
}

/// For a slow transport, several deadlines may have passed at once.
#[test]
fn long_past_deadlines_end_connection() {
    let (mut connection, now) = connection();
    receive(&mut connection, b"GET ");
    assert!(matches!(connection.step(now), Step::Read { .. }));
    let late = now + 1000 * SECOND;
    assert!(matches!(connection.step(late), Step::Write { .. }));
    let later = late + 1000 * SECOND;
    assert_eq!(connection.step(later), Step::Close);
    // The log gets the cause, not its consequences.
    assert_eq!(connection.take_diagnostic(), Some(Diagnostic::HeadTimeout));
    assert_eq!(connection.take_diagnostic(), None);
}

/// A clock that goes back only extends a wait.
#[test]
fn clock_may_go_back() {
    let mut client = Client::new();
    let early = client.now();
    client.advance(10 * SECOND).send("GET ");
    assert!(matches!(client.connection.step(early), Step::Read { .. }));
}

#[test]
fn mistakes_panic() {
    let (mut connection, now) = connection();
    let mut fails = |what: fn(&mut Connection, Instant)| {
        let result = catch_unwind(AssertUnwindSafe(|| what(&mut connection, now)));
        assert!(result.is_err());
    };
    fails(|connection, _| drop(connection.request().method().to_owned()));
    fails(|connection, now| connection.respond(Response::new(200), now));
    fails(|connection, _| connection.advance_read(1_000_000));
    fails(|connection, _| connection.advance_write(1));
    assert!(matches!(connection.step(now), Step::Read { .. }), "and do no harm");
    assert!(catch_unwind(AssertUnwindSafe(|| connection.into_parts())).is_err());
}

#[test]
fn request_is_there_while_it_is_handled_and_not_taken() {
    let (mut connection, now) = connection();
    let has_request = |connection: &Connection| {
        catch_unwind(AssertUnwindSafe(|| connection.request().path().len())).is_ok()
    };
    receive(&mut connection, get("/").as_bytes());
    assert!(!has_request(&connection), "it isn't parsed yet");
    assert_eq!(connection.step(now), Step::Handle);
    assert!(has_request(&connection));
    let request = connection.take_request();
    assert!(!has_request(&connection));
    connection.put_request_back(request);
    connection.respond(Response::new(204), now);
    assert!(!has_request(&connection));
}
