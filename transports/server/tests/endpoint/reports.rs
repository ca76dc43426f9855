//! The endpoint's answers to reports.

use h1events_server::{
    Activity, ConnectionId, Endpoint, EndpointConfig, Memory, Order, Purse, Verdict,
};

use crate::support::{Account, MS, SECOND, World, cap};

use std::time::{Duration, Instant};

struct One {
    endpoint: Endpoint,
    id: ConnectionId,
    now: Instant,
}

/// Creates an endpoint with a connection that is to end for a newcomer, and has this activity.
fn doomed(activity: impl Fn(Instant) -> Activity) -> One {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(1), Account::new(1 << 20).purse());
    let id = endpoint.open(now);
    assert_eq!(endpoint.wait(id, activity(now), None, 0), Verdict::Wait);
    assert_eq!(endpoint.order(id), Order::Report);
    let _ = endpoint.make_room(now + 2 * SECOND);
    assert_eq!(endpoint.poll_wake(), Some(id));
    assert!(endpoint.is_doomed(id));
    assert!(endpoint.has_room());
    One { endpoint, id, now }
}

#[test]
fn last_look_without_progress_ends_the_connection() {
    let One { mut endpoint, id, now } = doomed(|since| Activity::Receiving { since });
    for _ in 0..2 {
        // It asks several times.
        endpoint.resume(id);
        assert_eq!(endpoint.wait(id, Activity::Receiving { since: now }, None, 0), Verdict::End);
    }
    endpoint.close(id);
    assert!(endpoint.take_acceptor_due());
    assert!(!endpoint.take_acceptor_due());
}

#[test]
fn last_look_with_progress_keeps_the_connection() {
    let One { mut endpoint, id, now } = doomed(|since| Activity::New { since });
    endpoint.resume(id);
    let since = now + MS;
    assert_eq!(endpoint.wait(id, Activity::Receiving { since }, None, 0), Verdict::Wait);
    assert!(!endpoint.is_doomed(id));
    assert!(!endpoint.has_room());
    assert!(endpoint.take_acceptor_due(), "the newcomer needs another one");
}

#[test]
fn order_says_what_a_blocked_thread_waits_for() {
    let One { mut endpoint, id, now } = doomed(|since| Activity::Sending { since });
    assert_eq!(endpoint.order(id), Order::EndWriting);
    endpoint.resume(id);
    assert_eq!(endpoint.order(id), Order::Report, "it doesn't wait any more");
    let One { mut endpoint, id, .. } = doomed(|since| Activity::Idle { since });
    assert_eq!(endpoint.order(id), Order::EndReading);
    endpoint.drain(Duration::ZERO, now + 3 * SECOND);
    assert_eq!(endpoint.order(id), Order::Abort);
    assert_eq!(endpoint.wait(id, Activity::Idle { since: now + MS }, None, 0), Verdict::End);
}

/// `Duration::MAX` means never.
#[test]
fn endless_patience_is_no_panic() {
    let mut config = EndpointConfig::new();
    config.max_connections = Some(1);
    config.patience = Duration::MAX;
    config.first_byte_patience = Duration::MAX;
    config.admission_timeout = Duration::MAX;
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config, Account::new(1 << 20).purse());
    let id = endpoint.open(now);
    let _ = endpoint.wait(id, Activity::New { since: now }, None, 0);
    assert!(endpoint.make_room(now + 1_000 * SECOND) > now);
    assert!(!endpoint.is_doomed(id));
    endpoint.drain(Duration::MAX, now);
    assert!(!endpoint.is_over(now + 1_000_000 * SECOND));
}

#[test]
fn no_patience_ends_connections_at_once() {
    let mut config = EndpointConfig::new();
    config.max_connections = Some(1);
    config.patience = Duration::ZERO;
    config.first_byte_patience = Duration::ZERO;
    config.admission_timeout = Duration::ZERO;
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config, Account::new(1 << 20).purse());
    let id = endpoint.open(now);
    let _ = endpoint.wait(id, Activity::New { since: now }, None, 0);
    let _ = endpoint.make_room(now);
    assert!(endpoint.is_doomed(id));
}

