//! Lanes: a vector of sixteen octets, all tested at once, in safe code, and the tests for octets
//! that end an element.
//!
//! Safe functions can't call `core::arch`. On x86-64, where SSE2 is always there, `safe_arch` wraps
//! it. Elsewhere `wide` has NEON, WebAssembly's vectors, or plain arrays. `wide` alone would be as
//! fast on x86-64, but would make a first build 6 s longer. Wider vectors, where a build enables
//! AVX2, gain 2 to 4 %, which isn't worth a second version of everything here.

/// Sixteen octets, or the results of a test: the highest bit of a lane is set if its octet passes.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(vector::Vector);

impl Lanes {
    pub(crate) const COUNT: usize = 16;

    #[inline(always)]
    pub(crate) fn new(octets: &[u8; Self::COUNT]) -> Self {
        Self(vector::load(octets))
    }

    /// Tests for one octet.
    #[inline(always)]
    pub(crate) fn is(self, octet: u8) -> Self {
        Self(vector::equal(self.0, vector::splat(octet)))
    }

    /// Tests for all octets outside of a range, given by its first octet and its length.
    ///
    /// Adding moves the range to the lower end of the signed numbers, so that one comparison is
    /// enough.
    #[inline(always)]
    pub(crate) fn is_outside(self, first: u8, len: u8) -> Self {
        const LOWEST: u8 = 0x80;
        let moved = vector::add(self.0, vector::splat(LOWEST.wrapping_sub(first)));
        Self(vector::signed_greater(moved, vector::splat(LOWEST.wrapping_add(len).wrapping_sub(1))))
    }

    /// Sets that bit in each octet.
    #[inline(always)]
    pub(crate) fn with_bit(self, bit: u8) -> Self {
        Self(vector::or(self.0, vector::splat(bit)))
    }

    #[inline(always)]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(vector::and(self.0, other.0))
    }

    #[inline(always)]
    pub(crate) fn or(self, other: Self) -> Self {
        Self(vector::or(self.0, other.0))
    }

    #[inline(always)]
    pub(crate) fn and_not(self, other: Self) -> Self {
        Self(vector::and_not(self.0, other.0))
    }

    /// Collects the highest bit of each lane, the lowest bit for the first one.
    #[inline(always)]
    pub(crate) fn mask(self) -> u64 {
        u64::from(vector::mask(self.0))
    }
}

/// Tests for octets other than letters, digits, "-" and ".", which make up ordinary names, methods
/// and hosts.
#[inline(always)]
pub(crate) fn not_in_name(octets: Lanes) -> Lanes {
    const LOWER_CASE: u8 = 0x20;
    let not_alphabetic = octets.with_bit(LOWER_CASE).is_outside(b'a', 26);
    not_alphabetic.and(octets.is_outside(b'0', 10)).and(octets.is_outside(b'-', 2))
}

/// Tests for octets other than visible ASCII and SP, which make up ordinary lines.
#[inline(always)]
pub(crate) fn not_in_line(octets: Lanes) -> Lanes {
    octets.is_outside(b' ', 95)
}

/// Tests for octets that [`is_target`](crate::octet::is_target) excludes.
#[inline(always)]
pub(crate) fn not_in_target(octets: Lanes) -> Lanes {
    octets.is_outside(b'!', 94).or(octets.is(b'#'))
}

/// Tests for octets below 0x80 that [`is_target`](crate::octet::is_target) excludes.
#[inline(always)]
pub(crate) fn not_in_non_ascii_target(octets: Lanes) -> Lanes {
    not_in_target(octets).and_not(octets)
}

/// Tests for octets that [`is_field_value`](crate::octet::is_field_value) excludes.
#[inline(always)]
pub(crate) fn not_in_value(octets: Lanes) -> Lanes {
    not_in_line(octets).and_not(octets.or(octets.is(b'\t')))
}

#[cfg(target_arch = "x86_64")]
mod vector {
    pub(super) use safe_arch::{
        add_i8_m128i as add, bitand_m128i as and, bitor_m128i as or, cmp_eq_mask_i8_m128i as equal,
        cmp_gt_mask_i8_m128i as signed_greater, load_unaligned_m128i as load, m128i as Vector,
    };

    #[inline(always)]
    pub(super) fn splat(octet: u8) -> Vector {
        safe_arch::set_splat_i8_m128i(octet.cast_signed())
    }

    #[inline(always)]
    pub(super) fn and_not(a: Vector, b: Vector) -> Vector {
        safe_arch::bitandnot_m128i(b, a)
    }

    #[inline(always)]
    pub(super) fn mask(lanes: Vector) -> u32 {
        safe_arch::move_mask_i8_m128i(lanes).cast_unsigned()
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod vector {
    #![expect(clippy::arithmetic_side_effects, reason = "lanes wrap around")]

    pub(super) use wide::u8x16 as Vector;

    #[inline(always)]
    pub(super) fn load(octets: &[u8; 16]) -> Vector {
        Vector::new(*octets)
    }

    #[inline(always)]
    pub(super) fn splat(octet: u8) -> Vector {
        Vector::splat(octet)
    }

    #[inline(always)]
    pub(super) fn add(a: Vector, b: Vector) -> Vector {
        a + b
    }

    #[inline(always)]
    pub(super) fn and(a: Vector, b: Vector) -> Vector {
        a & b
    }

    #[inline(always)]
    pub(super) fn or(a: Vector, b: Vector) -> Vector {
        a | b
    }

    #[inline(always)]
    pub(super) fn and_not(a: Vector, b: Vector) -> Vector {
        a & !b
    }

    #[inline(always)]
    pub(super) fn equal(a: Vector, b: Vector) -> Vector {
        a.simd_eq(b)
    }

    #[inline(always)]
    pub(super) fn signed_greater(a: Vector, b: Vector) -> Vector {
        a.cast_signed().simd_gt(b.cast_signed()).cast_unsigned()
    }

    #[inline(always)]
    pub(super) fn mask(lanes: Vector) -> u32 {
        lanes.to_bitmask()
    }
}
