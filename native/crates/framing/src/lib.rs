//! Framings of the registry protocols, one module each.
//!
//! A framer looks at the octets received so far and says where the next frame is; it never copies,
//! allocates or reads. The limit is an argument, so that a session can raise it (after login) without
//! touching the framer.
#![forbid(unsafe_code)]

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

pub mod epp;

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
    /// RFC 5734: four octets of length, counting themselves.
    Epp,
}

impl Framing {
    /// Every framing, in the order of their names.
    pub const ALL: [Self; 1] = [Self::Epp];

    /// The name by which callers choose it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epp => "epp",
        }
    }

    /// A framer for a new session.
    pub const fn framer(self) -> AnyFramer {
        match self {
            Self::Epp => AnyFramer::Epp(epp::Framer),
        }
    }
}

/// A name that is no framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFraming(pub String);

impl fmt::Display for UnknownFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Framing::ALL.iter().map(|framing| framing.name()).collect();
        write!(
            f,
            "unknown framing {:?}; known: {}",
            self.0,
            known.join(", ")
        )
    }
}

impl std::error::Error for UnknownFraming {}

impl FromStr for Framing {
    type Err = UnknownFraming;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|framing| framing.name() == name)
            .ok_or_else(|| UnknownFraming(name.to_owned()))
    }
}

/// A framer of any framing: a session holds one, without a box.
#[derive(Clone, Debug)]
pub enum AnyFramer {
    /// See [`epp`].
    Epp(epp::Framer),
}

impl Framer for AnyFramer {
    fn next(&mut self, buf: &[u8], limit: usize) -> Step {
        match self {
            Self::Epp(framer) => framer.next(buf, limit),
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> Mark {
        match self {
            Self::Epp(framer) => framer.begin(out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>, mark: Mark) -> Result<(), PayloadTooLong> {
        match self {
            Self::Epp(framer) => framer.finish(out, mark),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framings_are_found_by_name() {
        assert_eq!("epp".parse(), Ok(Framing::Epp));
        let refused = "smtp".parse::<Framing>().unwrap_err().to_string();
        assert!(
            refused.contains("smtp") && refused.contains("epp"),
            "{refused}"
        );
    }
}
