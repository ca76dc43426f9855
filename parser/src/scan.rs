//! The slow path's search for the first octet that doesn't belong to an element.
//!
//! Each function goes on after `known` octets that have been scanned before.

use crate::lanes::{self, Lanes};
use crate::number::to_u32;
use crate::octet::{is_field_value, is_reg_name, is_target, is_tchar};
use crate::window::{WINDOW, first_bit, mask};

/// Counts the tchar at the start.
pub(crate) fn token_len(octets: &[u8], known: usize) -> usize {
    let rest = octets.get(known..).unwrap_or_default();
    // Where an ordinary token ends is found without a branch for each octet.
    let ordinary = rest.first_chunk().map_or(0, |block| {
        first_bit(mask::<{ Lanes::COUNT }>(block, lanes::not_in_name)).min(Lanes::COUNT)
    });
    let rest = rest.get(ordinary..).unwrap_or_default();
    known.wrapping_add(ordinary).wrapping_add(count_while(rest, is_tchar))
}

/// Counts the octets at the start that a registered name may have unencoded.
pub(crate) fn reg_name_len(octets: &[u8]) -> usize {
    count_while(octets, is_reg_name)
}

/// Counts the octets at the start that a field value may have.
pub(crate) fn field_value_len(octets: &[u8], known: usize) -> usize {
    run_len(octets, known, lanes::not_in_value, is_field_value)
}

/// Counts the octets at the start that a request target may have.
#[inline(never)]
pub(crate) fn target_len(octets: &[u8], known: usize, allow_non_ascii: bool) -> usize {
    if allow_non_ascii {
        let is_fit = |octet: u8| is_target(octet) || !octet.is_ascii();
        run_len(octets, known, lanes::not_in_non_ascii_target, is_fit)
    } else {
        run_len(octets, known, lanes::not_in_target, is_target)
    }
}

/// Counts the octets at the start that are visible ASCII or SP.
#[inline(never)]
pub(crate) fn visible_len(octets: &[u8], known: usize) -> usize {
    run_len(octets, known, lanes::not_in_line, |octet| matches!(octet, b' '..=b'~'))
}

/// Counts the octets before the first one that ends the run. `ends` tests many octets for one that
/// ends it, `goes_on` tests whether a single octet doesn't.
#[inline(always)]
fn run_len(
    octets: &[u8],
    known: usize,
    ends: impl Fn(Lanes) -> Lanes,
    goes_on: impl Fn(u8) -> bool,
) -> usize {
    let mut len = known;
    let mut rest = octets.get(known..).unwrap_or_default();
    while let Some((window, others)) = rest.split_first_chunk::<WINDOW>() {
        let ends = mask(window, &ends);
        if ends != 0 {
            return len.wrapping_add(first_bit(ends));
        }
        len = len.wrapping_add(WINDOW);
        rest = others;
    }
    let more = match octets.last_chunk::<WINDOW>() {
        // The window includes known octets. For a few new ones, when octets arrive one at a time,
        // this would take longer.
        Some(window) if rest.len() > FEW => {
            let known = to_u32(WINDOW.wrapping_sub(rest.len()));
            first_bit(mask(window, &ends).wrapping_shr(known)).min(rest.len())
        }
        _ => count_while(rest, goes_on),
    };
    len.wrapping_add(more)
}

/// The number of new octets up to which it is faster to test them one by one.
pub(crate) const FEW: usize = 4;

#[inline(always)]
fn count_while(octets: &[u8], goes_on: impl Fn(u8) -> bool) -> usize {
    octets.iter().position(|&octet| !goes_on(octet)).unwrap_or(octets.len())
}
