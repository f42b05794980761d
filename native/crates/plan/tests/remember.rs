//! A scratch that remembers elements decodes every frame as one that does not.
#![allow(missing_docs, reason = "tests")]

#[path = "common/mod.rs"]
mod common;
#[path = "common/mutations.rs"]
mod mutations;

use common::{FRAMES, plan};
use mutations::{Random, mutate, rearrange};
use regwire_plan::simple::lexical;
use regwire_plan::{
    Build, Constant, Later, Outcome, Plan, RawParts, Role, Scratch, Step, Stop, decode,
};
use regwire_xml::Limits;

/// Values as text, and how often each is held.
#[derive(Debug, Default)]
struct Ledger {
    values: Vec<(String, isize)>,
    shared: Vec<String>,
    recipes: Vec<Vec<Step<usize>>>,
    /// Tuples that were not built, and elements that were built after all.
    later: usize,
    after_all: usize,
}

/// The type whose first field may be built later.
const NAMES: usize = 2;

impl Ledger {
    #[allow(clippy::unnecessary_wraps, reason = "as the methods that end in it")]
    fn make(&mut self, text: String) -> Result<usize, Stop> {
        self.values.push((text, 1));
        Ok(self.values.len() * 2)
    }

    fn entry(&mut self, value: usize) -> &mut (String, isize) {
        assert!(
            value != 0 && value.is_multiple_of(2),
            "a mark where a value should be"
        );
        let entry = &mut self.values[value / 2 - 1];
        assert!(entry.1 > 0, "{} was let go of already", entry.0);
        entry
    }

    /// Lets go of a value and shows it.
    fn show(&mut self, value: usize) -> String {
        let entry = self.entry(value);
        entry.1 -= 1;
        entry.0.clone()
    }

    fn held(&self) -> Vec<&String> {
        let held = self.values.iter().filter(|(_, count)| *count != 0);
        held.map(|(text, _)| text).collect()
    }
}

impl Build for Ledger {
    type Value = usize;
    const NULL: usize = 0;

