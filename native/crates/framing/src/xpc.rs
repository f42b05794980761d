//! XPC, XML pipelining with chunks (RFC 4992): blocks of a header and chunks; requests carry an authority between them.
//!
//! The framer finds where a block ends and delivers it whole, header included. What is wrong inside a block whose end is
//! known is no violation of the framing: [`Block::fault`] says it, the session answers it, and the next block can be read.

use std::fmt;
use std::ops::Range;

use super::{Mark, PayloadTooLong, Side, Step, Violation};

/// Chunks of one block. A document of the longest chunks would be 256 MiB, and one written line by line still fits; a block
/// is scanned from its start whenever more of it has arrived, so that there must be an end to them.
pub const MOST_CHUNKS: usize = 4096;

/// Octets of data in one chunk.
pub const MOST_DATA: usize = 0xffff;

/// Octets of an authority.
pub const MOST_AUTHORITY: usize = 0xff;

const KEEP_OPEN: u8 = 0x20;
const RESERVED_HEADER: u8 = 0x1f;
const LAST: u8 = 0x80;
const COMPLETE: u8 = 0x40;
const RESERVED_CHUNK: u8 = 0x38;
const KIND: u8 = 0x07;
/// Descriptor and length.
const CHUNK_HEADER: usize = 3;

/// What a chunk carries (RFC 4992 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Nothing; data is ignored.
    NoData = 0,
    /// Version information.
    Versions = 1,
    /// Size information.
    Size = 2,
    /// Other information: errors.
    Other = 3,
    /// SASL data.
    Sasl = 4,
    /// Authentication succeeded.
    Success = 5,
    /// Authentication failed.
    Failure = 6,
    /// Application data.
    Data = 7,
}

impl Kind {
    /// Every kind, by its number.
    pub const ALL: [Self; 8] = [
        Self::NoData,
        Self::Versions,
        Self::Size,
        Self::Other,
        Self::Sasl,
        Self::Success,
        Self::Failure,
        Self::Data,
    ];

    /// The RFC's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoData => "nd",
            Self::Versions => "vi",
            Self::Size => "si",
            Self::Other => "oi",
            Self::Sasl => "sd",
            Self::Success => "as",
            Self::Failure => "af",
            Self::Data => "ad",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn of(descriptor: u8) -> Self {
        Self::ALL[(descriptor & KIND) as usize]
    }

    /// Authentication comes before data, and data before information; size information counts as information.
    const fn rank(self) -> u8 {
        match self {
            Self::Sasl | Self::Success | Self::Failure => 0,
            Self::NoData | Self::Data => 1,
            Self::Versions | Self::Size | Self::Other => 2,
        }
    }

    /// Whether clients may send it.
    const fn is_asked(self) -> bool {
        matches!(
            self,
            Self::NoData | Self::Versions | Self::Sasl | Self::Data
        )
    }

    /// Whether chunks of this kind may follow those of another in a block.
    pub const fn may_follow(self, before: Self) -> bool {
        self.rank() > before.rank()
    }
}

/// What is wrong with a block whose end is known: the answer is a block-error (RFC 4992 section 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reserved bits of the header are set.
    ReservedHeader(u8),
    /// Reserved bits of a chunk's descriptor are set.
    ReservedChunk(u8),
    /// A kind that only servers send.
    NotForServers(Kind),
    /// Chunks of these kinds in this order, or both in one block.
    Order(Kind, Kind),
    /// A chunk after the one that completed the data of its kind.
    AfterEnd(Kind),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedHeader(header) => {
                write!(f, "reserved bits are set in the block header {header:#04x}")
            }
            Self::ReservedChunk(descriptor) => write!(
                f,
                "reserved bits are set in the chunk descriptor {descriptor:#04x}"
            ),
            Self::NotForServers(kind) => {
                write!(f, "a request must not carry chunks of type {}", kind.name())
            }
            Self::Order(before, kind) => write!(
                f,
                "chunks of type {} must not follow those of type {}",
                kind.name(),
                before.name()
            ),
            Self::AfterEnd(kind) => write!(
                f,
                "a chunk of type {} follows the one that completed its data",
                kind.name()
            ),
        }
    }
}

