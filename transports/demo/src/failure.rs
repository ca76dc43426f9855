//! The reasons why a command can fail.

use std::{fmt, io};

/// The reason for a failure, in one line. Names and addresses have no control
/// characters.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input of this name can't be opened or read.
    Read(String, io::Error),
    /// There is no subcommand of this name.
    Subcommand(String),
    /// The output can't be written.
    Write(io::Error),
    /// There is no connection to this address.
    Connect(String, io::Error),
    /// The connection to this address broke before an answer came.
    Lost(String, io::Error),
    /// The server can't listen on this address.
    Listen(String, io::Error),
    /// There is no address to listen on.
    NoListener,
    /// The server can't run, or can't go on.
    Serve(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(name, error) => write!(f, "cannot read {name}: {error}"),
            Self::Subcommand(name) => write!(f, "there is no command {name}; see h1events --help"),
            Self::Write(error) => write!(f, "cannot write the output: {error}"),
            Self::Connect(address, error) => write!(f, "cannot connect to {address}: {error}"),
            Self::Lost(address, error) => write!(f, "{address} sent nothing: {error}"),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::NoListener => f.write_str("no address to listen on"),
            Self::Serve(error) => write!(f, "cannot serve: {error}"),
        }
    }
}
