//! Writing responses.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use h1events_server::{Content, InvalidHeader, OwnedRequest, ParseRequestError, Request, Response};

use crate::support::{Client, config, get};

const DATE: Duration = Duration::from_secs(784_111_777);

/// RFC 9110 section 6.6.1 (9110-6.6.1-1): every answer has a Date, from the caller's clock. A changed
/// clock shows within a second, and is read once a second at most.
#[test]
fn answers_have_a_date() {
    const MS: Duration = Duration::from_millis(1);
    let mut client = Client::new();
    assert_eq!(client.asked_for_date(), 0);
    client.send(get("/").repeat(3));
    for answer in client.new_answers() {
        assert_eq!(answer.field("date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    }
    client.advance(999 * MS).send(get("/"));
    assert_eq!(client.expect_one(200).field("date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(client.asked_for_date(), 1);
    client.advance(MS).send(get("/"));
    assert_eq!(client.expect_one(200).field("date"), Some("Sun, 06 Nov 1994 08:49:38 GMT"));
    assert_eq!(client.asked_for_date(), 1);
    client.date(UNIX_EPOCH - DATE).advance(999 * MS).send(get("/"));
    assert_eq!(client.expect_one(200).field("date"), Some("Sun, 06 Nov 1994 08:49:38 GMT"));
    client.advance(MS).send("nonsense\r\n");
    assert_eq!(client.expect_one(400).field("date"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
    assert_eq!(client.asked_for_date(), 1);
}

/// A Date from the application is the only one. 9110-6.6.1-2: without a clock there is none.
#[test]
fn date_is_not_doubled_and_can_be_left_out() {
    let own = "Mon, 07 Nov 1994 00:00:00 GMT";
    let mut client = Client::with_application(move |_| Response::new(200).with_header("date", own));
    client.send(get("/"));
    assert_eq!(client.expect_one(200).field("date"), Some(own));
    let mut config = config();
    config.date = false;
    let mut client = Client::with(config, |_| Response::new(200));
    client.send(get("/"));
    assert_eq!(client.expect_one(200).field("date"), None);
}

/// RFC 9112 section 4 (9112-4-1): the space after the status is sent without a reason, too.
#[test]
fn status_line_has_space_without_reason() {
    for (status, line) in [(200, "HTTP/1.1 200 OK\r\n"), (599, "HTTP/1.1 599 \r\n")] {
        let mut client = Client::with_application(move |_| Response::new(status));
        client.send(get("/"));
        assert!(client.sent.starts_with(line.as_bytes()));
    }
}

/// 9110-15-1: final statuses are 200 to 599.
#[test]
fn other_statuses_panic() {
    for status in [0, 99, 100, 101, 199, 600, 1000] {
        assert!(std::panic::catch_unwind(|| Response::new(status)).is_err());
        assert!(std::panic::catch_unwind(|| Response::new(200).with_status(status)).is_err());
    }
}

/// RFC 9110 section 9.3.2, RFC 9112 section 6.3 (9110-9.3.2-1, 9112-6.3-7): the same fields as for GET, and no
/// content: the next answer follows directly.
#[test]
fn head_has_the_fields_of_get() {
    for body in ["", "x", "some text"] {
        let mut client = Client::with_application(move |_| Response::text(body));
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned() + &get("/"));
        let answers = client.answers();
        assert_eq!((answers[0].text(), answers[1].text()), ("", body));
        let length = body.len().to_string();
        assert_eq!(answers[0].field("content-length"), Some(&*length));
        assert_eq!(answers[1].field("content-length"), Some(&*length));
        assert_eq!(answers[0].field("content-type"), answers[1].field("content-type"));
    }
}

/// RFC 9110 section 8.6 (9110-8.6-4): the length is that of the content of a GET, which is
/// unknown if the application gives no content.
#[test]
fn head_invents_no_length() {
    let mut client = Client::with_application(|_| Response::new(200));
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned() + &get("/"));
    let answers = client.answers();
    assert_eq!(answers[0].field("content-length"), None);
    assert_eq!(answers[1].field("content-length"), Some("0"));
}

/// RFC 9112 section 6.3 rule 1, RFC 9110 sections 8.6 and 15.3.6 (9112-6.3-7, 9110-8.6-5, 9110-15.3.6-1).
#[test]
fn bodiless_statuses_have_no_content() {
    for (status, length) in [(204, None), (205, Some("0")), (304, None)] {
        let mut client =
            Client::with_application(move |_| Response::text("content").with_status(status));
        client.send(get("/") + &get("/"));
        let answers = client.answers();
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!((answer.status, answer.text()), (status, ""));
            assert_eq!(answer.field("content-length"), length);
        }
    }
}

/// RFC 9110 section 8.6 (9110-8.6-6): Content-Length is that of the body, 0 included.
#[test]
fn content_length_is_that_of_body() {
    for len in [0, 1, 16 * 1024 - 1, 16 * 1024, 1_000_000] {
        let mut client =
            Client::with_application(move |_| Response::new(404).with_body(vec![b'x'; len]));
        client.send(get("/"));
        let answer = client.expect_one(404);
        assert_eq!(answer.field("content-length"), Some(&*len.to_string()));
        assert_eq!(answer.body.len(), len);
    }
}

/// RFC 9112 section 11.1 (9112-2.2-9): no field can split a response.
#[test]
fn headers_are_checked() {
    let field = |name: &str, value: &str| Response::new(200).try_with_header(name, value).map(drop);
    for name in ["", "a b", "a:", "a\r", "a\n", "ä", "a\0", "(a)", "a,b"] {
        assert_eq!(field(name, "value"), Err(InvalidHeader::Name), "{name:?}");
    }
    for value in ["a\r\nb", "a\rb", "a\nb", "a\0b", "a\x7f", "\x1b", " a", "a ", "\ta", "a\t"] {
        assert_eq!(field("X-Name", value), Err(InvalidHeader::Value), "{value:?}");
    }
    for name in ["Connection", "content-length", "KEEP-ALIVE", "Transfer-Encoding"] {
        assert_eq!(field(name, "close"), Err(InvalidHeader::Reserved), "{name}");
    }
    for value in ["", "a", "a b\tc", "\"quoted\"", "grün"] {
        assert_eq!(field("!#$%&'*+-.^_`|~09azAZ", value), Ok(()));
    }
    for protocol in ["a\r\nb", " a", "\0"] {
        assert_eq!(Response::try_upgrade(protocol).map(drop), Err(InvalidHeader::Value));
    }
}

#[test]
fn every_octet_of_a_header_is_checked() {
    const LEN: usize = 40;
    let error = |name: &[u8], value: &[u8]| Response::new(200).try_with_header(name, value).err();
    for octet in 0..=u8::MAX {
        let is_tchar = octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
        let is_space = matches!(octet, b' ' | b'\t');
        for at in 0..LEN {
            let mut text = [b'a'; LEN];
            text[at] = octet;
            let expected = (!is_tchar).then_some(InvalidHeader::Name);
            assert_eq!(error(&text, b"a"), expected, "{octet} at {at}");
            let is_inside = 0 < at && at < LEN - 1;
            let is_allowed = octet.is_ascii_graphic() || octet >= 0x80 || is_space && is_inside;
            let expected = (!is_allowed).then_some(InvalidHeader::Value);
            assert_eq!(error(b"a", &text), expected, "{octet} at {at}");
        }
    }
}

/// RFC 9110 section 8.3: a message has one Content-Type.
#[test]
fn content_type_replaces_the_one_before() {
    let response = Response::html("a,b").with_header("Vary", "Accept");
    let response = response.with_header("content-type", "text/csv").with_header("X-A", "1");
    let fields: Vec<_> = response.headers().map(|field| (field.name, field.value)).collect();
    let expected: [(&[u8], &[u8]); 3] =
        [(b"Vary", b"Accept"), (b"content-type", b"text/csv"), (b"X-A", b"1")];
    assert_eq!(fields, expected);
}

/// Fields are sent in the order in which they are set.
#[test]
fn headers_of_application_keep_order() {
    let mut client = Client::with_application(|_| {
        let response = Response::new(405).with_header("Allow", "GET, HEAD");
        response.with_header("X-A", "1").with_header("x-a", "2")
    });
    client.send(get("/"));
    let fields = client.expect_one(405).fields;
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(fields[1..4], [("Allow", "GET, HEAD"), ("X-A", "1"), ("x-a", "2")]);
}

/// The request, as the application sees it (RFC 9112 section 3.2, RFC 9110 section 7.1).
#[test]
fn request_target_in_its_parts() {
    type Expected = (&'static str, Option<&'static str>, Option<&'static str>);
    let cases: [(&str, Expected); 10] = [
        ("GET /a?b?c HTTP/1.1\r\nHost: h:1", ("/a", Some("b?c"), Some("h:1"))),
        ("GET / HTTP/1.1\r\nHost: h", ("/", None, Some("h"))),
        ("GET /? HTTP/1.1\r\nHost: h", ("/", Some(""), Some("h"))),
        ("GET /http://x/y HTTP/1.1\r\nHost: h", ("/http://x/y", None, Some("h"))),
        ("GET http://x:2/y?z HTTP/1.1\r\nHost: h", ("/y", Some("z"), Some("x:2"))),
        ("GET http://x HTTP/1.1\r\nHost: h", ("/", None, Some("x"))),
        ("GET HTTPS://x?y/z HTTP/1.1\r\nHost: h", ("/", Some("y/z"), Some("x"))),
        ("OPTIONS * HTTP/1.1\r\nHost: h", ("*", None, Some("h"))),
        ("CONNECT x:3 HTTP/1.1\r\nHost: h", ("x:3", None, Some("x:3"))),
        ("GET / HTTP/1.0", ("/", None, None)),
    ];
    for (head, expected) in cases {
        let mut client = Client::with_application(move |request: &Request<'_>| {
            let text = |octets| str::from_utf8(octets).unwrap();
            let query = request.query().map(text);
            assert_eq!((text(request.path()), query, request.authority().map(text)), expected);
            Response::new(404)
        });
        client.send(format!("{head}\r\n\r\n"));
        assert_eq!(client.answers()[0].status, 404, "{head}");
    }
}

/// RFC 9110 sections 5.1 and 6.5.1: names without regard to case, trailers apart.
#[test]
fn headers_and_trailers_of_request() {
    let mut client = Client::with_application(|request: &Request<'_>| {
        assert_eq!(request.header("X-NAME"), Some(&b"1"[..]));
        assert_eq!(request.header("x-sum"), None);
        assert_eq!(request.headers().count(), 4);
        let trailers: Vec<_> = request.trailers().map(|field| (field.name, field.value)).collect();
        assert_eq!(trailers, [(&b"X-Sum"[..], &b"9"[..])]);
        assert_eq!((request.body(), request.version().minor()), (&b"hello"[..], 2));
        Response::new(204)
    });
    client.send(
        "POST / HTTP/1.2\r\nHost: a\r\nx-name: 1\r\nX-Name: 2\r\nTransfer-Encoding: chunked\r\n\r\n\
         2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 9\r\n\r\n",
    );
    client.expect_one(204);
}

/// An application can be tested without a connection, with its requests and responses. RFC 9112
/// section 2.1: a request has a request line, so no bytes are no request.
#[test]
fn owned_request_tests_an_application() {
    let whole = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    let stored = OwnedRequest::parse(whole.as_bytes()).unwrap();
    let request = stored.as_request();
    assert_eq!(
        (request.method(), request.path(), request.body()),
        ("POST", &b"/a"[..], &b"body"[..])
    );
    let error = |bytes: &str| OwnedRequest::parse(bytes.as_bytes()).unwrap_err();
    for cut in 0..whole.len() {
        assert_eq!(error(&whole[..cut]), ParseRequestError::Incomplete, "cut at {cut}");
    }
    assert_eq!(error("\r\n"), ParseRequestError::Incomplete);
    for more in ["x", whole] {
        let error = error(&(whole.to_owned() + more));
        assert_eq!(error, ParseRequestError::TrailingBytes(whole.len()));
        assert_eq!(error.to_string(), "the request is 52 bytes long, and there are more");
    }
    let malformed = error("GET / HTTP/1.1\r\nHost : h\r\n\r\n");
    assert!(matches!(malformed, ParseRequestError::Malformed(error) if error.offset() == 20));
    let response = Response::new(404).with_body(&b"nothing"[..]);
    assert_eq!((response.status(), response.body()), (404, &b"nothing"[..]));
    let fields = [("A", "b: c:\td"), ("e", "")];
    let response = fields.iter().fold(response, |r, (name, value)| r.with_header(name, value));
    let set = response.headers().map(|field| (field.name, field.value));
    assert!(set.eq(fields.map(|(name, value)| (name.as_bytes(), value.as_bytes()))));
    assert_eq!(Response::upgrade("websocket").status(), 101);
}

/// RFC 9112 section 4: the reason is the application's, if it gives one.
#[test]
fn reason_can_be_given() {
    let mut client = Client::with_application(|_| Response::new(404).with_reason("No Such Tea"));
    client.send(get("/"));
    assert!(client.sent.starts_with(b"HTTP/1.1 404 No Such Tea\r\n"));
    assert_eq!(Response::new(404).reason(), "Not Found");
    assert_eq!(Response::new(299).reason(), "");
    assert_eq!(Response::new(200).with_reason("Fine").with_status(299).reason(), "Fine");
    for reason in ["a\r\nb", " a", "a\t", "\0"] {
        let panic = std::panic::catch_unwind(|| Response::new(200).with_reason(reason));
        assert!(panic.is_err(), "{reason:?}");
    }
}

/// The message of the panic has the name of the field, but not its value.
#[test]
fn invalid_header_panics_with_its_name() {
    let panic = std::panic::catch_unwind(|| Response::new(200).with_header("X-A", "secret\n"));
    let message = panic.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*message, "header \"X-A\": the field value has an octet that is not allowed there");
    assert!(std::panic::catch_unwind(|| Response::redirect("/\r\n")).is_err());
    assert!(std::panic::catch_unwind(|| Response::upgrade("a\n")).is_err());
}

#[test]
fn shorthands_have_their_type() {
    let header = |response: &Response| {
        let field = response.headers().next().unwrap();
        format!("{}: {}", field.name.escape_ascii(), field.value.escape_ascii())
    };
    for (response, expected) in [
        (Response::text("a"), "Content-Type: text/plain; charset=utf-8"),
        (Response::html("a".to_owned()), "Content-Type: text/html; charset=utf-8"),
        (Response::json("a"), "Content-Type: application/json"),
    ] {
        assert_eq!((response.status(), response.body()), (200, &b"a"[..]));
        assert_eq!(header(&response), expected);
        assert!(!response.closes() && response.with_close().closes());
    }
    let redirect = Response::redirect("/there");
    assert_eq!((redirect.status(), &*header(&redirect)), (303, "Location: /there"));
}

#[test]
fn content_is_made_of_octets_in_any_usual_type() {
    let made = [
        Content::from(b"tea"),
        "tea".to_owned().into(),
        Cow::Borrowed("tea").into(),
        Cow::Borrowed(b"tea".as_slice()).into(),
        Cow::<[u8]>::Owned(b"tea".to_vec()).into(),
        Arc::<[u8]>::from(*b"tea").into(),
    ];
    assert!(made.iter().all(|content| content.as_ref() == b"tea"));
}

#[cfg(feature = "bytes")]
#[test]
fn content_becomes_bytes_without_a_copy() {
    let bytes = bytes::Bytes::from(vec![b'x'; 100]);
    let content = Content::from(bytes.clone());
    assert_eq!(content.as_ptr(), bytes.as_ptr());
    assert_eq!(bytes::Bytes::from(content).as_ptr(), bytes.as_ptr());
    let shared: Arc<[u8]> = bytes.to_vec().into();
    assert_eq!(bytes::Bytes::from(Content::from(Arc::clone(&shared))).as_ptr(), shared.as_ptr());
}
