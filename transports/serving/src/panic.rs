//! What a panicking handler says.

use std::any::Any;

/// The message of a panic, for the log.
///
/// ```
/// let panic = std::panic::catch_unwind(|| panic!("no {}", "luck")).unwrap_err();
/// assert_eq!(h1events_serving::message(&*panic), "no luck");
/// ```
#[must_use]
pub fn message(panic: &(dyn Any + Send)) -> &str {
    let string = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(string).unwrap_or("without a message")
}
