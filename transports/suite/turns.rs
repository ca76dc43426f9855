//! Connections that share a thread take turns.

use std::thread;
use std::time::Instant;

use crate::support::{GET, bind_single, millis, say, start_with, timed};

const REQUESTS: usize = 2_000;

#[test]
fn many_pipelined_requests_do_not_hold_up_a_neighbour() {
    let server = start_with(bind_single(), |request| {
        if request.path() == b"/work" {
            thread::sleep(millis(1));
        }
        say(request)
    });
    let mut neighbour = server.connect();
    assert_eq!(neighbour.ask(GET).0, 200);
    let mut pipelining = server.connect();
    pipelining.send(&b"GET /work HTTP/1.1\r\nHost: a\r\n\r\n".repeat(REQUESTS));
    let mut times: Vec<_> = (0..9)
        .map(|_| {
            let (answer, time) = timed(|| neighbour.ask(GET));
            assert_eq!(answer.0, 200);
            time
        })
        .collect();
    times.sort();
    // All requests together take two seconds at least; a turn takes a few milliseconds.
    assert!(times[4] < millis(200), "{times:?}");
    assert!(times[8] < millis(1000), "{times:?}");
    for _ in 0..REQUESTS {
        assert_eq!(pipelining.answer().0, 200);
    }
    drop((neighbour, pipelining));
    server.stop();
}

#[test]
fn many_pipelined_requests_do_not_hold_up_newcomers() {
    let server = start_with(bind_single(), |request| {
        if request.path() == b"/work" {
            thread::sleep(millis(1));
        }
        say(request)
    });
    let mut pipelining = server.connect();
    pipelining.send(&b"GET /work HTTP/1.1\r\nHost: a\r\n\r\n".repeat(REQUESTS));
    assert_eq!(pipelining.answer().0, 200);
    // Within the two seconds that all requests together take:
    let mut times: Vec<_> = (0..3)
        .map(|_| {
            let (answer, time) = timed(|| server.connect().ask(GET));
            assert_eq!(answer.0, 200);
            time
        })
        .collect();
    times.sort();
    assert!(times[1] < millis(200), "{times:?}");
    drop(pipelining);
    server.stop();
}

/// None of its handlers waits.
#[test]
fn answer_leaves_before_the_next_handler_that_computes_is_through() {
    let server = start_with(bind_single(), |request| {
        thread::sleep(millis(500));
        say(request)
    });
    let mut client = server.connect();
    let start = Instant::now();
    client.send(&GET.repeat(6));
    for left in (0..6).rev() {
        assert_eq!(client.answer().0, 200);
        // The other handlers take half a second each. The machine may be late for two of them.
        let time = start.elapsed();
        assert!(left < 3 || time < millis(2_500), "{left} are left after {time:?}");
    }
    drop(client);
    server.stop();
}
