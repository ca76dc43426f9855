//! The heap that a connection takes, measured at the allocator.

use std::sync::Arc;

use allocation_counter::{AllocationInfo, measure};
use h1events_server::{BodyState, Buffer, Connection, Peer, Response, SMALL, Step};

use crate::support::{Client, SECOND, Source, config, get, time_of_day};

const KIB: u64 = 1024;

/// Measures the connection; the client's own memory isn't counted.
fn memory(client: &mut Client, what: impl FnOnce(&mut Client)) -> AllocationInfo {
    measure(|| what(client))
}

fn bodiless() -> Client {
    Client::with_application(|_| Response::new(204))
}

/// A connection can move between threads.
#[test]
fn connection_is_send() {
    const fn is_send<T: Send + 'static>() {}
    is_send::<Connection>();
    is_send::<Box<Buffer>>();
}

/// An idle connection holds no heap, before its first request and after each.
#[test]
fn idle_connection_holds_nothing() {
    let mut client = bodiless();
    assert!(client.connection.detach_buffer().is_none());
    for _ in 0..3 {
        let used = memory(&mut client, |client| {
            client.send(get("/"));
            assert!(client.connection.is_silent());
            drop(client.connection.detach_buffer().unwrap());
            assert!(client.connection.detach_buffer().is_none());
        });
        assert_eq!(used.bytes_current, 0);
        assert!(used.bytes_max < 16 * KIB, "{used:?}");
    }
}

/// A buffer in use can't be detached.
#[test]
fn buffer_in_use_is_not_detached() {
    let (mut connection, now) = crate::steps::connection();
    crate::steps::receive(&mut connection, get("/").as_bytes());
    assert_eq!(connection.step(now), Step::Handle);
    assert!(connection.detach_buffer().is_none() && !connection.is_silent());
    let mut client = Client::new();
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
    for octet in &request.as_bytes()[..request.len() - 1] {
        client.send([*octet]);
        assert!(client.connection.detach_buffer().is_none());
        assert!(!client.connection.is_silent());
    }
    client.window = 3;
    client.send("b");
    assert!(client.connection.detach_buffer().is_none() && !client.connection.is_silent());
    client.read(usize::MAX).expect(&[(200, "POST / ab")]);
    assert!(client.connection.detach_buffer().is_some());
}

/// Attached buffers are used, and circulate without an allocation.
#[test]
fn buffer_goes_round_without_allocation() {
    let mut clients: Vec<Client> = (0..10).map(|_| bodiless()).collect();
    let mut pool = None;
    for round in 0..3 {
        for client in &mut clients {
            let used = memory(client, |client| {
                if let Some(buffer) = pool.take() {
                    client.connection.attach_buffer(buffer);
                }
                client.send(get("/"));
                pool = client.connection.detach_buffer();
            });
            assert!(pool.is_some());
            assert!(round == 0 || used.bytes_current == 0, "{used:?}");
            assert!(round == 0 || used.bytes_total < 100, "{used:?}");
        }
    }
}

/// No byte of a request or an answer gets from one connection into another.
#[test]
fn attached_buffer_is_clean() {
    for rest in ["", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nsecret"] {
        let mut client = Client::new();
        client.send("HEAD /secret HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\r\n");
        client.send(rest).end();
        let buffer = client.connection.detach_buffer().unwrap();
        let mut other = Client::new();
        other.connection.attach_buffer(buffer);
        other.send("\x16");
        assert!(!other.expect_one(400).body.is_empty());
    }
}

/// No state of a connection gets into another one, either.
#[test]
fn buffer_of_an_aborted_exchange_is_clean() {
    let mut client = Client::streaming(config());
    client.send("POST / HTTP/1.0\r\nContent-Length: 8\r\n\r\n");
    client.respond(Response::new(200).with_streamed_body(Source::default()));
    client.connection.set_allowance(1 << 20);
    assert!(client.connection.ends_with_connection());
    client.connection.abort();
    let buffer = client.connection.detach_buffer().unwrap();
    // The clock of the first one stood still.
    let later = client.now() + 1_000 * SECOND;
    let mut other = Connection::new(Arc::new(config()), Peer::Local, later, time_of_day);
    other.attach_buffer(buffer);
    assert_eq!(other.reserved(), SMALL);
    assert!(!other.ends_with_connection());
    let deadline = later + config().keep_alive_timeout;
    assert_eq!(other.step(later), Step::Read { deadline });
    crate::steps::receive(&mut other, get("/").as_bytes());
    assert_eq!(other.step(later), Step::Handle);
    assert_eq!(other.body_state(), BodyState::End);
}

#[test]
fn memory_of_a_large_answer_is_freed_once_it_has_left() {
    let mut client =
        Client::with_application(|_| Response::new(200).with_body(vec![b'x'; 100_000]));
    client.window = 50_000;
    client.send(get("/"));
    assert!(client.connection.buffered() > 100_000);
    client.read(usize::MAX);
    assert!(client.connection.buffered() < SMALL);
}

/// ERR-8: an announced length takes no memory.
#[test]
fn announced_length_takes_no_memory() {
    for head in ["Content-Length: 1048576", "Transfer-Encoding: chunked"] {
        let mut client = bodiless();
        let used = memory(&mut client, |client| {
            client.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n100000\r\nx"));
        });
        assert!(used.bytes_max < 16 * KIB, "{used:?}");
    }
}

