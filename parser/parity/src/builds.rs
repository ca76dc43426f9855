//! The rows of the first table about code: `unsafe`, dependencies, and where it builds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::features::yes;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
const LOCK: &str = include_str!("../Cargo.lock");

/// A target without a standard library, from `rustup target add`.
const MICROCONTROLLER: &str = "thumbv7em-none-eabihf";

pub struct Build {
    pub id: &'static str,
    pub title: &'static str,
    pub cell: fn(&Package) -> String,
}

pub const BUILDS: [Build; 4] = [
    Build { id: "unsafe", title: "No `unsafe` of its own", cell: has_no_unsafe },
    Build {
        id: "no-std",
        title: "Builds for a microcontroller, without std",
        cell: |package| yes(package.is_c() && is_freestanding(package) || builds(package, "lib")),
    },
    Build {
        id: "no-heap",
        title: "Builds without a heap",
        // A static library that needs an allocator doesn't link without one.
        cell: |package| {
            yes(package.is_c() && is_freestanding(package) || builds(package, "staticlib"))
        },
    },
    Build { id: "crates", title: "Other crates that it depends on", cell: brings },
];

/// A package in the version of this workspace.
pub struct Package {
    pub name: String,
    pub version: String,
    directory: PathBuf,
}

impl Package {
    pub fn find(name: &str) -> Self {
        let output = cargo(&["metadata", "--locked", "--format-version", "1"]);
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON of cargo");
        let packages = metadata["packages"].as_array().expect("a list");
        let package = packages.iter().find(|package| package["name"] == name).expect(name);
        let text = |key: &str| package[key].as_str().expect("a text");
        let manifest = Path::new(text("manifest_path"));
        Self {
            name: name.to_owned(),
            version: text("version").to_owned(),
            directory: manifest.parent().expect("its folder").to_owned(),
        }
    }

    /// Returns whether it is C with a binding in Rust.
    fn is_c(&self) -> bool {
        self.directory.join("deps").exists()
    }
}

fn has_no_unsafe(package: &Package) -> String {
    if package.is_c() {
        return "C".to_owned();
    }
    let has = files(&package.directory.join("src"), "rs").iter().any(|file| {
        let code = fs::read_to_string(file).expect("a source file");
        code.lines().map(|line| line.split("//").next().unwrap_or(line)).any(|code| {
            code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe")
        })
    });
    yes(!has)
}

fn brings(package: &Package) -> String {
    let tree = cargo(&[
        "tree",
        "--locked",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
        &package.name,
    ]);
    let tree = String::from_utf8(tree.stdout).expect("text of cargo");
    let crates: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    (crates.len() - 1).to_string()
}

/// Returns whether a crate builds that has only this dependency.
fn builds(package: &Package, crate_type: &str) -> bool {
    let Package { name, version, directory } = package;
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/probes").join(name);
    let source = if name == "h1events" {
        format!("path = {directory:?}")
    } else {
        format!("version = \"={version}\", default-features = false")
    };
    let manifest = format!(
        "[package]\nname = \"probe\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\npeer = {{ package = \"{name}\", {source} }}\n"
    );
    let code = "#![no_std]\nextern crate peer;\n\n#[panic_handler]\n\
                fn panic(_: &core::panic::PanicInfo) -> ! {\n    loop {}\n}\n";
    fs::create_dir_all(probe.join("src")).expect("a folder");
    for (file, text) in [("Cargo.toml", &*manifest), ("src/lib.rs", code), ("Cargo.lock", LOCK)] {
        fs::write(probe.join(file), text).expect("a file");
    }
    let manifest = probe.join("Cargo.toml");
    let target = probe.with_file_name("target");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--target", MICROCONTROLLER, "--crate-type", crate_type])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    let reasons = ["can't find crate for `std`", "no global memory allocator found"];
    assert!(
        output.status.success() || reasons.iter().any(|reason| error.contains(reason)),
        "`rustup target add {MICROCONTROLLER}` may be needed: {error}",
    );
    output.status.success()
}

/// Returns whether the C code needs only the functions that a compiler expects everywhere.
fn is_freestanding(package: &Package) -> bool {
    let object = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/probes/peer.o");
    fs::create_dir_all(object.parent().expect("a folder")).expect("a folder");
    let sources = files(&package.directory, "c");
    let parser = sources.iter().find(|file| file.ends_with("picohttpparser.c")).expect("a parser");
    let compiled = Command::new("cc")
        .args(["-ffreestanding", "-DNDEBUG", "-c", "-o"])
        .args([&object, parser])
        .status()
        .expect("a C compiler");
    assert!(compiled.success(), "it compiles");
    let symbols = Command::new("nm").arg("--undefined-only").arg(&object).output().expect("nm");
    let symbols = String::from_utf8(symbols.stdout).expect("names");
    symbols.lines().filter_map(|line| line.split_whitespace().last()).all(|name| {
        ["_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "memcmp", "memcpy", "memmove", "memset"]
            .contains(&name)
    })
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).expect("a folder").map(|entry| entry.expect("a file").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut found: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|found| found == extension))
        .collect();
    for folder in folders {
        found.extend(self::files(&folder, extension));
    }
    found
}

fn cargo(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--manifest-path", MANIFEST])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}
