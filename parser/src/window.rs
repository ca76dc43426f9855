//! Windows and masks: where elements end, found for sixty-four octets at once.
//!
//! A mask has a bit for each octet of a window, the lowest for the first one. A bit is set where an
//! octet ends an element of that kind. So the number of the first set bit is the length of the
//! element, and finding it takes no branch that a processor would have to predict:
//!
//! ```text
//! octets     H o s t :   a . b CR LF A c c e p t :   * / * CR LF
//! name_ends  . . . . 1 1 . . .  1  1 . . . . . . 1 1 1 1 1  1  1     not ALPHA, DIGIT, "-" or "."
//! line_ends  . . . . . . . . .  1  1 . . . . . . . . . . .  1  1     not visible ASCII or SP
//!                    |          |
//!                    name: 4    line: 9
//! ```
//!
//! The classes are those of ordinary elements. The slow path reads all others, and judges them.
//!
//! The start of a line is known only once the line before has ended, so a processor would have to
//! wait for each line before it could scan the next one. Therefore masks are made ahead of the
//! line, and shifted when a line is taken:
//!
//! ```text
//! |<------- window ------->|<-------- next -------->|
//! |<- line ->|<----------- ahead ---------->|                line_ends >> n | next << (64 - n)
//!
//! |<- the last octets, fewer than 64 ->|                    masks of all lines, made once
//! |<- line ->|<------- ahead --------->|                    line_ends >> n, name_ends >> n
//! ```

use crate::lanes::{Lanes, not_in_line, not_in_name, not_in_target};
use crate::number::{to_u8, to_u32};

/// The number of octets in a window.
pub(crate) const WINDOW: usize = 64;

/// What is known about the octets at the start of the input, which an earlier call has scanned but
/// not taken. It stays true, since the caller presents the same octets again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ahead {
    /// Nothing is known.
    Unknown,
    /// The line ends among the octets of a window.
    Window { line_ends: u64 },
    /// The masks of all octets that are there: `len`, fewer than a window.
    Last { masks: LineMasks, len: u8 },
    /// The line is cut short. Its first `scanned` octets are valid. `name_len` is 0 if it is cut in
    /// its name.
    Cut { name_len: u32, scanned: u32 },
}

impl Ahead {
    /// Keeps what is known once a line of that length, with these masks, has been taken.
    #[inline(always)]
    pub(crate) fn set_after(&mut self, input: &[u8], masks: LineMasks, len: usize) {
        if input.len() < WINDOW {
            let left = to_u8(input.len().wrapping_sub(len));
            *self = Self::Last { masks: masks.after(to_u32(len)), len: left };
            return;
        }
        *self = Self::Unknown;
        if len < WINDOW
            && let Some(next) = next_window(input)
        {
            // Each shift is by less than 64 bits.
            let moved = masks.line_ends.wrapping_shr(to_u32(len));
            let next = line_ends(next).wrapping_shl(1).wrapping_shl(!to_u32(len));
            *self = Self::Window { line_ends: moved | next };
        }
    }
}

/// Where the name of a field line ends, and where the line ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineMasks {
    /// Octets other than letters, digits, "-" and ".". Of a window, only the first half is scanned.
    pub(crate) name_ends: u64,
    /// Octets other than visible ASCII and SP.
    pub(crate) line_ends: u64,
}

impl LineMasks {
    /// Makes the masks of fewer octets than a window. They are 0 for fewer than 8. Bits after the
    /// last octet mean nothing.
    #[inline(never)]
    pub(crate) fn of_last(octets: &[u8]) -> Self {
        let (mut name_ends, mut line_ends) = (0, 0);
        for_each_block(octets, |block, place| {
            name_ends |= not_in_name(block).mask().wrapping_shl(place);
            line_ends |= not_in_line(block).mask().wrapping_shl(place);
        });
        Self { name_ends, line_ends }
    }

    /// Returns the masks of the octets after the first `len`, fewer than a window.
    #[inline(always)]
    pub(crate) const fn after(self, len: u32) -> Self {
        Self {
            name_ends: self.name_ends.wrapping_shr(len),
            line_ends: self.line_ends.wrapping_shr(len),
        }
    }
}