/// A chunk of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// As it was on the wire.
    pub descriptor: u8,
    /// Its data.
    pub data: &'a [u8],
}

impl Chunk<'_> {
    /// What it carries.
    pub const fn kind(&self) -> Kind {
        Kind::of(self.descriptor)
    }

    /// Whether it ends the data of its kind.
    pub const fn is_complete(&self) -> bool {
        self.descriptor & COMPLETE != 0
    }

    /// Whether it ends the block.
    pub const fn is_last(&self) -> bool {
        self.descriptor & LAST != 0
    }
}

/// The chunks of a block, in order.
#[derive(Clone, Debug)]
pub struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let ([descriptor, length @ ..], rest) = self.0.split_first_chunk::<CHUNK_HEADER>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.0 = if descriptor & LAST == 0 { rest } else { &[] };
        Some(Chunk {
            descriptor: *descriptor,
            data,
        })
    }
}

/// Chunks of one kind that follow each other.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// What they carry.
    pub kind: Kind,
    chunks: Chunks<'a>,
    count: usize,
}

impl<'a> Run<'a> {
    /// Their data: borrowed when it is in one chunk, else joined in `room`.
    pub fn data<'b>(&self, room: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        let mut chunks = self.chunks.clone().take(self.count);
        if self.count == 1 {
            return chunks.next().map_or(&[], |chunk| chunk.data);
        }
        room.clear();
        chunks.for_each(|chunk| room.extend_from_slice(chunk.data));
        room
    }
}

/// The runs of a block.
#[derive(Clone, Debug)]
pub struct Runs<'a>(Chunks<'a>);

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let chunks = self.0.clone();
        let kind = self.0.next()?.kind();
        let mut count = 1;
        loop {
            let mut ahead = self.0.clone();
            // SASL's fields are within one chunk (RFC 4992 section 6.5).
            if kind == Kind::Sasl || ahead.next().is_none_or(|chunk| chunk.kind() != kind) {
                break;
            }
            self.0 = ahead;
            count += 1;
        }
        Some(Run {
            kind,
            chunks,
            count,
        })
    }
}

/// A whole block, as the framer delivered it.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// As it was on the wire.
    pub header: u8,
    /// Of a request.
    pub authority: Option<&'a [u8]>,
    chunks: &'a [u8],
}

impl<'a> Block<'a> {
    /// Reads what the framer of this side delivered; `None` for anything else.
    pub fn parse(block: &'a [u8], side: Side) -> Option<Self> {
        let (&header, rest) = block.split_first()?;
        let (authority, chunks) = match side {
            Side::Client => (None, rest),
            Side::Server => {
                let (&length, rest) = rest.split_first()?;
                let (authority, chunks) = rest.split_at_checked(usize::from(length))?;
                (Some(authority), chunks)
            }
        };
        Some(Self {
            header,
            authority,
            chunks,
        })
    }

    /// The client asks to keep the session open, or the server does so.
    pub const fn keeps_open(&self) -> bool {
        keeps_open(self.header)
    }

    /// Bits 0 and 1; the framer delivers blocks of version 0 only.
    pub const fn version(&self) -> u8 {
        version(self.header)
    }

    /// Its chunks as they are.
    pub const fn chunks(&self) -> Chunks<'a> {
        Chunks(self.chunks)
    }

    /// Its chunks, those of one kind together.
    pub const fn runs(&self) -> Runs<'a> {
        Runs(self.chunks())
    }

    /// The first thing that is wrong with it.
    pub fn fault(&self) -> Option<Fault> {
        if self.header & RESERVED_HEADER != 0 {
            return Some(Fault::ReservedHeader(self.header));
        }
        let asked = self.authority.is_some();
        let mut before: Option<Chunk<'_>> = None;
        for chunk in self.chunks() {
            let kind = chunk.kind();
            if chunk.descriptor & RESERVED_CHUNK != 0 {
                return Some(Fault::ReservedChunk(chunk.descriptor));
            }
            if asked && !kind.is_asked() {
                return Some(Fault::NotForServers(kind));
            }
            match before {
                Some(last) if last.kind() == kind && last.is_complete() => {
                    return Some(Fault::AfterEnd(kind));
                }
                Some(last) if last.kind() != kind && !kind.may_follow(last.kind()) => {
                    return Some(Fault::Order(last.kind(), kind));
                }
                _ => before = Some(chunk),
            }
        }
        None
    }
}

