//! Broken rules, before their offset in the request is known.

use crate::error::ErrorKind;

/// A broken rule, and its place relative to the start of the unconsumed input.
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) ahead: usize,
    pub(crate) behind: u32,
}

impl Fault {
    /// Reports a rule broken `ahead` octets into the unconsumed input.
    pub(crate) const fn new(kind: ErrorKind, ahead: usize) -> Self {
        Self { kind, ahead, behind: 0 }
    }

    /// Reports a rule broken `behind` octets before the unconsumed input.
    pub(crate) const fn behind(kind: ErrorKind, behind: u32) -> Self {
        Self { kind, ahead: 0, behind }
    }
}
