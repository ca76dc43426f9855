//! Host, framing, and the life of the connection: the rules that are judged at the end
//! of the head, among them every rule against request smuggling.
//!
//! Each field line is looked at when it is read, so that nothing of the head has to be
//! kept. What speaks against the request is noted, and the first in the order of
//! judgement, which is the order of [`ErrorKind`], becomes the error. It is reported for
//! the line that completed the contradiction.

use crate::error::ErrorKind;
use crate::event::{BodyLength, Field, Framing, Version};
use crate::fault::Fault;
use crate::field::trim;
use crate::number::{self, NotANumber};
use crate::target::Form;
use crate::{authority, octet};

/// What the head has said so far.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    content_length: u64,
    /// The last Transfer-Encoding line, and the first Content-Length line, as offsets
    /// within the header section.
    transfer_encoding_line: u32,
    content_length_line: u32,
    /// What speaks against the request, and the line that does.
    objection: Option<ErrorKind>,
    objection_line: u32,
    has_transfer_encoding: bool,
    has_content_length: bool,
    has_host: bool,
    has_upgrade: bool,
    has_expect: bool,
    /// Whether the one Expect line so far has the one member `100-continue`.
    expects_continue: bool,
    /// The members of Transfer-Encoding: whether the last one is chunked, whether any one
    /// is, and whether there are others.
    ends_chunked: bool,
    has_chunked: bool,
    has_other_coding: bool,
    /// The Connection options.
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    is_http_11: bool,
    is_connect: bool,
    is_absolute_form: bool,
    /// Whether the Host value isn't judged.
    allow_any_host: bool,
}

impl Head {
    pub(crate) const fn new() -> Self {
        Self {
            content_length: 0,
            transfer_encoding_line: 0,
            content_length_line: 0,
            objection: None,
            objection_line: 0,
            has_transfer_encoding: false,
            has_content_length: false,
            has_host: false,
            has_upgrade: false,
            has_expect: false,
            expects_continue: false,
            ends_chunked: false,
            has_chunked: false,
            has_other_coding: false,
            close: false,
            keep_alive: false,
            upgrade: false,
            is_http_11: false,
            is_connect: false,
            is_absolute_form: false,
            allow_any_host: false,
        }
    }

    /// The head of a request with that request line.
    pub(crate) fn after_request_line(version: Version, form: Form, allow_any_host: bool) -> Self {
        Self {
            is_http_11: version >= Version::HTTP_11,
            is_connect: form == Form::Authority,
            is_absolute_form: form == Form::Absolute,
            allow_any_host,
            ..Self::new()
        }
    }

    /// Takes a field of the header section. `line` is the offset of its line there.
    pub(crate) fn field(&mut self, field: &Field<'_>, line: u32) {
        let Field { name, value } = *field;
        if is(name, b"host") {
            self.host(value, line);
        } else if is(name, b"connection") {
            self.connection(value, line);
        } else if is(name, b"content-length") {
            self.content_length(value, line);
        } else if is(name, b"transfer-encoding") {
            self.transfer_encoding(value, line);
        } else if is(name, b"expect") {
            self.expect(value, line);
        } else if is(name, b"upgrade") {
            self.has_upgrade = true;
        }
    }

    /// RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to
    /// any HTTP/1.1 request message that lacks a Host header field and to any request
    /// message that contains more than one Host header field line or a Host header field
    /// with an invalid field value."
    fn host(&mut self, value: &[u8], line: u32) {
        if self.has_host {
            self.object(ErrorKind::DuplicateHost, line);
        }
        self.has_host = true;
        if self.allow_any_host {
            return;
        }
        if value.is_empty() {
            // Without a host there, the authority of the target URI would be empty.
            if self.is_http_11 && !self.is_absolute_form {
                self.object(ErrorKind::EmptyHost, line);
            }
        } else if !authority::is_host_with_optional_port(value) {
            self.object(ErrorKind::InvalidHost, line);
        }
    }

    /// RFC 9112 section 6.3 rule 5: "If a message is received without Transfer-Encoding and
    /// with an invalid Content-Length header field, then the message framing is invalid and
    /// the recipient MUST treat it as an unrecoverable error." A second line is invalid
    /// even with the same value, which the rule permits, and so is a list.
    fn content_length(&mut self, value: &[u8], line: u32) {
        if self.has_content_length {
            self.object(ErrorKind::DuplicateContentLength, line);
            return;
        }
        self.has_content_length = true;
        self.content_length_line = line;
        self.length_and_encoding(line);
        match number::decimal(value) {
            Ok(length) => self.content_length = length,
            Err(NotANumber::Syntax) => self.object(ErrorKind::InvalidContentLength, line),
            Err(NotANumber::Overflow) => self.object(ErrorKind::ContentLengthOverflow, line),
        }
    }

