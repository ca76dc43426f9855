//! The application `lab` over TCP.

use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::Signal;

use super::{Client, Server, on_both};

fn get(client: &mut Client, target: &str) {
    client.send(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

#[test]
fn places_are_what_they_say() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "lab"]);
        let mut client = server.connect();
        for (target, status, text) in [
            ("/sleep/10", 200, "Slept.\n"),
            ("/spin/10", 200, "Computed.\n"),
            ("/status/503", 503, "503 Service Unavailable\n"),
            ("/bytes/20", 200, "0123456789abcdef0123"),
            ("/headers", 200, "GET /headers HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ] {
            get(&mut client, target);
            client.answer().check(status, text);
        }
        get(&mut client, "/thread");
        let answer = client.answer();
        let name = String::from_utf8(answer.body).unwrap();
        assert!(name.starts_with("h1-") && name.ends_with('\n'), "{name}");

        get(&mut client, "/bytes/1000000");
        assert_eq!(client.answer().body.len(), 1_000_000);
        for path in ["/count", "/collect"] {
            client.send(format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789"
            ));
            client.answer().check(200, "9 cbf43926\n");
        }
        for target in ["/", "/sleep/31536000000", "/bytes/x"] {
            get(&mut client, target);
            assert_eq!(client.answer().status, 404, "{target}");
        }
        client.send("POST /sleep/1 HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = client.answer();
        assert_eq!((answer.status, answer.field("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    });
}

#[test]
fn sleep_takes_its_time_and_holds_nobody_up() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "lab"]);
        let start = Instant::now();
        // More requests than smol has threads.
        let mut sleepers: Vec<_> = (0..50).map(|_| server.connect()).collect();
        sleepers.iter_mut().for_each(|client| get(client, "/sleep/3000"));
        let mut client = server.connect();
        for _ in 0..100 {
            get(&mut client, "/thread");
            assert_eq!(client.answer().status, 200);
        }
        let others_took = start.elapsed();
        assert!(others_took < Duration::from_secs(3), "{transport}: {others_took:?}");
        for client in &mut sleepers {
            client.answer().check(200, "Slept.\n");
        }
        let took = start.elapsed();
        // One after the other, they would take two and a half minutes.
        assert!((3.0..15.0).contains(&took.as_secs_f64()), "{transport}: {took:?}");
    });
}

#[cfg(unix)]
#[test]
fn panic_is_a_500_and_the_others_go_on() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "lab", "-v"]);
        let mut other = server.connect();
        let mut client = server.connect();
        get(&mut client, "/panic");
        assert_eq!(client.answer().status, 500);
        assert_eq!(client.rest(), b"");
        get(&mut other, "/status/200");
        other.answer().check(200, "200 OK\n");
        drop((client, other));
        let log = server.stop(Signal::TERM);
        assert_eq!(log.matches("the client asked for it").count(), 1, "{log}");
        assert!(log.contains(" 500 "), "{log}");
    });
}

#[cfg(unix)]
#[test]
fn sleepers_do_not_keep_the_server_from_ending() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "lab"]);
        let mut sleeper = server.connect();
        get(&mut sleeper, "/sleep/60000");
        assert!(sleeper.is_quiet_for(Duration::from_millis(300)));
        let log = server.stop(Signal::TERM);
        assert!(log.ends_with("0 idle, 0 finished, 1 cut off\n"), "{log}");
        assert_eq!(sleeper.rest(), b"");
    });
}
