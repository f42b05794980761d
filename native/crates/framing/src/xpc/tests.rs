use super::super::{Framer as _, Side};
use super::*;

const LIMIT: usize = 1 << 20;

fn request(keep_open: bool, authority: &[u8], parts: &[(Kind, &[u8])]) -> Vec<u8> {
    build(keep_open, Some(authority), parts).unwrap()
}

fn build(
    keep_open: bool,
    authority: Option<&[u8]>,
    parts: &[(Kind, &[u8])],
) -> Result<Vec<u8>, Unbuildable> {
    let mut out = Vec::new();
    let mut block = Builder::begin(&mut out, keep_open, authority)?;
    for (kind, data) in parts {
        block.open(&mut out, *kind)?;
        out.extend_from_slice(data);
        block.close(&mut out);
    }
    block.end(&mut out)?;
    Ok(out)
}

/// Feeds `stream` in pieces of `piece` octets and collects the blocks and the violation that ends it.
fn cut(
    side: Side,
    stream: &[u8],
    piece: usize,
    limit: usize,
) -> (Vec<Vec<u8>>, Option<Violation>, usize) {
    let (mut framer, mut buf, mut blocks) = (Framer::new(side), Vec::new(), Vec::new());
    for octets in stream.chunks(piece) {
        buf.extend_from_slice(octets);
        loop {
            match framer.next(&buf, limit) {
                Step::More(least) => {
                    assert!(least > buf.len() && least <= limit.max(2), "{least}");
                    break;
                }
                Step::Frame { payload, next } => {
                    assert_eq!(payload, 0..next);
                    blocks.push(buf[payload].to_vec());
                    buf.drain(..next);
                }
                Step::Violation(violation) => return (blocks, Some(violation), buf.len()),
            }
        }
    }
    (blocks, None, buf.len())
}

#[test]
fn a_request_has_an_authority_and_a_response_none() {
    let asked = request(true, b"example.com", &[(Kind::Data, b"<request/>")]);
    assert_eq!(asked, b"\x20\x0bexample.com\xc7\0\x0a<request/>".as_slice());
    let block = Block::parse(&asked, Side::Server).unwrap();
    assert!(block.keeps_open() && block.version() == 0 && block.fault().is_none());
    assert_eq!(block.authority, Some(&b"example.com"[..]));
    let answered = build(false, None, &[(Kind::Data, b"<response/>")]).unwrap();
    assert_eq!(answered, b"\0\xc7\0\x0b<response/>");
    let block = Block::parse(&answered, Side::Client).unwrap();
    assert!(!block.keeps_open() && block.authority.is_none() && block.fault().is_none());
}

#[test]
fn blocks_come_out_whole_and_byte_by_byte() {
    let blocks = [
        request(true, b"", &[(Kind::NoData, b"")]),
        request(true, b"example.com", &[(Kind::Data, &[b'x'; 300])]),
        request(
            false,
            &[b'a'; 255],
            &[
                (Kind::Sasl, b"\x05PLAIN\xff\xff"),
                (Kind::Data, b"<a/>"),
                (Kind::Versions, b""),
            ],
        ),
    ];
    let stream = blocks.concat();
    for size in [1, 2, 3, 5, 7, 64, stream.len()] {
        let (found, violation, left) = cut(Side::Server, &stream, size, LIMIT);
        assert_eq!(
            (found, violation, left),
            (blocks.to_vec(), None, 0),
            "pieces of {size}"
        );
    }
}

#[test]
fn data_is_split_at_the_longest_chunk_and_joined_again() {
    for length in [
        0,
        1,
        MOST_DATA,
        MOST_DATA + 1,
        2 * MOST_DATA,
        2 * MOST_DATA + 1,
        200_000,
    ] {
        let data: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        let octets = request(true, b"e", &[(Kind::Data, &data), (Kind::Versions, b"")]);
        let (found, violation, _) = cut(Side::Server, &octets, octets.len(), LIMIT);
        assert_eq!(
            (found.len(), violation),
            (1, None),
            "{length} octets of data"
        );
        let block = Block::parse(&octets, Side::Server).unwrap();
        assert_eq!(block.fault(), None);
        let chunks: Vec<_> = block.chunks().collect();
        assert_eq!(chunks.len(), length.div_ceil(MOST_DATA).max(1) + 1);
        let ends = chunks.iter().filter(|chunk| chunk.is_complete()).count();
        assert_eq!(ends, 2, "only the last chunk of a kind is complete");
        assert!(chunks.iter().rev().skip(1).all(|chunk| !chunk.is_last()));
        let runs: Vec<_> = block.runs().collect();
        let mut room = Vec::new();
        assert_eq!(runs.len(), 2);
        assert_eq!(
            (runs[0].kind, runs[0].data(&mut room)),
            (Kind::Data, &data[..])
        );
        assert_eq!(
            (runs[1].kind, runs[1].data(&mut room)),
            (Kind::Versions, &b""[..])
        );
    }
}

#[test]
fn the_framer_alone_makes_the_block_that_keeps_open() {
    let payload = vec![b'p'; MOST_DATA + 9];
    for (side, other, authority) in [
        (Side::Client, Side::Server, Some(&b""[..])),
        (Side::Server, Side::Client, None),
    ] {
        let mut out = b"before".to_vec();
        Framer::new(side).frame(&payload, &mut out).unwrap();
        let octets = &out[6..];
        assert_eq!(
            octets,
            build(true, authority, &[(Kind::Data, &payload)]).unwrap()
        );
        let (found, violation, left) = cut(other, octets, octets.len(), LIMIT);
        assert_eq!((found.len(), violation, left), (1, None, 0));
    }
}

