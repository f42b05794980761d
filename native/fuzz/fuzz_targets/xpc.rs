//! Any stream through the XPC framing of both sides, whole and byte by byte: the same blocks and the same end; what a block
//! holds agrees with its chunks one by one, and a block without fault, built again, holds the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regwire_framing::xpc::{Block, Builder, Framer, Kind};
use regwire_framing::{Framer as _, Side, Step, Violation};

type Outcome = (Vec<Vec<u8>>, Result<Vec<u8>, Violation>);

fn cut(side: Side, stream: &[u8], size: usize, limit: usize) -> Outcome {
    let (mut framer, mut buffer, mut blocks) = (Framer::new(side), Vec::new(), Vec::new());
    let mut needed = 0;
    for piece in stream.chunks(size) {
        buffer.extend_from_slice(piece);
        while buffer.len() >= needed {
            match framer.next(&buffer, limit) {
                Step::More(least) => {
                    assert!(least > buffer.len() && least <= limit.max(2));
                    needed = least;
                }
                Step::Frame { payload, next } => {
                    assert!(payload == (0..next) && 0 < next && next <= limit.min(buffer.len()));
                    blocks.push(buffer[payload].to_vec());
                    buffer.drain(..next);
                    needed = 0;
                }
                Step::Violation(violation) => return (blocks, Err(violation)),
            }
        }
    }
    (blocks, Ok(buffer))
}

fn runs(block: &Block<'_>) -> Vec<(Kind, Vec<u8>)> {
    let mut room = Vec::new();
    block
        .runs()
        .map(|run| (run.kind, run.data(&mut room).to_vec()))
        .collect()
}

/// The same by looking at one chunk after another.
fn joined(block: &Block<'_>) -> Vec<(Kind, Vec<u8>)> {
    let mut joined: Vec<(Kind, Vec<u8>)> = Vec::new();
    for chunk in block.chunks() {
        match joined.last_mut() {
            // SASL's fields are within one chunk (RFC 4992 section 6.5).
            Some((kind, data)) if *kind == chunk.kind() && *kind != Kind::Sasl => {
                data.extend_from_slice(chunk.data);
            }
            _ => joined.push((chunk.kind(), chunk.data.to_vec())),
        }
    }
    joined
}

fn built(block: &Block<'_>, runs: &[(Kind, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut builder =
        Builder::begin(&mut out, block.keeps_open(), block.authority).expect("it was short");
    for (kind, data) in runs {
        builder.open(&mut out, *kind).expect("it has no fault");
        out.extend_from_slice(data);
        builder.close(&mut out);
    }
    builder.end(&mut out).expect("a block has chunks");
    out
}

fuzz_target!(|input: (bool, u16, &[u8])| {
    let (serves, limit, stream) = input;
    let side = if serves { Side::Server } else { Side::Client };
    let limit = usize::from(limit);
    let whole = cut(side, stream, stream.len().max(1), limit);
    assert_eq!(whole, cut(side, stream, 1, limit));
    assert_eq!(whole, cut(side, stream, 7, limit));
    for octets in &whole.0 {
        let block = Block::parse(octets, side).expect("the framer found it");
        let held = runs(&block);
        assert_eq!(held, joined(&block));
        assert!(!held.is_empty() && block.version() == 0);
        // Nobody builds several chunks of SASL: the session answers them with a data-error (RFC 4992 section 6.5).
        let of_sasl = held.iter().filter(|(kind, _)| *kind == Kind::Sasl).count();
        if block.fault().is_some() || of_sasl > 1 {
            continue;
        }
        let again = built(&block, &held);
        let (blocks, end) = cut(side, &again, again.len(), again.len());
        assert_eq!((blocks.len(), end), (1, Ok(Vec::new())));
        let second = Block::parse(&again, side).expect("the framer found it");
        assert_eq!(second.fault(), None);
        assert_eq!(
            (second.authority, second.keeps_open()),
            (block.authority, block.keeps_open())
        );
        assert_eq!(runs(&second), held);
    }
});
