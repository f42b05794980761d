//! LWZ, one datagram a request and one a response (RFC 4993), perhaps compressed by raw DEFLATE (RFC 1951).
//!
//! Sizes that are compared with a maximum or told to a client count the UDP header, the descriptor and the payload
//! (section 3.1.6).

use std::fmt;

mod deflate;

pub use deflate::{Deflater, InflateError, Inflater};

/// Octets of a response's descriptor.
pub const DESCRIPTOR: usize = 3;

/// Octets of a UDP header, which sizes count.
pub const UDP_HEADER: usize = 8;

/// Octets of an authority.
pub const MOST_AUTHORITY: usize = 0xff;

/// The longest request that servers must accept and clients may send (section 3).
pub const MOST_OCTETS: usize = 4000;

/// The transaction identifier of a request whose own could not be read; clients never use it.
pub const UNREADABLE: u16 = 0xffff;

const RESPONSE: u8 = 0x20;
const DEFLATED: u8 = 0x10;
const DEFLATES: u8 = 0x08;
const RESERVED: u8 = 0x04;
const KIND: u8 = 0x03;

/// What a payload is (section 3.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A request or a response of the application.
    Xml = 0,
    /// Version information, or the question for it.
    Versions = 1,
    /// Size information.
    Size = 2,
    /// Other information: errors.
    Other = 3,
}

impl Kind {
    /// Every kind, by its number.
    pub const ALL: [Self; 4] = [Self::Xml, Self::Versions, Self::Size, Self::Other];

    /// The RFC's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Versions => "vi",
            Self::Size => "si",
            Self::Other => "oi",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The first octet of a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header(pub u8);

impl Header {
    const fn new(response: bool, kind: Kind, deflated: bool, supported: bool) -> Self {
        let mut octet = kind as u8;
        if response {
            octet |= RESPONSE;
        }
        if deflated {
            octet |= DEFLATED;
        }
        if supported {
            octet |= DEFLATES;
        }
        Self(octet)
    }

    /// Bits 0 and 1.
    pub const fn version(self) -> u8 {
        self.0 >> 6
    }

    /// Whether it is a response, which no server ever answers.
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE != 0
    }

    /// Whether the payload is compressed.
    pub const fn is_deflated(self) -> bool {
        self.0 & DEFLATED != 0
    }

    /// Whether its sender reads compressed payloads.
    pub const fn deflates(self) -> bool {
        self.0 & DEFLATES != 0
    }

    /// What the payload is.
    pub const fn kind(self) -> Kind {
        Kind::ALL[(self.0 & KIND) as usize]
    }
}

/// What is wrong with a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another version of the protocol: the answer is version information. All others are descriptor errors.
    Version(u8),
    /// It ends before its end.
    Truncated,
    /// The reserved bit is set.
    Reserved(u8),
    /// A kind that only servers send.
    NotForServers(Kind),
    /// The transaction identifier that is the servers'.
    Transaction,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "the version {version} is unknown"),
            Self::Truncated => write!(f, "the payload descriptor is not complete"),
            Self::Reserved(header) => {
                write!(f, "the reserved bit is set in the header {header:#04x}")
            }
            Self::NotForServers(kind) => {
                write!(f, "a request must not be of type {}", kind.name())
            }
            Self::Transaction => write!(f, "the transaction identifier 0xffff is the servers'"),
        }
    }
}

/// What arrived at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Its first octet; 0 when there is none.
    pub header: Header,
    /// [`UNREADABLE`] when there is none.
    pub transaction: u16,
    /// The longest response that the client takes; the greatest number when it could not be read.
    pub maximum: u16,
    /// What the request is for; empty when it could not be read.
    pub authority: &'a [u8],
    /// Not inflated; empty when there is a fault.
    pub payload: &'a [u8],
    /// What is wrong with it; the rest is what could be read all the same.
    pub fault: Option<Fault>,
}

