//! Custom streams.

mod support;

use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use h1events_thread::Stream;
use support::GET;
use support::hooked::{Hooks, start_hooked};

#[test]
fn stream_may_read_and_write_few_bytes() {
    let server = start_hooked(
        |server| server,
        Hooks {
            read: Box::new(|stream, space| Stream::read(stream, &mut space[..1])),
            write: Box::new(|stream, slices| {
                assert!(slices.iter().all(|slice| !slice.is_empty()));
                let len = slices[0].len().min(3);
                Stream::write_vectored(stream, &[IoSlice::new(&slices[0][..len])])
            }),
            ..Hooks::default()
        },
    );
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.ask(GET), (200, "GET / ".to_owned()));
    }
    drop(client);
    server.stop();
}

/// Bytes that a stream keeps are neither lost nor sent twice, even if its flush times out repeatedly.
#[test]
fn stream_that_keeps_bytes_is_flushed_until_it_has_sent_them() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let attempts = AtomicUsize::new(0);
    let hooks = Hooks {
        write: Box::new({
            let kept = Arc::clone(&kept);
            move |_, slices| {
                let mut kept = kept.lock().unwrap();
                assert!(kept.is_empty(), "it is written to before it is flushed");
                let len = slices[0].len().min(7);
                kept.extend_from_slice(&slices[0][..len]);
                Ok(len)
            }
        }),
        flush: Box::new(move |mut stream| {
            let mut kept = kept.lock().unwrap();
            match attempts.fetch_add(1, SeqCst) % 3 {
                0 => Err(ErrorKind::WouldBlock.into()),
                1 => {
                    let half = kept.len() / 2;
                    stream.write_all(&kept[..half])?;
                    kept.drain(..half);
                    Err(io::Error::from(ErrorKind::TimedOut))
                }
                _ => stream.write_all(&std::mem::take(&mut *kept)),
            }
        }),
        ..Hooks::default()
    };
    let server = start_hooked(|server| server, hooks);
    let answer = server.exchange(b"GET /kept HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nGET /kept "), "{answer}");
    server.stop();
}

/// Its last bytes may find no space, and aren't given up.
#[test]
fn stream_is_shut_down_until_it_has_said_so() {
    let attempts = AtomicUsize::new(0);
    let hooks = Hooks {
        shutdown_write: Box::new(move |mut stream| {
            if attempts.fetch_add(1, SeqCst) < 3 {
                return Err(ErrorKind::WouldBlock.into());
            }
            stream.write_all(b"goodbye")?;
            Stream::shutdown_write(stream)
        }),
        ..Hooks::default()
    };
    let server = start_hooked(|server| server, hooks);
    let mut client = server.connect();
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = client.read_to_end();
    assert!(answer.ends_with("\r\n\r\nGET / goodbye"), "{answer}");
    drop(client);
    server.stop();
}

/// The throughput of pipelining clients depends on it.
#[test]
fn sixteen_pipelined_answers_leave_in_one_write() {
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&writes);
    let hooks = Hooks {
        write: Box::new(move |stream, slices| {
            counted.fetch_add(1, SeqCst);
            Stream::write_vectored(stream, slices)
        }),
        ..Hooks::default()
    };
    let server = start_hooked(|server| server, hooks);
    let mut client = server.connect();
    assert_eq!(client.ask(GET).0, 200);
    client.send(&GET.repeat(16));
    for _ in 0..16 {
        assert_eq!(client.answer().0, 200);
    }
    // A handler that the system interrupts counts as slow.
    assert!((2..=4).contains(&writes.load(SeqCst)), "{writes:?}");
    drop(client);
    server.stop();
}
