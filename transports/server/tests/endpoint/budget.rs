//! The memory of all connections together.

use h1events_server::{Endpoint, EndpointConfig, Memory};

use crate::support::{Account, Client, Input, Kind, MS, SECOND, World, cap};

pub(crate) const MIB: usize = 1024 * 1024;

pub(crate) fn config(max_buffered: usize) -> EndpointConfig {
    let mut config = cap(10_000);
    config.max_buffered = max_buffered;
    config
}

/// A body of a megabyte whose last byte never comes.
const UNFINISHED: Kind = Kind::HalfBody(MIB - 1);

#[test]
fn unfinished_bodies_never_pass_the_budget() {
    let mut world = World::new(config(64 * MIB));
    world.flood(UNFINISHED, 3_000);
    for _ in 0..100 {
        world.run_for(100 * MS);
        assert!(world.account.used() <= 64 * MIB);
    }
    assert!(world.account.used() > 50 * MIB, "it is used");
    assert!(world.account.peak() <= 64 * MIB);
    assert_eq!(world.account.overdrawn(), 0);
}

#[test]
fn small_request_gets_through_at_once() {
    let mut world = World::new(config(64 * MIB));
    world.flood(UNFINISHED, 3_000);
    for _ in 0..100 {
        world.run_for(70 * MS);
        let small = world.connect(Kind::HalfHead);
        world.run_for(MS / 2);
        world.send(small, Input::Request);
        assert_eq!(world.clients[small].total_answers, 1);
    }
}

/// Small requests come and go while large bodies wait for a little more. The large ones don't get the
/// memory that the small ones give back.
#[test]
fn large_bodies_never_get_what_is_for_small_ones() {
    let budget = MIB;
    let mut world = World::new(config(budget));
    let bodies: Vec<_> = (0..60).map(|_| world.connect(Kind::HalfBody(20_000))).collect();
    world.run_for(MS);
    for round in 0..100 {
        world.send(bodies[round % bodies.len()], Input::Body(1_000));
        let small: Vec<_> = (0..8).map(|_| world.connect(Kind::HalfHead)).collect();
        world.run_for(MS / 2);
        for small in small {
            world.send(small, Input::Request);
            assert_eq!(world.clients[small].total_answers, 1);
            world.send(small, Input::End);
        }
        let large = bodies.iter().filter_map(|&body| world.clients[body].connection.as_ref());
        let large: usize = large.map(|connection| connection.held).sum();
        assert!(large <= budget - budget / 8, "{large}");
    }
}

/// The last eighth comes back to the purse, and a large body that waits doesn't get it.
#[test]
fn memory_of_a_small_connection_is_not_given_to_a_large_one() {
    let now = World::new(cap(1)).now;
    let account = Account::new(MIB);
    let mut endpoint = Endpoint::new(config(MIB), account.purse());
    let [first, second, small, other] = [(); 4].map(|()| endpoint.open(now));
    assert_eq!(endpoint.acquire(first, 0, 500_000, now), Memory::Granted);
    assert_eq!(endpoint.acquire(second, 0, 417_000, now), Memory::Granted);
    assert_eq!(endpoint.acquire(small, 0, 8_000, now), Memory::Granted);
    assert_eq!(endpoint.acquire(other, 0, 8_000, now), Memory::Granted);
    assert_eq!(endpoint.acquire(second, 417_000, 420_000, now), Memory::Lacking);
    let before = account.used();
    endpoint.close(small);
    assert_eq!(endpoint.poll_wake(), None);
    assert!(account.used() <= before - 7_000, "it is given back");
}

/// A connection that holds much and needs little waits behind an earlier one that needs more.
#[test]
fn growing_body_waits_behind_those_that_wait() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [growing, waiting] = [endpoint.open(now), endpoint.open(now)];
    assert_eq!(endpoint.acquire(growing, 0, 600_000, now), Memory::Granted);
    assert_eq!(endpoint.acquire(waiting, 0, 400_000, now), Memory::Lacking);
    assert_eq!(endpoint.acquire(growing, 600_000, 601_000, now), Memory::Lacking);
    endpoint.close(growing);
    assert_eq!(endpoint.poll_wake(), Some(waiting));
    assert_eq!(endpoint.acquire(waiting, 0, 400_000, now), Memory::Granted);
}

