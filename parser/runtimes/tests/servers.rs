//! Both examples as servers, over sockets.

#[path = "../examples/parser_mio/main.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod mio_example;
#[path = "../examples/parser_tokio.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod tokio_example;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use h1events_runtimes::Patience;

type Serve = fn(TcpListener, Patience) -> std::io::Result<()>;

/// The servers, one after another. Each runs until the end of the tests.
const SERVERS: [(&str, Serve); 2] = [("mio", mio_example::serve), ("tokio", tokio_example::serve)];

/// Starts each server, and runs a test with it.
fn with_each(patience: Patience, talk: impl Fn(&mut dyn FnMut() -> Client)) {
    for (name, serve) in SERVERS {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        thread::spawn(move || serve(listener, patience));
        println!("{name}"); // shown if the test fails
        talk(&mut || {
            let stream = TcpStream::connect(address).expect("it listens");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
            Client(stream)
        });
    }
}

struct Client(TcpStream);

impl Client {
    fn send(&mut self, octets: &[u8]) {
        self.0.write_all(octets).expect("the server reads");
    }

    /// Reads up to the text, and no octet after it.
    fn read_until(&mut self, text: &str) -> String {
        let mut octets = vec![];
        while !octets.ends_with(text.as_bytes()) {
            let mut octet = [0];
            self.0.read_exact(&mut octet).expect("the server goes on");
            octets.push(octet[0]);
        }
        String::from_utf8(octets).expect("text")
    }

    /// Reads until the server closes, without a reset.
    fn read_to_end(mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).expect("the server closes");
        text
    }
}

const GET: &[u8] = b"GET /tea HTTP/1.1\r\nHost: a\r\n\r\n";

/// Long enough for a busy machine, except that a client that doesn't close is closed soon.
const PATIENT: Patience = Patience {
    idle: Duration::from_secs(60),
    request: Duration::from_secs(60),
    write: Duration::from_secs(60),
    linger: Duration::from_millis(200),
};

