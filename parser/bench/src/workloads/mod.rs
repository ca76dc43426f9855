//! The workloads: heads, which all parsers take, and requests with bodies.

mod bodies;
mod clients;
mod distinct;
mod random;
mod target;

use std::cell::LazyCell;

use random::Random;

/// Requests in a set of heads.
const SET: usize = 1000;

/// Requests in a set with bodies: few, since each is read before it is timed.
const BODIES_IN_SET: usize = 100;

/// Requests in an input of pipelined requests.
const PIPELINED: usize = 20;

const KIB: usize = 1024;

/// Inputs of one or more whole requests, which are parsed in one go.
type Set = Vec<&'static [u8]>;

pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// More than one set if the branch predictor has to forget the requests before they repeat. The
    /// sets are made when needed, since that takes seconds under callgrind.
    pub(crate) sets: LazyCell<Vec<Set>>,
}

impl Workload {
    fn new(name: &'static str, sets: fn() -> Vec<Set>) -> Self {
        Self { name, sets: LazyCell::new(sets) }
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &'static [u8]> {
        self.sets.iter().flatten().copied()
    }
}

/// Requests without a body.
pub(crate) fn heads() -> Vec<Workload> {
    vec![
        Workload::new("shortest", || in_rotation(&[SHORTEST])),
        Workload::new("tiny", || in_rotation(&[TINY])),
        Workload::new("curl-local", || in_rotation(&[include_str!("requests/curl-local.txt")])),
        Workload::new("curl", || in_rotation(&[CURL])),
        Workload::new("wrk", || in_rotation(&[include_str!("requests/wrk.txt")])),
        Workload::new("firefox", || in_rotation(&[FIREFOX])),
        Workload::new("browser", || in_rotation(&[BROWSER])),
        Workload::new("one-cookie", || in_rotation(&[&one_cookie()])),
        Workload::new("long-cookie", || in_rotation(&[include_str!("requests/long-cookie.txt")])),
        Workload::new("many-fields", || in_rotation(&[include_str!("requests/many-fields.txt")])),
        Workload::new("pipelined", || {
            vec![vec![on_the_wire(CURL).repeat(PIPELINED).leak(); SET / PIPELINED]]
        }),
        Workload::new("mix", || in_rotation(&MIX)),
        Workload::new("thousand", || distinct::sets(1)),
        Workload::new("distinct", || distinct::sets(20)),
    ]
}

/// Requests with a body.
pub(crate) fn bodies() -> Vec<Workload> {
    vec![
        Workload::new("length-1k", || with_body(bodies::length(KIB))),
        Workload::new("length-64k", || with_body(bodies::length(64 * KIB))),
        Workload::new("chunks-16", || with_body(bodies::chunks(256, 16, ""))),
        Workload::new("chunks-1k", || with_body(bodies::chunks(16, KIB, ""))),
        Workload::new("chunks-64k", || with_body(bodies::chunks(2, 64 * KIB, ""))),
        Workload::new("trailers", || with_body(bodies::chunks(1, 16, bodies::TRAILERS))),
    ]
}

const SHORTEST: &str = include_str!("requests/shortest.txt");
const TINY: &str = include_str!("requests/tiny.txt");
const CURL: &str = include_str!("requests/curl.txt");
const FIREFOX: &str = include_str!("requests/firefox.txt");
const BROWSER: &str = include_str!("requests/browser.txt");

const MIX: [&str; 9] = [
    CURL,
    BROWSER,
    FIREFOX,
    include_str!("requests/safari.txt"),
    include_str!("requests/node-fetch.txt"),
    include_str!("requests/python-requests.txt"),
    include_str!("requests/git.txt"),
    include_str!("requests/crawler.txt"),
    include_str!("requests/probe.txt"),
];

fn one_cookie() -> String {
    let value = Random(1).base64(4000, 4000);
    format!("GET / HTTP/1.1\nHost: www.example.com\nCookie: session={value}\n\n")
}

fn in_rotation(texts: &[&str]) -> Vec<Set> {
    let requests: Set = texts.iter().map(|text| on_the_wire(text)).collect();
    vec![requests.into_iter().cycle().take(SET).collect()]
}

fn with_body(request: String) -> Vec<Set> {
    vec![vec![request.leak().as_bytes(); BODIES_IN_SET]]
}

/// Replaces LF by CRLF. The files have LF, so that editors and git leave them alone.
fn on_the_wire(text: &str) -> &'static [u8] {
    text.lines().flat_map(|line| [line, "\r\n"]).collect::<String>().leak().as_bytes()
}
