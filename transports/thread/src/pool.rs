//! Buffers that no connection needs now.

use std::sync::{Mutex, PoisonError};

use h1events_connection::Buffer;

/// The most buffers that are kept: as many as threads may work at the same time, not as there
/// are connections.
const MOST: usize = 64;

/// The last one that came is the first to go, since its memory is still in the caches.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    #[expect(clippy::vec_box, reason = "connections hold them boxed")]
    buffers: Mutex<Vec<Box<Buffer>>>,
}

impl Pool {
    pub(crate) fn take(&self) -> Box<Buffer> {
        let buffer = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        buffer.unwrap_or_default()
    }

    pub(crate) fn give(&self, buffer: Box<Buffer>) {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < MOST {
            buffers.push(buffer);
        }
    }
}
