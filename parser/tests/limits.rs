//! Every limit of `rules.md`: an element that just fits is taken, and the octet that exceeds the
//! limit is refused, with the status and the offset given there.

#[path = "support/judged.rs"]
mod judged;
mod support;

use h1events::{BodyLength, ErrorKind, Event, Limits, RequestParser};
use judged::Judge;
use support::Owned;

const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
/// A request line that needs no field lines, so that those after it are counted from zero.
const LINE_10: &str = "GET / HTTP/1.0\r\n";

/// Creates a judge with the default limits, except for one change.
fn with(change: impl FnOnce(&mut Limits)) -> Judge {
    let mut limits = Limits::new();
    change(&mut limits);
    Judge::with_limits(limits)
}

/// RFC 9112 section 2.2: at least one empty line is ignored.
#[test]
fn empty_line_too_many_is_refused() {
    let eight = "\r\n".repeat(8);
    for count in 1..=8 {
        let lines = "\r\n".repeat(count);
        Judge::new().accepts(&format!("{lines}{HEAD}"));
        Judge::new().accepts(&format!("{HEAD}{lines}"));
        Judge::new().accepts(&format!("{lines}{HEAD}{eight}{HEAD}{lines}"));
    }
    for lines in [&eight, &format!("{HEAD}{eight}")] {
        let judge = Judge::new();
        judge.waits_after(&lines[..lines.len() - 1]);
    }
    let too_many = ErrorKind::TooManyEmptyLines;
    Judge::new().refuses(&format!("{eight}→\r\n{HEAD}"), too_many, 400);
    Judge::new().refuses(&format!("{eight}→\rX"), too_many, 400);
    Judge::new().refuses_next(HEAD, &format!("{eight}→\r\n"), too_many, 400);

    let one = with(|limits| limits.empty_lines = 1);
    one.accepts(&format!("\r\n{HEAD}\r\n{HEAD}\r\n"));
    one.refuses(&format!("\r\n→\r\n{HEAD}"), too_many, 400);
    one.refuses("\r\n→\r\n\0\r\nQUIT\n", too_many, 400);

    let none = with(|limits| limits.empty_lines = 0);
    none.accepts(HEAD);
    none.refuses("→\r\n", too_many, 400);

    let three = with(|limits| limits.empty_lines = 3);
    three.accepts(&format!("\r\n\r\n\r\n{HEAD}"));
    three.refuses("\r\n\r\n\r\n→\r\n", too_many, 400);
}

/// RFC 9112 section 3: a method longer than any that is implemented gets a 501.
#[test]
fn method_that_is_too_long_is_refused_at_its_end() {
    let method = |length| format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(length));
    Judge::new().accepts(&method(32));
    Judge::new().refuses(&method(33).replacen(' ', "→ ", 1), ErrorKind::MethodTooLong, 501);

    let three = with(|limits| limits.method = 3);
    three.accepts(HEAD);
    three.waits_after("POST");
    three.refuses("POST→ /", ErrorKind::MethodTooLong, 501);
    three.refuses("POST→(", ErrorKind::InvalidMethod, 400);

    let none = with(|limits| limits.method = 0);
    none.waits_after("GET");
    none.refuses("GET→ /", ErrorKind::MethodTooLong, 501);
    none.refuses("→ /", ErrorKind::InvalidMethod, 400);
}

/// A method that doesn't end is not read forever: "400 if none comes within
/// the limit of the request-target".
#[test]
fn method_without_end_is_refused() {
    let m = "M".repeat(8192);
    Judge::new().refuses(&format!("{m}→ /"), ErrorKind::MethodTooLong, 501);
    Judge::new().refuses(&format!("{m}→M"), ErrorKind::EndlessMethod, 400);
    Judge::new().refuses(&format!("{m}→:"), ErrorKind::InvalidMethod, 400);

    let four = with(|limits| limits.target = 4);
    four.accepts("POST / HTTP/1.0\r\n\r\n");
    four.refuses("PATC→H", ErrorKind::EndlessMethod, 400);
    four.refuses("PATC→\n", ErrorKind::InvalidMethod, 400);
    with(|limits| (limits.target, limits.method) = (4, 3)).refuses(
        "POST→ /",
        ErrorKind::MethodTooLong,
        501,
    );

    let none = with(|limits| limits.target = 0);
    none.refuses("→G", ErrorKind::EndlessMethod, 400);
    none.refuses("→ ", ErrorKind::InvalidMethod, 400);
}

