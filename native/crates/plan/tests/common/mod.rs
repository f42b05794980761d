//! A small schema that uses every feature of the plan, for tests and for fuzzing.
use regwire_plan::simple::{Bound, SimpleDeclaration};
use regwire_plan::{
    Admits, Attribute, Constant, Declaration, Global, Marker, Model, ModelKind, Particle, Plan,
    Process, Target, TypeDeclaration,
};
use regwire_xml::{NsId, XSI_NAMESPACE};

const P: NsId = NsId(1);
const D: NsId = NsId(2);

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

fn particle(ns: NsId, local: &str, target: Target, slot: u16, list: bool) -> Particle {
    Particle {
        ns,
        local: local.as_bytes().into(),
        target,
        slot,
        list,
        marker: None,
    }
}

fn any(admits: Admits, process: Process, slot: u16, list: bool) -> Particle {
    particle(NsId::NONE, "", Target::Any(admits, process), slot, list)
}

fn field(particles: &[u16], slot: u16, min: u32, max: Option<u32>) -> Model {
    Model {
        kind: ModelKind::Field,
        min,
        max,
        items: Vec::new(),
        particles: particles.to_vec(),
        slot,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "as the field it fills")]
fn sequence(items: Vec<Model>) -> Option<Model> {
    Some(Model {
        kind: ModelKind::Sequence,
        min: 1,
        max: Some(1),
        items,
        particles: Vec::new(),
        slot: 0,
    })
}

type States = Vec<(Vec<(u16, u16)>, bool)>;

