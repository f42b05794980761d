//! Encoding templates: what a content model looks like on the wire, with all fixed octets merged into literals.
//!
//! The bindings run the operations over objects; here is only what depends on the declarations: order, cardinality, tags,
//! and where a namespace has to be declared.
use std::collections::HashMap;

use regwire_xml::{NsId, write};

use crate::build::Constant;
use crate::model::{Model, ModelKind};
use crate::plan::{Admits, Global, Plan, Process, Target, Type};
use crate::simple::Kind;

/// How often the elements of a slot occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurs {
    /// Exactly one; the slot holds the value.
    Once,
    /// One or none; the slot holds the value or nothing.
    Optional,
    /// The slot holds a tuple.
    Many {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
    },
}

/// One step of writing an object.
#[derive(Debug)]
pub enum Op {
    /// Octets as they are.
    Literal(Box<[u8]>),
    /// An attribute; left out when its value is absent or the default.
    Attribute {
        /// Slot of the value.
        slot: u16,
        /// Its simple type.
        simple: u32,
        /// ` name="`.
        open: Box<[u8]>,
        /// It must be there.
        required: bool,
        /// The value that is left out.
        default: Option<Constant>,
        /// For errors.
        name: Box<str>,
    },
    /// An attribute whose value is a name with a prefix, which may have to be declared in front of it.
    Name {
        /// Slot of the value.
        slot: u16,
        /// Its simple type.
        simple: u32,
        /// ` name="`.
        open: Box<[u8]>,
        /// It must be there.
        required: bool,
        /// Namespaces whose prefixes are declared here.
        declared: Box<[NsId]>,
        /// The default namespace here.
        default: NsId,
        /// A prefix that is free here.
        spare: Box<str>,
        /// For errors.
        name: Box<str>,
    },
    /// Ends the start tag.
    EndTag,
    /// The end of the start tag and the text of an element that may be nil.
    Nillable {
        /// Slot of the value, None for nil.
        slot: u16,
        /// Its simple type.
        simple: u32,
        /// ` xsi:nil="true"`, with the declaration of its prefix where it needs one.
        nil: Box<[u8]>,
    },
    /// Text of the element itself.
    Content {
        /// Slot of the value.
        slot: u16,
        /// Its simple type.
        simple: u32,
    },
    /// Elements of simple type.
    Leaf {
        /// Slot of the value or tuple.
        slot: u16,
        /// The simple type.
        simple: u32,
        /// Start tag.
        open: Box<[u8]>,
        /// End tag.
        close: Box<[u8]>,
        /// How often.
        occurs: Occurs,
        /// For errors.
        name: Box<str>,
    },
    /// An element that is there when the slot is true.
    Flag {
        /// Slot of the truth value.
        slot: u16,
        /// The whole element.
        element: Box<[u8]>,
        /// For errors.
        name: Box<str>,
    },
    /// Elements with objects: the class chooses the template.
    Node {
        /// Slot of the object or tuple.
        slot: u16,
        /// (type, template).
        choices: Box<[(u32, u32)]>,
        /// How often.
        occurs: Occurs,
        /// For errors.
        name: Box<str>,
    },
    /// Wildcard content.
    Any {
        /// Slot of the object or tuple.
        slot: u16,
        /// Namespaces allowed.
        admits: Admits,
        /// Whether typed content may stand here.
        process: Process,
        /// Index into [`Templates::any`].
        table: usize,
        /// How often.
        occurs: Occurs,
        /// For errors.
        name: Box<str>,
    },
    /// An element around the content of one slot.
    Wrap {
        /// Slot of the content.
        slot: u16,
        /// Start tag.
        open: Box<[u8]>,
        /// What is inside.
        ops: Box<[Op]>,
        /// End tag.
        close: Box<[u8]>,
        /// It is there even when it is empty.
        required: bool,
        /// For errors.
        name: Box<str>,
    },
    /// The first branch that fits what is there.
    Choice {
        /// The branches.
        branches: Box<[Branch]>,
        /// There may be nothing.
        optional: bool,
        /// All slots of all branches.
        slots: Box<[u16]>,
        /// For errors.
        name: Box<str>,
    },
    /// A repeated sequence: the n-th items of several tuples.
    Zip {
        /// The fields; all tuples are equally long.
        ops: Box<[Op]>,
        /// Their slots.
        slots: Box<[u16]>,
        /// How often at least.
        min: usize,
        /// How often at most.
        max: usize,
        /// For errors.
        name: Box<str>,
    },
}

