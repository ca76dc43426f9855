//! `cargo bench`: the same as `cargo run --release`. As a test: all parsers agree.

use std::process::ExitCode;

fn main() -> ExitCode {
    // `cargo bench` passes `--bench`, `cargo test` passes nothing.
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--bench")
        && !arguments.iter().any(|argument| argument == "--test")
    {
        return h1events_bench::cli::main();
    }
    h1events_bench::check::parsers_agree();
    ExitCode::SUCCESS
}