/// The memory of a large request is freed after its answer, also after an error.
#[test]
fn large_request_is_freed_after_answer() {
    let fields: String = (0..60).map(|i| format!("X-{i}: {}\r\n", "x".repeat(1000))).collect();
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: 1000000\r\n\r\n");
    let chunked = head.replace("Content-Length: 1000000", "Transfer-Encoding: chunked");
    let body = "x".repeat(1_000_000);
    for request in [head + &body, chunked + "f4240\r\n" + &body + "\r\nz"] {
        let mut client = bodiless();
        let used = memory(&mut client, |client| {
            client.send(&request);
        });
        assert_eq!(client.answers().len(), 1);
        // Collected in memory that doubles.
        assert!(used.bytes_max < 3 * 1024 * KIB, "{used:?}");
        assert!(used.bytes_current < 64 * KIB as i64, "{used:?}");
        let used = memory(&mut client, |client| drop(client.connection.detach_buffer()));
        assert!(used.bytes_current < -8 * KIB as i64);
    }
}

/// The limit for a line limits the space to read into.
#[test]
fn read_space_is_bounded() {
    let mut client = bodiless();
    let line = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}", "a".repeat(16 * 1024 - 3));
    let used = memory(&mut client, |client| {
        for chunk in line.as_bytes().chunks(100) {
            client.send(chunk);
        }
        client.send("\r");
    });
    assert!(used.bytes_current < 20 * KIB as i64, "{used:?}");
    client.send("\n\r\n").expect(&[(204, "")]);
    let buffer = client.connection.detach_buffer().unwrap();
    let kept = measure(|| drop(buffer));
    assert!(kept.bytes_current > -24 * KIB as i64, "{kept:?}");
}

/// A thousand requests take as much memory as one.
#[test]
fn thousand_requests_take_memory_of_one() {
    let mut client = Client::with_application(|_| Response::text("Hello, World\n"));
    client.send(get("/"));
    let used = memory(&mut client, |client| {
        for _ in 0..1000 {
            client.send(get("/"));
        }
    });
    assert_eq!(used.bytes_current, 0, "{used:?}");
}

/// A large body of an answer is moved, never copied.
#[test]
fn large_bodies_are_not_copied() {
    static BODY: [u8; 1_000_000] = [b'x'; 1_000_000];
    let mut client = Client::with_application(|_| Response::new(200).with_body(&BODY[..]));
    let used = memory(&mut client, |client| {
        client.send(get("/").repeat(10));
    });
    assert_eq!(client.answers().len(), 10);
    assert!(used.bytes_max < 32 * KIB, "{used:?}");
}

/// The memory of a request of some KiB, and of its answer, is used again for the next one.
#[test]
fn ordinary_exchanges_take_their_memory_once() {
    static BODY: [u8; 12_000] = [b'x'; 12_000];
    let mut client = Client::with_application(|_| Response::new(200).with_body(&BODY[..]));
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12000\r\n\r\n";
    // Both answers leave in one write.
    let requests = head.to_owned() + &"x".repeat(12_000) + &get("/");
    client.send(&requests);
    let used = memory(&mut client, |client| {
        client.send(&requests);
    });
    assert_eq!((client.answers().len(), client.writes.len()), (4, 2));
    assert!(used.bytes_total < 100, "{used:?}");
}

/// The space for a field line is taken at once, and is as long as the line.
#[test]
fn header_is_one_allocation() {
    let used = measure(|| drop(Response::new(405).with_header("Allow", "GET, HEAD")));
    assert_eq!((used.count_total, used.bytes_total), (1, "Allow: GET, HEAD\r\n".len() as u64));
}

/// The space for all field lines of a response of `http` is taken at once.
#[cfg(feature = "http")]
#[test]
fn headers_of_http_are_one_allocation() {
    let response = http::Response::builder().header("A", "1").header("B", "2").header("C", "3");
    let (parts, ()) = response.body(()).unwrap().into_parts();
    let used = measure(|| drop(Response::try_from(parts)));
    assert_eq!((used.count_total, used.bytes_total), (1, "a: 1\r\nb: 2\r\nc: 3\r\n".len() as u64));
}

/// An application that answers with fixed texts takes no memory.
#[test]
fn fixed_text_is_no_allocation() {
    for text in [Response::text, Response::html, Response::json] {
        assert_eq!(measure(|| drop(text("{}"))).count_total, 0);
    }
}

/// `buffered` is the heap in use, and 0 for a connection without a buffer.
#[test]
fn buffered_is_what_is_on_the_heap() {
    let mut config = config();
    // The static text isn't counted.
    config.date = false;
    let mut client = Client::with(config, |_| Response::new(200).with_body(vec![b'x'; 50_000]));
    assert_eq!(client.connection.buffered(), 0);
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    let mut taken = 0;
    client.window = 0;
    for bytes in [&head[..20], &head[20..], &"x".repeat(99_999), "x"] {
        let used = memory(&mut client, |client| {
            client.send(bytes);
        });
        taken += used.bytes_current;
        assert_eq!(client.connection.buffered() as i64, taken);
    }
    // 50,000 bytes of an answer; the request's body is freed.
    assert!((50_000..100_000).contains(&client.connection.buffered()));
    client.read(usize::MAX);
    drop(client.connection.detach_buffer());
    assert_eq!(client.connection.buffered(), 0);
}
