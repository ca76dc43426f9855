//! The arguments, which README.md explains.

use std::hint::black_box;
use std::process::ExitCode;

use crate::peers::{PARSERS, Parser};
use crate::workloads::{self, Workload};
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
            compare(&workloads::all(), quick);
            fed_byte_by_byte(quick)
        }
        ref names => {
            let mut workloads = workloads::all();
            workloads.retain(|workload| names.contains(&workload.name));
            if workloads.len() != names.len() {
                return usage();
            }
            check::parsers_agree();
            compare(&workloads, quick);
            ExitCode::SUCCESS
        }
    }
}

fn compare(workloads: &[Workload], quick: bool) {
    let rounds = if quick { 11 } else { 81 };
    table::print(workloads, &timing::compare(workloads, rounds));
}

fn fed_byte_by_byte(quick: bool) -> ExitCode {
    if incremental::run(quick) {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nh1events is not linear");
    ExitCode::FAILURE
}

fn count(parser: &str, workload: &str) -> ExitCode {
    let parser = PARSERS.iter().find(|known| known.name == parser);
    let workload = workloads::all().into_iter().find(|known| known.name == workload);
    let (Some(parser), Some(workload)) = (parser, workload) else { return usage() };
    counted(parser, &workload);
    ExitCode::SUCCESS
}

/// Never inlined, since callgrind is told to count in here and nowhere else.
#[inline(never)]
fn counted(parser: &Parser, workload: &Workload) {
    for _ in 0..PASSES_COUNTED {
        black_box((parser.parse)(black_box(&workload.sets[0])));
    }
}

fn usage() -> ExitCode {
    let names = |names: Vec<&str>| names.join(" | ");
    eprintln!(
        "usage: h1events-bench [--quick] [WORKLOAD ... | incremental | count PARSER WORKLOAD]"
    );
    eprintln!(
        "workloads: {}",
        names(workloads::all().iter().map(|workload| workload.name).collect())
    );
    eprintln!("parsers: {}", names(PARSERS.iter().map(|parser| parser.name).collect()));
    ExitCode::from(2)
}
