//! A newcomer gets its place beside all kinds of clients.

use std::time::Duration;

use crate::support::{Client, Kind, MS, SECOND, World, cap};

const CAP: usize = 1_000;

/// Lets a newcomer come at a time after a flood has filled all places.
fn newcomer_waits(kind: Kind, flood: usize, after: Duration) -> Duration {
    let mut world = World::new(cap(CAP));
    world.flood(kind, flood);
    world.run_for(after);
    assert!(world.endpoint.len() >= CAP, "{kind:?}");
    let newcomer = world.connect(Kind::Polite { think: SECOND });
    world.run_for(3 * SECOND);
    *world.waits.get(&newcomer).unwrap_or_else(|| panic!("{kind:?}: never admitted"))
}

const KINDS: [Kind; 10] = [
    Kind::Silent,
    Kind::HalfHead,
    Kind::HalfBody(10_000),
    Kind::Drip(Duration::from_millis(200)),
    Kind::SlowReader,
    Kind::StalledExchange,
    Kind::Lingerer,
    Kind::NoisyLingerer(Duration::from_millis(300)),
    Kind::Steady(Duration::from_millis(300)),
    Kind::SteadyReader(Duration::from_millis(300)),
];

#[test]
fn newcomer_behind_a_full_house_waits_a_second_at_most() {
    for kind in KINDS {
        for after in [MS, 500 * MS, 990 * MS, 5 * SECOND] {
            let waited = newcomer_waits(kind, CAP, after);
            assert!(waited <= SECOND, "{kind:?}, {after:?}: {waited:?}");
        }
    }
}

#[test]
fn newcomer_in_a_flood_that_comes_back_waits_a_second_at_most() {
    for kind in KINDS {
        for flood in [CAP + 10, CAP * 2] {
            for after in [2_000 * MS, 2_700 * MS] {
                let waited = newcomer_waits(kind, flood, after);
                assert!(waited <= SECOND, "{kind:?}, {flood}, {after:?}: {waited:?}");
            }
        }
    }
}

#[test]
fn newcomer_behind_silent_clients_waits_a_quarter_of_a_second_at_most() {
    for flood in [CAP, CAP * 3 / 2, CAP * 2] {
        for after in [MS, 50 * MS, 333 * MS, SECOND, 2 * SECOND] {
            let waited = newcomer_waits(Kind::Silent, flood, after);
            assert!(waited <= 250 * MS, "{flood}, {after:?}: {waited:?}");
        }
    }
}

/// The flood comes at once, and the newcomer is the last in the queue.
#[test]
fn newcomer_behind_three_thousand_half_heads_waits_less_than_two_seconds() {
    for kind in KINDS {
        for after in [Duration::ZERO, 10 * MS, SECOND, 2 * SECOND] {
            let waited = newcomer_waits_behind(kind, after);
            assert!(waited < 2 * SECOND, "{kind:?}, {after:?}: {waited:?}");
        }
    }
}

fn newcomer_waits_behind(kind: Kind, after: Duration) -> Duration {
    let mut world = World::new(cap(CAP));
    world.flood(kind, 3_000);
    world.run_for(after);
    let newcomer = world.connect(Kind::Polite { think: SECOND });
    world.run_for(3 * SECOND);
    *world.waits.get(&newcomer).unwrap_or_else(|| panic!("{kind:?}: never admitted"))
}

/// Three floods at once, whose kinds hide each other.
#[test]
fn newcomer_behind_a_mixed_flood_waits_less_than_two_seconds() {
    let mut world = World::new(cap(CAP));
    for kind in KINDS {
        world.flood(kind, 300);
    }
    world.run_for(3 * SECOND);
    let newcomer = world.connect(Kind::Polite { think: SECOND });
    world.run_for(3 * SECOND);
    let waited = world.waits[&newcomer];
    assert!(waited < 2 * SECOND, "{waited:?}");
}

/// While there are places, no connection ends for another.
#[test]
fn nobody_ends_while_there_is_room() {
    for kind in KINDS {
        let mut world = World::new(cap(CAP));
        world.flood(kind, CAP);
        world.run_for(20 * SECOND);
        assert_eq!(world.sum(|client| client.ended), 0, "{kind:?}");
        assert_eq!(world.endpoint.len(), CAP);
    }
}

