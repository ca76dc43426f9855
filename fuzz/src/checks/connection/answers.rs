//! The answers: what the application gives, and what the client gets, which another parser reads.

use h1events_server::Response;

use super::expected::Expected;

/// A request that the application has answered.
pub(super) struct Handled {
    pub(super) is_head: bool,
    /// None if it has agreed to an upgrade, which may not have been offered.
    pub(super) status: Option<u16>,
    pub(super) closes: bool,
}

/// An answer of some kind, which says which request it is for.
pub(super) fn answer(number: usize, octet: u8) -> (u16, Response) {
    let status = [200, 200, 204, 304, 404, 500][usize::from(octet) % 6];
    let length = [0, 8, 100, 3000, 17_000][usize::from(octet) % 5];
    let response = Response::new(status);
    (status, if status == 200 { response.with_body(body(number, length)) } else { response })
}

fn body(number: usize, length: usize) -> Vec<u8> {
    format!("{number:08}").into_bytes().into_iter().cycle().take(length).collect()
}

/// Asserts that there is one final answer for each request that was handled, in their order, and at
/// most one after them, which refuses: its status.
pub(super) fn check(
    sent: &[u8],
    handled: &[Handled],
    expected: &Expected<'_>,
    is_cut: bool,
) -> Option<u16> {
    let mut rest = sent;
    let mut number = 0;
    let mut is_last = false;
    let mut has_continued = false;
    let mut refusal = None;
    while !rest.is_empty() {
        assert!(!is_last, "an answer after the last one");
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut answer = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(len) = answer.parse(rest).expect("it is an answer") else {
            assert!(is_cut, "half an answer");
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
        assert!(field("Content-Length").is_none() || !matches!(status, 101 | 204 | 304));
        is_last = field("Connection").is_some_and(|value| value.starts_with("close"));
        let length = field("Content-Length").map_or(0, |value| value.parse().expect("digits"));
        let content = &rest[..rest.len().min(length)];
        let is_whole = content.len() == length || is_cut;
        let Some(Handled { is_head, status: given, closes }) = handled.get(number) else {
            assert!((400..=505).contains(&status) && is_last, "an answer that nobody gave");
            // What refuses a HEAD has no content either.
            assert!(is_whole || content.is_empty(), "half an answer");
            refusal = Some(status);
            rest = &rest[content.len()..];
            continue;
        };
        match given {
            Some(given) => assert_eq!(status, *given, "answer {number}"),
            None => assert!(matches!(status, 101 | 200 | 500), "{status} to an upgrade"),
        }
        assert!(is_last || !closes, "answer {number}");
        if !is_head {
            assert!(is_whole, "half an answer");
            if status == 200 {
                assert!(body(number, length).starts_with(content), "answer {number}");
            }
            rest = &rest[content.len()..];
        }
        number += 1;
    }
    assert!(number == handled.len() || is_cut || refusal.is_some(), "an answer is missing");
    refusal
}
