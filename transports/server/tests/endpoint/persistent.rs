//! Well-behaved clients lose no request while newcomers wait.

use std::time::Duration;

use crate::support::{Client, Kind, MS, SECOND, World, cap};

const CAP: usize = 32;

/// Clients at a round trip of 40 ms, with different times to think. Some are behind a relay.
fn polite(world: &mut World, clients: usize, longest_think: Duration) {
    for n in 0..clients {
        let think = longest_think * u32::try_from(n % 13).unwrap() / 13;
        let mut client = Client::new(Kind::Polite { think });
        client.latency = 20 * MS;
        client.first_delay = MS * u32::try_from(n % 4).unwrap() * 20;
        client.comes_back = true;
        world.connect_in(MS * u32::try_from(n * 7 % 100).unwrap(), client);
    }
}

#[test]
fn polite_clients_above_the_cap_lose_no_request() {
    for clients in [33, 48, 64, 100] {
        for longest_think in [Duration::ZERO, 100 * MS, 500 * MS, 900 * MS] {
            let mut world = World::new(cap(CAP));
            polite(&mut world, clients, longest_think);
            world.run_for(20 * SECOND);
            let lost = world.sum(|client| client.lost + client.lost_first);
            assert_eq!(lost, 0, "{clients} clients, {longest_think:?}");
            let least = world.clients.iter().map(|client| client.total_answers).min();
            assert!(least >= Some(10), "{clients} clients, {longest_think:?}: {least:?}");
        }
    }
}

#[test]
fn polite_clients_at_the_cap_keep_their_connections() {
    let mut world = World::new(cap(CAP));
    polite(&mut world, CAP, 900 * MS);
    world.run_for(20 * SECOND);
    assert_eq!(world.sum(|client| client.ended), 0);
    assert!(world.clients.iter().all(|client| client.generation == 1));
}

/// Silent clients flood the server. A client that was answered within a second keeps its connection.
#[test]
fn polite_clients_in_a_flood_lose_no_request() {
    for kind in [Kind::Silent, Kind::HalfHead, Kind::Drip(200 * MS), Kind::SlowReader] {
        let mut world = World::new(cap(CAP));
        polite(&mut world, 8, 500 * MS);
        world.flood(kind, 2 * CAP);
        world.run_for(20 * SECOND);
        let polite = &world.clients[..8];
        assert!(polite.iter().all(|client| client.lost + client.lost_first == 0), "{kind:?}");
        let least = polite.iter().map(|client| client.total_answers).min();
        assert!(least >= Some(5), "{kind:?}: {least:?}");
    }
}

/// One connection closes for one newcomer.
#[test]
fn one_answer_is_the_last_one_for_each_newcomer() {
    let mut world = World::new(cap(CAP));
    polite(&mut world, CAP, 200 * MS);
    world.run_for(5 * SECOND);
    for newcomers in 1..=5 {
        world.connect(Kind::Polite { think: 100 * MS });
        world.run_for(5 * SECOND);
        let generations: u32 = world.sum(|client| client.generation);
        assert!(usize::try_from(generations).unwrap() > CAP + newcomers);
        assert_eq!(world.sum(|client| client.ended), 0);
        for client in &mut world.clients {
            client.comes_back = false;
        }
    }
}
