//! Raw DEFLATE (RFC 1951) of whole payloads, with a bound on what comes out.

use std::fmt;
use std::ops::Range;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Window of 8 KiB: more than any payload that compressing makes fit, and less to clear each time.
const WINDOW_BITS: u8 = 13;

/// Compresses payloads, one after another; what it works with is made at first use.
#[derive(Debug, Default)]
pub struct Deflater(Option<Compress>);

impl Deflater {
    /// Appends `payload`, compressed.
    pub fn append(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let compress = self.0.get_or_insert_with(|| {
            Compress::new_with_window_bits(Compression::default(), false, WINDOW_BITS)
        });
        compress.reset();
        // Enough for what does not shrink, so that once is nearly always enough.
        out.reserve(payload.len() + payload.len() / 256 + 64);
        loop {
            let done = compress.total_in() as usize;
            match compress.compress_vec(&payload[done..], out, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return,
                // The only other outcome of finishing is that there is no more room.
                Ok(Status::Ok | Status::BufError) | Err(_) => out.reserve(out.capacity().max(64)),
            }
        }
    }

    /// Appends a part of `out` itself, compressed.
    pub fn append_within(&mut self, out: &mut Vec<u8>, payload: Range<usize>) {
        let mut compressed = Vec::new();
        self.append(&out[payload], &mut compressed);
        out.extend_from_slice(&compressed);
    }
}

/// Why a payload was not inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InflateError {
    /// It is not raw DEFLATE (it may be zlib's or gzip's form of it), or ends before its end.
    Malformed,
    /// Something follows its end.
    Trailing,
    /// More than this would come out.
    TooLarge(usize),
}

impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => write!(f, "the payload is not raw DEFLATE"),
            Self::Trailing => write!(f, "octets follow the end of the compressed payload"),
            Self::TooLarge(limit) => {
                write!(f, "the payload inflates to more than {limit} octets")
            }
        }
    }
}

impl std::error::Error for InflateError {}

/// Inflates payloads, one after another; what it works with is made at first use.
#[derive(Debug, Default)]
pub struct Inflater {
    inflate: Option<Decompress>,
    pub(super) room: Vec<u8>,
}

/// Room kept between payloads.
const KEPT_ROOM: usize = 128 << 10;

impl Inflater {
    /// The payload, inflated to at most `limit` octets. Never more than about twice `limit` is allocated, whatever arrives.
    pub fn inflate(&mut self, payload: &[u8], limit: usize) -> Result<&[u8], InflateError> {
        let inflate = self.inflate.get_or_insert_with(|| Decompress::new(false));
        inflate.reset(false);
        if self.room.capacity() > KEPT_ROOM {
            self.room = Vec::new();
        }
        self.room.clear();
        let most = limit.saturating_add(1);
        loop {
            if self.room.len() == self.room.capacity() {
                let more = payload.len().saturating_mul(4).max(self.room.len()).max(64);
                self.room
                    .reserve_exact(more.min(most - self.room.len()).max(1));
            }
            let done = inflate.total_in() as usize;
            let status =
                inflate.decompress_vec(&payload[done..], &mut self.room, FlushDecompress::None);
            if self.room.len() > limit {
                return Err(InflateError::TooLarge(limit));
            }
            let used = inflate.total_in() as usize;
            match status {
                Ok(Status::StreamEnd) if used == payload.len() => return Ok(&self.room),
                Ok(Status::StreamEnd) => return Err(InflateError::Trailing),
                Ok(Status::Ok | Status::BufError) if self.room.len() == self.room.capacity() => {}
                Ok(Status::Ok) if used > done && used < payload.len() => {}
                _ => return Err(InflateError::Malformed),
            }
        }
    }
}