#[test]
fn pipelined_requests_are_answered_in_order() {
    with_each(PATIENT, |connect| {
        let mut client = connect();
        client.send(&[GET, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", GET].concat());
        client.read_until("GET /tea, with 0 octets of content\n");
        assert!(client.read_until("\r\n\r\n").contains("Content-Length: 33\r\n"));
        // The HEAD has no content.
        assert!(client.read_until("\r\n").starts_with("HTTP/1.1 200"));
        client.read_until("GET /tea, with 0 octets of content\n");
        client.0.shutdown(Shutdown::Write).expect("it is open");
        assert_eq!(client.read_to_end(), "");
    });
}

#[test]
fn single_octets_make_a_request() {
    with_each(PATIENT, |connect| {
        let mut client = connect();
        client.0.set_nodelay(true).expect("it is open");
        let body = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n0\r\n\r\n";
        for octet in [body, GET].concat() {
            client.send(&[octet]);
        }
        client.read_until("POST /, with 3 octets of content\n");
        client.read_until("GET /tea, with 0 octets of content\n");
    });
}

/// More than a buffer, and more than the system keeps for a socket.
#[test]
fn large_pipeline_is_answered_although_answers_are_read_late() {
    const COUNT: usize = 100_000;
    with_each(PATIENT, |connect| {
        let mut client = connect();
        let mut sending = client.0.try_clone().expect("a second handle");
        let sender = thread::spawn(move || {
            sending.write_all(&GET.repeat(COUNT)).expect("the server reads on");
            sending.shutdown(Shutdown::Write).expect("it is open");
        });
        thread::sleep(Duration::from_millis(300));
        client.read_until("HTTP/1.1 200 \r\n");
        assert_eq!(client.read_to_end().matches("GET /tea, with").count(), COUNT);
        sender.join().expect("all was sent");
    });
}

#[test]
fn waiting_client_gets_its_100_before_the_body() {
    with_each(PATIENT, |connect| {
        let mut client = connect();
        client.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        );
        assert_eq!(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
        client.send(b"tea");
        assert!(client.read_until("\r\n").starts_with("HTTP/1.1 200"));
        client.read_until("PUT /, with 3 octets of content\n");

        // The server doesn't ask a client that sends the body unasked.
        let mut client = connect();
        client.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\ntea",
        );
        assert!(client.read_until("\r\n").starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn nothing_is_parsed_after_the_last_request() {
    with_each(PATIENT, |connect| {
        for (request, status) in [
            (&b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..], 200),
            (b"GET / HTTP/1.0\r\n\r\n", 200),
            (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
            (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
            (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ] {
            let mut client = connect();
            client.send(&[GET, request, GET].concat());
            let answers = client.read_to_end();
            let answers: Vec<_> = answers.split("HTTP/1.1 ").skip(1).collect();
            assert_eq!(answers.len(), 2, "{answers:?}");
            assert!(answers[1].starts_with(&status.to_string()), "{answers:?}");
            assert!(answers[1].contains("\r\nConnection: close\r\n"), "{answers:?}");
        }
    });
}

#[test]
fn http_1_0_connection_is_kept_if_its_client_asks() {
    with_each(PATIENT, |connect| {
        let mut client = connect();
        let request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        client.send(request);
        assert!(client.read_until("\r\n\r\n").contains("\r\nConnection: keep-alive\r\n"));
        client.send(request);
        client.read_until("\r\n\r\n");
    });
}

#[test]
fn input_that_ends_within_a_request_is_answered() {
    with_each(PATIENT, |connect| {
        let mut client = connect();
        client.send(b"GET / HT");
        client.0.shutdown(Shutdown::Write).expect("it is open");
        assert!(client.read_to_end().starts_with("HTTP/1.1 400"));
    });
}

#[test]
fn client_that_sends_on_after_a_refusal_sees_it() {
    with_each(Patience { linger: Duration::from_secs(5), ..PATIENT }, |connect| {
        let mut client = connect();
        client.send(b"GET  / HTTP/1.1\r\n");
        client.send(&vec![b'a'; 512 * 1024]);
        client.0.shutdown(Shutdown::Write).expect("it is open");
        assert!(client.read_to_end().starts_with("HTTP/1.1 400"));
    });
}

#[test]
fn silent_connection_is_closed_without_an_answer() {
    with_each(Patience { idle: Duration::from_secs(1), ..PATIENT }, |connect| {
        let silent = connect();
        let mut client = connect();
        client.send(GET);
        client.read_until("GET /tea, with 0 octets of content\n");
        assert_eq!(client.read_to_end(), "");
        assert_eq!(silent.read_to_end(), "");
    });
}

#[test]
fn slow_request_gets_a_408() {
    with_each(Patience { request: Duration::from_millis(200), ..PATIENT }, |connect| {
        let half_a_body = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntea";
        for begin in [&b"GET /tea HT"[..], half_a_body] {
            let mut client = connect();
            client.send(begin);
            assert!(client.read_to_end().starts_with("HTTP/1.1 408"));
        }
    });
}

#[test]
fn dripping_request_gets_no_more_time() {
    let patience = Patience { request: Duration::from_millis(300), ..PATIENT };
    with_each(patience, |connect| {
        let client = connect();
        let mut drip = client.0.try_clone().expect("a second handle");
        // The server has closed long before the last of them.
        let dripping = thread::spawn(move || {
            for _ in 0..1000 {
                if drip.write_all(b"G").is_err() {
                    return true;
                }
                thread::sleep(Duration::from_millis(20));
            }
            false
        });
        let mut answer = [0; 12];
        (&client.0).read_exact(&mut answer).expect("it is answered");
        assert_eq!(&answer, b"HTTP/1.1 408");
        drop(client);
        assert!(dripping.join().expect("no panic"));
    });
}

#[test]
fn client_that_reads_nothing_is_dropped_and_the_others_go_on() {
    let patience = Patience { write: Duration::from_millis(300), ..PATIENT };
    with_each(patience, |connect| {
        let mut deaf = connect();
        let requests = GET.repeat(1000);
        deaf.0.set_write_timeout(Some(Duration::from_secs(20))).expect("not zero");
        let mut client = connect();
        // In the end the server reads no more, and then it closes.
        while deaf.0.write_all(&requests).is_ok() {
            client.send(GET);
            client.read_until("GET /tea, with 0 octets of content\n");
        }
        client.send(GET);
        client.read_until("GET /tea, with 0 octets of content\n");
    });
}
