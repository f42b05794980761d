use super::*;

fn question(payload: &[u8], deflated: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let question = Question {
        transaction: 0x1234,
        maximum: 4000,
        authority: b"example.com",
        kind: Kind::Xml,
        deflated,
        deflates: deflated,
    };
    question
        .write(payload, &mut Deflater::default(), &mut out)
        .unwrap();
    out
}

const TERMS: Terms = Terms {
    transaction: 0x1234,
    maximum: 4000,
    deflates: false,
    limit: 4000,
};

fn answer(terms: Terms, payload: &[u8]) -> (Fitted, Vec<u8>) {
    let mut out = b"before".to_vec();
    let start = Terms::begin(&mut out);
    out.extend_from_slice(payload);
    let fitted = terms.finish(&mut out, start, Kind::Xml, &mut Deflater::default());
    (fitted, out.split_off(start))
}

#[test]
fn a_request_and_its_parts() {
    let octets = question(b"<request/>", false);
    assert_eq!(octets, b"\0\x12\x34\x0f\xa0\x0bexample.com<request/>");
    let request = Request::parse(&octets).unwrap();
    assert_eq!(
        request,
        Request {
            header: Header(0),
            transaction: 0x1234,
            maximum: 4000,
            authority: b"example.com",
            payload: b"<request/>",
            fault: None,
        }
    );
}

#[test]
fn a_descriptor_cut_anywhere_is_said_to_be() {
    let octets = question(b"", false);
    for end in 0..octets.len() {
        let request = Request::parse(&octets[..end]).unwrap();
        assert_eq!(request.fault, Some(Fault::Truncated), "{end} octets");
        let readable = if end < 3 { UNREADABLE } else { 0x1234 };
        assert_eq!(request.transaction, readable);
        assert_eq!(request.maximum, if end < 5 { u16::MAX } else { 4000 });
    }
    assert_eq!(Request::parse(&octets).unwrap().fault, None);
}

#[test]
fn faults_of_descriptors_come_with_what_can_be_read() {
    let faults: [(u8, Fault); 5] = [
        (0x40, Fault::Version(1)),
        (0xc3, Fault::Version(3)),
        (0x04, Fault::Reserved(0x04)),
        (0x02, Fault::NotForServers(Kind::Size)),
        (0x0b, Fault::NotForServers(Kind::Other)),
    ];
    for (header, fault) in faults {
        let mut octets = question(b"<request/>", false);
        octets[0] = header;
        let request = Request::parse(&octets).unwrap();
        assert_eq!((request.fault, request.transaction), (Some(fault), 0x1234));
        assert!(request.payload.is_empty());
    }
    let mut octets = question(b"", false);
    octets[1..3].fill(0xff);
    let request = Request::parse(&octets).unwrap();
    assert_eq!(request.fault, Some(Fault::Transaction));
}

#[test]
fn a_response_never_becomes_a_request() {
    for header in (0..=u8::MAX).filter(|header| header & 0x20 != 0) {
        assert_eq!(Request::parse(&[header, 0x12, 0x34, 0, 0, 0]), None);
        let octets = [header, 0x12, 0x34, b'x'];
        let response = Response::parse(&octets).unwrap();
        assert_eq!(
            (response.header, response.transaction),
            (Header(header), 0x1234)
        );
    }
    assert_eq!(Response::parse(&question(b"", false)), None);
    assert_eq!(Response::parse(b"\x20\x12"), None);
}

#[test]
fn compressed_payloads_come_back() {
    let payload = "<request/>".repeat(50).into_bytes();
    let octets = question(&payload, true);
    let request = Request::parse(&octets).unwrap();
    assert!(request.header.is_deflated() && request.payload.len() < 60);
    let mut inflater = Inflater::default();
    for _ in 0..2 {
        assert_eq!(inflater.inflate(request.payload, 500), Ok(&payload[..]));
        let refused = inflater.inflate(request.payload, 499);
        assert_eq!(refused, Err(InflateError::TooLarge(499)));
    }
}

#[test]
fn what_does_not_shrink_is_compressed_too() {
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(40_000)
    .collect();
    let (mut deflater, mut inflater) = (Deflater::default(), Inflater::default());
    for length in [0, 1, 100, 4000, 40_000] {
        let mut out = Vec::new();
        deflater.append(&noise[..length], &mut out);
        assert_eq!(inflater.inflate(&out, length), Ok(&noise[..length]));
    }
}

#[test]
fn a_bomb_is_refused_and_costs_no_more_than_the_limit() {
    let mut bomb = Vec::new();
    Deflater::default().append(&vec![b' '; 3 << 20], &mut bomb);
    assert!(bomb.len() < MOST_OCTETS);
    let mut inflater = Inflater::default();
    let limit = 64 << 10;
    assert_eq!(
        inflater.inflate(&bomb, limit),
        Err(InflateError::TooLarge(limit))
    );
    assert!(
        inflater.room.capacity() <= 2 * limit + 64,
        "{}",
        inflater.room.capacity()
    );
}

