//! Requests that the system delivers in parts, though all bytes are there.
//!
//! A read ends before an urgent octet of TCP, and after the bytes that came with a descriptor. An
//! edge-triggered reader that concludes from a short read that nothing is left waits for ever.

use std::{
    env,
    error::Error,
    fs,
    io::{self, IoSlice, Read, Write},
    mem::MaybeUninit,
    os::{fd::AsFd, unix::net::UnixStream},
    process, thread,
    time::Duration,
};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send, sendmsg};

use super::{
    client::{Answer, Client},
    report::Report,
};
use crate::process::Server;

/// Requests of each kind.
const COUNT: usize = 20;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The handler of the first request takes long, so that all parts of the second are there when the server
/// reads again.
const FIRST: &[u8] = b"GET /spin/20 HTTP/1.1\r\nHost: a\r\n\r\n";
const PARTS: [&[u8]; 2] = [b"GET / HTTP/1.1\r\nHo", b"st: a\r\n\r\n"];

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let server = Server::victim(report.transport, &["100", "--default-deadlines"])?;
    let answers = count(|| {
        exchange(Client::connect(server.address, PATIENCE)?, |mut stream| {
            stream.write_all(PARTS[0])?;
            // The server doesn't see it, since it doesn't ask for such octets.
            send(stream, b"!", SendFlags::OOB)?;
            stream.write_all(PARTS[1])
        })
    })?;
    check(report, "an urgent octet within a request", answers);

    let path = env::temp_dir().join(format!("h1events-victim-{}.sock", process::id()));
    let arguments = ["100", "--default-deadlines", "--unix", path.to_str().ok_or("a path")?];
    let server = Server::victim(report.transport, &arguments)?;
    let answers = count(|| {
        let stream = UnixStream::connect(&path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        exchange(Client::new(stream), |mut stream| {
            send_with_descriptor(stream, PARTS[0])?;
            stream.write_all(PARTS[1])
        })
    });
    drop(server);
    fs::remove_file(&path)?;
    check(report, "a descriptor with the first part of a request", answers?);
    Ok(())
}

/// Counts the answers.
fn count(exchange: impl Fn() -> io::Result<bool>) -> io::Result<usize> {
    (0..COUNT).try_fold(0, |answers, _| Ok(answers + usize::from(exchange()?)))
}

fn check(report: &mut Report, case: &str, answers: usize) {
    let asked = format_args!("{COUNT} of {COUNT} answered").to_string();
    report.check(case, asked, answers, answers == COUNT);
}

/// Sends two requests, the second by `send_second`. Returns whether the second is answered.
fn exchange<S>(
    mut client: Client<S>,
    send_second: impl FnOnce(&S) -> io::Result<()>,
) -> io::Result<bool>
where
    S: Read + Write,
{
    client.send(FIRST)?;
    thread::sleep(Duration::from_millis(5));
    send_second(client.stream())?;
    client.answer()?;
    Ok(matches!(client.answer(), Ok(Answer { status: 200, .. })))
}

fn send_with_descriptor(stream: &UnixStream, bytes: &[u8]) -> io::Result<()> {
    let descriptors = [stream.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(stream, &[IoSlice::new(bytes)], &mut control, SendFlags::empty())?;
    Ok(())
}
