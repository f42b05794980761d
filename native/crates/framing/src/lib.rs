//! Framings of the registry protocols, one module each.
//!
//! A framer looks at the octets received so far and says where the next frame is; it never copies,
//! allocates or reads. The limit is an argument, so that a session can raise it (after login) without
//! touching the framer.
#![forbid(unsafe_code)]

use std::fmt;
use std::ops::Range;

pub mod beep;
pub mod epp;
pub mod lwz;
pub mod xpc;

/// Which end of a conversation a framer reads at: what it cuts came from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Requests come in.
    Server,
    /// Responses come in.
    Client,
}

/// What a framer found at the start of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// No whole frame yet: call again when the buffer holds at least this many octets.
    More(usize),
    /// A frame: its payload lies at this range of the buffer; the next frame starts at `next`.
    Frame {
        /// Where the payload lies in the buffer (may be empty).
        payload: Range<usize>,
        /// Octets this frame takes, header included: where the next one starts.
        next: usize,
    },
    /// The stream cannot be understood from here on: deliver what came before, then close.
    Violation(Violation),
}

/// Why a stream of frames cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The stated length is shorter than the header that states it.
    BadLength {
        /// The length as stated.
        stated: u64,
    },
    /// The stated length is above the limit; nothing of the frame's body was kept.
    TooLarge {
        /// The length as stated.
        stated: u64,
        /// The limit in force.
        limit: usize,
    },
    /// Another version of the protocol, of which nothing more is known than its header.
    Version {
        /// The octet that says so.
        header: u8,
    },
    /// The stream breaks this rule, and nobody knows where the frame ends.
    Malformed(&'static str),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadLength { stated } => {
                write!(f, "stated frame length {stated} is shorter than its header")
            }
            Self::TooLarge { stated, limit } => write!(
                f,
                "stated frame length {stated} is above the limit of {limit}"
            ),
            Self::Version { header } => {
                write!(f, "header {header:#04x} is of an unknown version")
            }
            Self::Malformed(rule) => f.write_str(rule),
        }
    }
}

/// Where the header of a frame under construction lies, between [`Framer::begin`] and [`Framer::finish`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a frame that is begun must be finished"]
pub struct Mark(usize);

/// A payload that no header of this framing can announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong(pub usize);

impl fmt::Display for PayloadTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a payload of {} octets is too long for this framing",
            self.0
        )
    }
}

impl std::error::Error for PayloadTooLong {}

/// Cuts a stream into frames, and makes frames of payloads.
pub trait Framer {
    /// Looks at `buf`, which starts at a frame boundary; `limit` bounds the whole frame, header included.
    fn next(&mut self, buf: &[u8], limit: usize) -> Step;

    /// Appends room for a header to `out`; the payload is appended after it.
    fn begin(&mut self, out: &mut Vec<u8>) -> Mark;

    /// Fills in the header of the frame begun at `mark`; on an error `out` is cut back to where the frame began.
    fn finish(&mut self, out: &mut Vec<u8>, mark: Mark) -> Result<(), PayloadTooLong>;

    /// Appends `payload` as one frame.
    fn frame(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadTooLong> {
        let mark = self.begin(out);
        out.extend_from_slice(payload);
        self.finish(out, mark)
    }
}

/// The framings by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// RFC 3080 and 3081: a header line, octets, a trailer.
    Beep,
    /// RFC 5734: four octets of length, counting themselves.
    Epp,
    /// RFC 4992: blocks of chunks; requests are cut on the server's side, responses on the client's.
    Xpc(Side),
}

impl Framing {
    /// Every framing of every side, in the order of their names.
    pub const ALL: [Self; 4] = [
        Self::Beep,
        Self::Epp,
        Self::Xpc(Side::Server),
        Self::Xpc(Side::Client),
    ];

    /// The framing of this name, at this side.
    pub fn named(name: &str, side: Side) -> Result<Self, UnknownFraming> {
        match name {
            "beep" => Ok(Self::Beep),
            "epp" => Ok(Self::Epp),
            "xpc" => Ok(Self::Xpc(side)),
            _ => Err(UnknownFraming(name.to_owned())),
        }
    }

    /// The name by which callers choose it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Beep => "beep",
            Self::Epp => "epp",
            Self::Xpc(_) => "xpc",
        }
    }

    /// A framer for a new session.
    pub const fn framer(self) -> AnyFramer {
        match self {
            Self::Beep => AnyFramer::Beep(beep::Framer),
            Self::Epp => AnyFramer::Epp(epp::Framer),
            Self::Xpc(side) => AnyFramer::Xpc(xpc::Framer::new(side)),
        }
    }
}

/// A name that is no framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFraming(pub String);

impl fmt::Display for UnknownFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut known: Vec<_> = Framing::ALL.iter().map(|framing| framing.name()).collect();
        known.dedup();
        write!(
            f,
            "unknown framing {:?}; known: {}",
            self.0,
            known.join(", ")
        )
    }
}

impl std::error::Error for UnknownFraming {}

/// A framer of any framing: a session holds one, without a box.
#[derive(Clone, Debug)]
pub enum AnyFramer {
    /// See [`beep`].
    Beep(beep::Framer),
    /// See [`epp`].
    Epp(epp::Framer),
    /// See [`xpc`].
    Xpc(xpc::Framer),
}

impl Framer for AnyFramer {
    fn next(&mut self, buf: &[u8], limit: usize) -> Step {
        match self {
            Self::Beep(framer) => framer.next(buf, limit),
            Self::Epp(framer) => framer.next(buf, limit),
            Self::Xpc(framer) => framer.next(buf, limit),
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> Mark {
        match self {
            Self::Beep(framer) => framer.begin(out),
            Self::Epp(framer) => framer.begin(out),
            Self::Xpc(framer) => framer.begin(out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>, mark: Mark) -> Result<(), PayloadTooLong> {
        match self {
            Self::Beep(framer) => framer.finish(out, mark),
            Self::Epp(framer) => framer.finish(out, mark),
            Self::Xpc(framer) => framer.finish(out, mark),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framings_are_found_by_name() {
        for framing in Framing::ALL {
            let side = match framing {
                Framing::Xpc(side) => side,
                Framing::Beep | Framing::Epp => Side::Server,
            };
            assert_eq!(Framing::named(framing.name(), side), Ok(framing));
        }
        let refused = Framing::named("smtp", Side::Server).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "unknown framing \"smtp\"; known: beep, epp, xpc"
        );
    }
}
