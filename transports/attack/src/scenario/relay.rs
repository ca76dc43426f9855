//! A relay that makes a server distant: it delays all bytes in both directions.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::net::close;

/// A relay that runs until it is dropped.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Relay {
    /// Starts one in front of a server.
    pub(crate) fn start(server: SocketAddr, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let relay = Self { address: listener.local_addr()?, stop: Arc::clone(&stop) };
        thread::spawn(move || {
            let mut pairs: Vec<Pair> = Vec::new();
            while !stop.load(Relaxed) {
                while let Ok((client, _)) = listener.accept() {
                    // If the server has gone, the client is closed.
                    pairs.extend(Pair::connect(client, server));
                }
                pairs.retain_mut(|pair| pair.go_on(delay).is_ok());
                thread::sleep(PAUSE);
            }
        });
        Ok(relay)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

/// The time between two checks of all connections: much shorter than the delay.
const PAUSE: Duration = Duration::from_micros(500);

/// A client, the server, and the bytes on their way to each.
struct Pair {
    ends: [TcpStream; 2],
    ways: [Way; 2],
}

/// Bytes on their way to one end, and when they arrive.
#[derive(Default)]
struct Way {
    pieces: VecDeque<(Instant, Piece)>,
    is_ended: bool,
}

enum Piece {
    Bytes(Vec<u8>),
    End,
    Reset,
}

/// Both ends have closed, or one has sent a reset.
struct Over;

impl Pair {
    fn connect(client: TcpStream, server: SocketAddr) -> io::Result<Self> {
        let ends = [client, TcpStream::connect(server)?];
        for end in &ends {
            end.set_nodelay(true)?;
            end.set_nonblocking(true)?;
        }
        Ok(Self { ends, ways: <[Way; 2]>::default() })
    }

    /// Moves the bytes that are due.
    fn go_on(&mut self, delay: Duration) -> Result<(), Over> {
        let now = Instant::now();
        for (from, to) in [(0, 1), (1, 0)] {
            self.ways[to].take_in(&mut self.ends[from], now + delay);
        }
        for (from, to) in [(0, 1), (1, 0)] {
            while let Some((due, piece)) = self.ways[to].pieces.front_mut()
                && *due <= now
            {
                match piece {
                    Piece::Bytes(bytes) => match self.ends[to].write(bytes) {
                        Ok(sent) if sent < bytes.len() => drop(bytes.drain(..sent)),
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                        Ok(_) => drop(self.ways[to].pieces.pop_front()),
                        Err(_) => {
                            // This end has closed. The other end learns it after the delay.
                            self.ways[to].pieces.clear();
                            self.ways[from].pieces.push_back((now + delay, Piece::Reset));
                        }
                    },
                    Piece::End => {
                        let _ = self.ends[to].shutdown(Shutdown::Write);
                        self.ways[to].pieces.pop_front();
                    }
                    Piece::Reset => {
                        for end in &self.ends {
                            let _ = end.try_clone().map(|end| close(end, true));
                        }
                        return Err(Over);
                    }
                }
            }
        }
        let is_over = self.ways.iter().all(|way| way.is_ended && way.pieces.is_empty());
        if is_over { Err(Over) } else { Ok(()) }
    }
}

impl Way {
    /// Reads all pending bytes.
    fn take_in(&mut self, from: &mut TcpStream, due: Instant) {
        let mut space = [0; 16 * 1024];
        while !self.is_ended {
            let piece = match from.read(&mut space) {
                Ok(bytes @ 1..) => Piece::Bytes(space[..bytes].to_vec()),
                Ok(_) => Piece::End,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => Piece::Reset,
            };
            self.is_ended = !matches!(piece, Piece::Bytes(_));
            self.pieces.push_back((due, piece));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_ends_arrive_late() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let delay = Duration::from_millis(30);
        let relay = Relay::start(listener.local_addr().unwrap(), delay).unwrap();
        let mut client = TcpStream::connect(relay.address).unwrap();
        let start = Instant::now();
        client.write_all(b"ping").unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let mut received = [0; 4];
        server.read_exact(&mut received).unwrap();
        assert!(start.elapsed() >= delay);
        server.write_all(&received).unwrap();
        drop(server);
        let mut echo = String::new();
        client.read_to_string(&mut echo).unwrap();
        assert_eq!(echo, "ping");
        assert!(start.elapsed() >= 2 * delay);
    }
}
