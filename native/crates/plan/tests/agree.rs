//! The decoder and the fault finder agree on every frame, nothing built is lost, and no octets make either panic.
#![allow(missing_docs, reason = "tests")]

#[path = "common/mod.rs"]
mod common;
#[path = "common/counting.rs"]
mod counting;
#[path = "common/mutations.rs"]
mod mutations;

use common::{FRAMES, plan};
use counting::Counting;
use mutations::{Random, mutate, rearrange};
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
    assert!(check(&plan, &mut scratch, FRAMES[3].as_bytes()));
    let with_stray_attribute = FRAMES[1];
    assert!(!check(&plan, &mut scratch, with_stray_attribute.as_bytes()));
    assert!(check(
        &plan,
        &mut scratch,
        with_stray_attribute.replace(" id2=\"\"", "").as_bytes()
    ));
}

#[test]
fn names_and_nil_and_any_order() {
    let plan = plan();
    let mut scratch = Scratch::default();
    let right = FRAMES[3];
    for (from, to, expected) in [
        ("", "", true),
        ("d:x", "ANY", true),
        ("d:x", "x", true),
        ("d:x", "e:x", false),
        ("d:x", "d:", false),
        ("d:x", "d:1", false),
        ("d:x", "", false),
        ("<d:three/>", "", true),
        ("<d:three/>", "<d:three/><d:three/>", false),
        ("<d:three/>", "<d:one/>", false),
        ("\"true\"", "\"maybe\"", false),
        ("\"true\"", "\"false\"", false),
        ("xsi:nil=\"true\"", "", false),
        ("<d:one>1", "<d:one xsi:nil=\"1\">", false),
        ("<d:one>1", "<d:one xsi:type=' d:short '>1", true),
        ("<d:one>1", "<d:one xsi:type='short'>1", false),
        ("<d:one>1", "<d:one xsi:type='d:short' id='1'>1", false),
        ("d:maybe", "d:other", false),
    ] {
        let frame = right.replacen(from, to, 1);
        assert_eq!(
            check(&plan, &mut scratch, frame.as_bytes()),
            expected,
            "{frame}"
        );
    }
    for inside in [" ", "1", "<d:x/>", "<![CDATA[ ]]>", "&#32;"] {
        let nil = "xsi:type=\"d:maybe\"";
        let full = format!("{nil}>{inside}</d:two>");
        let frame = right.replace(&format!("{nil}/>"), &full);
        assert!(!check(&plan, &mut scratch, frame.as_bytes()), "{frame}");
    }
    for inside in ["", "<!-- -->", "<?p?>", "<![CDATA[]]>"] {
        let nil = "xsi:type=\"d:maybe\"";
        let full = format!("{nil}>{inside}</d:two>");
        let frame = right.replace(&format!("{nil}/>"), &full);
        assert!(check(&plan, &mut scratch, frame.as_bytes()), "{frame}");
    }
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