/// Where the method ends, and where the target ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLineMasks {
    /// Octets other than letters, digits, "-" and ".". Of a window, only the first quarter is
    /// scanned.
    pub(crate) method_ends: u64,
    /// Octets that targets don't have. The first one ends the method, the second the target.
    pub(crate) target_ends: u64,
}

impl RequestLineMasks {
    #[inline(always)]
    pub(crate) fn of_window(window: &[u8; WINDOW]) -> Self {
        let method_ends = window.first_chunk().map_or(0, |octets| mask::<16>(octets, not_in_name));
        Self { method_ends, target_ends: mask(window, not_in_target) }
    }

    /// Makes the masks of fewer octets than a window, and the line ends of the field lines in them.
    #[inline(never)]
    pub(crate) fn of_last(octets: &[u8]) -> (Self, u64) {
        let (mut method_ends, mut target_ends, mut line_ends) = (0, 0, 0);
        for_each_block(octets, |block, place| {
            method_ends |= not_in_name(block).mask().wrapping_shl(place);
            target_ends |= not_in_target(block).mask().wrapping_shl(place);
            line_ends |= not_in_line(block).mask().wrapping_shl(place);
        });
        (Self { method_ends, target_ends }, line_ends)
    }
}

/// Makes the mask of where ordinary names end, in the first half of a window.
#[inline(always)]
pub(crate) fn name_ends(window: &[u8; WINDOW]) -> u64 {
    window.first_chunk().map_or(0, |octets| mask::<32>(octets, not_in_name))
}

/// Makes the mask of where ordinary names end, in a whole window. It is 0 for fewer octets.
#[inline(never)]
pub(crate) fn all_name_ends(octets: &[u8]) -> u64 {
    octets.first_chunk::<WINDOW>().map_or(0, |window| mask(window, not_in_name))
}

/// Makes the mask of where ordinary lines end.
#[inline(always)]
pub(crate) fn line_ends(window: &[u8; WINDOW]) -> u64 {
    mask(window, not_in_line)
}

/// Returns the window after the first one.
#[inline(always)]
pub(crate) fn next_window(octets: &[u8]) -> Option<&[u8; WINDOW]> {
    octets.first_chunk::<{ 2 * WINDOW }>()?.last_chunk()
}

/// Counts the octets before the first set bit. Without one, returns the size of a window.
#[inline(always)]
pub(crate) const fn first_bit(mask: u64) -> usize {
    mask.trailing_zeros() as usize
}

/// Makes the mask of the octets that pass the test, of at most a window of octets.
#[inline(always)]
pub(crate) fn mask<const N: usize>(octets: &[u8; N], test: impl Fn(Lanes) -> Lanes) -> u64 {
    let (blocks, _) = octets.as_chunks();
    blocks.iter().enumerate().fold(0, |mask, (index, block)| {
        let place = to_u32(index.wrapping_mul(Lanes::COUNT));
        mask | test(Lanes::new(block)).mask().wrapping_shl(place)
    })
}

