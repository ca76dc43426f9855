//! Connections that switch to another protocol.

use std::thread;

use crate::support::{
    ECHO_GOES_ON, EndpointConfig, GET, Request, Response, Running, SOON, bind, echo, millis, say,
    say_goodbye, start_with, upgrade,
};

fn upgrading(request: &Request<'_>) -> Response {
    if request.offers_upgrade() || request.method() == "CONNECT" {
        upgrade("echo", echo)
    } else {
        say(request)
    }
}

fn start() -> Running {
    start_with(bind(), upgrading)
}

const UPGRADE: &[u8] =
    b"GET /e HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

#[test]
fn bytes_after_the_request_belong_to_the_protocol() {
    let server = start();
    let mut client = server.connect();
    assert_eq!(client.ask(GET).0, 200);
    client.send(&[UPGRADE, b"left over, "].concat());
    thread::sleep(millis(50));
    client.send(b"and more");
    client.half_close();
    let answer = client.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n/e|left over, and more"), "{answer}");

    let mut client = server.connect();
    client.send(b"CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\nx");
    client.half_close();
    let answer = client.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("b:80|x"), "{answer}");
    assert_eq!(server.stop().connections, 2);
}

#[test]
fn panicking_upgrade_handler_takes_only_its_connection() {
    let server = start();
    let mut client = server.connect();
    client.send(UPGRADE);
    assert_eq!(client.answer().0, 101);
    client.send(b"!");
    assert_eq!(client.read_to_end(), "/e|");
    assert_eq!(server.connect().ask(GET).0, 200);
    assert_eq!(server.stop().cut_off, 0);
}

#[test]
fn upgraded_connections_are_waited_for_until_the_deadline() {
    let server = start();
    let [mut stays, mut goes] = [server.connect(), server.connect()];
    for client in [&mut stays, &mut goes] {
        client.send(UPGRADE);
        assert_eq!(client.answer().0, 101);
    }
    server.shutdown.shutdown(4 * SOON);
    // Threads notice this, and an end, with a delay.
    thread::sleep(millis(300));
    goes.half_close();
    assert_eq!(goes.read_to_end(), "/e|");
    thread::sleep(millis(300));
    server.shutdown.shutdown(millis(100));
    let summary = server.join();
    assert_eq!((summary.idle, summary.finished, summary.cut_off), (0, 1, 1));
    if ECHO_GOES_ON {
        stays.send(b"hello");
        stays.half_close();
        assert_eq!(stays.read_to_end(), "/e|hello");
    } else {
        assert_eq!(stays.read_to_end(), "/e|");
    }
}

#[test]
fn upgraded_connections_hold_none_of_the_memory() {
    let mut config = EndpointConfig::new();
    config.max_buffered = 1 << 20;
    let server = start_with(bind().endpoint_config(config), upgrading);
    let mut upgraded: Vec<_> = (0..100).map(|_| server.connect()).collect();
    for client in &mut upgraded {
        client.send(UPGRADE);
        assert_eq!(client.answer().0, 101);
    }
    assert_eq!(server.connect().ask(GET).0, 200);
    drop(upgraded);
    server.stop();
}

/// The handler expects another type of stream, or there is no handler.
#[test]
fn connection_that_nothing_can_take_is_closed() {
    let server = start_with(bind(), |request| match request.target() {
        b"/nothing" => Response::upgrade("echo"),
        _ => Response::upgrade("echo").with_upgrade_handler("a text"),
    });
    for target in ["/nothing", "/text"] {
        let mut client = server.connect();
        client.send(String::from_utf8_lossy(UPGRADE).replace("/e", target).as_bytes());
        assert!(client.read_to_end().starts_with("HTTP/1.1 101 "), "{target}");
    }
    server.stop();
}

/// The handler waits for the shutdown of the server.
#[test]
fn upgraded_connection_hears_of_a_shutdown() {
    let server = start_with(bind(), |_| upgrade("echo", say_goodbye));
    let mut client = server.connect();
    client.send(UPGRADE);
    assert_eq!(client.answer().0, 101);
    assert!(!client.has_input());
    server.shutdown.shutdown(SOON);
    assert_eq!(client.read_to_end(), "goodbye");
    server.join();
}
