//! What can be wrong with a request, and what has to come of it.

use arbitrary::Arbitrary;
use h1events::{BodyLength, ErrorKind};

use super::request::Parts;

/// The places are counted modulo what there is.
#[derive(Debug, Arbitrary)]
pub(super) enum Flaw {
    EmptyLines,
    ProxyProtocol { version_1: bool },
    LineEndsInLf { line: u8 },
    LineEndsInCr { line: u8 },
    SpaceInRequestLine { first: bool },
    OctetInMethod(Octet),
    OctetInTarget(Octet),
    NoSuchForm,
    Version(Version),
    OctetInName { line: u8, octet: Octet },
    OctetInValue { line: u8, at: u8, octet: Octet },
    SpaceBeforeColon { line: u8, tab: bool },
    NoColon { line: u8 },
    NoName { line: u8 },
    FoldedLine { line: u8, tab: bool },
    NoHost,
    SecondHost { at: u8, same: bool },
    Host(Host),
    SecondLength { at: u8, other: bool },
    Length(Number),
    LengthWithCoding { at: u8 },
    Coding(Coding),
    CodingTwice { at: u8 },
    CodingInHttp10 { at: u8 },
    ContentOfConnect { at: u8 },
    Connection { at: u8 },
    Expect { at: u8 },
    ChunkSize { chunk: u8, number: Number },
    ChunkLineEnd { chunk: u8, cr: bool },
    ChunkExtension { chunk: u8 },
    ChunkTooShort { chunk: u8, octet: Octet },
    TrailerValue { line: u8, octet: Octet },
    TrailerFolded { line: u8 },
    ForbiddenTrailer { at: u8, name: u8 },
}

/// Octets that are allowed nowhere in a head.
#[derive(Clone, Copy, Debug, Arbitrary)]
pub(super) enum Octet {
    Nul,
    Bell,
    Cr,
    Lf,
    Escape,
    Delete,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
pub(super) enum Version {
    None,
    LowerCase,
    Two,
    TwoDigits,
    Comma,
    Space,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
pub(super) enum Host {
    Slash,
    Space,
    Port,
    At,
    Bracket,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
pub(super) enum Number {
    Empty,
    Plus,
    Minus,
    Hexadecimal,
    Space,
    Underscore,
    Huge,
    Comma,
    ArabicIndic,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
pub(super) enum Coding {
    Other,
    NotLast,
    Twice,
    Prefixed,
    Parameter,
    Quoted,
    Empty,
}

/// What has to come of a flaw.
pub(super) struct Effect {
    /// The rule that it breaks first.
    pub(super) kind: ErrorKind,
    pub(super) is_after_head: bool,
}

const fn in_head(kind: ErrorKind) -> Option<Effect> {
    Some(Effect { kind, is_after_head: false })
}

const fn in_body(kind: ErrorKind) -> Option<Effect> {
    Some(Effect { kind, is_after_head: true })
}

impl Octet {
    const fn octet(self) -> u8 {
        match self {
            Self::Nul => 0,
            Self::Bell => 7,
            Self::Cr => b'\r',
            Self::Lf => b'\n',
            Self::Escape => 0x1b,
            Self::Delete => 0x7f,
        }
    }

