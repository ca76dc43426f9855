//! Handlers that block their thread.

mod support;

use std::thread;
use std::time::Duration;

use support::{bind, millis, plain, start_with, timed};

#[test]
fn a_handler_that_blocks_does_not_hold_up_the_end() {
    let server = start_with(bind(), async |request| {
        thread::sleep(millis(1500));
        plain(request)
    });
    let mut client = server.connect();
    client.send(support::GET);
    thread::sleep(millis(100));
    let (summary, time) = timed(|| server.stop_within(millis(200)));
    assert_eq!((summary.connections, summary.cut_off), (1, 1));
    assert!(time < millis(800), "{time:?}");
}

#[test]
fn what_blocks_can_be_awaited() {
    // Eight at a time on however many cores.
    let server = start_with(bind(), async |request| {
        smol::unblock(|| thread::sleep(millis(300))).await;
        plain(request)
    });
    let mut clients: Vec<_> = (0..8).map(|_| server.connect()).collect();
    let ((), time) = timed(|| {
        for client in &mut clients {
            client.send(support::GET);
        }
        for client in &mut clients {
            assert_eq!(client.answer().0, 200);
        }
    });
    assert!(time < millis(1100), "{time:?}");
    assert_eq!(server.stop_within(Duration::from_secs(4)).cut_off, 0);
}
