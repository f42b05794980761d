//! Any octets through a compiled schema with every kind of content and type: no panic, every value that is made is used
//! exactly once, and the fault finder agrees with the decoder on what is right.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use regwire_plan::simple::lexical::{Date, DateTime};
use regwire_plan::simple::{Bound, SimpleDeclaration};
use regwire_plan::{
    Admits, Attribute, Build, Constant, Declaration, Global, Model, ModelKind, Outcome, Particle,
    Plan, Process, RawParts, Role, Scratch, Stop, Target, TypeDeclaration, decode, faults,
};
use regwire_xml::{Limits, NsId};

const NAMESPACES: [&str; 3] = [
    "http://www.w3.org/2001/XMLSchema-instance",
    "urn:a",
    "urn:b",
];
const A: NsId = NsId(1);
const B: NsId = NsId(2);

/// Numbers the values it makes and follows each to its one use.
#[derive(Default)]
struct Ledger {
    live: Vec<bool>,
    /// Values that were made so far; after so many, building fails.
    fail_at: Option<usize>,
}

/// 0 is null, odd numbers are values, even ones marks of lists.
type Ticket = u32;

impl Ledger {
    fn make(&mut self) -> Result<Ticket, Stop> {
        if self.fail_at == Some(self.live.len()) {
            return Err(Stop);
        }
        self.live.push(true);
        Ok(self.live.len() as u32 * 2 - 1)
    }

    fn take(&mut self, value: Ticket) {
        assert!(value % 2 == 1, "{value} is no value");
        let place = (value / 2) as usize;
        assert!(
            std::mem::replace(&mut self.live[place], false),
            "{value} was used before"
        );
    }
}

impl Build for Ledger {
    type Value = Ticket;
    const NULL: Ticket = 0;