    /// The error of such an octet, if any other one would have that kind.
    const fn or(self, kind: ErrorKind) -> ErrorKind {
        match self {
            Self::Cr => ErrorKind::BareCr,
            Self::Lf => ErrorKind::BareLf,
            _ => kind,
        }
    }
}

impl Number {
    fn text(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Plus => "+1",
            Self::Minus => "-1",
            Self::Hexadecimal => "0x1",
            Self::Space => "1 1",
            Self::Underscore => "1_0",
            Self::Huge => "99999999999999999999999999",
            Self::Comma => "1, 1",
            Self::ArabicIndic => "\u{661}",
        }
    }
}

impl Flaw {
    /// Makes it, unless the request has no place for it.
    pub(super) fn apply(&self, parts: &mut Parts) -> Option<Effect> {
        use ErrorKind::*;
        // There is always a line: that of the Host.
        let line_of = |line: u8, parts: &Parts| usize::from(line) % parts.lines.len();
        match *self {
            Self::EmptyLines => {
                parts.empty_lines = 9;
                in_head(TooManyEmptyLines)
            }
            Self::ProxyProtocol { version_1: true } => {
                parts.request_line = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443".to_vec();
                in_head(ProxyProtocol)
            }
            Self::ProxyProtocol { version_1: false } => {
                parts.empty_lines = 2;
                parts.request_line = b"\0\r\nQUIT\n!\x11\0\x0c".to_vec();
                in_head(ProxyProtocol)
            }
            Self::LineEndsInLf { line } => {
                parts.line_end = (usize::from(line) % (parts.lines.len() + 2), b"\n");
                in_head(BareLf)
            }
            // The empty line at the end may have nothing after it.
            Self::LineEndsInCr { line } => {
                parts.line_end = (usize::from(line) % (parts.lines.len() + 1), b"\r");
                in_head(BareCr)
            }
            Self::SpaceInRequestLine { first } => {
                let at = if first { parts.method.len() } else { parts.request_line.len() - 8 };
                parts.request_line.insert(at, b' ');
                in_head(if first { InvalidTarget } else { no_version(&parts.method) })
            }
            Self::OctetInMethod(octet) => {
                parts.request_line.insert(1, octet.octet());
                in_head(InvalidMethod)
            }
            Self::OctetInTarget(octet) => {
                let at = parts.method.len() + 2;
                parts.request_line.insert(at, octet.octet());
                // A line that ends after the target has no version.
                in_head(match octet {
                    Octet::Cr => no_version(&parts.method),
                    Octet::Lf => InvalidVersion,
                    _ => InvalidTarget,
                })
            }
            Self::NoSuchForm => {
                let target = if parts.method == b"CONNECT" { "/" } else { "a:80" };
                let method = String::from_utf8_lossy(&parts.method).into_owned();
                parts.request_line = format!("{method} {target} HTTP/1.1").into_bytes();
                in_head(InvalidTargetForm)
            }
            Self::Version(version) => {
                let start = parts.request_line.len() - "HTTP/1.1".len();
                parts.request_line.truncate(start);
                let text = match version {
                    Version::None => "",
                    Version::LowerCase => "http/1.1",
                    Version::Two => "HTTP/2.0",
                    Version::TwoDigits => "HTTP/1.10",
                    Version::Comma => "HTTP/1,1",
                    Version::Space => "HTTP/1.1 ",
                };
                parts.request_line.extend_from_slice(text.as_bytes());
                in_head(match version {
                    Version::Two => UnsupportedVersion,
                    _ => no_version(&parts.method),
                })
            }
            Self::OctetInName { line, octet } => {
                let line = line_of(line, parts);
                parts.lines[line].insert(1, octet.octet());
                in_head(InvalidFieldName)
            }
            Self::OctetInValue { line, at, octet } => {
                let place = line_of(line, parts);
                let line = &mut parts.lines[place];
                let colon = line.iter().position(|&octet| octet == b':')?;
                let at = colon + 1 + usize::from(at) % (line.len() - colon);
                line.insert(at, octet.octet());
                // A CR before the end of the line is not followed by an LF, at the end by another
                // CR.
                in_head(octet.or(InvalidFieldValue))
            }
            Self::SpaceBeforeColon { line, tab } => {
                let place = line_of(line, parts);
                let line = &mut parts.lines[place];
                let colon = line.iter().position(|&octet| octet == b':')?;
                line.insert(colon, if tab { b'\t' } else { b' ' });
                in_head(WhitespaceBeforeColon)
            }
            Self::NoColon { line } => {
                let line = line_of(line, parts);
                parts.lines[line] = b"no-colon".to_vec();
                in_head(InvalidFieldName)
            }
            Self::NoName { line } => {
                let line = line_of(line, parts);
                parts.lines[line] = b": value".to_vec();
                in_head(InvalidFieldName)
            }
            Self::FoldedLine { line, tab } => {
                let line = line_of(line, parts);
                parts.lines[line].insert(0, if tab { b'\t' } else { b' ' });
                in_head(if line == 0 { WhitespaceBeforeFields } else { LineFolding })
            }
            Self::NoHost => {
                if parts.minor_version == 0 {
                    return None;
                }
                let host = parts.fields.iter().position(|(name, _)| name == b"Host")?;
                parts.lines.remove(host);
                in_head(MissingHost)
            }
            Self::SecondHost { at, same } => {
                let value = if same { "example.org:80" } else { "other" };
                insert(parts, at, &format!("hOST: {value}"));
                in_head(DuplicateHost)
            }
            Self::Host(host) => {
                let place = parts.fields.iter().position(|(name, _)| name == b"Host")?;
                let value = match host {
                    Host::Slash => "a/b",
                    Host::Space => "a b",
                    Host::Port => "a:b",
                    Host::At => "a@b",
                    Host::Bracket => "[::1",
                };
                parts.lines[place] = format!("Host: {value}").into_bytes();
                in_head(InvalidHost)
            }
            Self::SecondLength { at, other } => {
                let BodyLength::Length(length) = parts.framing.body else { return None };
                let length = length + u64::from(other);
                insert(parts, at, &format!("Content-length: {length}"));
                in_head(DuplicateContentLength)
            }
            Self::Length(number) => {
                let name = b"content-Length";
                let place = parts.fields.iter().position(|(field, _)| field == name)?;
                parts.lines[place] = format!("Content-Length: {}", number.text()).into_bytes();
                in_head(match number {
                    Number::Huge => ContentLengthOverflow,
                    _ => InvalidContentLength,
                })
            }
            Self::LengthWithCoding { at } => {
                if parts.framing.body != BodyLength::Chunked {
                    return None;
                }
                insert(parts, at, "Content-Length: 0");
                in_head(LengthAndEncoding)
            }
            Self::Coding(coding) => {
                let name = b"Transfer-encoding";
                let place = parts.fields.iter().position(|(field, _)| field == name)?;
                let (value, kind) = match coding {
                    Coding::Other => ("gzip, chunked", UnsupportedTransferCoding),
                    Coding::NotLast => ("chunked, gzip", ChunkedNotLast),
                    Coding::Twice => ("chunked, chunked", ChunkedTwice),
                    Coding::Prefixed => ("xchunked", ChunkedNotLast),
                    Coding::Parameter => ("chunked;a=b", InvalidTransferEncoding),
                    Coding::Quoted => ("\"chunked\"", InvalidTransferEncoding),
                    Coding::Empty => ("", InvalidTransferEncoding),
                };
                parts.lines[place] = format!("Transfer-Encoding: {value}").into_bytes();
                in_head(kind)
            }
            Self::CodingTwice { at } => {
                if parts.framing.body != BodyLength::Chunked {
                    return None;
                }
                insert(parts, at, "Transfer-Encoding: chunked");
                in_head(ChunkedTwice)
            }
            Self::CodingInHttp10 { at } => {
                if parts.minor_version > 0 || parts.framing.body != BodyLength::None {
                    return None;
                }
                insert(parts, at, "Transfer-Encoding: chunked");
                in_head(TransferEncodingInHttp10)
            }
            Self::ContentOfConnect { at } => {
                if parts.method != b"CONNECT" {
                    return None;
                }
                insert(parts, at, "Content-Length: 1");
                in_head(ConnectWithContent)
            }
            Self::Connection { at } => {
                insert(parts, at, "Connection: Host");
                in_head(ForbiddenConnectionOption)
            }
            Self::Expect { at } => {
                if parts.minor_version == 0 {
                    return None;
                }
                insert(parts, at, "Expect: 200-ok");
                in_head(UnknownExpectation)
            }
            Self::ChunkSize { chunk, number } => {
                let line = &mut chunk_of(parts, chunk)?.0;
                let text = number.text();
                // To a chunk size, "99..." is a number of hexadecimal digits.
                *line = text.as_bytes().to_vec();
                in_body(match number {
                    Number::Huge => ChunkSizeOverflow,
                    // Whitespace is allowed before a semicolon.
                    Number::Space => InvalidChunkExtension,
                    _ => InvalidChunkSize,
                })
            }
            Self::ChunkLineEnd { chunk, cr } => {
                let (line, data) = chunk_of(parts, chunk)?;
                // What ends the line now is an octet of its own.
                *line = if cr { b"0\rx".to_vec() } else { b"0\nx".to_vec() };
                data.clear();
                in_body(if cr { BareCr } else { BareLf })
            }
            Self::ChunkExtension { chunk } => {
                let line = &mut chunk_of(parts, chunk)?.0;
                *line = b"1;=a".to_vec();
                in_body(InvalidChunkExtension)
            }
            Self::ChunkTooShort { chunk, octet } => {
                let last = parts.chunks.len().checked_sub(2)?;
                let (_, data) = &mut parts.chunks[usize::from(chunk) % (last + 1)];
                data.push(octet.octet());
                // A CR is taken for that of the CRLF, and followed by another one.
                in_body(InvalidChunkEnd)
            }
            Self::TrailerValue { line, octet } => {
                let count = parts.trailer_lines.len();
                let line = parts.trailer_lines.get_mut(usize::from(line).checked_rem(count)?)?;
                line.push(octet.octet());
                in_body(octet.or(InvalidFieldValue))
            }
            Self::ForbiddenTrailer { at, name } => {
                if parts.chunks.is_empty() {
                    return None;
                }
                let names = ["hOST", "Content-Length", "tRANSFER-Encoding", "TE", "Upgrade"];
                let name = names[usize::from(name) % names.len()];
                let at = usize::from(at) % (parts.trailer_lines.len() + 1);
                parts.trailer_lines.insert(at, format!("{name}: x").into_bytes());
                in_body(ForbiddenTrailer)
            }
            Self::TrailerFolded { line } => {
                let count = parts.trailer_lines.len();
                let line = usize::from(line).checked_rem(count)?;
                parts.trailer_lines[line].insert(0, b' ');
                // No field is before the first one that could be folded.
                in_body(LineFolding)
            }
        }
    }
}

/// A load balancer's line has that method, and no version.
fn no_version(method: &[u8]) -> ErrorKind {
    if method == b"PROXY" { ErrorKind::ProxyProtocol } else { ErrorKind::InvalidVersion }
}

fn insert(parts: &mut Parts, at: u8, line: &str) {
    let at = usize::from(at) % (parts.lines.len() + 1);
    parts.lines.insert(at, line.as_bytes().to_vec());
}

/// The line and the data of a chunk.
fn chunk_of(parts: &mut Parts, chunk: u8) -> Option<&mut (Vec<u8>, Vec<u8>)> {
    let count = parts.chunks.len();
    parts.chunks.get_mut(usize::from(chunk).checked_rem(count)?)
}
