//! Prints a line for each request of a stream, from files of captured bytes or from stdin.
//!
//! ```sh
//! printf 'GET /tea HTTP/1.1\r\nHost: a\r\n\r\n' | cargo run --example sniffer
//! cargo run --example sniffer -- parser/tests/captures/*.http
//! ```
//!
//! ```text
//! 0 GET /tea HTTP/1.1, host a, 0 octets of content
//! ```
//!
//! A stream is all that one client has sent on one connection. Each line begins with the place of the request
//! in it.
//!
//! The sniffer doesn't resynchronise. It stops after an error, since the start of the next request is unknown,
//! and after a request that ends the connection. It then prints the number of octets left. Those that resemble
//! a request may be content that an attacker has put there. After a request that offers an upgrade, another
//! protocol may follow, which only the responses would show. The exit status is 1 after an error.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::{env, fmt};

use h1events::{Error, Event, Limits, RequestParser};

fn main() -> io::Result<ExitCode> {
    let mut output = io::stdout().lock();
    let paths: Vec<String> = env::args().skip(1).collect();
    if paths.is_empty() {
        return Ok(exit_code(sniff(io::stdin().lock(), &mut output)?));
    }
    let mut are_whole = true;
    for path in paths {
        writeln!(output, "{path}:")?;
        are_whole &= sniff(File::open(path)?, &mut output)?;
    }
    Ok(exit_code(are_whole))
}

fn exit_code(are_whole: bool) -> ExitCode {
    if are_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the requests. Returns whether all were complete, up to the end of the stream or of the
/// connection.
pub(crate) fn sniff(mut stream: impl Read, output: &mut impl Write) -> io::Result<bool> {
    let limits = Limits::new();
    let mut parser = RequestParser::with_limits(limits);
    // A buffer of this size always has space for more after `Ok(None)`.
    let mut buffer = vec![0; limits.required_buffer()];
    let mut filled = 0;
    // The place of the buffer in the stream, and of the request.
    let mut place = 0;
    let mut start = 0;
    let mut request = Request::default();
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        filled += read;
        let mut input = &buffer[..filled];
        let stop = loop {
            match parser.next_event(&mut input) {
                Ok(Some(Event::End)) => {
                    writeln!(output, "{start} {request}")?;
                    start = place + to_u64(filled - input.len());
                    if request.is_last {
                        break Some(Ok(()));
                    }
                    request = Request::default();
                }
                Ok(Some(event)) => request.add(event),
                Ok(None) => break None,
                Err(error) => break Some(Err(error)),
            }
        };
        let left = input.len();
        if let Some(result) = stop {
            let unread = to_u64(left) + io::copy(&mut stream, &mut io::sink())?;
            return report(result, start, unread, output);
        }
        if read == 0 {
            return match parser.finish(input) {
                Ok(()) => Ok(true),
                end => report(end, start, 0, output),
            };
        }
        place += to_u64(filled - left);
        buffer.copy_within(filled - left..filled, 0);
        filled = left;
    }
}

/// Prints why the sniffer stops.
fn report(
    result: Result<(), Error>,
    start: u64,
    unread: u64,
    output: &mut impl Write,
) -> io::Result<bool> {
    match result {
        Ok(()) => writeln!(output, "{start} end of the connection")?,
        Err(error) => writeln!(output, "{start} {error} of the request ({})", error.rule())?,
    }
    if unread > 0 {
        writeln!(output, "and {unread} octets that are not parsed")?;
    }
    Ok(result.is_ok())
}

/// The contents of a line about a request.
#[derive(Default)]
struct Request {
    line: String,
    host: String,
    content: u64,
    offers_upgrade: bool,
    is_last: bool,
}

impl Request {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::RequestLine(line) => {
                let (method, target) = (line.method.escape_ascii(), line.target.escape_ascii());
                self.line = format!("{method} {target} {}", line.version);
                self.is_last = line.method == b"CONNECT";
            }
            Event::Header(field) if field.name.eq_ignore_ascii_case(b"host") => {
                self.host = field.value.escape_ascii().to_string();
            }
            Event::HeadEnd(framing) => {
                self.is_last |= !framing.keep_alive;
                self.offers_upgrade = framing.upgrade;
            }
            Event::Body(octets) => self.content += to_u64(octets.len()),
            Event::Header(_) | Event::Trailer(_) | Event::End => {}
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, host, content, .. } = self;
        write!(f, "{line}, host {host}, {content} octets of content")?;
        if self.offers_upgrade { f.write_str(", offers an upgrade") } else { Ok(()) }
    }
}

const fn to_u64(octets: usize) -> u64 {
    octets as u64
}