#[test]
fn connections_that_need_as_much_get_it_in_turn() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [large, second, first] = [(); 3].map(|()| endpoint.open(now));
    assert_eq!(endpoint.acquire(large, 0, 900_000, now), Memory::Granted);
    for id in [first, second] {
        assert_eq!(endpoint.acquire(id, 0, 100_000, now), Memory::Lacking);
        assert_eq!(endpoint.timeout(), Some(now + 10 * MS), "then it looks for more");
        assert_eq!(endpoint.take_acceptor_due(), id == first, "it may be the thread that looks");
    }
    for id in [first, second] {
        endpoint.charge(large, if id == first { 800_000 } else { 700_000 });
        assert_eq!(endpoint.poll_wake(), Some(id));
        assert_eq!(endpoint.poll_wake(), None);
    }
}

/// Workers that share a purse rarely touch it. What is beyond the budget goes back at once.
#[test]
fn endpoint_keeps_one_grant_for_the_next_connection() {
    const GRANT: usize = MIB / 256;

    let account = Account::new(MIB);
    let mut endpoint = Endpoint::new(config(MIB), account.purse());
    let id = endpoint.open(World::new(cap(1)).now);
    for (bytes, used) in [
        (2 * MIB, 2 * MIB),
        (0, 0),
        (1, GRANT),
        (0, GRANT),
        (10 * GRANT, 10 * GRANT),
        (0, GRANT),
        (GRANT + 1, 2 * GRANT),
        (1, 2 * GRANT),
        (0, GRANT),
    ] {
        endpoint.charge(id, bytes);
        assert_eq!(account.used(), used, "{bytes}");
    }
}

/// It may hold less than it was granted before.
#[test]
fn connection_that_waits_gives_back_what_it_does_not_hold() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [growing, waiting] = [(); 2].map(|()| endpoint.open(now));
    assert_eq!(endpoint.acquire(growing, 0, 600_000, now), Memory::Granted);
    assert_eq!(endpoint.acquire(waiting, 0, 400_000, now), Memory::Lacking);
    assert_eq!(endpoint.acquire(growing, 100_000, 700_000, now), Memory::Lacking);
    assert_eq!(endpoint.poll_wake(), Some(waiting));
}

/// Memory that only makes a connection faster goes to others first.
#[test]
fn connection_that_can_do_without_memory_never_waits() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [streaming, large, waiting] = [(); 3].map(|()| endpoint.open(now));
    assert_eq!(endpoint.acquire(large, 0, 800_000, now), Memory::Granted);
    assert!(endpoint.try_acquire(streaming, 64_000) && endpoint.try_acquire(streaming, 60_000));
    assert!(!endpoint.try_acquire(streaming, 300_000), "there is less");
    assert_eq!(endpoint.acquire(waiting, 0, 400_000, now), Memory::Lacking);
    assert!(!endpoint.try_acquire(streaming, 65_000), "another one waits");
    endpoint.close(large);
    assert_eq!(endpoint.poll_wake(), Some(waiting));
    assert!(endpoint.try_acquire(streaming, 128_000));
    assert_eq!(endpoint.poll_wake(), None);
}

/// Connections that wait for each other's memory take all places.
#[test]
fn newcomers_get_the_places_of_unread_connections() {
    let mut config = config(MIB);
    config.max_connections = Some(40);
    let mut world = World::new(config);
    let unread: Vec<_> = (0..40).map(|_| world.connect(Kind::HalfBody(20_000))).collect();
    world.run_for(MS);
    for &client in &unread {
        world.send(client, Input::Body(100_000));
    }
    let newcomers: Vec<_> = (0..10).map(|_| world.connect(Kind::Silent)).collect();
    world.run_for(SECOND + 600 * MS);
    assert!(newcomers.iter().all(|newcomer| world.waits.contains_key(newcomer)));
}

#[test]
fn body_larger_than_the_budget_is_refused_at_once() {
    let mut world = World::new(config(MIB));
    let client = world.connect(Kind::HalfHead);
    world.run_for(MS);
    world.send(client, Input::Body(MIB));
    assert_eq!(world.clients[client].refused, 1);
}

#[test]
fn budget_is_enough_for_small_requests() {
    for (max_buffered, budget) in [(0, 65_536), (65_535, 65_536), (65_537, 65_537)] {
        assert_eq!(config(max_buffered).budget(), budget);
    }
}

#[test]
fn seven_eighths_of_the_budget_are_the_most_for_one() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let id = endpoint.open(now);
    assert_eq!(endpoint.acquire(id, 0, MIB / 8 * 7 + 1, now), Memory::Refused);
    assert_eq!(endpoint.acquire(id, 0, MIB / 8 * 7, now), Memory::Granted);
    endpoint.charge(id, MIB);
    assert_eq!(endpoint.acquire(id, MIB, MIB, now), Memory::Granted, "it has them");
}

