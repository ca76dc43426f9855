//! Interleaved timing: in each round all parsers have a turn of a millisecond or two at each
//! workload, one right after another, so that other load on the machine disturbs all of them alike.
//! Ratios are taken within a round. The median over the rounds leaves out the turns that were
//! disturbed.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::peers::{HTTPARSE, Parser};
use crate::workloads::Workload;

const TURN: Duration = Duration::from_micros(1500);

/// Nanoseconds per request: one entry for each round, in it one for each parser.
#[derive(Default)]
pub(crate) struct Rounds(Vec<Vec<f64>>);

impl Rounds {
    pub(crate) fn median(&self, parser: usize) -> f64 {
        median(self.0.iter().map(|round| round[parser]))
    }

    pub(crate) fn minimum(&self, parser: usize) -> f64 {
        self.0.iter().map(|round| round[parser]).fold(f64::INFINITY, f64::min)
    }

    /// Returns the speed relative to httparse.
    pub(crate) fn ratio(&self, parser: usize) -> f64 {
        median(self.0.iter().map(|round| round[HTTPARSE] / round[parser]))
    }
}

pub(crate) fn compare(parsers: &[Parser], workloads: &[Workload], rounds: usize) -> Vec<Rounds> {
    let passes: Vec<usize> =
        workloads.iter().map(|workload| passes_per_turn(workload, &parsers[HTTPARSE])).collect();
    let mut results: Vec<Rounds> = workloads.iter().map(|_| Rounds::default()).collect();
    for round in 0..rounds {
        for ((workload, &passes), result) in workloads.iter().zip(&passes).zip(&mut results) {
            let mut times = vec![0.0; parsers.len()];
            for turn in 0..parsers.len() {
                let parser = (turn + round) % parsers.len();
                let first = round * passes;
                let turn = take_turn(workload, first..first + passes, &parsers[parser]);
                times[parser] = turn.time.as_nanos() as f64 / turn.requests as f64;
            }
            result.0.push(times);
        }
    }
    results
}

/// Finds the number of passes that fill a turn. All parsers take that number, so that each does the
/// same work.
fn passes_per_turn(workload: &Workload, parser: &Parser) -> usize {
    let mut passes = 1;
    while take_turn(workload, 0..passes, parser).time < TURN {
        passes += 1;
    }
    passes
}

struct Turn {
    time: Duration,
    requests: u64,
}

/// Parses one set in each pass.
fn take_turn(workload: &Workload, passes: Range<usize>, parser: &Parser) -> Turn {
    let mut turn = Turn { time: Duration::ZERO, requests: 0 };
    for pass in passes {
        let set = &workload.sets[pass % workload.sets.len()];
        read(set);
        let start = Instant::now();
        let checksum = black_box((parser.parse)(black_box(set)));
        turn.time += start.elapsed();
        turn.requests += checksum.requests;
    }
    turn
}

/// Reads the set, so that the first parser of a round doesn't fetch the bytes from memory for the
/// others.
fn read(set: &[&[u8]]) {
    const CACHE_LINE: usize = 64;
    for input in set {
        for octet in input.iter().step_by(CACHE_LINE) {
            black_box(*octet);
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
