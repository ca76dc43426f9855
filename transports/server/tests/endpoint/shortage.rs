//! Connections that end when memory stays short.

use h1events_server::{Activity, Endpoint, Memory, Purse, SMALL, Verdict};

use crate::budget::{MIB, config};
use crate::support::{Account, Input, Kind, MS, SECOND, World, cap};

#[test]
fn largest_stalled_body_is_refused_after_a_second() {
    let mut world = World::new(config(8 * MIB));
    let small: Vec<_> = (0..6).map(|_| world.connect(Kind::HalfBody(MIB / 2))).collect();
    let largest = world.connect(Kind::HalfBody(3 * MIB));
    world.run_for(SECOND);
    let waits = world.connect(Kind::HalfBody(2 * MIB));
    world.run_for(900 * MS);
    assert_eq!(world.sum(|client| client.refused), 0);
    world.run_for(200 * MS);
    assert_eq!(world.clients[largest].refused, 1);
    assert_eq!(world.sum(|client| client.refused), 1);
    assert_eq!(world.clients[waits].connection.as_ref().map(|c| c.held), Some(2 * MIB));
    assert!(small.iter().all(|&client| world.clients[client].connection.is_some()));
}

/// A body of which a KiB comes from time to time is left alone.
#[test]
fn body_that_makes_progress_is_not_refused_before_one_that_makes_none() {
    let mut world = World::new(config(8 * MIB));
    let steady = world.connect(Kind::Steady(300 * MS));
    world.run_for(MS);
    for _ in 0..20 {
        world.send(steady, Input::Body(128 * 1024));
    }
    let stalled = [(); 2].map(|()| world.connect(Kind::HalfBody(2 * MIB)));
    world.run_for(2 * SECOND);
    let waits = world.connect(Kind::HalfBody(MIB * 3 / 2));
    world.run_for(SECOND + 20 * MS);
    assert_eq!(world.clients[steady].refused, 0);
    assert_eq!(stalled.map(|client| world.clients[client].refused).iter().sum::<u32>(), 1);
    assert_eq!(world.clients[waits].refused, 0);
    assert_eq!(world.clients[waits].connection.as_ref().map(|c| c.held), Some(MIB * 3 / 2));
}

/// One for each, and those that hold most. If large ones alone wait, a body is dropped instead.
#[test]
fn stalled_readers_end_for_small_requests() {
    let now = World::new(cap(1)).now;
    for (needs, expected) in [(SMALL, [false, true, true]), (SMALL + 1, [false; 3])] {
        let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
        let mut hold = |activity, bytes| {
            let id = endpoint.open(now);
            assert_eq!(endpoint.wait(id, activity, None, bytes), Verdict::Wait);
            id
        };
        let receiving = Activity::Receiving { since: now };
        let body = hold(receiving, 100_000);
        let readers =
            [300_000, 400_000, 500_000].map(|bytes| hold(Activity::Sending { since: now }, bytes));
        for _ in 0..2 {
            let waiting = endpoint.open(now);
            assert_eq!(endpoint.acquire(waiting, 0, needs, now), Memory::Lacking);
        }
        endpoint.handle_timeout(now + SECOND);
        assert_eq!(readers.map(|id| endpoint.is_doomed(id)), expected, "{needs}");
        let is_refused = endpoint.wait(body, receiving, None, 100_000) == Verdict::Refuse;
        assert_eq!(is_refused, needs > SMALL);
        endpoint.handle_timeout(now + SECOND + 10 * MS);
        let is_ending = readers.iter().all(|&id| endpoint.is_doomed(id));
        assert_eq!(is_ending, needs == SMALL, "the next ones end soon");
    }
}

/// The one that waited before has gone.
#[test]
fn connection_waits_for_a_second_before_a_body_is_refused() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [body, gone, waiting] = [(); 3].map(|()| endpoint.open(now));
    let _ = endpoint.wait(body, Activity::Receiving { since: now }, None, 800_000);
    assert_eq!(endpoint.acquire(gone, 0, 400_000, now), Memory::Lacking);
    endpoint.close(gone);
    let later = now + 5 * SECOND;
    assert_eq!(endpoint.acquire(waiting, 0, 400_000, later), Memory::Lacking);
    endpoint.handle_timeout(later + 999 * MS);
    assert_eq!(endpoint.poll_wake(), None);
    endpoint.handle_timeout(later + 1_009 * MS);
    assert_eq!(endpoint.poll_wake(), Some(body));
}

/// The memory of a small one is no help.
#[test]
fn small_body_that_has_stalled_is_not_refused_for_a_large_one() {
    let now = World::new(cap(1)).now;
    for held in [SMALL, SMALL + 1] {
        let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
        let [answered, body, large] = [(); 3].map(|()| endpoint.open(now));
        endpoint.charge(answered, MIB);
        let _ = endpoint.wait(body, Activity::Receiving { since: now }, None, held);
        assert_eq!(endpoint.acquire(large, 0, 400_000, now), Memory::Lacking);
        endpoint.handle_timeout(now + SECOND);
        assert_eq!(endpoint.poll_wake(), Some(if held > SMALL { body } else { large }));
    }
}