impl Op {
    /// The slots whose values it writes.
    pub fn slots(&self) -> Vec<u16> {
        match self {
            Self::Literal(_) | Self::EndTag => Vec::new(),
            Self::Attribute { slot, .. }
            | Self::Name { slot, .. }
            | Self::Content { slot, .. }
            | Self::Nillable { slot, .. }
            | Self::Leaf { slot, .. }
            | Self::Flag { slot, .. }
            | Self::Node { slot, .. }
            | Self::Any { slot, .. }
            | Self::Wrap { slot, .. } => vec![*slot],
            Self::Choice { slots, .. } | Self::Zip { slots, .. } => slots.to_vec(),
        }
    }

    /// What errors call it.
    pub fn name(&self) -> String {
        match self {
            Self::Literal(_) | Self::EndTag | Self::Content { .. } | Self::Nillable { .. } => {
                "the element".to_owned()
            }
            Self::Attribute { name, .. }
            | Self::Name { name, .. }
            | Self::Leaf { name, .. }
            | Self::Flag { name, .. }
            | Self::Node { name, .. }
            | Self::Any { name, .. }
            | Self::Wrap { name, .. }
            | Self::Choice { name, .. }
            | Self::Zip { name, .. } => name.to_string(),
        }
    }
}

/// One alternative of a choice.
#[derive(Debug)]
pub struct Branch {
    /// Slots that may be filled.
    pub covers: Box<[u16]>,
    /// Slots that must be filled.
    pub needs: Box<[u16]>,
    /// The model, where the slots alone do not decide.
    pub model: Option<Model>,
    /// How it is written.
    pub ops: Box<[Op]>,
}

/// An element of a type in one namespace scope.
#[derive(Debug)]
pub struct Template {
    /// The type of the object.
    pub kind: u32,
    /// What an error's path calls the element.
    pub name: Box<str>,
    /// The operations, tags included.
    pub ops: Box<[Op]>,
    /// The slots that hold objects or tuples of objects, in the order in which they are written.
    pub objects: Box<[u16]>,
    /// The end tag; with nothing inside, the start tag is closed instead.
    pub close: Box<[u8]>,
}

/// A transparent document: what stands before its element, (type, template) of the elements it may hold, what stands behind.
pub type Shell = (Box<[u8]>, Box<[(u32, u32)]>, Box<[u8]>);

/// How a document is written.
#[derive(Debug)]
pub struct RootTemplate {
    /// The type of the document's class.
    pub kind: u32,
    /// Its template.
    pub template: u32,
    /// Of a transparent document: what stands before and after, and the elements it may hold.
    pub transparent: Option<Shell>,
}

/// Every template of a plan.
#[derive(Debug, Default)]
pub struct Templates {
    /// By number.
    pub templates: Vec<Template>,
    /// Documents.
    pub roots: Vec<RootTemplate>,
    /// For each default namespace that wildcards occur under: template by type, `u32::MAX` for none.
    pub any: Vec<Vec<u32>>,
}

/// Which namespaces are declared where an element stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Scope {
    default: NsId,
    declared: Vec<NsId>,
}

