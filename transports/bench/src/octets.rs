//! A body of any length, made like `/bytes/<n>` of `h1events serve --app lab`: from memory, in parts of
//! 64 KiB that aren't copied.

use std::iter;

use h1events_smol::{Request, Response};

/// Octets of a part.
const PART: usize = 64 * 1024;

static OCTETS: [u8; PART] = [b'x'; PART];

/// Makes the response to `GET /<n>`, without a length if `?chunked` follows.
pub(crate) fn response(request: &Request<'_>) -> Response {
    let path = str::from_utf8(request.path()).unwrap_or_default();
    let Ok(length) = path.trim_start_matches('/').parse::<u64>() else { return Response::new(404) };
    let mut left = length;
    let parts = iter::from_fn(move || {
        let part = &OCTETS[..usize::try_from(left).map_or(PART, |left| left.min(PART))];
        left -= part.len() as u64;
        (!part.is_empty()).then_some(Ok(part))
    });
    let response = Response::new(200).with_parts(parts);
    match request.query() {
        Some(b"chunked") => response,
        _ => response.with_content_length(length),
    }
}
