use super::super::tests::{Answer, answer, get};
use super::gallery::{ATTACKS, ORDINARY};
use super::trace::{Ending, Kind, Trace};
use super::*;
use crate::app::hello;

fn post(accept: &str, bytes: &[u8]) -> Answer {
    let head = format!(
        "POST /inspect HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    );
    answer(hello, &[head.as_bytes(), bytes].concat())
}

fn document(bytes: &[u8]) -> serde_json::Value {
    let answer = post("application/json", bytes);
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn page_shows_its_own_request() {
    let request = b"GET /inspect HTTP/1.1\r\nHost: example.org\r\nX-Test: <b>'\"&\r\n\r\n";
    let answer = answer(hello, request);
    let page = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200);
    for part in [
        "class=\"method\" data-event=\"0\" data-start=\"0\">GET</a>",
        ">example.org</a>",
        "&lt;b&gt;&#39;&quot;&amp;",
        "no body, keep-alive",
        "There is no Content-Length and no Transfer-Encoding.",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains(&format!("{} bytes, as received", request.len())));
}

#[test]
fn every_answer_is_confined() {
    for target in ["/inspect", "/inspect?cl-te", "/inspect.css", "/inspect.js"] {
        let answer = get(hello, "GET", target);
        assert_eq!(answer.status, 200, "{target}");
        assert_eq!(answer.field("Content-Security-Policy"), Some(POLICY));
        assert_eq!(answer.field("Cache-Control"), Some("no-store"));
        assert_eq!(answer.field("X-Content-Type-Options"), Some("nosniff"));
    }
    for accept in ["text/html", "application/json", "application/x-ndjson"] {
        assert_eq!(post(accept, b"x").field("Content-Security-Policy"), Some(POLICY));
    }
}

/// Each byte is shown as text, wherever it stands.
#[test]
fn no_byte_becomes_markup() {
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{shown}{own}";
    for bytes in [
        format!("GET /{hostile} HTTP/1.1\r\nHost: a\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: {hostile}\r\n\r\n"),
        format!("{hostile} / HTTP/1.1\r\n"),
        format!("GET / HTTP/1.1\r\n{hostile}: x\r\n"),
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n{hostile}"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n{hostile}"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: \0{hostile}\r\n\r\n"),
    ] {
        let page = String::from_utf8(post("*/*", bytes.as_bytes()).body).unwrap().to_lowercase();
        assert!(!page.contains("<script>") && !page.contains("<img"), "{bytes}\n{page}");
    }
    let target = hostile.replace(' ', "/").replace('#', "");
    let own = format!("GET /inspect?{target} HTTP/1.1\r\nHost: a\r\nX: {hostile}\r\n\r\n");
    let answer = answer(hello, own.as_bytes());
    assert_eq!(answer.status, 200);
    let page = String::from_utf8(answer.body).unwrap().to_lowercase();
    assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    for byte in 0..=u8::MAX {
        let bytes = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", &[byte; 3][..], b"\r\n\r\n"].concat();
        let page = post("*/*", &bytes).body;
        assert!(page.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | 0x80..)), "{byte}");
    }
}

#[test]
fn secrets_are_covered_in_each_format() {
    for accept in ["text/html", "application/json", "application/x-ndjson"] {
        let request = format!(
            "GET /inspect HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nCOOKIE: id=secret\r\n\
             Authorization: Basic secret\r\nProxy-Authorization: secret\r\n\r\n"
        );
        let answer = answer(hello, request.as_bytes());
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 200);
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("*********"), "{text}");
    }
}

#[test]
fn media_type_of_no_weight_is_not_sent() {
    for (accept, kind) in [
        ("application/json;q=0.1", "application/json"),
        ("application/json; q=0, text/html", "text/html"),
        ("application/x-ndjson;Q=0.000, application/json", "application/json"),
    ] {
        let answer = post(accept, b"x");
        let sent = answer.field("Content-Type").unwrap_or_default();
        assert!(sent.starts_with(kind), "{accept}: {sent}");
    }
}

