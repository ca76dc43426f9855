//! The log: its lines, and its independence of a reader.

use std::{
    io::{BufRead, Read},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{Server, h1events, on_both};

const LINE: &str = "GET /greeting/%zz HTTP/1.1\r\nHost: a\r\n";

/// Returns the log of a server that has got a request with a secret, and bytes that aren't a request.
fn log(transport: &str, options: &[&str], environment: Option<&str>) -> String {
    let arguments = ["serve", "--transport", transport, "--listen", "127.0.0.1:0"];
    let mut command = h1events(&[&arguments, options].concat());
    environment.map(|filter| command.env("RUST_LOG", filter));
    let server = Server::spawn(command);
    let mut client = server.connect();
    client.send(format!("{LINE}X-Bytes: \u{9b}31m\tb\r\ncookie: secret\r\n\r\n"));
    client.answer();
    client.send("\x1b[31m secret / HTTP/1.1\r\n");
    assert_eq!(client.answer().status, 400);
    drop(client);
    let log = server.stop(Signal::TERM);
    assert!(options == ["-vvv"] || !log.contains("secret"), "{log}");
    let has_control = |line: &str| line.contains(|char: char| char.is_control());
    assert!(!log.lines().any(has_control), "{log:?}");
    log
}

/// Returns the log without the first and last lines of the server.
fn records(log: &str) -> Vec<&str> {
    let lines: Vec<_> = log.lines().collect();
    assert!(
        lines[1].ends_with("try:") && lines.last().unwrap().starts_with("h1events: stopped"),
        "{log}"
    );
    lines[5..lines.len() - 1].to_vec()
}

#[test]
fn without_v_only_what_is_refused_is_logged() {
    on_both(|transport| {
        let log = log(transport, &[], None);
        let records = records(&log);
        assert_eq!(records.len(), 1, "{log}");
        assert!(
            records[0].contains(" WARN  127.0.0.1:") && records[0].contains("refused with 400")
        );
    });
}

#[test]
fn v_is_a_line_a_request_and_connections() {
    on_both(|transport| {
        let log = log(transport, &["-v"], None);
        let records = records(&log);
        let [opened, request, refused, closed] = records[..] else { panic!("{log}") };
        assert!(opened.contains(" INFO  127.0.0.1:") && opened.ends_with(": opened"), "{log}");
        assert!(refused.contains(" WARN "), "{log}");
        assert!(closed.ends_with(": closed"), "{log}");
        let fields: Vec<_> = request.split_whitespace().collect();
        let [_, "INFO", peer, "400", "39", "B", time, "ms", method, target, version] = fields[..]
        else {
            panic!("{log}")
        };
        assert!(opened.contains(&format!(" {peer} opened")), "{log}");
        assert!(time.parse::<f64>().unwrap() >= 0.0);
        assert_eq!([method, target, version].join(" "), LINE.lines().next().unwrap());
    });
}

#[test]
fn vv_has_the_fields_without_their_secrets() {
    on_both(|transport| {
        let log = log(transport, &["-vv"], None);
        assert!(
            log.contains(concat!(
                " GET /greeting/%zz HTTP/1.1\n",
                "    > Host: a\n",
                "    > X-Bytes: \\xc2\\x9b31m\\tb\n",
                "    > cookie: (hidden)\n",
                "    < Content-Type: text/plain; charset=utf-8\n"
            )),
            "{log}"
        );
    });
}

#[test]
fn vvv_has_the_secrets_too() {
    on_both(|transport| {
        let log = log(transport, &["-vvv"], None);
        assert!(log.contains("    > cookie: secret\n"), "{log}");
    });
}

#[test]
fn rust_log_is_obeyed() {
    on_both(|transport| {
        let only_requests = log(transport, &[], Some("h1events::request=info"));
        let records = records(&only_requests);
        assert_eq!(records.len(), 2, "{only_requests}");
        assert!(records[0].contains(" GET "));
        assert!(super::log::records(&log(transport, &["-v"], Some("off"))).is_empty());
    });
}

#[test]
fn log_that_nobody_reads_holds_nobody_up() {
    on_both(|transport| {
        let arguments = ["serve", "--transport", transport, "--listen", "127.0.0.1:0", "-v"];
        let (mut server, mut stderr) = Server::spawn_unread(h1events(&arguments));
        let start = Instant::now();
        // More than a pipe and the queue hold, on one connection ...
        let target = "x".repeat(1000);
        let mut client = server.connect();
        for _ in 0..50 {
            client.send(format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(100));
            for _ in 0..100 {
                assert_eq!(client.answer().status, 404);
            }
        }
        // ... and on many with refused requests.
        for _ in 0..500 {
            let mut client = server.connect();
            client.send("G@T / HTTP/1.1\r\n\r\n");
            assert_eq!(client.answer().status, 400);
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(30), "{transport}: {took:?}");

        let start = Instant::now();
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.answer().check(200, "Hello, World\n");
        assert!(start.elapsed() < Duration::from_secs(2), "{transport}: {:?}", start.elapsed());
        drop(client);

        let start = Instant::now();
        server.signal(Signal::TERM);
        let status = server.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{transport}");
        assert!(start.elapsed() < Duration::from_secs(6), "{transport}: {:?}", start.elapsed());
        // The pipe has everything that was written.
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).unwrap();
        assert!(log.len() < 1024 * 1024, "{}", log.len());
    });
}

#[test]
fn dropped_lines_are_counted_when_somebody_reads_again() {
    on_both(|transport| {
        let arguments = ["serve", "--transport", transport, "--listen", "127.0.0.1:0", "-v"];
        let (mut server, mut stderr) = Server::spawn_unread(h1events(&arguments));
        let target = "x".repeat(1000);
        let mut client = server.connect();
        for _ in 0..30 {
            client.send(format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(100));
            for _ in 0..100 {
                assert_eq!(client.answer().status, 404);
            }
        }
        drop(client);
        const NOTE: &str = " lines of the log were dropped";
        let mut log = String::new();
        while !log.lines().last().is_some_and(|line| line.contains(NOTE)) {
            assert_ne!(stderr.read_line(&mut log).unwrap(), 0, "{log}");
        }
        server.signal(Signal::TERM);
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        stderr.read_to_string(&mut log).unwrap();
        assert!(log.contains("\nh1events: stopped after 1 connection;"));
        let dropped = log.lines().find(|line| line.contains(NOTE)).unwrap();
        let number = dropped.strip_prefix("h1events: ").unwrap().split_once(' ').unwrap().0;
        let number: usize = number.parse().unwrap();
        let logged = log.lines().filter(|line| line.contains(" 404 ")).count();
        assert!(number > 0 && logged + number >= 3000, "{logged} + {number}");
        assert!(logged > 500, "{logged}");
    });
}
