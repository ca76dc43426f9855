//! A request that owns its bytes.

use std::ops::Range;

use h1events::{Error, Event, Field, Framing, RequestParser, Version, range_of};

use crate::peer::Peer;
use crate::room::Room;

/// The head as received, and ranges into it. The memory is used again for the next request.
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
    /// The sender, once the request has left its connection.
    pub(crate) peer: Peer,
}

/// The ranges of name and value in the text.
type StoredField = (Range<usize>, Range<usize>);

/// Where [`StoredRequest::read`] has stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// The end of the head.
    Head(Framing),
    /// Octets of the content.
    Body(usize),
    /// The end of the request.
    End,
    /// The room is too small for the next part.
    Lacks {
        /// Bytes by which the memory has to grow for it.
        growth: usize,
    },
}

/// Octets of memory that are kept for the text, and for the body, after a large request.
const KEEP: usize = 16 * 1024;

/// Places for fields that are kept after a request with many.
const KEEP_FIELDS: usize = 128;

/// Items for which space is reserved at first, at least.
const FIRST_ITEMS: usize = 8;

impl StoredRequest {
    /// Reads the next part from the input. `None` means: no part until more bytes come.
    ///
    /// The octets of a head are copied once, when all lines that have come are read. All memory doubles,
    /// up to the room of the request. If that isn't enough, nothing is taken from
    /// the input.
    pub(crate) fn read(
        &mut self,
        parser: &mut RequestParser,
        input: &mut &[u8],
        room: Room<'_>,
    ) -> Result<Option<Part>, Error> {
        let (parser_before, unread) = (parser.clone(), *input);
        let stored = (self.text.len(), self.headers.len(), self.trailers.len());
        let is_head = self.framing.is_none();
        let result = self.read_events(parser, input, room);
        if let Ok(Some(Part::Lacks { .. })) = result {
            (*parser, *input) = (parser_before, unread);
            self.text.truncate(stored.0);
            self.headers.truncate(stored.1);
            self.trailers.truncate(stored.2);
            self.framing.take_if(|_| is_head);
            if self.text.is_empty() {
                (self.method, self.target) = (0..0, 0..0);
            }
        }
        result
    }

    /// Reads events up to the end of a part, or of the room.
    fn read_events(
        &mut self,
        parser: &mut RequestParser,
        input: &mut &[u8],
        room: Room<'_>,
    ) -> Result<Option<Part>, Error> {
        let unread = *input;
        let is_head = self.framing.is_none();
        let stored = self.text.len();
        // The start in `unread` of the octets that will be appended to `text`.
        let mut start = 0;
        let place = |part: &[u8], start: usize| {
            // Each part of an event is a slice of the input.
            let range = range_of(part, unread).unwrap_or_default();
            stored + range.start - start..stored + range.end - start
        };
        let mut before;
        let result = loop {
            before = *input;
            let event = match parser.next_event(input) {
                Ok(Some(event)) => event,
                Ok(None) => break Ok(None),
                Err(error) => break Err(error),
            };
            match event {
                Event::Header(field) => {
                    if lacking(&self.headers, 1) > 0 {
                        let text = lacking(&self.text, unread.len() - input.len() - start);
                        let growth = text + lacking(&self.headers, 1);
                        let Some(left) = self.left(room, growth) else {
                            return Ok(Some(Part::Lacks { growth }));
                        };
                        reserve(&mut self.headers, 1, left - text);
                    }
                    self.headers.push((place(field.name, start), place(field.value, start)));
                }
                Event::RequestLine(line) => {
                    // An empty line may stand before it.
                    start = range_of(line.method, unread).unwrap_or_default().start;
                    self.method = place(line.method, start);
                    self.target = place(line.target, start);
                    self.version = line.version;
                }
                Event::HeadEnd(framing) => {
                    self.framing = Some(framing);
                    break Ok(Some(Part::Head(framing)));
                }
                Event::Body(data) => {
                    let growth = lacking(&self.body, data.len());
                    let Some(left) = self.left(room, growth) else {
                        return Ok(Some(Part::Lacks { growth }));
                    };
                    reserve(&mut self.body, data.len(), left);
                    self.body.extend_from_slice(data);
                    break Ok(Some(Part::Body(data.len())));
                }
                Event::Trailer(field) => {
                    let octets = field.name.len() + field.value.len();
                    let slot = lacking(&self.trailers, 1);
                    let growth = lacking(&self.text, octets) + slot;
                    let Some(left) = self.left(room, growth) else {
                        return Ok(Some(Part::Lacks { growth }));
                    };
                    reserve(&mut self.text, octets, left - slot);
                    reserve(&mut self.trailers, 1, slot);
                    let stored = (self.store(field.name), self.store(field.value));
                    self.trailers.push(stored);
                }
                Event::End => break Ok(Some(Part::End)),
            }
        };
        if is_head && self.has_begun() {
            // A malformed line isn't stored.
            let rest = if result.is_err() { before } else { *input };
            let head = &unread[start..unread.len() - rest.len()];
            let growth = lacking(&self.text, head.len());
            let Some(left) = self.left(room, growth) else {
                return Ok(Some(Part::Lacks { growth }));
            };
            reserve(&mut self.text, head.len(), left);
            self.text.extend_from_slice(head);
            self.head_len = self.text.len();
        }
        result
    }

    /// Returns the bytes by which the memory may grow, if it may grow by `growth` bytes.
    fn left(&self, room: Room<'_>, growth: usize) -> Option<usize> {
        // Most requests fit into the memory of earlier ones.
        if growth == 0 {
            return Some(0);
        }
        let left = room.max().saturating_sub(self.capacity());
        (growth <= left).then_some(left)
    }

    fn store(&mut self, octets: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(octets);
        start..self.text.len()
    }

    /// Forgets the request, which has its answer, and frees the memory that only a large one takes.
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

    /// Returns whether the request line has come.
    pub(crate) const fn has_begun(&self) -> bool {
        self.method.end > 0
    }

    /// Returns the framing, if the head is complete.
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

    /// Returns the octets of heap that are taken.
    pub(crate) const fn capacity(&self) -> usize {
        let fields = self.headers.capacity() + self.trailers.capacity();
        self.text.capacity() + self.body.capacity() + fields * size_of::<StoredField>()
    }
}

impl Default for StoredRequest {
    fn default() -> Self {
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
            peer: Peer::Local,
        }
    }
}

fn fields<'a>(text: &'a [u8], fields: &'a [StoredField]) -> impl Iterator<Item = Field<'a>> {
    fields
        .iter()
        .map(|(name, value)| Field { name: &text[name.clone()], value: &text[value.clone()] })
}

/// Returns the bytes by which the memory has to grow for `additional` more items.
const fn lacking<T>(items: &Vec<T>, additional: usize) -> usize {
    additional.saturating_sub(items.capacity() - items.len()) * size_of::<T>()
}

/// Makes space for `additional` more items. The memory doubles, but grows by no more than `left` bytes
/// and by no less than needed.
fn reserve<T>(items: &mut Vec<T>, additional: usize, left: usize) {
    if lacking(items, additional) > 0 {
        let capacity = items.capacity();
        let doubled = capacity + capacity.max(FIRST_ITEMS).min(left / size_of::<T>());
        items.reserve_exact(additional.max(doubled - items.len()));
    }
}