#[test]
fn lines_are_those_of_the_command() {
    let answer = post("application/x-ndjson", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET");
    let lines = "{\"event\":\"request_line\",\"method\":\"GET\",\"target\":\"/\",\"version\":\"HTTP/1.1\"}\n\
        {\"event\":\"header\",\"name\":\"Host\",\"value\":\"a\"}\n\
        {\"event\":\"head_end\",\"body\":\"none\",\"keep_alive\":true,\"expect_continue\":false,\"upgrade\":false}\n\
        {\"event\":\"end\"}\n\
        {\"event\":\"incomplete\"}\n";
    assert_eq!(answer.field("Content-Type"), Some("application/x-ndjson"));
    assert_eq!(String::from_utf8(answer.body).unwrap(), lines);
}

#[test]
fn document_has_the_place_and_the_rule_of_an_error() {
    let document = document(b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n");
    assert_eq!(document["ending"], "malformed");
    assert_eq!(document["events"].as_array().map(Vec::len), Some(2));
    let error = &document["error"];
    assert_eq!((&error["kind"], &error["offset"]), (&"whitespace_before_colon".into(), &26.into()));
    assert_eq!((&error["status"], &error["rule"]), (&400.into(), &"RFC 9112 section 5.1".into()));
    assert!(error["excerpt"].as_str().is_some_and(|excerpt| excerpt.contains('^')), "{error}");
    assert!(error["elsewhere"].is_string());
}

#[test]
fn document_has_the_place_of_each_word() {
    let bytes = b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nhi!";
    let document = document(bytes);
    let events = document["events"].as_array().unwrap();
    let words = events.iter().flat_map(|event| event["parts"].as_array().unwrap()).map(|part| {
        let [start, end] =
            [0, 1].map(|n| serde_json::from_value::<usize>(part["range"][n].clone()).unwrap());
        str::from_utf8(&bytes[start..end]).unwrap()
    });
    let words: Vec<_> = words.collect();
    assert_eq!(words, ["POST", "/a", "HTTP/1.1", "Host", "b", "Content-Length", "2", "hi"]);
    assert_eq!((&document["ending"], &events[0]["after"]), (&"incomplete".into(), &18.into()));
}

#[test]
fn bytes_after_the_last_request_are_unread() {
    let document = document(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /");
    assert_eq!((&document["ending"], &document["unread"]), (&"complete".into(), &5.into()));
}

#[test]
fn every_byte_is_one_token_of_every_example() {
    for example in ORDINARY.iter().chain(&ATTACKS) {
        for end in 0..=example.bytes.len() {
            let bytes = &example.bytes[..end];
            let tokens = Trace::of(bytes).tokens();
            let joined: Vec<u8> =
                tokens.iter().flat_map(|(_, _, range)| bytes[range.clone()].to_vec()).collect();
            assert_eq!(joined, bytes);
        }
    }
}

#[test]
fn ordinary_examples_are_whole_and_attacks_are_refused() {
    for example in &ORDINARY {
        let trace = Trace::of(example.bytes);
        assert!(matches!(trace.ending, Ending::Complete { unread: 0 }), "{}", example.text());
    }
    for example in &ATTACKS {
        let trace = Trace::of(example.bytes);
        let Ending::Malformed { error, .. } = trace.ending else { panic!("{}", example.text()) };
        assert!(consequence::consequence(error.kind()).is_some(), "{}", example.text());
    }
}

/// The slider shows each event with the byte that makes it known.
#[test]
fn events_come_with_their_last_byte() {
    let bytes =
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let trace = Trace::of(bytes);
    let after: Vec<_> = trace.steps.iter().map(|step| step.after).collect();
    let ends: Vec<_> = trace.steps.iter().map(|step| step.range.end).collect();
    assert_eq!(after, ends);
    let content = trace.tokens().into_iter().find(|(_, kind, _)| *kind == Kind::Content);
    assert_eq!(content.map(|(_, _, range)| &bytes[range]), Some(&b"abc"[..]));
}

#[test]
fn other_methods_and_large_requests_are_refused() {
    for (target, allow) in
        [("/inspect", "GET, HEAD, POST, OPTIONS"), ("/inspect.js", "GET, HEAD, OPTIONS")]
    {
        let options = get(hello, "OPTIONS", target);
        assert_eq!((options.status, options.field("Allow")), (204, Some(allow)));
        assert_eq!(get(hello, "DELETE", target).status, 405);
        assert_eq!(get(hello, "HEAD", target).body, b"");
    }
    assert_eq!(get(hello, "POST", "/inspect.css").status, 405);
    assert_eq!(get(hello, "GET", "/inspect/").status, 404);
    assert_eq!(post("*/*", &vec![b'x'; MAX_BYTES + 1]).status, 413);
    assert_eq!(post("*/*", &vec![b'\n'; MAX_BYTES]).status, 200);
    assert_eq!(post("*/*", b"").status, 200);
}