    fn is_null(value: usize) -> bool {
        value == 0
    }
    fn mark(list: u32) -> usize {
        (list as usize) << 1 | 1
    }
    fn marked(value: usize) -> Option<u32> {
        (value & 1 == 1).then_some((value >> 1) as u32)
    }
    fn text(&mut self, text: &[u8], ascii: bool) -> Result<usize, Stop> {
        assert!(!ascii || text.is_ascii());
        self.make(format!("{:?}", String::from_utf8_lossy(text)))
    }
    fn constant(&mut self, constant: Constant) -> usize {
        self.make(format!("constant {constant}"))
            .unwrap_or_default()
    }
    fn integer(&mut self, value: i64) -> Result<usize, Stop> {
        self.make(value.to_string())
    }
    fn big_integer(&mut self, numeral: &[u8]) -> Result<usize, Stop> {
        self.make(format!("big {numeral:?}"))
    }
    fn boolean(&mut self, value: bool) -> usize {
        self.make(value.to_string()).unwrap_or_default()
    }
    fn decimal(&mut self, numeral: &[u8]) -> Result<usize, Stop> {
        self.make(format!("decimal {numeral:?}"))
    }
    fn date(&mut self, date: lexical::Date) -> Result<usize, Stop> {
        self.make(format!("{date:?}"))
    }
    fn date_time(&mut self, time: lexical::DateTime) -> Result<usize, Stop> {
        self.make(format!("{time:?}"))
    }
    fn duration(&mut self, text: &[u8]) -> Result<usize, Stop> {
        self.make(format!("duration {text:?}"))
    }
    fn binary(&mut self, octets: &[u8]) -> Result<usize, Stop> {
        self.make(format!("octets {octets:?}"))
    }
    fn qname(&mut self, namespace: &[u8], local: &[u8]) -> Result<usize, Stop> {
        self.make(format!(
            "{}:{}",
            String::from_utf8_lossy(namespace),
            String::from_utf8_lossy(local)
        ))
    }
    fn raw(&mut self, parts: RawParts<'_>) -> Result<usize, Stop> {
        let shown = |octets| String::from_utf8_lossy(octets).into_owned();
        self.make(format!(
            "raw {} with {}",
            shown(parts.xml),
            shown(parts.inherited)
        ))
    }
    fn tuple(&mut self, values: &mut Vec<usize>) -> Result<usize, Stop> {
        let shown: Vec<String> = values.drain(..).map(|value| self.show(value)).collect();
        self.make(format!("({})", shown.join(", ")))
    }
    fn record(&mut self, kind: usize, values: &mut [usize]) -> Result<usize, Stop> {
        let mut shown = Vec::new();
        for value in values {
            shown.push(match *value {
                0 => "-".to_owned(),
                value => self.show(value),
            });
        }
        self.make(format!("{kind}{{{}}}", shown.join(", ")))
    }
    fn release(&mut self, value: usize) {
        self.show(value);
    }
    fn share(&mut self, value: usize) -> usize {
        let entry = self.entry(value);
        entry.1 += 1;
        let text = entry.0.clone();
        self.shared.push(text);
        value
    }
    fn puts_off(&self, kind: usize) -> Option<u16> {
        (kind == NAMES).then_some(0)
    }
    fn recipe(&mut self, steps: &[Step<usize>], _cells: usize) -> Option<u32> {
        let shared = |step: &Step<usize>| matches!(step, Step::Share { .. });
        if steps.iter().any(shared) {
            // Whoever takes a recipe keeps what it shares for as long as anything was put off: not this one.
            return None;
        }
        self.recipes.push(steps.to_vec());
        Some(self.recipes.len() as u32 - 1)
    }
    fn put_off(&mut self, elements: &Later) -> Result<usize, Stop> {
        self.later += 1;
        let mut values = Vec::new();
        self.follow(elements, &mut values)?;
        self.tuple(&mut values)
    }
    fn build_now(&mut self, elements: &Later, into: &mut Vec<usize>) -> Result<(), Stop> {
        self.after_all += elements.count();
        self.follow(elements, into)
    }
}

impl Ledger {
    /// Builds elements that were put off by their recipes.
    fn follow(&mut self, elements: &Later, into: &mut Vec<usize>) -> Result<(), Stop> {
        let mut rest = elements.octets();
        for _ in 0..elements.count() {
            let recipe = self.recipes[number(&mut rest)].clone();
            let mut cells = [0; 16];
            for step in recipe {
                let Step::Read { cell, .. } = step else {
                    unreachable!("names are nothing but texts")
                };
                let (text, behind) = {
                    let length = number(&mut rest);
                    rest.split_at(length)
                };
                rest = behind;
                cells[usize::from(cell)] = self.text(text, elements.is_ascii())?;
            }
            into.push(cells[0]);
        }
        assert!(rest.is_empty());
        Ok(())
    }
}

fn number(rest: &mut &[u8]) -> usize {
    let (number, behind) = rest.split_first_chunk().expect("four octets");
    *rest = behind;
    u32::from_le_bytes(*number) as usize
}

const ROLES: [Role; 3] = [Role::Strict, Role::Server, Role::Client];

fn shown(
    plan: &Plan,
    scratch: &mut Scratch<usize>,
    frame: &[u8],
    role: Role,
    ledger: &mut Ledger,
) -> String {
    match decode(plan, scratch, frame, role, &Limits::default(), ledger) {
        Outcome::Message(value, namespaces) => format!("{} {namespaces}", ledger.show(value)),
        other => format!("{other:?}"),
    }
}

/// Decodes with and without memory; gives whether the frame is right by the schema.
fn check(plan: &Plan, warm: &mut Scratch<usize>, ledger: &mut Ledger, frame: &[u8]) -> bool {
    let mut right = false;
    for role in ROLES {
        let mut fresh = Ledger::default();
        let expected = shown(plan, &mut Scratch::default(), frame, role, &mut fresh);
        assert!(fresh.held().is_empty() && fresh.shared.is_empty());
        let found = shown(plan, warm, frame, role, ledger);
        assert_eq!(
            found,
            expected,
            "{role:?} {}",
            String::from_utf8_lossy(frame)
        );
        right |= role == Role::Strict && expected.starts_with("0{");
    }
    right
}