impl<'a> Request<'a> {
    /// Reads a datagram; `None` for a response, which must not be answered.
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let header = Header(datagram.first().copied().unwrap_or(0));
        if header.is_response() {
            return None;
        }
        let number = |at: usize| {
            datagram
                .get(at..at + 2)?
                .try_into()
                .ok()
                .map(u16::from_be_bytes)
        };
        let mut request = Self {
            header,
            transaction: number(1).unwrap_or(UNREADABLE),
            maximum: u16::MAX,
            authority: &[],
            payload: &[],
            fault: None,
        };
        if header.version() != 0 {
            request.fault = Some(Fault::Version(header.version()));
            return Some(request);
        }
        request.maximum = number(3).unwrap_or(u16::MAX);
        let behind = datagram
            .get(5)
            .and_then(|length| datagram[6..].split_at_checked(usize::from(*length)));
        let Some((authority, payload)) = behind else {
            request.fault = Some(Fault::Truncated);
            return Some(request);
        };
        request.authority = authority;
        request.fault = if header.0 & RESERVED != 0 {
            Some(Fault::Reserved(header.0))
        } else if matches!(header.kind(), Kind::Size | Kind::Other) {
            Some(Fault::NotForServers(header.kind()))
        } else if request.transaction == UNREADABLE {
            Some(Fault::Transaction)
        } else {
            request.payload = payload;
            None
        };
        Some(request)
    }
}

/// What arrived at a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// Its first octet.
    pub header: Header,
    /// Of the request; [`UNREADABLE`] when the server could not read it.
    pub transaction: u16,
    /// Not inflated.
    pub payload: &'a [u8],
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

impl<'a> Response<'a> {
    /// Reads a datagram; `None` for what is no response: a request, or less than a descriptor.
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let ([header, transaction @ ..], payload) = datagram.split_first_chunk::<DESCRIPTOR>()?;
        let header = Header(*header);
        if !header.is_response() {
            return None;
        }
        let fault = if header.version() != 0 {
            Some(Fault::Version(header.version()))
        } else if header.0 & RESERVED != 0 {
            Some(Fault::Reserved(header.0))
        } else {
            None
        };
        Some(Self {
            header,
            transaction: u16::from_be_bytes(*transaction),
            payload: if fault.is_none() { payload } else { &[] },
            fault,
        })
    }
}

/// Why a request cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbuildable {
    /// The authority has this many octets, and 255 are most.
    Authority(usize),
    /// The transaction identifier is the servers'.
    Transaction,
    /// A kind that only servers send.
    Kind(Kind),
    /// The datagram would have this many octets, and 4,000 are most.
    TooLong(usize),
}

impl fmt::Display for Unbuildable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority(octets) => write!(
                f,
                "an authority has at most {MOST_AUTHORITY} octets, not {octets}"
            ),
            Self::Transaction => write!(
                f,
                "the transaction identifier 0xffff is the servers'; clients use any other"
            ),
            Self::Kind(kind) => write!(f, "clients do not send payloads of type {}", kind.name()),
            Self::TooLong(octets) => write!(
                f,
                "a request has at most {MOST_OCTETS} octets with its UDP header, not {octets}: ask over XPC"
            ),
        }
    }
}

impl std::error::Error for Unbuildable {}

/// What a client asks with, besides the payload.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Any but [`UNREADABLE`]; not the next number.
    pub transaction: u16,
    /// The longest response it takes.
    pub maximum: u16,
    /// What the request is for.
    pub authority: &'a [u8],
    /// `Xml` or `Versions`.
    pub kind: Kind,
    /// Whether the payload is to be compressed.
    pub deflated: bool,
    /// Whether the response may be.
    pub deflates: bool,
}

impl Question<'_> {
    /// Appends the datagram; on an error `out` is as before.
    pub fn write(
        &self,
        payload: &[u8],
        deflater: &mut Deflater,
        out: &mut Vec<u8>,
    ) -> Result<(), Unbuildable> {
        if matches!(self.kind, Kind::Size | Kind::Other) {
            return Err(Unbuildable::Kind(self.kind));
        }
        if self.transaction == UNREADABLE {
            return Err(Unbuildable::Transaction);
        }
        let Ok(length) = u8::try_from(self.authority.len()) else {
            return Err(Unbuildable::Authority(self.authority.len()));
        };
        let start = out.len();
        out.push(Header::new(false, self.kind, self.deflated, self.deflates).0);
        out.extend_from_slice(&self.transaction.to_be_bytes());
        out.extend_from_slice(&self.maximum.to_be_bytes());
        out.push(length);
        out.extend_from_slice(self.authority);
        if self.deflated {
            deflater.append(payload, out);
        } else {
            out.extend_from_slice(payload);
        }
        let octets = out.len() - start + UDP_HEADER;
        if octets > MOST_OCTETS {
            out.truncate(start);
            return Err(Unbuildable::TooLong(octets));
        }
        Ok(())
    }
}

