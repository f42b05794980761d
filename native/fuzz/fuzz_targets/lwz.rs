//! Any datagram as a request and as a response, whole and cut at every octet of the descriptor, and here and there behind
//! it; payloads inflated within their bound, the same by an inflater that has seen others; what is understood is written
//! again as it was, and answers keep to their terms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regwire_framing::lwz::{
    DESCRIPTOR, Deflater, Fault, Fitted, Inflater, Kind, Question, Request, Response, Terms,
    UDP_HEADER, UNREADABLE,
};

/// Inflates payloads as one inflater after another, and as a new one.
fn inflate(used: &mut Inflater, payload: &[u8], limit: usize) {
    let outcome = used.inflate(payload, limit).map(<[u8]>::to_vec);
    let mut fresh = Inflater::default();
    assert_eq!(outcome, fresh.inflate(payload, limit).map(<[u8]>::to_vec));
    if let Ok(inflated) = outcome {
        assert!(inflated.len() <= limit);
        let mut deflated = Vec::new();
        Deflater::default().append(&inflated, &mut deflated);
        assert_eq!(used.inflate(&deflated, limit), Ok(&inflated[..]));
    }
}

fn ask(datagram: &[u8], used: &mut Inflater, limit: usize) {
    let Some(request) = Request::parse(datagram) else {
        assert!(datagram[0] & 0x20 != 0);
        return;
    };
    assert_eq!(
        request.transaction == UNREADABLE,
        datagram.get(1..3).is_none_or(|id| id == [0xff; 2])
    );
    if request.fault.is_some() {
        assert!(request.payload.is_empty());
        return;
    }
    if request.header.is_deflated() {
        inflate(used, request.payload, limit);
        return;
    }
    let question = Question {
        transaction: request.transaction,
        maximum: request.maximum,
        authority: request.authority,
        kind: request.header.kind(),
        deflated: false,
        deflates: request.header.deflates(),
    };
    let mut again = Vec::new();
    if question
        .write(request.payload, &mut Deflater::default(), &mut again)
        .is_ok()
    {
        assert_eq!(again, datagram);
    }
}

fn answer(terms: Terms, payload: &[u8]) {
    let mut out = b"before".to_vec();
    let start = Terms::begin(&mut out);
    out.extend_from_slice(payload);
    let fitted = terms.finish(&mut out, start, Kind::Xml, &mut Deflater::default());
    assert_eq!(&out[..start], b"before");
    let datagram = &out[start..];
    let octets = datagram.len() + UDP_HEADER;
    let allowed = terms.limit.min(usize::from(terms.maximum));
    if fitted == Fitted::Nothing {
        assert!(datagram.is_empty());
        return;
    }
    let response = Response::parse(datagram).expect("it is a response");
    assert_eq!(
        (response.transaction, response.fault),
        (terms.transaction, None::<Fault>)
    );
    match fitted {
        Fitted::Plain => assert!(octets <= allowed && response.payload == payload),
        Fitted::Deflated => {
            assert!(octets <= allowed && terms.deflates && response.header.is_deflated());
            let mut inflater = Inflater::default();
            assert_eq!(
                inflater.inflate(response.payload, payload.len()),
                Ok(payload)
            );
        }
        Fitted::Size(needed) => {
            assert!(octets <= terms.limit && needed > allowed);
            assert!(needed <= payload.len() + DESCRIPTOR + UDP_HEADER);
            assert_eq!(response.header.kind(), Kind::Size);
        }
        Fitted::Nothing => unreachable!(),
    }
}

/// The header's octets, and an authority of 255.
const LONGEST_DESCRIPTOR: usize = 6 + 255;

fuzz_target!(|input: (u16, u16, bool, u16, &[u8])| {
    let (limit, maximum, deflates, transaction, datagram) = input;
    let limit = usize::from(limit);
    let mut used = Inflater::default();
    // Behind the descriptor each cut costs two inflations: at every octet that would be seconds for one input.
    let ends = (0..=datagram.len()).filter(|&end| end <= LONGEST_DESCRIPTOR || end % 97 == 0);
    for end in ends.chain([datagram.len()]) {
        ask(&datagram[..end], &mut used, limit);
        let _ = Response::parse(&datagram[..end]);
    }
    inflate(&mut used, datagram, limit);
    let terms = Terms {
        transaction,
        maximum,
        deflates,
        limit,
    };
    answer(terms, datagram);
});
