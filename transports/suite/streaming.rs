//! Bodies that stream, in both directions, over real sockets.

use std::io::{self, ErrorKind, Read, Write};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

use crate::support::{Client, SOON, bind, bind_single, millis, start_streaming, timed};

fn post(target: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn chunked(target: &str) -> Vec<u8> {
    format!("POST {target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes()
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

#[test]
fn body_is_read_as_it_comes() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    assert_eq!(client.ask(&post("/count", b"tea")), (200, "3".into()));
    assert_eq!(client.ask(&get("/count")), (200, "0".into()));
    client.send(&chunked("/count"));
    for _ in 0..100 {
        client.send(b"5\r\nhello\r\n");
        thread::yield_now();
    }
    client.send(b"0\r\nX: y\r\n\r\n");
    assert_eq!(client.answer(), (200, "500 X".into()), "with its trailer");
    drop(client);
    server.stop();
}

/// The connection ended for a newcomer while the handler waited for the body.
#[test]
fn answer_to_a_connection_that_has_ended_is_dropped() {
    let panicked = Arc::<AtomicBool>::default();
    let (seen, hook) = (Arc::clone(&panicked), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        // Handlers of other tests panic on purpose.
        let is_servers = info.location().is_some_and(|place| place.file().contains("server/src"));
        seen.fetch_or(is_servers, SeqCst);
        hook(info);
    }));
    let server = start_streaming(bind_single().max_connections(1));
    let mut stalled = server.connect();
    stalled.send(b"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\ntea");
    let mut newcomer = server.connect();
    assert_eq!(newcomer.ask(&get("/count")), (200, "0".into()));
    drop((stalled, newcomer));
    server.stop();
    assert!(!panicked.load(SeqCst));
}

/// The answer comes before the body.
#[test]
fn request_is_refused_before_its_body_has_come() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    client.send(b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    assert_eq!(client.answer().0, 413);
    let mut client = server.connect();
    client.send(
        b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    );
    assert_eq!(client.answer().0, 413, "and no 100");
    drop(client);
    server.stop();
}

#[test]
fn unread_body_is_thrown_away() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    for _ in 0..10 {
        assert_eq!(client.ask(&post("/refuse", &[b'x'; 50_000])).0, 413);
        assert_eq!(client.ask(&post("/some", &[b'x'; 50_000])).0, 200);
        assert_eq!(client.ask(&get("/count")).0, 200);
    }
    drop(client);
    assert_eq!(server.stop().connections, 1);
}

#[test]
fn continue_is_sent_when_the_body_is_read() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    for target in ["/count", "/echo"] {
        client.send(
            format!(
                "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\
                 Expect: 100-continue\r\n\r\n"
            )
            .as_bytes(),
        );
        assert_eq!(client.answer().0, 100, "{target}");
        client.send(b"tea");
        let expected = if target == "/echo" { "tea" } else { "3" };
        assert_eq!(client.answer(), (200, expected.into()));
    }
    drop(client);
    server.stop();
}

/// Each part comes back before the next one is sent.
#[test]
fn answer_is_made_of_the_body_while_it_comes() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    client.send(&chunked("/echo"));
    let mut stream = client.stream();
    let mut answer = Vec::new();
    for part in ["tea", "cake", "milk"] {
        client.send(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes());
        let mut bytes = [0; 1000];
        while !String::from_utf8_lossy(&answer).contains(part) {
            let n = stream.read(&mut bytes).expect("the part comes back");
            assert!(n > 0);
            answer.extend_from_slice(&bytes[..n]);
        }
    }
    client.send(b"0\r\n\r\n");
    drop(client);
    server.stop();
}

#[test]
fn much_goes_in_and_out_at_the_same_time() {
    const SIZE: usize = 20_000_000;

    let server = start_streaming(bind());
    let mut client = server.connect();
    client.send(
        format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {SIZE}\r\n\r\n").as_bytes(),
    );
    let mut sender = client.stream();
    let sending = thread::spawn(move || {
        let part: Vec<u8> = (0..100_000_u32).map(|n| (n % 100) as u8).collect();
        for _ in 0..SIZE / part.len() {
            sender.write_all(&part).expect("the server reads");
        }
    });
    let (status, body) = client.answer();
    sending.join().unwrap();
    assert_eq!((status, body.len()), (200, SIZE));
    assert_eq!(client.ask(&get("/count")).0, 200, "the connection goes on");
    drop(client);
    server.stop();
}

