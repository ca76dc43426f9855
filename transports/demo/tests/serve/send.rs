//! `h1events send`.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use super::{Server, check_trouble, h1events, on_both, run};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn answer_is_printed() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let address = server.address.to_string();
        let file = format!("{}/{transport}.http", env!("CARGO_TARGET_TMPDIR"));
        fs::write(&file, REQUEST).unwrap();
        for (arguments, input) in [
            (&["send", &address][..], REQUEST),
            (&["send", &address, "-"], REQUEST),
            (&["send", &address, &file], b""),
        ] {
            let run = run(h1events(arguments), input);
            assert!(run.stdout.starts_with("HTTP/1.1 200 OK\r\n"), "{run:?}");
            assert!(run.stdout.ends_with("\r\n\r\nHello, World"), "{run:?}");
            assert_eq!((run.stderr.as_str(), run.status), ("", Some(0)));
        }
    });
}

#[test]
fn silent_client_waits_until_the_server_closes() {
    on_both(|transport| {
        let server = Server::start(transport, &["--idle-timeout", "0.3"]);
        let start = Instant::now();
        let run = run(h1events(&["send", &server.address.to_string(), "/dev/null"]), b"");
        assert!(start.elapsed() >= Duration::from_millis(300));
        assert_eq!((run.stdout.as_str(), run.stderr.as_str(), run.status), ("", "", Some(0)));
    });
}

#[test]
fn end_of_the_input_is_not_told() {
    on_both(|transport| {
        let server = Server::start(transport, &["--head-timeout", "0.3"]);
        let run = run(h1events(&["send", &server.address.to_string()]), b"GET / HT");
        assert!(run.stdout.starts_with("HTTP/1.1 408 "), "{run:?}");
    });
}

#[test]
fn answer_comes_while_the_input_is_open() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut child = h1events(&["send", &server.address.to_string()]).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdin.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"Hello, World") {
            let mut block = [0; 1000];
            let n = stdout.read(&mut block).unwrap();
            assert!(n > 0);
            answer.extend_from_slice(&block[..n]);
        }
        // The server closes, though stdin is still open.
        stdin.write_all(b"?\r\n").unwrap();
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert!(rest.starts_with("HTTP/1.1 400 "), "{rest}");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    });
}

#[test]
fn much_goes_both_ways_at_once() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "echo"]);
        let body = vec![b'x'; 500_000];
        let mut input = Vec::new();
        for _ in 0..20 {
            input.extend_from_slice(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
            input.extend_from_slice(&body);
        }
        input.extend_from_slice(REQUEST);
        let run = run(h1events(&["send", &server.address.to_string()]), &input);
        assert_eq!((run.stderr.as_str(), run.status), ("", Some(0)));
        assert_eq!(run.stdout.matches("HTTP/1.1 200 OK\r\n").count(), 21);
        assert!(run.stdout.len() > 10_000_000);
    });
}

#[test]
fn server_that_closes_early_is_no_trouble_if_it_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"enough").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        thread::sleep(Duration::from_millis(100));
        // With unread bytes: that is a reset.
        drop(stream);
        let (stream, _) = listener.accept().unwrap();
        thread::sleep(Duration::from_millis(100));
        drop(stream);
    });
    let input = vec![b'x'; 10_000_000];
    let answered = run(h1events(&["send", &address]), &input);
    assert_eq!((answered.stdout.as_str(), answered.stderr.as_str()), ("enough", ""));
    assert_eq!(answered.status, Some(0));

    let reset = run(h1events(&["send", &address]), &input);
    check_trouble(&reset, &format!("h1events: {address} sent nothing: "));
    server.join().unwrap();
}

#[test]
fn trouble_takes_one_line() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for address in [free.as_str(), "127.0.0.1", "127.0.0.1:99999", "\x1b:1"] {
        let start = format!("h1events: cannot connect to {}: ", address.escape_debug());
        check_trouble(&run(h1events(&["send", address]), b""), &start);
    }
    check_trouble(&run(h1events(&["send", &free, "/missing"]), b""), "h1events: cannot read /miss");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    check_trouble(&run(h1events(&["send", &address, "/"]), b""), "h1events: cannot read /: ");
    check_trouble(&run(h1events(&["send"]), b""), "h1events: the following required argument");
}

#[test]
fn closed_output_is_no_trouble() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut command = h1events(&["send", &server.address.to_string()]);
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer).stderr(Stdio::piped());
        drop(reader);
        let run = run(command, REQUEST);
        assert_eq!((run.stderr.as_str(), run.status), ("", Some(0)));
    });
}
