//! The tables in the README are the results of a run.

use h1events_parity::table::{README, renewed};

#[test]
fn tables_of_the_readme_are_what_was_run() {
    let readme = std::fs::read_to_string(README).expect("the README");
    let renewed = renewed(&readme);
    let differences: Vec<_> =
        readme.lines().zip(renewed.lines()).filter(|(readme, renewed)| readme != renewed).collect();
    assert!(
        readme == renewed,
        "the README and what was run (`cargo run` renews it): {differences:#?}"
    );
}

/// The README of the repository has some of the rows, without the column about the RFC.
#[test]
fn rows_of_the_other_readme_are_in_the_tables() {
    let tables = std::fs::read_to_string(README).expect("the README");
    let tables: Vec<_> = tables.lines().filter_map(row).collect();
    let other = include_str!("../../../README.md");
    let (_, other) = other.split_once("| Behaviour or input |").expect("the table");
    let rows: Vec<_> = other.lines().skip(2).map_while(row).collect();
    assert!(rows.len() > 5, "{rows:?}");
    for row in rows {
        assert!(tables.contains(&row), "not in the tables: {row:?}");
    }
}

/// Splits a row into the title and the cells of the seven parsers.
fn row(line: &str) -> Option<(&str, &str)> {
    let cells = line.strip_prefix("| ")?;
    let (title, _) = cells.split_once(" | ")?;
    let (at, _) = cells.rmatch_indices(" | ").nth(6)?;
    Some((title, &cells[at..]))
}
