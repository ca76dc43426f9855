//! A parser that runs in Python, behind `by_hand/adapters.py`, with one line for each call and one for
//! each answer.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::run::{Call, Peer, Run};

pub struct Python {
    package: &'static str,
    process: RefCell<(Child, BufReader<ChildStdout>)>,
}

impl Python {
    /// Starts the adapter of a package with an interpreter that has the package.
    pub fn start(interpreter: &str, package: &'static str) -> Self {
        let mut child = Command::new(interpreter)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/by_hand/adapters.py"))
            .arg(package)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter starts");
        let answers = BufReader::new(child.stdout.take().expect("it is a pipe"));
        Self { package, process: RefCell::new((child, answers)) }
    }

    pub fn version(&self) -> String {
        self.call("version", b"", 1, None)
    }

    fn call<A: DeserializeOwned>(
        &self,
        call: &str,
        octets: &[u8],
        read: usize,
        limit: Option<usize>,
    ) -> A {
        let (child, answers) = &mut *self.process.borrow_mut();
        let input = child.stdin.as_mut().expect("it is a pipe");
        serde_json::to_writer(&mut *input, &Call { call, octets, read, limit })
            .and_then(|()| input.write_all(b"\n").map_err(serde_json::Error::io))
            .expect("the adapter reads");
        let mut line = String::new();
        answers.read_line(&mut line).expect("the adapter answers");
        serde_json::from_str(&line).expect("an answer of the right form")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let (child, _) = self.process.get_mut();
        drop(child.stdin.take());
        // It ends with its input. An error here changes nothing.
        let _ = child.wait();
    }
}

impl Peer for Python {
    fn package(&self) -> &'static str {
        self.package
    }

    fn requests(&self, octets: &[u8], read: usize) -> Run {
        self.call("requests", octets, read, None)
    }

    fn limited(&self, octets: &[u8], read: usize, limit: usize) -> Option<Run> {
        self.call("limited", octets, read, Some(limit))
    }

    fn response(&self, octets: &[u8]) -> bool {
        self.call("response", octets, 1, None)
    }

    fn memory(&self) -> u64 {
        self.call("memory", b"", 1, None)
    }

    fn time(&self, octets: &[u8], read: usize) -> Duration {
        Duration::from_nanos(self.call("time", octets, read, None))
    }
}
