//! Options, timeouts, logs, and what is wrong with an address.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Server, check_trouble, h1events, on_both, run};

#[test]
fn start_says_where_it_listens_and_what_to_try() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let address = server.address;
        let log = server.stop(Signal::INT);
        let lines: Vec<_> = log.lines().collect();
        let first = format!("listening on http://{address} (transport {transport}, app hello)");
        assert!(lines[0].contains(&first), "{log}");
        assert_eq!(lines[2], format!("  curl http://{address}/"));
        assert_eq!(lines[3], format!("  curl http://{address}/greeting/Taro"));
        assert_eq!(lines[4], format!("  curl http://{address}/greeting/%E5%A4%AA%E9%83%8E"));
        assert_eq!(lines.len(), 6, "{log}");
    });
}

#[test]
fn addresses_that_cannot_be_listened_on_are_trouble() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let used = server.address.to_string();
        for address in [used.as_str(), "127.0.0.1", "127.0.0.1:99999", "192.0.2.1:0", "\n:1"] {
            let arguments = ["serve", "--transport", transport, "--listen", address];
            let start = format!("h1events: cannot listen on {}: ", address.escape_debug());
            check_trouble(&run(h1events(&arguments), b""), &start);
        }
    });
}

#[test]
fn wrong_options_are_trouble() {
    for (option, value) in [
        ("--head-timeout", "0"),
        ("--head-timeout", "nan"),
        ("--idle-timeout", "-1"),
        ("--idle-timeout", "1s"),
        ("--max-connections", "0"),
        ("--transport", "tokio"),
        ("--app", "world"),
    ] {
        let run = run(h1events(&["serve", &format!("{option}={value}")]), b"");
        check_trouble(&run, &format!("h1events: invalid value '{value}' for '{option} <"));
    }
}

#[test]
fn slow_head_is_timed_out_with_a_408() {
    on_both(|transport| {
        let server = Server::start(transport, &["--head-timeout", "0.3"]);
        let start = Instant::now();
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\n");
        // A byte now and then doesn't help.
        std::thread::sleep(Duration::from_millis(200));
        client.try_send(b"Host: a\r\n");
        assert_eq!(client.answer().status, 408);
        assert_eq!(client.rest(), b"");
        let took = start.elapsed().as_millis();
        assert!((300..8000).contains(&took), "{took} ms");
    });
}

#[test]
fn silent_connection_is_closed_without_a_word() {
    on_both(|transport| {
        let server = Server::start(transport, &["--idle-timeout", "1"]);
        for request in ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let start = Instant::now();
            let mut client = server.connect();
            if !request.is_empty() {
                client.send(request);
                client.answer().check(200, "Hello, World");
            }
            assert_eq!(client.rest(), b"");
            let took = start.elapsed().as_millis();
            assert!((1000..8000).contains(&took), "{took} ms");
        }
    });
}

#[test]
fn log_has_requests_and_answers_but_no_control_characters() {
    on_both(|transport| {
        let server = Server::start(transport, &["-v"]);
        let mut client = server.connect();
        client.send("GET /greeting/%zz HTTP/1.1\r\nHost: a\r\nX-Bytes: \u{9b}31m\tb\r\n\r\n");
        client.answer();
        client.send("\x1b[31m / HTTP/1.1\r\n");
        assert_eq!(client.answer().status, 400);
        drop(client);
        let log = server.stop(Signal::TERM);
        assert!(log.contains("GET /greeting/%zz HTTP/1.1 -> 400\n"), "{log}");
        assert!(log.contains("Host: a\n"), "{log}");
        assert!(log.contains(r"X-Bytes: \xc2\x9b31m\tb"), "{log}");
        let has_control = |line: &str| line.contains(|char: char| char.is_control());
        assert!(!log.lines().any(has_control), "{log:?}");
    });
}

#[test]
fn without_v_only_what_is_refused_is_logged() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nG@T secret");
        client.answer();
        assert_eq!(client.answer().status, 400);
        drop(client);
        let log = server.stop(Signal::TERM);
        let lines: Vec<_> = log.lines().collect();
        // Five at the start, one at the end.
        assert_eq!(lines.len(), 7, "{log}");
        assert!(lines[5].contains("WARN") && !lines[5].contains("secret"), "{log}");
    });
}