/// Another thread or task reads the body while the answer always has a part, or never has one.
#[test]
fn body_is_read_while_the_answer_is_made_of_something_else() {
    const SIZE: usize = 1_000_000;

    let server = start_streaming(bind());
    for target in ["/both", "/late"] {
        let mut client = server.connect();
        client.send(
            format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {SIZE}\r\n\r\n")
                .as_bytes(),
        );
        let mut sender = client.stream();
        let sending = thread::spawn(move || {
            for _ in 0..SIZE / 100_000 {
                thread::sleep(millis(10));
                sender.write_all(&[b'x'; 100_000]).expect("the server reads");
            }
        });
        let (status, body) = client.answer();
        sending.join().unwrap();
        assert_eq!(status, 200);
        assert!(body.ends_with(&format!("x {SIZE}")), "{target}");
        assert_eq!(client.ask(&get("/count")).0, 200, "the connection goes on");
    }
    server.stop();
}

#[test]
fn parts_make_an_answer() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    let (status, body) = client.ask(&get("/parts/1000"));
    assert_eq!((status, body.len()), (200, 10_000));
    assert_eq!(client.ask(&get("/parts/0")), (200, String::new()));
    drop(client);
    let old = server.exchange(b"GET /parts/3 HTTP/1.0\r\n\r\n");
    assert!(old.ends_with(&format!("\r\n\r\n{}", "x".repeat(30))), "{old}");
    server.stop();
}

/// Five events, 100 ms apart.
#[test]
fn events_come_when_they_are_made() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    let begun = Instant::now();
    client.send(&get("/events"));
    let mut stream = client.stream();
    let mut seen = 0;
    let mut bytes = [0; 1000];
    while seen < 5 {
        let n = stream.read(&mut bytes).expect("events come");
        let events = bytes[..n].windows(6).filter(|window| window == b"event\n").count();
        if events > 0 {
            seen += events;
            let due = millis(100) * u32::try_from(seen - 1).unwrap();
            assert!(begun.elapsed() >= due && begun.elapsed() < due + SOON, "{seen}");
        }
    }
    drop(client);
    server.stop();
}

/// Other connections of the thread get their turn while one takes an endless answer.
#[test]
fn endless_answer_lets_others_have_their_turn() {
    let server = start_streaming(bind_single());
    let mut greedy = server.connect();
    greedy.send(&get("/parts/100000000"));
    let mut stream = greedy.stream();
    let reading = thread::spawn(move || {
        let mut bytes = vec![0; 1 << 20];
        let begun = Instant::now();
        while begun.elapsed() < millis(500) {
            assert!(stream.read(&mut bytes).expect("it goes on") > 0);
        }
    });
    let mut client = server.connect();
    for _ in 0..20 {
        let (answer, time) = timed(|| client.ask(&get("/count")));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
    }
    reading.join().unwrap();
    drop((client, greedy));
    server.stop_within(millis(100));
}

#[test]
fn failed_answer_is_cut() {
    let server = start_streaming(bind());
    for target in ["/fail", "/panic"] {
        let answer = server.exchange(&get(target));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("half") && !answer.ends_with("0\r\n\r\n"), "{answer}");
    }
    let mut old = server.connect();
    old.send(b"GET /fail HTTP/1.0\r\n\r\n");
    let mut answer = Vec::new();
    assert!(old.stream().read_to_end(&mut answer).is_err(), "a reset, and no end");
    server.stop();
}

/// The client has sent more requests, which the server doesn't read.
#[test]
fn failed_answer_does_not_destroy_the_answers_before() {
    let server = start_streaming(bind());
    for version in ["1.1", "1.0"] {
        let mut client = server.connect();
        let failing = format!("GET /fail HTTP/{version}\r\nHost: a\r\n\r\n").into_bytes();
        client.send(&[get("/parts/10000").repeat(8), failing, get("/").repeat(2_000)].concat());
        for _ in 0..8 {
            thread::sleep(millis(10));
            let (status, body) = client.answer();
            assert_eq!((status, body.len()), (200, 100_000), "{version}");
        }
    }
    server.stop();
}

