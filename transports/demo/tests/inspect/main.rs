//! `h1events inspect`, run as its users run it.

mod human;
mod json;
mod process;
#[path = "../support/mod.rs"]
mod support;

use support::{Run, check_trouble, h1events, run};

fn inspect(options: &[&str], input: &[u8]) -> Run {
    run(h1events(&[&["inspect"], options].concat()), input)
}

/// Asserts the output of the run, an empty stderr, and the exit status.
#[track_caller]
fn check(run: &Run, stdout: &str, status: i32) {
    assert_eq!(run.stdout, stdout);
    assert_eq!((run.stderr.as_str(), run.status), ("", Some(status)));
}
