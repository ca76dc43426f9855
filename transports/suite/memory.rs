//! The memory of all connections together.

use std::thread;

use crate::support::{
    EndpointConfig, GET, Response, SOON, bind_single, millis, start, start_streaming, start_with,
    timed,
};

const MAX_BUFFERED: usize = 1 << 20;

fn head(target: &str, length: usize) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn unfinished_bodies_leave_room_for_small_requests_and_the_largest_is_refused() {
    let mut config = EndpointConfig::new();
    config.max_buffered = MAX_BUFFERED;
    let server = start(bind_single().endpoint_config(config));
    let mut large = server.connect();
    large.send(head("/", 900_000).as_bytes());
    large.send(&[b'x'; 400_000]);
    thread::sleep(millis(200));
    let body = vec![b'x'; 60_000];
    let mut others: Vec<_> = (0..12).map(|_| server.connect()).collect();
    for client in &mut others {
        client.send(head("/", body.len()).as_bytes());
        // Only a part of the body, and more than there is memory for.
        client.send(&body[..50_000]);
    }
    thread::sleep(millis(200));
    for _ in 0..3 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
    }
    let (answer, time) = timed(|| large.answer());
    assert_eq!(answer.0, 503);
    assert!(time < SOON, "{time:?}");
    for client in &mut others {
        client.send(&body[50_000..]);
    }
    for client in &mut others {
        assert_eq!(client.answer().0, 200);
    }
    drop((large, others));
    assert_eq!(server.stop().cut_off, 0);
}

/// It needs a small buffer alone, whatever others hold, and larger reads only make it faster.
#[test]
fn streamed_bodies_need_no_memory_but_that_of_a_small_read() {
    for (max_buffered, count) in [(0, 1), (100_000, 1), (MAX_BUFFERED, 40)] {
        let mut config = EndpointConfig::new();
        config.max_buffered = max_buffered;
        let server = start_streaming(bind_single().endpoint_config(config));
        let mut clients: Vec<_> = (0..count).map(|_| server.connect()).collect();
        for client in &mut clients {
            client.send(head("/count", 600_000).as_bytes());
        }
        for _ in 0..10 {
            for client in &mut clients {
                client.send(&[b'x'; 60_000]);
            }
        }
        for client in &mut clients {
            assert_eq!(client.answer(), (200, "600000".into()), "{max_buffered}");
        }
        drop(clients);
        server.stop();
    }
}

#[test]
fn half_heads_that_take_all_the_memory_hold_nobody_up() {
    let mut config = EndpointConfig::new();
    config.max_buffered = MAX_BUFFERED;
    let server = start(bind_single().endpoint_config(config));
    let mut crowd: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for client in &mut crowd {
        client.send(b"GET / HTTP/1.1\r\nHost:");
    }
    thread::sleep(millis(1500));
    for _ in 0..3 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
    }
    drop(crowd);
    server.stop();
}

#[test]
fn answers_that_nobody_reads_hold_nobody_up() {
    let mut config = EndpointConfig::new();
    config.max_buffered = 8 * MAX_BUFFERED;
    let server = start_with(bind_single().endpoint_config(config), |request| {
        let length = if request.target() == b"/large" { 8 << 20 } else { 1 };
        Response::new(200).with_body(vec![b'x'; length])
    });
    let mut crowd: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for client in &mut crowd {
        client.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    thread::sleep(millis(1500));
    for _ in 0..3 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
    }
    drop(crowd);
    server.stop();
}

#[test]
fn request_is_answered_whatever_the_budget() {
    for max_buffered in [0, 1, 20 * 1024] {
        let mut config = EndpointConfig::new();
        config.max_buffered = max_buffered;
        let server = start(bind_single().endpoint_config(config));
        let mut idle: Vec<_> = (0..10).map(|_| server.connect()).collect();
        for client in &mut idle {
            let (answer, time) = timed(|| {
                client.send(GET);
                client.try_answer()
            });
            assert!(answer.is_ok(), "{max_buffered}: {:?}", answer.err());
            assert!(time < SOON, "{max_buffered}: {time:?}");
        }
        drop(idle);
        server.stop();
    }
}
