//! Rewrites the tables of the README: `cargo run`. `cargo run -- PYTHON` first runs llhttp and h11
//! with that interpreter.

use std::{env, fs};

use h1events_parity::table::{README, renew_by_hand, renewed};

fn main() {
    if let Some(interpreter) = env::args().nth(1) {
        renew_by_hand(&interpreter);
    }
    let readme = fs::read_to_string(README).expect("the README");
    fs::write(README, renewed(&readme)).expect("the README is written");
}
