//! The log of a server, which clients can't fill.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use h1events_server::Complaints;
use log::Level;

/// Logs complaints that may come thousands of times a second. The first of a kind in a minute is a
/// warning, with the number of those since the last one; all others are at debug level.
#[derive(Debug, Default)]
pub(crate) struct ServerLog {
    complaints: Mutex<Complaints>,
}

impl ServerLog {
    /// Logs a complaint about a client or the system.
    pub(crate) fn complain(&self, kind: &str, complaint: impl fmt::Display) {
        self.log(Level::Warn, kind, complaint);
    }

    /// Logs a complaint at `level`, unless its kind has had its line for this minute.
    pub(crate) fn log(&self, level: Level, kind: &str, complaint: impl fmt::Display) {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = complaints.note(kind, Instant::now());
        drop(complaints);
        match noted {
            Some(0) => log::log!(level, "{complaint}"),
            Some(unlogged) => log::log!(level, "{complaint} ({unlogged} more like it before)"),
            None => log::debug!("{complaint}"),
        }
    }
}

/// Returns the message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let string = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(string).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub(crate) fn panic_message_is_found() {
        let panic = std::panic::catch_unwind(|| panic!("no {}", "luck")).unwrap_err();
        assert_eq!(panic_message(&*panic), "no luck");
        assert_eq!(panic_message(&"static"), "static");
        assert_eq!(panic_message(&7), "without a message");
    }
}
