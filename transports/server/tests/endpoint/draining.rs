//! The end of a server.

use std::time::Duration;

use h1events_server::{Activity, Endpoint, Summary};

use crate::support::{Account, Client, Input, Kind, MS, SECOND, World, cap};

fn polite(world: &mut World, clients: usize, think: Duration) {
    for n in 0..clients {
        let mut client = Client::new(Kind::Polite { think });
        client.latency = 20 * MS;
        world.connect_in(MS * u32::try_from(n * 7 % 200).unwrap(), client);
    }
}

/// Expects that the counts include the connections that were open when the drain began, and later
/// ones.
fn expect_sum(summary: Summary, open: usize) {
    let Summary { idle, finished, cut_off, .. } = summary;
    assert_eq!(idle + finished + cut_off, open as u64, "{summary}");
}

#[test]
fn drain_with_time_loses_no_request() {
    for think in [MS, 100 * MS, 400 * MS, 900 * MS] {
        for after in [1_000, 1_013, 1_500, 1_777] {
            let mut world = World::new(cap(1_000));
            polite(&mut world, 300, think);
            world.run_for(after * MS);
            let open = world.connected();
            assert_eq!(open, 300);
            world.drain(4 * SECOND);
            world.run_for(2 * SECOND);
            let summary = world.endpoint.summary();
            assert_eq!(world.sum(|client| client.lost + client.lost_first), 0, "{think:?}");
            assert!(world.endpoint.is_empty());
            assert_eq!(summary.cut_off, 0);
            expect_sum(summary, open);
        }
    }
}

/// Clients that wait in the accept queue are served, as places become free.
#[test]
fn drain_serves_those_that_have_connected() {
    let mut world = World::new(cap(100));
    polite(&mut world, 100, 100 * MS);
    world.run_for(990 * MS);
    for _ in 0..100 {
        let mut client = Client::new(Kind::Polite { think: SECOND });
        client.latency = 20 * MS;
        world.connect_in(Duration::ZERO, client);
    }
    world.run_for(MS);
    world.drain(4 * SECOND);
    world.run_for(5 * SECOND);
    assert!(world.clients.iter().all(|client| client.total_answers > 0));
    assert_eq!(world.sum(|client| client.lost + client.lost_first), 0);
    expect_sum(world.endpoint.summary(), 200);
}

#[test]
fn drain_closes_those_at_once_that_have_been_silent_for_long() {
    let mut world = World::new(cap(1_000));
    for _ in 0..100 {
        world.connect(Kind::Silent);
        world.connect(Kind::Polite { think: 100 * SECOND });
    }
    world.run_for(2 * SECOND);
    let young = world.connect(Kind::Silent);
    world.run_for(500 * MS);
    world.drain(Duration::MAX);
    assert_eq!(world.connected(), 1);
    assert!(world.clients[young].connection.is_some());
    world.run_for(550 * MS);
    assert!(world.endpoint.is_empty());
    let summary = world.endpoint.summary();
    assert_eq!(summary, Summary { connections: 201, idle: 201, finished: 0, cut_off: 0 });
}

/// Half of the grace is for connections that may speak; a quarter isn't enough for any.
#[test]
fn drain_keeps_active_connections_readable_for_half_a_short_grace() {
    let mut world = World::new(cap(1_000));
    let young = world.connect(Kind::Silent);
    world.run_for(MS);
    world.drain(200 * MS);
    world.run_for(90 * MS);
    assert!(world.clients[young].connection.is_some());
    assert!(world.endpoint.admits(world.now));
    world.run_for(10 * MS);
    assert!(world.endpoint.is_empty());
    assert!(!world.endpoint.admits(world.now));
}

#[test]
fn drain_without_time_cuts_off_what_has_begun() {
    let mut world = World::new(cap(1_000));
    for _ in 0..10 {
        world.connect(Kind::Silent);
        world.connect(Kind::HalfHead);
        world.connect(Kind::SlowReader);
        world.connect(Kind::Lingerer);
    }
    world.run_for(100 * MS);
    world.drain(Duration::ZERO);
    assert!(world.endpoint.is_empty());
    assert!(world.endpoint.is_over(world.now));
    let summary = world.endpoint.summary();
    assert_eq!(summary, Summary { connections: 40, idle: 10, finished: 10, cut_off: 20 });
}

