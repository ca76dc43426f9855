//! A request that owns its bytes.

use std::ops::Range;

use h1events::{BodyLength, Error, Event, Field, Framing, RequestParser, Version, range_of};

use crate::room::Room;

/// The head as it was received, and ranges into it. The memory is used again for the next request.
#[derive(Debug)]
pub(crate) struct StoredRequest {
    /// The head's octets, then names and values of the trailers.
    text: Vec<u8>,
    head_len: usize,
    method: Range<usize>,
    target: Range<usize>,
    version: Version,
    headers: Vec<StoredField>,
    trailers: Vec<StoredField>,
    body: Vec<u8>,
    framing: Option<Framing>,
}

/// The places of name and value in the text.
type StoredField = (Range<usize>, Range<usize>);

/// What [`StoredRequest::read`] has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// The end of the head.
    Head(Framing),
    /// Octets of the content.
    Body(usize),
    /// The end of the request.
    End,
}

/// Octets of memory that are kept of the text, and of the body, of a large request.
const KEEP: usize = 16 * 1024;

/// Places for fields that are kept of a request with many.
const KEEP_FIELDS: usize = 128;

impl StoredRequest {
    pub(crate) const fn new() -> Self {
        Self {
            text: Vec::new(),
            head_len: 0,
            method: 0..0,
            target: 0..0,
            version: Version::HTTP_11,
            headers: Vec::new(),
            trailers: Vec::new(),
            body: Vec::new(),
            framing: None,
        }
    }

    /// Bytes by which the memory may grow with `unread` more bytes of input. The first piece of a
    /// head isn't counted: it is no longer than the buffer it was read into.
    pub(crate) fn growth(&self, unread: usize) -> usize {
        match self.framing.map(|framing| framing.body) {
            None if self.text.is_empty() => 0,
            None | Some(BodyLength::Chunked) => unread,
            Some(BodyLength::None) => 0,
            Some(BodyLength::Length(len)) => {
                let left = usize::try_from(len).unwrap_or(usize::MAX) - self.body.len();
                unread.min(left)
            }
        }
    }

    /// Reads the next part from the input. `None` means: no part until more bytes come.
    ///
    /// The octets of a head are copied once, when all their lines that have come are read. The memory
    /// for the body doubles, up to the room that the request has.
    pub(crate) fn read(
        &mut self,
        parser: &mut RequestParser,
        input: &mut &[u8],
        room: Room<'_>,
    ) -> Result<Option<Part>, Error> {
        let unread = *input;
        let is_head = self.framing.is_none();
        let stored = self.text.len();
        // Where in `unread` the octets begin that are to be stored behind those in `text`.
        let mut start = 0;
        let place = |part: &[u8], start: usize| {
            // Each part of an event is a part of the input.
            let range = range_of(part, unread).unwrap_or_default();
            stored + range.start - start..stored + range.end - start
        };
        let result = loop {
            match parser.next_event(input) {
                Ok(Some(Event::Header(field))) => {
                    self.headers.push((place(field.name, start), place(field.value, start)));
                }
                Ok(Some(Event::RequestLine(line))) => {
                    // An empty line may stand before it.
                    start = range_of(line.method, unread).unwrap_or_default().start;
                    self.method = place(line.method, start);
                    self.target = place(line.target, start);
                    self.version = line.version;
                }
                Ok(Some(Event::HeadEnd(framing))) => {
                    self.framing = Some(framing);
                    break Ok(Some(Part::Head(framing)));
                }
                Ok(Some(Event::Body(data))) => {
                    self.store_body(data, room);
                    break Ok(Some(Part::Body(data.len())));
                }
                Ok(Some(Event::Trailer(field))) => {
                    let stored = (self.store(field.name), self.store(field.value));
                    self.trailers.push(stored);
                }
                Ok(Some(Event::End)) => break Ok(Some(Part::End)),
                Ok(None) => break Ok(None),
                Err(error) => break Err(error),
            }
        };
        if is_head && self.has_begun() {
            self.text.extend_from_slice(&unread[start..unread.len() - input.len()]);
            self.head_len = self.text.len();
        }
        result
    }

    fn store_body(&mut self, data: &[u8], room: Room<'_>) {
        if self.body.capacity() - self.body.len() < data.len() {
            let left = room.max().saturating_sub(self.capacity());
            let doubled = self.body.capacity().min(left);
            self.body.reserve_exact(doubled.max(data.len()));
        }
        self.body.extend_from_slice(data);
    }

    fn store(&mut self, octets: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(octets);
        start..self.text.len()
    }

    /// Forgets the request, which has its answer, and the memory that only a large one takes.
    pub(crate) fn clear(&mut self) {
        self.head_len = 0;
        self.method = 0..0;
        self.target = 0..0;
        self.framing = None;
        self.text.clear();
        self.text.shrink_to(KEEP);
        self.body.clear();
        self.body.shrink_to(KEEP);
        for fields in [&mut self.headers, &mut self.trailers] {
            fields.clear();
            fields.shrink_to(KEEP_FIELDS);
        }
    }

    /// Whether the request line has come.
    pub(crate) const fn has_begun(&self) -> bool {
        self.method.end > 0
    }

    /// What the end of the head has said, if it has come.
    pub(crate) const fn framing(&self) -> Option<Framing> {
        self.framing
    }

    pub(crate) fn head(&self) -> &[u8] {
        &self.text[..self.head_len]
    }

    pub(crate) fn method(&self) -> &[u8] {
        &self.text[self.method.clone()]
    }

    pub(crate) fn target(&self) -> &[u8] {
        &self.text[self.target.clone()]
    }

    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = Field<'_>> {
        fields(&self.text, &self.headers)
    }

    pub(crate) fn trailers(&self) -> impl Iterator<Item = Field<'_>> {
        fields(&self.text, &self.trailers)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Octets of heap that are taken.
    pub(crate) const fn capacity(&self) -> usize {
        let fields = self.headers.capacity() + self.trailers.capacity();
        self.text.capacity() + self.body.capacity() + fields * size_of::<StoredField>()
    }
}

fn fields<'a>(text: &'a [u8], fields: &'a [StoredField]) -> impl Iterator<Item = Field<'a>> {
    fields
        .iter()
        .map(|(name, value)| Field { name: &text[name.clone()], value: &text[value.clone()] })
}
