//! The memory of all connections together.

use std::thread;

use crate::support::{EndpointConfig, GET, SOON, bind_single, millis, start, timed};

const MAX_BUFFERED: usize = 1 << 20;

fn head(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn unfinished_bodies_leave_room_for_small_requests_and_the_largest_is_refused() {
    let mut config = EndpointConfig::new();
    config.max_buffered = MAX_BUFFERED;
    let server = start(bind_single().endpoint_config(config));
    let mut large = server.connect();
    large.send(head(900_000).as_bytes());
    large.send(&[b'x'; 400_000]);
    thread::sleep(millis(200));
    let body = vec![b'x'; 60_000];
    let mut others: Vec<_> = (0..12).map(|_| server.connect()).collect();
    for client in &mut others {
        client.send(head(body.len()).as_bytes());
        // Not all of it, and more than there is memory for.
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
