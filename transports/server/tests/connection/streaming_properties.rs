//! Bodies in both directions, for any input, cut, timing and application: the application reads what
//! the client sent, and an independent client reads what the application wrote.

mod calls;
mod check;
mod plan;
mod player;

use std::time::Duration;

use h1events_server::{Config, Response, Step};
use proptest::collection::vec;
use proptest::prelude::*;

use self::plan::{Exchange, exchange};
use self::player::Player;
use crate::support::get;

/// The next action.
#[derive(Clone, Copy, Debug)]
enum Action {
    Send(usize),
    Read(usize),
    Pass(u64),
    /// The application takes a few steps.
    Act(u8),
}

fn actions(pass: std::ops::Range<u64>) -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        3 => prop_oneof![1..100_usize, 1..50_000_usize].prop_map(Action::Send),
        3 => prop_oneof![1..100_usize, 1..100_000_usize].prop_map(Action::Read),
        1 => pass.prop_map(Action::Pass),
        4 => (1..8_u8).prop_map(Action::Act),
    ];
    vec(action, 0..80)
}

fn player(exchanges: &[Exchange], read_size: usize, write_size: usize) -> Player {
    let mut player = Player::new(Config::new(), exchanges);
    player.client.window = 0;
    player.client.read_size = read_size;
    player.client.write_size = write_size;
    player
}

fn input(exchanges: &[Exchange]) -> Vec<u8> {
    let requests = exchanges.iter().enumerate();
    requests.flat_map(|(number, exchange)| exchange.bytes(number)).collect()
}

/// Plays the actions. Returns the unsent input.
fn play<'a>(player: &mut Player, mut input: &'a [u8], actions: &[Action]) -> &'a [u8] {
    for action in actions {
        match *action {
            Action::Send(n) => {
                let (now, later) = input.split_at(n.min(input.len()));
                player.client.send(now);
                input = later;
            }
            Action::Read(n) => drop(player.client.read(n)),
            Action::Pass(ms) => drop(player.client.advance(Duration::from_millis(ms))),
            Action::Act(times) => {
                for _ in 0..times {
                    player.tick();
                }
            }
        }
    }
    input
}

fn sizes() -> impl Strategy<Value = (usize, usize)> {
    let size = || prop_oneof![1 => 20..200_usize, 4 => 200..100_000_usize];
    (size(), size())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn streams_arrive_as_they_were_sent(
        exchanges in vec(exchange(), 1..8),
        // Too short for a deadline to pass.
        actions in actions(0..150),
        (read_size, write_size) in sizes(),
    ) {
        let input = input(&exchanges);
        let mut player = player(&exchanges, read_size, write_size);
        let rest = play(&mut player, &input, &actions);
        player.client.read(usize::MAX);
        player.run();
        player.client.send(rest);
        player.run();
        check::requests(&exchanges, &player.seen);
        if check::answers(&exchanges, &player, false) {
            assert_eq!(player.seen.len(), exchanges.len());
            assert!(player.is_idle() && player.client.connection.is_silent());
            let _ = player.client.new_answers();
            player.client.send(get("/last"));
            prop_assert_eq!(player.client.waits_for, Some(Step::Handle));
            player.client.respond(Response::text("tea")).expect(&[(200, "tea")]);
        }
        if !player.client.is_closed {
            player.client.end();
        }
        prop_assert!(player.client.is_closed);
    }

    /// RFC 9112 section 9.5: with any timing, each side reads a part of what the other has sent, and the
    /// connection ends.
    #[test]
    fn streams_end_whatever_the_client_does(
        exchanges in vec(exchange(), 1..8),
        actions in actions(0..20_000),
        (read_size, write_size) in sizes(),
        ends in any::<bool>(),
    ) {
        let input = input(&exchanges);
        let mut player = player(&exchanges, read_size, write_size);
        play(&mut player, &input, &actions);
        if ends {
            player.client.end();
        }
        // The application continues, and the client stops.
        for _ in 0..100 {
            player.run();
            if player.client.is_closed {
                break;
            }
            player.client.advance(Duration::from_secs(10));
        }
        prop_assert!(player.client.is_closed);
        check::requests(&exchanges, &player.seen);
        check::answers(&exchanges, &player, true);
    }
}
