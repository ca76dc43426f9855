//! The example `tokio`.

#[path = "../examples/tokio.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;
#[allow(unreachable_pub, reason = "tests share it")]
mod support;

use support::{Running, TRANSPORTS};

const FILE: &[u8] = include_bytes!("../LICENSE-APACHE");

#[test]
fn what_needs_tokio_works_on_each_thread_of_either_transport() {
    for transport in TRANSPORTS {
        let server = Running::start(move |tell| example::serve(transport, "127.0.0.1:0", tell));
        // Each connection is a new one, and so the threads take turns.
        for _ in 0..4 {
            assert_eq!(server.ask("GET /sleep/20 HTTP/1.1", b"").1, b"slept 20 ms\n");
            assert_eq!(server.ask("GET /task HTTP/1.1", b"").1, b"made by a task\n");
            let (head, body) = server.ask("GET /files/LICENSE-APACHE HTTP/1.1", b"");
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            assert!(body == FILE, "{} octets", body.len());
        }
        let (head, _) = server.ask("GET /sleep/60000 HTTP/1.1", b"");
        assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
        server.stop();
    }
}
