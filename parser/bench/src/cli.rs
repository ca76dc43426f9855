//! The arguments, which README.md explains.

use std::hint::black_box;
use std::process::ExitCode;

use crate::comparison::{self, Comparison};
use crate::peers::{PARSERS, Parser};
use crate::workloads::Workload;
use crate::{check, incremental, table, timing};

/// How often `count` parses the first set: few enough for callgrind to be done within seconds.
const PASSES_COUNTED: usize = 10;

#[must_use]
pub fn main() -> ExitCode {
    // `cargo bench` adds an argument of its own.
    let mut arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    arguments.retain(|argument| argument != "--quick");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["count", parser, workload] => count(parser, workload),
        ["incremental"] => {
            check::parsers_agree();
            fed_byte_by_byte(quick)
        }
        [] => {
            check::parsers_agree();
            compare(&comparison::all(), quick);
            fed_byte_by_byte(quick)
        }
        ref names => {
            let mut comparisons = comparison::all();
            for comparison in &mut comparisons {
                comparison.workloads.retain(|workload| names.contains(&workload.name));
            }
            let found: usize = comparisons.iter().map(|found| found.workloads.len()).sum();
            if found != names.len() {
                return usage();
            }
            check::parsers_agree();
            compare(&comparisons, quick);
            ExitCode::SUCCESS
        }
    }
}

fn compare(comparisons: &[Comparison], quick: bool) {
    let rounds = if quick { 11 } else { 81 };
    for Comparison { title, parsers, workloads } in comparisons {
        if !workloads.is_empty() {
            let results = timing::compare(parsers, workloads, rounds);
            table::print(title, parsers, workloads, &results);
        }
    }
}

fn fed_byte_by_byte(quick: bool) -> ExitCode {
    if incremental::run(quick) {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nh1events is not linear");
    ExitCode::FAILURE
}

fn count(parser: &str, workload: &str) -> ExitCode {
    for Comparison { parsers, workloads, .. } in comparison::all() {
        let parser = parsers.iter().find(|known| known.name == parser);
        let workload = workloads.into_iter().find(|known| known.name == workload);
        if let (Some(parser), Some(workload)) = (parser, workload) {
            counted(parser, &workload);
            return ExitCode::SUCCESS;
        }
    }
    usage()
}

/// Never inlined, since callgrind is told to count in here and nowhere else.
#[inline(never)]
fn counted(parser: &Parser, workload: &Workload) {
    for _ in 0..PASSES_COUNTED {
        black_box((parser.parse)(black_box(&workload.sets[0])));
    }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: h1events-bench [--quick] [WORKLOAD ... | incremental | count PARSER WORKLOAD]"
    );
    for Comparison { title, workloads, .. } in comparison::all() {
        let names: Vec<&str> = workloads.iter().map(|workload| workload.name).collect();
        eprintln!("{}: {}", title.to_lowercase(), names.join(" | "));
    }
    eprintln!("parsers: {}", PARSERS.map(|parser| parser.name).join(" | "));
    ExitCode::from(2)
}
