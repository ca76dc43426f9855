//! The fast search for the first octet that doesn't belong to an element.
//!
//! Sixty-four octets are looked at before one branch is taken, so that the time doesn't
//! depend on where elements end, which no branch predictor could learn. The vectors of the
//! `wide` crate are safe code: SSE2, NEON, or WebAssembly's, where there are any.

use wide::{i8x16, u8x16};

use crate::number::to_u32;
use crate::octet::{is_field_value, is_reg_name, is_target, is_tchar};

/// The number of tchar at the start.
pub(crate) fn token_len(octets: &[u8]) -> usize {
    // Where a usual token ends is found without a branch for each octet.
    let usual = octets.first_chunk::<LANES>().map_or(0, |block| {
        let block = Block { lanes: (*block).into(), place: 0 };
        first_bit(block.mask(unusual_in_name)).min(LANES)
    });
    let rest = octets.get(usual..).unwrap_or_default();
    usual.wrapping_add(rest.iter().position(|&octet| !is_tchar(octet)).unwrap_or(rest.len()))
}

/// The number of octets at the start that a registered name may have as they are.
pub(crate) fn reg_name_len(octets: &[u8]) -> usize {
    octets.iter().position(|&octet| !is_reg_name(octet)).unwrap_or(octets.len())
}

/// The length of a run of which the first `known` octets have been looked at before.
pub(crate) fn resume(octets: &[u8], known: usize, run_len: impl Fn(&[u8]) -> usize) -> usize {
    known.saturating_add(run_len(octets.get(known..).unwrap_or_default()))
}

/// The number of octets at the start that a field value may have.
pub(crate) fn field_value_len(octets: &[u8]) -> usize {
    run_len(
        octets,
        |block| {
            let control = block.simd_lt(u8x16::splat(b' ')) & !block.simd_eq(u8x16::splat(b'\t'));
            control | block.simd_eq(u8x16::splat(0x7f))
        },
        is_field_value,
    )
}

/// The number of octets at the start that a request target may have.
pub(crate) fn target_len(octets: &[u8], allow_non_ascii: bool) -> usize {
    let forbidden = |block: u8x16| {
        block.simd_le(u8x16::splat(b' '))
            | block.simd_eq(u8x16::splat(b'#'))
            | block.simd_eq(u8x16::splat(0x7f))
    };
    if allow_non_ascii {
        run_len(octets, forbidden, |octet| is_target(octet) || !octet.is_ascii())
    } else {
        run_len(octets, |block| forbidden(block) | block.simd_ge(u8x16::splat(0x80)), is_target)
    }
}

/// The number of octets at the start that are visible ASCII or SP.
#[inline(never)]
pub(crate) fn visible_len(octets: &[u8]) -> usize {
    run_len(octets, unusual_in_line, |octet| matches!(octet, b' '..=b'~'))
}

/// The number of octets before the first one that ends the run: `ends` marks it among
/// sixteen octets, `goes_on` denies it of a single one.
#[inline(always)]
fn run_len(octets: &[u8], ends: impl Fn(u8x16) -> u8x16, goes_on: impl Fn(u8) -> bool) -> usize {
    let mut rest = octets;
    while let Some(window) = Window::new(rest) {
        let mask = window.mask(&ends);
        let passed = if mask == 0 { WINDOW.min(rest.len()) } else { first_bit(mask) };
        rest = rest.get(passed..).unwrap_or_default();
        if mask != 0 {
            return octets.len().saturating_sub(rest.len());
        }
    }
    let more = rest.iter().position(|&octet| !goes_on(octet)).unwrap_or(rest.len());
    octets.len().saturating_sub(rest.len()).saturating_add(more)
}

/// The first octets of a field line as masks, with a bit for each octet, the lowest
/// for the first.
pub(crate) struct LineMasks {
    /// Not a letter, digit or "-", as almost all octets of field names are. No usual name
    /// has more than 32 octets: whatever comes after these ends it.
    name_ends: u64,
    /// Not visible ASCII or SP, as almost all octets of field lines are.
    line_ends: u64,
}

impl LineMasks {
    /// The number of octets that are looked at.
    pub(crate) const OCTETS: usize = WINDOW;

    /// Needs at least sixteen octets.
    #[inline(always)]
    pub(crate) fn new(octets: &[u8]) -> Option<Self> {
        if octets.len() >= WINDOW {
            Self::of_window(Window::new(octets)?)
        } else {
            Self::of_last_octets(octets)
        }
    }

