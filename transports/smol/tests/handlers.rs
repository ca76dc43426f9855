//! Handlers that block their thread, or await.

mod support;

use std::io::Read;
use std::num::NonZero;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use smol::Timer;
use smol::future::{block_on, poll_once, yield_now};
use smol::lock::Mutex as Lock;
use smol::stream::StreamExt;
use support::{
    Drops, GET, GONE, Request, RequestBody, Response, Running, SOON, bind, bind_single, millis,
    say, start_async, start_with, stream, timed, wait_until,
};

#[test]
fn number_of_threads_may_be_any() {
    for threads in [0, 1, usize::MAX] {
        let server = start_with(bind().threads(threads).max_connections(2), say);
        let mut client = server.connect();
        assert_eq!(client.ask(GET).0, 200, "{threads}");
        drop(client);
        server.stop();
    }
}

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
    // Connected one after the other, so that each thread has two.
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
    // More at the same time than could finish one after the other.
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

/// A handler that doesn't stream has no other way to notice it.
#[test]
fn handler_is_dropped_when_its_client_has_reset() {
    let server = start_async(bind(), async |request| {
        let _drops = Drops(&GONE);
        if request.path() == b"/long" {
            smol::future::pending::<()>().await;
        }
        say(request)
    });
    let mut client = server.connect();
    client.send(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(millis(100));
    assert_eq!(GONE.load(SeqCst), 0);
    client.reset();
    wait_until("it is dropped", || GONE.load(SeqCst) == 1);
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

/// It may hold what other handlers wait for.
#[test]
fn handler_goes_on_though_its_client_does_not_read() {
    let lock = Lock::new(());
    let server = start_async(bind_single(), async move |request| {
        if request.path() == b"/large" {
            return Response::new(200).with_body(vec![b'x'; 40_000]);
        }
        let _held = lock.lock().await;
        Timer::after(millis(1)).await;
        say(request)
    });
    let mut silent = server.connect();
    // The answers are more than the system takes.
    silent.send(&[b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", GET].concat().repeat(1_000));
    let mut client = server.connect();
    for _ in 0..20 {
        let (answer, time) = timed(|| client.ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
        thread::sleep(millis(100));
    }
    drop((client, silent));
    server.stop();
}

#[test]
fn handler_that_yields_after_each_part_of_its_work_does_not_hold_up_a_neighbour() {
    let server = start_async(bind_single(), async |request| {
        while request.path() == b"/work" {
            thread::sleep(millis(4));
            yield_now().await;
        }
        say(request)
    });
    let mut working = server.connect();
    working.send(b"GET /work HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut neighbour = server.connect();
    let mut times: Vec<_> = (0..9)
        .map(|_| {
            let (answer, time) = timed(|| neighbour.ask(GET));
            assert_eq!(answer.0, 200);
            time
        })
        .collect();
    times.sort();
    assert!(times[4] < millis(200), "{times:?}");
    working.reset();
    drop(neighbour);
    server.stop();
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

/// Another task asks for more of the request, and then makes a part of the answer, both before the
/// connection's turn: one wake stands for both.
#[test]
fn answer_has_its_part_though_more_of_the_request_is_wanted() {
    let (body_sender, bodies) = mpsc::channel();
    let (part_sender, parts) = smol::channel::unbounded();
    let (block_sender, blocked) = mpsc::channel();
    let (done_sender, done) = mpsc::channel();
    let state = Mutex::new((Some(body_sender), Some(parts), block_sender, done));
    let server = bind_single();
    let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
    let app = async move |request: &Request<'_>, body: RequestBody| {
        let mut state = state.lock().unwrap();
        if request.path() == b"/block" {
            state.2.send(()).unwrap();
            state.3.recv().unwrap();
            return Response::new(204);
        }
        state.0.take().unwrap().send(body).unwrap();
        let parts = state.1.take().unwrap().map(Ok::<&str, std::io::Error>);
        Response::new(200).with_streamed_body(stream(parts))
    };
    let serving = thread::spawn(move || server.serve_streaming(app));
    let server = Running { address, shutdown, serving };

    let mut client = server.connect();
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut octet = [0];
    client.stream().read_exact(&mut octet).expect("a head");
    // The only thread is busy with this one.
    let mut other = server.connect();
    other.send(b"GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
    blocked.recv().unwrap();
    let mut body = bodies.recv().unwrap();
    assert!(block_on(poll_once(body.next())).is_none());
    part_sender.try_send("part").unwrap();
    drop(part_sender);
    done_sender.send(()).unwrap();
    assert_eq!(other.answer().0, 204);
    let ((), time) = timed(|| {
        let mut answer = Vec::new();
        while !answer.ends_with(b"4\r\npart\r\n") {
            client.stream().read_exact(&mut octet).expect("the part");
            answer.extend(octet);
        }
    });
    assert!(time < SOON, "{time:?}: it doesn't wait until the client is too slow");
    drop((body, client, other));
    server.stop();
}
