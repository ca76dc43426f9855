//! What comes of an input is what a naive parser makes of it: events, verdict, kind and offset.

use h1events::RequestParser;

use super::limits;
use crate::naive::{self, Ending as Naive};
use crate::support::{After, Ending, run};

pub fn check(octets: &[u8]) {
    for limits in limits() {
        for non_ascii in [false, true] {
            let parser = RequestParser::with_limits(limits).allow_non_ascii_target(non_ascii);
            let found = run(&parser, limits, octets, [], After::GoOn);
            let expected = naive::parse_within(limits, octets, non_ascii);
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
