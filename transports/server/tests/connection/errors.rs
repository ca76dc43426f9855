//! Error responses.

use h1events_server::{Diagnostic, Limits, Response};

use crate::support::{Client, get};

/// ERR-5, ERR-7, RFC 9110 section 15.5: a fixed text, and close.
#[test]
fn error_is_a_fixed_text() {
    let mut client = Client::new();
    client.send("GET /<script># HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.expect_one(400);
    assert_eq!(answer.text(), "400 Bad Request: octet not allowed in the request target\n");
    assert_eq!(answer.field("content-type"), Some("text/plain; charset=utf-8"));
    assert!(answer.field("date").is_some());
    client.expect_shutdown();
}

/// Each status of the parser is sent, with its reason.
#[test]
fn error_has_status_of_parser() {
    let long = |n: u32| "a".repeat(n as usize + 1);
    let limits = Limits::new();
    let cases = [
        (400, "\x16\x03\x01".to_owned(), "400 Bad Request: expected a request line, found a TLS"),
        (413, post("Content-Length: 1048577"), "413 Content Too Large: "),
        (414, format!("GET /{}", long(limits.target)), "414 URI Too Long: "),
        (417, post("Expect: tea"), "417 Expectation Failed: "),
        (431, post(&format!("A: {}", long(limits.field_line))), "431 Request Header Fields"),
        (501, post("Transfer-Encoding: gzip, chunked"), "501 Not Implemented: "),
        (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "505 HTTP Version Not Supported: "),
    ];
    for (status, request, text) in cases {
        let mut client = Client::new();
        client.send(request);
        let answer = client.expect_one(status);
        assert!(answer.text().starts_with(text), "{}", answer.text());
        assert!(
            matches!(client.diagnostics[..], [Diagnostic::Refused(error)] if error.status() == status)
        );
    }
}

fn post(field: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n")
}

/// ERR-1, SMG-UNR-2: after an error, no input is parsed, with any cut.
#[test]
fn error_ends_parsing() {
    for read_size in [1, 50, usize::MAX] {
        let mut client = Client::new();
        client.read_size = read_size;
        client.send(post("Content-Length: 5x") + "hello" + &get("/smuggled")).send(get("/"));
        client.expect_one(400);
    }
}

/// ERR-4: a HEAD gets no content, even in an error.
#[test]
fn error_to_head_has_no_content() {
    for request in [
        "HEAD  / HTTP/1.1\r\n",
        "\r\nHEAD /# HTTP/1.1\r\n",
        "HEAD / HTTP/1.1\r\nHost : a\r\n",
        "HEAD / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",
    ] {
        for read_size in [1, usize::MAX] {
            let mut client = Client::new();
            client.read_size = read_size;
            client.methods.push("HEAD".to_owned());
            client.send(request).expect(&[(400, "")]).expect_shutdown();
        }
    }
}

/// The request before doesn't affect an error.
#[test]
fn error_ignores_request_before() {
    let mut client = Client::new();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n\x16");
    let answers = client.answers();
    assert_eq!((answers[0].status, answers[0].text()), (200, ""));
    assert_eq!(answers[1].status, 400);
    assert!(!answers[1].body.is_empty());
    let mut client = Client::new();
    client.send(get("/") + "HEAD\0");
    assert_eq!(client.answers()[1].text(), "400 Bad Request: octet not allowed in the method\n");
}

/// ERR-6: if the body has an error, the application never sees the request.
#[test]
fn error_in_body_reaches_no_application() {
    let mut client = Client::with_application(|_| -> Response { unreachable!("not whole") });
    client.send(post("Transfer-Encoding: chunked") + "5\r\nhello\r\nZZ\r\n");
    client.expect_one(400);
    assert!(client.methods.is_empty());
}

/// The limit of chunked content: the 413 comes at the chunk size that exceeds it, not after the data.
#[test]
fn chunk_size_beyond_limit_gets_413() {
    let mut client = Client::new();
    client.send(post("Transfer-Encoding: chunked") + "100001\r\n");
    client.expect_one(413);
    client.expect_shutdown();
}

/// The log gets one line, without a byte of the input.
#[test]
fn diagnostic_is_one_line() {
    let mut client = Client::new();
    client.send(get("/") + "GET /<script># HTTP/1.1\r\n");
    let [diagnostic] = client.diagnostics[..] else { panic!("one diagnostic") };
    assert_eq!(
        diagnostic.to_string(),
        "refused with 400: octet not allowed in the request target, at byte 13"
    );
    client.advance_to_close();
    assert_eq!(client.diagnostics.len(), 1);
}
