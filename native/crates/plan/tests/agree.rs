//! The decoder and the fault finder agree on every frame, nothing built is lost, and no octets make either panic.
#![allow(missing_docs, reason = "tests")]

#[path = "common/mod.rs"]
mod common;

use common::{Counting, FRAMES, plan};
use regwire_plan::{Outcome, Plan, Role, Scratch, Templates, decode, faults};
use regwire_xml::Limits;

/// Decodes in every role and compares with the fault finder; gives whether strict took it.
fn check(plan: &Plan, scratch: &mut Scratch<usize>, frame: &[u8]) -> bool {
    let limits = Limits::default();
    let mut taken = [false; 3];
    for (place, role) in [Role::Strict, Role::Server, Role::Client]
        .into_iter()
        .enumerate()
    {
        let mut build = Counting::default();
        let outcome = decode(plan, scratch, frame, role, &limits, &mut build);
        let report = faults::find(plan, frame, role, &limits);
        let shown = String::from_utf8_lossy(frame);
        match outcome {
            Outcome::Message(value, namespaces) => {
                assert_eq!((value, build.out), (2, 1), "{shown}");
                assert_eq!(namespaces & 2, 2, "{shown}");
                assert_eq!(
                    report.expect("well-formed").findings,
                    [],
                    "{role:?} {shown}"
                );
                taken[place] = true;
            }
            Outcome::Refused => {
                assert_eq!(build.out, 0, "{shown}");
                assert_ne!(
                    report.expect("well-formed").findings,
                    [],
                    "{role:?} {shown}"
                );
            }
            Outcome::Syntax(error) => {
                assert_eq!(build.out, 0, "{shown}");
                assert_eq!(report.expect_err("ill-formed"), error, "{shown}");
            }
            Outcome::Stopped => panic!("nothing stops this builder"),
        }
    }
    assert!(taken[0] || !taken[1], "what the server takes is valid");
    assert!(taken[2] || !taken[0], "the client takes what is valid");
    taken[0]
}

#[test]
fn right_frames_are_taken() {
    let plan = plan();
    let mut scratch = Scratch::default();
    assert!(check(&plan, &mut scratch, FRAMES[0].as_bytes()));
    assert!(check(&plan, &mut scratch, FRAMES[2].as_bytes()));
    let with_stray_attribute = FRAMES[1];
    assert!(!check(&plan, &mut scratch, with_stray_attribute.as_bytes()));
    assert!(check(
        &plan,
        &mut scratch,
        with_stray_attribute.replace(" id2=\"\"", "").as_bytes()
    ));
}

#[test]
fn templates_compile() {
    let templates = Templates::new(&plan()).expect("the sample is right");
    assert_eq!(templates.roots.len(), 1);
    assert!(
        templates
            .any
            .iter()
            .all(|table| table.len() == plan().types.len())
    );
}

/// A small generator of numbers: the test is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

const PIECES: [&str; 26] = [
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
];

fn mutate(random: &mut Random, frame: &str) -> Vec<u8> {
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
fn rearrange(random: &mut Random, frame: &str) -> String {
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

#[test]
fn decoder_and_finder_agree_on_mutated_frames() {
    let plan = plan();
    let mut scratch = Scratch::default();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut taken = 0;
    for turn in 0..40_000 {
        let frame = FRAMES[turn % FRAMES.len()];
        let octets = if turn % 2 == 0 {
            let octets = rearrange(&mut random, frame).into_bytes();
            let masked = faults::mask(&plan, &octets, &Limits::default()).unwrap_or_default();
            let secret = masked.windows(8).any(|window| window == b"EX_1-REP");
            assert!(!secret, "{}", String::from_utf8_lossy(&masked));
            octets
        } else {
            mutate(&mut random, frame)
        };
        taken += usize::from(check(&plan, &mut scratch, &octets));
    }
    assert!(
        taken > 2000,
        "{taken} of the mutated frames were right: the mutations are too wild to test anything"
    );
}