/// RFC 9112 section 3: a longer target gets a 414; request lines of 8,000 octets are taken.
#[test]
fn octet_of_a_target_too_many_is_refused() {
    let a = "a".repeat(8191);
    Judge::new().accepts(&format!("GET /{a} HTTP/1.1\r\nHost: a\r\n\r\n"));
    Judge::new().refuses(&format!("GET /{a}→a HTTP/1.1\r\n"), ErrorKind::TargetTooLong, 414);
    let line = format!("GET /{} HTTP/1.1\r\n", "a".repeat(8000 - "GET / HTTP/1.1".len()));
    Judge::new().accepts(&format!("{line}Host: a\r\n\r\n"));

    let three = with(|limits| limits.target = 3);
    three.accepts("GET /ab HTTP/1.1\r\nHost: a\r\n\r\n");
    three.refuses("GET /ab→c", ErrorKind::TargetTooLong, 414);
    three.refuses("GET /ab→#", ErrorKind::InvalidTarget, 400);
    three.refuses("GET /ab→\r", ErrorKind::InvalidVersion, 400);
    three.refuses("GET /ab→\u{80}", ErrorKind::InvalidTarget, 400);
    with(|limits| limits.target = 1).refuses("G /→a", ErrorKind::TargetTooLong, 414);
    with(|limits| limits.target = 1).waits_after("G / ");
}

/// RFC 9110 section 5.4. The octets before the CRLF count, whitespace included.
#[test]
fn octet_of_a_field_line_too_many_is_refused() {
    let v = "v".repeat(16 * 1024 - "X: ".len());
    Judge::new().accepts(&format!("{LINE_10}X: {v}\r\n\r\n"));
    Judge::new().refuses(&format!("{LINE_10}X: {v}→v\r\n"), ErrorKind::FieldLineTooLong, 431);
    let n = "n".repeat(16 * 1024 - 1);
    Judge::new().accepts(&format!("{LINE_10}{n}:\r\n\r\n"));
    Judge::new().refuses(&format!("{LINE_10}{n}n→:"), ErrorKind::FieldLineTooLong, 431);
    Judge::new().refuses(&format!("{LINE_10}{n}n→n"), ErrorKind::FieldLineTooLong, 431);

    let seven = with(|limits| limits.field_line = 7);
    seven.accepts(HEAD);
    seven.accepts(&format!("{LINE_10}A:\t b \t\r\nB:     \r\n\r\n"));
    for line in
        ["Host: a→b", "Host: a→ ", "H:     →\t", "Host-na→m", "Host-na→:", "H:\u{ff}bcde→\u{80}"]
    {
        seven.refuses(&format!("{LINE_10}{line}"), ErrorKind::FieldLineTooLong, 431);
        seven.refuses(&format!("{LINE_10}H: 1\r\n{line}"), ErrorKind::FieldLineTooLong, 431);
    }
    let none = with(|limits| limits.field_line = 0);
    none.accepts(&format!("{LINE_10}\r\n"));
    none.refuses(&format!("{LINE_10}→H: a\r\n"), ErrorKind::FieldLineTooLong, 431);
}

/// A line's CRLF may exceed the limit of the section. The empty line isn't counted.
#[test]
fn octet_of_a_header_section_too_many_is_refused() {
    let fits = |octets| with(move |limits| limits.header_section = octets);
    fits(0).accepts(&format!("{LINE_10}\r\n"));
    fits(9).accepts(HEAD);
    fits(14).accepts(&format!("{LINE_10}Host: a\r\nB:c\r\n\r\n"));
    for (octets, line) in [
        (8, "Host: a\r→\n"),
        (7, "Host: a→\r\n"),
        (6, "Host: →a\r\n"),
        (4, "Host→: a"),
        (3, "Hos→t"),
        (0, "→Host"),
        (13, "Host: a\r\nB:c\r→\n"),
        (12, "Host: a\r\nB:c→\r"),
        (11, "Host: a\r\nB:→c"),
        (9, "Host: a\r\n→B"),
    ] {
        let input = format!("{LINE_10}{line}");
        fits(octets).refuses(&input, ErrorKind::HeaderSectionTooLarge, 431);
    }

    // 64 KiB by default: three full lines, and one that fills the rest.
    let line = format!("X:{}\r\n", "v".repeat(16 * 1024 - 2));
    let lines = line.repeat(3);
    let room = 64 * 1024 - lines.len() - "X:\r\n".len();
    let v = "v".repeat(room);
    Judge::new().accepts(&format!("{LINE_10}{lines}X:{v}\r\n\r\n"));
    let input = format!("{LINE_10}{lines}X:{v}v\r→\n");
    Judge::new().refuses(&input, ErrorKind::HeaderSectionTooLarge, 431);
}

