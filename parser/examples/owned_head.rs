//! Collects a head into a struct that owns its contents, from input that comes in pieces.
//!
//! ```sh
//! cargo run --example owned_head
//! ```

use h1events::{Event, Framing, RequestParser};

/// The head of a request. It grows with each event until `framing` is there.
#[derive(Default)]
struct Head {
    method: String,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    framing: Option<Framing>,
}

impl Head {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::RequestLine(line) => {
                self.method = text(line.method);
                self.target = text(line.target);
            }
            Event::Header(field) => self.fields.push((text(field.name), field.value.to_vec())),
            Event::HeadEnd(framing) => self.framing = Some(framing),
            Event::Body(_) | Event::Trailer(_) | Event::End => {}
        }
    }
}

fn main() -> Result<(), h1events::Error> {
    let pieces = ["PUT /tea HTTP/1.1\r\nHo", "st: a\r\nContent-Le", "ngth: 5\r\n\r\ngreen"];

    let mut parser = RequestParser::new();
    let mut head = Head::default();
    let mut buffer = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece.as_bytes());
        let mut input = &buffer[..];
        while head.framing.is_none()
            && let Some(event) = parser.next_event(&mut input)?
        {
            head.add(event);
        }
        let consumed = buffer.len() - input.len();
        buffer.drain(..consumed);
    }

    println!("{} {}", head.method, head.target);
    for (name, value) in &head.fields {
        println!("{name}: {}", value.escape_ascii());
    }
    println!("{:?}, and {} bytes after the head", head.framing, buffer.len());
    Ok(())
}

/// Methods, targets and field names are ASCII.
fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
