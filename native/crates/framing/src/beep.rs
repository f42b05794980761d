//! BEEP over TCP: data frames (RFC 3080 section 2.2.1) and SEQ frames (RFC 3081 section 3.1.3).
//!
//! A frame is delivered whole, header and trailer included, because the header says where it belongs; [`parse`] takes
//! it apart again. What needs more than the frame itself (channels, sequence numbers, windows, `NUL` with a payload)
//! is the session's affair. Numbers are decimal, without sign or leading zeros.

use std::ops::Range;

use super::{Mark, PayloadTooLong, Step, Violation};

/// The largest channel, message, answer number, size and window.
pub const MAX_NUMBER: u32 = 0x7fff_ffff;

/// What stands behind the payload.
pub const TRAILER: &[u8; 5] = b"END\r\n";

/// Octets of the longest header: `ANS` with five numbers of ten digits.
pub const LONGEST_HEADER: usize = 3 + 5 * 11 + 2 + 2;

/// The kinds of data frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Begins an exchange.
    Msg,
    /// The positive reply.
    Rpy,
    /// The negative reply.
    Err,
    /// One of any number of answers.
    Ans,
    /// No more answers.
    Nul,
}

impl Keyword {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Msg, Self::Rpy, Self::Err, Self::Ans, Self::Nul];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Msg => "MSG",
            Self::Rpy => "RPY",
            Self::Err => "ERR",
            Self::Ans => "ANS",
            Self::Nul => "NUL",
        }
    }

    /// The keyword of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.name() == name)
    }
}

/// The header of a data frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    /// Its kind.
    pub keyword: Keyword,
    /// The channel it belongs to.
    pub channel: u32,
    /// The message it begins, or replies to.
    pub msgno: u32,
    /// `*`: at least one other frame follows for the message.
    pub more: bool,
    /// Number of the payload's first octet on the channel.
    pub seqno: u32,
    /// Octets of the payload.
    pub size: u32,
    /// Which answer; of `ANS`, and of nothing else.
    pub ansno: Option<u32>,
}

/// A SEQ frame: how much more may be sent on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seq {
    /// Which channel.
    pub channel: u32,
    /// The number of the next octet that its sender expects.
    pub ackno: u32,
    /// Octets that may be sent from there on.
    pub window: u32,
}

/// A header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Of a data frame.
    Data(Data),
    /// A whole SEQ frame: it has neither payload nor trailer.
    Seq(Seq),
}

/// Why a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// It does not end here; what is there is right so far.
    More,
    /// It is none.
    Bad(&'static str),
}

struct Cursor<'a> {
    buf: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn literal(&mut self, expected: &[u8], fault: &'static str) -> Result<(), Stop> {
        let rest = &self.buf[self.at..];
        let there = rest.len().min(expected.len());
        if rest[..there] != expected[..there] {
            return Err(Stop::Bad(fault));
        }
        if there < expected.len() {
            return Err(Stop::More);
        }
        self.at += there;
        Ok(())
    }

    fn number(&mut self, max: u32, fault: &'static str) -> Result<u32, Stop> {
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.buf.get(self.at) {
            if self.at > start && value == 0 {
                return Err(Stop::Bad(fault));
            }
            value = value * 10 + u64::from(digit - b'0');
            if value > u64::from(max) {
                return Err(Stop::Bad(fault));
            }
            self.at += 1;
        }
        if self.at == self.buf.len() {
            return Err(Stop::More);
        }
        if self.at == start {
            return Err(Stop::Bad(fault));
        }
        u32::try_from(value).map_err(|_| Stop::Bad(fault))
    }

    /// A space and a number.
    fn field(&mut self, max: u32, fault: &'static str) -> Result<u32, Stop> {
        self.literal(b" ", fault)?;
        self.number(max, fault)
    }

    fn more(&mut self) -> Result<bool, Stop> {
        self.literal(b" ", "continuation indicator")?;
        let more = match self.buf.get(self.at) {
            Some(b'*') => true,
            Some(b'.') => false,
            Some(_) => return Err(Stop::Bad("continuation indicator")),
            None => return Err(Stop::More),
        };
        self.at += 1;
        Ok(more)
    }

    fn keyword(&mut self) -> Result<Option<Keyword>, Stop> {
        let names = Keyword::ALL.map(|keyword| (keyword.name(), Some(keyword)));
        let mut stop = Stop::Bad("keyword");
        for (name, keyword) in names.into_iter().chain([("SEQ", None)]) {
            match self.literal(name.as_bytes(), "keyword") {
                Ok(()) => return Ok(keyword),
                Err(Stop::More) => stop = Stop::More,
                Err(Stop::Bad(_)) => {}
            }
        }
        Err(stop)
    }

    fn header(&mut self) -> Result<Header, Stop> {
        let header = match self.keyword()? {
            Some(keyword) => Header::Data(Data {
                keyword,
                channel: self.field(MAX_NUMBER, "channel number")?,
                msgno: self.field(MAX_NUMBER, "message number")?,
                more: self.more()?,
                seqno: self.field(u32::MAX, "sequence number")?,
                size: self.field(MAX_NUMBER, "payload size")?,
                ansno: match keyword {
                    Keyword::Ans => Some(self.field(MAX_NUMBER, "answer number")?),
                    _ => None,
                },
            }),
            None => Header::Seq(Seq {
                channel: self.field(MAX_NUMBER, "channel number")?,
                ackno: self.field(u32::MAX, "acknowledgement number")?,
                window: self.field(MAX_NUMBER, "window size")?,
            }),
        };
        self.literal(b"\r\n", "end of the header")?;
        Ok(header)
    }
}

