//! The crate documentation lists attacks, and each names an existing test.

use std::fs;
use std::path::Path;

const DOCUMENTATION: &str = include_str!("../src/lib.rs");

#[test]
fn each_attack_of_the_documentation_has_its_test() {
    let (_, table) = DOCUMENTATION.split_once("| Attack |").expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("//! |"));
    let mut count = 0;
    for row in rows {
        let test = row.strip_suffix("` |").and_then(|row| row.rsplit_once('`')).expect("a test").1;
        let mut parts = test.split("::");
        let names =
            [parts.next(), parts.next(), parts.next()].map(|part| part.expect("three parts"));
        let [target, topic, name] = names;
        let file = |folder: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target);
            fs::read_to_string(path.join(topic).with_extension("rs"))
        };
        let code = file("tests").or_else(|_| file("src")).expect("its file");
        assert!(code.contains(&format!("fn {name}()")), "{test}");
        count += 1;
    }
    assert!(count > 10, "{count} rows");
}
