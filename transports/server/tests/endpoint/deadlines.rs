//! The wake-ups of connections.

use std::time::Duration;

use h1events_server::{Activity, Endpoint, Verdict};

use crate::support::{Account, Input, Kind, MS, SECOND, World, cap};

#[test]
fn ten_thousand_deadlines_wake_each_connection_once() {
    let mut world = World::new(cap(10_000));
    let now = world.now;
    let ids: Vec<_> = (0..10_000).map(|_| world.endpoint.open(now)).collect();
    for (n, &id) in (0..).zip(&ids) {
        let deadline = now + MS * (n * 7919 % 10_000 + 1);
        let verdict = world.endpoint.wait(id, Activity::New { since: now }, Some(deadline), 0);
        assert_eq!(verdict, Verdict::Wait);
    }
    let mut woken = vec![0; 10_000];
    let mut calls = 0;
    while let Some(at) = world.endpoint.timeout() {
        world.endpoint.handle_timeout(at);
        calls += 1;
        while let Some(id) = world.endpoint.poll_wake() {
            woken[id.index()] += 1;
            let n = u32::try_from(id.index()).unwrap();
            assert_eq!(at, now + MS * (n * 7919 % 10_000 + 1));
        }
    }
    assert_eq!(calls, 10_000);
    assert!(woken.iter().all(|&times| times == 1));
}

/// Each client speaks again and again: the entries stay, and move when they are due.
#[test]
fn moved_deadlines_wake_at_their_new_time_alone() {
    let mut world = World::new(cap(10_000));
    world.idle_timeout = Some(5 * SECOND);
    for _ in 0..10_000 {
        world.connect(Kind::Silent);
    }
    for _ in 0..4 {
        world.run_for(SECOND);
        for client in 0..10_000 {
            world.send(client, Input::Byte);
        }
    }
    world.run_for(4_990 * MS);
    assert_eq!(world.timed_out, 0);
    assert!(world.timeouts <= 4, "{} looks", world.timeouts);
    world.run_for(20 * MS);
    assert_eq!(world.timed_out, 10_000);
    assert!(world.endpoint.is_empty());
}

fn one() -> (Endpoint, h1events_server::ConnectionId, std::time::Instant) {
    let world = World::new(cap(10));
    let mut endpoint = Endpoint::new(cap(10), Account::new(1 << 20).purse());
    let id = endpoint.open(world.now);
    (endpoint, id, world.now)
}

#[test]
fn earlier_deadline_counts() {
    let (mut endpoint, id, now) = one();
    for seconds in [10, 5, 2, 8] {
        let deadline = Some(now + seconds * SECOND);
        assert_eq!(endpoint.wait(id, Activity::New { since: now }, deadline, 0), Verdict::Wait);
    }
    assert_eq!(endpoint.timeout(), Some(now + 2 * SECOND), "a later deadline moves no entry");
    let wakes = |endpoint: &mut Endpoint, time: Duration| {
        endpoint.handle_timeout(now + time);
        endpoint.poll_wake()
    };
    assert_eq!(wakes(&mut endpoint, 2 * SECOND), None);
    assert_eq!(wakes(&mut endpoint, 8 * SECOND - MS), None);
    assert_eq!(wakes(&mut endpoint, 8 * SECOND), Some(id));
    assert_eq!(endpoint.timeout(), None);
}

#[test]
fn connection_that_has_gone_on_is_not_woken() {
    let (mut endpoint, id, now) = one();
    let _ = endpoint.wait(id, Activity::New { since: now }, Some(now + SECOND), 0);
    endpoint.resume(id);
    endpoint.handle_timeout(now + 2 * SECOND);
    assert_eq!(endpoint.poll_wake(), None);
    assert_eq!(endpoint.timeout(), None);
    let _ = endpoint.wait(id, Activity::New { since: now }, None, 0);
    endpoint.handle_timeout(now + 9 * SECOND);
    assert_eq!(endpoint.poll_wake(), None);
}

#[test]
fn closed_connection_is_not_woken() {
    let (mut endpoint, id, now) = one();
    let _ = endpoint.wait(id, Activity::New { since: now }, Some(now + SECOND), 0);
    endpoint.handle_timeout(now + SECOND);
    endpoint.close(id);
    assert_eq!(endpoint.poll_wake(), None);
    assert_eq!(endpoint.timeout(), None);
}
