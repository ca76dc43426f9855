//! One connection: a socket that never blocks, the parser, and unsent answers.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Instant;

use h1events::RequestParser;
use h1events_runtimes::{Answer, CONTINUE, Exchange, Patience, limits};
use mio::net::TcpStream;

pub(crate) struct Connection {
    stream: TcpStream,
    parser: RequestParser,
    buffer: Vec<u8>,
    filled: usize,
    exchange: Exchange,
    /// Unsent answers, to one buffer of requests at most: nothing is read while there are any.
    unsent: Vec<u8>,
    awaits: Awaits,
    deadline: Instant,
    patience: Patience,
}

/// What the client has to do before the deadline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaits {
    /// Begin a request.
    Request,
    /// Finish the request that it has begun.
    Rest,
    /// Take its answers, after which it may go on.
    Answers,
    /// Take its last answer.
    LastAnswer,
    /// Close.
    Close,
}

/// The result of a turn.
pub(crate) enum Turn {
    /// There may be more to read or to write.
    Again,
    /// The connection waits for mio.
    Wait,
    /// The connection is over. Dropping it closes it.
    Over,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, patience: Patience) -> Self {
        let limits = limits();
        Self {
            stream,
            parser: RequestParser::with_limits(limits),
            // A buffer of this size always has space for more.
            buffer: vec![0; limits.required_buffer()],
            filled: 0,
            exchange: Exchange::default(),
            unsent: vec![],
            awaits: Awaits::Request,
            deadline: Instant::now() + patience.idle,
            patience,
        }
    }

    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Reads or writes once.
    pub(crate) fn turn(&mut self) -> io::Result<Turn> {
        let result = match self.awaits {
            Awaits::Request | Awaits::Rest => self.read(),
            Awaits::Answers | Awaits::LastAnswer => self.write(),
            Awaits::Close => self.discard(),
        };
        match result {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Turn::Wait),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Turn::Again),
            result => result,
        }
    }

    /// Handles a deadline that has passed. Returns whether the connection goes on.
    pub(crate) fn expire(&mut self) -> bool {
        if self.awaits == Awaits::Rest {
            let answer = self.exchange.refuse(408, "the request took too long");
            self.end_with(answer);
            return true;
        }
        false
    }

    fn read(&mut self) -> io::Result<Turn> {
        let read = self.stream.read(&mut self.buffer[self.filled..])?;
        if read > 0 {
            self.filled += read;
            self.parse();
        } else if let Err(error) = self.parser.finish(&self.buffer[..self.filled]) {
            let answer = self.exchange.refuse(error.status(), error);
            self.end_with(answer);
        } else {
            return Ok(Turn::Over);
        }
        Ok(Turn::Again)
    }

    /// Takes all events of the bytes that have arrived, and keeps the rest.
    fn parse(&mut self) {
        let mut input = &self.buffer[..self.filled];
        let last = loop {
            match self.parser.next_event(&mut input) {
                Ok(Some(event)) => match self.exchange.add(event) {
                    Some(answer) if answer.is_last => break Some(answer),
                    Some(answer) => self.unsent.extend(answer.bytes),
                    None => {}
                },
                Ok(None) => break None,
                Err(error) => break Some(self.exchange.refuse(error.status(), error)),
            }
        };
        let unconsumed = self.filled - input.len()..self.filled;
        self.filled = unconsumed.len();
        self.buffer.copy_within(unconsumed, 0);

        if let Some(answer) = last {
            return self.end_with(answer);
        }
        if self.exchange.take_continue() {
            self.unsent.extend_from_slice(CONTINUE);
        }
        if self.unsent.is_empty() {
            self.await_request();
        } else {
            self.await_until(Awaits::Answers);
        }
    }

    fn write(&mut self) -> io::Result<Turn> {
        let written = self.stream.write(&self.unsent)?;
        self.unsent.drain(..written);
        if !self.unsent.is_empty() {
            return Ok(Turn::Again);
        }
        if self.awaits == Awaits::LastAnswer {
            self.stream.shutdown(Shutdown::Write)?;
            self.await_until(Awaits::Close);
        } else {
            self.await_request();
        }
        Ok(Turn::Again)
    }

    fn discard(&mut self) -> io::Result<Turn> {
        let read = self.stream.read(&mut self.buffer)?;
        Ok(if read == 0 { Turn::Over } else { Turn::Again })
    }

    fn end_with(&mut self, answer: Answer) {
        self.unsent.extend(answer.bytes);
        self.await_until(Awaits::LastAnswer);
    }

    /// Waits for a request, or for the rest of one. Later bytes don't move the deadline for the rest.
    fn await_request(&mut self) {
        let awaits = if self.parser.is_idle() { Awaits::Request } else { Awaits::Rest };
        if self.awaits != awaits {
            self.await_until(awaits);
        }
    }

    fn await_until(&mut self, awaits: Awaits) {
        let patience = match awaits {
            Awaits::Request => self.patience.idle,
            Awaits::Rest => self.patience.request,
            Awaits::Answers | Awaits::LastAnswer => self.patience.write,
            Awaits::Close => self.patience.linger,
        };
        self.awaits = awaits;
        self.deadline = Instant::now() + patience;
    }
}
