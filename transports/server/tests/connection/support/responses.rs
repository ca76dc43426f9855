//! A reader of responses that shares no code with the crate. It is strict, and accepts only what a
//! server of this project may send.

/// A response, interim ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

/// The client's bytes at the end of a connection.
#[derive(Debug, Default)]
pub(crate) struct Read<'a> {
    pub(crate) answers: Vec<Answer>,
    /// The incomplete answer, if its head is complete.
    pub(crate) part: Option<Answer>,
    /// Bytes of an incomplete head, or of the new protocol.
    pub(crate) rest: &'a [u8],
}

impl Answer {
    /// Returns the value of a field that is there at most once.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self
            .fields
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice in {self:?}");
        value
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// Returns whether the body ends with the connection.
    fn ends_with_connection(&self, method: &str) -> bool {
        method != "HEAD"
            && !matches!(self.status, 204 | 304)
            && self.field("content-length").is_none()
            && self.field("transfer-encoding").is_none()
    }
}

/// Reads the responses to requests with these methods, in order; further ones are read as answers to a
/// GET. Returns them with the bytes after a switch of protocols.
///
/// Panics if the bytes aren't complete responses.
pub(crate) fn read<'a>(
    bytes: &'a [u8],
    methods: impl Iterator<Item = &'a str>,
) -> (Vec<Answer>, &'a [u8]) {
    let read = read_to_end(bytes, methods, false);
    assert_eq!(read.part, None, "half an answer");
    let is_switched = read.answers.last().is_some_and(|answer| matches!(answer.status, 101 | 200));
    assert!(read.rest.is_empty() || is_switched, "half a head");
    (read.answers, read.rest)
}

/// Reads the bytes up to the end of the connection. `is_closed`: it was a close, not a reset.
///
/// Panics if the bytes aren't the beginning of responses.
pub(crate) fn read_to_end<'a>(
    bytes: &'a [u8],
    mut methods: impl Iterator<Item = &'a str>,
    is_closed: bool,
) -> Read<'a> {
    let mut read = Read { rest: bytes, ..Read::default() };
    while !read.rest.is_empty() {
        let mut bytes = read.rest;
        let Some((status, fields)) = head(&mut bytes) else { return read };
        read.rest = bytes;
        let mut answer = Answer { status, fields, body: Vec::new(), trailers: Vec::new() };
        if status == 101 {
            assert!(answer.field("upgrade").is_some(), "{answer:?}");
            assert_eq!(answer.field("connection"), Some("upgrade"));
            read.answers.push(answer);
            return read;
        }
        if status < 200 {
            assert_eq!(answer.field("content-length"), None, "{answer:?}");
            read.answers.push(answer);
            continue;
        }
        let method = methods.next().unwrap_or("GET");
        if method == "CONNECT" && status < 300 {
            assert_eq!(answer.field("content-length"), None, "{answer:?}");
            read.answers.push(answer);
            return read;
        }
        if body(&mut answer, method, &mut read.rest, is_closed) {
            read.answers.push(answer);
        } else {
            read.part = Some(answer);
            return read;
        }
    }
    read
}

/// Reads the body of an answer. Returns whether it is complete.
fn body(answer: &mut Answer, method: &str, bytes: &mut &[u8], is_closed: bool) -> bool {
    let length = answer.field("content-length").map(|value| {
        assert!(value.bytes().all(|octet| octet.is_ascii_digit()), "{value}");
        value.parse::<usize>().unwrap()
    });
    let coding = answer.field("transfer-encoding");
    assert!(coding.is_none_or(|coding| coding == "chunked"), "{answer:?}");
    assert!(coding.is_none() || length.is_none(), "{answer:?}");
    if matches!(answer.status, 204 | 304) {
        assert_eq!(length, None, "{answer:?}");
    }
    if matches!(answer.status, 204 | 304) || method == "HEAD" {
        return true;
    }
    if coding.is_some() {
        return chunks(answer, bytes).is_some();
    }
    if answer.ends_with_connection(method) {
        assert_eq!(answer.field("connection"), Some("close"), "{answer:?}");
    }
    let has_come = length.unwrap_or(bytes.len()).min(bytes.len());
    let (body, rest) = bytes.split_at(has_come);
    answer.body = body.to_vec();
    *bytes = rest;
    length.map_or(is_closed, |length| has_come == length)
}

/// Reads a body in chunks, and its trailers. `None` if it is incomplete.
fn chunks(answer: &mut Answer, bytes: &mut &[u8]) -> Option<()> {
    loop {
        let size = line(bytes)?;
        assert!(size.bytes().all(|octet| octet.is_ascii_hexdigit()), "{size}");
        let size = usize::from_str_radix(&size, 16).unwrap();
        if size == 0 {
            answer.trailers = field_lines(bytes)?;
            return Some(());
        }
        let has_come = size.min(bytes.len());
        answer.body.extend_from_slice(&bytes[..has_come]);
        *bytes = &bytes[has_come..];
        let end = line(bytes)?;
        assert!(end.is_empty(), "a chunk ends with CRLF");
    }
}

type Head = (u16, Vec<(String, String)>);

fn head(bytes: &mut &[u8]) -> Option<Head> {
    let status_line = line(bytes)?;
    let rest = status_line.strip_prefix("HTTP/1.1 ").expect("a status line");
    let (code, reason) = rest.split_once(' ').expect("a space after the status");
    assert!(code.len() == 3 && code.bytes().all(|octet| octet.is_ascii_digit()), "{code}");
    assert!(reason.bytes().all(|octet| matches!(octet, b' '..=b'~')), "{reason}");
    Some((code.parse().unwrap(), field_lines(bytes)?))
}

fn field_lines(bytes: &mut &[u8]) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(bytes)?;
        if line.is_empty() {
            return Some(fields);
        }
        let (name, value) = line.split_once(": ").expect("a field line");
        assert!(name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-'), "{name}");
        assert!(!value.chars().any(|character| character.is_ascii_control()), "{value}");
        fields.push((name.to_owned(), value.to_owned()));
    }
}

/// Takes a line. `None` if it is incomplete.
fn line(bytes: &mut &[u8]) -> Option<String> {
    let end = bytes.windows(2).position(|window| window == b"\r\n")?;
    let line = String::from_utf8(bytes[..end].to_vec()).unwrap();
    *bytes = &bytes[end + 2..];
    Some(line)
}
