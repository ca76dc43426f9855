//! What each rule says when it is broken.

use crate::error::ErrorKind;

/// A rule broken, relative to the start of the unconsumed input.
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) ahead: usize,
    pub(crate) behind: u32,
}

impl Fault {
    /// A rule broken at an octet of the unconsumed input.
    pub(crate) const fn new(kind: ErrorKind, ahead: usize) -> Self {
        Self { kind, ahead, behind: 0 }
    }

    /// A rule broken by something that has been consumed.
    pub(crate) const fn behind(kind: ErrorKind, behind: u32) -> Self {
        Self { kind, ahead: 0, behind }
    }
}