/// RFC 6585 section 5. Judged at the first octet of the line too many, unless it is CR.
#[test]
fn field_line_too_many_is_refused() {
    let lines = "X: y\r\n".repeat(128);
    Judge::new().accepts(&format!("{LINE_10}{lines}\r\n"));
    let input = format!("{LINE_10}{lines}→X: y\r\n");
    Judge::new().refuses(&input, ErrorKind::TooManyHeaderLines, 431);

    with(|limits| limits.header_lines = 0).accepts(&format!("{LINE_10}\r\n"));
    for (lines, text) in [(0, ""), (1, "A:1\r\n"), (2, "A:1\r\nB:  2 \r\n")] {
        let judge = with(|limits| limits.header_lines = lines);
        judge.accepts(&format!("{LINE_10}{text}\r\n"));
        judge.refuses(&format!("{LINE_10}{text}→C"), ErrorKind::TooManyHeaderLines, 431);
        judge.refuses(&format!("{LINE_10}{text}→:"), ErrorKind::InvalidFieldName, 400);
        judge.refuses(&format!("{LINE_10}{text}\r→C"), ErrorKind::BareCr, 400);
    }
}

/// RFC 9112 section 7.1.1. Leading zeros and extensions count.
#[test]
fn octet_of_a_chunk_line_too_many_is_refused() {
    let zeros = "0".repeat(1023);
    Judge::new().accepts(&format!("{CHUNKED}{zeros}1\r\nx\r\n0{zeros}\r\n\r\n"));
    let too_long = ErrorKind::ChunkLineTooLong;
    Judge::new().refuses(&format!("{CHUNKED}{zeros}0→1\r\n"), too_long, 400);
    let x = "x".repeat(1021);
    Judge::new().accepts(&format!("{CHUNKED}1;{x}=\r\n").replace("=\r\n", "y\r\nx\r\n0\r\n\r\n"));
    Judge::new().refuses(&format!("{CHUNKED}1;{x}y→y\r\n"), too_long, 400);
    Judge::new().refuses(&format!("{CHUNKED}1\r\nx\r\n0;{x}y→ \r\n"), too_long, 400);

    let five = with(|limits| limits.chunk_line = 5);
    five.accepts(&format!("{CHUNKED}00001\r\nx\r\n1;a=b\r\nx\r\n00000\r\n\r\n"));
    for line in ["00000→1", "1;a=b→c", "1;a=b→;", "1 ; a→ ", "1;a=\"→\"", "1\r\nx\r\n00000→0"]
    {
        five.refuses(&format!("{CHUNKED}{line}"), too_long, 400);
    }
    five.refuses(&format!("{CHUNKED}00001→g"), ErrorKind::InvalidChunkSize, 400);
    five.refuses(&format!("{CHUNKED}1;a=b→="), ErrorKind::InvalidChunkExtension, 400);
    with(|limits| limits.chunk_line = 0).refuses(&format!("{CHUNKED}→0"), too_long, 400);
}

/// RFC 9112 section 7.1.1: "A server ought to limit the total length of chunk extensions
/// received in a request".
#[test]
fn octet_of_chunk_extensions_too_many_is_refused() {
    let too_long = ErrorKind::ChunkExtensionsTooLong;
    // 16 chunks with 1,000 octets of extensions each, and 384 more.
    let lines = format!("1;{}\r\nx\r\n", "e".repeat(999)).repeat(16);
    let more = "e".repeat(383);
    let message = format!("{CHUNKED}{lines}1;{more}\r\nx\r\n0\r\n\r\n");
    Judge::new().accepts(&message);
    Judge::new().accepts(&message.repeat(2));
    Judge::new().refuses(&format!("{CHUNKED}{lines}1;{more}→e\r\n"), too_long, 400);
    Judge::new().refuses(&format!("{CHUNKED}{lines}1;{more}\r\nx\r\n0→;e"), too_long, 400);

    let five = with(|limits| limits.chunk_extensions = 5);
    five.accepts(&format!("{CHUNKED}1 ;a\r\nx\r\n000;b\r\n\r\n"));
    for lines in
        ["1;a=bc→d", "1 ; \ta→ ", "1;a\r\nx\r\n1;bc→d", "1;abcd\r\nx\r\n0→;", "1;abcd\r\nx\r\n0→ "]
    {
        five.refuses(&format!("{CHUNKED}{lines}"), too_long, 400);
    }
    let none = with(|limits| limits.chunk_extensions = 0);
    none.accepts(&format!("{CHUNKED}1\r\nx\r\n0\r\n\r\n"));
    none.refuses(&format!("{CHUNKED}1→;a"), too_long, 400);
    none.refuses(&format!("{CHUNKED}1→ ;a"), too_long, 400);
}

