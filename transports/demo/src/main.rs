//! The command `h1events`: serve HTTP/1, inspect raw requests as events, send raw bytes.
//!
//! ```text
//!  serve    clients --> h1events-thread or h1events-smol --> an application: hello, echo, lab
//!  inspect  file or stdin --> h1events, the parser ---------> events, or the error with a caret
//!  send     file or stdin --> a socket ---------------------> the answer
//! ```
//!
//! The README of the package shows how to use it.

mod address;
mod app;
mod cli;
mod describe;
mod escape;
mod failure;
mod input;
mod inspect;
mod secret;
mod send;
mod serve;

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use crate::cli::Command;

fn main() -> ExitCode {
    let result = match cli::parse() {
        Ok(Some(Command::Serve(options))) => serve::run(&options).map(|()| ExitCode::SUCCESS),
        Ok(Some(Command::Inspect(options))) => inspect::run(&options).map(ExitCode::from),
        Ok(Some(Command::Send(options))) => send::run(&options).map(|()| ExitCode::SUCCESS),
        Ok(Some(Command::Completions(options))) => {
            describe::completions(&options).map(|()| ExitCode::SUCCESS)
        }
        Ok(Some(Command::Man(options))) => describe::manual(&options).map(|()| ExitCode::SUCCESS),
        Ok(None) => Ok(ExitCode::SUCCESS),
        Err(usage) => return trouble(&usage),
    };
    result.unwrap_or_else(|failure| trouble(&failure))
}

/// Writes one line to stderr, and returns the exit status for everything except
/// verdicts on requests.
fn trouble(reason: &dyn fmt::Display) -> ExitCode {
    // Not eprintln!, which panics when stderr is closed.
    let _ = writeln!(io::stderr(), "h1events: {reason}");
    ExitCode::from(3)
}
