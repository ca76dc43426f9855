//! Runs the command as its users run it.

use std::{
    io::{ErrorKind, Write},
    process::{Command, Stdio},
    thread,
};

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<i32>,
}

/// Returns the command with a known environment.
pub(crate) fn h1events(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_h1events"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in
        ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_LOG", "RUST_LOG_STYLE", "RUST_BACKTRACE"]
    {
        command.env_remove(variable);
    }
    command
}

/// Runs the command over this input.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Run {
    let mut child = command.spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let output = thread::scope(|scope| {
        scope.spawn(move || match stdin.write_all(input) {
            // It may end before it has read everything.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            result => result.expect("the input is written"),
        });
        child.wait_with_output().expect("the command ends")
    });
    Run {
        stdout: String::from_utf8(output.stdout).expect("the output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        status: output.status.code(),
    }
}

/// Asserts that the only output is one line on stderr, which begins with `start`.
#[track_caller]
pub(crate) fn check_trouble(run: &Run, start: &str) {
    assert_eq!((run.stdout.as_str(), run.status), ("", Some(3)), "{run:?}");
    assert!(run.stderr.starts_with(start), "{}", run.stderr);
    assert_eq!(run.stderr.matches('\n').count(), 1, "{}", run.stderr);
    assert!(run.stderr.ends_with('\n'));
}