/// Answers are always buffered. No connection is read until they are sent.
#[test]
fn answers_pass_the_budget_and_stop_the_reading() {
    let mut world = World::new(config(MIB));
    for _ in 0..10 {
        let mut client = Client::new(Kind::SlowReader);
        client.answer = MIB;
        world.connect_in(MS / 10, client);
    }
    world.run_for(MS);
    assert!(world.account.used() >= 10 * MIB);
    let head = world.connect(Kind::HalfHead);
    world.run_for(MS);
    assert!(world.clients[head].connection.as_ref().is_some_and(|c| c.needs.is_some()));
    for client in 0..10 {
        world.send(client, Input::End);
    }
    world.run_for(10 * MS);
    assert!(world.clients[head].connection.as_ref().is_some_and(|c| c.needs.is_none()));
    assert!(world.account.used() <= MIB);
}

/// A second in which the server doesn't read isn't the client's fault.
#[test]
fn unread_connection_keeps_its_patience() {
    let mut config = config(MIB);
    config.max_connections = Some(3);
    let mut world = World::new(config);
    let mut reader = Client::new(Kind::SteadyReader(100 * MS));
    reader.answer = 2 * MIB;
    let reader = world.connect_in(MS / 10, reader);
    world.run_for(MS);
    let unread = world.connect(Kind::HalfHead);
    let silent = world.connect(Kind::Polite { think: 100 * SECOND });
    world.run_for(5 * SECOND);
    assert!(world.clients[unread].connection.as_ref().is_some_and(|c| c.needs.is_some()));
    // Of the two others, the idle one goes.
    world.connect(Kind::Silent);
    world.run_for(10 * MS);
    assert!(world.clients[silent].connection.is_none());
    world.send(reader, Input::End);
    world.run_for(MS);
    // Its time begins now, so the silent one goes first.
    world.connect(Kind::Silent);
    world.connect(Kind::Silent);
    world.run_for(150 * MS);
    assert!(world.clients[unread].connection.is_some());
}

/// Two workers.
#[test]
fn endpoints_with_one_purse_share_its_memory() {
    let account = Account::new(16 * MIB);
    let mut worlds = [config(16 * MIB), config(16 * MIB)]
        .map(|config| World::with_account(config, account.clone()));
    for (n, world) in worlds.iter_mut().enumerate() {
        for _ in 0..100 + n {
            world.connect(UNFINISHED);
        }
        world.run_for(MS);
    }
    for _ in 0..1_000 {
        for world in &mut worlds {
            world.run_for(20 * MS);
            assert!(account.used() <= 16 * MIB);
            let small = world.connect(Kind::HalfHead);
            world.run_for(MS / 2);
            world.send(small, Input::Request);
            assert_eq!(world.clients[small].total_answers, 1);
            world.send(small, Input::End);
        }
    }
    assert!(worlds.iter().all(|world| world.sum(|client| client.refused) > 5));
    // One worker gets the memory that the other gives back.
    let [first, mut second] = worlds;
    let waiting = |world: &World| {
        let connections = world.clients.iter().filter_map(|client| client.connection.as_ref());
        connections.filter(|connection| connection.needs.is_some()).count()
    };
    let before = waiting(&second);
    drop(first);
    second.run_for(20 * MS);
    assert!(waiting(&second) < before, "{before}");
    drop(second);
    assert_eq!(account.used(), 0);
}

#[test]
fn closed_connections_give_everything_back() {
    let mut world = World::new(config(64 * MIB));
    for _ in 0..100 {
        world.connect(UNFINISHED);
    }
    world.run_for(SECOND);
    for client in 0..100 {
        world.send(client, Input::End);
    }
    world.run_for(SECOND);
    assert!(world.endpoint.is_empty());
    assert_eq!(world.account.used(), 0);
}

/// The transport holds bytes for an application that doesn't read them.
#[test]
fn bytes_of_a_connection_that_waits_for_its_application_count() {
    let account = Account::new(MIB);
    let now = World::new(config(MIB)).now;
    let mut endpoint = Endpoint::new(config(MIB), account.purse());
    let [slow, other] = [endpoint.open(now), endpoint.open(now)];
    endpoint.charge(slow, MIB);
    assert!(account.used() >= MIB);
    assert_eq!(endpoint.acquire(other, 0, 100_000, now), Memory::Lacking);
    endpoint.charge(slow, 0);
    assert_eq!(endpoint.acquire(other, 0, 100_000, now), Memory::Granted);
}
