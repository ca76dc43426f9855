//! What comes of an input is what a naive parser makes of it: events, verdict, kind and offset.

use super::limits;
use crate::naive::{self, Ending as Naive};
use crate::support::{After, Ending, Options, run};

pub fn check(octets: &[u8]) {
    for limits in limits() {
        for options in Options::ALL {
            let found = run(&options.parser(limits), limits, octets, [], After::GoOn);
            let expected = naive::parse_within(limits, octets, options);
            assert_eq!(found.events, expected.events);
            let ending = match found.ending {
                Ending::Idle => Naive::Idle,
                Ending::Error { error, offset } => Naive::Error(error.kind(), offset),
                Ending::Incomplete | Ending::Stopped { .. } => Naive::Incomplete,
            };
            assert_eq!(ending, expected.ending);
        }
    }
}
