//! One large body, up or down.

use std::{
    error::Error,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// Octets of a read or a write: large, so that the client isn't the bottleneck.
const BLOCK: usize = 256 * 1024;

/// The direction and the framing of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transfer {
    Download { chunked: bool },
    Upload { chunked: bool },
}

impl Transfer {
    /// Moves `length` octets. Returns the time from the request to the end of the answer.
    pub(crate) fn run(self, server: SocketAddr, length: u64) -> Result<Duration, Box<dyn Error>> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        let start = Instant::now();
        match self {
            Self::Download { chunked } => download(stream, length, chunked)?,
            Self::Upload { chunked } => upload(stream, length, chunked)?,
        }
        Ok(start.elapsed())
    }
}

fn download(mut stream: TcpStream, length: u64, chunked: bool) -> Result<(), Box<dyn Error>> {
    let query = if chunked { "?chunked" } else { "" };
    write!(stream, "GET /{length}{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
    let mut received = 0;
    let mut block = vec![0; BLOCK];
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    loop {
        match stream.read(&mut block)? {
            0 => break,
            n => received += n as u64,
        }
    }
    match &status == b"HTTP/1.1 200" && received > length {
        true => Ok(()),
        false => {
            Err(format!("{received} octets after {}", String::from_utf8_lossy(&status)).into())
        }
    }
}

fn upload(mut stream: TcpStream, length: u64, chunked: bool) -> Result<(), Box<dyn Error>> {
    let framing = match chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {length}"),
    };
    write!(stream, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{framing}\r\n\r\n")?;
    // Chunks of 64 KiB, as curl makes them. Several leave in one write.
    let mut block = Vec::new();
    for part in [b'x'; BLOCK].chunks(64 * 1024) {
        match chunked {
            true => {
                block.extend([format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat())
            }
            false => block.extend(part),
        }
    }
    for _ in 0..length / BLOCK as u64 {
        stream.write_all(&block)?;
    }
    if chunked {
        stream.write_all(b"0\r\n\r\n")?;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.ends_with(&format!("\r\n\r\n{length}")) {
        true => Ok(()),
        false => Err(format!("{length} octets are answered by {answer}").into()),
    }
}
