//! Reads requests from any `std::io::Read`, into a buffer that never grows.
//!
//! ```sh
//! printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | cargo run --example feed_reader
//! ```

use std::error::Error;
use std::io::{self, Read};

use h1events::{Event, Limits, RequestParser};

fn main() -> Result<(), Box<dyn Error>> {
    let requests = read_requests(io::stdin().lock())?;
    println!("{requests} requests");
    Ok(())
}

fn read_requests(mut reader: impl Read) -> Result<usize, Box<dyn Error>> {
    let limits = Limits::new();
    let mut parser = RequestParser::with_limits(limits);
    // A buffer of this size always has space for more after `Ok(None)`.
    let mut buffer = vec![0; limits.required_buffer()];
    let mut filled = 0;
    let mut requests = 0;
    loop {
        let read = reader.read(&mut buffer[filled..])?;
        filled += read;

        let mut input = &buffer[..filled];
        while let Some(event) = parser.next_event(&mut input)? {
            if let Event::RequestLine(line) = event {
                println!("{} {}", line.method.escape_ascii(), line.target.escape_ascii());
            } else if event == Event::End {
                requests += 1;
            }
        }
        if read == 0 {
            parser.finish(input)?;
            return Ok(requests);
        }

        let unconsumed = filled - input.len()..filled;
        filled = unconsumed.len();
        buffer.copy_within(unconsumed, 0);
    }
}
