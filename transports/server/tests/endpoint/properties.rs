//! Properties for any behaviour of clients and any steps of the clock.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Client, Input, Kind, MS, SECOND, World, cap};

#[derive(Clone, Debug)]
enum Act {
    Connect {
        kind: Kind,
        comes_back: bool,
        latency: Duration,
        handling: Duration,
        answer: usize,
    },
    Send(usize, Input),
    Run(Duration),
    /// The process is stopped while the clock goes on.
    Suspend(Duration),
}

fn kind() -> impl Strategy<Value = Kind> {
    let interval = || (1_u32..1_500).prop_map(|ms| ms * MS);
    prop_oneof![
        Just(Kind::Silent),
        Just(Kind::HalfHead),
        (1_usize..300_000).prop_map(Kind::HalfBody),
        interval().prop_map(Kind::Drip),
        interval().prop_map(Kind::Steady),
        Just(Kind::SlowReader),
        Just(Kind::StalledExchange),
        interval().prop_map(Kind::SteadyReader),
        Just(Kind::Lingerer),
        interval().prop_map(Kind::NoisyLingerer),
        interval().prop_map(|think| Kind::Polite { think }),
        Just(Kind::Pipeliner),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        Just(Input::Byte),
        (1_usize..100_000).prop_map(Input::Body),
        Just(Input::Request),
        Just(Input::Taken),
        Just(Input::End),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let connect = (kind(), any::<bool>(), 0_u32..50, 1_u32..100, 0_usize..200_000).prop_map(
        |(kind, comes_back, latency, handling, answer)| {
            let (latency, handling) = (latency * MS, handling * MS);
            Act::Connect { kind, comes_back, latency, handling, answer }
        },
    );
    prop_oneof![
        10 => connect,
        10 => (any::<usize>(), input()).prop_map(|(client, input)| Act::Send(client, input)),
        10 => (0_u32..700).prop_map(|ms| Act::Run(ms * MS)),
        1 => (0_u32..20_000).prop_map(|seconds| Act::Suspend(seconds * SECOND)),
    ]
}

fn perform(world: &mut World, acts: &[Act]) {
    for act in acts {
        match *act {
            Act::Connect { kind, comes_back, latency, handling, answer } => {
                let mut client = Client::new(kind);
                (client.comes_back, client.latency) = (comes_back, latency);
                (client.handling, client.answer) = (handling, answer);
                world.connect_in(Duration::ZERO, client);
            }
            Act::Send(client, input) if !world.clients.is_empty() => {
                let client = client % world.clients.len();
                if world.clients[client].connection.is_some() {
                    world.send(client, input);
                }
            }
            Act::Send(..) => {}
            Act::Run(time) => world.run_for(time),
            Act::Suspend(time) => world.suspend_for(time),
        }
        world.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_clients_at_any_clock(
        connections in 1_usize..12,
        max_buffered in 100_000_usize..1_000_000,
        idle_timeout in proptest::option::of((1_u32..5_000).prop_map(|ms| ms * MS)),
        acts in vec(act(), 1..80),
        more in vec(act(), 0..20),
        grace in proptest::option::of((0_u32..5_000).prop_map(|ms| ms * MS)),
    ) {
        let mut config = cap(connections);
        config.max_buffered = max_buffered;
        let mut world = World::new(config);
        world.is_checked = true;
        world.idle_timeout = idle_timeout;
        perform(&mut world, &acts);
        prop_assert!(world.held_up <= SECOND, "a newcomer waited for {:?}", world.held_up);
        if world.account.overdrawn() == 0 {
            prop_assert!(world.account.peak() <= max_buffered);
        }

        world.drain(grace.unwrap_or(Duration::MAX));
        perform(&mut world, &more);
        world.run_for(6 * SECOND);
        prop_assert_eq!(world.cut_early, 0);
        if grace.is_none() {
            world.drain(Duration::ZERO);
        }
        world.run_for(SECOND);
        let open = world.clients.iter().find(|client| client.connection.is_some());
        prop_assert!(open.is_none(), "{:?}", open);
        let summary = world.endpoint.summary();
        let counted = summary.idle + summary.finished + summary.cut_off;
        prop_assert_eq!(counted, summary.connections - world.closed_before_drain, "{}", summary);
        prop_assert_eq!(world.account.used(), 0);
    }
}
