//! Descriptors run out, and come back, in processes of their own.
#![cfg(target_os = "linux")]

#[path = "../../suite/descriptors.rs"]
mod descriptors;
mod support;
