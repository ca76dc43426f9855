//! The application `hello` over TCP.

use super::{Server, on_both};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

#[test]
fn greetings_and_errors_on_one_connection() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut client = server.connect();
        for (target, status, text) in [
            ("/", 200, "Hello, World\n"),
            ("/greeting/Taro", 200, "Hello, Taro!\n"),
            ("/greeting/%E5%A4%AA%E9%83%8E", 200, "Hello, 太郎!\n"),
            ("http://localhost/greeting/Taro?a=b", 200, "Hello, Taro!\n"),
            ("/greeting/%zz", 400, "The name is not percent-encoded UTF-8.\n"),
            ("/greeting/%ff", 400, "The name is not percent-encoded UTF-8.\n"),
            ("/greeting/", 404, "Nothing is here. Try /, /greeting/<name> or /inspect\n"),
            ("/other", 404, "Nothing is here. Try /, /greeting/<name> or /inspect\n"),
        ] {
            client.send(get(target));
            let answer = client.answer();
            answer.check(status, text);
            assert_eq!(answer.field("Content-Type"), Some("text/plain; charset=utf-8"));
            assert!(answer.field("Date").is_some());
            assert_eq!(answer.field("Connection"), None);
        }
    });
}

#[test]
fn methods_are_answered_or_refused_for_known_paths() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut client = server.connect();
        for (method, target, status) in [
            ("OPTIONS", "*", 204),
            ("OPTIONS", "/", 204),
            ("POST", "/", 405),
            ("DELETE", "/greeting/a", 405),
            ("DELETE", "/other", 404),
            ("FOO", "/", 501),
        ] {
            client.send(format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
            let answer = client.answer();
            assert_eq!(answer.status, status, "{}", answer.head);
            let allow = matches!(status, 204 | 405).then_some("GET, HEAD, OPTIONS");
            assert_eq!(answer.field("Allow"), allow);
        }
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = client.answer_to("HEAD").unwrap();
        assert_eq!((answer.status, answer.field("Content-Length")), (200, Some("13")));
        // No body comes before the next answer.
        client.send(get("/"));
        client.answer().check(200, "Hello, World\n");
    });
}

#[test]
fn six_pipelined_in_one_packet_are_answered_in_order() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut client = server.connect();
        client.send((0..6).map(|n| get(&format!("/greeting/{n}"))).collect::<String>());
        for n in 0..6 {
            client.answer().check(200, format!("Hello, {n}!\n"));
        }
    });
}

#[test]
fn request_in_single_bytes_is_answered() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut client = server.connect();
        for byte in get("/greeting/Taro").bytes() {
            client.send([byte]);
        }
        client.answer().check(200, "Hello, Taro!\n");
    });
}

#[test]
fn client_that_half_closes_is_answered() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        let mut client = server.connect();
        client.send(get("/"));
        client.half_close();
        client.answer().check(200, "Hello, World\n");
        assert_eq!(client.rest(), b"");
    });
}

#[test]
fn http_10_and_close_end_the_connection() {
    on_both(|transport| {
        let server = Server::start(transport, &[]);
        for request in
            ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
        {
            let mut client = server.connect();
            client.send(request);
            let answer = client.answer();
            answer.check(200, "Hello, World\n");
            assert_eq!(answer.field("Connection"), Some("close"));
            assert_eq!(client.rest(), b"");
        }
    });
}

#[test]
fn browser_that_opens_connections_ahead_of_need_holds_nobody_up() {
    on_both(|transport| {
        let server = Server::start(transport, &["--max-connections", "20"]);
        let _silent: Vec<_> = (0..50).map(|_| server.connect()).collect();
        let mut client = server.connect();
        client.send(get("/"));
        client.answer().check(200, "Hello, World\n");
    });
}
