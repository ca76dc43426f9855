//! `h1events serve` on both transports, and `h1events send`.
//!
//! Tests of a regular end are for Unix, since they need signals.

mod client;
mod hello;
mod lab;
#[cfg(unix)]
mod log;
mod options;
mod send;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod stop;
#[path = "../support/mod.rs"]
mod support;
mod vectors;

#[cfg(unix)]
use std::time::{Duration, Instant};
use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStderr, Command},
    thread::JoinHandle,
};

use client::Client;
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use support::{check_trouble, h1events, run};

const TRANSPORTS: [&str; 2] = ["thread", "smol"];

/// Runs the test on both transports at once.
fn on_both(test: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for transport in TRANSPORTS {
            scope.spawn(|| test(transport));
        }
    });
}

/// A server that is stopped at the end of the test.
struct Server {
    child: Child,
    address: SocketAddr,
    /// Its first line.
    first_line: String,
    /// Collects the rest of stderr.
    log: Option<JoinHandle<String>>,
}

impl Server {
    /// Starts a server at a free port.
    fn start(transport: &str, options: &[&str]) -> Self {
        let arguments = ["serve", "--transport", transport, "--listen", "127.0.0.1:0"];
        Self::spawn(h1events(&[&arguments, options].concat()))
    }

    /// Starts a server with this command.
    fn spawn(command: Command) -> Self {
        let (mut server, stderr) = Self::spawn_unread(command);
        let line = server.first_line.clone();
        server.log = Some(std::thread::spawn(move || collect(stderr, line)));
        server
    }

    /// Starts a server whose log is not read beyond its first line.
    fn spawn_unread(mut command: Command) -> (Self, BufReader<ChildStderr>) {
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).parse().unwrap();
        (Self { child, address, first_line: line, log: None }, stderr)
    }

    fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Stops it, and asserts that it ends regularly and in time. Returns its stderr.
    #[cfg(unix)]
    fn stop(mut self, signal: Signal) -> String {
        let start = Instant::now();
        self.signal(signal);
        let log = self.end();
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}\n{log}", start.elapsed());
        log
    }

    /// Waits for the end.
    #[cfg(unix)]
    fn end(&mut self) -> String {
        let log = self.log.take().unwrap().join().unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut stderr: BufReader<ChildStderr>, mut log: String) -> String {
    stderr.read_to_string(&mut log).unwrap();
    log
}
