//! The `Debug` form of events, for logs and failed assertions: octets as text, with escapes.

use h1events::{Event, RequestParser, Version};

#[test]
fn events_are_shown_as_text_with_escapes() {
    let mut input: &[u8] =
        b"PUT /a\"b HTTP/1.2\r\nHost: a\r\nX: \xff\t'\r\nTransfer-Encoding: chunked\r\n\r\n\
          2\r\n\r\n\r\n0\r\nT:\r\n\r\n";
    let mut parser = RequestParser::new();
    let mut lines = vec![];
    while let Some(event) = parser.next_event(&mut input).unwrap() {
        lines.push(format!("{event:?}"));
    }
    let expected = [
        r#"RequestLine(RequestLine { method: "PUT", target: "/a\"b", version: HTTP/1.2 })"#,
        r#"Header(Field { name: "Host", value: "a" })"#,
        r#"Header(Field { name: "X", value: "\xff\t\'" })"#,
        r#"Header(Field { name: "Transfer-Encoding", value: "chunked" })"#,
        "HeadEnd(Framing { body: Chunked, keep_alive: true, expect_continue: false, upgrade: false })",
        r"Body([13, 10])",
        r#"Trailer(Field { name: "T", value: "" })"#,
        "End",
    ];
    assert_eq!(lines, expected);
    assert_eq!(format!("{:?}", Event::End), "End");
}

#[test]
fn version_is_shown_as_on_the_wire() {
    assert_eq!(format!("{} {:?}", Version::HTTP_10, Version::HTTP_11), "HTTP/1.0 HTTP/1.1");
}
