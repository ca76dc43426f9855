//! Fields that follow a body.

use h1events::Field;

use crate::header::{self, InvalidHeader};

/// Fields that follow a body in chunks (RFC 9110 section 6.5).
///
/// ```
/// use h1events_server::Trailers;
///
/// let trailers = Trailers::new().with_field("Server-Timing", "total;dur=12.3");
/// assert_eq!(trailers.fields().count(), 1);
/// assert!(Trailers::new().try_with_field("Content-Type", "text/plain").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Trailers {
    /// Field lines as they are sent, each with its CRLF.
    lines: Vec<u8>,
}

/// Fields that a recipient needs before the content (RFC 9110 section 6.5.1), besides those that the
/// connection sets.
const NOT_IN_TRAILERS: [&[u8]; 17] = [
    b"authorization",
    b"cache-control",
    b"content-encoding",
    b"content-range",
    b"content-type",
    b"date",
    b"expires",
    b"host",
    b"location",
    b"proxy-authenticate",
    b"retry-after",
    b"set-cookie",
    b"te",
    b"trailer",
    b"upgrade",
    b"vary",
    b"www-authenticate",
];

impl Trailers {
    /// Creates trailers without fields.
    pub const fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// Adds a field.
    ///
    /// # Panics
    ///
    /// If the field isn't valid there, see [`InvalidHeader`]. For names and values from outside, use
    /// [`try_with_field`](Self::try_with_field).
    pub fn with_field(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        self.try_with_field(name, value)
            .unwrap_or_else(|error| panic!("trailer \"{}\": {error}", name.escape_ascii()))
    }

    /// Adds a field as [`with_field`](Self::with_field) does.
    ///
    /// # Errors
    ///
    /// Name or value would break the message, or the field must not follow the content.
    pub fn try_with_field(
        mut self,
        name: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, InvalidHeader> {
        let (name, value) = (name.as_ref(), value.as_ref());
        header::check(name, value)?;
        if NOT_IN_TRAILERS.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            return Err(InvalidHeader::NotInTrailers);
        }
        self.push(Field { name, value });
        Ok(self)
    }

    /// Returns the fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        header::fields(&self.lines)
    }

    /// Returns whether there is no field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn push(&mut self, field: Field<'_>) {
        header::push_line(&mut self.lines, field.name, field.value);
    }

    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.lines.capacity()
    }
}
