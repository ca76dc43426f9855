//! Deadlines on real clocks: coarse, since exact deadlines are tested in virtual time.

use std::num::NonZero;
use std::thread;
use std::time::Instant;

use crate::support::{
    Config, GET, MinDataRate, SOON, bind, configured, millis, say, start_with, timed,
};

#[test]
fn silent_connection_is_closed_without_an_answer() {
    let server = configured(|config| config.keep_alive_timeout = millis(1000));
    let (text, time) = timed(|| server.connect().read_to_end());
    assert_eq!(text, "");
    assert!(millis(1000) <= time && time < SOON, "{time:?}");

    // And after a request, counted from its answer.
    let mut client = server.connect();
    let (text, time) = timed(|| {
        for _ in 0..2 {
            thread::sleep(millis(600));
            assert_eq!(client.ask(GET).0, 200);
        }
        client.read_to_end()
    });
    assert_eq!(text, "");
    assert!(millis(2200) <= time && time < SOON, "{time:?}");
    server.stop();
}

/// The server is late, not the client.
#[test]
fn request_in_time_counts_though_its_thread_is_late() {
    let mut config = Config::new();
    config.keep_alive_timeout = millis(500);
    config.header_read_timeout = millis(500);
    let server = start_with(bind().config(config), |request| {
        if request.path() == b"/busy" {
            thread::sleep(millis(1000));
        }
        say(request)
    });
    let mut clients: Vec<_> = (0..8).map(|_| server.connect()).collect();
    for client in &mut clients[..4] {
        client.send(b"GET / HT");
    }
    // One request for each thread, if connections share threads.
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut busy: Vec<_> = (0..threads).map(|_| server.connect()).collect();
    thread::sleep(millis(100));
    for client in &mut busy {
        client.send(b"GET /busy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    thread::sleep(millis(100));
    for (i, client) in clients.iter_mut().enumerate() {
        client.send(if i < 4 { b"TP/1.1\r\nHost: a\r\n\r\n" } else { GET });
    }
    for client in &mut clients {
        assert_eq!(client.answer(), (200, "GET / ".to_owned()));
    }
    drop((busy, clients));
    server.stop_within(millis(0));
}

#[test]
fn dripping_head_gets_a_408() {
    let server = configured(|config| config.header_read_timeout = millis(300));
    let mut client = server.connect();
    let start = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
        // After the answer, input is discarded.
        if client.has_input() || client.try_send(&[*byte]).is_err() {
            break;
        }
        thread::sleep(millis(20));
    }
    client.half_close();
    assert!(client.read_to_end().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    server.stop();
}

#[test]
fn stalled_head_gets_a_408() {
    let server = configured(|config| config.header_read_timeout = millis(200));
    let ((status, _), time) = timed(|| server.connect().ask(b"GET / HTTP/1.1\r\n"));
    assert_eq!(status, 408);
    assert!(millis(200) <= time && time < SOON, "{time:?}");
    server.stop();
}

#[test]
fn dripping_body_gets_a_408() {
    let server =
        configured(|config| config.body_data_rate = MinDataRate::new(millis(200), 1_000_000));
    let mut client = server.connect();
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    let start = Instant::now();
    while !client.has_input() && client.try_send(b"x").is_ok() {
        assert!(start.elapsed() < SOON, "it is still waited for");
        thread::sleep(millis(20));
    }
    client.half_close();
    assert!(client.read_to_end().starts_with("HTTP/1.1 408 "));
    server.stop();
}

#[test]
fn client_that_does_not_read_is_dropped() {
    let server = configured(|config| {
        config.limits.content = 16 << 20;
        config.write_data_rate = MinDataRate::new(millis(300), 1 << 30);
    });
    let mut client = server.connect();
    let body = vec![b'x'; 16 << 20];
    client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\n");
    client.send(&body);
    // The connection has ended at its deadline: nothing is left to be cut off.
    let (summary, time) = timed(|| server.stop());
    assert_eq!((summary.connections, summary.cut_off), (1, 0));
    assert!(time < SOON, "{time:?}");
}

#[test]
fn shortest_deadlines_hold() {
    // Shorter than the shortest timeout of a socket.
    let server =
        configured(|config| config.keep_alive_timeout = std::time::Duration::from_micros(10));
    assert_eq!(server.connect().read_to_end(), "");
    server.stop();
}
