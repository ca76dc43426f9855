//! The documentation shows the program on tiny_http that `transports/bench` compiles.

const PAGE: &str = include_str!("../src/coming_from_tiny_http.md");
const EXAMPLE: &str = include_str!("../../bench/examples/coming_from_tiny_http.rs");

#[test]
fn page_shows_the_code_that_is_compiled() {
    let (_, code) = EXAMPLE.split_once("\n\n").expect("code below the comment");
    assert!(PAGE.contains(&format!("```ignore\n{code}```\n")), "not on the page:\n{code}");
}
