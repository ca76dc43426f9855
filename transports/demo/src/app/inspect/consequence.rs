//! The danger of malformed requests for recipients that accept them.

use h1events::ErrorKind;

/// Returns what can go wrong if a recipient accepts the request, if it is known.
pub(super) const fn consequence(kind: ErrorKind) -> Option<&'static str> {
    use ErrorKind as E;
    Some(match kind {
        E::LengthAndEncoding
        | E::TransferEncodingInHttp10
        | E::InvalidTransferEncoding
        | E::ChunkedNotLast
        | E::ChunkedTwice => {
            "A proxy and the server behind it may disagree about the end of the body. Content for one of \
             them is then the next request for the other: request smuggling."
        }
        E::DuplicateContentLength | E::InvalidContentLength | E::ContentLengthOverflow => {
            "One recipient uses the first length, another the last, and a third parses the number in its \
             own way. They disagree about where the next request begins: request smuggling."
        }
        E::WhitespaceBeforeColon | E::InvalidFieldName => {
            "A recipient that repairs the name sees a field that others don't. This can hide a \
             Transfer-Encoding from a proxy."
        }
        E::LineFolding | E::WhitespaceBeforeFields => {
            "Some recipients join the line to the one before, others drop it, and others read it as a \
             field of its own. This can hide a field from one of them."
        }
        E::BareLf | E::BareCr => {
            "Some recipients end the line here, and others don't. One field becomes two for some of \
             them, or one request becomes two."
        }
        E::InvalidFieldValue | E::InvalidTarget | E::InvalidMethod => {
            "A NUL ends the text for some recipients. In a log, a control character can forge a line or \
             send commands to a terminal."
        }
        E::DuplicateHost | E::InvalidHost | E::EmptyHost | E::MissingHost => {
            "A cache or a proxy may choose one site, and the server another. An attacker can then \
             poison the cache for all, or reach an internal site."
        }
        E::ForbiddenConnectionOption | E::InvalidConnection => {
            "A proxy removes the fields that Connection names. The server then gets the request without \
             its Host or its length."
        }
        E::InvalidChunkSize
        | E::ChunkSizeOverflow
        | E::InvalidChunkExtension
        | E::InvalidChunkEnd => {
            "A recipient that ignores the error finds the next chunk at another place. The rest becomes a \
             request of the attacker: request smuggling."
        }
        E::ForbiddenTrailer => {
            "A recipient that merges trailers into the head gets another length, another host or another \
             user after it has checked the request."
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
            "Without a limit, one client can fill the memory of a server, or keep it busy with useless \
             bytes."
        }
        E::TlsHandshake | E::Http2Preface | E::ProxyProtocol | E::BinaryData => {
            "This is probably no attack: the client speaks another protocol."
        }
        _ => return None,
    })
}
