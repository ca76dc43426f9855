//! `h1events send`: raw bytes to a server, and what comes back.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{
    cli,
    failure::Failure,
    input::{self, Input},
};

/// Sends the input that the options name, and prints what comes back until the server
/// closes. A server may answer early: it reads while it sends.
///
/// # Errors
///
/// The input can't be read, the output can't be written, or there is no connection. A
/// connection that breaks is none of these if anything came back before.
pub(crate) fn run(options: cli::Send) -> Result<(), Failure> {
    let input = input::open(options.file.as_deref())?;
    let address = options.address.escape_debug().to_string();
    let connected = TcpStream::connect(&options.address)
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .and_then(|stream| Ok((stream.try_clone()?, stream)));
    let (stream, sending) = match connected {
        Ok(streams) => streams,
        Err(error) => return Err(Failure::Connect(address, error)),
    };
    let (stop, stopped) = mpsc::channel();
    thread::spawn(move || send(input, &sending, &stop));

    let received = print(stream);
    // Whatever breaks the connection reaches the other thread at about the same time. If that
    // one still waits for stdin, it ends with the process.
    match (received, stopped.recv_timeout(MOMENT)) {
        (_, Ok(Stop::Input(failure))) => Err(failure),
        (Ok(Received { bytes: 0, end: Err(error) }), _)
        | (Ok(Received { bytes: 0, .. }), Ok(Stop::Connection(error))) => {
            Err(Failure::Lost(address, error))
        }
        (Ok(_), _) => Ok(()),
        // Whoever closed the output has seen enough.
        (Err(error), _) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        (Err(error), _) => Err(Failure::Write(error)),
    }
}

/// Why not all of the input has been sent.
enum Stop {
    /// It can't be read.
    Input(Failure),
    /// The server takes no more.
    Connection(io::Error),
}

/// Sends the input, but not the news that it has ended. Says why, if it stops before.
fn send(mut input: Input, mut stream: &TcpStream, stop: &mpsc::Sender<Stop>) {
    let mut block = vec![0; BLOCK];
    let reason = loop {
        let sent = match input.source.read(&mut block) {
            Ok(0) => return,
            Ok(n) => stream.write_all(&block[..n]).map_err(Stop::Connection),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(Stop::Input(Failure::Read(input.name.clone(), error))),
        };
        if let Err(reason) = sent {
            break reason;
        }
    };
    let is_input = matches!(reason, Stop::Input(_));
    // Nobody listens any more if the process is about to end.
    let _ = stop.send(reason);
    if is_input {
        // The other thread need not wait for an answer.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// What came back: how many bytes, and how it ended.
struct Received {
    bytes: u64,
    end: io::Result<()>,
}

/// Prints what comes back as soon as it comes. Errors are those of the output.
fn print(mut stream: TcpStream) -> io::Result<Received> {
    let mut out = io::stdout().lock();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        match stream.read(&mut block) {
            Ok(0) => return Ok(Received { bytes, end: Ok(()) }),
            Ok(n) => {
                bytes += n as u64;
                out.write_all(&block[..n])?;
                out.flush()?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Ok(Received { bytes, end: Err(error) }),
        }
    }
}

const MOMENT: Duration = Duration::from_millis(100);

/// How much is read at once.
const BLOCK: usize = 64 * 1024;
