//! The parser's vectors over TCP.
//!
//! The applications of the binary begin to answer before a body has come, and an error in it cuts the
//! answer. So the application here collects bodies.

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use h1events::{Event, Limits, RequestParser};
use h1events_server::{Config, Request, Response};
use serde_json::Value;

use super::{client::Client, on_both};

const VECTORS: &str = include_str!("../../../../parser/tests/vectors/vectors.jsonl");

/// Most of them wait for a deadline, not for a processor.
const CLIENTS: usize = 64;

#[test]
fn vectors_are_answered_or_refused_by_both_transports() {
    on_both(|transport| {
        let server = start(transport);
        let vectors: Vec<Vector> = VECTORS.lines().map(Vector::read).collect();
        // This server can't have settings for a vector.
        let run: Vec<_> = vectors.iter().filter(|vector| !vector.has_config).collect();
        assert!(!run.is_empty());

        let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while let Some(vector) = run.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if catch_unwind(AssertUnwindSafe(|| vector.check(server))).is_err() {
                            failures.lock().unwrap().push(vector.id.clone());
                        }
                    }
                });
            }
        });
        let failures = failures.into_inner().unwrap();
        assert!(failures.is_empty(), "{transport}: {failures:?}");
    });
}

/// Starts a server that runs until the tests have ended.
fn start(transport: &str) -> SocketAddr {
    let mut config = Config::new();
    config.header_read_timeout = Duration::from_millis(400);
    config.keep_alive_timeout = Duration::from_secs(2);
    if transport == "thread" {
        let server = h1events_thread::Server::bind("127.0.0.1:0").unwrap().config(config);
        let address = server.local_addr().unwrap();
        thread::spawn(move || server.serve(echo));
        address
    } else {
        let server = h1events_smol::Server::bind("127.0.0.1:0").unwrap().config(config);
        let address = server.local_addr().unwrap();
        thread::spawn(move || server.serve(echo));
        address
    }
}

/// Answers with the body of the request.
fn echo(request: &Request<'_>) -> Response {
    match request.method() {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" => {
            Response::new(200).with_body(request.body().to_vec())
        }
        "OPTIONS" => Response::new(200),
        _ => Response::new(501),
    }
}

struct Vector {
    id: String,
    input: Vec<u8>,
    has_config: bool,
    /// Methods and bodies of the complete requests.
    requests: Vec<(String, Vec<u8>)>,
    keep_alive: bool,
    verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Accept,
    Reject(u16),
    /// Before the first byte of a request, in its head, or in its body.
    Silent,
    InHead,
    InBody {
        expects_continue: bool,
    },
}

impl Vector {
    fn read(line: &str) -> Self {
        let json: Value = serde_json::from_str(line).unwrap();
        let input = octets(&json["input"]);
        let bodies = json["bodies"].as_array().into_iter().flatten().map(octets);
        let requests: Vec<_> = methods(&input).into_iter().zip(bodies).collect();
        let id = json["id"].as_str().unwrap().to_owned();
        assert_eq!(json["messages"].as_u64(), Some(requests.len() as u64), "{id}");
        let verdict = match json["verdict"].as_str().unwrap() {
            "accept" => Verdict::Accept,
            "reject" => Verdict::Reject(json["status"].as_u64().unwrap().try_into().unwrap()),
            _ => place(&input),
        };
        Self {
            id,
            input,
            has_config: !json["config"].is_null(),
            requests,
            keep_alive: json["keep_alive"].as_bool().unwrap_or(true),
            verdict,
        }
    }

    fn check(&self, server: SocketAddr) {
        let mut client = Client::connect(server);
        client.try_send(&self.input);
        for (method, body) in &self.requests {
            let answer = client.answer_to(method).expect("an answer to each request");
            match method.as_str() {
                "HEAD" => {
                    answer.check(200, "");
                    assert_eq!(answer.field("Content-Length"), Some(&*body.len().to_string()));
                }
                "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => answer.check(200, body),
                "OPTIONS" => answer.check(200, ""),
                _ => assert_eq!(answer.status, 501, "{}", answer.head),
            }
        }
        let quiet = Duration::from_millis(200);
        match self.verdict {
            Verdict::Accept => {
                if self.keep_alive {
                    client.half_close();
                }
            }
            Verdict::Reject(status) => {
                let method = if self.is_head_refused() { "HEAD" } else { "GET" };
                let answer = client.answer_to(method).expect("an answer to what is refused");
                assert_eq!(answer.status, status, "{}", answer.head);
                assert_eq!(answer.field("Connection"), Some("close"));
            }
            Verdict::Silent => {
                assert!(client.is_quiet_for(quiet), "an answer to nothing");
                client.half_close();
            }
            Verdict::InHead => {
                assert!(client.is_quiet_for(quiet), "an answer before the deadline");
                assert_eq!(client.answer().status, 408);
            }
            // The deadline of bodies is no option; longer than that of heads is enough.
            Verdict::InBody { expects_continue } => {
                if expects_continue {
                    client.interim();
                }
                assert!(client.is_quiet_for(3 * quiet), "an answer before the deadline");
                client.half_close();
            }
        }
        assert_eq!(client.rest().escape_ascii().to_string(), "");
    }

    /// Returns whether the refused request is a HEAD, so that its answer has no body.
    fn is_head_refused(&self) -> bool {
        let mut parser = RequestParser::new();
        let mut input = &self.input[..];
        let mut start = input;
        while let Ok(Some(event)) = parser.next_event(&mut input) {
            if event == Event::End {
                start = input;
            }
        }
        while let Some(rest) = start.strip_prefix(b"\r\n") {
            start = rest;
        }
        start.starts_with(b"HEAD ")
    }
}

/// Returns the methods of all requests, also of an incomplete one.
fn methods(mut input: &[u8]) -> Vec<String> {
    let mut parser = RequestParser::new();
    let mut methods = Vec::new();
    while let Ok(Some(event)) = parser.next_event(&mut input) {
        if let Event::RequestLine(line) = event {
            methods.push(String::from_utf8(line.method.to_vec()).unwrap());
        }
    }
    methods
}

/// Returns the verdict on the bytes after the last complete request.
fn place(mut input: &[u8]) -> Verdict {
    // The parser alone would wait for bodies that are too large for the server.
    let mut limits = Limits::new();
    limits.content = 1024 * 1024;
    let mut parser = RequestParser::with_limits(limits);
    let mut verdict = Verdict::InHead;
    loop {
        verdict = match parser.next_event(&mut input) {
            Ok(Some(Event::HeadEnd(framing))) => {
                Verdict::InBody { expects_continue: framing.expect_continue }
            }
            Ok(Some(Event::Body(_))) => Verdict::InBody { expects_continue: false },
            Ok(Some(Event::End)) => Verdict::InHead,
            Ok(Some(_)) => verdict,
            Ok(None) if parser.finish(input).is_ok() => return Verdict::Silent,
            Ok(None) => return verdict,
            Err(error) => return Verdict::Reject(error.status()),
        };
    }
}

/// Each character is one octet.
fn octets(text: &Value) -> Vec<u8> {
    text.as_str().unwrap().chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect()
}