    fn is_null(value: Ticket) -> bool {
        value == 0
    }
    fn mark(list: u32) -> Ticket {
        (list + 1) * 2
    }
    fn marked(value: Ticket) -> Option<u32> {
        (value.is_multiple_of(2) && value > 0).then(|| value / 2 - 1)
    }
    fn text(&mut self, text: &[u8], ascii: bool) -> Result<Ticket, Stop> {
        let text = std::str::from_utf8(text).expect("text is UTF-8");
        assert!(!ascii || text.is_ascii());
        self.make()
    }
    fn constant(&mut self, _constant: Constant) -> Ticket {
        self.fail_at = None;
        self.make().expect("it never fails now")
    }
    fn integer(&mut self, _value: i64) -> Result<Ticket, Stop> {
        self.make()
    }
    fn big_integer(&mut self, numeral: &[u8]) -> Result<Ticket, Stop> {
        let digits = numeral
            .strip_prefix(b"-")
            .or(numeral.strip_prefix(b"+"))
            .unwrap_or(numeral);
        assert!(!digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
        self.make()
    }
    fn boolean(&mut self, _value: bool) -> Ticket {
        self.fail_at = None;
        self.make().expect("it never fails now")
    }
    fn decimal(&mut self, numeral: &[u8]) -> Result<Ticket, Stop> {
        assert!(numeral.iter().any(u8::is_ascii_digit));
        self.make()
    }
    fn date(&mut self, _date: Date) -> Result<Ticket, Stop> {
        self.make()
    }
    fn date_time(&mut self, _time: DateTime) -> Result<Ticket, Stop> {
        self.make()
    }
    fn duration(&mut self, text: &[u8]) -> Result<Ticket, Stop> {
        assert!(text.contains(&b'P'));
        self.make()
    }
    fn binary(&mut self, _octets: &[u8]) -> Result<Ticket, Stop> {
        self.make()
    }
    fn qname(&mut self, _namespace: &[u8], local: &[u8]) -> Result<Ticket, Stop> {
        assert!(regwire_plan::simple::lexical::is_ncname(local));
        self.make()
    }
    fn raw(&mut self, parts: RawParts<'_>) -> Result<Ticket, Stop> {
        let mut alone = Vec::new();
        regwire_xml::write::standalone(&mut alone, parts.xml, parts.inherited);
        assert!(alone.starts_with(b"<") && alone.ends_with(b">"));
        self.make()
    }
    fn tuple(&mut self, values: &mut Vec<Ticket>) -> Result<Ticket, Stop> {
        for value in values.drain(..) {
            self.take(value);
        }
        self.make()
    }
    fn record(&mut self, kind: usize, values: &mut [Ticket]) -> Result<Ticket, Stop> {
        assert_eq!(values.len(), usize::from(PLAN.kind(kind as u32).slots));
        for value in values.iter().copied().filter(|&value| value != 0) {
            self.take(value);
        }
        self.make()
    }
    fn release(&mut self, value: Ticket) {
        self.take(value);
    }
    fn share(&mut self, value: Ticket) -> Ticket {
        assert!(self.live[(value / 2) as usize], "{value} is gone");
        self.live.push(true);
        self.live.len() as u32 * 2 - 1
    }
}

fn simple(kind: &str) -> SimpleDeclaration {
    SimpleDeclaration {
        kind: kind.into(),
        min_length: 0,
        max_length: None,
        patterns: Vec::new(),
        enumeration: Vec::new(),
        low: None,
        high: None,
        total_digits: None,
        fraction_digits: None,
        secret: false,
        item: None,
        type_name: None,
    }
}

/// One simple type of each kind, with facets; number in the list is number in the plan.
fn simples() -> Vec<SimpleDeclaration> {
    let bound = |numeral: &str, exclusive| {
        Some(Bound {
            numeral: numeral.into(),
            exclusive,
        })
    };
    let words = |words: &[&str]| {
        words
            .iter()
            .zip(0..)
            .map(|(word, n)| ((*word).to_owned(), n))
            .collect()
    };
    vec![
        SimpleDeclaration {
            min_length: 3,
            max_length: Some(6),
            ..simple("token")
        },
        SimpleDeclaration {
            max_length: Some(4),
            secret: true,
            ..simple("normalizedString")
        },
        SimpleDeclaration {
            patterns: vec![r"[a-c]+\d?|\p{IsBasicLatin}{3}é".into()],
            ..simple("string")
        },
        SimpleDeclaration {
            enumeration: words(&["y", "m", "long enough a word", ""]),
            ..simple("token")
        },
        SimpleDeclaration {
            low: bound("-5", false),
            high: bound("99", true),
            ..simple("integer")
        },
        simple("integer"),
        SimpleDeclaration {
            low: bound("0.5", false),
            fraction_digits: Some(2),
            total_digits: Some(5),
            ..simple("decimal")
        },
        simple("boolean"),
        simple("date"),
        simple("dateTime"),
        simple("duration"),
        SimpleDeclaration {
            max_length: Some(5),
            ..simple("base64Binary")
        },
        SimpleDeclaration {
            min_length: 1,
            ..simple("hexBinary")
        },
        simple("language"),
        simple("anyURI"),
        simple("NMTOKEN"),
        simple("NCName"),
        SimpleDeclaration {
            item: Some(4),
            min_length: 1,
            max_length: Some(3),
            ..simple("list")
        },
        simple("string"),
    ]
}

const SIMPLES: u32 = 19;
const TEXT: u32 = 18;

fn kind(name: &str, fields: usize) -> TypeDeclaration {
    TypeDeclaration {
        name: name.into(),
        fields: (0..fields).map(|n| format!("f{n}")).collect(),
        attributes: Vec::new(),
        any_attributes: false,
        text: None,
        mixed: false,
        any: false,
        particles: Vec::new(),
        states: vec![(Vec::new(), true)],
        model: None,
        derived: Vec::new(),
        type_name: None,
        is_abstract: false,
        transparent: false,
        nillable: false,
        inline: false,
    }
}

fn particle(local: &str, target: Target, slot: u16, list: bool) -> Particle {
    Particle {
        ns: A,
        local: local.as_bytes().into(),
        target,
        slot,
        list,
        marker: None,
    }
}

fn attribute(local: &str, simple: u32, slot: u16, required: bool) -> Attribute {
    let mut attribute = Attribute::new(NsId::NONE, local, simple, slot);
    attribute.required = required;
    attribute
}

/// `<all>`: one optional element of each simple type, in any order (each state allows all).
fn all_simples() -> TypeDeclaration {
    let names = (0..SIMPLES)
        .map(|n| particle(&format!("s{n}"), Target::Leaf(n), n as u16, true))
        .collect();
    let edges = (0..SIMPLES as u16).map(|n| (n, 0)).collect();
    TypeDeclaration {
        particles: names,
        states: vec![(edges, true)],
        ..kind("All", SIMPLES as usize)
    }
}

/// `<seq>`: a required leaf, a wrapper of a list, a flag, wildcards, and itself again.
fn sequence() -> TypeDeclaration {
    let field = |slot, particle, min, max| Model {
        kind: ModelKind::Field,
        min,
        max,
        items: Vec::new(),
        particles: vec![particle],
        slot,
    };
    TypeDeclaration {
        attributes: vec![attribute("need", 4, 5, true), attribute("may", 3, 6, false)],
        particles: vec![
            particle("name", Target::Leaf(0), 0, false),
            particle("wrap", Target::Wrap(3), 1, true),
            particle("flag", Target::Flag(false), 2, false),
            particle("loose", Target::Flag(true), 2, false),
            particle("", Target::Any(Admits::Other(A), Process::Lax), 3, true),
            particle("seq", Target::Node(2), 4, false),
        ],
        states: vec![
            (vec![(0, 1)], false),
            (vec![(1, 2), (2, 3), (3, 3), (4, 4), (5, 5)], true),
            (vec![(2, 3), (3, 3), (4, 4), (5, 5)], true),
            (vec![(4, 4), (5, 5)], true),
            (vec![(4, 4), (5, 5)], true),
            (Vec::new(), true),
        ],
        model: Some(Model {
            kind: ModelKind::Sequence,
            min: 1,
            max: Some(1),
            items: vec![
                field(0, 0, 1, Some(1)),
                field(3, 4, 0, None),
                field(4, 5, 0, Some(1)),
            ],
            particles: Vec::new(),
            slot: 0,
        }),
        ..kind("Sequence", 7)
    }
}

fn types() -> Vec<TypeDeclaration> {
    let places = |names: &[(&str, Target)]| -> Vec<Particle> {
        names
            .iter()
            .map(|(name, target)| particle(name, target.clone(), 0, false))
            .collect()
    };
    let choices = places(&[
        ("all", Target::Node(1)),
        ("seq", Target::Node(2)),
        ("base", Target::Node(4)),
        ("mixed", Target::Node(6)),
        ("any", Target::Node(7)),
        ("raw", Target::Any(Admits::Any, Process::Skip)),
    ]);
    let document = TypeDeclaration {
        states: vec![
            ((0..6).map(|n| (n, 1)).collect(), false),
            (Vec::new(), true),
        ],
        particles: choices,
        transparent: true,
        ..kind("Document", 1)
    };
    let wrapped = TypeDeclaration {
        particles: vec![
            particle("item", Target::Leaf(2), 1, true),
            particle(
                "",
                Target::Any(
                    Admits::Listed(vec![b"urn:b".as_slice().into()]),
                    Process::Strict,
                ),
                1,
                true,
            ),
        ],
        states: vec![(vec![(0, 1), (1, 1)], false), (vec![(0, 1), (1, 1)], true)],
        inline: true,
        ..kind("Wrapped", 0)
    };
    let base = TypeDeclaration {
        text: Some((0, 1)),
        attributes: vec![attribute("a", 7, 1, false)],
        derived: vec![(A, "more".into(), 5)],
        type_name: Some((A, "base".into())),
        is_abstract: true,
        ..kind("Base", 2)
    };
    let more = TypeDeclaration {
        text: Some((0, 1)),
        attributes: vec![attribute("a", 7, 1, false), attribute("b", 9, 2, true)],
        type_name: Some((A, "more".into())),
        any_attributes: true,
        ..kind("More", 3)
    };
    let mixed = TypeDeclaration {
        text: Some((0, TEXT)),
        mixed: true,
        particles: vec![particle(
            "",
            Target::Any(Admits::Any, Process::Lax),
            1,
            true,
        )],
        states: vec![(vec![(0, 0)], true)],
        ..kind("Mixed", 2)
    };
    let any = TypeDeclaration {
        any: true,
        any_attributes: true,
        ..kind("Any", 0)
    };
    vec![
        document,
        all_simples(),
        sequence(),
        wrapped,
        base,
        more,
        mixed,
        any,
    ]
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let global = |ns, local: &str, kind| Global {
        ns,
        local: local.as_bytes().into(),
        kind,
    };
    Plan::new(Declaration {
        name: "fuzz".into(),
        namespaces: NAMESPACES
            .iter()
            .map(|uri| ((*uri).to_owned(), String::new()))
            .collect(),
        types: types(),
        simples: simples(),
        roots: vec![global(A, "doc", 0)],
        globals: vec![
            global(B, "seq", 2),
            global(B, "mixed", 6),
            global(B, "all", 1),
        ],
    })
    .expect("the declaration is sound")
});