/// Calls `f` with 8 to 64 octets in blocks, and the place of each. Blocks overlap, so that each
/// octet is in one of them. Fewer than 8 octets make no block.
#[inline(always)]
pub(crate) fn for_each_block(octets: &[u8], mut f: impl FnMut(Lanes, u32)) {
    const LANES: usize = Lanes::COUNT;
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        let last_at = octets.len().wrapping_sub(LANES);
        f(Lanes::new(first), 0);
        f(Lanes::new(last), to_u32(last_at));
        if last_at > LANES {
            for at in [last_at.min(LANES), last_at.min(2 * LANES)] {
                if let Some(block) = octets.get(at..).and_then(<[u8]>::first_chunk) {
                    f(Lanes::new(block), to_u32(at));
                }
            }
        }
    } else if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        let last_at = to_u32(octets.len().wrapping_sub(8));
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        // Where both overlap, they have the same octets.
        let block = u128::from(first) | u128::from(last).wrapping_shl(last_at.wrapping_mul(8));
        f(Lanes::new(&block.to_le_bytes()), 0);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::{Ahead, LineMasks, RequestLineMasks, WINDOW, line_ends, name_ends};
    use crate::octet::is_target;

    /// All octets, in an order in which neighbours differ.
    fn octets() -> Vec<u8> {
        (0..=u8::MAX).cycle().take(4 * 256).map(|octet| octet.wrapping_mul(37)).collect()
    }

    fn naive(octets: &[u8], ends: impl Fn(u8) -> bool) -> u64 {
        octets.iter().rev().fold(0, |mask, &octet| mask << 1 | u64::from(ends(octet)))
    }

    fn of_first(mask: u64, len: usize) -> u64 {
        mask & ((1 << len) - 1)
    }

    fn ends_name(octet: u8) -> bool {
        !octet.is_ascii_alphanumeric() && octet != b'-' && octet != b'.'
    }

    fn ends_line(octet: u8) -> bool {
        !matches!(octet, b' '..=b'~')
    }

    #[test]
    fn windows() {
        for octets in octets().windows(WINDOW) {
            let window = octets.first_chunk().expect("a window");
            assert_eq!(line_ends(window), naive(octets, ends_line));
            assert_eq!(name_ends(window), naive(&octets[..32], ends_name));
            let masks = RequestLineMasks::of_window(window);
            assert_eq!(masks.method_ends, naive(&octets[..16], ends_name));
            assert_eq!(masks.target_ends, naive(octets, |octet| !is_target(octet)));
        }
    }

    #[test]
    fn last_octets() {
        for len in 0..WINDOW {
            for octets in octets().windows(len.max(1)) {
                let octets = &octets[..len];
                let check = |mask, ends: fn(u8) -> bool| {
                    let expected = if len < 8 { 0 } else { naive(octets, ends) };
                    assert_eq!(of_first(mask, len), expected);
                };
                let masks = LineMasks::of_last(octets);
                check(masks.name_ends, ends_name);
                check(masks.line_ends, ends_line);
                let (masks, line_ends) = RequestLineMasks::of_last(octets);
                check(masks.method_ends, ends_name);
                check(masks.target_ends, |octet| !is_target(octet));
                check(line_ends, ends_line);
            }
        }
    }

    /// Masks made ahead are those that a scan would make.
    #[test]
    fn ahead_of_lines() {
        for octets in octets().windows(3 * WINDOW).step_by(5) {
            for len in 1..=2 * WINDOW {
                for end in [WINDOW, 2 * WINDOW - 1, 2 * WINDOW, 3 * WINDOW] {
                    let input = &octets[..end];
                    let window = input.first_chunk().expect("a window");
                    let masks = LineMasks { name_ends: 0, line_ends: line_ends(window) };
                    let mut ahead = Ahead::Unknown;
                    ahead.set_after(input, masks, len);
                    match ahead {
                        Ahead::Window { line_ends } => {
                            assert!(len < WINDOW && end >= 2 * WINDOW);
                            let known = naive(&octets[len..len + WINDOW], ends_line);
                            assert_eq!(line_ends, known, "after {len}");
                        }
                        _ => assert!(len >= WINDOW || end < 2 * WINDOW, "{ahead:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn ahead_of_the_last_lines() {
        for octets in octets().windows(WINDOW - 1).step_by(5) {
            for end in 8..WINDOW {
                for len in 1..=end {
                    let input = &octets[..end];
                    let mut ahead = Ahead::Unknown;
                    ahead.set_after(input, LineMasks::of_last(input), len);
                    let Ahead::Last { masks, len: left } = ahead else { panic!("{ahead:?}") };
                    assert_eq!(usize::from(left), end - len);
                    let left = end - len;
                    assert_eq!(of_first(masks.line_ends, left), naive(&input[len..], ends_line));
                    assert_eq!(of_first(masks.name_ends, left), naive(&input[len..], ends_name));
                }
            }
        }
    }
}
