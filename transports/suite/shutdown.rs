//! Graceful shutdown.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::support::{
    GET, Gate, Response, SOON, bind, millis, say, start, start_streaming, start_with, timed,
};

#[test]
fn silent_connections_close_and_others_finish() {
    let server = start(bind());
    let mut silent: Vec<_> = (0..5).map(|_| server.connect()).collect();
    let mut kept_alive = server.connect();
    assert_eq!(kept_alive.ask(GET).0, 200);
    let mut handled = server.connect();
    handled.send(b"GET /sleep/1000 HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut begun = server.connect();
    begun.send(b"GET / HTTP/1.1\r\n");
    thread::sleep(millis(100));

    server.shutdown.shutdown(Duration::from_secs(20));
    let ((), time) = timed(|| {
        for client in silent.iter_mut().chain([&mut kept_alive]) {
            assert_eq!(client.read_to_end(), "");
        }
    });
    assert!(time < SOON, "{time:?}");
    thread::sleep(millis(200));
    assert!(TcpStream::connect(server.address).is_err(), "it accepts no more");

    begun.send(b"Host: a\r\n\r\n");
    for client in [&mut handled, &mut begun] {
        let answer = client.read_to_end();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    drop((handled, begun));
    let (summary, time) = timed(|| server.join());
    assert_eq!((summary.connections, summary.idle), (8, 6));
    assert_eq!((summary.finished, summary.cut_off), (2, 0));
    assert!(time < SOON, "{time:?}");
}

/// The answer before it hasn't said that the connection closes.
#[test]
fn request_behind_a_streamed_answer_is_answered() {
    let server = start_streaming(bind());
    let mut client = server.connect();
    client.send(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    client.stream().peek(&mut [0]).expect("the first event comes");
    client.send(b"GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(millis(50));
    server.shutdown.shutdown(SOON);
    assert_eq!(client.answer(), (200, "event\n".repeat(5)));
    let answer = client.try_answer().expect("an answer");
    assert_eq!((&*answer.body, answer.is_last), ("0", true));
    drop(client);
    let summary = server.join();
    assert_eq!((summary.finished, summary.cut_off), (1, 0));
}

#[test]
fn answer_of_endless_empty_parts_is_cut_off_at_the_deadline() {
    let server =
        start_with(bind(), |_| Response::new(200).with_parts(std::iter::repeat_with(|| Ok(""))));
    let mut client = server.connect();
    client.send(GET);
    thread::sleep(millis(50));
    let (summary, time) = timed(|| server.stop_within(millis(200)));
    assert_eq!((summary.idle, summary.finished, summary.cut_off), (0, 0, 1));
    assert!(time < SOON, "{time:?}");
    assert!(!client.read_to_end().ends_with("0\r\n\r\n"), "it is cut");
}

#[test]
fn requests_left_at_the_deadline_are_cut_off() {
    let server = start(bind());
    let mut dripping = server.connect();
    dripping.send(b"GET / HT");
    let mut handled = server.connect();
    handled.send(b"GET /sleep/7000 HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(millis(50));
    let (summary, time) = timed(|| server.stop_within(millis(200)));
    assert_eq!((summary.idle, summary.finished, summary.cut_off), (0, 0, 2));
    assert!(millis(200) <= time && time < SOON, "{time:?}");
    for client in [&mut dripping, &mut handled] {
        assert!(client.is_closed_within(SOON));
    }
}

#[test]
fn second_call_brings_the_end_forward() {
    let server = start(bind());
    let mut client = server.connect();
    client.send(b"GET / HT");
    thread::sleep(millis(50));
    let shutdown = server.shutdown.clone();
    assert!(!shutdown.has_begun());
    shutdown.shutdown(Duration::MAX);
    assert!(server.shutdown.has_begun());
    let second = thread::spawn(move || {
        thread::sleep(millis(100));
        shutdown.shutdown(Duration::ZERO);
        shutdown.shutdown(Duration::from_secs(60));
    });
    let (summary, time) = timed(|| server.join());
    assert_eq!(summary.cut_off, 1);
    assert!(time < SOON, "{time:?}");
    second.join().unwrap();
}

#[test]
fn idle_connection_is_answered_a_last_time() {
    let server = start(bind());
    let [mut active, mut idle] = [server.connect(), server.connect()];
    assert_eq!(idle.ask(GET).0, 200);
    thread::sleep(millis(1500));
    assert_eq!(active.ask(GET).0, 200);
    let ((), time) = timed(|| {
        server.shutdown.shutdown(4 * SOON);
        assert_eq!(idle.read_to_end(), "");
    });
    assert!(time < SOON, "{time:?}");
    // This request was on its way when the shutdown began.
    active.send(GET);
    let answer = active.read_to_end();
    assert!(answer.contains("\r\nConnection: close\r\n") && answer.ends_with("GET / "), "{answer}");
    drop((active, idle));
    let summary = server.join();
    assert_eq!((summary.connections, summary.idle), (2, 1));
    assert_eq!((summary.finished, summary.cut_off), (1, 0));
}

#[test]
fn connections_that_go_on_coming_do_not_hold_it_up() {
    for _ in 0..5 {
        let server = start(bind());
        let address = server.address;
        // While connections are readable, newcomers are accepted.
        let mut idle = server.connect();
        assert_eq!(idle.ask(GET).0, 200);
        let connecting = thread::spawn(move || {
            // Until the system refuses the connection.
            while TcpStream::connect(address).is_ok() {}
        });
        let (summary, time) = timed(|| server.stop_within(millis(200)));
        connecting.join().unwrap();
        assert!(summary.connections > 1, "{summary}");
        drop(idle);
        assert!(time < SOON, "{time:?}");
    }
}

#[test]
fn shutdown_may_begin_before_serving() {
    let server = bind();
    server.shutdown_handle().shutdown(Duration::from_secs(20));
    let address = server.local_addr().unwrap();
    let summary = start(server).join();
    assert_eq!(summary, Default::default());
    assert!(TcpStream::connect(address).is_err());
}

/// Small and large, with another request behind it and without one.
#[test]
fn answer_on_its_way_arrives() {
    const BODY: usize = 16 << 20;
    for follows in [false, true] {
        let server = start_with(bind(), |_| Response::new(200).with_body(vec![b'x'; BODY]));
        let mut client = server.connect();
        client.send(GET);
        thread::sleep(millis(200));
        server.shutdown.shutdown(4 * SOON);
        thread::sleep(millis(100));
        if follows {
            client.send(GET);
        }
        let answer = client.read_to_end();
        assert!(answer.len() > BODY, "{}", answer.len());
        drop(client);
        let summary = server.join();
        // The connection may be idle when it closes.
        assert_eq!((summary.idle + summary.finished, summary.cut_off), (1, 0));
    }
}

/// They wait for their turn, to be read, or to be accepted.
#[test]
fn requests_before_a_shutdown_are_answered() {
    let gate = Gate::new();
    let server = start_with(bind(), {
        let gate = gate.clone();
        move |request| {
            if request.path() == b"/gate" {
                gate.pass();
            }
            say(request)
        }
    });
    let mut pipelined = server.connect();
    pipelined.send(&[&b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"[..], GET, GET].concat());
    let mut others: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for client in &mut others {
        client.send(GET);
    }
    server.shutdown.shutdown(Duration::from_secs(20));
    // The acceptor is to notice it first, on a slow machine, too.
    thread::sleep(millis(1000));
    gate.open();
    for client in &mut others {
        let answer = client.read_to_end();
        assert!(answer.ends_with("GET / "), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    }
    let answers = pipelined.read_to_end();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    assert_eq!(answers.matches("Connection: close").count(), 1, "{answers}");
    drop((pipelined, others));
    let summary = server.join();
    assert_eq!((summary.connections, summary.cut_off), (201, 0));
    // A connection that was answered meanwhile may be idle.
    assert_eq!(summary.idle + summary.finished, 201);
}

/// Even if they end at once, and a busy thread notices the shutdown late.
#[test]
fn connections_that_finish_are_counted() {
    let gate = Gate::new();
    let server = start_with(bind(), {
        let gate = gate.clone();
        move |request| {
            gate.pass();
            say(request)
        }
    });
    let mut clients: Vec<_> = (0..40).map(|_| server.connect()).collect();
    thread::sleep(millis(50));
    for client in &mut clients {
        client.send(GET);
        // After its answer, the server has nothing to wait for.
        client.half_close();
    }
    server.shutdown.shutdown(4 * SOON);
    thread::sleep(millis(200));
    gate.open();
    for client in &mut clients {
        assert!(client.read_to_end().ends_with("GET / "));
    }
    drop(clients);
    let summary = server.join();
    assert_eq!((summary.connections, summary.idle), (40, 0));
    assert_eq!((summary.finished, summary.cut_off), (40, 0));
}

/// Even if the grace is over before any connection has noticed.
#[test]
fn connections_are_counted_once() {
    let server = start(bind());
    let mut silent: Vec<_> = (0..10).map(|_| server.connect()).collect();
    for client in &mut silent {
        assert_eq!(client.ask(GET).0, 200);
    }
    let summary = server.stop_within(millis(0));
    assert_eq!(summary.connections, 10);
    assert_eq!(summary.idle + summary.finished + summary.cut_off, 10, "{summary}");
    drop(silent);
}