fn check(frame: &[u8], role: Role, fail_at: Option<usize>) {
    let limits = Limits::default();
    let mut ledger = Ledger {
        live: Vec::new(),
        fail_at,
    };
    let mut scratch = Scratch::default();
    let outcome = decode(&PLAN, &mut scratch, frame, role, &limits, &mut ledger);
    if let Outcome::Message(message, _) = outcome {
        ledger.take(message);
    }
    assert!(!ledger.live.contains(&true), "a value was lost");
    if let Outcome::Stopped = outcome {
        assert!(fail_at.is_some());
        return;
    }
    let found = faults::find(&PLAN, frame, role, &limits);
    match (&outcome, &found) {
        (Outcome::Message(..), Ok(report)) => {
            assert_eq!(report.findings, [], "taken, yet {role:?}")
        }
        (Outcome::Refused, Ok(report)) => {
            assert_ne!(report.findings, [], "refused without a fault, {role:?}")
        }
        (Outcome::Syntax(error), Err(found)) => assert_eq!(error, found),
        _ => panic!("{outcome:?}, {found:?}"),
    }
}

/// What is remembered of a frame changes nothing when it comes again, whole or cut short.
fn check_again(frame: &[u8], role: Role, cut: usize) {
    let limits = Limits::default();
    let mut ledger = Ledger::default();
    let mut scratch = Scratch::remembering(&PLAN);
    let short = &frame[..frame.len().saturating_sub(cut)];
    let mut seen = Vec::new();
    for _ in 0..12 {
        for frame in [frame, short] {
            let outcome = decode(&PLAN, &mut scratch, frame, role, &limits, &mut ledger);
            seen.push(match outcome {
                Outcome::Message(message, _) => {
                    ledger.take(message);
                    "message".to_owned()
                }
                other => format!("{other:?}"),
            });
        }
    }
    assert!(seen.chunks(2).all(|pair| pair == &seen[..2]), "{seen:?}");
    scratch.forget(&mut ledger);
    assert!(!ledger.live.contains(&true), "a value was lost");
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, frame)) = input.split_first() else {
        return;
    };
    // Documents start with `<`: those of a corpus keep their first octet.
    let frame = if choice == b'<' { input } else { frame };
    for role in [Role::Strict, Role::Server, Role::Client] {
        check(frame, role, None);
        check(frame, role, Some(usize::from(choice % 32)));
        check_again(frame, role, usize::from(choice % 32));
    }
});
