//! Both READMEs show the loop of the crate documentation, where it is compiled and run.

#[test]
fn loop_is_that_of_the_crate_documentation() {
    let documentation = include_str!("../src/lib.rs").lines();
    let documentation = statements(
        documentation
            .filter_map(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line)),
    );
    for readme in [include_str!("../../README.md"), include_str!("../README.md")] {
        let readme = statements(code(readme).lines());
        assert!(readme.contains("next_event"));
        assert!(documentation.contains(&readme), "not in the crate documentation:\n{readme}");
    }
}

/// Leaves out imports, hidden lines and empty lines.
fn statements<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines
        .filter(|line| !line.starts_with("# ") && !line.starts_with("use ") && !line.is_empty())
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The first block of Rust.
fn code(markdown: &str) -> &str {
    let (_, block) = markdown.split_once("```rust\n").expect("a block of Rust");
    block.split_once("```").expect("its end").0
}
