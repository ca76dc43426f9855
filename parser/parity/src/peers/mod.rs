//! One adapter for each parser.

mod h1events;
mod http_net;
mod httparse;
mod hyper;
mod picohttpparser;
mod python;

use crate::run::Peer;

pub use python::Python;

/// The parsers that run in this process, ours first.
pub const PEERS: [&dyn Peer; 5] = [
    &h1events::H1events,
    &httparse::Httparse,
    &picohttpparser::Picohttpparser,
    &http_net::HttpNet,
    &hyper::Hyper,
];

/// Number of fields in the array of a parser that needs one.
const FIELDS: usize = 128;
