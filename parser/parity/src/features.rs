//! The rows of the first table that need no compiler: the features of a parser, and its costs.

use std::time::Duration;

use crate::rows::rows;
use crate::run::{Peer, Request, Run};

pub struct Feature {
    pub id: &'static str,
    pub title: &'static str,
    pub cell: fn(&dyn Peer) -> String,
}

pub const FEATURES: [Feature; 16] = [
    Feature {
        id: "early",
        title: "Gives the request line before the head is whole",
        cell: |peer| yes(!peer.requests(b"GET / HTTP/1.1\r\nHost: a\r\n", 1).requests.is_empty()),
    },
    Feature {
        id: "at-once",
        title: "Refuses a byte before its line is whole",
        cell: |peer| yes(peer.requests(b"GET / HTTP/1.1\r\nHo(", 1).refused.is_some()),
    },
    Feature {
        id: "same-when-cut",
        title: "Gives the same result for each row of the second table, in one read or in many",
        cell: |peer| yes(rows().iter().all(|row| row.same_when_cut(peer))),
    },
    Feature {
        id: "in-one-piece",
        title: "Gives targets, names and values in one piece, even if they come byte by byte",
        cell: |peer| yes(!first(peer.requests(PLAIN, 1)).in_pieces),
    },
    Feature {
        id: "linear",
        title: "A byte that comes alone costs the same in a head eight times as long",
        cell: linear,
    },
    Feature {
        id: "length",
        title: "Reads a body with Content-Length, then the next request",
        cell: |peer| {
            let run = whole(
                peer,
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
            );
            yes(
                matches!(&run.requests[..], [one, two] if one.content == b"hello" && two.target == b"/2"),
            )
        },
    },
    Feature {
        id: "chunked",
        title: "Decodes the chunked coding",
        cell: |peer| {
            let run = peer.chunked(b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", 7);
            yes(first(run).content == b"hello world")
        },
    },
    Feature {
        id: "trailers",
        title: "Gives trailer fields",
        cell: |peer| {
            let trailers = first(peer.chunked(b"0\r\nSum: 1\r\n\r\n", 100)).trailers;
            yes(
                matches!(&trailers[..], [(name, value)] if name.eq_ignore_ascii_case(b"sum") && value == b"1"),
            )
        },
    },
    Feature {
        id: "keep-alive",
        title: "Decides whether the connection persists",
        cell: |peer| {
            let decided = |head| first(whole(peer, head)).keep_alive;
            yes(decided("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == Some(true)
                && decided("GET / HTTP/1.1\r\nHost: a\r\nConnection: a, Close\r\n\r\n")
                    == Some(false)
                && decided("GET / HTTP/1.0\r\nHost: a\r\n\r\n") == Some(false))
        },
    },
    Feature {
        id: "expect",
        title: "Says that the client waits for a `100 (Continue)`, or sends it",
        cell: |peer| {
            let head =
                |expect| format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{expect}\r\n");
            let waits = |expect| first(whole(peer, &head(expect))).expect_continue;
            yes(waits("Expect: 100-continue\r\n") == Some(true) && waits("") == Some(false))
        },
    },
    Feature {
        id: "upgrade",
        title: "Says that the client offers an upgrade",
        cell: |peer| {
            let offers = |fields: &str| {
                let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
                first(whole(peer, &head)).upgrade
            };
            yes(offers("Connection: upgrade\r\nUpgrade: x\r\n") == Some(true)
                && offers("") == Some(false))
        },
    },
    Feature {
        id: "offset",
        title: "Errors give the offset of the byte",
        cell: |peer| {
            let offset = |octets| whole(peer, octets).refused.and_then(|refusal| refusal.offset);
            yes(offset("GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n") == Some(26)
                && offset("GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n") == Some(29)
                && offset("GET / HTTQ/1.1\r\nHost: a\r\n\r\n") == Some(9))
        },
    },
    Feature {
        id: "status",
        title: "An error has its status: 400, 414, 431, 501, 505",
        cell: statuses,
    },
    Feature {
        id: "limit",
        title: "A limit for the bytes of a head can be set",
        cell: |peer| {
            let head = long_head(12_000);
            let refused = |limit| Some(peer.limited(&head, 100, limit)?.refused.is_some());
            yes(refused(8192) == Some(true) && refused(16_384) == Some(false))
        },
    },
    Feature {
        id: "responses",
        title: "Parses responses, too",
        cell: |peer| yes(peer.response(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    },
    Feature {
        id: "memory",
        title: "Octets of memory for a connection that waits for its next request",
        cell: |peer| peer.memory().to_string(),
    },
];

const PLAIN: &[u8] = b"GET /plain HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n";

pub fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// Tells whether the time is linear: eight times the octets take eight times the time, or 64 times if
/// each read starts over.
fn linear(peer: &dyn Peer) -> String {
    let heads = [long_head(1500), long_head(12_000)];
    assert!(first(peer.requests(&heads[1], 1)).method == b"GET", "it isn't refused");
    let mut least = [Duration::MAX; 2];
    for _ in 0..10 {
        for (head, least) in heads.iter().zip(&mut least) {
            *least = peer.time(head, 1).min(*least);
        }
    }
    let [short, long] = least.map(|time| time.as_secs_f64());
    yes(long / short < 16.0)
}

fn statuses(peer: &dyn Peer) -> String {
    let long = "a".repeat(1_000_000);
    let expected = [
        ("GET / HTTP/1.1\r\nHost a\r\n\r\n".to_owned(), 400),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n"), 431),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_owned(), 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n".to_owned(), 505),
    ];
    let given: Vec<u16> = expected
        .iter()
        .filter(|(octets, status)| {
            // In reads, as they come from a socket.
            let refused = peer.requests(octets.as_bytes(), 8192).refused;
            refused.and_then(|refusal| refusal.status) == Some(*status)
        })
        .map(|&(_, status)| status)
        .collect();
    match given.len() {
        5 | 0 => yes(given.len() == 5),
        _ => given.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Makes a head of fields with 200 octets each.
fn long_head(octets: usize) -> Vec<u8> {
    let field = format!("Name: {}\r\n", "v".repeat(192));
    format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", field.repeat(octets / 200)).into()
}

fn whole(peer: &dyn Peer, octets: &str) -> Run {
    peer.requests(octets.as_bytes(), octets.len())
}

fn first(run: Run) -> Request {
    run.requests.into_iter().next().unwrap_or_default()
}
