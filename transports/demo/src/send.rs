//! `h1events send`: raw bytes to a server, and its answer.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::{
    address::HostPort,
    cli,
    failure::Failure,
    input::{self, Input},
};

/// Sends the input that the options name, and prints the answer until the server closes, or
/// the timeout passes. It reads while it sends, since a server may answer early.
///
/// # Errors
///
/// The input can't be read, the output can't be written, or there is no connection. A
/// connection that breaks after a part of the answer is no error.
pub(crate) fn run(options: &cli::Send) -> Result<(), Failure> {
    let input = input::open(options.file.as_deref())?;
    let address = options.address.escape_debug().to_string();
    let connected = connect(&options.address)
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .and_then(|stream| Ok((stream.try_clone()?, stream)));
    let (stream, sending) = match connected {
        Ok(streams) => streams,
        Err(error) => return Err(Failure::Connect(address, error)),
    };
    announce(&input.name, &address, options.timeout);
    let silence = options.timeout.map(Silence::new);
    let (stop, stopped) = mpsc::channel();
    let activity = silence.clone();
    thread::spawn(move || send(input, &sending, activity.as_ref(), &stop));

    let received = print(stream, silence.as_ref());
    // The other thread notices a broken connection at about the same time. If it still waits
    // for stdin, it ends with the process.
    match (received, stopped.recv_timeout(REASON_TIMEOUT)) {
        (_, Ok(Stop::Input(failure))) => Err(failure),
        (Ok(Received { bytes: 0, end: Err(error) }), _)
        | (Ok(Received { bytes: 0, .. }), Ok(Stop::Connection(error))) => {
            Err(Failure::Lost(address, error))
        }
        (Ok(_), _) => Ok(()),
        // A reader such as `head` may close the output early.
        (Err(error), _) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        (Err(error), _) => Err(Failure::Write(error)),
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let text = match address.strip_prefix("http://") {
        Some(rest) => rest.strip_suffix('/').unwrap_or(rest),
        None => address,
    };
    let HostPort { host, port } =
        text.parse().map_err(|_| io::Error::new(ErrorKind::InvalidInput, EXPECTED))?;
    let host = if host.is_empty() { "localhost" } else { &host };
    TcpStream::connect((host, port))
}

const EXPECTED: &str = "expected HOST:PORT, such as 127.0.0.1:8080, or http://HOST:PORT/";

/// Says what it waits for.
fn announce(input: &str, address: &str, timeout: Option<Duration>) {
    let until = match timeout {
        Some(timeout) => format!(", or nothing has come or gone for {} s", timeout.as_secs_f64()),
        None => String::new(),
    };
    // Not eprintln!, which panics when stderr is closed.
    let _ = writeln!(
        io::stderr(),
        "h1events: sending {input} to {address}; waiting until the server closes{until}"
    );
}

/// The time since either side has sent a byte.
#[derive(Clone)]
struct Silence {
    timeout: Duration,
    since: Arc<Mutex<Instant>>,
}

impl Silence {
    fn new(timeout: Duration) -> Self {
        Self { timeout, since: Arc::new(Mutex::new(Instant::now())) }
    }

    fn end(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Returns the time that is left, if there is any.
    fn left(&self) -> Option<Duration> {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        self.timeout.checked_sub(since.elapsed()).filter(|left| !left.is_zero())
    }
}

/// Why sending has stopped early.
enum Stop {
    /// It can't be read.
    Input(Failure),
    /// The server takes no more.
    Connection(io::Error),
}

/// Sends the input, without its end. If it stops early, sends the reason to the other thread.
fn send(
    mut input: Input,
    mut stream: &TcpStream,
    silence: Option<&Silence>,
    stop: &mpsc::Sender<Stop>,
) {
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
        silence.inspect(|silence| silence.end());
    };
    let is_input = matches!(reason, Stop::Input(_));
    // If the process is about to end, the receiver has gone.
    let _ = stop.send(reason);
    if is_input {
        // The other thread need not wait for an answer.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// The answer: the number of its bytes, and its end.
struct Received {
    bytes: u64,
    end: io::Result<()>,
}

/// Prints the answer as it comes. Errors are those of the output.
fn print(mut stream: TcpStream, silence: Option<&Silence>) -> io::Result<Received> {
    let mut out = io::stdout().lock();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        if let Some(silence) = silence {
            let Some(left) = silence.left() else { return Ok(Received { bytes, end: Ok(()) }) };
            if let Err(error) = stream.set_read_timeout(Some(left)) {
                return Ok(Received { bytes, end: Err(error) });
            }
        }
        match stream.read(&mut block) {
            Ok(0) => return Ok(Received { bytes, end: Ok(()) }),
            Ok(n) => {
                bytes += n as u64;
                out.write_all(&block[..n])?;
                out.flush()?;
                silence.inspect(|silence| silence.end());
            }
            Err(error) if is_no_failure(&error) => {}
            Err(error) => return Ok(Received { bytes, end: Err(error) }),
        }
    }
}

/// Returns whether a read was interrupted, or has timed out.
fn is_no_failure(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
        || cfg!(windows) && error.kind() == ErrorKind::TimedOut
}

/// Time to wait, after the end of the connection, for the reason why sending has stopped.
const REASON_TIMEOUT: Duration = Duration::from_millis(100);

/// Bytes of one read, at most.
const BLOCK: usize = 64 * 1024;
