//! Inputs for the property tests: valid requests, the same with some octets or lines
//! changed, and random octets. Also limits, mostly small.

#![allow(dead_code, reason = "not every test uses all of it")]

use h1events::Limits;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::generate::{Octets, octets_of, requests};

pub(crate) fn any_input() -> impl Strategy<Value = Octets> {
    prop_oneof![
        3 => requests().prop_map(|requests| Octets(octets_of(&requests))),
        5 => mutated(),
        2 => snippets(),
        2 => long_lines(),
        1 => vec(any::<u8>(), 0..100).prop_map(Octets),
    ]
}

#[derive(Clone, Debug)]
enum Mutation {
    Delete(Index, usize),
    Insert(Index, u8),
    Replace(Index, u8),
    DuplicateLine(Index),
    SwapLines(Index),
    Truncate(Index),
}
use Mutation::*;

/// Generates requests with some changes, most often those that attacks use.
pub(crate) fn mutated() -> impl Strategy<Value = Octets> {
    (requests(), vec(mutation(), 1..5)).prop_map(|(requests, mutations)| {
        let mut octets = octets_of(&requests);
        for mutation in mutations {
            mutate(&mut octets, mutation);
        }
        Octets(octets)
    })
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let octet = || {
        prop_oneof![
            3 => select(b"\r\n\0: \t,;=\"\\0123456789".to_vec()),
            1 => any::<u8>(),
        ]
    };
    prop_oneof![
        4 => (any::<Index>(), 1..=4_usize).prop_map(|(place, count)| Delete(place, count)),
        4 => (any::<Index>(), octet()).prop_map(|(place, octet)| Insert(place, octet)),
        4 => (any::<Index>(), octet()).prop_map(|(place, octet)| Replace(place, octet)),
        2 => any::<Index>().prop_map(DuplicateLine),
        2 => any::<Index>().prop_map(SwapLines),
        1 => any::<Index>().prop_map(Truncate),
    ]
}

fn mutate(octets: &mut Vec<u8>, mutation: Mutation) {
    if octets.is_empty() {
        return;
    }
    match mutation {
        Delete(place, count) => {
            let start = place.index(octets.len());
            octets.drain(start..octets.len().min(start + count));
        }
        Insert(place, octet) => octets.insert(place.index(octets.len() + 1), octet),
        Replace(place, octet) => {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        DuplicateLine(which) => {
            let mut lines = lines(octets);
            let which = which.index(lines.len());
            lines.insert(which, lines[which].clone());
            *octets = lines.concat();
        }
        SwapLines(which) => {
            let mut lines = lines(octets);
            let which = which.index(lines.len());
            let next = (which + 1) % lines.len();
            lines.swap(which, next);
            *octets = lines.concat();
        }
        Truncate(place) => octets.truncate(place.index(octets.len())),
    }
}

/// Splits octets into lines, each with its line feed.
fn lines(octets: &[u8]) -> Vec<Vec<u8>> {
    octets.split_inclusive(|&octet| octet == b'\n').map(<[u8]>::to_vec).collect()
}

/// Generates words and signs of HTTP in any order, so that some of them make sense.
fn snippets() -> impl Strategy<Value = Octets> {
    let words = select(vec![
        "GET / HTTP/1.1\r\n",
        "GET ",
        "POST ",
        "CONNECT a:80 ",
        "PROXY ",
        "M-SEARCH ",
        "/",
        "* ",
        "http://a/ ",
        "ws://a ",
        "HTTP/1.1\r\n",
        "HTTP/1.0\r\n",
        "HTTP/2.0\r\n",
        "Host: a\r\n",
        "Host: a b\r\n",
        "Host:",
        "Content-Length: 3\r\n",
        "Content-Length:",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:",
        "chunked",
        "Connection: ",
        "close",
        "keep-alive",
        "Expect: 100-continue\r\n",
        "Expect: 100-continue, 100-continue\r\n",
        "Upgrade: x\r\n",
        "X: y\r\n",
        "\r\n",
        "\r\n\r\n",
        "\r\n\r\n\0",
        "\r\n0\r\n\r\n",
        "3\r\nabc\r\n",
        "5;a=\"b\"\r\n",
        "0\r\n",
        "\r",
        "\n",
        " ",
        "\t",
        ":",
        ",",
        ";",
        "=",
        "\"",
        "\\",
        "\0",
        "a",
        "1",
        "f",
        "é",
    ]);
    let start = select(vec![
        "",
        "\r\n\r\n",
        "PROXY ",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.0\r\n",
        CHUNKED,
        LENGTH,
    ]);
    (start, vec(words, 0..30))
        .prop_map(|(start, words)| Octets([start, &words.concat()].concat().into()))
}

/// Generates long lines with a sign here and there, mostly next to the ends of the blocks of
/// octets in which the parser scans.
fn long_lines() -> impl Strategy<Value = Octets> {
    let column = prop_oneof![
        3 => (0..5_usize, 0..4_usize).prop_map(|(block, more)| (block * 16 + more).saturating_sub(2)),
        1 => 0..130_usize,
    ];
    let sign = prop_oneof![
        3 => Just(b':'),
        3 => select(b" \t(\0\r\n\x7f\x80#".to_vec()),
        1 => any::<u8>(),
    ];
    let line = (select(b"aa-~".to_vec()), 1..140_usize, vec((column, sign), 0..4));
    let line = line.prop_map(|(fill, length, signs)| {
        let mut line = vec![fill; length];
        for (column, sign) in signs {
            if let Some(octet) = line.get_mut(column) {
                *octet = sign;
            }
        }
        line.extend_from_slice(b"\r\n");
        line
    });
    let start = select(vec!["", "GET /", "GET / HTTP/1.0\r\n", "GET / HTTP/1.0\r\na:", LAST_CHUNK]);
    (start, vec(line, 1..4))
        .prop_map(|(start, lines)| Octets([start.as_bytes(), &lines.concat(), b"\r\n"].concat()))
}

const LAST_CHUNK: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const LENGTH: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";

/// Generates limits: all defaults, or each one either small, down to zero, or its default.
pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    let defaults = Limits::new();
    prop_oneof![
        1 => Just(defaults),
        3 => vec(prop_oneof![1 => 0..4_u32, 1 => 0..40_u32, 1 => 0..300_u32, 5 => Just(u32::MAX)], 11).prop_map(move |small| {
            let mut limits = defaults;
            let choose = |index: usize, default: u32| match small[index] {
                u32::MAX => default,
                small => small,
            };
            limits.empty_lines = choose(0, defaults.empty_lines);
            limits.method = choose(1, defaults.method);
            limits.target = choose(2, defaults.target);
            limits.field_line = choose(3, defaults.field_line);
            limits.header_section = choose(4, defaults.header_section);
            limits.header_lines = choose(5, defaults.header_lines);
            limits.chunk_line = choose(6, defaults.chunk_line);
            limits.chunk_extensions = choose(7, defaults.chunk_extensions);
            limits.trailer_section = choose(8, defaults.trailer_section);
            limits.trailer_lines = choose(9, defaults.trailer_lines);
            limits.content = choose(10, u32::MAX).into();
            limits
        }),
    ]
}
