//! httparse: heads.
//!
//! - A minor version from 2 to 9 it refuses. RFC 9110 section 6.2 has a recipient process such a
//!   message as the highest version of the same major version that it knows.

use httparse::{EMPTY_HEADER, Status};

use super::{Head, assert_same, fail};

const NAME: &str = "httparse";

/// More than our default limit allows.
const FIELDS: usize = 256;

pub(super) fn check(octets: &[u8], expected: &Head<'_>) {
    if expected.minor_version > 1 {
        return;
    }
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    let len = match parsed.parse(octets) {
        Ok(Status::Complete(len)) => len,
        Ok(Status::Partial) => fail(NAME, "waits for more", octets),
        Err(error) => fail(NAME, format_args!("says: {error}"), octets),
    };
    let found = Head {
        method: parsed.method.expect("it is complete").as_bytes(),
        target: parsed.path.expect("it is complete").as_bytes(),
        minor_version: parsed.version.expect("it is complete"),
        fields: parsed.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect(),
        len,
    };
    assert_same("heads", octets, expected, (NAME, &found));
}
