//! The arguments, which README.md explains.

use std::process::ExitCode;

use crate::comparison::{self, Comparison};
use crate::peers::PARSERS;
use crate::{check, incremental, instructions, table, timing};

#[must_use]
pub fn main() -> ExitCode {
    // `cargo bench` adds an argument of its own.
    let mut arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    arguments.retain(|argument| argument != "--quick");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["count", parser, input] if instructions::count(parser, input) => ExitCode::SUCCESS,
        ["instructions"] => instructions::run(false),
        ["instructions", "--renew"] => instructions::run(true),
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

fn usage() -> ExitCode {
    eprintln!(
        "usage: h1events-bench [--quick] [WORKLOAD ... | incremental]\n       \
         h1events-bench instructions [--renew]\n       \
         h1events-bench count PARSER [WORKLOAD | incremental]"
    );
    for Comparison { title, workloads, .. } in comparison::all() {
        let names: Vec<&str> = workloads.iter().map(|workload| workload.name).collect();
        eprintln!("{}: {}", title.to_lowercase(), names.join(" | "));
    }
    eprintln!("parsers: {}", PARSERS.map(|parser| parser.name).join(" | "));
    ExitCode::from(2)
}
