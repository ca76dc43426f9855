//! Small limits, in all combinations that affect each other.

use h1events::Limits;

use crate::compare::Context;

fn context(before: &str, after: &str, change: impl FnOnce(&mut Limits)) -> Context {
    let mut limits = Limits::new();
    change(&mut limits);
    Context { limits, ..Context::new(before, after) }
}

#[test]
fn limits_of_the_request_line_are_those_of_the_naive_parser() {
    let alphabet = ["\r\n", "G", " ", "/", "(", "HTTP/1.0\r\n"];
    for empty_lines in [0, 1, 2, 8] {
        for (method, target) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 1), (1, 2), (2, 3)] {
            let context = context("", "\r\n", |limits| {
                (limits.empty_lines, limits.method, limits.target) = (empty_lines, method, target);
            });
            context.compare_every(&alphabet, 5);
        }
    }
}

#[test]
fn limits_of_the_header_section_are_those_of_the_naive_parser() {
    let alphabet = ["A", ":", " ", "\r\n", "\r"];
    for lines in 0..3 {
        for line in [0, 1, 2, 3, 9] {
            for section in 0..9 {
                let context = context("G / HTTP/1.0\r\n", "\r\n\r\n", |limits| {
                    limits.header_lines = lines;
                    limits.field_line = line;
                    limits.header_section = section;
                });
                context.compare_every(&alphabet, 5);
            }
        }
    }
}

#[test]
fn limits_of_the_trailer_section_are_those_of_the_naive_parser() {
    let last_chunk = "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    for lines in 0..3 {
        for section in 0..10 {
            let context = context(last_chunk, "\r\n\r\n", |limits| {
                limits.trailer_lines = lines;
                limits.trailer_section = section;
            });
            context.compare_every(&["A", ":", " ", "\r\n", "TE"], 5);
        }
    }
}

#[test]
fn limits_of_chunk_lines_are_those_of_the_naive_parser() {
    let chunked = "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for line in 0..5 {
        for extensions in 0..5 {
            let context = context(chunked, "\r\n\r\n", |limits| {
                (limits.chunk_line, limits.chunk_extensions) = (line, extensions);
            });
            context.compare_every(&["0", "1", ";", "x", "\r\n"], 5);
        }
    }
}

#[test]
fn limit_of_content_is_that_of_the_naive_parser() {
    for content in 0..4 {
        let chunked = "P / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunked = context(chunked, "\r\n\r\n", |limits| limits.content = content);
        chunked.compare_every(&["0", "1\r\nx\r\n", "2", ";x", "\r\n"], 5);
        let length = "P / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
        let length = context(length, "\r\n\r\nxxx", |limits| limits.content = content);
        length.compare_every(&["0", "1", "2", "3"], 3);
    }
}
