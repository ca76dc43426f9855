//! Buffers that no connection needs now.

use h1events_server::Buffer;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_the_first_to_go() {
        let mut pool = Pool::default();
        let buffers: Vec<_> = (0..MOST + 1).map(|_| pool.take()).collect();
        let places: Vec<_> = buffers.iter().map(|buffer| &raw const **buffer).collect();
        for buffer in buffers {
            pool.give(buffer);
        }
        assert_eq!(pool.buffers.len(), MOST);
        assert_eq!(&raw const *pool.take(), places[MOST - 1]);
    }
}
