//! Buffers that no connection needs now.

use h1events_connection::Buffer;

/// Buffers for connections that begin to need one. The last one that came is the first to go,
/// since its memory is still in the caches.
///
/// ```
/// use h1events_serving::Pool;
///
/// let mut pool = Pool::default();
/// let buffer = pool.take();
/// pool.give(buffer);
/// ```
#[derive(Debug, Default)]
pub struct Pool {
    #[expect(clippy::vec_box, reason = "connections hold them boxed")]
    buffers: Vec<Box<Buffer>>,
}

/// The most buffers that are kept: as many as connections may work at the same time, not as there
/// are.
const MOST: usize = 64;

impl Pool {
    /// One of those that are kept, or else a new one.
    pub fn take(&mut self) -> Box<Buffer> {
        self.buffers.pop().unwrap_or_default()
    }

    /// Keeps one, unless 64 are kept already.
    pub fn give(&mut self, buffer: Box<Buffer>) {
        if self.buffers.len() < MOST {
            self.buffers.push(buffer);
        }
    }
}
