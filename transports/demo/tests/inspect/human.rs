//! The output for people.

use super::{check, h1events, inspect, run};

#[test]
fn request_is_shown_event_by_event() {
    let input =
        b"POST /upload HTTP/1.1\r\nHost: example.org\r\nX-Empty:\r\nX-Quoted: \"caf\xc3\xa9\"\r\n\
        Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\x1b\r\n0\r\nX-Sum: 1\r\n\r\n\
        GET / HTTP/1.0\r\n\r\nleft";
    let expected = r#"request   POST /upload HTTP/1.1
header    Host: example.org
header    X-Empty:
header    X-Quoted: "caf\xc3\xa9"
header    Transfer-Encoding: chunked
head end  chunked body, keep-alive
body      5 bytes: hello
body      1 byte: \x1b
trailer   X-Sum: 1
end       of request 1

request   GET / HTTP/1.0
head end  no body, close
end       of request 2

4 bytes after the last request were left unread, since no request can follow it
"#;
    check(&inspect(&[], input), expected, 0);
}

#[test]
fn offers_are_named_and_long_bodies_are_cut() {
    let mut input = b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: b\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n".to_vec();
    input.extend([b'x'; 50]);
    let run = inspect(&[], &input);
    let last: Vec<_> = run.stdout.lines().skip(6).collect();
    let body = format!("body      50 bytes: {}…", "x".repeat(48));
    let head_end =
        "head end  body of 50 bytes, keep-alive, expects 100-continue, offers an upgrade";
    assert_eq!(last, [head_end, &body, "end       of request 1"]);
}

#[test]
fn unread_bytes_are_counted_however_many() {
    let mut input = b"GET / HTTP/1.0\r\n\r\n".to_vec();
    input.resize(input.len() + 1_000_000, b'x');
    for options in [&[][..], &["--chunk", "1"]] {
        let stdout = inspect(options, &input).stdout;
        assert!(
            stdout.ends_with("\n\n1000000 bytes after the last request were left unread, since no request can follow it\n"),
            "{stdout}"
        );
    }
}

#[test]
fn bare_line_feeds_become_line_ends_if_that_is_asked_for() {
    let input = b"POST / HTTP/1.1\nHost: a\r\nContent-Length: 2\n\n\n";
    let expected = "request   POST / HTTP/1.1
header    Host: a
header    Content-Length: 2
head end  body of 2 bytes, keep-alive
body      2 bytes: \\r\\n
end       of request 1
";
    for options in [&["--crlf"][..], &["--crlf", "--chunk", "7"]] {
        check(&inspect(options, input), expected, 0);
    }
    assert_eq!(inspect(&[], input).status, Some(1));
}

#[test]
fn request_that_is_cut_off_is_called_incomplete() {
    let expected = "request   GET / HTTP/1.1

incomplete: the input ended within a request, after 20 bytes of request 1
";
    check(&inspect(&[], b"GET / HTTP/1.1\r\nHost"), expected, 2);
}

#[test]
fn caret_points_at_a_space() {
    let expected = r"error: octet not allowed in the request target
  |
1 | GET  / HTTP/1.1\r\n
  |     ^ space
  |
  = rule: RFC 9112 section 3.2
  = status: 400
  = at: <stdin>:1:5, byte 4 of the input, byte 4 of request 1
";
    for options in [&[][..], &["-"], &["--chunk", "1"]] {
        check(&inspect(options, b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), expected, 1);
    }
}

#[test]
fn other_protocols_are_named() {
    let version_1 = r"error: expected a request line, found a PROXY protocol header
  |
1 | PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n
  |            ^
  |
  = rule: RFC 9112 section 2.2
  = status: 400
  = at: <stdin>:1:12, byte 11 of the input, byte 11 of request 1
";
    let version_2 = r"error: expected a request line, found a PROXY protocol header
  |
3 | \x00\r\n
  | ^^^^ NUL
  |
  = rule: RFC 9112 section 2.2
  = status: 400
  = at: <stdin>:3:1, byte 4 of the input, byte 4 of request 1
";
    for options in [&[][..], &["--chunk", "1"]] {
        let input = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n";
        check(&inspect(options, input), version_1, 1);
        check(&inspect(options, b"\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c"), version_2, 1);
    }
}

#[test]
fn caret_counts_escapes() {
    let input =
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nA: \\\xff\"\x1b[2J\r\n\r\n";
    let expected = r#"
error: octet not allowed in a field value
  |
6 | A: \\\xff"\x1b[2J\r\n
  |           ^^^^ control character
  |
  = rule: RFC 9110 section 5.5
  = status: 400
  = at: <stdin>:6:7, byte 58 of the input, byte 31 of request 2
"#;
    let run = inspect(&[], input);
    assert_eq!(run.status, Some(1));
    assert!(run.stdout.ends_with(expected), "{}", run.stdout);
}

