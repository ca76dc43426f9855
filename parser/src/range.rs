//! Positions instead of borrows.

use core::ops::Range;

/// Returns the range of `slice` within `buffer`, or `None` if it isn't part of it.
///
/// Use it to keep positions instead of borrows. The slices of an
/// [`Event`](crate::Event) are parts of the input that was presented, empty ones included.
/// It compares addresses, never contents.
///
/// ```
/// use h1events::{Event, RequestParser, range_of};
///
/// let buffer = b"GET /hello HTTP/1.1\r\nHost: example.org\r\n\r\n".to_vec();
/// let mut parser = RequestParser::new();
/// let mut target = 0..0;
/// let mut input = &buffer[..];
/// while let Some(event) = parser.next_event(&mut input)? {
///     if let Event::RequestLine(line) = event {
///         target = range_of(line.target, &buffer).expect("the target is part of the buffer");
///     }
/// }
/// assert_eq!(&buffer[target], b"/hello");
/// # Ok::<(), h1events::Error>(())
/// ```
#[must_use]
pub fn range_of(slice: &[u8], buffer: &[u8]) -> Option<Range<usize>> {
    let start = slice.as_ptr().addr().checked_sub(buffer.as_ptr().addr())?;
    let end = start.checked_add(slice.len())?;
    (end <= buffer.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::range_of;

    #[test]
    fn empty_slices_have_a_place() {
        let buffer = b"abc";
        assert_eq!(range_of(&buffer[1..1], buffer), Some(1..1));
        assert_eq!(range_of(&buffer[3..], buffer), Some(3..3));
        assert_eq!(range_of(&buffer[..], buffer), Some(0..3));
    }

    #[test]
    fn what_is_not_part_of_the_buffer_has_none() {
        let buffer = b"abcdef";
        let part = &buffer[2..4];
        assert_eq!(range_of(&buffer[1..3], part), None);
        assert_eq!(range_of(&buffer[3..5], part), None);
        assert_eq!(range_of(buffer, part), None);
    }
}
