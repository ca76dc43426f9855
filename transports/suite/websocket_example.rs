//! The WebSocket example of each transport.

use std::io::Read;
use std::net::TcpStream;

use crate::example;
use crate::support::{Client, Running, bind, start_with};
use crate::ws::{Message, WebSocket, client};

fn start() -> Running {
    start_with(bind(), example::app)
}

fn connect(server: &Running) -> WebSocket<TcpStream> {
    let url = format!("ws://{}/echo", server.address);
    client(url, server.connect().stream()).expect("the server shakes hands").0
}

/// The request and the answer of RFC 6455 section 1.3.
const HANDSHAKE: &str = "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const ACCEPT: &str = "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

#[test]
fn messages_come_back() {
    let server = start();
    let mut socket = connect(&server);
    let large = vec![7; 1024 * 1024];
    let messages = [
        Message::text("tea"),
        Message::text(""),
        Message::text("caf\u{e9} \u{1f375}"),
        Message::binary(vec![0, 255]),
        Message::binary(large),
    ];
    for message in messages {
        socket.send(message.clone()).expect("the server reads");
        assert!(socket.read().expect("it answers") == message);
    }
    socket.send(Message::Ping("are you there".into())).expect("the server reads");
    assert_eq!(socket.read().expect("it answers"), Message::Pong("are you there".into()));
    socket.close(None).expect("the server reads");
    assert!(socket.read().expect("it says goodbye, too").is_close());
    socket.read().expect_err("both have said goodbye");
    drop(socket);
    server.stop();
}

#[test]
fn connections_are_served_at_the_same_time() {
    let server = start();
    let mut sockets = [connect(&server), connect(&server), connect(&server)];
    for (name, socket) in ["a", "b", "c"].into_iter().zip(&mut sockets) {
        socket.send(Message::text(name)).expect("the server reads");
    }
    for (name, socket) in ["a", "b", "c"].into_iter().zip(&mut sockets).rev() {
        assert_eq!(socket.read().expect("it answers"), Message::text(name));
    }
    drop(sockets);
    server.stop();
}

/// The masked "Hello" of RFC 6455 section 5.7 comes with the request, in part or as a whole.
#[test]
fn frame_behind_the_request_belongs_to_the_protocol() {
    let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let server = start();
    for cut in 0..=frame.len() {
        let mut client = server.connect();
        client.send(&[HANDSHAKE.as_bytes(), &frame[..cut]].concat());
        let head = head(&client);
        assert!(head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT), "{head}");
        client.send(&frame[cut..]);
        let mut answer = [0; 7];
        client.stream().read_exact(&mut answer).expect("a frame");
        assert_eq!(&answer, b"\x81\x05Hello");
    }
    server.stop();
}

/// Reads the head, and no octet after it.
fn head(client: &Client) -> String {
    let (mut stream, mut head) = (client.stream(), Vec::new());
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).expect("a head");
        head.extend(octet);
    }
    String::from_utf8(head).expect("text")
}

/// A frame that isn't masked, a text that isn't UTF-8, and more than a message may have.
#[test]
fn connection_that_breaks_the_rules_ends() {
    let server = start();
    let too_large = [0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0];
    for frame in [&b"\x81\x05Hello"[..], b"\x81\x81\0\0\0\0\xff", &too_large] {
        let mut client = server.connect();
        client.send(HANDSHAKE.as_bytes());
        head(&client);
        client.send(frame);
        let mut rest = Vec::new();
        // There may be a close frame, but no message.
        let _ = client.stream().read_to_end(&mut rest);
        assert!(!matches!(rest.first(), Some(0x81 | 0x82)), "{rest:?}");
    }
    server.stop();
}

#[test]
fn request_that_is_no_handshake_is_refused() {
    let server = start();
    let cases = [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 12", 426),
        ("Sec-WebSocket-Version: 13\r\n", "", 426),
        ("Upgrade: websocket", "Upgrade: h2c", 426),
        ("keep-alive, Upgrade", "keep-alive", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "tea", 400),
        ("GET", "POST", 405),
        ("/echo", "/", 404),
    ];
    for (from, to, status) in cases {
        let request = HANDSHAKE.replacen(from, to, 1);
        let answer = server.connect().ask(request.as_bytes());
        assert_eq!(answer.0, status, "{request}");
    }
    server.stop();
}
