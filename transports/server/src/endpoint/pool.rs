//! Spare buffers.

use crate::buffer::Buffer;

/// Buffers for connections that begin to need one. The last one in is the first out, since its memory
/// is still in the caches.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    #[expect(clippy::vec_box, reason = "connections hold them boxed")]
    buffers: Vec<Box<Buffer>>,
}

/// Buffers that are kept, at most: sized for the connections that are active at the same time. Each
/// buffer is small.
const MAX_POOLED: usize = 64;

impl Pool {
    pub(crate) fn take(&mut self) -> Box<Buffer> {
        self.buffers.pop().unwrap_or_default()
    }

    pub(crate) fn keep(&mut self, buffer: Box<Buffer>) {
        if self.buffers.len() < MAX_POOLED {
            self.buffers.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pool_gives_the_last_buffer_first() {
        let mut pool = Pool::default();
        let buffers: Vec<_> = (0..MAX_POOLED + 1).map(|_| pool.take()).collect();
        let places: Vec<_> = buffers.iter().map(|buffer| &raw const **buffer).collect();
        for buffer in buffers {
            pool.keep(buffer);
        }
        assert_eq!(pool.buffers.len(), MAX_POOLED);
        assert_eq!(&raw const *pool.take(), places[MAX_POOLED - 1]);
    }
}