    /// Several lines are one list (RFC 9110 section 5.3). Empty members, which the list
    /// rule ignores, are refused: implementations disagree about them, and no ordinary
    /// client sends them.
    fn transfer_encoding(&mut self, value: &[u8], line: u32) {
        self.has_transfer_encoding = true;
        self.transfer_encoding_line = line;
        self.length_and_encoding(line);
        // RFC 9112 section 6.1: "A server or client that receives an HTTP/1.0 message
        // containing a Transfer-Encoding header field MUST treat the message as if the
        // framing is faulty".
        if !self.is_http_11 {
            self.object(ErrorKind::TransferEncodingInHttp10, line);
        }
        for coding in members(value) {
            self.ends_chunked = coding.eq_ignore_ascii_case(b"chunked");
            if !octet::is_token(coding) {
                self.object(ErrorKind::InvalidTransferEncoding, line);
            } else if !self.ends_chunked {
                self.has_other_coding = true;
            } else if self.has_chunked {
                // RFC 9112 section 6.1: "A sender MUST NOT apply the chunked transfer coding
                // more than once to a message body".
                self.object(ErrorKind::ChunkedTwice, line);
            } else {
                self.has_chunked = true;
            }
        }
    }

    /// RFC 9112 section 6.3 rule 3: "If a message is received with both a Transfer-Encoding
    /// and a Content-Length header field [...] Such a message might indicate an attempt to
    /// perform request smuggling [...] and ought to be handled as an error."
    fn length_and_encoding(&mut self, line: u32) {
        if self.has_transfer_encoding && self.has_content_length {
            self.object(ErrorKind::LengthAndEncoding, line);
        }
    }

    /// Connection = #connection-option, each of them a token (RFC 9110 section 7.6.1)
    fn connection(&mut self, value: &[u8], line: u32) {
        for option in members(value).filter(|option| !option.is_empty()) {
            if option.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            } else if option.eq_ignore_ascii_case(b"close") {
                self.close = true;
            } else if option.eq_ignore_ascii_case(b"upgrade") {
                self.upgrade = true;
            } else if !octet::is_token(option) {
                self.object(ErrorKind::InvalidConnection, line);
            } else if [&b"host"[..], b"content-length", b"transfer-encoding"]
                .iter()
                .any(|name| option.eq_ignore_ascii_case(name))
            {
                // "A sender MUST NOT send a connection option corresponding to a field that is
                // intended for all recipients of the content." An intermediary would remove it.
                self.object(ErrorKind::ForbiddenConnectionOption, line);
            }
        }
    }

    /// RFC 9110 section 10.1.1: "A server that receives an Expect field value containing a
    /// member other than 100-continue MAY respond with a 417 (Expectation Failed) status
    /// code", and "A server that receives a 100-continue expectation in an HTTP/1.0 request
    /// MUST ignore that expectation."
    ///
    /// A client counts as waiting only if it says so in the plain form. There are proxies that
    /// take the plain form out and pass on a list, or several lines: such a proxy took the
    /// 100 (Continue) for the final answer, and gave each answer to the request after its own.
    fn expect(&mut self, value: &[u8], line: u32) {
        if !self.is_http_11 {
            return;
        }
        let is_continue = |expectation: &[u8]| expectation.eq_ignore_ascii_case(b"100-continue");
        self.expects_continue = !self.has_expect && is_continue(value);
        self.has_expect = true;
        if !members(value).all(|expectation| expectation.is_empty() || is_continue(expectation)) {
            self.object(ErrorKind::UnknownExpectation, line);
        }
    }

    /// Notes what speaks against the request, unless something does that is judged before.
    #[cold]
    fn object(&mut self, kind: ErrorKind, line: u32) {
        if self.objection.is_none_or(|noted| (kind as u8) < noted as u8) {
            self.objection = Some(kind);
            self.objection_line = line;
        }
    }

    /// Judges the head at its end, which stands after that many octets of field lines.
    pub(crate) fn judge(&mut self, section: u32, content_limit: u64) -> Result<Framing, Fault> {
        if self.is_http_11 && !self.has_host {
            return Err(Fault::new(ErrorKind::MissingHost, "\r".len()));
        }
        let body = self.body_length(content_limit);
        if let Some(kind) = self.objection {
            return Err(Fault::behind(kind, section.saturating_sub(self.objection_line)));
        }
        let has_body = !matches!(body, BodyLength::None | BodyLength::Length(0));
        Ok(Framing {
            body: if self.is_connect { BodyLength::None } else { body },
            keep_alive: !self.close && (self.is_http_11 || self.keep_alive),
            expect_continue: self.expects_continue && has_body,
            upgrade: self.upgrade && self.has_upgrade && self.is_http_11 && !self.is_connect,
        })
    }

    /// RFC 9112 section 6.3. The method plays no part in it, but that CONNECT has no content.
    fn body_length(&mut self, content_limit: u64) -> BodyLength {
        if self.has_transfer_encoding {
            let line = self.transfer_encoding_line;
            // RFC 9112 section 6.3 rule 4: "If a Transfer-Encoding header field is present in a
            // request and the chunked transfer coding is not the final encoding, the message
            // body length cannot be determined reliably; the server MUST respond with the 400
            // (Bad Request) status code and then close the connection."
            if !self.ends_chunked {
                self.object(ErrorKind::ChunkedNotLast, line);
            }
            // RFC 9112 section 6.1: "A server that receives a request message with a transfer
            // coding it does not understand SHOULD respond with 501 (Not Implemented)."
            if self.has_other_coding {
                self.object(ErrorKind::UnsupportedTransferCoding, line);
            }
            if self.is_connect {
                self.object(ErrorKind::ConnectWithContent, line);
            }
            BodyLength::Chunked
        } else if self.has_content_length {
            let line = self.content_length_line;
            if self.content_length > content_limit {
                self.object(ErrorKind::ContentTooLarge, line);
            }
            if self.is_connect && self.content_length > 0 {
                self.object(ErrorKind::ConnectWithContent, line);
            }
            BodyLength::Length(self.content_length)
        } else {
            BodyLength::None
        }
    }
}

