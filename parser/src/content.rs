//! Content of a known length: the body that Content-Length announces, or the data of a chunk.

use crate::number::to_u64;

/// Takes the rest of the content, or all of the input if that is less.
pub(crate) fn take_up_to<'a>(input: &mut &'a [u8], remaining: &mut u64) -> &'a [u8] {
    let len =
        usize::try_from(*remaining).map_or(input.len(), |remaining| remaining.min(input.len()));
    let (data, rest) = input.split_at_checked(len).unwrap_or_default();
    *input = rest;
    *remaining = remaining.saturating_sub(to_u64(len));
    data
}
