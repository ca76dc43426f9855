//! Requests to try: ordinary ones, and some of the published attacks.

use std::fmt;

use super::html::Html;
use crate::escape::Escaped;

/// A request to try.
pub(super) struct Example {
    /// Its name in links.
    name: &'static str,
    title: &'static str,
    note: &'static str,
    pub(super) bytes: &'static [u8],
}

impl Example {
    /// Returns the request as it can be edited: with escapes, and a new line after each line end.
    pub(super) fn text(&self) -> String {
        let lines = self.bytes.split_inclusive(|&byte| byte == b'\n');
        lines.fold(String::new(), |text, line| {
            let end = if line.ends_with(b"\n") { "\n" } else { "" };
            text + &Escaped(line).to_string() + end
        })
    }
}

/// Returns the example of that name.
pub(super) fn find(name: &[u8]) -> Option<&'static Example> {
    ORDINARY.iter().chain(&ATTACKS).find(|example| example.name.as_bytes() == name)
}

pub(super) const ORDINARY: [Example; 6] = [
    Example {
        name: "curl",
        title: "curl",
        note: "A request without a body.",
        bytes: b"GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
    },
    Example {
        name: "form",
        title: "A form",
        note: "A body with a Content-Length.",
        bytes: b"POST /tea HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n\
            Content-Length: 19\r\n\r\nleaf=green&cups=two",
    },
    Example {
        name: "chunks",
        title: "Chunks",
        note: "A body of unknown length, with a trailer.",
        bytes: b"PUT /log HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\nTrailer: Checksum\r\n\r\n\
            6\r\nfirst\n\r\n7;note=x\r\nsecond\n\r\n0\r\nChecksum: 2f6b\r\n\r\n",
    },
    Example {
        name: "pipelined",
        title: "Two in a row",
        note: "The client sends the second request before it has the first answer.",
        bytes: b"GET /a HTTP/1.1\r\nHost: example.org\r\n\r\nGET /b HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n",
    },
    Example {
        name: "expect",
        title: "Expect",
        note: "The client waits for a 100 (Continue) before it sends the body.",
        bytes: b"PUT /big HTTP/1.1\r\nHost: example.org\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbyte",
    },
    Example {
        name: "websocket",
        title: "WebSocket",
        note: "An upgrade: if the server agrees, the bytes after the head belong to another protocol.",
        bytes: b"GET /chat HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    },
];

pub(super) const ATTACKS: [Example; 13] = [
    Example {
        name: "cl-te",
        title: "CL.TE",
        note: "A proxy that uses Content-Length sees one request. A server that uses Transfer-Encoding sees a \
            second one.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 32\r\nTransfer-Encoding: chunked\r\n\r\n\
            0\r\n\r\nGET /admin HTTP/1.1\r\nX: x",
    },
    Example {
        name: "te-te",
        title: "TE.TE",
        note: "The second coding hides the first from recipients that read only the last line.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n\
            0\r\n\r\n",
    },
    Example {
        name: "two-lengths",
        title: "Two lengths",
        note: "Some recipients use the first length, others the last.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 0\r\nContent-Length: 25\r\n\r\n\
            GET /admin HTTP/1.1\r\nX: x",
    },
    Example {
        name: "signed-length",
        title: "A signed length",
        note: "Some number parsers accept the sign; others stop before it.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: +5\r\n\r\nhello",
    },
    Example {
        name: "space-before-colon",
        title: "A space before the colon",
        note: "A recipient that removes the space sees a Transfer-Encoding; others don't.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    },
    Example {
        name: "folding",
        title: "A folded line",
        note: "Is it one field with a strange value, or two fields?",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nX: x\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    },
    Example {
        name: "bare-lf",
        title: "A bare line feed",
        note: "A recipient that ends the line there sees another field.",
        bytes: b"GET / HTTP/1.1\r\nHost: example.org\r\nX: x\nTransfer-Encoding: chunked\r\n\r\n",
    },
    Example {
        name: "nul",
        title: "A NUL",
        note: "In C, a string ends at the NUL.",
        bytes: b"GET / HTTP/1.1\r\nHost: example.org\x00.evil.example\r\n\r\n",
    },
    Example {
        name: "two-hosts",
        title: "Two hosts",
        note: "A cache may store the answer of one site for the other.",
        bytes: b"GET / HTTP/1.1\r\nHost: example.org\r\nHost: evil.example\r\n\r\n",
    },
    Example {
        name: "host-with-path",
        title: "A host with a path",
        note: "Links that a server builds from Host lead to another place.",
        bytes: b"GET / HTTP/1.1\r\nHost: example.org/evil.example\r\n\r\n",
    },
    Example {
        name: "hop-by-hop",
        title: "A length for one hop",
        note: "A proxy removes the fields that Connection names: here, the length.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nConnection: Content-Length\r\nContent-Length: 5\r\n\r\nhello",
    },
    Example {
        name: "chunk-size",
        title: "A chunk size with a prefix",
        note: "Some recipients read 0x5 as five; others read zero, the end of the body.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    },
    Example {
        name: "trailer",
        title: "A length in the trailers",
        note: "A recipient that merges trailers into the head gets a length after the body.",
        bytes: b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
    },
];

/// The examples as lists of links.
pub(super) struct List {
    /// The example on the page.
    pub(super) chosen: Option<&'static Example>,
}

impl List {
    fn list(&self, f: &mut fmt::Formatter<'_>, title: &str, examples: &[Example]) -> fmt::Result {
        write!(f, "<h3>{title}</h3><ul class=\"gallery\">")?;
        for Example { name, title, note, .. } in examples {
            let current = match self.chosen {
                Some(chosen) if chosen.name == *name => " aria-current=\"true\"",
                _ => "",
            };
            write!(
                f,
                "<li><a href=\"/inspect?{name}#box\"{current}>{}</a> <span>{}</span></li>",
                Html(title),
                Html(note)
            )?;
        }
        f.write_str("</ul>")
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list(f, "Ordinary requests", &ORDINARY)?;
        self.list(f, "Published attacks", &ATTACKS)
    }
}
