//! The end of a server.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Server, on_both};

const END: &str = "stopped after 3 connections; at the shutdown 2 idle, 1 finished, 0 cut off\n";

/// An incomplete request, for an application that collects it.
const HEAD: &str = "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe";

#[test]
fn what_is_in_flight_is_finished_and_idle_connections_end_at_once() {
    on_both(|transport| {
        let mut server = Server::start(transport, &["--app", "lab"]);
        let mut silent = server.connect();
        let mut answered = server.connect();
        answered.send("GET /bytes/0 HTTP/1.1\r\nHost: a\r\n\r\n");
        answered.answer().check(200, "");
        let mut in_flight = server.connect();
        in_flight.send(HEAD);
        // A request is in flight only after the server has read it.
        assert!(in_flight.is_quiet_for(Duration::from_millis(300)));

        let start = Instant::now();
        server.signal(Signal::TERM);
        assert_eq!(silent.rest(), b"");
        assert_eq!(answered.rest(), b"");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        in_flight.send("llo");
        let answer = in_flight.answer();
        answer.check(200, "5 3610a686\n");
        assert_eq!(answer.field("Connection"), Some("close"));
        assert_eq!(in_flight.rest(), b"");
        drop(in_flight);
        let log = server.end();
        let took = start.elapsed();
        // Sooner than the cut-off.
        assert!(took < Duration::from_millis(3_400), "{transport}: {took:?}\n{log}");
        assert!(log.ends_with(END), "{log}");
    });
}

#[test]
fn what_takes_too_long_is_cut_off() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "lab"]);
        let mut endless = server.connect();
        endless.send(HEAD);
        assert!(endless.is_quiet_for(Duration::from_millis(300)));
        let log = server.stop(Signal::TERM);
        assert!(
            log.ends_with(
                "stopped after 1 connection; at the shutdown 0 idle, 0 finished, 1 cut off\n"
            ),
            "{log}"
        );
    });
}

#[test]
fn nothing_is_accepted_any_more() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let address = server.address;
        let log = server.stop(Signal::TERM);
        assert!(
            log.ends_with(
                "stopped after 0 connections; at the shutdown 0 idle, 0 finished, 0 cut off\n"
            ),
            "{log}"
        );
        assert!(std::net::TcpStream::connect(address).is_err());
    });
}
