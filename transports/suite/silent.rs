//! A silent connection holds nobody up: at the cap, the longest-silent one makes room.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::thread;

use crate::support::{
    Client, Config, GET, Gate, SOON, bind, configured, millis, say, start, start_with, timed,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Both ends of all connections are in this process.
fn raise_descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // Refused at worst.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[test]
fn more_silent_connections_than_the_cap() {
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
    // The median: the machine may be busy with other things for some of them.
    assert!(times[5] < millis(250), "{times:?}");
    drop(silent);
    let (summary, time) = timed(|| server.stop());
    assert_eq!(summary.connections, cap as u64 * 3 / 2 + 11);
    assert!(time < SOON, "{time:?}");
}

#[test]
fn the_longest_silent_is_closed_first() {
    let server = start(bind().max_connections(3));
    let mut first = server.connect();
    let mut second = server.connect();
    let mut third = server.connect();
    for client in [&mut first, &mut second, &mut third] {
        assert_eq!(client.ask(GET).0, 200);
        thread::sleep(millis(20));
    }
    // Now the second one has been silent for longest.
    assert_eq!(first.ask(GET).0, 200);
    thread::sleep(millis(20));
    assert_eq!(server.connect().ask(GET).0, 200);
    assert!(second.is_closed_within(SOON));
    assert!(!first.is_closed_within(millis(50)));
    assert!(!third.is_closed_within(millis(50)));
    server.stop();
}

#[test]
fn who_has_begun_is_not_silent() {
    let server = start(bind().max_connections(2));
    let mut begun = server.connect();
    begun.send(b"GET / HT");
    let mut waiting = server.connect();
    waiting.send(b"GET /sleep/500 HTTP/1.1\r\nHost: a\r\n\r\n");
    // It has to wait until one of them ends or becomes silent.
    let mut third = server.connect();
    let (answer, time) = timed(|| third.ask(GET));
    assert_eq!(answer.0, 200);
    assert!(time < SOON, "{time:?}");
    assert!(waiting.has_input(), "its answer came first");
    assert_eq!(waiting.answer().0, 200);
    begun.send(b"TP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(begun.answer().0, 200);
    drop((begun, waiting, third));
    server.stop();
}

#[test]
fn who_lingers_makes_room_if_nobody_is_silent() {
    let server = configured(|config| config.linger.silence = millis(5_000));
    let mut clients: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(b"nonsense\r\n");
        assert_eq!(client.answer().0, 400);
    }
    drop(clients);
    server.stop();

    let mut config = Config::new();
    config.linger.silence = 2 * SOON;
    config.linger.total = 2 * SOON;
    let server = start(bind().config(config).max_connections(1));
    let mut lingering = server.connect();
    lingering.send(b"nonsense\r\n");
    assert!(lingering.read_to_end().starts_with("HTTP/1.1 400 "));
    let (answer, time) = timed(|| server.connect().ask(GET));
    assert_eq!(answer.0, 200);
    // Much sooner than the lingering would end.
    assert!(time < SOON, "{time:?}");
    drop(lingering);
    server.stop();
}

/// Whatever it goes on sending.
#[test]
fn who_lingers_and_sends_makes_room_too() {
    let mut config = Config::new();
    config.linger.silence = 2 * SOON;
    config.linger.total = 2 * SOON;
    let server = start(bind().config(config).max_connections(1));
    let mut lingering = server.connect();
    lingering.send(b"nonsense\r\n");
    assert_eq!(lingering.answer().0, 400);
    let sending = thread::spawn(move || {
        while lingering.try_send(b"x").is_ok() {
            thread::sleep(millis(1));
        }
    });
    thread::sleep(millis(100));
    let (answer, time) = timed(|| server.connect().ask(GET));
    assert_eq!(answer.0, 200);
    assert!(time < SOON, "{time:?}");
    sending.join().unwrap();
    server.stop();
}

#[test]
fn who_never_rests_makes_room_too() {
    let server = start(bind().max_connections(2));
    let address = server.address;
    let talking: Vec<_> = (0..2)
        .map(|_| {
            thread::spawn(move || {
                let mut client = Client::new(TcpStream::connect(address).unwrap());
                // Until an answer says that it is the last one, or the server is stopped.
                let mut answers = 0;
                while client.try_send(GET).is_ok() && client.is_answered() {
                    answers += 1;
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

/// Who has to end with an answer is answered to all that it has asked before.
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
    // Room is wanted by now.
    thread::sleep(millis(200));
    gate.open();
    assert_eq!(other.answer().0, 200);
    let answers = pipelined.read_to_end();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 4, "{answers}");
    drop((pipelined, other));
    server.stop();
}

/// Who always has another request under way.
#[test]
fn who_never_stops_asking_makes_room_too() {
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
        assert!(time < SOON, "{time:?}");
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

#[test]
fn a_cap_of_one_serves_all_in_turn() {
    let server = start(bind().max_connections(1));
    let mut clients: Vec<_> = (0..50)
        .map(|_| {
            let mut client = server.connect();
            client.send(b"GET /sleep/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            client
        })
        .collect();
    for client in &mut clients {
        assert!(client.read_to_end().ends_with("GET /sleep/5 "));
    }
    drop(clients);
    assert_eq!(server.stop().connections, 50);
}
