//! The command line.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// HTTP/1 requests as events: serve, inspect and send them.
#[derive(Debug, Parser)]
// Without a subcommand, clap would print the whole help as an error.
#[command(name = "h1events", bin_name = "h1events", version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The command to run.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Inspect(Inspect),
    Send(Send),
    Completions(Completions),
    Man(Man),
}

/// Serve HTTP/1 until a signal stops it
///
/// After SIGINT (Ctrl-C) or SIGTERM, it finishes the requests that have begun,
/// and ends within four seconds. SIGHUP does the same, unless the process
/// ignores it, as under nohup.
///
/// Logs go to stderr. Besides -v, RUST_LOG sets the level of each module:
/// h1events::request=info, h1events_smol=debug.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = SERVE_EXIT_STATUS)]
pub(crate) struct Serve {
    /// The server that runs the connections
    #[arg(long, value_enum, default_value_t = Transport::Thread)]
    pub(crate) transport: Transport,

    /// An address to listen on; can be given several times
    ///
    /// HOST:PORT, with a name or an address. A name stands for all of its
    /// addresses. Without a host, as in :8080, it listens on all addresses of the
    /// machine, IPv6 and IPv4. Port 0 is any free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    #[arg(verbatim_doc_comment)]
    pub(crate) listen: Vec<String>,

    /// The application that answers the requests
    #[arg(long, value_enum, default_value_t = App::Hello)]
    pub(crate) app: App,

    /// Longest time for the head of a request [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) head_timeout: Option<Duration>,

    /// Longest time between two requests of a connection [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) idle_timeout: Option<Duration>,

    /// Highest number of open connections [default: 1000 on threads, 16384 on smol]
    #[arg(long, value_name = "N")]
    pub(crate) max_connections: Option<NonZeroUsize>,

    /// Longest body of a request [default: none, and 1048576 for /collect of lab]
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_body: Option<u64>,

    /// Log connections and requests; -vv: with fields; -vvv: with secrets and every detail
    ///
    /// A request takes one line: peer, status, bytes of the answer's body, time of
    /// the application, method, target, version. Secrets are the values of
    /// Authorization, Proxy-Authorization, Cookie and Set-Cookie.
    #[arg(short, long, action = ArgAction::Count, verbatim_doc_comment)]
    pub(crate) verbose: u8,
}

/// A server that runs connections.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Transport {
    /// A thread for each connection
    Thread,
    /// Tasks on the smol runtime
    Smol,
}

/// An application.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum App {
    /// Greetings at / and /greeting/<name>, and the page /inspect
    Hello,
    /// Sends the body of the request back
    Echo,
    /// To test clients, proxies and loads: /bytes/<n> (?chunked for no length),
    /// /events/<n>/<ms> (ms to 60000), /sleep/<ms> (to 60000), /spin/<us>
    /// (computes; to 1000000), /status/<code> (200 to 599), /headers, /thread,
    /// /panic, and a POST to /count or /collect; larger numbers get a 404
    #[value(verbatim_doc_comment)]
    Lab,
}

/// Show raw request bytes as events, or the error in them
///
/// It reads any number of pipelined requests and prints their events. For
/// malformed bytes, it shows the offending line with a caret under the byte,
/// the reason, the section of the RFC, and the status that a server should
/// answer with.
///
/// After a request that closes the connection, or a CONNECT, no other request
/// can follow. So it stops there, and says how many bytes it left unread. It
/// counts them for a second at most.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = INSPECT_EXIT_STATUS)]
pub(crate) struct Inspect {
    /// Print one JSON object a line
    ///
    /// Each string stands for bytes: U+0080 to U+00FF are the bytes from 0x80.
    #[arg(long)]
    pub(crate) json: bool,

    /// Pass N bytes at a time to the parser
    ///
    /// The events are the same, except for how body data is split.
    #[arg(long, value_name = "N")]
    pub(crate) chunk: Option<NonZeroUsize>,

    /// First turn each bare LF into CRLF, for files from an editor
    ///
    /// It does so in bodies, too. Offsets count the bytes after the change.
    #[arg(long)]
    pub(crate) crlf: bool,

    /// The file with the bytes; stdin if it is `-` or not given
    pub(crate) file: Option<PathBuf>,
}

/// Send raw bytes, and print the answer until the server closes
///
/// It reads while it sends. After the last byte it keeps the connection open
/// and waits. An empty file plays a silent client. A line on stderr says what
/// it waits for.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = SEND_EXIT_STATUS)]
pub(crate) struct Send {
    /// End when no byte was sent or received for this time
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Host and port of the server: HOST:PORT, or http://HOST:PORT/
    pub(crate) address: String,

