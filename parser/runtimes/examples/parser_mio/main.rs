//! The parser under mio: one thread for all connections, each of which is a state machine.
//!
//! ```sh
//! cargo run --example parser_mio
//! curl --data tea http://127.0.0.1:8080/pot # POST /pot, with 3 octets of content
//! curl --verbose --header 'Expect: 100-continue' --data tea http://127.0.0.1:8080/ # the 100, then 200
//! printf 'GET  / HTTP/1.1\r\n' | cargo run -- send 127.0.0.1:8080 # 400, and the reason
//! ```
//!
//! `src/lib.rs` has the answers, `connection.rs` one connection. Here is the loop.

mod connection;

use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind};
use std::mem;
use std::time::{Duration, Instant};

use h1events_runtimes::Patience;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use connection::{Connection, Turn};

/// Maximum number of connections. Each has a buffer of 16 KiB.
const CONNECTIONS: usize = 1000;

/// Time before the next accept after an error.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The token of the listener. Connections have the numbers from 0.
const LISTENER: Token = Token(usize::MAX);

fn main() -> io::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:8080")?;
    println!("http://{}/", listener.local_addr()?);
    serve(listener, Patience::default())
}

pub(crate) fn serve(listener: std::net::TcpListener, patience: Patience) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut server = Server {
        poll: Poll::new()?,
        listener: TcpListener::from_std(listener),
        connections: HashMap::new(),
        ready: BTreeSet::new(),
        has_newcomers: false,
        next: 0,
        patience,
    };
    server.poll.registry().register(&mut server.listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    loop {
        server.wait(&mut events)?;
        server.take_turns();
        server.expire();
        server.accept();
    }
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    connections: HashMap<Token, Connection>,
    /// Connections that can go on. mio reports changes only: it doesn't report again what could be
    /// read and wasn't.
    ready: BTreeSet<Token>,
    /// Whether there may be connections to accept.
    has_newcomers: bool,
    next: usize,
    patience: Patience,
}

impl Server {
    /// Waits until something can go on, or a deadline has passed.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        // This checks all connections. For many thousands of them, a heap would be better.
        let deadline = self.connections.values().map(Connection::deadline).min();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = if !self.ready.is_empty() {
            Some(Duration::ZERO)
        } else if self.can_accept() {
            Some(left.map_or(ACCEPT_RETRY, |left| left.min(ACCEPT_RETRY)))
        } else {
            left
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &*events {
            match event.token() {
                LISTENER => self.has_newcomers = true,
                token => drop(self.ready.insert(token)),
            }
        }
        Ok(())
    }

    /// Accepts new connections, up to the maximum. Further ones wait in the system's queue.
    fn accept(&mut self) {
        while self.can_accept() {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    let token = Token(self.next);
                    self.next += 1;
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    if self.poll.registry().register(&mut stream, token, interest).is_ok() {
                        self.connections.insert(token, Connection::new(stream, self.patience));
                        self.ready.insert(token);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.has_newcomers = false,
                // The connection is gone, or the process is out of descriptors.
                Err(_) => break,
            }
        }
    }

    fn can_accept(&self) -> bool {
        self.has_newcomers && self.connections.len() < CONNECTIONS
    }

    /// Lets each connection that can go on read or write once, so that none keeps the others waiting.
    fn take_turns(&mut self) {
        for token in mem::take(&mut self.ready) {
            let Some(connection) = self.connections.get_mut(&token) else { continue };
            match connection.turn() {
                Ok(Turn::Again) => drop(self.ready.insert(token)),
                Ok(Turn::Wait) => {}
                Ok(Turn::Over) | Err(_) => drop(self.connections.remove(&token)),
            }
        }
    }

    /// Ends connections whose deadline has passed. Bytes that came in time have had their turn by now.
    fn expire(&mut self) {
        let now = Instant::now();
        let ready = &mut self.ready;
        self.connections.retain(|&token, connection| {
            if connection.deadline() > now {
                return true;
            }
            ready.insert(token);
            connection.expire()
        });
    }
}