/// Replaces the values of a frame by others, right and wrong ones, plain and in need of a second look.
fn with_other_texts(random: &mut Random, frame: &str) -> String {
    const OTHERS: [&str; 12] = [
        "x", "b.exam", "13", "100", "", " ", " c ", "a]b", "]]>", "&lt;", "\r\n", "é",
    ];
    let mut out = String::new();
    for (number, piece) in frame.split_inclusive('>').enumerate() {
        match piece.find('<') {
            Some(at) if number > 0 && at > 0 && random.below(4) == 0 => {
                out.push_str(OTHERS[random.below(OTHERS.len())]);
                out.push_str(&piece[at..]);
            }
            _ => out.push_str(piece),
        }
    }
    out
}

#[test]
fn frames_are_decoded_as_without_memory() {
    let plan = plan();
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut right = 0;
    for turn in 0..30_000 {
        let frame = FRAMES[random.below(FRAMES.len())].replace(" id2=\"\"", "");
        let octets = match turn % 4 {
            0 => frame.into_bytes(),
            1 => with_other_texts(&mut random, &frame).into_bytes(),
            2 => rearrange(&mut random, &frame).into_bytes(),
            _ => mutate(&mut random, &frame),
        };
        right += usize::from(check(&plan, &mut warm, &mut ledger, &octets));
    }
    assert!(right > 12_000, "only {right} frames were right");
    assert!(
        ledger.shared.len() > 50_000,
        "hardly anything was remembered"
    );
    assert!(ledger.later > 1_000, "hardly anything was put off");
    assert!(ledger.after_all > 100, "little was built after all");
    warm.forget(&mut ledger);
    assert_eq!(ledger.held(), Vec::<&String>::new());
}

#[test]
fn texts_that_differ_are_read_again_and_others_shared() {
    let plan = plan();
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    let frame = |name: &str, period: &str| {
        FRAMES[0]
            .replace("a.exam", name)
            .replace(">12<", &format!(">{period}<"))
    };
    for number in 0..20 {
        let frame = frame(&format!("{number}.exam"), "12");
        assert!(check(&plan, &mut warm, &mut ledger, frame.as_bytes()));
    }
    ledger.shared.clear();
    assert!(check(
        &plan,
        &mut warm,
        &mut ledger,
        frame("new.exam", "12").as_bytes()
    ));
    let period = ledger.shared.iter().filter(|text| text.starts_with("3{12"));
    assert_eq!(period.count(), ROLES.len(), "{:?}", ledger.shared);
    // The element is known, its text is wrong.
    assert!(!check(
        &plan,
        &mut warm,
        &mut ledger,
        frame("new.exam", "100").as_bytes()
    ));
    assert!(!check(
        &plan,
        &mut warm,
        &mut ledger,
        frame("toolong.exam", "12").as_bytes()
    ));
    warm.forget(&mut ledger);
    assert!(ledger.held().is_empty());
}

/// Attributes of elements that are open where the first value differs come with the beginning; nothing that follows does.
#[test]
fn beginnings_are_taken_over() {
    let plan = plan();
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    let frame = |name: &str, lang: &str| {
        FRAMES[0]
            .replace("a.exam", name)
            .replace("lang=\"en\"", &format!("lang=\"{lang}\""))
    };
    for number in 0..60 {
        let lang = ["en", "de"][number % 2];
        let frame = frame(&format!("{number}.exam"), lang);
        ledger.shared.clear();
        assert!(check(&plan, &mut warm, &mut ledger, frame.as_bytes()));
        let shared = ledger.shared.contains(&format!("{lang:?}"));
        assert!(shared || number < 50, "{number}: {:?}", ledger.shared);
    }
    // The beginning is known, what follows is not, or is wrong.
    let known = frame("1.exam", "en");
    for (old, new) in [
        ("</d:names>", "</d:name>"),
        ("<d:name>", "<d:key>"),
        ("</doc>", ""),
        (" b ", ""),
    ] {
        check(
            &plan,
            &mut warm,
            &mut ledger,
            known.replace(old, new).as_bytes(),
        );
    }
    for cut in 0..known.len() {
        check(&plan, &mut warm, &mut ledger, &known.as_bytes()[..cut]);
    }
    warm.forget(&mut ledger);
    assert!(ledger.held().is_empty());
}

