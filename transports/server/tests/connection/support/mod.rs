pub(crate) mod client;
pub(crate) mod responses;

pub(crate) use client::{Client, SECOND, config, get, time_of_day};
