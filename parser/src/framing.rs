//! Host, framing, and whether the connection persists: the rules that are judged at the
//! end of the head, among them those against request smuggling.
//!
//! Each field line is examined when it is read, so that none of the head has to be kept.
//! Violations are recorded. The first in the order of judgement, which is the order of
//! [`ErrorKind`], becomes the error. It is reported for the line that completed the
//! contradiction.

use crate::authority;
use crate::error::ErrorKind;
use crate::event::{BodyLength, Field, Framing, Version};
use crate::fault::Fault;
use crate::field::trim;
use crate::name::is;
use crate::number::{self, NotANumber};
use crate::octet;
use crate::target::Form;
use crate::window::LineMasks;

/// What the head has said so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    content_length: u64,
    /// The last Transfer-Encoding line, and the first Content-Length line, as offsets
    /// within the header section.
    transfer_encoding_line: u32,
    content_length_line: u32,
    /// The line with the violation.
    violation_line: u32,
    /// A set of the bits below.
    said: u16,
    /// The violation that is judged first, as its place in [`ErrorKind::ALL`], or `NO_VIOLATION`.
    violation: u8,
}

const NO_VIOLATION: u8 = u8::MAX;

const HTTP_11: u16 = 1;
const CONNECT: u16 = 1 << 1;
const ABSOLUTE_FORM: u16 = 1 << 2;
/// The Host value isn't judged.
const ANY_HOST: u16 = 1 << 3;
const HOST: u16 = 1 << 4;
const CONTENT_LENGTH: u16 = 1 << 5;
const TRANSFER_ENCODING: u16 = 1 << 6;
/// The last transfer coding is chunked.
const ENDS_CHUNKED: u16 = 1 << 7;
/// A transfer coding is chunked.
const CHUNKED: u16 = 1 << 8;
/// A transfer coding is not chunked.
const OTHER_CODING: u16 = 1 << 9;
const UPGRADE: u16 = 1 << 10;
const EXPECT: u16 = 1 << 11;
/// There is one Expect line so far, and its value is `100-continue`.
const EXPECTS_CONTINUE: u16 = 1 << 12;
/// The Connection options.
const OPTION_CLOSE: u16 = 1 << 13;
const OPTION_KEEP_ALIVE: u16 = 1 << 14;
const OPTION_UPGRADE: u16 = 1 << 15;

impl Head {
    /// Starts the head of a request of that version, with a target of that form.
    #[inline(always)]
    pub(crate) const fn new(version: Version, form: Form, allow_any_host: bool) -> Self {
        let form = match form {
            Form::Authority => CONNECT,
            Form::Absolute => ABSOLUTE_FORM,
            Form::Origin | Form::Asterisk => 0,
        };
        let version = if version.minor() == 0 { 0 } else { HTTP_11 };
        let host = if allow_any_host { ANY_HOST } else { 0 };
        Self {
            content_length: 0,
            transfer_encoding_line: 0,
            content_length_line: 0,
            violation_line: 0,
            said: version | form | host,
            violation: NO_VIOLATION,
        }
    }

    /// Returns whether any of these bits is set.
    const fn has(&self, bits: u16) -> bool {
        self.said & bits != 0
    }

    const fn has_all(&self, bits: u16) -> bool {
        self.said & bits == bits
    }

    /// Takes a field whose line is at the start of the input: the fast path of
    /// [`field`](Self::field).
    #[inline(always)]
    pub(crate) fn field_fast(
        &mut self,
        field: Field<'_>,
        input: &[u8],
        masks: LineMasks,
        line: u32,
    ) {
        let is_ordinary_host = !self.has(HOST)
            && is(field.name, b"host")
            && authority::is_ordinary_host(field.value, input, masks);
        if is_ordinary_host {
            self.said |= HOST;
        } else {
            self.field(field.name, field.value, line);
        }
    }