fn kind(name: &str, fields: &[&str], particles: Vec<Particle>, states: States) -> TypeDeclaration {
    TypeDeclaration {
        name: name.into(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        attributes: Vec::new(),
        any_attributes: false,
        text: None,
        mixed: false,
        any: false,
        particles,
        states,
        model: None,
        derived: Vec::new(),
        type_name: None,
        is_abstract: false,
        transparent: false,
        nillable: false,
        inline: false,
    }
}

fn empty() -> States {
    vec![(Vec::new(), true)]
}

/// The simple types, by the numbers that the types below use.
fn simples() -> Vec<SimpleDeclaration> {
    let bound = |numeral: &str| {
        Some(Bound {
            numeral: numeral.into(),
            exclusive: false,
        })
    };
    let word = |text: &str, constant: Constant| (text.to_owned(), constant);
    vec![
        SimpleDeclaration {
            min_length: 1,
            max_length: Some(8),
            type_name: Some(("urn:d".into(), "short".into())),
            ..simple("token")
        },
        SimpleDeclaration {
            low: bound("1"),
            high: bound("99"),
            ..simple("integer")
        },
        SimpleDeclaration {
            enumeration: vec![word("y", 0), word("m", 1)],
            ..simple("token")
        },
        simple("dateTime"),
        SimpleDeclaration {
            patterns: vec![r"(\w|_){1,80}-\w{1,8}".into()],
            secret: true,
            ..simple("normalizedString")
        },
        simple("base64Binary"),
        SimpleDeclaration {
            item: Some(1),
            ..simple("list")
        },
        simple("decimal"),
        simple("string"),
        simple("boolean"),
        simple("duration"),
        simple("hexBinary"),
        simple("anyURI"),
        simple("language"),
        simple("date"),
        SimpleDeclaration {
            enumeration: vec![word("ANY", 0)],
            ..simple("QName")
        },
    ]
}

/// 0: the document.
fn document() -> TypeDeclaration {
    let mut object = any(Admits::Other(P), Process::Strict, 0, false);
    object.marker = Some(Marker::Object);
    let mut id = particle(P, "clTRID", Target::Leaf(0), 3, false);
    id.marker = Some(Marker::ClTrid);
    let wrap = particle(P, "extension", Target::Wrap(1), 1, true);
    let flag = particle(P, "flag", Target::Flag(true), 2, false);
    let states = vec![
        (vec![(0, 1)], false),
        (vec![(1, 2), (2, 3), (3, 4)], true),
        (vec![(2, 3), (3, 4)], true),
        (vec![(3, 4)], true),
        (Vec::new(), true),
    ];
    let model = sequence(vec![
        field(&[0], 0, 1, Some(1)),
        field(&[1], 1, 0, Some(1)),
        field(&[2], 2, 0, Some(1)),
        field(&[3], 3, 0, Some(1)),
    ]);
    TypeDeclaration {
        model,
        ..kind(
            "Document",
            &["object", "extension", "flag", "id"],
            vec![object, wrap, flag, id],
            states,
        )
    }
}

/// 1: the inside of its extension wrapper.
fn extension() -> TypeDeclaration {
    let particles = vec![any(Admits::Other(P), Process::Lax, 1, true)];
    let states = vec![(vec![(0, 1)], false), (vec![(0, 1)], true)];
    let model = Some(field(&[0], 1, 1, None));
    TypeDeclaration {
        inline: true,
        model,
        ..kind("Document.extension", &[], particles, states)
    }
}

/// 2: an object with attributes, repeated and optional children, a choice, mixed and derived content.
fn names() -> TypeDeclaration {
    let particles = vec![
        particle(D, "name", Target::Leaf(0), 0, true),
        particle(D, "period", Target::Node(3), 1, false),
        particle(D, "when", Target::Leaf(3), 2, false),
        particle(D, "roid", Target::Leaf(4), 3, false),
        particle(D, "note", Target::Node(4), 4, false),
        particle(D, "who", Target::Node(5), 5, true),
        particle(D, "key", Target::Leaf(5), 6, false),
        particle(D, "days", Target::Leaf(6), 7, false),
    ];
    let tail = |from: u16| -> Vec<(u16, u16)> {
        [(4, 3), (5, 4), (6, 5), (7, 6)]
            .into_iter()
            .filter(|(edge, _)| *edge >= from)
            .collect()
    };
    let after = |state: u16| -> Vec<(u16, u16)> {
        [vec![(1, 7), (2, 2), (3, 2)], tail(4), vec![(0, state)]].concat()
    };
    let states = vec![
        (vec![(0, 1)], false),
        (after(1), true),
        (tail(4), true),
        (tail(5), true),
        ([vec![(5, 4)], tail(6)].concat(), true),
        (tail(7), true),
        (Vec::new(), true),
        ([vec![(2, 2), (3, 2)], tail(4)].concat(), true),
    ];
    let mut attribute = Attribute::new(NsId::NONE, "kind", 2, 8);
    attribute.required = true;
    let lang = Attribute::new(NsId::XML, "lang", 13, 9);
    let fields = [
        "name", "period", "when", "roid", "note", "who", "key", "days", "kind", "lang",
    ];
    TypeDeclaration {
        attributes: vec![attribute, lang],
        ..kind("Names", &fields, particles, states)
    }
}

/// 3 to 7: simple content, mixed content, an abstract type and two derived ones.
fn others() -> [TypeDeclaration; 5] {
    let period = TypeDeclaration {
        text: Some((0, 1)),
        attributes: vec![Attribute::new(NsId::NONE, "unit", 2, 1)],
        ..kind("Period", &["value", "unit"], Vec::new(), empty())
    };
    let note = TypeDeclaration {
        text: Some((0, 8)),
        mixed: true,
        any_attributes: true,
        ..kind(
            "Note",
            &["text", "parts"],
            vec![any(Admits::Any, Process::Skip, 1, true)],
            vec![(vec![(0, 0)], true)],
        )
    };
    let name = || particle(D, "name", Target::Leaf(0), 0, false);
    let entity = TypeDeclaration {
        is_abstract: true,
        derived: vec![(D, "person".into(), 6), (D, "firm".into(), 7)],
        type_name: Some((D, "entity".into())),
        ..kind(
            "Entity",
            &["name"],
            vec![name()],
            vec![(vec![(0, 1)], false), (Vec::new(), true)],
        )
    };
    let person = TypeDeclaration {
        type_name: Some((D, "person".into())),
        attributes: vec![Attribute::new(NsId::NONE, "id", 1, 1)],
        ..kind(
            "Person",
            &["name", "id"],
            vec![name()],
            vec![(vec![(0, 1)], false), (Vec::new(), true)],
        )
    };
    let values = [7, 9, 10, 11, 12, 14].into_iter().enumerate();
    let mut particles = vec![name()];
    let mut states = vec![(vec![(0, 1)], false)];
    for (place, number) in values {
        let place = place as u16;
        let local = ["price", "ok", "span", "hex", "uri", "day"][usize::from(place)];
        particles.push(particle(D, local, Target::Leaf(number), place + 1, false));
        states.push(((place + 1..7).map(|edge| (edge, edge + 1)).collect(), true));
    }
    states.push((Vec::new(), true));
    let firm = TypeDeclaration {
        type_name: Some((D, "firm".into())),
        ..kind(
            "Firm",
            &["name", "price", "ok", "span", "hex", "uri", "day"],
            particles,
            states,
        )
    };
    [period, note, entity, person, firm]
}

/// 8 and 9: children in any order, a name with a prefix, and what may be nil.
fn sundry() -> [TypeDeclaration; 2] {
    let particles = vec![
        particle(D, "one", Target::Leaf(0), 0, false),
        particle(D, "two", Target::Node(9), 1, false),
        particle(D, "three", Target::Flag(false), 2, false),
    ];
    let states = vec![((0..3).map(|edge| (edge, 0)).collect(), true)];
    let items = (0..3).map(|place| field(&[place], place, 1, Some(1)));
    let sundry = TypeDeclaration {
        attributes: vec![Attribute::new(P, "ref", 15, 3)],
        model: Some(Model {
            kind: ModelKind::Choice,
            min: 0,
            max: None,
            items: items.collect(),
            particles: Vec::new(),
            slot: 0,
        }),
        ..kind("Sundry", &["one", "two", "three", "ref"], particles, states)
    };
    let maybe = TypeDeclaration {
        text: Some((0, 1)),
        nillable: true,
        type_name: Some((D, "maybe".into())),
        attributes: vec![Attribute::new(NsId::NONE, "why", 0, 1)],
        ..kind("Maybe", &["value", "why"], Vec::new(), empty())
    };
    [sundry, maybe]
}

/// The schema.
pub fn plan() -> Plan {
    let mut types = vec![document(), extension(), names()];
    types.extend(others());
    types.extend(sundry());
    let namespace =
        |uri: &[u8], prefix: &str| (String::from_utf8_lossy(uri).into_owned(), prefix.to_owned());
    let global = |ns, local: &str, kind| Global {
        ns,
        local: local.as_bytes().into(),
        kind,
    };
    Plan::new(Declaration {
        name: "sample".into(),
        namespaces: vec![
            namespace(XSI_NAMESPACE, "xsi"),
            namespace(b"urn:p", ""),
            namespace(b"urn:d", "d"),
        ],
        types,
        simples: simples(),
        roots: vec![global(P, "doc", 0)],
        globals: vec![
            global(D, "names", 2),
            global(D, "note", 4),
            global(D, "sundry", 8),
        ],
    })
    .expect("the sample is right")
}

/// Right frames of the schema.
pub const FRAMES: [&str; 4] = [
    concat!(
        r#"<doc xmlns="urn:p"><d:names xmlns:d="urn:d" kind="y" xml:lang="en"><d:name>a.exam</d:name><d:name> b </d:name>"#,
        r#"<d:period unit="m">12</d:period><d:when>2025-01-02T03:04:05.678Z</d:when>"#,
        r#"<d:note x="1">text <b/> more</d:note></d:names><clTRID>ABC-1</clTRID></doc>"#
    ),
    concat!(
        r#"<?xml version="1.0"?><p:doc xmlns:p="urn:p" xmlns="urn:d" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">"#,
        r#"<names kind="m"><name>é</name><roid>EX_1-REP</roid><who xsi:type="person" id="7"><name>n</name></who>"#,
        r#"<who id2="" xsi:type="firm"><name>n</name><price>1.50</price><ok>true</ok><span>P1Y</span><hex>0aFf</hex>"#,
        r#"<uri>urn:x</uri><day>2024-02-29Z</day></who><key> Zg = = </key><days>1 2 3</days></names>"#,
        r#"<p:extension><note>n</note><u:x xmlns:u="urn:u"><u:y/></u:x></p:extension><p:flag/></p:doc>"#
    ),
    r#"<doc xmlns="urn:p"><note xmlns="urn:d"><![CDATA[<]]>&amp;<!-- c --></note><flag>any<thing/></flag></doc>"#,
    concat!(
        r#"<p:doc xmlns:p="urn:p" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><d:sundry xmlns:d="urn:d" p:ref=" d:x">"#,
        r#"<d:three/><d:two why="1" xsi:nil="true" xsi:type="d:maybe"/><d:one>1</d:one></d:sundry></p:doc>"#
    ),
];
