//! picohttpparser: heads, and the chunked coding.
//!
//! - It skips one empty line before a request. RFC 9112 section 2.2 has a server skip at least one.
//! - It leaves the whitespace after a field value where it is. RFC 9110 section 5.5: it is not part
//!   of the value.
//! - It takes sixteen digits of a chunk size, zeros at the start among them. RFC 9112 section 7.1 has
//!   any number of them, and asks for care with large numbers only.

use std::ffi::{c_char, c_int};
use std::mem::{MaybeUninit, zeroed};
use std::{ptr, slice};

use picohttpparser_sys::{phr_chunked_decoder, phr_decode_chunked, phr_header, phr_parse_request};

use super::{Head, assert_same, fail};

const NAME: &str = "picohttpparser";

/// More than our default limit allows.
const FIELDS: usize = 256;

pub(super) fn check(octets: &[u8], expected: &Head<'_>) {
    let mut rest = octets;
    while rest.starts_with(b"\r\n\r\n") {
        rest = &rest[2..];
    }
    let mut found = parse(rest).unwrap_or_else(|| fail(NAME, "refuses it", octets));
    found.len += octets.len() - rest.len();
    assert_same("heads", octets, expected, (NAME, &found));
}

pub(super) fn check_chunked(coded: &[u8], expected: &[u8]) {
    let Some((content, left)) = decode(coded) else {
        if has_many_digits(coded) {
            return;
        }
        fail(NAME, "refuses its chunks", coded);
    };
    let shown = |octets: &[u8]| octets.escape_ascii().to_string();
    let (ours, theirs) = (shown(expected), shown(&content));
    assert_same("contents", coded, &ours, (NAME, &theirs));
    assert_same("lengths of the bodies", coded, &coded.len(), (NAME, &(coded.len() - left)));
}

fn parse(octets: &[u8]) -> Option<Head<'_>> {
    let (mut method, mut method_len) = (ptr::null::<c_char>(), 0);
    let (mut target, mut target_len) = (ptr::null::<c_char>(), 0);
    let mut minor_version: c_int = 0;
    let mut fields = [const { MaybeUninit::<phr_header>::uninit() }; FIELDS];
    let mut count = fields.len();
    // SAFETY: the buffer is readable for its length, `fields` is writable for `count` entries, and
    // the rest are places of our own. It keeps none of the pointers.
    let len = unsafe {
        phr_parse_request(
            octets.as_ptr().cast(),
            octets.len(),
            &mut method,
            &mut method_len,
            &mut target,
            &mut target_len,
            &mut minor_version,
            fields.as_mut_ptr().cast(),
            &mut count,
            0,
        )
    };
    let len = usize::try_from(len).ok()?;
    // SAFETY: it has succeeded, so that these lie in `octets`, and it has written `count` fields.
    unsafe {
        Some(Head {
            method: slice(method, method_len),
            target: slice(target, target_len),
            minor_version: minor_version.try_into().ok()?,
            fields: fields[..count]
                .assume_init_ref()
                .iter()
                .map(|field| {
                    let value = trim_end(slice(field.value, field.value_len));
                    (slice(field.name, field.name_len), value)
                })
                .collect(),
            len,
        })
    }
}

fn has_many_digits(coded: &[u8]) -> bool {
    let digits = |line: &[u8]| line.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
    coded.split(|&octet| octet == b'\n').any(|line| line.starts_with(b"0") && digits(line) > 16)
}

fn trim_end(value: &[u8]) -> &[u8] {
    let len = value.iter().rposition(|octet| !matches!(octet, b' ' | b'\t'));
    &value[..len.map_or(0, |last| last + 1)]
}

/// The content, and how many octets follow it.
fn decode(coded: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut buffer = coded.to_vec();
    let mut len = buffer.len();
    // SAFETY: its author asks for a decoder of zeros.
    let mut decoder: phr_chunked_decoder = unsafe { zeroed() };
    decoder.consume_trailer = 1;
    // SAFETY: the buffer is writable for its length.
    let left = unsafe { phr_decode_chunked(&mut decoder, buffer.as_mut_ptr().cast(), &mut len) };
    buffer.truncate(len);
    Some((buffer, usize::try_from(left).ok()?))
}

/// # Safety
///
/// The pointer is valid for `len` octets, or `len` is 0.
unsafe fn slice<'a>(pointer: *const c_char, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(pointer.cast(), len) }
}