impl Scope {
    fn new(default: NsId) -> Scope {
        Scope {
            default,
            declared: Vec::new(),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    kind: u32,
    ns: NsId,
    local: Box<[u8]>,
    scope: Scope,
    /// The element is declared to be of another type, so that `xsi:type` has to name this one.
    typed: bool,
}

struct Compiler<'a> {
    plan: &'a Plan,
    out: Templates,
    known: HashMap<Key, u32>,
    defaults: Vec<NsId>,
    todo: Vec<(u32, Key)>,
}

impl Templates {
    /// Compiles the templates of a plan; the error names the class that cannot be written.
    pub fn new(plan: &Plan) -> Result<Templates, String> {
        let mut compiler = Compiler {
            plan,
            out: Templates::default(),
            known: HashMap::new(),
            defaults: Vec::new(),
            todo: Vec::new(),
        };
        for root in &plan.roots {
            compiler.root(root)?;
        }
        compiler.drain()?;
        Ok(compiler.out)
    }
}

impl Compiler<'_> {
    fn root(&mut self, root: &Global) -> Result<(), String> {
        let mut scope = Scope::new(NsId::NONE);
        let template = self.template(root.kind, root.ns, &root.local, &scope);
        let kind = self.plan.kind(root.kind);
        let transparent = if kind.transparent {
            let (mut open, close) = self.tags(root.ns, &root.local, &mut scope, &[]);
            open.push(b'>');
            let ops = self.model(kind, kind.model.as_ref(), &scope)?;
            match ops.into_iter().next() {
                Some(Op::Node { choices, .. }) => Some((open.into(), choices, close.into())),
                _ => {
                    return Err(format!(
                        "{}: a transparent document holds one element",
                        kind.name
                    ));
                }
            }
        } else {
            None
        };
        self.out.roots.push(RootTemplate {
            kind: root.kind,
            template,
            transparent,
        });
        Ok(())
    }

    fn drain(&mut self) -> Result<(), String> {
        while let Some((number, key)) = self.todo.pop() {
            let template = self.compile(&key)?;
            self.out.templates[number as usize] = template;
        }
        Ok(())
    }

    fn template(&mut self, kind: u32, ns: NsId, local: &[u8], scope: &Scope) -> u32 {
        self.template_of(kind, ns, local, scope, false)
    }

    fn template_of(
        &mut self,
        kind: u32,
        ns: NsId,
        local: &[u8],
        scope: &Scope,
        typed: bool,
    ) -> u32 {
        let key = Key {
            kind,
            ns,
            local: local.into(),
            scope: scope.clone(),
            typed,
        };
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let number = self.out.templates.len() as u32;
        self.out.templates.push(Template {
            kind,
            name: "".into(),
            ops: Box::default(),
            objects: Box::default(),
            close: Box::default(),
        });
        self.known.insert(key.clone(), number);
        self.todo.push((number, key));
        number
    }

    /// The number of the table of wildcard elements under a default namespace.
    fn any_table(&mut self, default: NsId) -> usize {
        if let Some(place) = self.defaults.iter().position(|have| *have == default) {
            return place;
        }
        let place = self.defaults.len();
        self.defaults.push(default);
        self.out.any.push(vec![u32::MAX; self.plan.types.len()]);
        for global in &self.plan.globals {
            let number = self.template(global.kind, global.ns, &global.local, &Scope::new(default));
            self.out.any[place][global.kind as usize] = number;
        }
        place
    }

    /// Start tag without its `>`, and end tag; declares in `scope` what has to be declared.
    fn tags(&self, ns: NsId, local: &[u8], scope: &mut Scope, also: &[NsId]) -> (Vec<u8>, Vec<u8>) {
        let mut name = Vec::new();
        let mut declarations = Vec::new();
        let prefix = self.prefix(ns);
        if prefix.is_empty() {
            if scope.default != ns {
                write::binding(&mut declarations, b"", self.uri(ns));
                scope.default = ns;
            }
        } else {
            name.extend_from_slice(prefix.as_bytes());
            name.push(b':');
            self.declare(ns, scope, &mut declarations);
        }
        name.extend_from_slice(local);
        for other in also {
            self.declare(*other, scope, &mut declarations);
        }
        let open = [b"<", &*name, &*declarations].concat();
        let close = [b"</", &*name, b">"].concat();
        (open, close)
    }

    fn declare(&self, ns: NsId, scope: &mut Scope, out: &mut Vec<u8>) {
        if ns.index().is_some() && !scope.declared.contains(&ns) && !self.prefix(ns).is_empty() {
            write::binding(out, self.prefix(ns).as_bytes(), self.uri(ns));
            scope.declared.push(ns);
            scope.declared.sort_unstable();
        }
    }

