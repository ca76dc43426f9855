//! The JSON lines, which other programs rely on byte by byte.

use serde_json::Value;

use super::{check, inspect};

const REQUESTS: &[u8] = b"\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nhello\nworld!\
    PUT / HTTP/1.1\r\nhost:a\r\ntransfer-encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n06\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n\
    GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\
    HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

#[test]
fn get_is_one_object_a_line() {
    let run = inspect(&["--json"], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let expected = r#"{"event":"request_line","method":"GET","target":"/","version":"HTTP/1.1"}
{"event":"header","name":"Host","value":"a"}
{"event":"head_end","body":"none","keep_alive":true,"expect_continue":false,"upgrade":false}
{"event":"end"}
"#;
    check(&run, expected, 0);
}

#[test]
fn pipelined_requests_with_every_kind_of_body_are_shown() {
    let expected = r#"{"event":"request_line","method":"POST","target":"/a?b","version":"HTTP/1.1"}
{"event":"header","name":"Host","value":"a"}
{"event":"header","name":"Content-Length","value":"12"}
{"event":"header","name":"Expect","value":"100-continue"}
{"event":"head_end","body":{"length":12},"keep_alive":true,"expect_continue":true,"upgrade":false}
{"event":"body","data":"hello\nworld!"}
{"event":"end"}
{"event":"request_line","method":"PUT","target":"/","version":"HTTP/1.1"}
{"event":"header","name":"host","value":"a"}
{"event":"header","name":"transfer-encoding","value":"chunked"}
{"event":"head_end","body":"chunked","keep_alive":true,"expect_continue":false,"upgrade":false}
{"event":"body","data":"hello"}
{"event":"body","data":" world"}
{"event":"trailer","name":"X-Sum","value":"1"}
{"event":"end"}
{"event":"request_line","method":"GET","target":"/ws","version":"HTTP/1.1"}
{"event":"header","name":"Host","value":"a"}
{"event":"header","name":"Connection","value":"upgrade"}
{"event":"header","name":"Upgrade","value":"websocket"}
{"event":"head_end","body":"none","keep_alive":true,"expect_continue":false,"upgrade":true}
{"event":"end"}
{"event":"request_line","method":"HEAD","target":"/","version":"HTTP/1.0"}
{"event":"header","name":"Connection","value":"keep-alive"}
{"event":"head_end","body":"none","keep_alive":true,"expect_continue":false,"upgrade":false}
{"event":"end"}
"#;
    check(&inspect(&["--json"], REQUESTS), expected, 0);
}

#[test]
fn chunks_change_nothing_but_how_bodies_are_split() {
    let malformed = [REQUESTS, b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n"].concat();
    let incomplete = &REQUESTS[..REQUESTS.len() - 1];
    for input in [REQUESTS, &malformed, incomplete] {
        let whole = inspect(&["--json"], input);
        for chunk in ["1", "7", "100000"] {
            let split = inspect(&["--json", "--chunk", chunk], input);
            assert_eq!(split.status, whole.status);
            assert_eq!(joined(&split.stdout), joined(&whole.stdout));
        }
    }
    let bodies =
        inspect(&["--json", "--chunk", "1"], REQUESTS).stdout.matches(r#""body","data""#).count();
    assert_eq!(bodies, 12 + 11, "each byte of the bodies came alone");
}

#[test]
fn bytes_become_the_first_256_characters() {
    let run = inspect(&["--json"], b"GET / HTTP/1.1\r\nHost: a\r\nA: \"\\\t\x80\xc3\xa9\xff\r\nContent-Length: 4\r\n\r\n\x00\x1f\x7f\xfe");
    assert_eq!(run.status, Some(0));
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[2],
        "{\"event\":\"header\",\"name\":\"A\",\"value\":\"\\\"\\\\\\t\\u0080\u{c3}\u{a9}\u{ff}\"}"
    );
    assert_eq!(lines[5], "{\"event\":\"body\",\"data\":\"\\u0000\\u001f\\u007f\u{fe}\"}");
}

#[test]
fn version_is_as_received() {
    let run = inspect(&["--json"], b"GET / HTTP/1.2\r\nHost: a\r\n\r\n");
    assert!(run.stdout.contains(r#""version":"HTTP/1.2"}"#), "{}", run.stdout);
}

#[test]
fn events_stop_where_the_connection_closes() {
    let run =
        inspect(&["--json"], b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\x16 GET");
    let (head, last) = run.stdout.trim_end().rsplit_once('\n').unwrap();
    assert!(head.ends_with(r#"{"event":"head_end","body":"none","keep_alive":false,"expect_continue":false,"upgrade":false}"#));
    assert_eq!((last, run.status), (r#"{"event":"end"}"#, Some(0)));
}

#[test]
fn events_stop_after_connect() {
    let run = inspect(&["--json"], b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01");
    let expected = r#"{"event":"request_line","method":"CONNECT","target":"a:443","version":"HTTP/1.1"}
{"event":"header","name":"Host","value":"a:443"}
{"event":"head_end","body":"none","keep_alive":true,"expect_continue":false,"upgrade":false}
{"event":"end"}
"#;
    check(&run, expected, 0);
}

#[test]
fn offset_of_an_error_counts_from_the_start_of_the_input() {
    let run = inspect(&["--json"], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET  / HTTP/1.1\r\n");
    let expected = r#"{"event":"error","kind":"invalid_target","offset":33,"status":400,"message":"octet not allowed in the request target"}"#;
    assert_eq!((run.stdout.lines().last(), run.status), (Some(expected), Some(1)));
    assert_eq!(run.stderr, "");
}

#[test]
fn proxy_protocol_header_is_an_error_of_its_own() {
    let run = inspect(&["--json"], b"PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n");
    let expected = r#"{"event":"error","kind":"proxy_protocol","offset":13,"status":400,"message":"expected a request line, found a PROXY protocol header"}
"#;
    check(&run, expected, 1);
}

#[test]
fn end_within_a_request_is_incomplete() {
    check(&inspect(&["--json"], b"GET"), "{\"event\":\"incomplete\"}\n", 2);
    check(&inspect(&["--json"], b"\r"), "{\"event\":\"incomplete\"}\n", 2);
}

#[test]
fn nothing_is_a_whole_number_of_requests() {
    check(&inspect(&["--json"], b""), "", 0);
    check(&inspect(&[], b""), "", 0);
    check(&inspect(&["--json"], b"\r\n"), "", 0);
    check(&inspect(&["--json"], &b"\r\n".repeat(8)), "", 0);
}

/// Returns the events, with adjacent body data joined.
fn joined(lines: &str) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).expect("each line is JSON");
        match events.last_mut() {
            Some(last) if last["event"] == "body" && event["event"] == "body" => {
                let data = [&last["data"], &event["data"]]
                    .map(|data| data.as_str().expect("data is a string"));
                last["data"] = data.concat().into();
            }
            _ => events.push(event),
        }
    }
    events
}
