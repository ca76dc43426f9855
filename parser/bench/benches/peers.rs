//! `cargo bench`: the same as `cargo run --release`. As a test: all parsers agree on what they
//! parse.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo says `--bench` for `cargo bench` and nothing for `cargo test`.
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--bench")
        && !arguments.iter().any(|argument| argument == "--test")
    {
        return h1events_bench::cli::main();
    }
    h1events_bench::check::parsers_agree();
    ExitCode::SUCCESS
}
