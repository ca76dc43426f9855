//! Refused requests are answered, then the connection closes, and the client sees the answer and no reset.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::support::{GET, SOON, bind, configured, millis, start};

#[test]
fn malformed_requests_get_their_status() {
    let server = start(bind());
    for (request, status) in [
        (&b"this is not a http request.\r\n\r\n"[..], "400"),
        (b"GET / HTTP/1.1\r\n\r\n", "400"),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"),
    ] {
        let answer = server.exchange(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    server.stop();
}

#[test]
fn good_request_before_a_bad_one_is_answered() {
    let server = start(bind());
    let answers = server.exchange(&[GET, b"nonsense\r\n"].concat());
    assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(answers.contains("HTTP/1.1 400 Bad Request\r\n"));
    server.stop();
}

#[test]
fn client_that_sends_on_reads_its_answer() {
    let server = start(bind());
    let field =
        [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", &vec![b'x'; 300_000][..], b"\r\n\r\n"].concat();
    let target = [b"GET /", &vec![b'x'; 100_000][..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let body = [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n",
        &vec![b'x'; 4_000_000][..],
    ]
    .concat();
    for (request, status) in [(field, "431"), (target, "414"), (body, "413")] {
        for _ in 0..5 {
            // Another thread writes, for the client that reads only after it has written.
            let mut stream = TcpStream::connect(server.address).unwrap();
            let mut writer = stream.try_clone().unwrap();
            let bytes = request.clone();
            let writing = thread::spawn(move || writer.write_all(&bytes));
            writing.join().unwrap().expect("all can be written");
            let mut answer = String::new();
            stream.set_read_timeout(Some(SOON)).unwrap();
            stream.read_to_string(&mut answer).expect("no reset");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        }
    }
    server.stop();
}

#[test]
fn close_lingers_no_longer_than_allowed() {
    let server = configured(|config| {
        config.linger.silence = millis(100);
        config.linger.total = millis(300);
    });
    let mut client = server.connect();
    client.send(b"nonsense\r\n");
    assert_eq!(client.answer().0, 400);
    // The client continues to send a byte from time to time after the last answer.
    let start = std::time::Instant::now();
    while client.try_send(b"x").is_ok() {
        thread::sleep(millis(20));
        assert!(start.elapsed() < SOON);
    }
    assert!(start.elapsed() > millis(150), "{:?}", start.elapsed());
    server.stop();
}

#[test]
fn input_that_ends_within_a_head_is_answered() {
    let server = start(bind());
    let mut client = server.connect();
    client.send(b"GET / HTTP/1.1\r\nHos");
    client.half_close();
    assert!(client.read_to_end().starts_with("HTTP/1.1 400 "));
    server.stop();
}