/// Its entry is in the class of slow connections, and the search finds it among the idle.
#[test]
fn oldest_connection_goes_whatever_it_did_before() {
    let now = World::new(cap(1)).now;
    let at = |ms| now + MS * ms;
    let mut endpoint = Endpoint::new(cap(2), Account::new(1 << 20).purse());
    let [oldest, other] = [endpoint.open(now), endpoint.open(now)];
    let mut report = |id, activity| {
        endpoint.resume(id);
        assert_eq!(endpoint.wait(id, activity, None, 0), Verdict::Wait);
    };
    report(oldest, Activity::Receiving { since: at(0) });
    report(other, Activity::Receiving { since: at(20) });
    report(oldest, Activity::Idle { since: at(10) });
    let _ = endpoint.make_room(at(2_000));
    assert_eq!(endpoint.poll_wake(), Some(oldest));
}

/// Its entry was among those of silent connections, which have more time here.
#[test]
fn connection_that_has_spoken_is_found_behind_a_silent_one() {
    let now = World::new(cap(1)).now;
    let mut config = cap(2);
    config.first_byte_patience = 10 * SECOND;
    let mut endpoint = Endpoint::new(config, Account::new(1 << 20).purse());
    let [silent, other] = [now, now + MS].map(|since| {
        let id = endpoint.open(since);
        let _ = endpoint.wait(id, Activity::New { since }, None, 0);
        id
    });
    let _ = endpoint.wait(other, Activity::Receiving { since: now + MS }, None, 0);
    let _ = endpoint.make_room(now + 2 * SECOND);
    assert_eq!(endpoint.poll_wake(), Some(other));
    assert!(!endpoint.is_doomed(silent));
}

/// The client began during the last read: its request isn't lost, even at a later time.
#[test]
fn drained_connection_that_has_begun_a_request_waits_on() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(2), Account::new(1 << 20).purse());
    let [begun, silent] = [endpoint.open(now), endpoint.open(now)];
    for id in [begun, silent] {
        let _ = endpoint.wait(id, Activity::New { since: now }, None, 0);
    }
    endpoint.drain(Duration::MAX, now + 2 * SECOND);
    let verdict = endpoint.wait(begun, Activity::Receiving { since: now }, None, 0);
    assert_eq!(verdict, Verdict::Wait);
    assert_eq!(endpoint.wait(silent, Activity::New { since: now }, None, 0), Verdict::End);
}

/// A second in which the server doesn't read isn't the client's fault.
#[test]
fn unread_time_is_no_age() {
    let now = World::new(cap(1)).now;
    let account = Account::new(1 << 20);
    let mut endpoint = Endpoint::new(cap(1), account.purse());
    let id = endpoint.open(now);
    account.overdraw(1 << 20);
    assert_eq!(endpoint.acquire(id, 0, 8_000, now), Memory::Lacking);
    let later = now + 5 * SECOND;
    account.give_back(1 << 20);
    endpoint.handle_timeout(later);
    assert_eq!(endpoint.poll_wake(), Some(id));
    assert_eq!(endpoint.acquire(id, 0, 8_000, later), Memory::Granted);
    let _ = endpoint.wait(id, Activity::Receiving { since: now }, None, 8_000);
    let _ = endpoint.make_room(later + 900 * MS);
    assert!(!endpoint.is_doomed(id));
    let _ = endpoint.make_room(later + 1_001 * MS);
    assert!(endpoint.is_doomed(id));
}

#[test]
fn endpoint_keeps_some_buffers_and_gives_the_last_one_first() {
    let mut endpoint = Endpoint::new(cap(1), Account::new(1 << 20).purse());
    let buffers: Vec<_> = (0..65).map(|_| endpoint.take_buffer()).collect();
    let places: Vec<_> = buffers.iter().map(|buffer| &raw const **buffer).collect();
    for buffer in buffers {
        endpoint.keep_buffer(buffer);
    }
    let kept: Vec<_> = (0..64).map(|_| endpoint.take_buffer()).collect();
    let kept: Vec<_> = kept.iter().map(|buffer| &raw const **buffer).collect();
    assert!(kept.iter().eq(places[..64].iter().rev()));
}
