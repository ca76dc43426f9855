//! The signals that stop a server.

use std::io;

/// Lets signals stop the server: SIGTERM, and also SIGINT and SIGHUP unless they were ignored when the
/// process started. `nohup` ignores SIGHUP, and a shell without job control ignores SIGINT for commands in
/// the background.
///
/// # Errors
///
/// The system refuses the handlers, or the thread that waits for them.
#[cfg(unix)]
pub(super) fn on_stop(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let unless_ignored = [SIGINT, SIGHUP].into_iter().filter(|&signal| !ignored::is(signal));
    let mut signals = Signals::new(unless_ignored.chain([SIGTERM]))?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || signals.forever().for_each(|_| stop()))?;
    Ok(())
}

/// Lets Ctrl-C stop the server.
///
/// # Errors
///
/// The system refuses the handler.
#[cfg(not(unix))]
pub(super) fn on_stop(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(stop).map_err(io::Error::other)
}

/// Whether the process ignores a signal. `sigaction` would tell, but there is no safe way to call it.
#[cfg(unix)]
mod ignored {
    use std::fs;
    use std::process::{Command, Stdio};

    pub(super) fn is(signal: i32) -> bool {
        by_proc(signal).unwrap_or_else(|| by_child(signal))
    }

    /// Asks Linux, if it has /proc.
    fn by_proc(signal: i32) -> Option<bool> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (signal - 1) & 1 == 1)
    }

    /// Asks a child, which inherits ignored signals: it survives the signal or not.
    fn by_child(signal: i32) -> bool {
        let mut child = Command::new("sh");
        child.args(["-c", &format!("kill -{signal} $$")]);
        child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        child.status().is_ok_and(|status| status.success())
    }

    #[cfg(test)]
    mod tests {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

        use super::*;

        #[test]
        fn both_ways_to_ask_agree() {
            for signal in [SIGHUP, SIGINT, SIGTERM] {
                let by_proc = by_proc(signal);
                assert_eq!(by_child(signal), by_proc.unwrap_or_else(|| by_child(signal)));
            }
        }

        #[test]
        fn signal_that_std_ignores_is_ignored() {
            assert!(by_proc(signal_hook::consts::SIGPIPE).unwrap_or(true));
        }
    }
}
