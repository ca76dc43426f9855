//! A reader of responses that shares no code with the crate: strict, and only for what a server
//! of this project may send.

/// A response, interim ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

impl Answer {
    /// The value of a field that is there at most once.
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
}

/// Reads the responses to requests with these methods, in order; those for which there is no method are
/// read as answers to a GET. Gives them with what is left after a switch of protocols.
///
/// Panics if the bytes are anything else than whole responses.
pub(crate) fn read<'a>(
    mut bytes: &'a [u8],
    mut methods: impl Iterator<Item = &'a str>,
) -> (Vec<Answer>, &'a [u8]) {
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let (status, fields) = head(&mut bytes);
        let mut answer = Answer { status, fields, body: Vec::new(), trailers: Vec::new() };
        if status == 101 {
            assert!(answer.field("upgrade").is_some(), "{answer:?}");
            assert_eq!(answer.field("connection"), Some("upgrade"));
            answers.push(answer);
            return (answers, bytes);
        }
        if status < 200 {
            assert_eq!(answer.field("content-length"), None, "{answer:?}");
            answers.push(answer);
            continue;
        }
        let method = methods.next().unwrap_or("GET");
        if method == "CONNECT" && status < 300 {
            assert_eq!(answer.field("content-length"), None, "{answer:?}");
            answers.push(answer);
            return (answers, bytes);
        }
        let length = answer.field("content-length").map(|value| {
            assert!(value.bytes().all(|octet| octet.is_ascii_digit()), "{value}");
            value.parse::<usize>().unwrap()
        });
        let is_chunked = answer.field("transfer-encoding") == Some("chunked");
        assert!(!(is_chunked && length.is_some()), "{answer:?}");
        if matches!(status, 204 | 304) {
            assert_eq!(length, None, "{answer:?}");
        } else if is_chunked && method != "HEAD" {
            (answer.body, answer.trailers) = chunks(&mut bytes);
        } else if method != "HEAD" {
            let length = length.expect("Content-Length is there");
            assert!(length <= bytes.len(), "{} of {length} octets of content", bytes.len());
            let (body, rest) = bytes.split_at(length);
            answer.body = body.to_vec();
            bytes = rest;
        }
        answers.push(answer);
    }
    (answers, bytes)
}

/// Reads a body in chunks, and its trailers.
fn chunks(bytes: &mut &[u8]) -> (Vec<u8>, Vec<(String, String)>) {
    let mut body = Vec::new();
    loop {
        let size = line(bytes);
        assert!(size.bytes().all(|octet| octet.is_ascii_hexdigit()), "{size}");
        let size = usize::from_str_radix(&size, 16).unwrap();
        if size == 0 {
            return (body, field_lines(bytes));
        }
        body.extend_from_slice(&bytes[..size]);
        *bytes = &bytes[size..];
        assert_eq!(line(bytes), "", "a chunk ends with CRLF");
    }
}

type Head = (u16, Vec<(String, String)>);

fn head(bytes: &mut &[u8]) -> Head {
    let status_line = line(bytes);
    let rest = status_line.strip_prefix("HTTP/1.1 ").expect("a status line");
    let (code, reason) = rest.split_once(' ').expect("a space after the status");
    assert!(code.len() == 3 && code.bytes().all(|octet| octet.is_ascii_digit()), "{code}");
    assert!(reason.bytes().all(|octet| matches!(octet, b' '..=b'~')), "{reason}");
    (code.parse().unwrap(), field_lines(bytes))
}

fn field_lines(bytes: &mut &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    loop {
        let line = line(bytes);
        if line.is_empty() {
            return fields;
        }
        let (name, value) = line.split_once(": ").expect("a field line");
        assert!(name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-'), "{name}");
        assert!(!value.chars().any(|character| character.is_ascii_control()), "{value}");
        fields.push((name.to_owned(), value.to_owned()));
    }
}

fn line(bytes: &mut &[u8]) -> String {
    let end = bytes.windows(2).position(|window| window == b"\r\n").expect("the line ends");
    let line = String::from_utf8(bytes[..end].to_vec()).unwrap();
    *bytes = &bytes[end + 2..];
    line
}
