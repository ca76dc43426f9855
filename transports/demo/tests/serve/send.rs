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

/// Returns its line on stderr, besides errors.
fn waits(input: &str, address: &str) -> String {
    format!("h1events: sending {input} to {address}; waiting until the server closes\n")
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn answer_is_printed() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let address = server.address.to_string();
        let file = format!("{}/{transport}.http", env!("CARGO_TARGET_TMPDIR"));
        fs::write(&file, REQUEST).unwrap();
        let url = format!("http://{address}");
        let urls = [format!("{url}/"), address.replace("127.0.0.1", "localhost")];
        for (arguments, input, name) in [
            (&["send", &address][..], REQUEST, "<stdin>"),
            (&["send", &address, "-"], REQUEST, "<stdin>"),
            (&["send", &address, &file], b"", &file),
            (&["send", &url, &file], b"", &file),
            (&["send", &urls[0], &file], b"", &file),
            (&["send", &urls[1], &file], b"", &file),
        ] {
            let run = run(h1events(arguments), input);
            assert!(run.stdout.starts_with("HTTP/1.1 200 OK\r\n"), "{run:?}");
            assert!(run.stdout.ends_with("\r\n\r\nHello, World\n"), "{run:?}");
            assert_eq!((run.stderr, run.status), (waits(name, arguments[1]), Some(0)));
        }
    });
}

#[test]
fn silent_client_waits_until_the_server_closes() {
    on_both(|transport| {
        let server = Server::start(transport, &["--idle-timeout", "0.3"]);
        let start = Instant::now();
        let address = server.address.to_string();
        let run = run(h1events(&["send", &address, "/dev/null"]), b"");
        assert!(start.elapsed() >= Duration::from_millis(300));
        assert_eq!((run.stdout.as_str(), run.status), ("", Some(0)));
        assert_eq!(run.stderr, waits("/dev/null", &address));
    });
}

#[test]
fn timeout_ends_it_when_nothing_comes_any_more() {
    on_both(|transport| {
        let server = Server::start(transport, &["--app", "lab"]);
        let address = server.address.to_string();
        let start = Instant::now();
        // The second answer comes after half of the time, and is printed.
        let input = b"GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n\
            GET /sleep/1000 HTTP/1.1\r\nHost: a\r\n\r\n";
        let run = run(h1events(&["send", "--timeout", "2", &address]), input);
        let took = start.elapsed();
        assert!(run.stdout.ends_with("\r\n\r\nSlept.\n"), "{run:?}");
        assert_eq!(run.status, Some(0));
        let end = "; waiting until the server closes, or nothing has come or gone for 2 s\n";
        assert!(run.stderr.ends_with(end), "{run:?}");
        assert!((3000..20_000).contains(&took.as_millis()), "{took:?}");
    });
}

#[test]
fn timeout_ends_it_though_the_input_is_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut child = h1events(&["send", "--timeout", "0.2", &address]).spawn().unwrap();
    let _stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn wrong_timeout_is_trouble() {
    for value in ["0", "-1", "x"] {
        let run = run(h1events(&["send", &format!("--timeout={value}"), "127.0.0.1:1"]), b"");
        check_trouble(
            &run,
            &format!("h1events: invalid value '{value}' for '--timeout <SECONDS>'"),
        );
    }
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
        while !answer.ends_with(b"Hello, World\n") {
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
        assert_eq!(run.status, Some(0), "{}", run.stderr);
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
        // A close with unread bytes is a reset.
        drop(stream);
        let (stream, _) = listener.accept().unwrap();
        thread::sleep(Duration::from_millis(100));
        drop(stream);
    });
    let input = vec![b'x'; 10_000_000];
    let answered = run(h1events(&["send", &address]), &input);
    assert_eq!((answered.stdout.as_str(), answered.status), ("enough", Some(0)));
    assert_eq!(answered.stderr, waits("<stdin>", &address));

    let reset = run(h1events(&["send", &address]), &input);
    let trouble = format!("{}h1events: {address} sent nothing: ", waits("<stdin>", &address));
    assert!(reset.stderr.starts_with(&trouble), "{}", reset.stderr);
    assert_eq!((reset.stdout.as_str(), reset.status), ("", Some(3)));
    server.join().unwrap();
}

#[test]
fn trouble_takes_one_line() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for address in [free.as_str(), "127.0.0.1", "127.0.0.1:99999", "\x1b:1"] {
        let start = format!("h1events: cannot connect to {}: ", address.escape_debug());
        check_trouble(&run(h1events(&["send", address]), b""), &start);
    }
    for address in ["127.0.0.1", "https://127.0.0.1:1/", "http://127.0.0.1:1/path"] {
        let start = format!("h1events: cannot connect to {address}: expected HOST:PORT, such as ");
        check_trouble(&run(h1events(&["send", address]), b""), &start);
    }
    check_trouble(&run(h1events(&["send", &free, "/missing"]), b""), "h1events: cannot read /miss");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let run_with_folder = run(h1events(&["send", &address, "/"]), b"");
    // Windows can't open a folder; elsewhere only its reads fail.
    let before = if cfg!(windows) { String::new() } else { waits("/", &address) };
    let trouble = format!("{before}h1events: cannot read /: ");
    assert!(run_with_folder.stderr.starts_with(&trouble), "{}", run_with_folder.stderr);
    assert_eq!(run_with_folder.status, Some(3));
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
        let expected = waits("<stdin>", &server.address.to_string());
        assert_eq!((run.stderr, run.status), (expected, Some(0)));
    });
}