/// The application has the requests, and gives their memory back.
#[test]
fn nobody_is_refused_for_a_small_request_that_waits_for_the_application() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [body, answered, small] = [(); 3].map(|()| endpoint.open(now));
    for (id, held) in [(body, 600_000), (small, 7_000)] {
        let _ = endpoint.wait(id, Activity::Receiving { since: now }, None, held);
    }
    endpoint.resume(body);
    endpoint.charge(answered, MIB);
    assert_eq!(endpoint.acquire(small, 7_000, SMALL, now), Memory::Lacking);
    endpoint.handle_timeout(now + SECOND);
    assert_eq!(endpoint.poll_wake(), None);
}

#[test]
fn nobody_is_refused_while_one_after_another_gets_memory() {
    let now = World::new(cap(1)).now;
    let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
    let [body, other, first, second] = [(); 4].map(|()| endpoint.open(now));
    let _ = endpoint.wait(body, Activity::Receiving { since: now }, None, 600_000);
    endpoint.charge(other, 200_000);
    for (id, bytes) in [(first, 200_000), (second, 400_000)] {
        assert_eq!(endpoint.acquire(id, 0, bytes, now), Memory::Lacking);
    }
    let _ = endpoint.wait(other, Activity::Idle { since: now }, None, 0);
    assert_eq!(endpoint.poll_wake(), Some(first));
    endpoint.handle_timeout(now + 900 * MS);
    endpoint.handle_timeout(now + 1_800 * MS);
    assert_eq!(endpoint.poll_wake(), None);
    endpoint.handle_timeout(now + 1_900 * MS);
    assert_eq!(endpoint.poll_wake(), Some(body));
}

#[test]
fn small_request_waits_for_the_memory_of_another_endpoint() {
    let now = World::new(cap(1)).now;
    let account = Account::new(MIB);
    let mut endpoint = Endpoint::new(config(MIB), account.purse());
    let small = endpoint.open(now);
    account.overdraw(MIB);
    assert_eq!(endpoint.acquire(small, 0, SMALL, now), Memory::Lacking);
    endpoint.handle_timeout(now + SECOND);
    assert_eq!(endpoint.poll_wake(), None);
    account.give_back(MIB);
    endpoint.handle_timeout(now + SECOND + 10 * MS);
    assert_eq!(endpoint.acquire(small, 0, SMALL, now + 2 * SECOND), Memory::Granted);
}

/// The last read finds more of it, or the application has answered meanwhile.
#[test]
fn body_that_was_to_be_refused_is_kept_if_it_goes_on() {
    let now = World::new(cap(1)).now;
    let later = now + SECOND;
    for (activity, expected) in [
        (Activity::Receiving { since: now }, Verdict::Refuse),
        (Activity::Receiving { since: later }, Verdict::Wait),
        (Activity::Sending { since: now }, Verdict::Wait),
    ] {
        let mut endpoint = Endpoint::new(config(MIB), Account::new(MIB).purse());
        let [body, other] = [endpoint.open(now), endpoint.open(now)];
        let _ = endpoint.wait(body, Activity::Receiving { since: now }, None, 600_000);
        assert_eq!(endpoint.acquire(other, 0, 400_000, now), Memory::Lacking);
        endpoint.handle_timeout(later);
        assert_eq!(endpoint.poll_wake(), Some(body));
        assert_eq!(endpoint.wait(body, activity, None, 600_000), expected, "{activity:?}");
        if expected == Verdict::Refuse {
            let _ = endpoint.make_room(later + 2 * SECOND);
            assert!(!endpoint.is_doomed(body), "its 503 is being written");
        }
        assert_eq!(endpoint.wait(body, activity, None, 600_000), Verdict::Wait, "it is told once");
    }
}

/// Connections that need more memory hold all of it, and none of them is large.
#[test]
fn connections_that_all_lack_memory_do_not_wait_forever() {
    for (held, more) in [(14_000, 20_000), (7_000, 7_000)] {
        let mut world = World::new(config(MIB));
        let clients: Vec<_> = (0..200).map(|_| world.connect(Kind::HalfBody(held))).collect();
        world.connect(Kind::Silent);
        world.run_for(MS);
        for &client in &clients {
            world.send(client, Input::Body(more));
        }
        world.run_for(200 * SECOND);
        let open = clients.iter().filter_map(|&client| world.clients[client].connection.as_ref());
        assert_eq!(open.filter(|connection| connection.needs.is_some()).count(), 0);
    }
}