#[test]
fn drain_cuts_off_a_handler_that_never_ends() {
    let mut world = World::new(cap(1_000));
    let mut stuck = Client::new(Kind::Polite { think: SECOND });
    stuck.handling = 1_000 * SECOND;
    let stuck = world.connect_in(Duration::ZERO, stuck);
    world.run_for(SECOND);
    world.drain(2 * SECOND);
    world.run_for(1_990 * MS);
    assert!(!world.endpoint.is_over(world.now));
    assert!(!world.endpoint.is_empty());
    world.run_for(10 * MS);
    assert!(world.endpoint.is_over(world.now));
    let expected = Summary { connections: 1, idle: 0, finished: 0, cut_off: 1 };
    assert_eq!(world.endpoint.summary(), expected);
    assert!(world.clients[stuck].connection.is_some());
    world.run_for(2_000 * SECOND);
    assert!(world.endpoint.is_empty());
    assert_eq!(world.endpoint.summary(), expected, "it had its answer too late");
}

#[test]
fn drain_waits_for_handlers_that_end_in_time() {
    let mut world = World::new(cap(1_000));
    for n in 0..10 {
        let mut client = Client::new(Kind::Polite { think: SECOND });
        client.handling = n * SECOND;
        world.connect_in(Duration::ZERO, client);
    }
    world.run_for(500 * MS);
    world.drain(6 * SECOND);
    world.run_for(10 * SECOND);
    let summary = world.endpoint.summary();
    // The one whose handler takes no time has its answer before the drain.
    assert_eq!(summary, Summary { connections: 10, idle: 1, finished: 6, cut_off: 3 });
}

#[test]
fn second_drain_can_only_shorten_the_first() {
    for (first, second, expected) in [
        (10 * SECOND, 2 * SECOND, 3 * SECOND),
        (3 * SECOND, 10 * SECOND, 3 * SECOND),
        (2 * SECOND, Duration::MAX, 2 * SECOND),
        (10 * SECOND, Duration::ZERO, SECOND),
        (Duration::MAX, SECOND, 2 * SECOND),
    ] {
        let mut world = World::new(cap(10));
        world.connect(Kind::Drip(100 * MS));
        world.run_for(SECOND);
        let begun = world.now;
        world.drain(first);
        world.run_for(SECOND);
        world.drain(second);
        world.run_until(begun + expected - MS);
        let is_over = world.endpoint.is_over(world.now);
        assert_eq!(is_over, expected == SECOND, "{first:?}, {second:?}");
        world.run_until(begun + expected);
        assert!(world.endpoint.is_over(world.now), "{first:?}, {second:?}");
        assert!(world.endpoint.is_empty(), "{first:?}, {second:?}");
    }
}

#[test]
fn second_drain_shortens_the_time_to_speak() {
    let mut world = World::new(cap(10));
    world.connect(Kind::Silent);
    world.run_for(MS);
    world.drain(10 * SECOND);
    world.drain(200 * MS);
    world.run_for(99 * MS);
    assert!(world.endpoint.admits(world.now));
    assert_eq!(world.connected(), 1);
    world.run_for(MS);
    assert!(!world.endpoint.admits(world.now));
    assert!(world.endpoint.is_empty());
}

#[test]
fn drain_ends_lingering_after_a_second_of_silence() {
    let mut world = World::new(cap(10));
    let silent = world.connect(Kind::Lingerer);
    let noisy = world.connect(Kind::NoisyLingerer(500 * MS));
    world.run_for(100 * MS);
    world.drain(5 * SECOND);
    world.run_for(850 * MS);
    assert!(world.clients[silent].connection.is_some());
    world.run_for(100 * MS);
    assert!(world.clients[silent].connection.is_none());
    assert!(world.clients[noisy].connection.is_some());
    world.run_for(5 * SECOND);
    let expected = Summary { connections: 2, idle: 0, finished: 2, cut_off: 0 };
    assert_eq!(world.endpoint.summary(), expected, "its answer was complete");
}

