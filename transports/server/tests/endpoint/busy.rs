//! Connections whose requests are being handled.

use std::time::Duration;

use h1events_server::{Activity, Endpoint, Persistence, Turn};

use crate::support::{Account, Client, Kind, MS, SECOND, World, cap};

#[test]
fn turn_ends_after_32_answers_or_5_ms() {
    let start = World::new(cap(1)).now;
    for (cost, expected) in [(Duration::ZERO, 32), (MS, 5), (2 * MS, 3), (MS / 10, 32), (SECOND, 1)]
    {
        let mut now = start;
        for _ in 0..3 {
            let mut turn = Turn::new(now);
            let mut answers = 1;
            now += cost;
            while !turn.answered(now) {
                answers += 1;
                now += cost;
            }
            assert_eq!(answers, expected, "{cost:?}");
            assert_eq!(turn.is_over(now), cost >= MS);
        }
    }
}

/// They always have a next request. Told to close, each does so after at most 32 requests.
#[test]
fn endless_pipeliners_yield_to_newcomers() {
    let mut world = World::new(cap(16));
    for _ in 0..16 {
        let mut client = Client::new(Kind::Pipeliner);
        client.handling = MS;
        world.connect_in(Duration::ZERO, client);
    }
    world.run_for(SECOND);
    let newcomers: Vec<_> = (0..8).map(|_| world.connect(Kind::Polite { think: SECOND })).collect();
    world.run_for(SECOND);
    for newcomer in newcomers {
        assert_eq!(world.clients[newcomer].total_answers, 1);
    }
    assert_eq!(world.connected(), 16);
}

#[test]
fn busy_connections_are_never_ended_for_newcomers() {
    let mut world = World::new(cap(16));
    for _ in 0..16 {
        let mut client = Client::new(Kind::Polite { think: SECOND });
        client.handling = 10 * SECOND;
        world.connect_in(Duration::ZERO, client);
    }
    world.run_for(SECOND);
    let newcomer = world.connect(Kind::Polite { think: SECOND });
    world.run_for(8 * SECOND);
    assert_eq!(world.endpoint.impatience(world.now), None);
    assert!(!world.waits.contains_key(&newcomer));
    assert_eq!(world.connected(), 16);
    assert_eq!(world.sum(|client| client.ended), 0);
    world.run_for(1_100 * MS);
    assert_eq!(world.clients[newcomer].total_answers, 1, "an answer says that it is the last");
}

/// They were told to end, but had input: the application has their requests.
#[test]
fn newcomer_gets_room_although_those_told_to_end_became_busy() {
    let mut world = World::new(cap(40));
    for _ in 0..40 {
        world.connect(Kind::Polite { think: 100 * SECOND });
    }
    world.run_for(1_150 * MS);
    let now = world.now;
    for _ in 0..16 {
        assert!(!world.endpoint.has_room());
        let _ = world.endpoint.make_room(now);
        let told = world.endpoint.poll_wake().expect("one is told");
        world.endpoint.resume(told);
        let _ = world.endpoint.open(now);
    }
    assert!(!world.endpoint.has_room());
    let retry = world.endpoint.make_room(now);
    assert_eq!(world.endpoint.poll_wake(), None, "16 of them may be closed soon");
    let _ = world.endpoint.make_room(retry);
    let next = world.endpoint.poll_wake().expect("one more is told");
    world.endpoint.close(next);
    assert!(world.endpoint.has_room());
}

#[test]
fn last_answers_are_32_and_one_connection_has_them() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(2), Account::new(1 << 20).purse());
    let [first, second] = [endpoint.open(now), endpoint.open(now)];
    assert_eq!(endpoint.answer(first, now), Persistence::Persist);
    let _ = endpoint.make_room(now);
    for _ in 0..32 {
        assert_eq!(endpoint.answer(first, now), Persistence::CloseWhenAnswered);
        assert_eq!(endpoint.answer(second, now), Persistence::Persist);
        let _ = endpoint.make_room(now + MS);
    }
    assert_eq!(endpoint.answer(first, now), Persistence::Close);
    assert_eq!(endpoint.answer(second, now), Persistence::Persist);
    // It has made no room within a second.
    let _ = endpoint.make_room(now + SECOND);
    assert_eq!(endpoint.answer(second, now), Persistence::CloseWhenAnswered);
}

/// The newcomer has gone before a connection had closed for it.
#[test]
fn connection_that_has_not_closed_persists_once_nobody_waits() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(1), Account::new(1 << 20).purse());
    let id = endpoint.open(now);
    let _ = endpoint.make_room(now);
    assert_eq!(endpoint.answer(id, now), Persistence::CloseWhenAnswered);
    endpoint.relieve();
    assert!(!endpoint.is_watchful());
    let _ = endpoint.wait(id, Activity::Idle { since: now }, None, 0);
    let other = endpoint.open(now);
    let _ = endpoint.make_room(now + MS);
    assert_eq!(endpoint.answer(other, now), Persistence::CloseWhenAnswered);
    assert_eq!(endpoint.answer(id, now), Persistence::Persist);
}

/// The application has the connection, and the input that came after its request.
#[test]
fn upgraded_connection_stays_and_its_input_counts() {
    let now = World::new(cap(1)).now;
    let account = Account::new(1 << 20);
    let mut endpoint = Endpoint::new(cap(1), account.purse());
    let id = endpoint.open(now);
    let _ = endpoint.wait(id, Activity::Idle { since: now }, Some(now + SECOND), 0);
    endpoint.hand_over(id, 100_000);
    assert!(account.used() >= 100_000);
    endpoint.handle_timeout(now + SECOND);
    let _ = endpoint.make_room(now + 5 * SECOND);
    assert_eq!(endpoint.poll_wake(), None);
    endpoint.drain(Duration::MAX, now + 5 * SECOND);
    endpoint.close(id);
    assert_eq!(endpoint.summary().finished, 1, "it isn't idle");
}

#[test]
fn connection_with_its_last_answer_makes_room_for_one() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(1), Account::new(1 << 20).purse());
    let id = endpoint.open(now);
    endpoint.leave(id);
    assert!(!endpoint.has_room(), "its answer wasn't the last one for a newcomer");
    let _ = endpoint.make_room(now);
    assert_eq!(endpoint.answer(id, now), Persistence::CloseWhenAnswered);
    for _ in 0..2 {
        endpoint.leave(id);
        assert!(endpoint.has_room());
    }
    assert!(endpoint.take_acceptor_due());
    let _ = endpoint.open(now);
    assert!(!endpoint.has_room());
    endpoint.close(id);
    assert!(!endpoint.has_room());
}

#[test]
fn no_answer_is_the_last_one_for_a_newcomer_that_has_a_place() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(2), Account::new(1 << 20).purse());
    let [stays, goes] = [endpoint.open(now), endpoint.open(now)];
    let _ = endpoint.make_room(now);
    endpoint.close(goes);
    let _ = endpoint.open(now);
    assert_eq!(endpoint.answer(stays, now), Persistence::Persist);
}
