//! Whatever a transport may do: no call order makes the connection hang or panic, but for the
//! panics that are documented.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use h1events_server::{Config, Connection, Notice, Now, Response, Step};

use crate::support::{Peer, SECOND, get};

pub(crate) fn connection() -> (Connection, Now) {
    let now = Now::from_clocks();
    (Connection::new(Arc::new(Config::new()), now), now)
}

pub(crate) fn receive(connection: &mut Connection, bytes: &[u8]) {
    connection.read_space()[..bytes.len()].copy_from_slice(bytes);
    connection.received(bytes.len());
}

#[test]
fn nothing_is_said_more_than_once() {
    let (mut connection, now) = connection();
    connection.sent(0);
    connection.received(0);
    assert!(connection.unsent().iter().all(|slice| slice.is_empty()));
    assert!(matches!(connection.step(now), Step::Read { .. }));
    receive(&mut connection, get("/").as_bytes());
    assert_eq!(connection.step(now), Step::Handle);
    connection.sent(0);
    connection.received_eof();
    connection.received_eof();
    assert_eq!(connection.step(now), Step::Handle);
    connection.respond(Response::new(204), now);
    assert!(matches!(connection.step(now), Step::Write { .. }));
    connection.sent(0);
    let len = connection.unsent().iter().map(|slice| slice.len()).sum();
    connection.sent(len);
    connection.sent(0);
    assert_eq!(connection.step(now), Step::Shutdown);
    assert_eq!(connection.step(now), Step::Close);
    receive(&mut connection, b"late");
    connection.end_soon();
    assert_eq!(connection.step(now), Step::Close);
}

/// Slow transports find several deadlines passed at once.
#[test]
fn deadlines_may_be_long_past() {
    let (mut connection, now) = connection();
    receive(&mut connection, b"GET ");
    assert!(matches!(connection.step(now), Step::Read { .. }));
    let late = Now { instant: now.instant + 1000 * SECOND, ..now };
    assert!(matches!(connection.step(late), Step::Write { .. }));
    let later = Now { instant: late.instant + 1000 * SECOND, ..now };
    assert_eq!(connection.step(later), Step::Close);
    // The log gets the cause, not its consequences.
    assert_eq!(connection.take_notice(), Some(Notice::HeadTimeout));
    assert_eq!(connection.take_notice(), None);
}

/// Clocks that go back extend a wait, and that is all.
#[test]
fn clocks_may_go_back() {
    let mut peer = Peer::new();
    let early = peer.now();
    peer.advance(10 * SECOND).send("GET ");
    assert!(matches!(peer.connection.step(early), Step::Read { .. }));
}

#[test]
fn mistakes_panic() {
    let (mut connection, now) = connection();
    let mut fails = |what: fn(&mut Connection, Now)| {
        let result = catch_unwind(AssertUnwindSafe(|| what(&mut connection, now)));
        assert!(result.is_err());
    };
    fails(|connection, _| drop(connection.request().method().to_owned()));
    fails(|connection, now| connection.respond(Response::new(200), now));
    fails(|connection, _| connection.received(1_000_000));
    fails(|connection, _| connection.sent(1));
    assert!(matches!(connection.step(now), Step::Read { .. }), "and do no harm");
}

/// House rule: time is an argument, and bytes come from elsewhere.
#[test]
fn the_sources_name_no_socket_and_no_clock() {
    let mut files = 0;
    let mut folders = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/src").into()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for name in ["std::net", "std::thread", "std::fs", "Instant::now", "SystemTime::now"] {
                let may_ask = path.ends_with("step.rs") || path.ends_with("clock.rs");
                let clocks = usize::from(may_ask && name.ends_with("::now"));
                assert_eq!(code.matches(name).count(), clocks, "{name} in {}", path.display());
            }
        }
    }
    assert!(files > 10);
}
