//! The answers: what the application gives, and what the client gets, which another parser reads.

use h1events_server::Response;

use super::expected::Expected;
use super::parts::Parts;

/// A request that the application has answered.
pub(super) struct Handled {
    pub(super) is_head: bool,
    /// None if it has agreed to an upgrade, which may not have been offered.
    pub(super) status: Option<u16>,
    pub(super) closes: bool,
    /// What its body is made of, while it is sent.
    pub(super) parts: Option<Parts>,
}

/// How a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Reset,
    /// In the midst of an answer, since the client has stopped reading.
    GivenUp,
}

/// An answer of some kind, which says which request it is for.
pub(super) fn answer(number: usize, octet: u8) -> (u16, Response) {
    let status = [200, 200, 204, 304, 404, 500][usize::from(octet) % 6];
    let length = [0, 8, 100, 3000, 17_000][usize::from(octet) % 5];
    let response = Response::new(status);
    (status, if status == 200 { response.with_body(body(number, length)) } else { response })
}

pub(super) fn body(number: usize, length: usize) -> Vec<u8> {
    pattern(number, 0).take(length).collect()
}

/// The octets of a body from some place on.
pub(super) fn pattern(number: usize, start: usize) -> impl Iterator<Item = u8> {
    format!("{number:08}").into_bytes().into_iter().cycle().skip(start % 8)
}

/// Asserts that there is one final answer for each request that was handled, in their order, and at
/// most one after them, which refuses: its status. Only the last one may be cut.
pub(super) fn check(
    sent: &[u8],
    handled: &[Handled],
    expected: &Expected<'_>,
    end: End,
) -> Option<u16> {
    let mut rest = sent;
    let mut number = 0;
    let mut is_last = false;
    let mut has_continued = false;
    let mut refusal = None;
    while !rest.is_empty() {
        assert!(!is_last, "an answer after the last one");
        let may_fail = handled
            .get(number)
            .and_then(|handled| handled.parts)
            .is_some_and(|parts| parts.fails());
        let may_be_cut = end != End::Closed || may_fail;
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut answer = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(len) = answer.parse(rest).expect("it is an answer") else {
            assert!(may_be_cut, "half an answer");
            return refusal;
        };
        rest = &rest[len..];
        let status = answer.code.expect("it is complete");
        if status == 100 {
            assert!(expected.awaits[number] && !has_continued, "a 100 that nobody awaits");
            has_continued = true;
            continue;
        }
        has_continued = false;
        let field = |name: &str| {
            let mut found = answer.headers.iter().filter(|field| field.name == name);
            let value = found.next().map(|field| String::from_utf8_lossy(field.value));
            assert!(found.next().is_none(), "{name} twice");
            value
        };
        assert!(field("Date").is_some());
        let length = field("Content-Length").map(|value| value.parse().expect("digits"));
        let is_chunked = field("Transfer-Encoding").is_some_and(|value| value == "chunked");
        assert!(length.is_none() || !is_chunked && !matches!(status, 101 | 204 | 304));
        is_last = field("Connection").is_some_and(|value| value.starts_with("close"));
        let request = handled.get(number);
        let is_head = request.is_some_and(|request| request.is_head);
        let is_streamed = request.is_some_and(|request| request.parts.is_some());
        assert!(!is_chunked || is_streamed, "chunks of what was whole");
        // What refuses a HEAD has no content either.
        let is_refused_head = request.is_none() && rest.is_empty();
        let content = if is_head || is_refused_head || matches!(status, 101 | 204 | 304) {
            Content::whole(&[])
        } else if is_chunked {
            Content::of_chunks(&mut rest)
        } else if let Some(length) = length {
            Content::of_length(&mut rest, length)
        } else if is_streamed && status == 200 {
            assert!(is_last, "only the end of the connection tells that of the body");
            let octets = std::mem::take(&mut rest);
            Content { octets: octets.to_vec(), is_whole: end == End::Closed }
        } else {
            Content::whole(&[])
        };
        assert!(content.is_whole || may_be_cut, "half an answer");
        assert!(content.is_whole || rest.is_empty(), "an answer after one that was cut");
        let Some(request) = request else {
            assert!((400..=505).contains(&status) && is_last, "an answer that nobody gave");
            refusal = Some(status);
            continue;
        };
        match request.status {
            Some(given) => {
                assert_eq!(status, given, "status of answer {number}: sent, and given");
            }
            None => assert!(matches!(status, 101 | 200 | 500), "{status} to an upgrade"),
        }
        assert!(is_last || !request.closes, "answer {number} doesn't say that it is the last one");
        if let Some(parts) = request.parts.filter(|_| status == 200 && !is_head) {
            parts.check(number, &content.octets, content.is_whole, length);
        } else if status == 200 && request.status.is_some() {
            let whole = body(number, content.octets.len());
            assert!(whole == content.octets, "answer {number} isn't the body that was given");
        }
        number += 1;
    }
    let may_lack = handled.get(number).and_then(|handled| handled.parts).is_some_and(|p| p.fails());
    let is_cut = end != End::Closed || may_lack;
    assert!(number == handled.len() || is_cut || refusal.is_some(), "an answer is missing");
    refusal
}

/// What a client takes for the content of an answer.
struct Content {
    octets: Vec<u8>,
    is_whole: bool,
}

impl Content {
    fn whole(octets: &[u8]) -> Self {
        Self { octets: octets.to_vec(), is_whole: true }
    }

    fn of_length(rest: &mut &[u8], length: usize) -> Self {
        let (octets, after) = rest.split_at(rest.len().min(length));
        *rest = after;
        Self { octets: octets.to_vec(), is_whole: octets.len() == length }
    }

    fn of_chunks(rest: &mut &[u8]) -> Self {
        let mut content = Self { octets: vec![], is_whole: false };
        loop {
            let size = httparse::parse_chunk_size(rest).expect("it is a chunk");
            let httparse::Status::Complete((line, size)) = size else { break };
            let size = usize::try_from(size).expect("it is of this server");
            let after = &rest[line..];
            if size == 0 {
                let end = after.windows(2).position(|window| window == b"\r\n");
                let Some(end) = end else { break };
                assert_eq!(end, 0, "trailers that nobody gave");
                *rest = &after[2..];
                content.is_whole = true;
                return content;
            }
            content.octets.extend_from_slice(&after[..size.min(after.len())]);
            let Some(after) =
                after.get(size..).and_then(|after| after.get(..2).map(|end| (after, end)))
            else {
                break;
            };
            assert_eq!(after.1, b"\r\n");
            *rest = &after.0[2..];
        }
        *rest = &[];
        content
    }
}
