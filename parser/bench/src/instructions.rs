//! Instructions that h1events takes for a request, counted by callgrind and compared with
//! `instructions.txt`. A busy machine doesn't change them, so changes of a few percent show.
//!
//! The program runs itself under callgrind, once for each input, and callgrind counts in
//! [`counted`] only.

use std::fmt::Write;
use std::hint::black_box;
use std::io::ErrorKind;
use std::process::{Command, ExitCode, Output};
use std::{env, fs};

use crate::peers::{Checksum, H1EVENTS, PARSERS};
use crate::{comparison, incremental, table};

const INPUTS: [&str; 11] = [
    "shortest",
    "tiny",
    "curl",
    "browser",
    "one-cookie",
    "many-fields",
    "distinct",
    "pipelined",
    "chunks-16",
    "trailers",
    INCREMENTAL,
];

/// Stands for a head of 8 KiB that comes in one byte at a time.
pub(crate) const INCREMENTAL: &str = "incremental";

/// The greatest increase over the file that passes, as a share.
const MOST: f64 = 0.03;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

/// Compiler, target and flags of this program.
const BUILT_WITH: &str = env!("BUILT_WITH");

/// Counts all inputs, and compares with the file or rewrites it.
pub(crate) fn run(renew: bool) -> ExitCode {
    let done = if cfg!(debug_assertions) {
        Err("counts of a debug build mean nothing: cargo run --release -- instructions".to_owned())
    } else if renew {
        write_file()
    } else {
        compare()
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\n{message}");
            ExitCode::FAILURE
        }
    }
}

/// Parses an input while callgrind counts, and prints the number of requests. Returns whether that
/// parser and that input exist.
pub(crate) fn count(parser: &str, input: &str) -> bool {
    let requests = if input == INCREMENTAL {
        let heads = incremental::heads();
        let feeder = incremental::FEEDERS.iter().find(|known| known.name == parser);
        feeder.map(|feeder| counted(&|| (feeder.feed)(&heads[0])))
    } else {
        comparison::all().into_iter().find_map(|comparison| {
            let parser = comparison.parsers.iter().find(|known| known.name == parser)?;
            let workload = comparison.workloads.iter().find(|known| known.name == input)?;
            let set = &workload.sets[0];
            Some(counted(&|| (parser.parse)(set)))
        })
    };
    if let Some(Checksum { requests, .. }) = requests {
        println!("{requests}");
    }
    requests.is_some()
}

/// Runs `parse`. Never inlined, since callgrind finds it by its name.
#[inline(never)]
fn counted(parse: &dyn Fn() -> Checksum) -> Checksum {
    black_box(parse())
}

fn write_file() -> Result<(), String> {
    let mut text = format!(
        "# Instructions per request: see README.md. To renew, in parser/bench:\n\
         #     cargo run --release -- instructions --renew\n\
         built with {BUILT_WITH}\n"
    );
    for input in INPUTS {
        let _ = writeln!(text, "{input} {}", under_callgrind(input)?);
    }
    fs::write(FILE, &text).map_err(|error| format!("{FILE}: {error}"))?;
    print!("{text}");
    Ok(())
}

fn compare() -> Result<(), String> {
    let file = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let held = Held::parse(&file)?;
    println!("\nInstructions of h1events, built with {BUILT_WITH}:\n");
    table::row("per request", &["held", "counted", "change"].map(str::to_owned));
    table::rule(3);
    let (mut more, mut less) = (Vec::new(), Vec::new());
    for input in INPUTS {
        let before = held.instructions(input)?;
        let now = under_callgrind(input)?;
        let change = now as f64 / before as f64 - 1.0;
        let cells = [before.to_string(), now.to_string(), format!("{:+.1} %", change * 100.0)];
        table::row(input, &cells);
        if change > MOST {
            more.push(input);
        } else if change < -MOST {
            less.push(input);
        }
    }
    let renew = "cargo run --release -- instructions --renew";
    if held.built_with != BUILT_WITH {
        println!(
            "\nThe file is from another build, so this is a report, not a failure: {}.\n\
             To keep the counts of this build: {renew}",
            held.built_with
        );
        return Ok(());
    }
    if !less.is_empty() {
        println!("\nLess than in the file for {}. To keep the gain: {renew}", less.join(", "));
    }
    if more.is_empty() {
        return Ok(());
    }
    Err(format!(
        "More than {} % above the file for {}. If that is intended: {renew}",
        MOST * 100.0,
        more.join(", ")
    ))
}

/// The contents of the file.
struct Held<'a> {
    built_with: &'a str,
    lines: Vec<(&'a str, u64)>,
}

impl<'a> Held<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let built_with = lines.next().and_then(|line| line.strip_prefix("built with "));
        let lines = lines.map(|line| {
            let (input, count) = line.split_once(' ')?;
            Some((input, count.parse().ok()?))
        });
        match (built_with, lines.collect()) {
            (Some(built_with), Some(lines)) => Ok(Self { built_with, lines }),
            _ => Err(format!("{FILE} is malformed: renew it")),
        }
    }

    fn instructions(&self, input: &str) -> Result<u64, String> {
        let line = self.lines.iter().find(|(known, _)| *known == input);
        line.map(|&(_, count)| count).ok_or_else(|| format!("{FILE} has no {input}: renew it"))
    }
}

/// Counts the instructions per request.
fn under_callgrind(input: &str) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let result = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*instructions*counted*"])
        .arg(program)
        .args(["count", PARSERS[H1EVENTS].name, input])
        .output();
    let output = result.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            "valgrind is not installed. On Debian and Ubuntu: apt-get install valgrind".to_owned()
        }
        _ => format!("valgrind: {error}"),
    })?;
    per_request(&output).ok_or_else(|| {
        format!("callgrind failed on {input}:\n{}", String::from_utf8_lossy(&output.stderr))
    })
}

fn per_request(output: &Output) -> Option<u64> {
    let requests: u64 = str::from_utf8(&output.stdout).ok()?.trim().parse().ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let (_, collected) = report.split_once("Collected : ")?;
    let instructions: u64 = collected.lines().next()?.trim().parse().ok()?;
    (output.status.success() && instructions > 0).then(|| instructions / requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_can_be_counted() {
        for input in INPUTS {
            assert!(count(PARSERS[H1EVENTS].name, input), "{input}");
        }
    }

    #[test]
    fn file_has_every_input() {
        let file = fs::read_to_string(FILE).expect("the file is in the tree");
        let held = Held::parse(&file).expect("the file is well-formed");
        for input in INPUTS {
            assert!(held.instructions(input).is_ok_and(|count| count > 0), "{input}");
        }
    }
}
