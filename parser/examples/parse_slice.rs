//! Prints all requests of one slice, event by event.
//!
//! ```sh
//! cargo run --example parse_slice
//! ```

use h1events::{Event, RequestParser};

fn main() -> Result<(), h1events::Error> {
    let mut input: &[u8] = b"POST /upload HTTP/1.1\r\n\
        Host: example.org\r\n\
        Transfer-Encoding: chunked\r\n\
        \r\n\
        6\r\nHello,\r\n7\r\n world!\r\n0\r\nX-Checksum: 93\r\n\r\n\
        GET /next HTTP/1.1\r\nHost: example.org\r\n\r\n";

    let mut parser = RequestParser::new();
    while let Some(event) = parser.next_event(&mut input)? {
        match event {
            Event::RequestLine(line) => {
                println!("{} {} {}", text(line.method), text(line.target), line.version);
            }
            Event::Header(field) => println!("  {}: {}", text(field.name), text(field.value)),
            Event::HeadEnd(framing) => println!("  {framing:?}"),
            Event::Body(bytes) => println!("  body: {}", text(bytes)),
            Event::Trailer(field) => {
                println!("  trailer {}: {}", text(field.name), text(field.value));
            }
            Event::End => println!("  end"),
        }
    }
    parser.finish(input)
}

fn text(octets: &[u8]) -> impl std::fmt::Display {
    octets.escape_ascii()
}
