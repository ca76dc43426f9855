//! One function for each parser. Each takes inputs of one or more whole requests, touches the
//! method, the target, and each name and value, and uses the fastest way that the parser's
//! documentation offers. That of h1events takes bodies, too.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::os::raw::c_char;
use std::{ptr, slice};

use h1events::{Event, RequestParser};
use ntex_httparse::{HeaderParsed, SlicePos};
use picohttpparser_sys::{phr_header, phr_parse_request};

/// Number of fields that h1events takes by default.
pub(crate) const MAX_FIELDS: usize = 128;

pub(crate) struct Parser {
    pub(crate) name: &'static str,
    pub(crate) parse: fn(&[&[u8]]) -> Checksum,
}

pub(crate) const H1EVENTS: usize = 0;
pub(crate) const HTTPARSE: usize = 1;

pub(crate) const PARSERS: [Parser; 4] = [
    Parser { name: "h1events", parse: h1events },
    Parser { name: "httparse", parse: httparse },
    Parser { name: "ntex-httparse", parse: ntex_httparse },
    Parser { name: "picohttpparser", parse: picohttpparser },
];

/// A sum over the parsed parts: the same for all parsers, or one of them is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) requests: u64,
    pub(crate) fields: u64,
    octets: u64,
    mix: u64,
}

impl Checksum {
    #[inline(always)]
    pub(crate) fn request(&mut self, method: &[u8], target: &[u8], minor_version: u8) {
        self.requests += 1;
        self.mix ^= u64::from(minor_version);
        self.text(method);
        self.text(target);
    }

    #[inline(always)]
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8]) {
        self.fields += 1;
        self.text(name);
        self.text(value);
    }

    /// Adds some of the content: one piece for each chunk.
    #[inline(always)]
    pub(crate) fn content(&mut self, content: &[u8]) {
        self.text(content);
    }

    /// Adds the length and the first byte. They are cheap, but a parser has to find both ends of
    /// the text for them.
    #[inline(always)]
    fn text(&mut self, text: &[u8]) {
        self.octets += text.len() as u64;
        self.mix = self.mix.rotate_left(5) ^ u64::from(text.first().copied().unwrap_or_default());
    }
}

pub(crate) fn h1events(inputs: &[&[u8]]) -> Checksum {
    let mut checksum = Checksum::default();
    let mut parser = RequestParser::new();
    for &input in inputs {
        let mut input = input;
        while let Some(event) = parser.next_event(&mut input).expect("a valid request") {
            match event {
                Event::RequestLine(line) => {
                    checksum.request(line.method, line.target, line.version.minor())
                }
                Event::Header(field) => checksum.field(field.name, field.value),
                Event::HeadEnd(framing) => {
                    black_box(framing);
                }
                Event::Body(content) => checksum.content(content),
                Event::Trailer(field) => checksum.field(field.name, field.value),
                Event::End if input.is_empty() => break,
                Event::End => {}
            }
        }
    }
    checksum
}

pub(crate) fn httparse(inputs: &[&[u8]]) -> Checksum {
    let mut checksum = Checksum::default();
    for &input in inputs {
        let mut rest = input;
        while !rest.is_empty() {
            let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
            let mut parsed = httparse::Request::new(&mut []);
            let length = parsed
                .parse_with_uninit_headers(rest, &mut fields)
                .expect("a valid request")
                .unwrap();
            httparse_request(&parsed, &mut checksum);
            rest = &rest[length..];
        }
    }
    checksum
}

#[inline(always)]
pub(crate) fn httparse_request(parsed: &httparse::Request, checksum: &mut Checksum) {
    checksum.request(
        parsed.method.unwrap_or_default().as_bytes(),
        parsed.path.unwrap_or_default().as_bytes(),
        parsed.version.unwrap_or_default(),
    );
    for field in parsed.headers.iter() {
        checksum.field(field.name.as_bytes(), field.value);
    }
}

pub(crate) fn ntex_httparse(inputs: &[&[u8]]) -> Checksum {
    let mut checksum = Checksum::default();
    let mut line = ntex_httparse::Request::default();
    let mut field = ntex_httparse::Header::default();
    for &input in inputs {
        let mut rest = input;
        while !rest.is_empty() {
            let length = line.parse(rest).expect("a valid request").unwrap();
            checksum.request(at(rest, line.method), at(rest, line.path), line.version);
            rest = &rest[length..];
            loop {
                match field.parse(rest).expect("a valid request").unwrap() {
                    HeaderParsed::Header(length) => {
                        checksum.field(at(rest, field.name), at(rest, field.value));
                        rest = &rest[length..];
                    }
                    HeaderParsed::Eof(length) => {
                        rest = &rest[length..];
                        break;
                    }
                }
            }
        }
    }
    checksum
}

#[inline(always)]
pub(crate) fn at(source: &[u8], position: SlicePos) -> &[u8] {
    &source[position.start..position.end]
}

pub(crate) fn picohttpparser(inputs: &[&[u8]]) -> Checksum {
    let mut checksum = Checksum::default();
    for &input in inputs {
        let mut rest = input;
        while !rest.is_empty() {
            let length = picohttpparser_request(rest, 0, &mut checksum).expect("a valid request");
            rest = &rest[length..];
        }
    }
    checksum
}

/// Parses a head of which the first `seen` bytes were incomplete. Returns its length, unless it is
/// incomplete.
#[inline(always)]
pub(crate) fn picohttpparser_request(
    request: &[u8],
    seen: usize,
    checksum: &mut Checksum,
) -> Option<usize> {
    let (mut method, mut method_length) = (ptr::null::<c_char>(), 0);
    let (mut target, mut target_length) = (ptr::null::<c_char>(), 0);
    let mut minor_version = 0;
    let mut fields = [const { MaybeUninit::<phr_header>::uninit() }; MAX_FIELDS];
    let mut count = fields.len();
    // SAFETY: the buffer is readable for its length, `fields` is writable for `count` entries, and
    // the rest are places of our own. The parser keeps none of the pointers.
    let result = unsafe {
        phr_parse_request(
            request.as_ptr().cast(),
            request.len(),
            &mut method,
            &mut method_length,
            &mut target,
            &mut target_length,
            &mut minor_version,
            fields.as_mut_ptr().cast(),
            &mut count,
            seen,
        )
    };
    assert!(result != -1, "a valid request");
    let length = usize::try_from(result).ok()?;
    // SAFETY: the parser succeeded, so that these point into `request`, and it has written `count`
    // fields.
    unsafe {
        checksum.request(
            text(method, method_length),
            text(target, target_length),
            minor_version as u8,
        );
        for field in fields[..count].assume_init_ref() {
            checksum.field(text(field.name, field.name_len), text(field.value, field.value_len));
        }
    }
    Some(length)
}

/// # Safety
///
/// The pointer is valid for `length` bytes, or null (which the name of a folded line is) and
/// `length` 0.
#[inline(always)]
unsafe fn text<'a>(pointer: *const c_char, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(pointer.cast(), length) }
}
