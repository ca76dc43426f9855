//! All checks, on stable Rust: on the seeds, and on the requests of the parser's tests.

use std::fs;
use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use h1events_fuzz::checks::structured::Built;
use h1events_fuzz::checks::{connection, oracle, parse, peers, split, structured};

#[test]
fn seeds_pass_all_checks() {
    assert!(check_folder("seeds") > 100);
}

#[test]
fn captured_requests_pass_all_checks() {
    assert!(check_folder("../parser/tests/captures") > 50);
}

#[test]
fn vectors_pass_all_checks() {
    let path = folder("../parser/tests/vectors/vectors.jsonl");
    let text = fs::read_to_string(path).expect("the vectors are there");
    assert!(!text.is_empty());
    for line in text.lines() {
        let vector: serde_json::Value = serde_json::from_str(line).expect("an object");
        let input = vector["input"].as_str().expect("the input is a string");
        // Each character is one octet.
        let octets: Vec<u8> =
            input.chars().map(|octet| u8::try_from(octet).expect("an octet")).collect();
        println!("{}", vector["id"]);
        check(&octets);
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn check_folder(name: &str) -> usize {
    let files = fs::read_dir(folder(name)).expect("the folder is there");
    let paths = files.map(|file| file.expect("a file").path());
    // A description and a script are among the captured requests.
    let requests =
        paths.filter(|path| path.extension().is_none_or(|name| name != "md" && name != "py"));
    let checked = requests.map(|path| {
        println!("{}", path.display()); // shown if the check fails
        check(&fs::read(path).expect("it can be read"));
    });
    checked.count()
}

fn check(octets: &[u8]) {
    for check in [parse::check, split::check, oracle::check, peers::check, connection::check] {
        check(octets);
    }
    if let Ok(built) = Built::arbitrary_take_rest(Unstructured::new(octets)) {
        structured::check(&built);
    }
}