    fn prefix(&self, ns: NsId) -> &str {
        if ns == NsId::XML {
            return "xml";
        }
        ns.index()
            .and_then(|index| self.plan.namespaces.get(index))
            .map_or("", |(_, prefix)| prefix)
    }

    fn uri(&self, ns: NsId) -> &[u8] {
        ns.index()
            .and_then(|index| self.plan.namespaces.get(index))
            .map_or(b"", |(uri, _)| uri.as_bytes())
    }

    fn compile(&mut self, key: &Key) -> Result<Template, String> {
        let plan = self.plan;
        let kind = plan.kind(key.kind);
        let mut scope = key.scope.clone();
        let qualified: Vec<NsId> = kind
            .attributes
            .iter()
            .map(|attribute| attribute.ns)
            .collect();
        let (mut open, close) = self.tags(key.ns, &key.local, &mut scope, &qualified);
        if key.typed
            && let Some(name) = self.type_attribute(kind, &mut scope, &mut open)
        {
            open.extend_from_slice(&name);
        }
        let mut ops = vec![Op::Literal(open.into())];
        for attribute in &kind.attributes {
            let prefix = self.prefix(attribute.ns);
            let local = String::from_utf8_lossy(&attribute.local);
            let name = if prefix.is_empty() {
                local.into_owned()
            } else {
                format!("{prefix}:{local}")
            };
            let open = format!(" {name}=\"").into_bytes().into();
            let shown = format!("@{name}").into();
            if plan.simples[attribute.simple as usize].kind == Kind::QName {
                ops.push(Op::Name {
                    slot: attribute.slot,
                    simple: attribute.simple,
                    open,
                    required: attribute.required,
                    declared: scope.declared.clone().into(),
                    default: scope.default,
                    spare: self.spare_prefix(),
                    name: shown,
                });
                continue;
            }
            ops.push(Op::Attribute {
                slot: attribute.slot,
                simple: attribute.simple,
                open,
                required: attribute.required,
                default: attribute.default,
                name: shown,
            });
        }
        let content = self.model(kind, kind.model.as_ref(), &scope)?;
        if let Some((slot, simple)) = kind.text
            && kind.nillable
        {
            let mut nil = Vec::new();
            self.declare(crate::plan::XSI, &mut scope, &mut nil);
            nil.extend_from_slice(b" xsi:nil=\"true\"");
            ops.push(Op::Nillable {
                slot,
                simple,
                nil: nil.into(),
            });
        } else if content.iter().any(always_writes) {
            literal(&mut ops, b">");
        } else {
            ops.push(Op::EndTag);
        }
        if let Some((slot, simple)) = kind.text
            && !kind.nillable
        {
            ops.push(Op::Content { slot, simple });
        }
        for op in content {
            join(&mut ops, op);
        }
        let name = plan.display(key.ns, &key.local).into();
        let objects = ops.iter().filter_map(|op| match op {
            Op::Node { slot, .. } => Some(*slot),
            _ => None,
        });
        Ok(Template {
            kind: key.kind,
            name,
            objects: objects.collect(),
            ops: ops.into(),
            close: close.into(),
        })
    }

    /// A prefix that no namespace of the schema has.
    fn spare_prefix(&self) -> Box<str> {
        let mut prefix = "q".to_owned();
        while self
            .plan
            .namespaces
            .iter()
            .any(|(_, have)| **have == *prefix)
        {
            prefix.push('q');
        }
        prefix.into()
    }

    /// ` xsi:type="…"` of a type that is known by it.
    fn type_attribute(
        &self,
        kind: &Type,
        scope: &mut Scope,
        open: &mut Vec<u8>,
    ) -> Option<Vec<u8>> {
        let (ns, local) = kind.type_name.as_ref()?;
        self.declare(crate::plan::XSI, scope, open);
        self.declare(*ns, scope, open);
        let prefix = self.prefix(*ns);
        let colon: &[u8] = if prefix.is_empty() { b"" } else { b":" };
        Some([b" xsi:type=\"", prefix.as_bytes(), colon, local, b"\""].concat())
    }

    fn model(
        &mut self,
        kind: &Type,
        model: Option<&Model>,
        scope: &Scope,
    ) -> Result<Vec<Op>, String> {
        let mut ops = Vec::new();
        if let Some(model) = model {
            self.part(kind, model, scope, &mut ops)?;
        }
        Ok(ops)
    }

