//! The tables in the README are what the parsers do.

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
