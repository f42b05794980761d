//! EPP over TCP (RFC 5734 section 4): a length of four octets, big-endian, that counts itself, then the payload.

use super::{Mark, PayloadTooLong, Step, Violation};

/// Octets of the header.
pub const HEADER: usize = 4;

/// Cuts and makes EPP data units. It has no state: a length says everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Framer;

impl super::Framer for Framer {
    #[inline]
    fn next(&mut self, buf: &[u8], limit: usize) -> Step {
        let Some(header) = buf.first_chunk::<HEADER>() else {
            return Step::More(HEADER);
        };
        let stated = u32::from_be_bytes(*header);
        let Ok(length) = usize::try_from(stated) else {
            return Step::Violation(Violation::TooLarge {
                stated: stated.into(),
                limit,
            });
        };
        if length < HEADER {
            return Step::Violation(Violation::BadLength {
                stated: stated.into(),
            });
        }
        if length > limit {
            return Step::Violation(Violation::TooLarge {
                stated: stated.into(),
                limit,
            });
        }
        if buf.len() < length {
            return Step::More(length);
        }
        Step::Frame {
            payload: HEADER..length,
            next: length,
        }
    }

    #[inline]
    fn begin(&mut self, out: &mut Vec<u8>) -> Mark {
        let mark = Mark(out.len());
        out.extend_from_slice(&[0; HEADER]);
        mark
    }

    #[inline]
    fn finish(&mut self, out: &mut Vec<u8>, Mark(start): Mark) -> Result<(), PayloadTooLong> {
        let length = out.len() - start;
        let Ok(stated) = u32::try_from(length) else {
            out.truncate(start);
            return Err(PayloadTooLong(length - HEADER));
        };
        out[start..start + HEADER].copy_from_slice(&stated.to_be_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Framer as _;
    use super::*;

    const LIMIT: usize = 64;

    fn framed(payloads: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for payload in payloads {
            Framer.frame(payload, &mut out).unwrap();
        }
        out
    }

    /// Feeds `stream` in pieces of `size` and collects the payloads and the violation that ends it.
    fn cut(stream: &[u8], size: usize, limit: usize) -> (Vec<Vec<u8>>, Option<Violation>) {
        let (mut buf, mut frames) = (Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            buf.extend_from_slice(piece);
            loop {
                match Framer.next(&buf, limit) {
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
    fn the_length_counts_itself() {
        assert_eq!(framed(&[b"abc"]), b"\0\0\0\x07abc");
    }

    #[test]
    fn frames_come_out_whole_and_byte_by_byte() {
        let payloads: [&[u8]; 4] = [b"<epp/>", b"", &[0xff; LIMIT - HEADER], b"x"];
        let stream = framed(&payloads);
        for size in [1, 2, 3, 4, 5, 7, stream.len()] {
            let (frames, violation) = cut(&stream, size, LIMIT);
            assert_eq!(frames, payloads, "pieces of {size}");
            assert_eq!(violation, None);
        }
    }

    #[test]
    fn a_header_split_one_and_three_is_one_header() {
        assert_eq!(Framer.next(&[0], LIMIT), Step::More(4));
        assert_eq!(Framer.next(&[0, 0, 0], LIMIT), Step::More(4));
        assert_eq!(Framer.next(&[0, 0, 0, 6, b'a'], LIMIT), Step::More(6));
        assert_eq!(
            Framer.next(&[0, 0, 0, 6, b'a', b'b', 0], LIMIT),
            Step::Frame {
                payload: 4..6,
                next: 6
            }
        );
    }

    #[test]
    fn a_length_of_four_is_an_empty_frame() {
        assert_eq!(
            Framer.next(&[0, 0, 0, 4, 9], LIMIT),
            Step::Frame {
                payload: 4..4,
                next: 4
            }
        );
    }

    #[test]
    fn a_length_below_four_is_a_violation_after_the_frames_before_it() {
        for stated in 0..4u8 {
            let mut stream = framed(&[b"before"]);
            stream.extend_from_slice(&[0, 0, 0, stated, 1, 2, 3]);
            for size in [1, stream.len()] {
                let (frames, violation) = cut(&stream, size, LIMIT);
                assert_eq!(frames, [b"before"]);
                assert_eq!(
                    violation,
                    Some(Violation::BadLength {
                        stated: stated.into()
                    })
                );
            }
        }
    }

    #[test]
    fn a_length_above_the_limit_is_refused_by_its_header_alone() {
        let over = u32::try_from(LIMIT + 1).unwrap();
        for stated in [over, 0x7fff_ffff, u32::MAX] {
            let violation = Violation::TooLarge {
                stated: stated.into(),
                limit: LIMIT,
            };
            assert_eq!(
                Framer.next(&stated.to_be_bytes(), LIMIT),
                Step::Violation(violation)
            );
        }
        let at = u32::try_from(LIMIT).unwrap();
        assert_eq!(Framer.next(&at.to_be_bytes(), LIMIT), Step::More(LIMIT));
    }

    #[test]
    fn a_raised_limit_lets_the_same_frame_pass() {
        let stream = framed(&[&[b'x'; 100]]);
        assert!(matches!(Framer.next(&stream, LIMIT), Step::Violation(_)));
        assert!(matches!(Framer.next(&stream, 104), Step::Frame { .. }));
    }
}
