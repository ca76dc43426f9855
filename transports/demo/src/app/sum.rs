//! Length and checksum of content.

use h1events_server::Response;

/// The length of content, and its CRC-32, computed part by part.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    length: u64,
    checksum: crc32fast::Hasher,
}

impl Sum {
    pub(crate) fn add(&mut self, content: &[u8]) {
        self.length += content.len() as u64;
        self.checksum.update(content);
    }

    pub(crate) fn into_response(self) -> Response {
        Response::text(format!("{} {:08x}\n", self.length, self.checksum.finalize()))
    }

    /// Returns the response for whole content.
    pub(crate) fn of(content: &[u8]) -> Response {
        let mut sum = Self::default();
        sum.add(content);
        sum.into_response()
    }
}
