//! `cargo run --release`: see README.md for the arguments.

use std::process::ExitCode;

fn main() -> ExitCode {
    h1events_bench::cli::main()
}
