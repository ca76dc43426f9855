//! Tells the linker where memory is, if it links for a microcontroller.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=memory.x");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "none") {
        let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-search={folder}");
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
    }
}
