//! Connections that leave HTTP.

mod support;

use std::net::TcpStream;
use std::thread;

use h1events_smol::{Request, Response, Socket, Upgraded};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use support::{GET, app, bind, millis, start_async};

async fn upgrading(request: &Request<'_>) -> Response {
    if request.offers_upgrade() || request.method() == "CONNECT" {
        Response::upgrade("echo").expect("it is a token")
    } else {
        app(request).await
    }
}

/// Says who it is, then sends everything back.
async fn echo(upgraded: Upgraded<Socket<TcpStream>>) {
    let greeting = upgraded.request().target().to_vec();
    assert!(upgraded.peer().to_string().starts_with("127.0.0.1:"));
    let (mut stream, leftover) = upgraded.into_parts();
    stream.write_all(&[&greeting[..], b"|", &leftover].concat()).await.unwrap();
    let mut bytes = [0; 100];
    while let Ok(n @ 1..) = stream.read(&mut bytes).await {
        assert!(!bytes[..n].contains(&b'!'), "this panic belongs to the test");
        stream.write_all(&bytes[..n]).await.unwrap();
    }
}

const UPGRADE: &[u8] =
    b"GET /e HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

#[test]
fn what_follows_the_request_belongs_to_the_protocol() {
    let server = start_async(bind().on_upgrade(echo), upgrading);
    let mut client = server.connect();
    assert_eq!(client.ask(GET).0, 200);
    client.send(&[UPGRADE, b"left over, "].concat());
    thread::sleep(millis(50));
    client.send(b"and more");
    client.half_close();
    let answer = client.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n/e|left over, and more"), "{answer}");

    let mut client = server.connect();
    client.send(b"CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\nx");
    client.half_close();
    let answer = client.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("b:80|x"), "{answer}");
    assert_eq!(server.stop().connections, 2);
}

#[test]
fn a_handler_that_panics_takes_only_its_connection() {
    let server = start_async(bind().on_upgrade(echo), upgrading);
    let mut client = server.connect();
    client.send(UPGRADE);
    assert_eq!(client.answer().0, 101);
    client.send(b"!");
    assert_eq!(client.read_to_end(), "/e|");
    assert_eq!(server.connect().ask(GET).0, 200);
    assert_eq!(server.stop().cut_off, 0);
}

#[test]
fn without_a_handler_the_connection_is_closed() {
    let server = start_async(bind(), upgrading);
    let mut client = server.connect();
    client.send(UPGRADE);
    assert!(client.read_to_end().starts_with("HTTP/1.1 101 "));
    server.stop();
}

#[test]
fn who_has_been_upgraded_is_waited_for_but_not_for_ever() {
    let server = start_async(bind().on_upgrade(echo), upgrading);
    let mut stays = server.connect();
    stays.send(UPGRADE);
    let mut goes = server.connect();
    goes.send(UPGRADE);
    thread::sleep(millis(50));
    server.shutdown.begin(millis(300));
    thread::sleep(millis(50));
    goes.half_close();
    let answer = goes.read_to_end();
    assert!(answer.ends_with("/e|"), "{answer:?}");
    let summary = server.join();
    assert_eq!((summary.idle, summary.finished, summary.cut_off), (0, 1, 1));
    // Its handler has been dropped.
    stays.answer();
    assert_eq!(stays.read_to_end(), "/e|");
}
