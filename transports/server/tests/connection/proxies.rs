//! Options against proxies that misframe or misroute.

use h1events_server::{Config, Diagnostic, Request, Response};

use crate::support::{Client, config, get};

fn strict_host() -> Config {
    let mut config = config();
    config.refuse_host_mismatch = true;
    config
}

fn unpipelined() -> Client {
    let mut config = config();
    config.allow_pipelining = false;
    Client::with(config, |request: &Request<'_>| {
        if request.offers_upgrade() { Response::upgrade("x") } else { Response::text("one") }
    })
}

fn absolute(target: &str, host: &str) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\n")
}

/// RFC 9112 section 3.2.2: the Host value is ignored, unless the configuration says otherwise.
#[test]
fn host_mismatch_is_refused_if_configured() {
    let request = absolute("http://internal/", "public");
    Client::new().send(request.clone() + "x").expect_one(200);
    let mut client = Client::with(strict_host(), |_| unreachable!("it is refused at its head"));
    client.send(request);
    let answer = client.expect_one(400);
    assert_eq!(answer.text(), "400 Bad Request: target and Host field name different hosts\n");
    assert_eq!(client.diagnostics, [Diagnostic::HostMismatch]);
    assert_eq!(
        client.diagnostics[0].to_string(),
        "refused with 400: target and Host field name different hosts"
    );
    client.expect_shutdown().send(get("/smuggled")).expect(&[]);
}

#[test]
fn host_match_ignores_case_and_default_port() {
    for (target, host) in
        [("http://A:80/", "a"), ("http://a/", "A:80"), ("HTTPS://a", "a:443"), ("/", "b")]
    {
        let mut client = Client::with(strict_host(), |_| Response::new(204));
        client.send(absolute(target, host) + "x").expect(&[(204, "")]);
    }
    // An HTTP/1.0 request needs no Host, and that of CONNECT doesn't matter here.
    let mut client = Client::with(strict_host(), |_| Response::new(204));
    client.send("GET http://a/ HTTP/1.0\r\n\r\n").expect(&[(204, "")]);
    let mut client = Client::with(strict_host(), |_| Response::new(404));
    client.send("CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n").expect(&[(404, "")]);
}

/// The body of a chunked OPTIONS, sent after a head with Content-Length 0.
#[test]
fn bytes_after_request_close_without_pipelining() {
    for after in [get("/smuggled"), "5\r\nhello\r\n0\r\n\r\n".to_owned(), "\r\nG".to_owned()] {
        let mut client = unpipelined();
        let request = "OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
        client.send(request.to_owned() + &after);
        client.expect(&[(200, "one")]).expect_shutdown();
        assert_eq!(client.diagnostics, [Diagnostic::Pipelined]);
        client.send(get("/late")).expect(&[]);
    }
}

#[test]
fn requests_in_turn_need_no_pipelining() {
    let mut client = unpipelined();
    for after in ["", "\r\n", "\r", "\n"] {
        client.send(if after == "\n" { "\n".to_owned() + &get("/") } else { get("/") + after });
        client.expect(&[(200, "one")]);
    }
    assert!(client.diagnostics.is_empty() && !client.has_shut_down);
}

/// The bytes after an upgrade aren't a request.
#[test]
fn upgrade_takes_bytes_without_pipelining() {
    let mut client = unpipelined();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello");
    assert_eq!(client.expect_one(101).field("upgrade"), Some("x"));
    let (request, unread) = client.connection.into_parts();
    assert_eq!((request.as_request().path(), &*unread), (&b"/"[..], &b"hello"[..]));
}
