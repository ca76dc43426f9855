//! Signals, also those that are ignored from the start.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{Server, h1events, on_both};

/// Starts a server from a shell, after this command.
fn start_after(shell: &str, transport: &str) -> Server {
    let server = h1events(&["serve", "--transport", transport, "--listen", "127.0.0.1:0"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{shell} exec \"$0\" \"$@\"")].map(OsStr::new));
    command.arg(server.get_program()).args(server.get_args());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Server::spawn(command)
}

/// Resets ignored signals, which the test may have inherited. A shell can't reset them.
#[cfg(target_os = "linux")]
const NONE_IGNORED: &str = "exec env --default-signal=INT,HUP,TERM \"$0\" \"$@\";";

#[cfg(target_os = "linux")]
#[test]
fn each_of_three_signals_ends_it_well() {
    on_both(|transport| {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            let server = start_after(NONE_IGNORED, transport);
            let start = Instant::now();
            let log = server.stop(signal);
            assert!(start.elapsed() < Duration::from_secs(4), "{signal:?}");
            assert!(log.contains("h1events: stopped after 0 connections"), "{signal:?}: {log}");
        }
    });
}

#[test]
fn ignored_signals_stay_ignored() {
    on_both(|transport| {
        let server = start_after("trap '' HUP INT;", transport);
        for signal in [Signal::HUP, Signal::INT] {
            server.signal(signal);
        }
        // Otherwise it would have ended by then.
        std::thread::sleep(Duration::from_millis(500));
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client.answer().check(200, "Hello, World\n");
        drop(client);
        let log = server.stop(Signal::TERM);
        assert!(log.contains("h1events: stopped after 1 connection;"), "{log}");
    });
}

#[test]
fn nohup_survives_the_end_of_its_terminal() {
    on_both(|transport| {
        let server = start_after("exec nohup \"$0\" \"$@\";", transport);
        server.signal(Signal::HUP);
        std::thread::sleep(Duration::from_millis(300));
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.answer().check(200, "Hello, World\n");
        drop(client);
        server.stop(Signal::TERM);
    });
}
