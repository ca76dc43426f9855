//! Transfer-Encoding: beside a Content-Length, hidden from one of two recipients, or ignored.

use h1events::ErrorKind::*;

use crate::{CHUNKED, HIDDEN, NEXT, accepts, refuses, refuses_head};

/// CL.TE: the first recipient goes by the length, the second by the chunks (CVE-2005-2088).
#[test]
fn length_before_encoding() {
    refuses_head("Content-Length: 40\r\n→Transfer-Encoding: chunked", LengthAndEncoding, 400);
    // A length that is no number is not an absent one.
    refuses_head("Content-Length: +40\r\n→Transfer-Encoding: chunked", LengthAndEncoding, 400);
    refuses_head("Content-Length:\r\n→Transfer-Encoding: chunked", LengthAndEncoding, 400);
}

/// TE.CL: the other way round. A parser that remembers only one order would miss it.
#[test]
fn encoding_before_length() {
    refuses_head("Transfer-Encoding: chunked\r\n→Content-Length: 4", LengthAndEncoding, 400);
    let lines = "Transfer-Encoding: chunked\r\nX: y\r\n→Content-Length: 4\r\nContent-Length: 4";
    refuses_head(lines, LengthAndEncoding, 400);
}

/// Methods that are believed to have no content are checked, too (CVE-2020-35863).
#[test]
fn length_and_encoding_whatever_the_method() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        let lines = "Content-Length: 5\r\n→Transfer-Encoding: chunked";
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r⇥\n");
        refuses(&head, LengthAndEncoding, 400);
    }
}

/// Recipients of HTTP/1.0 don't know the field (CVE-2021-33037).
#[test]
fn encoding_in_http_10() {
    for length in ["", "Content-Length: 5\r\n"] {
        let head = format!("POST / HTTP/1.0\r\n{length}→Transfer-Encoding: chunked\r\n\r⇥\n");
        refuses(&head, TransferEncodingInHttp10, 400);
    }
}

/// TE.TE: a name that one recipient repairs and another doesn't know (CVE-2019-16869,
/// CVE-2021-22959).
#[test]
fn encoding_with_a_damaged_name() {
    let head = |line: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{line}: chunked\r\n\r\n");
    refuses(&head("Transfer-Encoding→ "), WhitespaceBeforeColon, 400);
    refuses(&head("Transfer-Encoding→\t"), WhitespaceBeforeColon, 400);
    refuses(&head("Transfer→ Encoding"), WhitespaceBeforeColon, 400);
    refuses(&head("→ Transfer-Encoding"), LineFolding, 400);
    refuses(&head("Transfer→\rEncoding"), InvalidFieldName, 400);
    refuses(&head("Transfer-→\r\nEncoding"), InvalidFieldName, 400);
    for octet in ["\0", "\u{b}", "\u{c}", "\u{1c}", "\u{7f}", "\u{85}", "\u{a0}", "\u{ff}"] {
        refuses(&head(&format!("→{octet}Transfer-Encoding")), InvalidFieldName, 400);
        refuses(&head(&format!("Transfer-Encoding→{octet}")), InvalidFieldName, 400);
    }
}

/// A space instead of a colon: one recipient joins the next line, another forwards it unchanged.
#[test]
fn encoding_without_a_colon() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding→ chunked\r\n\r\n";
    refuses(head, WhitespaceBeforeColon, 400);
}

/// Similar names are other fields, even if a gateway interface maps them to one variable.
#[test]
fn encoding_with_a_similar_name() {
    for name in
        ["Transfer_Encoding", "Transfer.Encoding", "X-Transfer-Encoding", "TransferEncoding"]
    {
        let lines = format!("{name}: chunked\r\nContent-Length: 5");
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\nhello{NEXT}");
        accepts(&request, &[("/", "hello"), ("/next", "")]);
    }
}