/// One newcomer ends one connection.
#[test]
fn each_newcomer_costs_one_connection_its_place() {
    for kind in KINDS {
        let mut world = World::new(cap(CAP));
        for _ in 0..CAP {
            world.connect(kind);
        }
        world.run_for(2 * SECOND);
        for _ in 0..10 {
            world.connect(Kind::Silent);
        }
        world.run_for(2 * SECOND);
        assert_eq!(world.sum(|client| client.ended), 10, "{kind:?}");
        assert!(!world.endpoint.is_watchful());
    }
}

#[test]
fn connection_that_has_spoken_outlives_silent_ones() {
    let mut world = World::new(cap(CAP));
    world.flood(Kind::Silent, CAP - 1);
    let half = world.connect(Kind::HalfHead);
    world.run_for(800 * MS);
    for _ in 0..CAP / 2 {
        world.connect(Kind::Silent);
    }
    world.run_for(190 * MS);
    assert!(world.clients[half].connection.is_some());
}

/// The system has a shortage before the limit is reached.
#[test]
fn shortage_ends_connections_below_the_cap() {
    let mut world = World::new(cap(CAP));
    for _ in 0..10 {
        world.connect(Kind::HalfHead);
    }
    world.run_for(2 * SECOND);
    for left in (0..10).rev() {
        let _ = world.endpoint.make_room(world.now);
        world.run_for(MS);
        assert_eq!(world.connected(), left);
    }
    let retry = world.endpoint.make_room(world.now);
    assert!(retry > world.now);
}

/// The limit is lowered while all places are taken.
#[test]
fn lowered_cap_ends_nobody_until_newcomers_wait() {
    let mut world = World::new(cap(100));
    world.flood(Kind::Drip(300 * MS), 100);
    world.run_for(2 * SECOND);
    world.endpoint.set_max_connections(50);
    world.run_for(2 * SECOND);
    assert_eq!(world.connected(), 100);
    let newcomer = world.connect(Kind::Silent);
    world.run_for(2 * SECOND);
    assert!(world.waits.contains_key(&newcomer));
    assert!(world.connected() <= 66);
}

/// All others reconnect as soon as they are ended, so newcomers never stop.
#[test]
fn body_that_flows_outlives_a_flood_that_comes_back() {
    for flood in [Kind::HalfBody(10_000), Kind::HalfHead, Kind::SlowReader, Kind::Silent] {
        let mut world = World::new(cap(32));
        let flowing = [Kind::Steady(20 * MS), Kind::SteadyReader(20 * MS)];
        let flowing = flowing.map(|kind| world.connect(kind));
        world.run_for(SECOND);
        world.flood(flood, 64);
        world.run_for(20 * SECOND);
        for client in flowing {
            let Client { kind, ended, .. } = &world.clients[client];
            assert_eq!(*ended, 0, "{kind:?} beside {flood:?}");
        }
        assert!(world.sum(|client| client.ended) > 32, "the flood makes room for itself");
    }
}

/// A newcomer needn't wait for longer than a second when there are no others.
#[test]
fn body_that_flows_makes_room_when_all_do() {
    let mut world = World::new(cap(32));
    world.flood(Kind::Steady(20 * MS), 32);
    world.run_for(5 * SECOND);
    for _ in 0..3 {
        let newcomer = world.connect(Kind::Polite { think: SECOND });
        world.run_for(2 * SECOND);
        assert!(world.waits[&newcomer] <= SECOND + 50 * MS, "{:?}", world.waits[&newcomer]);
    }
}

/// Attackers whose bodies flow, twice as many as the server takes, reconnect as soon as they are ended.
#[test]
fn flood_of_bodies_that_flow_keeps_no_newcomer_waiting() {
    for flood in [Kind::Steady(20 * MS), Kind::SteadyReader(20 * MS), Kind::Steady(900 * MS)] {
        let mut world = World::new(cap(32));
        world.flood(flood, 64);
        world.run_for(20 * SECOND);
        for _ in 0..5 {
            let newcomer = world.connect(Kind::Polite { think: SECOND });
            world.run_for(3 * SECOND);
            let waited = world.waits.get(&newcomer);
            assert!(waited.is_some_and(|waited| *waited <= 1_200 * MS), "{flood:?}: {waited:?}");
        }
    }
}
