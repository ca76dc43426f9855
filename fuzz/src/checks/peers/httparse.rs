//! httparse: heads.
//!
//! - A minor version from 2 to 9 it refuses. RFC 9110 section 6.2 has a recipient process such a
//!   message as the highest version of the same major version that it knows.

use httparse::{EMPTY_HEADER, Status};

use super::Head;

/// More than our default limit allows.
const FIELDS: usize = 256;

pub(super) fn check(octets: &[u8], expected: &Head<'_>) {
    if expected.minor_version > 1 {
        return;
    }
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    let status =
        parsed.parse(octets).unwrap_or_else(|error| panic!("{error}: {}", octets.escape_ascii()));
    let Status::Complete(len) = status else { panic!("the head is whole") };
    let found = Head {
        method: parsed.method.expect("it is complete").as_bytes(),
        target: parsed.path.expect("it is complete").as_bytes(),
        minor_version: parsed.version.expect("it is complete"),
        fields: parsed.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect(),
        len,
    };
    assert_eq!(&found, expected);
}
