//! The input of a command: a file, or stdin.

use std::{
    fs::File,
    io::{self, Read},
    path::{MAIN_SEPARATOR_STR, Path},
};

use crate::failure::Failure;

/// A source of bytes, and its name without control characters.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) source: Box<dyn Read + Send>,
}

/// Opens the file, or stdin if it is `-` or not given.
///
/// # Errors
///
/// The file can't be opened.
pub(crate) fn open(file: Option<&Path>) -> Result<Input, Failure> {
    match file {
        Some(path) if path != Path::new("-") => {
            let name = shown(path);
            match File::open(path) {
                Ok(file) => Ok(Input { name, source: Box::new(file) }),
                Err(error) => Err(Failure::Read(name, error)),
            }
        }
        _ => Ok(Input { name: "<stdin>".to_owned(), source: Box::new(io::stdin()) }),
    }
}

/// Escapes characters that a terminal could take for commands, but not the backslashes of Windows paths.
fn shown(path: &Path) -> String {
    let path = path.to_string_lossy();
    let names = path.split(MAIN_SEPARATOR_STR).map(|name| name.escape_debug().to_string());
    names.collect::<Vec<_>>().join(MAIN_SEPARATOR_STR)
}
