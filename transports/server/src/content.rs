//! Content that is sent without a copy.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Octets of a body: owned, static, or shared.
///
/// Large content is never copied. `From` makes it from a string or octets in any of the usual types, so
/// that functions take them as they are.
///
/// ```
/// use std::sync::Arc;
/// use h1events_server::Response;
///
/// let logo: Arc<[u8]> = vec![0; 100_000].into();
/// let response = Response::new(200).with_body(Arc::clone(&logo));
/// assert_eq!(response.body().len(), 100_000);
/// ```
#[derive(Clone, Default)]
pub struct Content(Storage);

#[derive(Clone)]
enum Storage {
    Static(&'static [u8]),
    Owned(Vec<u8>),
    Shared(Arc<[u8]>),
    Slice(Arc<Vec<u8>>, Range<usize>),
    #[cfg(feature = "bytes")]
    Bytes(bytes::Bytes),
}

impl Content {
    /// Returns content in memory that is used again when no content shares it any more.
    pub(crate) const fn slice(memory: Arc<Vec<u8>>, range: Range<usize>) -> Self {
        Self(Storage::Slice(memory, range))
    }

    /// Returns the vector of owned octets.
    pub(crate) const fn as_vec(&self) -> Option<&Vec<u8>> {
        match &self.0 {
            Storage::Owned(octets) => Some(octets),
            _ => None,
        }
    }

    /// Returns the vector of owned octets.
    pub(crate) const fn as_mut_vec(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.0 {
            Storage::Owned(octets) => Some(octets),
            _ => None,
        }
    }

    /// Returns the bytes of heap that are taken, or kept. Shared octets count for each owner.
    pub(crate) fn capacity(&self) -> usize {
        match &self.0 {
            Storage::Static(_) => 0,
            Storage::Owned(octets) => octets.capacity(),
            Storage::Shared(octets) => octets.len(),
            Storage::Slice(memory, _) => memory.capacity(),
            #[cfg(feature = "bytes")]
            Storage::Bytes(octets) => octets.len(),
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self::Static(&[])
    }
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Storage::Static(octets) => octets,
            Storage::Owned(octets) => octets,
            Storage::Shared(octets) => octets,
            Storage::Slice(memory, range) => &memory[range.clone()],
            #[cfg(feature = "bytes")]
            Storage::Bytes(octets) => octets,
        }
    }
}

impl AsRef<[u8]> for Content {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

impl From<&'static [u8]> for Content {
    fn from(octets: &'static [u8]) -> Self {
        Self(Storage::Static(octets))
    }
}

impl<const N: usize> From<&'static [u8; N]> for Content {
    fn from(octets: &'static [u8; N]) -> Self {
        Self(Storage::Static(octets))
    }
}

impl From<&'static str> for Content {
    fn from(text: &'static str) -> Self {
        Self(Storage::Static(text.as_bytes()))
    }
}

impl From<Vec<u8>> for Content {
    fn from(octets: Vec<u8>) -> Self {
        Self(Storage::Owned(octets))
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self(Storage::Owned(text.into_bytes()))
    }
}

impl From<Cow<'static, [u8]>> for Content {
    fn from(octets: Cow<'static, [u8]>) -> Self {
        match octets {
            Cow::Borrowed(octets) => octets.into(),
            Cow::Owned(octets) => octets.into(),
        }
    }
}

impl From<Cow<'static, str>> for Content {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Arc<[u8]>> for Content {
    fn from(octets: Arc<[u8]>) -> Self {
        Self(Storage::Shared(octets))
    }
}

#[cfg(feature = "bytes")]
impl From<bytes::Bytes> for Content {
    fn from(octets: bytes::Bytes) -> Self {
        Self(Storage::Bytes(octets))
    }
}

#[cfg(feature = "bytes")]
impl From<Content> for bytes::Bytes {
    fn from(content: Content) -> Self {
        match content.0 {
            Storage::Owned(octets) => octets.into(),
            Storage::Bytes(octets) => octets,
            _ => Self::from_owner(content),
        }
    }
}