/// If the last read finds half a head, a request has begun.
#[test]
fn drain_finishes_what_the_last_look_finds() {
    let mut world = World::new(cap(10));
    let client = world.connect(Kind::Polite { think: 100 * SECOND });
    world.run_for(2 * SECOND);
    world.clients[client].inbox.push_back(Input::Byte);
    world.drain(4 * SECOND);
    world.run_for(2 * SECOND);
    assert!(world.clients[client].connection.is_some());
    world.send(client, Input::Request);
    world.run_for(SECOND);
    assert_eq!(world.clients[client].total_answers, 2);
    assert_eq!(world.endpoint.summary().finished, 1);
}

/// More connections are about to end than may be open beyond the limit.
#[test]
fn connections_about_to_end_are_room_for_sixteen() {
    for (max, expected) in [(10_000, 9_916), (100, 16)] {
        let mut world = World::new(cap(max));
        for _ in 0..100 {
            world.connect(Kind::Silent);
        }
        world.run_for(2 * SECOND);
        world.endpoint.drain(SECOND, world.now);
        let mut opened = 0;
        while world.endpoint.has_room() {
            let _ = world.endpoint.open(world.now);
            opened += 1;
        }
        assert_eq!(opened, expected);
    }
}

/// It always has another request, and never waits.
#[test]
fn drain_cuts_off_an_endless_pipeliner() {
    let mut world = World::new(cap(10));
    let mut client = Client::new(Kind::Pipeliner);
    client.handling = 10 * MS;
    world.connect_in(Duration::ZERO, client);
    world.run_for(SECOND);
    world.drain(2 * SECOND);
    world.run_for(1_990 * MS);
    assert_eq!(world.connected(), 1);
    world.run_for(20 * MS);
    assert_eq!(world.connected(), 0);
    assert_eq!(world.endpoint.summary().cut_off, 1);
}

#[test]
fn connection_that_ends_for_a_newcomer_in_a_drain_is_cut_off_unless_it_is_idle() {
    let now = World::new(cap(1)).now;
    let counts = |activity, goes_on| {
        let mut endpoint = Endpoint::new(cap(1), Account::new(1 << 20).purse());
        let id = endpoint.open(now);
        let _ = endpoint.wait(id, activity, None, 0);
        endpoint.drain(Duration::MAX, now);
        let _ = endpoint.make_room(now + 2 * SECOND);
        assert_eq!(endpoint.poll_wake(), Some(id));
        if goes_on {
            endpoint.resume(id);
        }
        endpoint.close(id);
        let Summary { idle, finished, cut_off, .. } = endpoint.summary();
        [idle, finished, cut_off]
    };
    assert_eq!(counts(Activity::Receiving { since: now }, false), [0, 0, 1]);
    assert_eq!(counts(Activity::Receiving { since: now }, true), [0, 1, 0]);
    assert_eq!(counts(Activity::Idle { since: now }, false), [1, 0, 0]);
}

#[test]
fn summaries_of_several_endpoints_add_up() {
    let one = Summary { connections: 9, idle: 3, finished: 2, cut_off: 1 };
    let other = Summary { connections: 80, idle: 10, finished: 30, cut_off: 40 };
    let expected = Summary { connections: 89, idle: 13, finished: 32, cut_off: 41 };
    assert_eq!([one, other].into_iter().sum::<Summary>(), expected);
}

#[test]
fn connection_that_was_answered_in_the_drain_has_finished() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(cap(1), Account::new(1 << 20).purse());
    let id = endpoint.open(now);
    endpoint.drain(Duration::MAX, now);
    let _ = endpoint.answer(id, now);
    let _ = endpoint.wait(id, Activity::Idle { since: now }, None, 0);
    endpoint.close(id);
    assert_eq!(endpoint.summary().finished, 1);
}
