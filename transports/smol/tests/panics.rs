//! A handler that panics.

mod support;

use std::thread;

use h1events_smol::Response;
use smol::Timer;
use support::{GET, app, bind, millis, start_with};

#[test]
fn a_panic_is_a_500_and_everything_else_goes_on() {
    let server = start_with(bind(), async |request| match request.path() {
        b"/panic" => panic!("this belongs to the test"),
        b"/status" => Response::new(999),
        b"/later" => {
            Timer::after(millis(10)).await;
            panic!("this belongs to the test, too");
        }
        _ => app(request).await,
    });
    let mut other = server.connect();
    other.send(b"GET /sleep/200 HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(millis(50));
    for target in ["/panic", "/status", "/later"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = server.exchange(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    assert_eq!(other.answer().0, 200);
    assert_eq!(other.ask(GET).0, 200);
    drop(other);
    let summary = server.stop();
    assert_eq!((summary.connections, summary.cut_off), (4, 0));
}