    fn part(
        &mut self,
        kind: &Type,
        model: &Model,
        scope: &Scope,
        ops: &mut Vec<Op>,
    ) -> Result<(), String> {
        let repeated = model.kind != ModelKind::Field && model.max != Some(1);
        match model.kind {
            ModelKind::Field => self.field(kind, model, scope, ops),
            ModelKind::Sequence if repeated => {
                let op = self.zip(kind, model, scope)?;
                ops.push(op);
                Ok(())
            }
            ModelKind::Choice if repeated => {
                for item in &model.items {
                    if item.kind != ModelKind::Field {
                        return Err(format!(
                            "{}: a repeated choice is between fields only",
                            kind.name
                        ));
                    }
                    let free = Model {
                        min: 0,
                        max: None,
                        ..item.clone()
                    };
                    self.field(kind, &free, scope, ops)?;
                }
                Ok(())
            }
            ModelKind::Sequence if model.min == 1 => {
                for item in &model.items {
                    self.part(kind, item, scope, ops)?;
                }
                Ok(())
            }
            ModelKind::Sequence | ModelKind::Choice => {
                let op = self.choice(kind, model, scope)?;
                ops.push(op);
                Ok(())
            }
        }
    }

    fn choice(&mut self, kind: &Type, model: &Model, scope: &Scope) -> Result<Op, String> {
        let mut branches = Vec::new();
        let whole = [Model {
            min: 1,
            ..model.clone()
        }];
        let items = if model.kind == ModelKind::Choice {
            &model.items[..]
        } else {
            &whole[..]
        };
        for item in items {
            let mut covers = Vec::new();
            item.slots(&mut covers);
            let mut ops = Vec::new();
            self.part(kind, item, scope, &mut ops)?;
            branches.push(Branch {
                covers: covers.into(),
                needs: item.needed().into(),
                model: item.is_nested().then(|| item.clone()),
                ops: ops.into(),
            });
        }
        let optional = model.fits(&[]);
        let mut slots = Vec::new();
        model.slots(&mut slots);
        slots.sort_unstable();
        slots.dedup();
        let name = names(kind, &slots);
        Ok(Op::Choice {
            branches: branches.into(),
            optional,
            slots: slots.into(),
            name,
        })
    }

    fn zip(&mut self, kind: &Type, model: &Model, scope: &Scope) -> Result<Op, String> {
        let mut ops = Vec::new();
        let mut slots = Vec::new();
        for item in &model.items {
            let single = item.kind == ModelKind::Field && item.min == 1 && item.max == Some(1);
            let repeats = item.kind == ModelKind::Field
                && item
                    .particles
                    .iter()
                    .all(|p| kind.particles[usize::from(*p)].list);
            if !repeats || !(single || item.max.is_none()) {
                return Err(format!(
                    "{}: a repeated sequence is of tuple fields",
                    kind.name
                ));
            }
            slots.push(item.slot);
            let once = Model {
                min: 1,
                max: Some(1),
                ..item.clone()
            };
            self.field(kind, &once, scope, &mut ops)?;
        }
        for op in &mut ops {
            if let Op::Leaf { occurs, .. } | Op::Node { occurs, .. } | Op::Any { occurs, .. } = op {
                *occurs = Occurs::Once;
            }
        }
        let max = model.max.map_or(usize::MAX, |max| max as usize);
        let name = names(kind, &slots);
        Ok(Op::Zip {
            ops: ops.into(),
            slots: slots.into(),
            min: model.min as usize,
            max,
            name,
        })
    }

