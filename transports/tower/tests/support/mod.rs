//! A running example, and a client on a plain socket.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use h1events_server::Summary;
use h1events_smol::ShutdownHandle;

/// Longest wait: no step of these tests takes as long.
const PATIENCE: Duration = Duration::from_secs(20);

pub const TRANSPORTS: [&str; 2] = ["thread", "smol"];

/// The function that an example calls when it serves.
pub type Tell = Box<dyn FnOnce(SocketAddr, ShutdownHandle) + Send>;

pub struct Running {
    pub address: SocketAddr,
    shutdown: ShutdownHandle,
    serving: JoinHandle<io::Result<Summary>>,
}

impl Running {
    /// Starts the function that an example's `main` calls.
    pub fn start(serve: impl FnOnce(Tell) -> io::Result<Summary> + Send + 'static) -> Self {
        let (sender, started) = mpsc::channel();
        let tell: Tell = Box::new(move |address, shutdown| {
            sender.send((address, shutdown)).expect("the test waits");
        });
        let serving = thread::spawn(move || serve(tell));
        let (address, shutdown) = started.recv_timeout(PATIENCE).expect("it starts");
        Self { address, shutdown, serving }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        stream
    }

    /// Sends a request that is the last on its connection, with LF for CRLF in the head, and returns head
    /// and body of the answer.
    pub fn ask(&self, head: &str, body: &[u8]) -> (String, Vec<u8>) {
        let mut stream = self.connect();
        let head = format!("{head}\nHost: a\nConnection: close\n\n").replace('\n', "\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).expect("the server reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("a close, and no reset");
        let end = answer.windows(4).position(|octets| octets == b"\r\n\r\n").expect("a head");
        let body = answer.split_off(end + 4);
        (String::from_utf8(answer).expect("text"), body)
    }

    pub fn stop(self) {
        self.shutdown.shutdown(PATIENCE);
        self.serving.join().expect("it doesn't panic").expect("it served");
    }
}

/// Decodes a body in chunks, which must be complete.
#[allow(dead_code, reason = "not every test has one")]
pub fn dechunk(mut chunks: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    loop {
        let end = chunks.windows(2).position(|octets| octets == b"\r\n").expect("a line");
        let (line, rest) = chunks.split_at(end);
        let size = usize::from_str_radix(str::from_utf8(line).expect("ASCII"), 16).expect("a size");
        content.extend_from_slice(&rest[2..2 + size]);
        assert_eq!(&rest[2 + size..4 + size], b"\r\n");
        chunks = &rest[4 + size..];
        if size == 0 {
            assert_eq!(chunks, b"");
            return content;
        }
    }
}
