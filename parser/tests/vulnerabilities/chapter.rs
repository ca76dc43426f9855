//! The chapter of the crate documentation lists these tests, each of them once.

const CHAPTER: &str = include_str!("../../src/attacks.md");

const FILES: [(&str, &str); 8] = [
    ("chunks", include_str!("chunks.rs")),
    ("connection", include_str!("connection.rs")),
    ("encoding", include_str!("encoding.rs")),
    ("fields", include_str!("fields.rs")),
    ("host", include_str!("host.rs")),
    ("length", include_str!("length.rs")),
    ("request_line", include_str!("request_line.rs")),
    ("trailers", include_str!("trailers.rs")),
];

#[test]
fn each_row_is_a_test_and_each_test_a_row() {
    let mut rows: Vec<String> = CHAPTER
        .lines()
        .filter_map(|line| line.strip_suffix("` |")?.rsplit_once('`'))
        .map(|(_, test)| test.to_owned())
        .collect();
    let mut tests = vec![];
    for (file, code) in FILES {
        for test in code.split("#[test]\nfn ").skip(1) {
            tests.push(format!("{file}::{}", test.split('(').next().expect("a name")));
        }
    }
    rows.sort();
    tests.sort();
    assert_eq!(rows, tests);
}
