//! Any stream through every framing, whole and in pieces: the same frames, the same end, nothing above the limit, and what
//! was cut out can be framed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regwire_framing::{Framer, Framing, Step, Violation};

/// The payloads, and what ends the stream: a violation, or the octets left over.
type Outcome = (Vec<Vec<u8>>, Result<Vec<u8>, Violation>);

fn cut(
    framing: Framing,
    stream: &[u8],
    sizes: &mut dyn Iterator<Item = usize>,
    limit: usize,
) -> Outcome {
    let mut framer = framing.framer();
    let mut buffer = Vec::new();
    let mut frames = Vec::new();
    let mut rest = stream;
    loop {
        match framer.next(&buffer, limit) {
            Step::Frame { payload, next } => {
                assert!(payload.end <= next && next <= buffer.len() && next > 0 && next <= limit);
                frames.push(buffer[payload].to_vec());
                buffer.drain(..next);
            }
            Step::More(least) => {
                assert!(
                    least > buffer.len() && least <= limit.max(62),
                    "{least} of {limit}"
                );
                if rest.is_empty() {
                    return (frames, Ok(buffer));
                }
                let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
                let (piece, behind) = rest.split_at(size);
                buffer.extend_from_slice(piece);
                rest = behind;
            }
            Step::Violation(violation) => return (frames, Err(violation)),
        }
    }
}

fuzz_target!(|input: (u8, u16, Vec<u8>, &[u8])| {
    let (choice, limit, sizes, stream) = input;
    let framing = Framing::ALL[usize::from(choice) % Framing::ALL.len()];
    let limit = usize::from(limit);
    let whole = cut(framing, stream, &mut std::iter::once(usize::MAX), limit);
    let single = cut(framing, stream, &mut std::iter::repeat(1), limit);
    let pieces = cut(
        framing,
        stream,
        &mut sizes.iter().map(|&size| usize::from(size)),
        limit,
    );
    assert_eq!(whole, single);
    assert_eq!(whole, pieces);

    // A block of XPC is delivered with its header, which is more than its payload; its own target builds it again.
    if framing != Framing::Epp {
        return;
    }
    let mut again = Vec::new();
    let mut framer = framing.framer();
    for payload in &whole.0 {
        framer.frame(payload, &mut again).expect("it was a payload");
    }
    let (frames, end) = cut(
        framing,
        &again,
        &mut std::iter::once(usize::MAX),
        usize::MAX / 2,
    );
    assert_eq!((frames, end), (whole.0, Ok(Vec::new())));
});
