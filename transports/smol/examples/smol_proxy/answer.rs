//! Answers of the upstream, as they come.
//!
//! After its first line, an answer has the form of a request (RFC 9112 section 2.1). So the parser reads it
//! after a request line, and applies the same rules to fields, length and chunks in both directions.

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::time::Duration;

use h1events::{BodyLength, Event, Field, RequestParser};
use smol::Timer;
use smol::future::or;
use smol::io::AsyncReadExt;
use smol::net::TcpStream;

/// Octets of the buffer for an answer. No line may be longer; the parser's limit is lower.
const BUFFER: usize = 64 * 1024;

/// Reads the answer to one request.
pub(crate) struct AnswerReader {
    stream: TcpStream,
    buffer: Vec<u8>,
    unread: Range<usize>,
    parser: RequestParser,
    /// Whether the body ends with the connection, so that the parser doesn't see it.
    until_close: bool,
}

pub(crate) struct Head {
    pub(crate) status: u16,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    body: BodyLength,
}

impl AnswerReader {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let (buffer, parser) = (vec![0; BUFFER], RequestParser::new());
        Self { stream, buffer, unread: 0..0, parser, until_close: false }
    }

    /// Reads the next head, also of an interim answer (1xx), if it begins in time.
    pub(crate) async fn head_within(&mut self, time: Duration) -> io::Result<Option<Head>> {
        let timeout = async {
            Timer::after(time).await;
            Ok(false)
        };
        let begun = async { self.begin().await.map(|()| true) };
        if or(begun, timeout).await? { self.head().await.map(Some) } else { Ok(None) }
    }

    /// Reads the head of the final answer, and skips interim ones.
    pub(crate) async fn final_head(&mut self) -> io::Result<Head> {
        loop {
            let head = self.head().await?;
            if head.is_final() {
                return Ok(head);
            }
        }
    }

    /// Reads the next part of the body; `None` at its end. A body that is cut is an error.
    pub(crate) async fn part(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.until_close {
            return match self.begin().await {
                Ok(()) => Ok(Some(self.buffer[std::mem::take(&mut self.unread)].to_vec())),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
                Err(error) => Err(error),
            };
        }
        loop {
            let part = self.next_event(|event| match event {
                Event::Body(octets) => Some(Some(octets.to_vec())),
                Event::End => Some(None),
                _ => None, // a trailer
            });
            if let Some(part) = part.await? {
                return Ok(part);
            }
        }
    }

    async fn head(&mut self) -> io::Result<Head> {
        let (version, status) = self.status_line().await?;
        self.parser = RequestParser::new();
        let start = format!("POST / HTTP/1.{version}\r\nHost: a\r\n");
        let mut start = start.as_bytes();
        while self.parser.next_event(&mut start).map_err(io::Error::other)?.is_some() {}
        let mut fields = Vec::new();
        let body = loop {
            let body = self.next_event(|event| match event {
                Event::Header(field) => {
                    fields.push((field.name.to_vec(), field.value.to_vec()));
                    None
                }
                Event::HeadEnd(framing) => Some(framing.body),
                _ => None,
            });
            if let Some(body) = body.await? {
                break body;
            }
        };
        self.until_close = body == BodyLength::None;
        // The proxy offers no upgrade, so there is no 101; and an interim answer has no body.
        if status == 101 || status < 200 && !self.until_close {
            return Err(io::Error::other("an interim answer that cannot be one"));
        }
        Ok(Head { status, fields, body })
    }

    /// Waits until there is input.
    async fn begin(&mut self) -> io::Result<()> {
        if self.unread.is_empty() { self.fill().await } else { Ok(()) }
    }

    /// Reads the first line: the minor version, and the status (RFC 9112 section 4).
    async fn status_line(&mut self) -> io::Result<(u8, u16)> {
        let end = loop {
            let unread = &self.buffer[self.unread.clone()];
            match unread.iter().position(|octet| *octet == b'\n') {
                Some(end) => break self.unread.start + end + 1,
                None => self.fill().await?,
            }
        };
        let line = &self.buffer[self.unread.start..end];
        self.unread.start = end;
        let line = line.strip_prefix(b"HTTP/1.").and_then(|line| line.strip_suffix(b"\r\n"));
        let split = line.and_then(|line| line.split_at_checked("1 200".len()));
        match split {
            Some((&[version @ b'0'..=b'9', b' ', a @ b'1'..=b'5', b, c], [] | [b' ', ..]))
                if [b, c].iter().all(u8::is_ascii_digit) =>
            {
                let digit = |octet| u16::from(octet - b'0');
                Ok((version - b'0', 100 * digit(a) + 10 * digit(b) + digit(c)))
            }
            _ => Err(io::Error::other("expected the status line of an answer")),
        }
    }

    /// Reads the parser's next event, and returns the result of `take`.
    async fn next_event<T>(&mut self, take: impl FnOnce(Event<'_>) -> T) -> io::Result<T> {
        loop {
            let mut input = &self.buffer[self.unread.clone()];
            let event = self.parser.next_event(&mut input).map_err(io::Error::other)?;
            self.unread.start = self.unread.end - input.len();
            match event {
                Some(event) => return Ok(take(event)),
                None => self.fill().await?,
            }
        }
    }

    /// Reads more. The end of the connection is an error.
    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        match self.stream.read(&mut self.buffer[self.unread.end..]).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            n => {
                self.unread.end += n;
                Ok(())
            }
        }
    }
}

impl Head {
    pub(crate) const fn is_final(&self) -> bool {
        self.status >= 200
    }

    pub(crate) const fn content_length(&self) -> Option<u64> {
        match self.body {
            BodyLength::Length(length) => Some(length),
            BodyLength::Chunked | BodyLength::None => None,
        }
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.fields.iter().map(|(name, value)| Field { name, value })
    }
}