/// Whether a token is that word of lower-case letters and "-", without regard to case.
/// The bit that is set in all letters is set in no other tchar that would become one of
/// them, so that all octets can be compared at once.
#[inline(always)]
fn is<const N: usize>(token: &[u8], word: &[u8; N]) -> bool {
    <&[u8; N]>::try_from(token).is_ok_and(|token| {
        token.iter().zip(word).fold(0, |differ, (a, b)| differ | ((a | 0x20) ^ b)) == 0
    })
}

/// Whether [`Head::field`] may have something to do for a field of that name. It is
/// decided by length and first letter, which needs no branch.
#[inline(always)]
pub(crate) fn may_concern(name: &[u8]) -> bool {
    const FIRST_LETTERS: [u8; 32] = {
        let mut letters = [0; 32];
        letters[4] = b'h';
        letters[6] = b'e';
        letters[7] = b'u';
        letters[10] = b'c';
        letters[14] = b'c';
        letters[17] = b't';
        letters
    };
    let expected = FIRST_LETTERS.get(name.len() & 31).copied();
    expected == name.first().map(|first| first | 0x20)
}

/// Whether a field of that name must not be a trailer (RFC 9110 section 6.5.1): those
/// for framing, routing and the connection. A recipient that merged them into the header
/// fields would see another request.
pub(crate) fn is_forbidden_in_trailers(name: &[u8]) -> bool {
    const FORBIDDEN: [&[u8]; 10] = [
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    ];
    FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))
}

/// The members of a list (RFC 9110 section 5.6.1), the empty ones included.
fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(list);
    core::iter::from_fn(move || {
        let list = rest?;
        let (member, others) = match memchr::memchr(b',', list) {
            Some(comma) => list.split_at_checked(comma)?,
            None => (list, [].as_slice()),
        };
        rest = others.split_first().map(|(_, others)| others);
        Some(trim(member))
    })
}

#[cfg(test)]
mod tests {
    use super::may_concern;

    /// The fields of browsers are known by length and first letter not to be looked at, and
    /// those that are judged, in any case, to be.
    #[test]
    fn few_fields_are_looked_at() {
        for name in [
            "Accept",
            "Accept-Encoding",
            "Accept-Language",
            "Authorization",
            "Cookie",
            "Content-Type",
            "DNT",
            "If-None-Match",
            "Origin",
            "Pragma",
            "Range",
            "Referer",
            "Sec-Fetch-Mode",
            "TE",
            "Upgrade-Insecure-Requests",
            "User-Agent",
            "X-Forwarded-For",
        ] {
            assert!(!may_concern(name.as_bytes()), "{name}");
        }
        for name in
            ["Host", "Connection", "content-length", "TRANSFER-ENCODING", "Expect", "uPGRADE"]
        {
            assert!(may_concern(name.as_bytes()), "{name}");
        }
    }
}
