mod answers;
mod application;
pub(crate) mod client;
pub(crate) mod responses;
pub(crate) mod source;

pub(crate) use application::Echo;
pub(crate) use client::{Client, SECOND, config, get, time_of_day};
pub(crate) use source::Source;
