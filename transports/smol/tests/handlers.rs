//! Handlers that block their thread, or await.

mod support;

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use smol::Timer;
use support::{GET, SOON, bind, millis, say, start_async, start_with, timed};

#[test]
fn blocking_handler_does_not_hold_up_the_end() {
    let server = start_with(bind(), |request| {
        thread::sleep(2 * SOON);
        say(request)
    });
    let mut client = server.connect();
    client.send(GET);
    thread::sleep(millis(100));
    let (summary, time) = timed(|| server.stop_within(millis(200)));
    assert_eq!((summary.connections, summary.cut_off), (1, 1));
    assert!(time < SOON, "{time:?}");
}

#[test]
fn blocking_handler_does_not_hold_up_other_threads() {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    if threads == 1 {
        return;
    }
    let server = start_with(bind(), |request| {
        if request.path() == b"/block" {
            thread::sleep(2 * SOON);
        }
        say(request)
    });
    // One after the other, so that each thread has two.
    let mut clients: Vec<_> = (0..2 * threads)
        .map(|_| {
            let mut client = server.connect();
            assert_eq!(client.ask(GET).0, 200);
            client
        })
        .collect();
    clients[0].send(b"GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(millis(100));
    for (i, client) in clients.iter_mut().enumerate() {
        if i % threads != 0 {
            let (answer, time) = timed(|| client.ask(GET));
            assert_eq!(answer.0, 200);
            assert!(time < SOON, "{time:?}");
        }
    }
    drop(clients);
    server.stop_within(millis(0));
}

#[test]
fn blocking_work_can_be_awaited() {
    let server = start_async(bind(), async |request| {
        smol::unblock(|| thread::sleep(SOON / 8)).await;
        say(request)
    });
    // More at a time than would be done one after the other.
    let mut clients: Vec<_> = (0..32).map(|_| server.connect()).collect();
    let ((), time) = timed(|| {
        for client in &mut clients {
            client.send(GET);
        }
        for client in &mut clients {
            assert_eq!(client.answer().0, 200);
        }
    });
    assert!(time < SOON, "{time:?}");
    assert_eq!(server.stop_within(Duration::from_secs(4)).cut_off, 0);
}

#[test]
fn panic_after_an_await_is_a_500() {
    let server = start_async(bind(), async |request| {
        Timer::after(millis(10)).await;
        assert_ne!(request.path(), b"/later", "this belongs to the test");
        say(request)
    });
    let answer = server.exchange(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}
