pub(crate) mod peer;
pub(crate) mod responses;

pub(crate) use peer::{Peer, SECOND, config, get};
