//! What comes of an input is what a naive parser makes of it: events, verdict, kind and offset.

use super::{assert_same, limits};
use crate::naive::{self, Ending as Naive};
use crate::support::{After, Ending, Options, run};

/// How a finding names the other side.
const NAIVE: &str = "naive parser";

pub fn check(octets: &[u8]) {
    for (name, limits) in ["default", "small"].into_iter().zip(limits()) {
        for options in Options::ALL {
            let found = run(&options.parser(limits), limits, octets, [], After::GoOn);
            let expected = naive::parse_within(limits, octets, options);
            let with = format_args!("with {name} limits and {options:?}");
            assert_same(
                format_args!("events {with}"),
                octets,
                &found.events,
                (NAIVE, &expected.events),
            );
            let ending = match found.ending {
                Ending::Idle => Naive::Idle,
                Ending::Error { error, offset } => Naive::Error(error.kind(), offset),
                Ending::Incomplete | Ending::Stopped { .. } => Naive::Incomplete,
            };
            assert_same(format_args!("endings {with}"), octets, &ending, (NAIVE, &expected.ending));
        }
    }
}
