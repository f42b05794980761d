//! Any stream through the BEEP framing, whole and byte by byte: the same frames and the same end, and a frame that was cut
//! out is written again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regwire_framing::beep::{self, Framer, Header};
use regwire_framing::{Framer as _, Step, Violation};

type Outcome = (Vec<Vec<u8>>, Option<Violation>);

fn cut(stream: &[u8], size: usize, limit: usize) -> Outcome {
    let (mut buffer, mut frames) = (Vec::new(), Vec::new());
    let mut needed = 0;
    for piece in stream.chunks(size) {
        buffer.extend_from_slice(piece);
        while buffer.len() >= needed {
            match Framer.next(&buffer, limit) {
                Step::More(least) => {
                    assert!(least > buffer.len() && least <= limit.max(beep::LONGEST_HEADER));
                    needed = least;
                }
                Step::Frame { payload, next } => {
                    assert!(payload == (0..next) && 0 < next && next <= limit.min(buffer.len()));
                    frames.push(buffer[payload].to_vec());
                    buffer.drain(..next);
                    needed = 0;
                }
                Step::Violation(violation) => return (frames, Some(violation)),
            }
        }
    }
    (frames, None)
}

fn again(frame: &[u8]) -> Vec<u8> {
    let (header, payload) = beep::parse(frame).expect("it was cut out");
    let mut out = Vec::new();
    match header {
        Header::Seq(seq) => beep::write_seq(seq, &mut out),
        Header::Data(data) => {
            beep::write_data(&data, &frame[payload], &mut out).expect("it was short")
        }
    }
    out
}

fuzz_target!(|input: (u16, &[u8])| {
    let (limit, stream) = (usize::from(input.0), input.1);
    let whole = cut(stream, stream.len().max(1), limit);
    assert_eq!(whole, cut(stream, 1, limit));
    assert_eq!(whole, cut(stream, 7, limit));
    for frame in &whole.0 {
        assert_eq!(&again(frame), frame);
    }
});
