//! The log. This is a test binary of its own, since the log is global.

#[path = "../../suite/log.rs"]
mod log_lines;
mod support;
