//! Host values (RFC 9110 section 7.2, RFC 3986 section 3.2.2), which are judged like the
//! authorities of targets.

use crate::compare::Context;

fn host(before: &str, after: &str) -> Context {
    Context::new(&format!("G / HTTP/1.1\r\nHost:{before}"), &format!("{after}\r\n\r\n"))
}

/// With any value allowed, the parser judges only the number of lines.
#[test]
fn number_of_hosts_is_judged_though_any_host_is_allowed() {
    let alphabet = ["a", " ", ",", "\\", "\0", "\u{e9}", "\r\n", "Host:", "\r\nHost:"];
    for (line, version) in [("G /", "1.1"), ("G http://a", "1.1"), ("G /", "1.0")] {
        let head = format!("{line} HTTP/{version}\r\nHost:");
        Context::new(&head, "\r\n\r\n").allowing_any_host().compare_every(&alphabet, 5);
        let head = format!("{line} HTTP/{version}");
        Context::new(&head, "\r\n\r\n")
            .allowing_any_host()
            .compare_every(&["\r\nHost:", "\r\nX:", "a", " "], 5);
    }
}

#[test]
fn host_and_port_are_judged_as_by_the_naive_parser() {
    let alphabet = ["a", ":", "8", "[", "]", "%", ",", "@", " ", "[::1]"];
    host("", "").compare_every(&alphabet, 5);
    host("a:", "").compare_every(&["0", "6", "5536", "5535", "-", ":"], 6);
    host("a", "").compare_every(&["%", "4", "f", "g", "-", "%41"], 6);
}

/// CONNECT needs host and port, and the port must not be 0.
#[test]
fn target_of_connect_is_judged_as_by_the_naive_parser() {
    let alphabet = ["a", ":", "0", "8", "65535", "65536", "[::1]", "/"];
    let context = Context::new("CONNECT ", " HTTP/1.0\r\n\r\n");
    context.compare_every(&alphabet, 6);
}

#[test]
fn ipv6_address_is_judged_as_by_the_naive_parser() {
    host("[", "]").compare_every(&["1", ":", "::", "1.2.3.4"], 9);
    host("[1:2:3:4:", "]").compare_every(&["f", ":", "::", "1.2.3.4", "12345"], 6);
    host("[::f:", "]").compare_every(&["0", "1", "2", "5", "."], 7);
}

#[test]
fn future_ip_address_is_judged_as_by_the_naive_parser() {
    host("[", "]").compare_every(&["v", "V", "1", ".", ":", "a", "g", ",", "]", "%"], 5);
}