    /// The file with the bytes; stdin if it is `-` or not given
    pub(crate) file: Option<PathBuf>,
}

/// Print the completions of this command for a shell
///
/// For bash: h1events completions bash >~/.local/share/bash-completion/completions/h1events
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// Print the manual page of this command, or of a subcommand
///
/// To read it: h1events man serve | man -l -
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The subcommand
    pub(crate) subcommand: Option<String>,
}

/// Longest deadline, in seconds: a century.
const MOST_SECONDS: f64 = 100.0 * 366.0 * 86_400.0;

/// Parses a time above zero, in seconds with or without decimals.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse()
        .ok()
        .filter(|&seconds| seconds <= MOST_SECONDS)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or("expected a number of seconds above 0")
}

const SERVE_EXIT_STATUS: &str = "\
Exit status:
  0  stopped by a signal
  3  anything else, such as an address that is in use";

const SEND_EXIT_STATUS: &str = "\
Exit status:
  0  the server has closed the connection, or the timeout has passed
  3  anything else, such as a refused connection";

const INSPECT_EXIT_STATUS: &str = "\
Exit status:
  0  a whole number of complete requests, none included
  1  malformed bytes
  2  the input ended within a request
  3  anything else, such as wrong options or an unreadable file";

/// Returns the definition of the command line.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Returns the command to run, or `None` if it has printed help.
///
/// # Errors
///
/// One line that says what is wrong with the arguments.
pub(crate) fn parse() -> Result<Option<Command>, String> {
    match Cli::try_parse() {
        Ok(cli) => Ok(Some(cli.command)),
        Err(error) if error.use_stderr() => Err(one_line(&error)),
        Err(help) => match help.print() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(format!("cannot write the help: {error}"))
            }
            _ => Ok(None),
        },
    }
}

/// Takes the reason, which is clap's first paragraph, and the suggestions, but not the usage.
fn one_line(error: &clap::Error) -> String {
    let rendered = error.to_string();
    let reason: Vec<_> =
        rendered.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let reason = reason.join(" ");
    let reason = reason.strip_prefix("error: ").unwrap_or(&reason);
    let suggestions = suggestions(error);
    if suggestions.is_empty() {
        return format!("{reason}; see h1events --help");
    }
    let quoted: Vec<_> = suggestions.iter().map(|text| format!("'{text}'")).collect();
    format!("{reason} (did you mean {}?); see h1events --help", quoted.join(" or "))
}

/// Returns clap's suggestions for an unknown word.
fn suggestions(error: &clap::Error) -> Vec<String> {
    let kinds =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds
        .into_iter()
        .filter_map(|kind| error.get(kind))
        .flat_map(|value| match value {
            ContextValue::String(text) => vec![text.clone()],
            ContextValue::Strings(texts) => texts.clone(),
            _ => Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        command().debug_assert();
    }

    #[test]
    fn usage_errors_take_one_line() {
        for arguments in [
            &[][..],
            &["--wrong"],
            &["inspect", "--chunk", "0"],
            &["inspect", "--chunk"],
            &["serve", "--transport", "pigeon"],
            &["serve", "--app", "sing"],
            &["serve", "--max-connections", "0"],
            &["serve", "8080"],
            &["send"],
            &["sing"],
        ] {
            let arguments = ["h1events"].iter().chain(arguments);
            let reason = one_line(&Cli::try_parse_from(arguments).unwrap_err());
            assert_eq!(reason.lines().count(), 1, "{reason}");
            assert!(reason.ends_with("; see h1events --help"), "{reason}");
        }
    }

    #[test]
    fn what_may_have_been_meant_is_suggested() {
        for (arguments, suggestion) in [
            (&["serve", "--transprt", "smol"][..], "(did you mean '--transport'?); see"),
            (&["serve", "--app", "ecko"], "(did you mean 'echo'?); see"),
            (&["srve"], "(did you mean 'serve'?); see"),
        ] {
            let arguments = ["h1events"].iter().chain(arguments);
            let reason = one_line(&Cli::try_parse_from(arguments).unwrap_err());
            assert!(reason.contains(suggestion), "{reason}");
        }
    }

    #[test]
    fn seconds_are_above_zero_and_may_have_decimals() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        for wrong in ["0", "-0", "0.0", "-1", "nan", "inf", "1e300", "1e-12", "", "1s", "1,5"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