    fn field(
        &mut self,
        kind: &Type,
        model: &Model,
        scope: &Scope,
        ops: &mut Vec<Op>,
    ) -> Result<(), String> {
        let plan = self.plan;
        let slot = model.slot;
        let Some(&first) = model.particles.first() else {
            return Ok(());
        };
        let particle = &kind.particles[usize::from(first)];
        let occurs = if particle.list {
            Occurs::Many {
                min: model.min as usize,
                max: model.max.map_or(usize::MAX, |max| max as usize),
            }
        } else if model.min == 0 {
            Occurs::Optional
        } else {
            Occurs::Once
        };
        let mut inner = scope.clone();
        let name: Box<str> = plan.display(particle.ns, &particle.local).into();
        let op = match &particle.target {
            Target::Leaf(simple) => {
                let (mut open, close) = self.tags(particle.ns, &particle.local, &mut inner, &[]);
                open.push(b'>');
                Op::Leaf {
                    slot,
                    simple: *simple,
                    open: open.into(),
                    close: close.into(),
                    occurs,
                    name,
                }
            }
            Target::Flag(_) => {
                let (mut element, _) = self.tags(particle.ns, &particle.local, &mut inner, &[]);
                element.extend_from_slice(b"/>");
                Op::Flag {
                    slot,
                    element: element.into(),
                    name,
                }
            }
            Target::Node(_) => {
                let choices = self.choices(kind, &model.particles, scope);
                Op::Node {
                    slot,
                    choices,
                    occurs,
                    name,
                }
            }
            Target::Any(admits, process) => {
                let table = self.any_table(scope.default);
                let name = kind
                    .fields
                    .get(usize::from(slot))
                    .cloned()
                    .unwrap_or_else(|| "*".into());
                Op::Any {
                    slot,
                    admits: admits.clone(),
                    process: *process,
                    table,
                    occurs,
                    name,
                }
            }
            Target::Wrap(inside) => {
                let (mut open, close) = self.tags(particle.ns, &particle.local, &mut inner, &[]);
                open.push(b'>');
                let declared = plan.kind(*inside);
                let content = self.model(declared, declared.model.as_ref(), &inner)?;
                Op::Wrap {
                    slot,
                    open: open.into(),
                    ops: content.into(),
                    close: close.into(),
                    required: model.min > 0,
                    name,
                }
            }
        };
        ops.push(op);
        Ok(())
    }

    /// Templates of everything that may stand in a field, derived types included.
    fn choices(&mut self, kind: &Type, particles: &[u16], scope: &Scope) -> Box<[(u32, u32)]> {
        let plan = self.plan;
        let mut choices = Vec::new();
        for particle in particles {
            let particle = &kind.particles[usize::from(*particle)];
            let Target::Node(own) = particle.target else {
                continue;
            };
            let derived = plan.kind(own).derived.iter().map(|derived| derived.2);
            for member in std::iter::once(own).chain(derived) {
                if !plan.kind(member).is_abstract {
                    choices.push((
                        member,
                        self.template_of(
                            member,
                            particle.ns,
                            &particle.local,
                            scope,
                            member != own,
                        ),
                    ));
                }
            }
        }
        choices.into()
    }
}

/// The operation writes something whenever it does not fail.
fn always_writes(op: &Op) -> bool {
    match op {
        Op::Literal(octets) => !octets.is_empty(),
        Op::Wrap { required, .. } => *required,
        Op::Leaf { occurs, .. } | Op::Node { occurs, .. } => match occurs {
            Occurs::Once => true,
            Occurs::Optional => false,
            Occurs::Many { min, .. } => *min > 0,
        },
        _ => false,
    }
}

/// Adds fixed octets, to those before if there are any.
fn literal(ops: &mut Vec<Op>, octets: &[u8]) {
    if let Some(Op::Literal(before)) = ops.last_mut() {
        *before = [&**before, octets].concat().into();
    } else {
        ops.push(Op::Literal(octets.into()));
    }
}

/// Adds an operation; fixed octets before a start tag that is always there become part of it.
fn join(ops: &mut Vec<Op>, mut op: Op) {
    if let Op::Leaf {
        open,
        occurs: Occurs::Once,
        ..
    } = &mut op
        && let Some(Op::Literal(before)) = ops.last()
    {
        *open = [&**before, &**open].concat().into();
        ops.pop();
    }
    ops.push(op);
}

fn names(kind: &Type, slots: &[u16]) -> Box<str> {
    let of = |slot: &u16| kind.fields.get(usize::from(*slot)).map_or("?", |name| name);
    slots.iter().map(of).collect::<Vec<_>>().join("|").into()
}
