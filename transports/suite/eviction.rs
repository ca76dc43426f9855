//! Room at the cap: a silent or slow connection ends for a newcomer, and no request is lost.

use std::io::{self, Read};
use std::iter;
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{
    Client, Config, GET, Gate, Response, SOON, bind, millis, raise_descriptor_limit, say, start,
    start_with, timed,
};

/// A newcomer waits for a second at most, and this machine may be busy.
const BOUND: Duration = Duration::from_millis(2_500);

#[test]
fn silent_connections_beyond_the_cap_hold_nobody_up() {
    // Both ends of all connections are in this process.
    let limit = raise_descriptor_limit();
    let cap = 1_000.min(limit / 4);
    let server = start(bind().max_connections(cap));
    let silent: Vec<_> = (0..cap * 3 / 2)
        .map(|_| TcpStream::connect(server.address).expect("the backlog is long enough"))
        .collect();
    let mut times: Vec<_> = (0..11)
        .map(|_| {
            let (answer, time) = timed(|| server.connect().ask(GET));
            assert_eq!(answer.0, 200);
            time
        })
        .collect();
    times.sort();
    // The median, since the machine may be busy during some of them.
    assert!(times[5] < millis(250), "{times:?}");
    drop(silent);
    let (summary, time) = timed(|| server.stop());
    assert_eq!(summary.connections, cap as u64 * 3 / 2 + 11);
    assert!(time < SOON, "{time:?}");
}

#[test]
fn longest_idle_connection_ends_first() {
    let server = start(bind().max_connections(3));
    let mut first = server.connect();
    let mut second = server.connect();
    let mut third = server.connect();
    for client in [&mut first, &mut second, &mut third] {
        assert_eq!(client.ask(GET).0, 200);
        thread::sleep(millis(100));
    }
    // Now the second one has been idle for longest.
    assert_eq!(first.ask(GET).0, 200);
    let (answer, time) = timed(|| server.connect().ask(GET));
    assert_eq!(answer.0, 200);
    assert!(time < SOON, "{time:?}");
    assert!(second.is_closed_within(SOON));
    assert!(!first.is_closed_within(millis(50)));
    assert!(!third.is_closed_within(millis(50)));
    server.stop();
}

#[test]
fn half_a_head_that_goes_on_keeps_its_place() {
    let server = start(bind().max_connections(1));
    let mut begun = server.connect();
    begun.send(b"GET / HT");
    let mut newcomer = server.connect();
    newcomer.send(GET);
    thread::sleep(millis(300));
    assert!(!newcomer.has_input());
    begun.send(b"TP/1.1\r\nHost: a\r\n\r\n");
    let answer = begun.read_to_end();
    assert!(answer.contains("\r\nConnection: close\r\n") && answer.ends_with("GET / "), "{answer}");
    drop(begun);
    assert_eq!(newcomer.answer().0, 200);
    drop(newcomer);
    server.stop();
}

#[test]
fn busy_connection_never_ends_for_another() {
    let server = start(bind().max_connections(1));
    let mut busy = server.connect();
    busy.send(b"GET /sleep/2500 HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(millis(100));
    let mut newcomer = server.connect();
    newcomer.send(GET);
    let answer = busy.read_to_end();
    assert!(answer.ends_with("GET /sleep/2500 "), "{answer}");
    drop(busy);
    assert_eq!(newcomer.answer().0, 200);
    drop(newcomer);
    server.stop();
}

#[test]
fn lingering_connection_makes_room() {
    let mut config = Config::new();
    config.linger.silence = 2 * SOON;
    config.linger.total = 2 * SOON;
    let server = start(bind().config(config).max_connections(1));
    let mut lingering = server.connect();
    lingering.send(b"nonsense\r\n");
    assert!(lingering.read_to_end().starts_with("HTTP/1.1 400 "));
    let (answer, time) = timed(|| server.connect().ask(GET));
    assert_eq!(answer.0, 200);
    // Much sooner than the end of lingering.
    assert!(time < SOON, "{time:?}");
    drop(lingering);
    server.stop();
}

/// Even if it sends as much and as fast as it can.
#[test]
fn lingering_connection_that_sends_on_makes_room() {
    for (bytes, pause) in [(1, 1), (64 * 1024, 0)] {
        let mut config = Config::new();
        config.linger.silence = 2 * SOON;
        config.linger.total = 2 * SOON;
        let server = start(bind().config(config).max_connections(1));
        let mut lingering = server.connect();
        lingering.send(b"nonsense\r\n");
        assert_eq!(lingering.answer().0, 400);
        let sending = thread::spawn(move || {
            while lingering.try_send(&vec![b'x'; bytes]).is_ok() {
                thread::sleep(millis(pause));
            }
        });
        thread::sleep(millis(100));
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < BOUND, "{time:?}");
        sending.join().unwrap();
        server.stop();
    }
}