#[test]
fn caret_points_into_a_line_that_was_consumed_long_ago() {
    // Judged at the end of the head, and reported at the later of the two lines.
    let mut input = b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n".to_vec();
    input.extend(format!("A: {}\r\n", "x".repeat(16_000)).repeat(4).bytes());
    input.extend(b"\r\n");
    let expected = r"
error: more than one host line
  |
2 | Host: a\r\n
  | - the first one
3 | Host: b\r\n
  | ^
  |
  = rule: RFC 9112 section 3.2
  = status: 400
  = at: <stdin>:3:1, byte 25 of the input, byte 25 of request 1
";
    for options in [&[][..], &["--chunk", "1"]] {
        let run = inspect(options, &input);
        assert!(run.stdout.ends_with(expected), "{}", &run.stdout[run.stdout.len() - 500..]);
    }
}

#[test]
fn long_line_is_shown_in_part() {
    let mut input = b"GET /".to_vec();
    input.resize(input.len() + 5000, b'a');
    input.extend(b"#x HTTP/1.1\r\n");
    let expected = format!(
        r"error: octet not allowed in the request target
  |
1 | …{}#x HTTP/1.1\r\n
  | {}^
  |
  = rule: RFC 9112 section 3.2
  = status: 400
  = at: <stdin>:1:5006, byte 5005 of the input, byte 5005 of request 1
",
        "a".repeat(60),
        " ".repeat(61)
    );
    check(&inspect(&[], &input), &expected, 1);
}

#[test]
fn line_that_does_not_begin_in_sight_has_no_column() {
    let mut input = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n".to_vec();
    input.resize(input.len() + 1_000_000, b'a');
    input.extend(b"\x16");
    let stdout = inspect(&[], &input).stdout;
    let end = "\n  = at: <stdin>:5, byte 1000052 of the input, byte 0 of request 2\n";
    assert!(stdout.ends_with(end), "{}", &stdout[stdout.len() - 500..]);
}

#[test]
fn colours_are_for_terminals() {
    let input = b"GET / HTTP/1.1\r\nHost: a\x1b[2J\r\n\r\n";
    let plain = inspect(&[], input).stdout;
    assert!(!plain.contains('\x1b'), "{plain}");

    let mut forced = h1events(&["inspect"]);
    forced.env("CLICOLOR_FORCE", "1");
    let coloured = run(forced, input).stdout;
    assert!(coloured.contains("\x1b[1mGET / HTTP/1.1\x1b[0m"), "{coloured:?}");
    assert!(!coloured.contains("\x1b[2J"), "{coloured:?}");
}

#[test]
fn contradiction_points_at_the_first_line_too() {
    for (between, shown) in
        [("", ""), ("X: y\r\n", "7 | X: y\\r\\n\n"), ("X: y\r\nX: z\r\n", "...\n")]
    {
        for (before, first, second) in [
            ("X-Host", "Host: a", "HOST: b"),
            ("Host", "Content-Length: 1", "content-length: 1"),
            ("Host", "Content-Length: 1", "Transfer-Encoding: chunked"),
            ("Host", "Transfer-Encoding: chunked", "Content-Length: 1"),
        ] {
            // Behind another request, so that offsets in the request and in the input differ.
            let input = format!(
                "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n{before}: a\r\n{first}\r\n{between}{second}\r\n\r\n"
            );
            let line = 7 + between.matches('\n').count();
            let expected = format!(
                "  |\n6 | {first}\\r\\n\n  | - the first one\n{shown}{line} | {second}\\r\\n\n  | ^\n"
            );
            for options in [&[][..], &["--chunk", "1"]] {
                let run = inspect(options, input.as_bytes());
                assert!(run.stdout.contains(&expected), "{}\n{expected}", run.stdout);
                assert_eq!(run.status, Some(1));
            }
        }
    }
}

#[test]
fn response_is_called_one() {
    let run = inspect(&[], b"HTTP/1.1 200 OK\r\nServer: a\r\n\r\n");
    let help = "  = help: this looks like a response; only requests are parsed here\n";
    assert!(run.stdout.ends_with(help), "{}", run.stdout);
    assert!(!inspect(&[], b"GET  / HTTP/1.1\r\n\r\n").stdout.contains("response"));
}

#[test]
fn body_in_many_parts_is_summed_up() {
    let chunks = "1\r\nx\r\n".repeat(100);
    for (end, status) in [("0\r\n\r\n", 0), ("", 2), ("y", 1)] {
        let input = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{end}"
        );
        let run = inspect(&[], input.as_bytes());
        let body: Vec<_> = run.stdout.lines().filter(|line| line.starts_with("body ")).collect();
        assert_eq!((body.len(), body[8]), (9, "body      92 bytes more, in 92 parts"));
        assert_eq!(run.status, Some(status));
    }
}