    #[inline(never)]
    fn of_last_octets(octets: &[u8]) -> Option<Self> {
        Self::of_window(Window::short(octets)?)
    }

    #[inline(always)]
    fn of_window(window: Window) -> Option<Self> {
        Some(Self {
            name_ends: window.a.mask(unusual_in_name)
                | window.b.mask(unusual_in_name)
                | u64::MAX << (2 * LANES),
            line_ends: window.mask(unusual_in_line),
        })
    }

    /// The number of octets before the first that usual names don't have.
    #[inline(always)]
    pub(crate) fn name_len(&self) -> usize {
        first_bit(self.name_ends)
    }

    /// The number of octets before the first that usual lines don't have. If all have it,
    /// [`OCTETS`](Self::OCTETS).
    #[inline(always)]
    pub(crate) fn line_len(&self) -> usize {
        first_bit(self.line_ends)
    }
}

/// All but ALPHA, DIGIT and "-". Adding puts each range at the lower end of the signed
/// numbers, where one comparison finds it.
#[inline(always)]
#[expect(clippy::arithmetic_side_effects, reason = "lanes wrap around")]
fn unusual_in_name(block: u8x16) -> u8x16 {
    let block = block.cast_signed();
    let letter = ((block | i8x16::splat(0x20)) + i8x16::splat(i8::MIN.wrapping_sub(0x61)))
        .simd_lt(i8x16::splat(i8::MIN.wrapping_add(26)));
    let digit = (block + i8x16::splat(i8::MIN.wrapping_sub(0x30)))
        .simd_lt(i8x16::splat(i8::MIN.wrapping_add(10)));
    !(letter | digit | block.simd_eq(i8x16::splat(0x2d))).cast_unsigned()
}

/// All but visible ASCII and SP. Adding one makes DEL negative, like all octets from 0x80.
#[inline(always)]
#[expect(clippy::arithmetic_side_effects, reason = "lanes wrap around")]
fn unusual_in_line(block: u8x16) -> u8x16 {
    (block.cast_signed() + i8x16::splat(1)).simd_lt(i8x16::splat(0x21)).cast_unsigned()
}

/// Up to 64 octets. Written out where a closure for each block would do, since the
/// compiler doesn't inline those into another crate's loop by itself.
struct Window {
    a: Block,
    b: Block,
    c: Block,
    d: Block,
}

/// Sixteen octets, and their place in the window.
#[derive(Clone, Copy)]
struct Block {
    lanes: u8x16,
    place: u32,
}

const LANES: usize = 16;
const WINDOW: usize = 4 * LANES;

impl Window {
    /// The first octets, or `None` if there aren't enough for a block.
    #[inline(always)]
    fn new(octets: &[u8]) -> Option<Self> {
        if octets.len() >= WINDOW { Self::at(octets, [0, 16, 32, 48]) } else { Self::short(octets) }
    }

    /// The blocks overlap, so that there is no octet that isn't of the input.
    #[inline(always)]
    fn short(octets: &[u8]) -> Option<Self> {
        let last = octets.len().checked_sub(LANES)?;
        Self::at(octets, [0, last.min(16), last.min(32), last.min(48)])
    }

    #[inline(always)]
    fn at(octets: &[u8], [a, b, c, d]: [usize; 4]) -> Option<Self> {
        Some(Self {
            a: Block::at(octets, a)?,
            b: Block::at(octets, b)?,
            c: Block::at(octets, c)?,
            d: Block::at(octets, d)?,
        })
    }

    /// A bit for each octet that `test` marks.
    #[inline(always)]
    fn mask(&self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        self.a.mask(&test) | self.b.mask(&test) | self.c.mask(&test) | self.d.mask(&test)
    }
}

impl Block {
    #[inline(always)]
    fn at(octets: &[u8], place: usize) -> Option<Self> {
        let lanes = octets.get(place..)?.first_chunk::<LANES>()?;
        Some(Self { lanes: (*lanes).into(), place: to_u32(place) })
    }

    #[inline(always)]
    fn mask(self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        u64::from(test(self.lanes).to_bitmask()).wrapping_shl(self.place)
    }
}

#[inline(always)]
fn first_bit(mask: u64) -> usize {
    mask.trailing_zeros() as usize
}
