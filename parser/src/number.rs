//! Numbers: digits and nothing else, and conversions that lose nothing.
//!
//! Rust's own parsers accept a sign. "Content-Length: +5" has been a way to smuggle
//! requests past servers that used them.

/// Why octets are not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotANumber {
    /// No digits, or something other than a digit among them.
    Syntax,
    /// More than 64 bits.
    Overflow,
}

/// 1*DIGIT
pub(crate) fn decimal(digits: &[u8]) -> Result<u64, NotANumber> {
    const ALWAYS_FIT: usize = 19;
    if (1..=ALWAYS_FIT).contains(&digits.len()) {
        let (number, is_number) =
            digits.iter().fold((0_u64, true), |(number, is_number), digit| {
                let value = digit.wrapping_sub(b'0');
                let number = number.wrapping_mul(10).wrapping_add(u64::from(value));
                (number, is_number & (value < 10))
            });
        return if is_number { Ok(number) } else { Err(NotANumber::Syntax) };
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotANumber::Syntax);
    }
    digits
        .iter()
        .try_fold(0, |number, &digit| append(number, 10, digit))
        .ok_or(NotANumber::Overflow)
}

/// Returns whether the last `count` of these octets are digits, all compared at once.
#[inline(always)]
pub(crate) const fn ends_in_digits(octets: &[u8; 8], count: usize) -> bool {
    // A digit becomes its value. The octets before the last ones become 0.
    let before = 8_usize.wrapping_sub(count).wrapping_mul(8);
    let values = (u64::from_le_bytes(*octets) ^ 0x3030_3030_3030_3030).wrapping_shr(to_u32(before));
    // Adding 6 sets the upper half of an octet of 10 to 15. In larger ones it is set already.
    (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0 == 0
}

/// Appends a digit to a number. Returns `None` if the result needs more than 64 bits. The
/// octet has to be a digit.
pub(crate) fn append(number: u64, radix: u64, digit: u8) -> Option<u64> {
    let value = match digit {
        b'0'..=b'9' => digit.wrapping_sub(b'0'),
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    };
    number.checked_mul(radix)?.checked_add(u64::from(value))
}

const _: () = assert!(u32::BITS <= usize::BITS && usize::BITS <= u64::BITS);

/// Converts a limit to a length.
#[inline(always)]
pub(crate) const fn to_usize(limit: u32) -> usize {
    limit as usize
}

/// Converts a length to a 64-bit number.
pub(crate) const fn to_u64(len: usize) -> u64 {
    len as u64
}

/// Converts a length that a limit bounds.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "limits have 32 bits")]
pub(crate) const fn to_u32(len: usize) -> u32 {
    len as u32
}

/// Converts a length below that of a window.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a window has 64 octets")]
pub(crate) const fn to_u8(len: usize) -> u8 {
    len as u8
}
