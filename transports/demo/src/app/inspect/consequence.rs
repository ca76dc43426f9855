//! What a malformed request could do where it is accepted.

use h1events::ErrorKind;

/// What could go wrong with recipients that accept the request, if that is known.
pub(super) const fn consequence(kind: ErrorKind) -> Option<&'static str> {
    use ErrorKind as E;
    Some(match kind {
        E::LengthAndEncoding
        | E::TransferEncodingInHttp10
        | E::InvalidTransferEncoding
        | E::ChunkedNotLast
        | E::ChunkedTwice => {
            "A proxy and the server behind it may find the end of the body at different places. What \
             one takes for content, the other takes for the next request: request smuggling."
        }
        E::DuplicateContentLength | E::InvalidContentLength | E::ContentLengthOverflow => {
            "One recipient takes the first length, another the last, a third reads the number in its \
             own way. They disagree about where the next request begins: request smuggling."
        }
        E::WhitespaceBeforeColon | E::InvalidFieldName => {
            "A recipient that repairs the name sees a field that others don't. A Transfer-Encoding \
             can be hidden from a proxy in this way."
        }
        E::LineFolding | E::WhitespaceBeforeFields => {
            "Some recipients join the line to the one before, others drop it, and others take it for \
             a field of its own. So a field can be hidden from one of them."
        }
        E::BareLf | E::BareCr => {
            "Some recipients end the line here, and others don't. One field becomes two for some of \
             them, or one request becomes two."
        }
        E::InvalidFieldValue | E::InvalidTarget | E::InvalidMethod => {
            "A NUL ends the text for some recipients, and a control character may command a terminal \
             or forge a line where it is logged."
        }
        E::DuplicateHost | E::InvalidHost | E::EmptyHost | E::MissingHost => {
            "A cache or a proxy may choose one site, and the server another. One client can then \
             spoil the cache for all, or reach a site that is not meant for it."
        }
        E::ForbiddenConnectionOption | E::InvalidConnection => {
            "A proxy removes the fields that Connection names. The server would get the request \
             without its Host or its length."
        }
        E::InvalidChunkSize
        | E::ChunkSizeOverflow
        | E::InvalidChunkExtension
        | E::InvalidChunkEnd => {
            "A recipient that skips what it doesn't understand finds the next chunk at another \
             place. The rest becomes a request of the attacker: request smuggling."
        }
        E::ForbiddenTrailer => {
            "A recipient that adds trailers to the fields of the head gets another length, another \
             host or another user after the request was already checked."
        }
        E::TooManyEmptyLines
        | E::EndlessMethod
        | E::TargetTooLong
        | E::FieldLineTooLong
        | E::HeaderSectionTooLarge
        | E::TooManyHeaderLines
        | E::ChunkLineTooLong
        | E::ChunkExtensionsTooLong
        | E::TrailerSectionTooLarge
        | E::TooManyTrailerLines
        | E::ContentTooLarge => {
            "Without a limit, one client can fill the memory of a server, or keep it busy with bytes \
             that lead nowhere."
        }
        E::TlsHandshake | E::Http2Preface | E::ProxyProtocol | E::BinaryData => {
            "It is no attack, but another protocol than this port expects."
        }
        _ => return None,
    })
}
