//! The parser scans for the end of an element in blocks of octets. It has to find the end at
//! every place in a block, with any number of octets after it.

mod support;

use h1events::{BodyLength, ErrorKind, Limits, RequestParser};
use support::{After, Ending, Owned, Run, run};

/// More than two of the largest blocks.
const LENGTHS: std::ops::Range<usize> = 1..140;

/// Returns inputs to follow the line: the shortest, and one longer than a block.
fn tails() -> [String; 2] {
    ["\r\n".into(), format!("X: {}\r\n\r\n", "y".repeat(100))]
}

fn present(input: &[u8], non_ascii: bool) -> Run {
    let parser = RequestParser::new().allow_non_ascii_target(non_ascii);
    run(&parser, Limits::new(), input, [], After::GoOn)
}

/// Asserts that elements of all lengths are taken whole, and that an unfit octet at any place is
/// refused there, with and without others after it.
fn check(before: &str, after: &str, fill: u8, unfit: &[u8], kind: ErrorKind, non_ascii: bool) {
    for length in LENGTHS {
        let mut input = [before.as_bytes(), &vec![fill; length], after.as_bytes()].concat();
        let run = present(&input, non_ascii);
        assert_eq!(run.ending, Ending::Idle, "{}", input.escape_ascii());
        for &octet in unfit {
            for place in before.len()..before.len() + length {
                input[place] = octet;
                refused_at(&input, kind, place, non_ascii);
                input[place] = fill;
            }
            for place in (before.len()..before.len() + length).rev() {
                input[place] = octet;
                refused_at(&input, kind, place, non_ascii);
            }
            input[before.len()..before.len() + length].fill(fill);
        }
    }
}

fn refused_at(input: &[u8], kind: ErrorKind, place: usize, non_ascii: bool) {
    let Ending::Error { error, .. } = present(input, non_ascii).ending else {
        panic!("{} is accepted", input.escape_ascii());
    };
    let found = (error.kind(), error.offset());
    assert_eq!(found, (kind, place as u64), "{}", input.escape_ascii());
}

#[test]
fn octet_not_allowed_in_a_target_is_seen_wherever_it_is() {
    for tail in tails() {
        let after = format!(" HTTP/1.0\r\n{tail}");
        check("GET /", &after, b'a', b"\0\x7f#", ErrorKind::InvalidTarget, false);
        check("GET /", &after, b'~', b"\x80\xff", ErrorKind::InvalidTarget, false);
        check("GET /", &after, 0xff, b"\t\x7f", ErrorKind::InvalidTarget, true);
        check("GET /", &after, b'a', b"\r", ErrorKind::InvalidVersion, false);
    }
}

#[test]
fn octet_not_allowed_in_a_field_name_is_seen_wherever_it_is() {
    for tail in tails() {
        for after in [":\r\n", ": value: with (more) of it\r\n"] {
            let after = format!("{after}{tail}");
            let before = "GET / HTTP/1.0\r\nN";
            check(before, &after, b'N', b"(\0\x80", ErrorKind::InvalidFieldName, false);
            check(before, &after, b'_', b"@", ErrorKind::InvalidFieldName, false);
            check(before, &after, b'-', b" \t", ErrorKind::WhitespaceBeforeColon, false);
        }
    }
}

#[test]
fn octet_not_allowed_in_a_field_value_is_seen_wherever_it_is() {
    for tail in tails() {
        for before in ["GET / HTTP/1.0\r\nX:", "GET / HTTP/1.0\r\nA-Longer-Name: "] {
            let after = format!("\r\n{tail}");
            check(before, &after, b'v', b"\0\x1f\x7f", ErrorKind::InvalidFieldValue, false);
            check(before, &after, b'\t', b"\x08", ErrorKind::InvalidFieldValue, false);
            check(before, &after, 0x80, b"\x0b", ErrorKind::InvalidFieldValue, false);
            check(before, &after, b'v', b"\n", ErrorKind::BareLf, false);
        }
    }
}

/// Hosts are scanned in blocks of octets, which miss none, wherever the port starts.
#[test]
fn octet_not_allowed_in_a_host_is_seen_wherever_it_is() {
    for tail in tails() {
        for port in ["", ":", ":0", ":8080", ":65535"] {
            let before = "GET / HTTP/1.0\r\nHost: ";
            let after = format!("{port}\r\n{tail}");
            for length in LENGTHS {
                let mut input = [before.as_bytes(), &vec![b'a'; length], after.as_bytes()].concat();
                assert_eq!(present(&input, false).ending, Ending::Idle);
                for octet in *b",@/\x80" {
                    for place in before.len()..before.len() + length {
                        input[place] = octet;
                        let ending = present(&input, false).ending;
                        let is_refused = matches!(ending, Ending::Error { .. });
                        assert!(is_refused, "{} is accepted", input.escape_ascii());
                        input[place] = b'a';
                    }
                }
            }
        }
    }
}