/// RFC 9110 section 6.5: trailer sections are limited like header sections.
#[test]
fn trailer_section_has_limits_of_its_own() {
    let last_chunk = format!("{CHUNKED}0\r\n");
    let v = "v".repeat(8 * 1024 - "X:\r\n".len());
    Judge::new().accepts(&format!("{last_chunk}X:{v}\r\n\r\n"));
    let input = format!("{last_chunk}X:{v}v\r→\n");
    Judge::new().refuses(&input, ErrorKind::TrailerSectionTooLarge, 431);
    let lines = "X: y\r\n".repeat(32);
    Judge::new().accepts(&format!("{last_chunk}{lines}\r\n"));
    let input = format!("{last_chunk}{lines}→X: y\r\n");
    Judge::new().refuses(&input, ErrorKind::TooManyTrailerLines, 431);

    for (octets, lines) in
        [(0, "→A"), (4, "A:1\r→\n"), (3, "A:1→\r"), (2, "A:→1"), (9, "A:1\r\nB:2\r→\n")]
    {
        let judge = with(|limits| limits.trailer_section = octets);
        judge.accepts(&format!("{last_chunk}\r\n"));
        let input = format!("{last_chunk}{lines}");
        judge.refuses(&input, ErrorKind::TrailerSectionTooLarge, 431);
        with(|limits| limits.trailer_section = octets + 1).waits_after(&input.replace('→', ""));
    }
    let one = with(|limits| limits.trailer_lines = 1);
    one.accepts(&format!("{last_chunk}A:1\r\n\r\n"));
    one.refuses(&format!("{last_chunk}A:1\r\n→B"), ErrorKind::TooManyTrailerLines, 431);
    one.refuses(&format!("{last_chunk}A:1\r\n→\0"), ErrorKind::InvalidFieldName, 400);
    let none = with(|limits| limits.trailer_lines = 0);
    none.refuses(&format!("{last_chunk}→A"), ErrorKind::TooManyTrailerLines, 431);
    // The head has lines of 26 octets.
    let long = with(|limits| limits.field_line = 26);
    long.accepts(&format!("{last_chunk}ABCDEFGH:{}\r\n\r\n", "v".repeat(17)));
    let input = format!("{last_chunk}ABCDEFGH:{}→v", "v".repeat(17));
    long.refuses(&input, ErrorKind::FieldLineTooLong, 431);
}

/// RFC 9110 section 15.5.14. The announced size counts, not the octets received.
#[test]
fn octet_of_content_too_many_is_refused_when_announced() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\n";
    for limit in [0, 1, 10, u64::MAX - 1] {
        let judge = with(|limits| limits.content = limit);
        let over = limit + 1;
        judge.accepts(&format!("{CHUNKED}0\r\n\r\n"));
        judge.waits_after(&format!("{post}Content-Length: {limit}\r\nX:y\r\n"));
        let input = format!("{post}→Content-Length: {over}\r\nX:y\r\n\r⇥\n");
        judge.refuses(&input, ErrorKind::ContentTooLarge, 413);
        judge.refuses(&format!("{CHUNKED}→{over:x};a=b\r⇥\n"), ErrorKind::ContentTooLarge, 413);
    }

    let ten = with(|limits| limits.content = 10);
    ten.accepts(&format!("{post}Content-Length: 00000010\r\n\r\n0123456789"));
    ten.accepts(&format!("{CHUNKED}5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"));
    let input = format!("{CHUNKED}5\r\nhello\r\n→0006\r⇥\n");
    ten.refuses(&input, ErrorKind::ContentTooLarge, 413);
    // Framing is judged before, Connection after.
    let input = format!("{post}Content-Length: 11\r\n→Content-Length: 11\r\n\r⇥\n");
    ten.refuses(&input, ErrorKind::DuplicateContentLength, 400);
    let input = format!("{post}Connection: a b\r\n→Content-Length: 11\r\n\r⇥\n");
    ten.refuses(&input, ErrorKind::ContentTooLarge, 413);
}