/// What a response must keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Of the request.
    pub transaction: u16,
    /// The longest response that the client takes.
    pub maximum: u16,
    /// Whether the client reads compressed payloads.
    pub deflates: bool,
    /// The longest response that the server sends.
    pub limit: usize,
}

/// What became of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitted {
    /// It is as it was.
    Plain,
    /// It is compressed.
    Deflated,
    /// Size information took its place, because it would have this many octets.
    Size(usize),
    /// Not even size information is short enough for the server: nothing is to be sent.
    Nothing,
}

impl Terms {
    /// Makes room for the descriptor; the payload is appended after this. Returns where the datagram begins.
    pub fn begin(out: &mut Vec<u8>) -> usize {
        let start = out.len();
        out.extend_from_slice(&[0; DESCRIPTOR]);
        start
    }

    /// Makes the datagram that was begun at `start` fit the terms, and fills in its descriptor.
    ///
    /// It is compressed only when it would not fit and may be compressed. What does not fit is replaced by size information,
    /// which is sent even when it exceeds the client's maximum, then without a number: the RFC demands the answer.
    pub fn finish(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        kind: Kind,
        deflater: &mut Deflater,
    ) -> Fitted {
        let allowed = usize::from(self.maximum).min(self.limit);
        let mut needed = out.len() - start + UDP_HEADER;
        if needed <= allowed {
            self.describe(&mut out[start..], kind, false);
            return Fitted::Plain;
        }
        if self.deflates {
            let end = out.len();
            let (payload, compressed) = (start + DESCRIPTOR..end, end);
            deflater.append_within(out, payload);
            needed = needed.min(out.len() - compressed + DESCRIPTOR + UDP_HEADER);
            if out.len() - compressed + DESCRIPTOR + UDP_HEADER <= allowed {
                out.drain(start + DESCRIPTOR..compressed);
                self.describe(&mut out[start..], kind, true);
                return Fitted::Deflated;
            }
        }
        self.size_information(out, start, needed)
    }

    fn size_information(&self, out: &mut Vec<u8>, start: usize, needed: usize) -> Fitted {
        let exceeds = "<exceedsMaximum/>".to_owned();
        // A number that the client would take says nothing: the limit was the server's.
        let told = if needed > usize::from(self.maximum) {
            format!("<octets>{needed}</octets>")
        } else {
            exceeds.clone()
        };
        for (size, most) in [
            (told, usize::from(self.maximum).min(self.limit)),
            (exceeds, self.limit),
        ] {
            out.truncate(start + DESCRIPTOR);
            out.extend_from_slice(SIZE_BEGIN);
            out.extend_from_slice(size.as_bytes());
            out.extend_from_slice(SIZE_END);
            if out.len() - start + UDP_HEADER <= most {
                self.describe(&mut out[start..], Kind::Size, false);
                return Fitted::Size(needed);
            }
        }
        out.truncate(start);
        Fitted::Nothing
    }

    fn describe(&self, datagram: &mut [u8], kind: Kind, deflated: bool) {
        // A client that knows nothing of compression is told nothing of it.
        let header = Header::new(true, kind, deflated, self.deflates);
        let [high, low] = self.transaction.to_be_bytes();
        datagram[..DESCRIPTOR].copy_from_slice(&[header.0, high, low]);
    }
}

const SIZE_BEGIN: &[u8] = br#"<size xmlns="urn:ietf:params:xml:ns:iris-transport"><response>"#;
const SIZE_END: &[u8] = b"</response></size>";

#[cfg(test)]
mod tests;
