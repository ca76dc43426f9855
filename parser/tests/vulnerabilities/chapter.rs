//! The chapter `attacks` of the crate documentation lists each of these tests once, with the
//! reports that it names.

use std::collections::BTreeMap;

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

/// The names of the tests, each with the reports that go with it.
type Reports = BTreeMap<String, Vec<String>>;

#[test]
fn each_row_is_a_test_and_each_test_a_row() {
    let (rows, tests) = (rows(), tests());
    let names = |reports: &Reports| reports.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&rows), names(&tests));
    assert_eq!(rows, tests, "the reports");
}

fn rows() -> Reports {
    let mut rows = Reports::new();
    for line in CHAPTER.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix("` |")) else {
            continue;
        };
        let mut cells = row.rsplit('`');
        let (name, _, file) = (cells.next(), cells.next(), cells.next());
        let test = format!("{}::{}", file.expect("a file"), name.expect("a name"));
        assert_eq!(rows.insert(test.clone(), reports(row)), None, "{test} has two rows");
    }
    rows
}

fn tests() -> Reports {
    let mut tests = Reports::new();
    for (file, code) in FILES {
        let mut parts = code.split("#[test]\nfn ");
        let mut before = parts.next().expect("what stands before the first test");
        for part in parts {
            let name = part.split('(').next().expect("a name");
            let comment: Vec<_> =
                before.lines().rev().take_while(|line| line.starts_with("///")).collect();
            tests.insert(format!("{file}::{name}"), reports(&comment.join("\n")));
            before = part;
        }
    }
    tests
}

/// Returns the numbers of the reports that a text names, in their order.
fn reports(text: &str) -> Vec<String> {
    let is_number = |octet: char| octet.is_ascii_digit() || octet == '-';
    let numbers = text.split("CVE-").skip(1);
    let mut reports: Vec<_> = numbers
        .map(|number| number.chars().take_while(|&octet| is_number(octet)).collect())
        .collect();
    reports.sort();
    reports
}