/// Numbers are exact up to 64 bits, and refused above
/// (RFC 9110 section 8.6, RFC 9112 section 7.1).
#[test]
fn numbers_are_exact_up_to_64_bits() {
    let boundaries = [
        0,
        1,
        (1 << 31) - 1,
        1 << 31,
        (1 << 32) - 1,
        1 << 32,
        (1 << 63) - 1,
        1 << 63,
        u64::MAX - 1,
        u64::MAX,
    ];
    for number in boundaries {
        for zeros in ["", "0", "0000000000000000000000"] {
            let length =
                format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {zeros}{number}\r\n\r\n");
            assert_eq!(announced(&length), Some(BodyLength::Length(number)));
            for size in [format!("{number:x}"), format!("{number:X}")] {
                let input = format!("{CHUNKED}{zeros}{size}\r\n");
                let run = Judge::new().waits_after(&input);
                assert_eq!(run.events.len(), 4, "the chunk line alone is no event");
                // The size holds: that number of octets is data.
                let data = "x".repeat(number.min(5) as usize);
                let run = Judge::new().waits_after(&format!("{input}{data}"));
                let body = (!data.is_empty()).then(|| Owned::Body(data.into_bytes()));
                assert_eq!(run.events.get(4), body.as_ref());
            }
        }
    }

    for number in ["18446744073709551616", "0018446744073709551616", "99999999999999999999999999"] {
        let input = format!("POST / HTTP/1.1\r\nHost: a\r\n→Content-Length: {number}\r\n\r⇥\n");
        Judge::new().refuses(&input, ErrorKind::ContentLengthOverflow, 400);
    }
    for size in [
        "1000000000000000→0",
        &format!("00{:x}→0", 1_u64 << 60),
        "ffffffffffffffff→0",
        "FFFFFFFFFFFFFFFF→f",
    ] {
        Judge::new().refuses(&format!("{CHUNKED}{size}"), ErrorKind::ChunkSizeOverflow, 400);
    }
}

fn announced(input: &str) -> Option<BodyLength> {
    let mut parser = RequestParser::new();
    let mut rest = input.as_bytes();
    while let Ok(Some(event)) = parser.next_event(&mut rest) {
        if let Event::HeadEnd(framing) = event {
            return Some(framing.body);
        }
    }
    None
}

/// A buffer of `Limits::required_buffer` octets is just large enough: one octet less, and it
/// can be full without giving an event.
#[test]
fn required_buffer_is_just_enough() {
    assert_eq!(Limits::new().required_buffer(), 16 * 1024 + 2);
    for (method, target, field_line) in [(32, 8192, 8000), (3, 5, 0), (3, 5, 16), (1, 1, 12)] {
        let mut limits = Limits::new();
        (limits.method, limits.target, limits.field_line) = (method, target, field_line);
        let line = format!(
            "{} /{} HTTP/1.0\r\n",
            "M".repeat(method as usize),
            "t".repeat(target as usize - 1)
        );
        just_enough(&mut RequestParser::with_limits(limits), &line, limits.required_buffer());
    }
    for field_line in [12, 60, 16 * 1024] {
        let mut limits = Limits::new();
        (limits.method, limits.target, limits.field_line) = (1, 1, field_line);
        let mut parser = RequestParser::with_limits(limits);
        assert!(parser.next_event(&mut &b"G / HTTP/1.0\r\n"[..]).unwrap().is_some());
        let line = format!("X:{}\r\n", "v".repeat(limits.field_line as usize - 2));
        just_enough(&mut parser, &line, limits.required_buffer());
    }
}

fn just_enough(parser: &mut RequestParser, line: &str, required: usize) {
    assert_eq!(line.len(), required);
    let mut full = &line.as_bytes()[..required - 1];
    assert_eq!(parser.next_event(&mut full), Ok(None));
    assert_eq!(full.len(), required - 1, "nothing is consumed");
    let mut full = line.as_bytes();
    assert!(parser.next_event(&mut full).unwrap().is_some());
    assert!(full.is_empty());
}