/// The first colon ends the name, wherever the next ones are.
#[test]
fn first_colon_ends_the_name_wherever_the_others_are() {
    for tail in tails() {
        for length in LENGTHS {
            for place in 0..length {
                let name = "N".repeat(place + 1);
                let value = format!("{}:v", ":".repeat(length - place - 1));
                let input = format!("GET / HTTP/1.0\r\n{name}:{value}\r\n{tail}");
                let run = present(input.as_bytes(), false);
                assert_eq!(run.events[1], Owned::Header(name.into(), value.into()), "{input}");
            }
        }
    }
}

/// Names compare without regard to case, but exactly otherwise: no other octet turns a field into
/// one that is judged (RFC 9110 section 5.1).
#[test]
fn only_the_case_of_a_judged_name_may_differ() {
    for (name, value) in [
        ("Host", ""),
        ("Content-Length", "x"),
        ("Transfer-Encoding", "x"),
        ("Connection", "a b"),
        ("Expect", "x"),
    ] {
        let is_refused = |name: &[u8]| {
            let lines = [b"POST http://a/ HTTP/1.1\r\nHost: a\r\n", name, b": "].concat();
            let input = [&lines, value.as_bytes(), b"\r\n\r\n"].concat();
            matches!(present(&input, false).ending, Ending::Error { .. })
        };
        assert!(is_refused(name.as_bytes()));
        for place in 0..name.len() {
            for octet in
                (b'!'..=b'~').filter(|octet| b"()<>@,;:\\\"/[]?={}".iter().all(|no| no != octet))
            {
                let mut other = name.as_bytes().to_vec();
                other[place] = octet;
                let is_same = other.eq_ignore_ascii_case(name.as_bytes());
                assert_eq!(is_refused(&other), is_same, "{}", other.escape_ascii());
            }
            assert!(!is_refused(&name.as_bytes()[..place + 1]) || place + 1 == name.len());
        }
        for more in ["s", "-", "-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(!is_refused(format!("{name}{more}").as_bytes()));
        }
    }
}

/// The words in the values of judged fields.
#[test]
fn only_the_case_of_a_judged_word_may_differ() {
    let framing = |lines: &str| {
        let input = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        present(input.as_bytes(), false).events.into_iter().find_map(|event| match event {
            Owned::HeadEnd(framing) => Some(framing),
            _ => None,
        })
    };
    let others = |word: &str| {
        let mut others = vec![];
        for place in 0..word.len() {
            for octet in
                (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').chain(*b"!#$%&'*+-.^_`|~")
            {
                let mut other = word.to_owned().into_bytes();
                other[place] = octet;
                others.push(String::from_utf8(other).unwrap());
            }
        }
        others
    };
    for other in others("chunked") {
        let is_same = other.eq_ignore_ascii_case("chunked");
        let expected = is_same.then_some(BodyLength::Chunked);
        let found = framing(&format!("Transfer-Encoding: {other}"));
        assert_eq!(found.map(|framing| framing.body), expected, "{other}");
    }
    for other in others("close") {
        let found = framing(&format!("Connection: {other}")).unwrap();
        assert_eq!(found.keep_alive, !other.eq_ignore_ascii_case("close"), "{other}");
    }
    for other in others("upgrade") {
        let found = framing(&format!("Upgrade: x\r\nConnection: {other}")).unwrap();
        assert_eq!(found.upgrade, other.eq_ignore_ascii_case("upgrade"), "{other}");
        let found = framing(&format!("{other}: x\r\nConnection: upgrade")).unwrap();
        assert_eq!(found.upgrade, other.eq_ignore_ascii_case("upgrade"), "{other}");
    }
    for other in others("100-continue") {
        let found = framing(&format!("Content-Length: 1\r\nExpect: {other}"));
        let is_same = other.eq_ignore_ascii_case("100-continue");
        assert_eq!(
            found.map(|framing| framing.expect_continue),
            is_same.then_some(true),
            "{other}"
        );
    }
    for word in ["Host", "Content-Length", "Transfer-Encoding"] {
        for other in others(word) {
            let found = framing(&format!("Connection: {other}"));
            assert_eq!(found.is_none(), other.eq_ignore_ascii_case(word), "{other}");
        }
    }
}