#[test]
fn what_is_wrong_inside_a_block_does_not_end_the_stream() {
    use Kind::{Data, Failure, Other, Sasl, Size, Success, Versions};
    let faults: [(&[u8], Fault); 11] = [
        (b"\x21\0\xc0\0\0", Fault::ReservedHeader(0x21)),
        (b"\x20\0\xe0\0\0", Fault::ReservedChunk(0xe0)),
        (b"\x20\0\xc2\0\0", Fault::NotForServers(Size)),
        (b"\x20\0\xc3\0\0", Fault::NotForServers(Other)),
        (b"\x20\0\xc5\0\0", Fault::NotForServers(Success)),
        (b"\x20\0\xc6\0\0", Fault::NotForServers(Failure)),
        (b"\x20\0\x47\0\0\xc4\0\0", Fault::Order(Data, Sasl)),
        (b"\x20\0\x41\0\0\xc7\0\0", Fault::Order(Versions, Data)),
        (b"\x20\0\x47\0\0\xc0\0\0", Fault::Order(Data, Kind::NoData)),
        (
            b"\x20\0\x07\0\0\x41\0\0\xc7\0\0",
            Fault::Order(Versions, Data),
        ),
        (b"\x20\0\x47\0\0\xc7\0\0", Fault::AfterEnd(Data)),
    ];
    for (octets, fault) in faults {
        let stream = [octets, &request(true, b"", &[(Data, b"<a/>")])].concat();
        let (found, violation, _) = cut(Side::Server, &stream, 1, LIMIT);
        assert_eq!((found.len(), violation), (2, None), "{fault}");
        assert_eq!(
            Block::parse(&found[0], Side::Server).unwrap().fault(),
            Some(fault)
        );
        assert_eq!(Block::parse(&found[1], Side::Server).unwrap().fault(), None);
    }
}

#[test]
fn servers_may_send_what_clients_must_not() {
    for kind in [Kind::Size, Kind::Other, Kind::Success, Kind::Failure] {
        let octets = build(true, None, &[(kind, b"<x/>")]).unwrap();
        assert_eq!(Block::parse(&octets, Side::Client).unwrap().fault(), None);
        let refused = build(true, Some(b""), &[(kind, b"<x/>")]);
        assert_eq!(refused, Err(Unbuildable::Fault(Fault::NotForServers(kind))));
    }
    let both = [(Kind::Versions, &b"<x/>"[..]), (Kind::Other, b"<y/>")];
    let refused = build(true, None, &both);
    let fault = Fault::Order(Kind::Versions, Kind::Other);
    assert_eq!(refused, Err(Unbuildable::Fault(fault)));
}

#[test]
fn another_version_ends_the_stream_at_its_header() {
    for header in [0x60, 0x80, 0xff] {
        let mut stream = request(true, b"", &[(Kind::NoData, b"")]);
        stream.push(header);
        let (found, violation, _) = cut(Side::Server, &stream, 1, LIMIT);
        assert_eq!(found.len(), 1);
        assert_eq!(violation, Some(Violation::Version { header }));
    }
    assert_eq!(
        (version(0x60), keeps_open(0x60), keeps_open(0x80)),
        (1, true, false)
    );
}

#[test]
fn a_block_above_the_limit_is_refused_by_the_header_that_says_so() {
    let octets = request(true, b"example.com", &[(Kind::Data, &[b'x'; 100])]);
    let (found, violation, _) = cut(Side::Server, &octets, 1, octets.len());
    assert_eq!((found.len(), violation), (1, None));
    let (found, violation, held) = cut(Side::Server, &octets, 1, octets.len() - 1);
    let stated = octets.len() as u64;
    let limit = octets.len() - 1;
    assert_eq!(
        (found.len(), violation),
        (0, Some(Violation::TooLarge { stated, limit }))
    );
    assert_eq!(held, 2 + 11 + 3, "none of the data was waited for");
}

#[test]
fn chunks_without_end_are_refused() {
    let mut stream = b"\x20\0".to_vec();
    stream.extend(b"\x07\0\0".repeat(MOST_CHUNKS));
    let (found, violation, _) = cut(Side::Server, &stream, 4096, LIMIT);
    assert!(found.is_empty() && matches!(violation, Some(Violation::Malformed(_))));
    let end = stream.len() - 3;
    stream[end] |= 0x80;
    let (found, violation, _) = cut(Side::Server, &stream, 4096, LIMIT);
    assert_eq!((found.len(), violation), (1, None));
}

#[test]
fn blocks_that_cannot_be_are_not_built() {
    assert_eq!(build(true, None, &[]), Err(Unbuildable::Empty));
    let long = [b'a'; 256];
    let refused = build(true, Some(&long), &[(Kind::NoData, b"")]);
    assert_eq!(refused, Err(Unbuildable::Authority(256)));
    let twice = [(Kind::Data, &b"a"[..]), (Kind::Data, b"b")];
    let refused = build(true, None, &twice);
    assert_eq!(
        refused,
        Err(Unbuildable::Fault(Fault::AfterEnd(Kind::Data)))
    );
}
