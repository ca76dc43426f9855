use std::ffi::{c_char, c_int};
use std::mem::zeroed;
use std::{ptr, slice};

use picohttpparser_sys::{
    phr_chunked_decoder, phr_decode_chunked, phr_header, phr_parse_headers, phr_parse_request,
    phr_parse_response,
};

use super::FIELDS;
use crate::run::{Fields, Peer, Request, Run, reads};

pub struct Picohttpparser;

/// The return value of its functions for octets that are a valid beginning.
const PARTIAL: c_int = -2;

impl Peer for Picohttpparser {
    fn package(&self) -> &'static str {
        "picohttpparser-sys"
    }

    fn requests(&self, octets: &[u8], read: usize) -> Run {
        let mut run = Run::default();
        let (mut start, mut seen) = (0, 0);
        for end in reads(octets.len(), read) {
            while start < end {
                match request(&octets[start..end], seen) {
                    Ok((request, length)) => {
                        run.requests.push(request);
                        (start, seen) = (start + length, 0);
                    }
                    Err(PARTIAL) => {
                        seen = end - start;
                        break;
                    }
                    Err(_) => return run.refuse(None, None),
                }
            }
        }
        run
    }

    /// Returns `None`: picohttpparser limits only the number of fields.
    fn limited(&self, _octets: &[u8], _read: usize, _limit: usize) -> Option<Run> {
        None
    }

    fn chunked(&self, body: &[u8], read: usize) -> Run {
        let mut run = Run { requests: vec![Request::default()], ..Run::default() };
        // SAFETY: its documentation asks for a decoder of zeros.
        let mut decoder: phr_chunked_decoder = unsafe { zeroed() };
        let mut pieces = body.chunks(read);
        // The trailer section, which it leaves to `phr_parse_headers`.
        let mut section = loop {
            let Some(piece) = pieces.next() else { return run };
            let mut buffer = piece.to_vec();
            let mut len = buffer.len();
            // SAFETY: the buffer is writable for its length.
            let left =
                unsafe { phr_decode_chunked(&mut decoder, buffer.as_mut_ptr().cast(), &mut len) };
            run.last().content.extend_from_slice(&buffer[..len]);
            match usize::try_from(left) {
                Ok(left) => break piece[piece.len() - left..].to_vec(),
                Err(_) if left == -1 => return run.refuse(None, None),
                Err(_) => {}
            }
        };
        loop {
            match trailers(&section) {
                Ok(trailers) => {
                    run.last().trailers = trailers;
                    run.last().complete = true;
                    return run;
                }
                Err(PARTIAL) => {}
                Err(_) => return run.refuse(None, None),
            }
            let Some(piece) = pieces.next() else { return run };
            section.extend_from_slice(piece);
        }
    }

    fn response(&self, octets: &[u8]) -> bool {
        let (mut minor, mut status): (c_int, c_int) = (0, 0);
        let (mut message, mut message_len) = (ptr::null(), 0);
        let mut fields = [phr_header::default(); FIELDS];
        let mut count = fields.len();
        // SAFETY: the buffer is readable for its length, `fields` is writable for `count` entries,
        // and the rest are places of our own. It keeps none of the pointers.
        let length = unsafe {
            phr_parse_response(
                octets.as_ptr().cast(),
                octets.len(),
                &mut minor,
                &mut status,
                &mut message,
                &mut message_len,
                fields.as_mut_ptr(),
                &mut count,
                0,
            )
        };
        length > 0
    }

    /// Returns the size of the number of octets it has seen of a head.
    fn memory(&self) -> u64 {
        size_of::<usize>() as u64
    }
}

/// Parses a request. Returns it and the length of its head, or the error of the parser.
fn request(octets: &[u8], seen: usize) -> Result<(Request, usize), c_int> {
    let (mut method, mut method_len) = (ptr::null(), 0);
    let (mut target, mut target_len) = (ptr::null(), 0);
    let mut minor = 0;
    let mut fields = [phr_header::default(); FIELDS];
    let mut count = fields.len();
    // SAFETY: as for the response.
    let length = unsafe {
        phr_parse_request(
            octets.as_ptr().cast(),
            octets.len(),
            &mut method,
            &mut method_len,
            &mut target,
            &mut target_len,
            &mut minor,
            fields.as_mut_ptr(),
            &mut count,
            seen,
        )
    };
    let used = usize::try_from(length).map_err(|_| length)?;
    // SAFETY: it has succeeded, so that these lie in `octets`, and it has written `count` fields.
    let request = unsafe {
        Request {
            method: text(method, method_len),
            target: text(target, target_len),
            fields: pairs(&fields[..count]),
            complete: true,
            ..Request::default()
        }
    };
    Ok((request, used))
}

fn trailers(section: &[u8]) -> Result<Fields, c_int> {
    let mut fields = [phr_header::default(); FIELDS];
    let mut count = fields.len();
    // SAFETY: as for the response.
    let length = unsafe {
        phr_parse_headers(
            section.as_ptr().cast(),
            section.len(),
            fields.as_mut_ptr(),
            &mut count,
            0,
        )
    };
    if length < 0 {
        return Err(length);
    }
    // SAFETY: it has succeeded, and has written `count` fields that lie in `section`.
    Ok(unsafe { pairs(&fields[..count]) })
}

/// # Safety
///
/// The pointers of the fields are valid for their lengths, or the lengths are 0.
unsafe fn pairs(fields: &[phr_header]) -> Fields {
    let pair = |field: &phr_header| {
        // SAFETY: as the caller promises.
        unsafe { (text(field.name, field.name_len), text(field.value, field.value_len)) }
    };
    fields.iter().map(pair).collect()
}

/// # Safety
///
/// The pointer is valid for `len` octets, or `len` is 0.
unsafe fn text(pointer: *const c_char, len: usize) -> Vec<u8> {
    if len == 0 {
        return vec![];
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(pointer.cast(), len).to_vec() }
}
