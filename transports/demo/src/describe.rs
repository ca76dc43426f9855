//! Shell completions and manual pages, made from the definition of the command line.

use std::io::{self, Write};

use crate::{
    cli::{self, Completions, Man},
    failure::Failure,
};

/// Prints the completions for a shell.
///
/// # Errors
///
/// The output can't be written.
pub(crate) fn completions(options: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut cli::command(), "h1events", &mut script);
    print(&script)
}

/// Prints a manual page.
///
/// # Errors
///
/// There is no such subcommand, or the output can't be written.
pub(crate) fn manual(options: &Man) -> Result<(), Failure> {
    let command = cli::command();
    let command = match &options.subcommand {
        None => command,
        Some(name) => {
            let found = command.find_subcommand(name).cloned();
            let found =
                found.ok_or_else(|| Failure::Subcommand(name.escape_debug().to_string()))?;
            found.display_name(format!("h1events-{name}")).bin_name(format!("h1events {name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(Failure::Write)?;
    print(&page)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    match io::stdout().write_all(text) {
        // A reader such as `head` may close early.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Failure::Write),
    }
}