#[test]
fn secrets_are_not_kept() {
    let plan = plan();
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    let frame = FRAMES[1].replace(" id2=\"\"", "");
    for _ in 0..50 {
        assert!(check(&plan, &mut warm, &mut ledger, frame.as_bytes()));
    }
    assert!(!ledger.shared.is_empty());
    let kept = format!("{warm:?}");
    let octets: Vec<String> = b"EX_1-REP".iter().map(u8::to_string).collect();
    assert!(
        !kept.contains(&octets.join(", ")),
        "the secret's octets are in memory"
    );
    assert!(!ledger.shared.iter().any(|text| text.contains("EX_1-REP")));
    warm.forget(&mut ledger);
}

/// The same octets under other declarations, or at another depth, say something else.
#[test]
fn the_same_octets_elsewhere_are_read_anew() {
    let plan = plan();
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    let frame = |uri: &str| {
        format!(
            r#"<p:doc xmlns:p="urn:p" xmlns:q="{uri}"><names xmlns="urn:d" kind="y"><q:name>a</q:name></names></p:doc>"#
        )
    };
    for _ in 0..20 {
        assert!(check(
            &plan,
            &mut warm,
            &mut ledger,
            frame("urn:d").as_bytes()
        ));
        for other in ["urn:p", "urn:unknown", "urn:other"] {
            assert!(!check(
                &plan,
                &mut warm,
                &mut ledger,
                frame(other).as_bytes()
            ));
        }
    }
    warm.forget(&mut ledger);
}

#[test]
fn a_scratch_of_another_plan_remembers_nothing() {
    let (plan, other) = (plan(), common::plan());
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    for _ in 0..20 {
        assert!(check(&other, &mut warm, &mut ledger, FRAMES[0].as_bytes()));
    }
    assert!(ledger.shared.is_empty() && ledger.held().is_empty());
}

/// What is put off is what would have been built, in its order; a value that is wrong is found at once.
#[test]
fn elements_that_are_put_off_are_checked() {
    let plan = plan();
    let mut warm = Scratch::remembering(&plan);
    let mut ledger = Ledger::default();
    let frame = |names: &[&str]| {
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("<d:name>{name}</d:name>"))
            .collect();
        let names = names.concat();
        format!(r#"<doc xmlns="urn:p"><d:names xmlns:d="urn:d" kind="y">{names}</d:names></doc>"#)
    };
    for number in 0..100 {
        let name = format!("{number}.ex");
        let names = [&*name, "b", &name];
        check(&plan, &mut warm, &mut ledger, frame(&names).as_bytes());
    }
    for (names, later, after_all) in [
        (&["z.ex", "y.ex", "x"][..], 3, 0),
        (&["z.ex", "y.ex", "&lt;"], 0, 6),
        (&["z.ex", " y.ex", "x"], 0, 3),
        (&["z.ex", "\u{e9}", "x"], 3, 0),
        (&["z.ex", "much-too-long"], 1, 0),
        (&["z.ex", ""], 0, 0),
    ] {
        (ledger.later, ledger.after_all) = (0, 0);
        let frame = frame(names);
        check(&plan, &mut warm, &mut ledger, frame.as_bytes());
        assert_eq!(
            (ledger.later, ledger.after_all),
            (later, after_all),
            "{frame}"
        );
    }
    warm.forget(&mut ledger);
    assert!(ledger.held().is_empty());
}
