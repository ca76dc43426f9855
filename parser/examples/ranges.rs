//! Keeps a head as ranges of the buffer, without copies and without borrows.
//!
//! ```sh
//! cargo run --example ranges
//! ```

use std::ops::Range;

use h1events::{Event, RequestParser, range_of};

/// A request that owns its bytes, and the positions of its parts.
struct Request {
    bytes: Vec<u8>,
    target: Range<usize>,
    fields: Vec<(Range<usize>, Range<usize>)>,
}

impl Request {
    fn parse(bytes: Vec<u8>) -> Result<Self, h1events::Error> {
        let mut target = 0..0;
        let mut fields = Vec::new();
        let place = |octets| range_of(octets, &bytes).expect("the input is part of `bytes`");

        let mut parser = RequestParser::new();
        let mut input = &bytes[..];
        while let Some(event) = parser.next_event(&mut input)? {
            match event {
                Event::RequestLine(line) => target = place(line.target),
                Event::Header(field) => fields.push((place(field.name), place(field.value))),
                _ => {}
            }
        }
        parser.finish(input)?;
        Ok(Self { bytes, target, fields })
    }

    fn target(&self) -> &[u8] {
        &self.bytes[self.target.clone()]
    }

    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields
            .iter()
            .map(|(name, value)| (&self.bytes[name.clone()], &self.bytes[value.clone()]))
    }
}

fn main() -> Result<(), h1events::Error> {
    let request =
        Request::parse(b"GET /tea HTTP/1.1\r\nHost: example.org\r\nX-Empty:\r\n\r\n".to_vec())?;
    println!("{}", request.target().escape_ascii());
    for (name, value) in request.fields() {
        println!("{}: {}", name.escape_ascii(), value.escape_ascii());
    }
    Ok(())
}
