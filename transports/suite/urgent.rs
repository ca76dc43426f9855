//! Reads that the system ends early: at urgent data, and at a message that carries descriptors.

use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use crate::support::{SOON, Server, bind, millis, say, start};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send, sendmsg};

#[test]
fn request_with_urgent_data_in_its_middle_is_answered() {
    let server = start(bind());
    for pause in [0, 50] {
        let mut client = server.connect();
        let stream = client.stream();
        let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
        for split in [3, 18, 40, request.len() - 2] {
            let (first, second) = request.split_at(split);
            client.send(first);
            thread::sleep(millis(pause));
            // The byte isn't part of the stream.
            send(&stream, b"!", SendFlags::OOB).unwrap();
            client.send(second);
            assert_eq!(client.answer(), (200, "POST / body".to_owned()), "{split}");
        }
    }
    server.stop();
}

#[test]
fn request_that_carries_a_descriptor_is_answered() {
    let name = format!("h1events-rights-{}-{}", env!("CARGO_PKG_NAME"), std::process::id());
    let path = std::env::temp_dir().join(name);
    let server = Server::new(UnixListener::bind(&path).unwrap()).unwrap();
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve(say));
    let mut client = UnixStream::connect(&path).unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    std::fs::remove_file(&path).unwrap();
    for _ in 0..3 {
        // The system ends a read after the part that carries the descriptor.
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = [client.as_fd()];
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        let first = b"GET /rights HTTP/1.1\r\n";
        let sent = sendmsg(&client, &[IoSlice::new(first)], &mut control, SendFlags::empty());
        assert_eq!(sent.unwrap(), first.len());
        client.write_all(b"Host: a\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"GET /rights ") {
            let mut bytes = [0; 500];
            let n = client.read(&mut bytes).expect("an answer in time");
            assert!(n > 0, "{}", answer.escape_ascii());
            answer.extend_from_slice(&bytes[..n]);
        }
    }
    drop(client);
    shutdown.shutdown(SOON);
    assert_eq!(serving.join().unwrap().unwrap().connections, 1);
}