/// TE.TE: a value that one recipient takes for chunked, since it trims more than whitespace,
/// compares a prefix, or searches for the word (CVE-2019-16789, CVE-2019-15605).
#[test]
fn encoding_with_a_damaged_value() {
    for octet in ["\0", "\u{8}", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{1f}", "\u{7f}"]
    {
        for value in [format!("→{octet}chunked"), format!("chunked→{octet}")] {
            let head = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {value}\r\n\r\n");
            refuses(&head, InvalidFieldValue, 400);
        }
    }
    for value in [
        "\u{85}chunked",
        "chunked\u{a0}",
        "\u{a0}chunked\u{a0}",
        "\"chunked\"",
        "'chunked' x",
        "chunked chunked",
        "x chunked",
        "chunked;q=1",
        "chunked;",
        "(chunked)",
        "[chunked]",
        "chunked:",
        ":chunked",
        "",
        ",",
    ] {
        refuses_head(&format!("→Transfer-Encoding: {value}"), InvalidTransferEncoding, 400);
    }
    for value in ["xchunked", "chunkedx", "chunke", "chunk", "identity", "'chunked'", "x"] {
        refuses_head(&format!("→Transfer-Encoding: {value}"), ChunkedNotLast, 400);
    }
}

/// Letters that a change of case turns into ASCII letters: U+212A KELVIN SIGN and
/// U+017F LATIN SMALL LETTER LONG S, here in UTF-8.
#[test]
fn encoding_with_letters_that_fold_to_ascii() {
    let kelvin = "\u{e2}\u{84}\u{aa}";
    let line = format!("→Transfer-Encoding: chun{kelvin}ed");
    refuses_head(&line, InvalidTransferEncoding, 400);
    let long_s = "→\u{c5}\u{bf}";
    let line = format!("Tran{long_s}fer-Encoding: chunked");
    refuses(&format!("POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n"), InvalidFieldName, 400);
}

/// Empty members: the list rule ignores them, a comparison of the whole value doesn't.
#[test]
fn encoding_with_empty_members() {
    for value in [",chunked", "chunked,", ", chunked", "chunked ,", "gzip,,chunked"] {
        refuses_head(&format!("→Transfer-Encoding: {value}"), InvalidTransferEncoding, 400);
    }
}

/// Several lines: recipients take the first, the last, or the list of both (CVE-2020-8287,
/// CVE-2021-21299).
#[test]
fn encoding_twice() {
    let te = "Transfer-Encoding:";
    refuses_head(&format!("{te} chunked\r\n→{te} identity"), ChunkedNotLast, 400);
    refuses_head(&format!("{te} identity\r\n→{te} chunked"), UnsupportedTransferCoding, 501);
    refuses_head(&format!("{te} chunked\r\n→{te} chunked"), ChunkedTwice, 400);
    refuses_head(&format!("→{te}\r\n{te} chunked"), InvalidTransferEncoding, 400);
    refuses_head(&format!("→{te} chunked, chunked"), ChunkedTwice, 400);
}

/// Chunked before another coding, or after an unknown one (CVE-2019-16786, CVE-2024-1135).
#[test]
fn encoding_list() {
    refuses_head("→Transfer-Encoding: chunked, cow", ChunkedNotLast, 400);
    refuses_head("→Transfer-Encoding: chunked, identity", ChunkedNotLast, 400);
    refuses_head("→Transfer-Encoding: cow, chunked", UnsupportedTransferCoding, 501);
    refuses_head("→Transfer-Encoding: identity, chunked", UnsupportedTransferCoding, 501);
    refuses_head("→Transfer-Encoding: gzip, chunked", UnsupportedTransferCoding, 501);
}

/// Other spellings are chunked for every recipient, except for naive comparisons.
#[test]
fn encoding_in_another_spelling() {
    for line in [
        "Transfer-Encoding:chunked",
        "TRANSFER-ENCODING: CHUNKED",
        "transfer-encoding: Chunked",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: \t chunked \t ",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        accepts(&format!("{request}1\r\nx\r\n0\r\n\r\n{NEXT}"), &[("/", "x"), ("/next", "")]);
    }
}

/// TE.0: the chunked body of a method that needs none is left for the next request.
#[test]
fn chunked_body_whatever_the_method() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        let head = CHUNKED.replacen("POST", method, 1);
        let body = format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len());
        accepts(&format!("{head}{body}{NEXT}"), &[("/", HIDDEN), ("/next", "")]);
    }
}