fn header(buf: &[u8]) -> Result<(Header, usize), Stop> {
    let mut cursor = Cursor { buf, at: 0 };
    let header = cursor.header()?;
    Ok((header, cursor.at))
}

/// Takes a whole frame (what [`Framer`] delivers) apart: its header, and where its payload lies.
pub fn parse(frame: &[u8]) -> Option<(Header, Range<usize>)> {
    let (header, end) = header(frame).ok()?;
    let size = match header {
        Header::Seq(_) => 0,
        Header::Data(data) => data.size as usize,
    };
    Some((header, end..end.checked_add(size)?))
}

/// Appends a data frame. `data.size` is taken from the payload, which must not be longer than [`MAX_NUMBER`].
pub fn write_data(data: &Data, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadTooLong> {
    let too_long = PayloadTooLong(payload.len());
    let size = u32::try_from(payload.len()).map_err(|_| too_long)?;
    if size > MAX_NUMBER {
        return Err(too_long);
    }
    out.reserve(LONGEST_HEADER + payload.len() + TRAILER.len());
    out.extend_from_slice(data.keyword.name().as_bytes());
    write_number(data.channel, out);
    write_number(data.msgno, out);
    out.extend_from_slice(if data.more { b" *" } else { b" ." });
    write_number(data.seqno, out);
    write_number(size, out);
    if let Some(ansno) = data.ansno {
        write_number(ansno, out);
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(payload);
    out.extend_from_slice(TRAILER);
    Ok(())
}

/// Appends a SEQ frame.
pub fn write_seq(seq: Seq, out: &mut Vec<u8>) {
    out.extend_from_slice(b"SEQ");
    write_number(seq.channel, out);
    write_number(seq.ackno, out);
    write_number(seq.window, out);
    out.extend_from_slice(b"\r\n");
}

/// A space, and the number in decimal.
fn write_number(mut number: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.push(b' ');
    out.extend_from_slice(&digits[first..]);
}

/// Cuts a stream into frames; what is framed must be built frames already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Framer;

impl Framer {
    fn data(data: &Data, header: usize, buf: &[u8], limit: usize) -> Step {
        let whole = header as u64 + u64::from(data.size) + TRAILER.len() as u64;
        let length = match usize::try_from(whole) {
            Ok(length) if length <= limit => length,
            _ => {
                return Step::Violation(Violation::TooLarge {
                    stated: whole,
                    limit,
                });
            }
        };
        let behind = buf.get(length - TRAILER.len()..).unwrap_or_default();
        let there = behind.len().min(TRAILER.len());
        if behind[..there] != TRAILER[..there] {
            return Step::Violation(Violation::Malformed("trailer"));
        }
        if buf.len() < length {
            // The next octet of the trailer may be wrong already.
            return Step::More(length - TRAILER.len() + there + 1);
        }
        Step::Frame {
            payload: 0..length,
            next: length,
        }
    }
}

impl super::Framer for Framer {
    fn next(&mut self, buf: &[u8], limit: usize) -> Step {
        match header(buf) {
            Err(Stop::More) => Step::More(buf.len() + 1),
            Err(Stop::Bad(what)) => Step::Violation(Violation::Malformed(what)),
            Ok((Header::Data(data), end)) => Self::data(&data, end, buf, limit),
            Ok((Header::Seq(_), end)) if end > limit => Step::Violation(Violation::TooLarge {
                stated: end as u64,
                limit,
            }),
            Ok((Header::Seq(_), end)) => Step::Frame {
                payload: 0..end,
                next: end,
            },
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> Mark {
        Mark(out.len())
    }

    fn finish(&mut self, _out: &mut Vec<u8>, _mark: Mark) -> Result<(), PayloadTooLong> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Framer as _;
    use super::*;

    const LIMIT: usize = 5000;

    fn bad(what: &'static str) -> Step {
        Step::Violation(Violation::Malformed(what))
    }

    fn next(stream: &[u8]) -> Step {
        Framer.next(stream, LIMIT)
    }

    /// Feeds `stream` in pieces of `size` and collects the frames and the violation that ends it.
    fn cut(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Option<Violation>) {
        let (mut buf, mut frames) = (Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            buf.extend_from_slice(piece);
            loop {
                match next(&buf) {
                    Step::More(least) => {
                        assert!(least > buf.len(), "asks for no more than it has");
                        break;
                    }
                    Step::Frame { payload, next } => {
                        frames.push(buf[payload].to_vec());
                        buf.drain(..next);
                    }
                    Step::Violation(violation) => return (frames, Some(violation)),
                }
            }
        }
        (frames, None)
    }

    #[test]
    fn headers_say_everything() {
        let frame = b"ANS 1 0 * 4294967295 2 2147483647\r\n\r\nEND\r\n";
        let data = Data {
            keyword: Keyword::Ans,
            channel: 1,
            msgno: 0,
            more: true,
            seqno: u32::MAX,
            size: 2,
            ansno: Some(MAX_NUMBER),
        };
        assert_eq!(parse(frame), Some((Header::Data(data), 35..37)));
        let mut out = Vec::new();
        write_data(&data, b"\r\n", &mut out).unwrap();
        assert_eq!(out, frame);
        let seq = Seq {
            channel: 1,
            ackno: 351,
            window: 4096,
        };
        assert_eq!(
            parse(b"SEQ 1 351 4096\r\n"),
            Some((Header::Seq(seq), 16..16))
        );
        out.clear();
        write_seq(seq, &mut out);
        assert_eq!(out, b"SEQ 1 351 4096\r\n");
    }

    #[test]
    fn the_longest_header_is_as_long_as_it_says() {
        let data = Data {
            keyword: Keyword::Ans,
            channel: MAX_NUMBER,
            msgno: MAX_NUMBER,
            more: true,
            seqno: u32::MAX,
            size: 0,
            ansno: Some(MAX_NUMBER),
        };
        let mut out = Vec::new();
        write_data(&data, b"", &mut out).unwrap();
        // The size is 0 here, and may have ten digits.
        assert_eq!(out.len() - TRAILER.len() + 9, LONGEST_HEADER);
    }

    #[test]
    fn frames_come_out_whole_and_byte_by_byte() {
        let stream = b"RPY 0 0 . 0 3\r\nabcEND\r\nSEQ 0 3 4096\r\nNUL 1 7 . 2 0\r\nEND\r\n";
        for size in [1, 2, 3, 7, stream.len()] {
            let (frames, violation) = cut(stream, size);
            assert_eq!(frames.len(), 3, "pieces of {size}");
            assert_eq!(frames.concat(), stream);
            assert_eq!(violation, None);
        }
    }

    #[test]
    fn poorly_formed_headers_are_refused_at_their_first_wrong_octet() {
        for (stream, what) in [
            (&b"FOO 0 1 . 52 0\r\nEND\r\n"[..], "keyword"),
            (b"X", "keyword"),
            (b"MSH", "keyword"),
            (b"msg", "keyword"),
            (b"MSG  0", "channel number"),
            (b"MSG\t", "channel number"),
            (b"MSG 2147483648", "channel number"),
            (b"MSG -1", "channel number"),
            (b"MSG 00", "channel number"),
            (b"MSG 0 +1", "message number"),
            (b"MSG 0 1 x", "continuation indicator"),
            (b"MSG 0 1 . 4294967296", "sequence number"),
            (b"MSG 0 1 . 52 2147483648", "payload size"),
            (b"MSG 0 1 . 52 0\n", "end of the header"),
            (b"MSG 0 1 . 52 0 1\r\n", "end of the header"),
            (b"ANS 0 1 . 52 0\r\n", "answer number"),
            (b"SEQ 0 0 2147483648", "window size"),
            (b"SEQ 0 0 1\rx", "end of the header"),
        ] {
            assert_eq!(next(stream), bad(what), "{}", stream.escape_ascii());
            let (frames, violation) = cut(stream, 1);
            assert_eq!(
                (frames.len(), violation),
                (0, Some(Violation::Malformed(what)))
            );
        }
    }

    #[test]
    fn a_trailer_is_checked_as_it_comes() {
        assert_eq!(next(b"MSG 0 1 . 52 3\r\nabcEN"), Step::More(22));
        assert_eq!(next(b"MSG 0 1 . 52 3\r\nabcX"), bad("trailer"));
        assert_eq!(next(b"MSG 0 1 . 52 3\r\nabcEND\n"), bad("trailer"));
    }

    #[test]
    fn giant_sizes_are_refused_by_their_header_alone() {
        let header = b"MSG 0 1 . 52 2147483647\r\n";
        let stated = header.len() as u64 + u64::from(MAX_NUMBER) + 5;
        let violation = Violation::TooLarge {
            stated,
            limit: LIMIT,
        };
        assert_eq!(next(header), Step::Violation(violation));
    }

    #[test]
    fn what_is_framed_is_written_as_it_is() {
        let mut out = b"before".to_vec();
        Framer.frame(b"SEQ 0 0 1\r\n", &mut out).unwrap();
        assert_eq!(out, b"beforeSEQ 0 0 1\r\n");
    }
}
