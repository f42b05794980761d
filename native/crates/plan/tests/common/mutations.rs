//! Random changes of frames.

/// A small generator of numbers: the test is the same each time.
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

const PIECES: [&str; 32] = [
    "<",
    ">",
    "/>",
    "&",
    "&amp;",
    "&#32;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<d:name>",
    "</d:name>",
    "<x/>",
    "<flag/>",
    " xsi:type=\"person\"",
    " xsi:type=\"d:short\"",
    " xsi:nil=\"1\"",
    " kind=\"m\"",
    "xmlns:d=\"urn:u\"",
    "<note xmlns=\"urn:d\"/>",
    "é",
    "\u{FFFE}",
    " ",
    "0",
    "-",
    "<clTRID>x</clTRID>",
    "</d:names>",
    "<d:one/>",
    "<d:three/>",
    "<d:two xsi:nil=\"1\"/>",
    "ANY",
    " xsi:nil=\"0\"",
];

/// Changes a few octets.
pub fn mutate(random: &mut Random, frame: &str) -> Vec<u8> {
    let mut octets = frame.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(octets.len() + 1);
        match random.below(5) {
            0 => {
                let end = (at + 1 + random.below(12)).min(octets.len());
                octets.drain(at..end);
            }
            1 => {
                let from = random.below(octets.len());
                let end = (from + random.below(60)).min(octets.len());
                let copy = octets[from..end].to_vec();
                octets.splice(at..at, copy);
            }
            2 if at < octets.len() => octets[at] = random.below(256) as u8,
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                octets.splice(at..at, piece.bytes());
            }
        }
    }
    octets
}

/// Moves, doubles or drops whole elements, so that what comes out is well-formed.
pub fn rearrange(random: &mut Random, frame: &str) -> String {
    let starts: Vec<usize> = frame.match_indices('<').map(|found| found.0).collect();
    let from = starts[random.below(starts.len())];
    let Some(element) = element_at(frame, from) else {
        return frame.to_owned();
    };
    let to = starts[random.below(starts.len())];
    match random.below(3) {
        0 => frame.replacen(element, "", 1),
        1 if to <= from || to >= from + element.len() => {
            let (head, tail) = frame.split_at(to);
            format!("{head}{element}{tail}")
        }
        _ => {
            let without = frame.replacen(element, "", 1);
            let to = without
                .match_indices('<')
                .map(|found| found.0)
                .nth(random.below(8))
                .unwrap_or(0);
            let (head, tail) = without.split_at(to);
            format!("{head}{element}{tail}")
        }
    }
}

fn element_at(frame: &str, from: usize) -> Option<&str> {
    let rest = &frame[from..];
    let name_end = rest.find([' ', '>', '/'])?;
    let name = rest.get(1..name_end).filter(|name| !name.is_empty())?;
    let tag_end = rest.find('>')? + 1;
    if rest[..tag_end].ends_with("/>") {
        return Some(&rest[..tag_end]);
    }
    let close = format!("</{name}>");
    Some(&rest[..rest.find(&close)? + close.len()])
}
