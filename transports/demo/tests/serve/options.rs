//! Options, timeouts, and errors of addresses.

#[cfg(target_os = "linux")]
use std::{
    fs,
    process::{Command, Stdio},
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

#[cfg(unix)]
use rustix::process::Signal;

use super::{Client, Server, check_trouble, h1events, on_both, run};

#[cfg(unix)]
#[test]
fn start_says_where_it_listens_and_what_to_try() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let address = server.address;
        let log = server.stop(Signal::TERM);
        let lines: Vec<_> = log.lines().collect();
        let first = format!("listening on http://{address} (transport {transport}, app hello)");
        assert!(lines[0].contains(&first), "{log}");
        assert_eq!(lines[2], format!("  curl http://{address}/"));
        assert_eq!(lines[3], format!("  curl http://{address}/greeting/Taro"));
        assert_eq!(lines[4], format!("  curl http://{address}/greeting/%E5%A4%AA%E9%83%8E"));
        assert_eq!(lines.len(), 6, "{log}");
    });
}

#[test]
fn addresses_that_cannot_be_listened_on_are_trouble() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let used = server.address.to_string();
        for address in [used.as_str(), "127.0.0.1", "127.0.0.1:99999", "192.0.2.1:0", "\n:1"] {
            let arguments = ["serve", "--transport", transport, "--listen", address];
            let start = format!("h1events: cannot listen on {}: ", address.escape_debug());
            check_trouble(&run(h1events(&arguments), b""), &start);
        }
    });
}

#[test]
fn what_is_no_address_is_told_what_one_is() {
    for address in ["8080", "127.0.0.1", "127.0.0.1:99999", "::1:80", "http://127.0.0.1:0/"] {
        let run = run(h1events(&["serve", "--listen", address]), b"");
        check_trouble(
            &run,
            &format!(
                "h1events: cannot listen on {address}: expected HOST:PORT, such as 127.0.0.1:8080"
            ),
        );
    }
}

#[test]
fn each_address_is_listened_on() {
    on_both(|transport| {
        let options = ["--listen", "localhost:0", "--listen", ":0"];
        let server = Server::start(transport, &options);
        // The first address belongs to the test, and names may have several.
        let line = &server.first_line;
        assert!(line.matches(" and http://").count() >= 2, "{line}");
        for url in line.split("http://").skip(1) {
            let address: SocketAddr = url.split(' ').next().unwrap().parse().unwrap();
            let mut clients = match address.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
                IpAddr::V6(ip) if ip.is_unspecified() => vec![Ipv6Addr::LOCALHOST.into()],
                ip => vec![ip],
            };
            if line.contains("//[::]")
                && !line.contains("//0.0.0.0")
                && address.ip().is_unspecified()
            {
                clients.push(Ipv4Addr::LOCALHOST.into());
            }
            for ip in clients {
                let mut client = Client::connect((ip, address.port()).into());
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                client.answer().check(200, "Hello, World\n");
            }
        }
    });
}

#[test]
fn body_may_have_as_many_bytes_as_are_allowed() {
    on_both(|transport| {
        for (limit, length, status) in [
            ("5", 5, 200),
            ("5", 6, 413),
            ("0", 1, 413),
            ("3000000", 3_000_000, 200),
            ("400000000", 1_100_000, 200),
        ] {
            let server = Server::start(transport, &["--app", "echo", "--max-body", limit]);
            let mut client = server.connect();
            client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
            client.try_send(&vec![b'x'; length]);
            let answer = client.answer();
            assert_eq!(answer.status, status, "{limit}");
            assert!(status != 200 || answer.body.len() == length);
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_are_not_the_limit_of_connections() {
    on_both(|transport| {
        let arguments = ["serve", "--transport", transport, "--listen", "127.0.0.1:0"];
        let mut command = h1events(&[]);
        command = {
            let mut shell = Command::new("sh");
            shell.args(["-c", "ulimit -S -n 64 && exec \"$0\" \"$@\""]).arg(command.get_program());
            shell.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
            shell
        };
        let server = Server::spawn(command);
        let limits = fs::read_to_string(format!("/proc/{}/limits", server.child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let numbers: Vec<_> = line["Max open files".len()..].split_whitespace().collect();
        assert_eq!(numbers[0], numbers[1], "{line}");
    });
}

#[test]
fn wrong_options_are_trouble() {
    for (option, value) in [
        ("--head-timeout", "0"),
        ("--head-timeout", "nan"),
        ("--idle-timeout", "-1"),
        ("--idle-timeout", "1s"),
        ("--max-connections", "0"),
        ("--max-body", "-1"),
        ("--max-body", "1M"),
        ("--transport", "tokio"),
        ("--app", "world"),
    ] {
        let run = run(h1events(&["serve", &format!("{option}={value}")]), b"");
        check_trouble(&run, &format!("h1events: invalid value '{value}' for '{option} <"));
    }
}

#[test]
fn slow_head_is_timed_out_with_a_408() {
    on_both(|transport| {
        let server = Server::start(transport, &["--head-timeout", "0.3"]);
        let start = Instant::now();
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\n");
        // Trickled bytes don't help.
        std::thread::sleep(Duration::from_millis(200));
        client.try_send(b"Host: a\r\n");
        assert_eq!(client.answer().status, 408);
        assert_eq!(client.rest(), b"");
        let took = start.elapsed().as_millis();
        assert!((300..8000).contains(&took), "{took} ms");
    });
}

#[test]
fn silent_connection_is_closed_without_a_word() {
    on_both(|transport| {
        let server = Server::start(transport, &["--idle-timeout", "1"]);
        for request in ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let start = Instant::now();
            let mut client = server.connect();
            if !request.is_empty() {
                client.send(request);
                client.answer().check(200, "Hello, World\n");
            }
            assert_eq!(client.rest(), b"");
            let took = start.elapsed().as_millis();
            assert!((1000..8000).contains(&took), "{took} ms");
        }
    });
}
