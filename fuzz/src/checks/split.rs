//! However an input is cut, its events and its error are the same (promise 2).

use std::collections::BTreeSet;
use std::fmt;

use super::{assert_same, limits, split_instructions};
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
    for (name, limits) in ["default", "small"].into_iter().zip(limits()) {
        for options in Options::ALL {
            let parser = options.parser(limits);
            let present =
                |cuts: &[usize]| run(&parser, limits, input, cuts.iter().copied(), After::GoOn);
            let whole = present(&[]);
            let everywhere: Vec<usize> = (1..input.len()).collect();
            let check = |how: &dyn fmt::Display, cuts: &[usize]| {
                let what = format_args!("runs with {name} limits and {options:?}");
                let side = format_args!("h1events, fed {how}");
                assert_same(what, input, &whole, (side, &present(cuts)));
            };
            check(&"byte by byte", &everywhere);
            let cuts: Vec<usize> = cuts.iter().copied().collect();
            check(&format_args!("in parts cut at {cuts:?}"), &cuts);
            if input.len() <= SHORT {
                for cut in everywhere {
                    check(&format_args!("in two parts cut at {cut}"), &[cut]);
                }
            }
        }
    }
}