#[test]
fn slow_or_gone_client_ends_the_body_for_the_application() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    let whole = post("/count", b"tea");
    client.send(&whole[..whole.len() - 1]);
    client.half_close();
    let answer = client.read_to_end();
    assert!(answer.contains("the input ended within the body"), "{answer}");
    let malformed = [&chunked("/count")[..], b"3\r\nteaX"].concat();
    let answer = server.exchange(&malformed);
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("is refused"), "{answer}");
    server.stop();
}

/// The holder of the body learns that its request is over.
#[test]
fn body_that_outlives_its_request_is_over() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    let mut other = server.connect();
    assert_eq!(client.ask(&post("/keep", &[b'x'; 1_000])).0, 200);
    assert_eq!(client.ask(&get("/kept")), (200, "the request is over".into()));
    // While the connection waits for its next request:
    assert_eq!(client.ask(&post("/keep", &[b'x'; 1_000])).0, 200);
    let (answer, time) = timed(|| other.ask(&get("/kept")));
    assert_eq!(answer, (200, "the request is over".into()));
    assert!(time < SOON, "{time:?}");
    drop((client, other));
    server.stop();
}

/// The client reads nothing before it has sent everything.
#[test]
fn unread_answer_does_not_hold_up_a_body_that_is_read_elsewhere() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    // More than the system takes.
    client.send(b"POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    thread::sleep(millis(500));
    let ((), time) = timed(|| (0..100).for_each(|_| client.send(&[b'x'; 1_000_000])));
    assert!(time < SOON, "{time:?}");
    drop(client);
    server.stop_within(millis(100));
}

#[test]
fn body_that_stalls_elsewhere_does_not_hold_up_the_answer() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    let whole = post("/ticks", &[b'x'; 1_000]);
    client.send(&whole[..whole.len() - 500]);
    let (answer, time) = timed(|| client.answer());
    assert_eq!(answer, (200, "tickticktick".into()));
    assert!(time < SOON, "{time:?}");
    client.send(&whole[whole.len() - 500..]);
    assert_eq!(client.ask(&get("/count")).0, 200, "the connection goes on");
    drop(client);
    server.stop();
}

#[test]
fn body_can_be_read_elsewhere() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    let half = post("/elsewhere", &[b'x'; 100_000]);
    client.send(&half[..50_000]);
    thread::sleep(millis(20));
    client.send(&half[50_000..]);
    assert_eq!(client.answer(), (200, "100000".into()));
    drop(client);
    server.stop();
}

/// The client reads or doesn't read, or the answer has no part at that time.
#[test]
fn deadline_of_a_shutdown_resets_an_answer_that_a_close_would_end() {
    for (target, reads) in
        [("/parts/100000000", true), ("/parts/100000000", false), ("/events", true)]
    {
        let server = start_streaming(bind());
        let mut client = server.connect();
        client.send(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes());
        let mut stream = client.stream();
        let n = stream.read(&mut [0; 10]).expect("it has begun");
        assert!(n > 0);
        let reading = reads.then(|| thread::spawn(move || io::copy(&mut stream, &mut io::sink())));
        let summary = server.stop_within(millis(150));
        assert_eq!((summary.finished, summary.cut_off), (0, 1), "{target}");
        let read = match reading {
            Some(reading) => reading.join().unwrap(),
            None => io::copy(&mut client.stream(), &mut io::sink()),
        };
        let error = read.expect_err("no end");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{target} {reads}");
    }
}

/// The answer ends with the connection.
#[test]
fn whole_answer_to_an_old_client_is_not_reset() {
    let server = start_streaming(bind());
    for _ in 0..5 {
        let answer = server.exchange(b"GET /parts/10000 HTTP/1.0\r\n\r\n");
        assert!(answer.len() > 100_000);
    }
    server.stop();
}

#[test]
fn shutdown_lets_an_answer_end() {
    let server = start_streaming(bind());
    let mut client: Client = server.connect();
    client.send(&get("/events"));
    let mut stream = client.stream();
    let mut bytes = [0; 1000];
    let n = stream.read(&mut bytes).expect("the first event comes");
    let reading = thread::spawn(move || {
        let mut rest = bytes[..n].to_vec();
        stream.read_to_end(&mut rest).expect("a regular end");
        String::from_utf8(rest).unwrap()
    });
    let summary = server.stop();
    assert_eq!((summary.finished, summary.cut_off), (1, 0));
    assert!(reading.join().unwrap().ends_with("\r\n0\r\n\r\n"));
}
