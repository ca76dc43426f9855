//! Requests with bodies. The only peer is httparse, with the least that a caller has to add to it:
//! Content-Length or else chunked, the content, and the line end after each chunk. ntex-httparse
//! has a copy of `parse_chunk_size`. picohttpparser joins the chunks in place, so its input can't
//! be parsed twice.

use std::mem::MaybeUninit;

use crate::peers::{self, Checksum, MAX_FIELDS, Parser};

pub(crate) const PARSERS: [Parser; 2] = [
    Parser { name: "h1events", parse: peers::h1events },
    Parser { name: "httparse", parse: httparse },
];

/// Number of trailer fields that h1events takes by default.
const MAX_TRAILERS: usize = 32;

fn httparse(inputs: &[&[u8]]) -> Checksum {
    let mut checksum = Checksum::default();
    let mut trailers = [httparse::EMPTY_HEADER; MAX_TRAILERS];
    for &input in inputs {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Request::new(&mut []);
        let head =
            parsed.parse_with_uninit_headers(input, &mut fields).expect("a valid request").unwrap();
        peers::httparse_request(&parsed, &mut checksum);
        let body = &input[head..];
        if let Some(length) = content_length(parsed.headers) {
            checksum.content(&body[..length]);
        } else {
            let section = chunks(body, &mut checksum);
            let (_, trailers) = httparse::parse_headers(section, &mut trailers)
                .expect("a valid trailer section")
                .unwrap();
            for trailer in trailers {
                checksum.field(trailer.name.as_bytes(), trailer.value);
            }
        }
    }
    checksum
}

fn content_length(fields: &[httparse::Header]) -> Option<usize> {
    let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"))?;
    str::from_utf8(field.value).ok()?.parse().ok()
}

/// Takes the chunks, and returns the trailer section.
fn chunks<'a>(mut body: &'a [u8], checksum: &mut Checksum) -> &'a [u8] {
    loop {
        let (line, size) = httparse::parse_chunk_size(body).expect("a valid chunk line").unwrap();
        body = &body[line..];
        if size == 0 {
            return body;
        }
        let (content, rest) = body.split_at(size as usize);
        checksum.content(content);
        body = rest.strip_prefix(b"\r\n").expect("a line end after a chunk");
    }
}
