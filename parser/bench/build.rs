//! Tells the program its compiler, target and flags, since counted instructions depend on them.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").expect("cargo names the compiler");
    let version = Command::new(rustc).arg("--version").output().expect("the compiler runs").stdout;
    let version = String::from_utf8(version).expect("a version is text");
    let target = env::var("TARGET").expect("cargo names the target");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default().replace('\x1f', " ");
    let built_with = [version.trim(), &target, &flags].join(" ");
    println!("cargo::rustc-env=BUILT_WITH={}", built_with.trim_end());
    println!("cargo::rerun-if-changed=build.rs");
}
