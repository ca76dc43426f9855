//! The comparisons: parsers and workloads.

use crate::peers::Parser;
use crate::workloads::{self, Workload};
use crate::{bodies, peers};

pub(crate) struct Comparison {
    pub(crate) title: &'static str,
    /// h1events and httparse come first, at [`peers::H1EVENTS`] and [`peers::HTTPARSE`].
    pub(crate) parsers: &'static [Parser],
    pub(crate) workloads: Vec<Workload>,
}

pub(crate) fn all() -> [Comparison; 2] {
    [
        Comparison { title: "Heads", parsers: &peers::PARSERS, workloads: workloads::heads() },
        Comparison { title: "Bodies", parsers: &bodies::PARSERS, workloads: workloads::bodies() },
    ]
}