#[test]
fn what_is_not_raw_deflate_is_refused() {
    let mut octets = Vec::new();
    Deflater::default().append(b"<request/>", &mut octets);
    let mut inflater = Inflater::default();
    for end in 0..octets.len() {
        let refused = inflater.inflate(&octets[..end], 100);
        assert_eq!(refused, Err(InflateError::Malformed), "{end} octets");
    }
    let zlib = [&b"\x78\x9c"[..], &octets, b"\0\0\0\0"].concat();
    assert_eq!(inflater.inflate(&zlib, 100), Err(InflateError::Malformed));
    octets.push(0);
    assert_eq!(inflater.inflate(&octets, 100), Err(InflateError::Trailing));
}

#[test]
fn an_answer_fits_as_it_is_or_is_compressed_or_becomes_a_size() {
    let payload = "<response/>".repeat(100).into_bytes();
    let needed = 1100 + DESCRIPTOR + UDP_HEADER;
    let exact = Terms {
        maximum: needed as u16,
        ..TERMS
    };
    let (fitted, octets) = answer(exact, &payload);
    assert_eq!(
        (fitted, &octets[..3]),
        (Fitted::Plain, &b"\x20\x12\x34"[..])
    );
    assert_eq!(octets[3..], payload);

    let short = Terms {
        maximum: needed as u16 - 1,
        ..TERMS
    };
    let (fitted, octets) = answer(short, &payload);
    assert_eq!(fitted, Fitted::Size(needed));
    let size = br#"<size xmlns="urn:ietf:params:xml:ns:iris-transport"><response><octets>1111</octets></response></size>"#;
    assert_eq!(octets, [&b"\x22\x12\x34"[..], size].concat());

    let (fitted, octets) = answer(
        Terms {
            deflates: true,
            ..short
        },
        &payload,
    );
    assert_eq!(
        (fitted, &octets[..3]),
        (Fitted::Deflated, &b"\x38\x12\x34"[..])
    );
    let mut inflater = Inflater::default();
    assert_eq!(inflater.inflate(&octets[3..], 4000), Ok(&payload[..]));
}

#[test]
fn a_size_that_does_not_fit_says_less_and_a_server_may_say_nothing() {
    let exceeds: &[u8] = br#"<size xmlns="urn:ietf:params:xml:ns:iris-transport"><response><exceedsMaximum/></response></size>"#;
    let (fitted, octets) = answer(
        Terms {
            maximum: 100,
            ..TERMS
        },
        &[b'x'; 500],
    );
    assert_eq!(fitted, Fitted::Size(511));
    assert_eq!(octets[3..], *exceeds);
    // The server's own limit is not told as if the client's were too small.
    let (fitted, octets) = answer(
        Terms {
            limit: 300,
            ..TERMS
        },
        &[b'x'; 500],
    );
    assert_eq!(fitted, Fitted::Size(511));
    assert_eq!(octets[3..], *exceeds);
    let (fitted, octets) = answer(Terms { limit: 60, ..TERMS }, &[b'x'; 500]);
    assert_eq!((fitted, octets.len()), (Fitted::Nothing, 0));
}

#[test]
fn requests_that_cannot_be_are_not_made() {
    let good = Question {
        transaction: 1,
        maximum: 1472,
        authority: b"",
        kind: Kind::Xml,
        deflated: false,
        deflates: true,
    };
    let long = [b'a'; 256];
    let cases = [
        (
            Question {
                transaction: UNREADABLE,
                ..good
            },
            Unbuildable::Transaction,
        ),
        (
            Question {
                kind: Kind::Other,
                ..good
            },
            Unbuildable::Kind(Kind::Other),
        ),
        (
            Question {
                authority: &long,
                ..good
            },
            Unbuildable::Authority(256),
        ),
    ];
    let (mut deflater, mut out) = (Deflater::default(), b"before".to_vec());
    for (question, error) in cases {
        assert_eq!(question.write(b"", &mut deflater, &mut out), Err(error));
    }
    let most = MOST_OCTETS - 6 - UDP_HEADER;
    let refused = good.write(&vec![b'x'; most + 1], &mut deflater, &mut out);
    assert_eq!(refused, Err(Unbuildable::TooLong(4001)));
    assert_eq!(out, b"before");
    good.write(&vec![b'x'; most], &mut deflater, &mut out)
        .unwrap();
    assert_eq!(out.len(), 6 + MOST_OCTETS - UDP_HEADER);
}
