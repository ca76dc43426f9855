//! A shortage of descriptors, and its end, in processes of their own.
#![cfg(target_os = "linux")]

#[path = "../../suite/descriptors.rs"]
mod descriptors;
mod support;
