//! However an input is cut, its events and its error are the same (promise 2).

use std::collections::BTreeSet;

use super::{limits, split_instructions};
use crate::support::{After, Options, run};

/// Up to this length, every single cut is tried.
const SHORT: usize = 48;

/// After the last octet 0xff stand the cuts: two octets each, counted from the start.
pub fn check(octets: &[u8]) {
    let (input, cuts) = split_instructions(octets);
    let cuts: BTreeSet<usize> = cuts
        .chunks(2)
        .map(|cut| cut.iter().fold(0, |place, &octet| place * 256 + usize::from(octet)))
        .map(|place| place % (input.len() + 1))
        .collect();
    for limits in limits() {
        for options in Options::ALL {
            let parser = options.parser(limits);
            let present =
                |cuts: &[usize]| run(&parser, limits, input, cuts.iter().copied(), After::GoOn);
            let whole = present(&[]);
            let everywhere: Vec<usize> = (1..input.len()).collect();
            assert_eq!(present(&everywhere), whole, "byte by byte");
            assert_eq!(present(&Vec::from_iter(cuts.iter().copied())), whole, "cut at {cuts:?}");
            if input.len() <= SHORT {
                for cut in everywhere {
                    assert_eq!(present(&[cut]), whole, "cut at {cut}");
                }
            }
        }
    }
}