/// The keep-open flag of a block header.
pub const fn keeps_open(header: u8) -> bool {
    header & KEEP_OPEN != 0
}

/// The version in a block header.
pub const fn version(header: u8) -> u8 {
    header >> 6
}

/// Cuts a stream into blocks: requests on the server's side, responses on the client's.
#[derive(Clone, Copy, Debug)]
pub struct Framer {
    side: Side,
}

impl Framer {
    /// A framer of this side.
    pub const fn new(side: Side) -> Self {
        Self { side }
    }

    /// Where the chunks start, when the octets before them are there.
    fn chunks_at(self, buf: &[u8]) -> Result<usize, Step> {
        match (self.side, buf) {
            (_, []) => Err(Step::More(1)),
            (_, [header, ..]) if version(*header) != 0 => {
                Err(Step::Violation(Violation::Version { header: *header }))
            }
            (Side::Client, _) => Ok(1),
            (Side::Server, [_]) => Err(Step::More(2)),
            (Side::Server, [_, authority, ..]) => Ok(2 + usize::from(*authority)),
        }
    }
}

impl super::Framer for Framer {
    fn next(&mut self, buf: &[u8], limit: usize) -> Step {
        let mut at = match self.chunks_at(buf) {
            Ok(at) => at,
            Err(step) => return step,
        };
        for _ in 0..MOST_CHUNKS {
            if at + CHUNK_HEADER > limit {
                return too_large(at + CHUNK_HEADER, limit);
            }
            let Some([descriptor, length @ ..]) =
                buf.get(at..).and_then(<[u8]>::first_chunk::<CHUNK_HEADER>)
            else {
                return Step::More(at + CHUNK_HEADER);
            };
            at += CHUNK_HEADER + usize::from(u16::from_be_bytes(*length));
            if at > limit {
                return too_large(at, limit);
            }
            if descriptor & LAST != 0 {
                return if at > buf.len() {
                    Step::More(at)
                } else {
                    Step::Frame {
                        payload: 0..at,
                        next: at,
                    }
                };
            }
        }
        Step::Violation(Violation::Malformed("a block of more than 4,096 chunks"))
    }

    /// One document as application data, in a block that keeps the session open; a request names no authority.
    fn begin(&mut self, out: &mut Vec<u8>) -> Mark {
        let start = out.len();
        let authority = match self.side {
            Side::Server => None,
            Side::Client => Some(&b""[..]),
        };
        // An empty authority is not too long.
        let _ = Builder::begin(out, true, authority);
        out.extend_from_slice(&[0; CHUNK_HEADER]);
        Mark(start)
    }

    fn finish(&mut self, out: &mut Vec<u8>, Mark(start): Mark) -> Result<(), PayloadTooLong> {
        let chunk = start
            + match self.side {
                Side::Server => 1,
                Side::Client => 2,
            };
        let last = finish_data(out, chunk, Kind::Data);
        out[last] |= LAST;
        Ok(())
    }
}

fn too_large(least: usize, limit: usize) -> Step {
    Step::Violation(Violation::TooLarge {
        stated: least as u64,
        limit,
    })
}

/// Why a block cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbuildable {
    /// The authority has this many octets, and 255 are most.
    Authority(usize),
    /// A block has at least one chunk.
    Empty,
    /// Its chunks would be at fault.
    Fault(Fault),
}

