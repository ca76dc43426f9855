//! A custom stream that isn't a socket: the example with TLS.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::support::{
    Config, GET, Running, SOON, Server, millis, start_listening, start_streaming_listening, timed,
};
use crate::tls;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Client = StreamOwned<ClientConnection, TcpStream>;

fn start(config: Config) -> (Running, CertificateDer<'static>) {
    let (tls, certificate) = tls::self_signed().unwrap();
    let listener = tls::TlsListener::bind("127.0.0.1:0", tls).unwrap();
    let address = listener.local_addr().unwrap();
    (start_listening(Server::new(listener).unwrap().config(config), address), certificate)
}

fn start_streaming() -> (Running, CertificateDer<'static>) {
    let (tls, certificate) = tls::self_signed().unwrap();
    let listener = tls::TlsListener::bind("127.0.0.1:0", tls).unwrap();
    let address = listener.local_addr().unwrap();
    (start_streaming_listening(Server::new(listener).unwrap(), address), certificate)
}

fn connect(address: SocketAddr, certificate: &CertificateDer<'static>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    StreamOwned::new(session, socket)
}

#[test]
fn request_is_answered_and_the_end_is_announced() {
    let (server, certificate) = start(Config::new());
    let mut client = connect(server.address, &certificate);
    let body = "x".repeat(100_000);
    let request = format!(
        "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    // Without the alert, this would be an error.
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(&format!("\r\n\r\nPUT / {body}")), "{}", answer.len());
    drop(client);
    server.stop();
}

/// The socket's buffers may be full within the answer, at its last byte, or at the alert.
#[test]
fn answer_arrives_whole_though_its_client_pauses() {
    let mut config = Config::new();
    config.limits.content = 8 << 20;
    let (server, certificate) = start(config);
    let mut clients: Vec<_> = (0..24)
        .map(|i| {
            let body = "x".repeat((1 << 20) + i * 200_000);
            let mut client = connect(server.address, &certificate);
            let head = format!(
                "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            client.write_all(head.as_bytes()).unwrap();
            client.write_all(body.as_bytes()).unwrap();
            (client, body)
        })
        .collect();
    thread::sleep(millis(2000));
    for (client, body) in &mut clients {
        let mut answer = String::new();
        // Without the alert, it would be an error.
        let read = client.read_to_string(&mut answer);
        let (head, content) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!(content.len(), "PUT / ".len() + body.len());
        assert!(content.ends_with(&**body));
        read.expect("the end is announced");
    }
    drop(clients);
    server.stop();
}

/// Reads until the answer ends with `end`.
fn read_until(client: &mut Client, end: &str) -> String {
    let (mut answer, mut part) = (Vec::new(), [0; 10_000]);
    while !answer.ends_with(end.as_bytes()) {
        let n = client.read(&mut part).expect("an answer in time");
        assert!(n > 0, "it ends early: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..n]);
    }
    String::from_utf8(answer).unwrap()
}

/// The last record of each write is short.
#[test]
fn long_and_short_records_are_read() {
    let (server, certificate) = start_streaming();
    let mut client = connect(server.address, &certificate);
    for target in ["/count", "/elsewhere"] {
        let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 9900000\r\n\r\n");
        client.write_all(head.as_bytes()).unwrap();
        for _ in 0..99 {
            client.write_all(&[b'x'; 100_000]).unwrap();
        }
        read_until(&mut client, "\r\n\r\n9900000");
    }
    drop(client);
    server.stop();
}

/// The client reads nothing before it has sent everything.
#[test]
fn unread_answer_does_not_hold_up_a_body() {
    let (server, certificate) = start_streaming();
    let mut client = connect(server.address, &certificate);
    client.sock.set_write_timeout(Some(SOON)).unwrap();
    // More than the system takes.
    client
        .write_all(b"POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
        .unwrap();
    thread::sleep(millis(500));
    for _ in 0..20 {
        client.write_all(&[b'x'; 1_000_000]).expect("the server reads");
    }
    read_until(&mut client, "x 20000000\r\n0\r\n\r\n");
    drop(client);
    server.stop();
}

/// Its socket stays open.
#[test]
fn closing_alert_ends_a_body() {
    let (server, certificate) = start_streaming();
    for target in ["/count", "/elsewhere"] {
        let mut client = connect(server.address, &certificate);
        let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\ntea");
        client.write_all(head.as_bytes()).unwrap();
        client.conn.send_close_notify();
        client.flush().unwrap();
        let answer = io::read_to_string(&mut client).expect("an answer in time");
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{target}: {answer}");
    }
    server.stop();
}

#[test]
fn end_of_a_silent_session_is_announced() {
    // In a shutdown.
    let (server, certificate) = start(Config::new());
    let (mut client, handshake) = timed(|| {
        let mut client = connect(server.address, &certificate);
        client.write_all(GET).unwrap();
        assert!(client.read(&mut [0; 500]).unwrap() > 0);
        client
    });
    let waiting = thread::spawn(move || client.read_to_end(&mut Vec::new()));
    let (summary, time) = timed(|| server.stop());
    assert_eq!((summary.idle + summary.finished, summary.cut_off), (1, 0));
    assert!(time < SOON, "{time:?}");
    assert_eq!(waiting.join().unwrap().unwrap(), 0);

    // And after the idle timeout, which the handshake has to keep, too.
    let mut config = Config::new();
    config.keep_alive_timeout = millis(200).max(5 * handshake);
    let (server, certificate) = start(config);
    let mut client = connect(server.address, &certificate);
    assert_eq!(client.read_to_end(&mut Vec::new()).unwrap(), 0);
    server.stop();
}

#[test]
fn dripping_handshake_has_no_more_time_than_silence() {
    let mut config = Config::new();
    config.keep_alive_timeout = millis(500);
    let (server, _) = start(config);
    let mut client = TcpStream::connect(server.address).unwrap();
    client.set_read_timeout(Some(millis(20))).unwrap();
    // The start of a long record with a ClientHello, which never ends.
    client.write_all(&[22, 3, 1, 0x3e, 0x80, 1, 0, 0x3e, 0x70, 3, 3]).unwrap();
    let start = Instant::now();
    while client.write_all(&[1]).is_ok() && client.read(&mut [0; 9]).is_err() {
        assert!(start.elapsed() < SOON, "it is still open");
    }
    assert!(start.elapsed() >= millis(400), "{:?}", start.elapsed());
    server.stop();
}

#[test]
fn missing_handshake_holds_nobody_up() {
    let (server, certificate) = start(Config::new());
    let _silent = TcpStream::connect(server.address).unwrap();
    let mut wrong = TcpStream::connect(server.address).unwrap();
    wrong.write_all(GET).unwrap();
    wrong.set_read_timeout(Some(SOON)).unwrap();
    // An alert, then the end.
    let mut alert = Vec::new();
    wrong.read_to_end(&mut alert).unwrap();
    assert_eq!(alert.first(), Some(&21));
    let mut client = connect(server.address, &certificate);
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("GET / "), "{answer}");
    drop(client);
    server.stop();
}