    /// Takes a field of the header section. `line` is the offset of its line within the section.
    #[inline(never)]
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], line: u32) {
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
            self.said |= UPGRADE;
        }
    }

    /// Takes a Host line.
    ///
    /// RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to
    /// any HTTP/1.1 request message that lacks a Host header field and to any request
    /// message that contains more than one Host header field line or a Host header field
    /// with an invalid field value."
    fn host(&mut self, value: &[u8], line: u32) {
        if self.has(HOST) {
            self.record(ErrorKind::DuplicateHost, line);
        }
        self.said |= HOST;
        if self.has(ANY_HOST) {
            return;
        }
        if value.is_empty() {
            // Without a host there, the authority of the target URI would be empty.
            if self.has(HTTP_11) && !self.has(ABSOLUTE_FORM) {
                self.record(ErrorKind::EmptyHost, line);
            }
        } else if !authority::is_host_with_optional_port(value) {
            self.record(ErrorKind::InvalidHost, line);
        }
    }

    /// Takes a Content-Length line.
    ///
    /// RFC 9112 section 6.3 rule 5: "If a message is received without Transfer-Encoding and
    /// with an invalid Content-Length header field, then the message framing is invalid and
    /// the recipient MUST treat it as an unrecoverable error." A list is invalid here, and so
    /// is a second line, even with the same value, which the rule permits.
    #[inline(never)]
    fn content_length(&mut self, value: &[u8], line: u32) {
        if self.has(CONTENT_LENGTH) {
            self.record(ErrorKind::DuplicateContentLength, line);
            return;
        }
        self.said |= CONTENT_LENGTH;
        self.content_length_line = line;
        self.length_and_encoding(line);
        match number::decimal(value) {
            Ok(length) => self.content_length = length,
            Err(NotANumber::Syntax) => self.record(ErrorKind::InvalidContentLength, line),
            Err(NotANumber::Overflow) => self.record(ErrorKind::ContentLengthOverflow, line),
        }
    }

    /// Takes a Transfer-Encoding line. Several lines are one list (RFC 9110 section 5.3).
    ///
    /// The list rule ignores empty members. Here they are refused: implementations disagree
    /// about them, and no ordinary client sends them.
    #[inline(never)]
    fn transfer_encoding(&mut self, value: &[u8], line: u32) {
        self.said |= TRANSFER_ENCODING;
        self.transfer_encoding_line = line;
        self.length_and_encoding(line);
        // RFC 9112 section 6.1: "A server or client that receives an HTTP/1.0 message
        // containing a Transfer-Encoding header field MUST treat the message as if the
        // framing is faulty".
        if !self.has(HTTP_11) {
            self.record(ErrorKind::TransferEncodingInHttp10, line);
        }
        if is(value, b"chunked") && !self.has(CHUNKED) {
            self.said |= CHUNKED | ENDS_CHUNKED;
            return;
        }
        for coding in members(value) {
            self.said &= !ENDS_CHUNKED;
            if !octet::is_token(coding) {
                self.record(ErrorKind::InvalidTransferEncoding, line);
            } else if !coding.eq_ignore_ascii_case(b"chunked") {
                self.said |= OTHER_CODING;
            } else if self.has(CHUNKED) {
                // RFC 9112 section 6.1: "A sender MUST NOT apply the chunked transfer coding
                // more than once to a message body".
                self.said |= ENDS_CHUNKED;
                self.record(ErrorKind::ChunkedTwice, line);
            } else {
                self.said |= CHUNKED | ENDS_CHUNKED;
            }
        }
    }

    /// Records a length together with an encoding.
    ///
    /// RFC 9112 section 6.3 rule 3: "If a message is received with both a Transfer-Encoding
    /// and a Content-Length header field [...] Such a message might indicate an attempt to
    /// perform request smuggling [...] and ought to be handled as an error."
    fn length_and_encoding(&mut self, line: u32) {
        if self.has_all(TRANSFER_ENCODING | CONTENT_LENGTH) {
            self.record(ErrorKind::LengthAndEncoding, line);
        }
    }

    /// Takes a Connection line: #connection-option, each of them a token (RFC 9110 section 7.6.1).
    fn connection(&mut self, value: &[u8], line: u32) {
        if is(value, b"keep-alive") {
            self.said |= OPTION_KEEP_ALIVE;
        } else if is(value, b"close") {
            self.said |= OPTION_CLOSE;
        } else {
            self.connection_options(value, line);
        }
    }

    #[inline(never)]
    fn connection_options(&mut self, value: &[u8], line: u32) {
        for option in members(value).filter(|option| !option.is_empty()) {
            if is(option, b"keep-alive") {
                self.said |= OPTION_KEEP_ALIVE;
            } else if is(option, b"close") {
                self.said |= OPTION_CLOSE;
            } else if is(option, b"upgrade") {
                self.said |= OPTION_UPGRADE;
            } else if !octet::is_token(option) {
                self.record(ErrorKind::InvalidConnection, line);
            } else if [&b"host"[..], b"content-length", b"transfer-encoding"]
                .iter()
                .any(|name| option.eq_ignore_ascii_case(name))
            {
                // "A sender MUST NOT send a connection option corresponding to a field that is
                // intended for all recipients of the content." An intermediary would remove it.
                self.record(ErrorKind::ForbiddenConnectionOption, line);
            }
        }
    }

    /// Takes an Expect line.
    ///
    /// RFC 9110 section 10.1.1: "A server that receives an Expect field value containing a
    /// member other than 100-continue MAY respond with a 417 (Expectation Failed) status
    /// code", and "A server that receives a 100-continue expectation in an HTTP/1.0 request
    /// MUST ignore that expectation."
    ///
    /// A client counts as waiting only if it sends the plain form. Some proxies consume the plain
    /// form, but pass on a list, or several lines. Such a proxy took the 100 (Continue) for the
    /// final response, and then gave each response to the next request.
    #[inline(never)]
    fn expect(&mut self, value: &[u8], line: u32) {
        if !self.has(HTTP_11) {
            return;
        }
        let is_continue = |expectation: &[u8]| expectation.eq_ignore_ascii_case(b"100-continue");
        if self.has(EXPECT) {
            self.said &= !EXPECTS_CONTINUE;
        } else if is_continue(value) {
            self.said |= EXPECTS_CONTINUE;
        }
        self.said |= EXPECT;
        if !members(value).all(|expectation| expectation.is_empty() || is_continue(expectation)) {
            self.record(ErrorKind::UnknownExpectation, line);
        }
    }

    /// Records a violation, unless one that is judged earlier is recorded.
    #[cold]
    fn record(&mut self, kind: ErrorKind, line: u32) {
        if (kind as u8) < self.violation {
            self.violation = kind as u8;
            self.violation_line = line;
        }
    }

    /// Judges a head without violations and expectations: the fast path of [`judge`](Self::judge).
    #[inline(always)]
    pub(crate) fn judge_fast(&self, content_limit: u64) -> Option<Framing> {
        if self.has(CONNECT | OTHER_CODING | EXPECT)
            || self.violation != NO_VIOLATION
            || self.said & (HTTP_11 | HOST) == HTTP_11
            || self.content_length > content_limit
        {
            return None;
        }
        let body = if !self.has(CONTENT_LENGTH | TRANSFER_ENCODING) {
            BodyLength::None
        } else if self.has(CONTENT_LENGTH) {
            BodyLength::Length(self.content_length)
        } else if self.has(ENDS_CHUNKED) {
            BodyLength::Chunked
        } else {
            return None;
        };
        Some(Framing {
            body,
            keep_alive: self.keep_alive(),
            expect_continue: false,
            upgrade: self.upgrade(),
        })
    }

    const fn keep_alive(&self) -> bool {
        !self.has(OPTION_CLOSE) && self.has(HTTP_11 | OPTION_KEEP_ALIVE)
    }

    const fn upgrade(&self) -> bool {
        self.has_all(HTTP_11 | UPGRADE | OPTION_UPGRADE) && !self.has(CONNECT)
    }

    /// Judges the head at its end, after `section` octets of field lines.
    pub(crate) fn judge(&mut self, section: u32, content_limit: u64) -> Result<Framing, Fault> {
        if self.has(HTTP_11) && !self.has(HOST) {
            return Err(Fault::new(ErrorKind::MissingHost, "\r".len()));
        }
        let body = self.body_length(content_limit);
        if let Some(&kind) = ErrorKind::ALL.get(usize::from(self.violation)) {
            return Err(Fault::behind(kind, section.saturating_sub(self.violation_line)));
        }
        let has_body = !matches!(body, BodyLength::None | BodyLength::Length(0));
        Ok(Framing {
            body: if self.has(CONNECT) { BodyLength::None } else { body },
            keep_alive: self.keep_alive(),
            expect_continue: self.has(EXPECTS_CONTINUE) && has_body,
            upgrade: self.upgrade(),
        })
    }

    /// Decides how the body is delimited (RFC 9112 section 6.3). The method plays no part in it,
    /// except that CONNECT has no content.
    fn body_length(&mut self, content_limit: u64) -> BodyLength {
        if self.has(TRANSFER_ENCODING) {
            let line = self.transfer_encoding_line;
            // RFC 9112 section 6.3 rule 4: "If a Transfer-Encoding header field is present in a
            // request and the chunked transfer coding is not the final encoding, the message
            // body length cannot be determined reliably; the server MUST respond with the 400
            // (Bad Request) status code and then close the connection."
            if !self.has(ENDS_CHUNKED) {
                self.record(ErrorKind::ChunkedNotLast, line);
            }
            // RFC 9112 section 6.1: "A server that receives a request message with a transfer
            // coding it does not understand SHOULD respond with 501 (Not Implemented)."
            if self.has(OTHER_CODING) {
                self.record(ErrorKind::UnsupportedTransferCoding, line);
            }
            if self.has(CONNECT) {
                self.record(ErrorKind::ConnectWithContent, line);
            }
            BodyLength::Chunked
        } else if self.has(CONTENT_LENGTH) {
            let line = self.content_length_line;
            if self.content_length > content_limit {
                self.record(ErrorKind::ContentTooLarge, line);
            }
            if self.has(CONNECT) && self.content_length > 0 {
                self.record(ErrorKind::ConnectWithContent, line);
            }
            BodyLength::Length(self.content_length)
        } else {
            BodyLength::None
        }
    }
}

/// Splits a list into its members (RFC 9110 section 5.6.1), the empty ones included.
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