impl fmt::Display for Unbuildable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority(octets) => write!(
                f,
                "an authority has at most {MOST_AUTHORITY} octets, not {octets}"
            ),
            Self::Empty => write!(f, "a block has at least one chunk"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Unbuildable {}

/// A block under construction at the end of a buffer that the caller keeps.
///
/// [`begin`](Self::begin), then for each kind [`open`](Self::open), the data appended to the buffer, and
/// [`close`](Self::close), which splits it over chunks; [`end`](Self::end). The caller truncates the buffer on an error.
#[derive(Debug)]
#[must_use = "a block that is begun must be ended"]
pub struct Builder {
    asks: bool,
    before: Option<Kind>,
    /// Where the descriptor of the last chunk is.
    last: usize,
}

impl Builder {
    /// Appends the header, and the authority of a request (`None`: a response).
    pub fn begin(
        out: &mut Vec<u8>,
        keep_open: bool,
        authority: Option<&[u8]>,
    ) -> Result<Self, Unbuildable> {
        let length = authority.map(|authority| u8::try_from(authority.len()));
        if let (Some(Err(_)), Some(authority)) = (length, authority) {
            return Err(Unbuildable::Authority(authority.len()));
        }
        out.push(if keep_open { KEEP_OPEN } else { 0 });
        if let (Some(Ok(length)), Some(authority)) = (length, authority) {
            out.push(length);
            out.extend_from_slice(authority);
        }
        Ok(Self {
            asks: authority.is_some(),
            before: None,
            last: 0,
        })
    }

    /// Begins the data of a kind; it is appended after this.
    pub fn open(&mut self, out: &mut Vec<u8>, kind: Kind) -> Result<(), Unbuildable> {
        let fault = match self.before {
            _ if self.asks && !kind.is_asked() => Some(Fault::NotForServers(kind)),
            Some(before) if before == kind => Some(Fault::AfterEnd(kind)),
            Some(before) if !kind.may_follow(before) => Some(Fault::Order(before, kind)),
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(Unbuildable::Fault(fault));
        }
        self.before = Some(kind);
        self.last = out.len();
        out.extend_from_slice(&[0; CHUNK_HEADER]);
        Ok(())
    }

    /// Ends the data begun by [`open`](Self::open).
    pub fn close(&mut self, out: &mut Vec<u8>) {
        if let Some(kind) = self.before {
            self.last = finish_data(out, self.last, kind);
        }
    }

    /// Ends the block.
    pub fn end(self, out: &mut [u8]) -> Result<(), Unbuildable> {
        if self.before.is_none() {
            return Err(Unbuildable::Empty);
        }
        out[self.last] |= LAST;
        Ok(())
    }
}

/// Makes chunks of the data behind the room for one chunk's header at `start`, to the end of `out`; where the descriptor of
/// the last one is.
fn finish_data(out: &mut Vec<u8>, start: usize, kind: Kind) -> usize {
    let data = out.len() - start - CHUNK_HEADER;
    let more = data.saturating_sub(1) / MOST_DATA;
    out.resize(out.len() + more * CHUNK_HEADER, 0);
    // From the end, so that nothing is overwritten before it has moved.
    for number in (1..=more).rev() {
        let from = start + CHUNK_HEADER + number * MOST_DATA;
        let length = (data - number * MOST_DATA).min(MOST_DATA);
        let to = from + number * CHUNK_HEADER;
        out.copy_within(from..from + length, to);
        write_header(out, to - CHUNK_HEADER, kind, length, number == more);
    }
    write_header(out, start, kind, data.min(MOST_DATA), more == 0);
    start + more * (MOST_DATA + CHUNK_HEADER)
}

fn write_header(out: &mut [u8], at: usize, kind: Kind, length: usize, complete: bool) {
    let [high, low] = (length as u16).to_be_bytes();
    let complete = if complete { COMPLETE } else { 0 };
    let range: Range<usize> = at..at + CHUNK_HEADER;
    out[range].copy_from_slice(&[kind as u8 | complete, high, low]);
}

#[cfg(test)]
mod tests;