#[test]
fn connection_that_is_never_idle_makes_room() {
    let server = start(bind().max_connections(2));
    let address = server.address;
    let talking: Vec<_> = (0..2)
        .map(|_| {
            thread::spawn(move || {
                let mut client = Client::new(TcpStream::connect(address).unwrap());
                // Until an answer is the last one, or the server is stopped.
                let mut answers = 0;
                loop {
                    let answer = client.try_send(GET).and_then(|()| client.try_answer());
                    let Ok(answer) = answer else { break };
                    answers += 1;
                    if answer.is_last {
                        break;
                    }
                }
                answers
            })
        })
        .collect();
    thread::sleep(millis(200));
    let (answer, time) = timed(|| server.connect().ask(GET));
    assert_eq!(answer.0, 200);
    assert!(time < SOON, "{time:?}");
    server.stop();
    for talking in talking {
        assert!(talking.join().unwrap() > 0);
    }
}

/// The last answer belongs to the last request that has come.
#[test]
fn pipelined_requests_are_answered_before_they_make_room() {
    let gate = Gate::new();
    let server = start_with(bind().max_connections(1), {
        let gate = gate.clone();
        move |request| {
            gate.pass();
            say(request)
        }
    });
    let mut pipelined = server.connect();
    pipelined.send(&GET.repeat(4));
    let mut other = server.connect();
    other.send(GET);
    // By now, the server needs room.
    thread::sleep(millis(200));
    gate.open();
    assert_eq!(other.answer().0, 200);
    let answers = pipelined.read_to_end();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 4, "{answers}");
    drop((pipelined, other));
    server.stop();
}

/// It always has another request under way.
#[test]
fn connection_that_never_stops_asking_makes_room() {
    let server = start(bind().max_connections(2));
    let pipelining: Vec<_> = (0..2)
        .map(|_| {
            let mut client = server.connect();
            assert_eq!(client.ask(GET).0, 200);
            let (stream, mut reads) = (client.stream(), client.stream());
            let reading = thread::spawn(move || io::copy(&mut reads, &mut io::sink()));
            // Each write ends within a request.
            let (start, end) = GET.split_at(10);
            client.send(start);
            let requests = [end, start].concat().repeat(100);
            let asking = thread::spawn(move || while client.try_send(&requests).is_ok() {});
            (stream, reading, asking)
        })
        .collect();
    thread::sleep(millis(50));
    for _ in 0..2 {
        let (answer, time) = timed(|| server.connect().ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < BOUND, "{time:?}");
    }
    server.stop_within(millis(0));
    for (stream, reading, asking) in pipelining {
        // The last bytes may wait for a window that never opens.
        let _ = stream.shutdown(Shutdown::Both);
        asking.join().unwrap();
        // A reset may come, too.
        let _ = reading.join().unwrap();
    }
}

/// Each write waits, and none for long. The answer may end with the connection, or not.
#[test]
fn connection_that_takes_its_answer_steadily_makes_room() {
    static PART: [u8; 64 * 1024] = [b'x'; 64 * 1024];

    for version in ["1.1", "1.0"] {
        let server = start_with(bind().max_connections(1), |request| match request.path() {
            b"/endless" => Response::new(200).with_parts(iter::repeat_with(|| Ok(&PART))),
            _ => say(request),
        });
        let mut steady = server.connect();
        steady.send(format!("GET /endless HTTP/{version}\r\nHost: a\r\n\r\n").as_bytes());
        let (stream, gate) = (steady.stream(), Gate::new());
        let reading = thread::spawn({
            let gate = gate.clone();
            move || take_steadily(stream, &gate)
        });
        // By then, the system's buffers are full.
        thread::sleep(millis(1_000));
        let mut newcomer = server.connect();
        let (answer, time) = timed(|| newcomer.ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < BOUND, "{time:?}");
        thread::sleep(BOUND);
        gate.open();
        assert!(reading.join().unwrap(), "HTTP/{version}: it goes on");
        drop((steady, newcomer));
        server.stop();
    }
}

/// Reads 800 kB a second until the gate opens, and then as fast as it can for a while. Returns whether the
/// connection has ended.
fn take_steadily(mut stream: TcpStream, gate: &Gate) -> bool {
    let mut since = Instant::now();
    while since.elapsed() < SOON {
        match stream.read(&mut [0; 16 * 1024]) {
            Ok(0) | Err(_) => return true,
            Ok(_) => {}
        }
        if !gate.is_open() {
            thread::sleep(millis(20));
            since = Instant::now();
        }
    }
    false
}

#[test]
fn cap_of_one_serves_all_in_turn() {
    let server = start(bind().max_connections(1));
    let clients: Vec<_> = (0..50)
        .map(|_| {
            let mut client = server.connect();
            client.send(b"GET /sleep/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            client
        })
        .collect();
    for mut client in clients {
        assert!(client.read_to_end().ends_with("GET /sleep/5 "));
    }
    assert_eq!(server.stop().connections, 50);
}
