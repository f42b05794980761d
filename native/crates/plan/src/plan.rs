//! The compiled form of a schema: what decoding, fault finding and encoding share.
use std::sync::atomic::{AtomicU64, Ordering};

use regwire_xml::{Names, NsId, key8, same};

use crate::build::Constant;
use crate::model::Model;
use crate::simple::{Kind, Simple, SimpleDeclaration, built_in, derived_from};

/// How a reader treats what the XML schema refuses (`regwire.schema.roles` lists it for users).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// As the XML schema.
    #[default]
    Strict,
    /// As strict; besides, nothing may be inside elements without a type.
    Server,
    /// Children in any order, undeclared content raw, texts of any length, mixed content without its elements.
    Client,
}

/// Which part of a refused frame a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// The command element.
    Command,
    /// The command's object element.
    Object,
    /// The extensions.
    Extension,
    /// The client's transaction identifier.
    ClTrid,
    /// Login's version.
    LoginVersion,
    /// Login's language.
    LoginLang,
}

impl Marker {
    /// Finds a marker by its name in declarations.
    pub fn from_name(name: &str) -> Option<Marker> {
        Some(match name {
            "command" => Marker::Command,
            "object" => Marker::Object,
            "extension" => Marker::Extension,
            "cl_trid" => Marker::ClTrid,
            "login_version" => Marker::LoginVersion,
            "login_lang" => Marker::LoginLang,
            _ => return None,
        })
    }
}

/// processContents of a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// Must be declared (role client: else raw).
    Strict,
    /// Typed if declared, else raw.
    Lax,
    /// Always raw.
    Skip,
    /// Role server: raw, unless it is declared somewhere; a fault in the others. What is declared for this place wins.
    Stranger,
}

/// Which namespaces a wildcard admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admits {
    /// All.
    Any,
    /// Every namespace but this one, and not none.
    Other(NsId),
    /// These; `##local` is no namespace.
    Listed(Vec<Box<[u8]>>),
}

/// What an element in a content model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A value of a simple type.
    Leaf(u32),
    /// An object of a type.
    Node(u32),
    /// A wrapper whose content fills slots of the object around it.
    Wrap(u32),
    /// Presence; `true`: anything may be inside.
    Flag(bool),
    /// A wildcard.
    Any(Admits, Process),
}

/// An element that may occur in a type.
#[derive(Debug, Clone)]
pub struct Particle {
    /// Its namespace (unused for wildcards).
    pub ns: NsId,
    /// Its local name (unused for wildcards).
    pub local: Box<[u8]>,
    /// What it is.
    pub target: Target,
    /// The slot its value goes to.
    pub slot: u16,
    /// The slot collects a tuple.
    pub list: bool,
    /// What faults should know it as.
    pub marker: Option<Marker>,
}

/// An attribute of a type.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its namespace, usually none.
    pub ns: NsId,
    /// Its name.
    pub local: Box<[u8]>,
    pub(crate) key: u64,
    /// Its simple type.
    pub simple: u32,
    /// The slot its value goes to.
    pub slot: u16,
    /// It must be there.
    pub required: bool,
    /// Value that is left out on encoding.
    pub default: Option<Constant>,
    /// What faults should know it as.
    pub marker: Option<Marker>,
}

/// A transition of an automaton, laid out to be compared in one go.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    pub(crate) key: u64,
    pub(crate) ns: NsId,
    pub(crate) length: u16,
    /// Index into the type's particles.
    pub particle: u16,
    /// The next state.
    pub next: u16,
}

/// A state of an automaton.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub(crate) first: u16,
    /// Edges by name; those of wildcards follow them.
    pub(crate) named: u16,
    pub(crate) wild: u16,
    /// The content may end here.
    pub is_final: bool,
}

/// A complex type, or the inside of a wrapper.
#[derive(Debug)]
pub struct Type {
    /// Name of the class, for errors.
    pub name: Box<str>,
    /// How many slots an object of it has.
    pub slots: u16,
    /// Names of the slots' fields, for errors.
    pub fields: Vec<Box<str>>,
    /// Attributes, those of base types first.
    pub attributes: Vec<Attribute>,
    /// Bits of the attributes that must be there.
    pub required: u64,
    /// Attributes that nobody declared are accepted.
    pub any_attributes: bool,
    /// Slot and simple type of the text.
    pub text: Option<(u16, u32)>,
    /// Text may stand between the children.
    pub mixed: bool,
    /// Anything may be inside, and nothing of it is kept.
    pub any: bool,
    /// The elements that may occur.
    pub particles: Vec<Particle>,
    /// The automaton; state 0 starts.
    pub states: Vec<State>,
    /// The number of state 0 among those of all automata.
    pub(crate) first_state: usize,
    /// Edges of all states.
    pub edges: Vec<Edge>,
    /// The content model, for encoding.
    pub model: Option<Model>,
    /// Types that `xsi:type` may choose.
    pub derived: Vec<(NsId, Box<[u8]>, u32)>,
    /// Name of the type itself for `xsi:type`.
    pub type_name: Option<(NsId, Box<[u8]>)>,
    /// Only derived types may occur.
    pub is_abstract: bool,
    /// The document hands out its only field instead of itself.
    pub transparent: bool,
    /// `xsi:nil` may say that there is no value: then the text's slot stays empty.
    pub nillable: bool,
    /// Slots that must be filled whatever the order of children is (role client).
    pub(crate) needed: Vec<u16>,
    /// Attributes need a second look when all of them were seen.
    pub(crate) special: bool,
    /// The inside of a wrapper.
    pub(crate) inline: bool,
    /// Nothing at all may be inside.
    pub(crate) empty: bool,
    /// Slots that collect tuples.
    pub(crate) tuples: Vec<u16>,
    /// The slot of the client's transaction identifier.
    pub identifier: Option<u16>,
}

/// The slot of the client's transaction identifier.
fn identifier(particles: &[Particle]) -> Option<u16> {
    let marked = particles
        .iter()
        .find(|particle| particle.marker == Some(Marker::ClTrid));
    marked.map(|particle| particle.slot)
}

/// Counts plans, from 1 on.
static PLANS: AtomicU64 = AtomicU64::new(1);

/// A declared global element.
#[derive(Debug, Clone)]
pub struct Global {
    /// Its namespace.
    pub ns: NsId,
    /// Its local name.
    pub local: Box<[u8]>,
    /// Its type.
    pub kind: u32,
}

/// A compiled schema.
#[derive(Debug)]
pub struct Plan {
    /// What the schema is called.
    pub name: Box<str>,
    /// Namespaces by number; 0 is that of `xsi:type`.
    pub names: Names,
    /// (URI, prefix) by number.
    pub namespaces: Vec<(Box<str>, Box<str>)>,
    /// Types by number.
    pub types: Vec<Type>,
    /// Simple types by number: the declared ones, then the built-in ones that `xsi:type` may choose instead.
    pub simples: Vec<Simple>,
    /// Which of them may be chosen (second) in place of which (first).
    narrower: Vec<(u32, u32)>,
    /// Elements that may be the document.
    pub roots: Vec<Global>,
    /// Elements that wildcards may meet.
    pub globals: Vec<Global>,
    /// Open addressing over `globals`: index plus one.
    table: Vec<u16>,
    /// States of all automata.
    pub(crate) states: usize,
    /// No other plan of this process has the same.
    pub(crate) identity: u64,
}

/// Number of the namespace of `xsi:type` in every plan.
pub const XSI: NsId = NsId(0);

/// A type as it is declared; see [`Type`] for the fields' meaning.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are those of Type")]
pub struct TypeDeclaration {
    pub name: String,
    pub fields: Vec<String>,
    pub attributes: Vec<Attribute>,
    pub any_attributes: bool,
    pub text: Option<(u16, u32)>,
    pub mixed: bool,
    pub any: bool,
    pub particles: Vec<Particle>,
    /// Edges (particle, next state), and whether the content may end.
    pub states: Vec<(Vec<(u16, u16)>, bool)>,
    pub model: Option<Model>,
    pub derived: Vec<(NsId, String, u32)>,
    pub type_name: Option<(NsId, String)>,
    pub is_abstract: bool,
    pub transparent: bool,
    pub nillable: bool,
    pub inline: bool,
}

/// A whole schema as it is declared.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are those of Plan")]
pub struct Declaration {
    pub name: String,
    pub namespaces: Vec<(String, String)>,
    pub types: Vec<TypeDeclaration>,
    pub simples: Vec<SimpleDeclaration>,
    pub roots: Vec<Global>,
    pub globals: Vec<Global>,
}

impl Attribute {
    /// An attribute; its comparison key is derived.
    pub fn new(ns: NsId, local: &str, simple: u32, slot: u16) -> Attribute {
        let key = key8(local.as_bytes(), 0, local.len());
        Attribute {
            ns,
            local: local.as_bytes().into(),
            key,
            simple,
            slot,
            required: false,
            default: None,
            marker: None,
        }
    }
}

/// Adds the built-in types that are derived from declared ones; gives which may stand for which.
fn narrow(simples: &mut Vec<Simple>) -> Result<Vec<(u32, u32)>, String> {
    let mut narrower = Vec::new();
    let mut places: Vec<(&'static str, u32)> = Vec::new();
    for own in 0..simples.len() {
        let names = simples[own]
            .built_in_name()
            .map_or_else(Vec::new, derived_from);
        for name in names {
            let known = places.iter().find(|(known, _)| *known == name);
            let place = if let Some((_, place)) = known {
                *place
            } else {
                let place = u32::try_from(simples.len()).map_err(|_| "too many types")?;
                simples.push(built_in(name)?);
                places.push((name, place));
                place
            };
            narrower.push((u32::try_from(own).map_err(|_| "too many types")?, place));
        }
    }
    Ok(narrower)
}

impl Plan {
    /// The simple type that `xsi:type` names for a value of the type `own`: that one, or a built-in one derived from it.
    pub(crate) fn chosen_simple(&self, own: u32, uri: &[u8], local: &[u8]) -> Option<u32> {
        let is_named = |simple: u32| self.simples[simple as usize].is_named(uri, local);
        if is_named(own) {
            return Some(own);
        }
        self.narrower
            .iter()
            .find(|(of, narrow)| *of == own && is_named(*narrow))
            .map(|found| found.1)
    }

    /// Compiles a declaration; the error names the class and what is wrong with it.
    pub fn new(declared: Declaration) -> Result<Plan, String> {
        let mut simples = declared
            .simples
            .into_iter()
            .map(Simple::new)
            .collect::<Result<Vec<_>, _>>()?;
        let narrower = narrow(&mut simples)?;
        let mut types = declared
            .types
            .into_iter()
            .map(Type::new)
            .collect::<Result<Vec<Type>, _>>()?;
        // Attributes that came before an `xsi:type` are looked at when it has chosen.
        let chosen: Vec<usize> = types
            .iter()
            .flat_map(|kind| kind.derived.iter().map(|derived| derived.2 as usize))
            .collect();
        for place in chosen {
            if let Some(kind) = types.get_mut(place) {
                kind.special = true;
            }
        }
        let mut states = 0;
        for kind in &mut types {
            kind.first_state = states;
            states += kind.states.len();
        }
        if declared.globals.len() > 0x7FFF || types.len() > 0x7FFF {
            return Err("too many classes".into());
        }
        let mut plan = Plan {
            name: declared.name.into(),
            names: Names::new(declared.namespaces.iter().map(|(uri, _)| uri.as_bytes())),
            namespaces: declared
                .namespaces
                .into_iter()
                .map(|(uri, prefix)| (uri.into(), prefix.into()))
                .collect(),
            types,
            simples,
            narrower,
            roots: declared.roots,
            globals: declared.globals,
            table: Vec::new(),
            states,
            identity: PLANS.fetch_add(1, Ordering::Relaxed),
        };
        plan.table = plan.index();
        plan.check()?;
        Ok(plan)
    }

    fn index(&self) -> Vec<u16> {
        let size = (self.globals.len() * 4).next_power_of_two().max(16);
        let mut table = vec![0; size];
        for (place, global) in self.globals.iter().enumerate() {
            let mut slot = hash(global.ns, &global.local) & (size - 1);
            while table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            table[slot] = place as u16 + 1;
        }
        table
    }

    /// Every number in the plan is in range, so that using it cannot fail.
    fn check(&self) -> Result<(), String> {
        let (types, simples) = (self.types.len(), self.simples.len());
        for kind in &self.types {
            let fault = |what: &str| format!("{}: {what} out of range", kind.name);
            for particle in &kind.particles {
                let well = match particle.target {
                    Target::Leaf(simple) => (simple as usize) < simples,
                    Target::Node(kind) => self
                        .types
                        .get(kind as usize)
                        .is_some_and(|kind| !kind.inline),
                    Target::Wrap(kind) => self
                        .types
                        .get(kind as usize)
                        .is_some_and(|kind| kind.inline),
                    Target::Flag(_) | Target::Any(..) => true,
                };
                if !well || (!kind.inline && particle.slot >= kind.slots) {
                    return Err(fault("particle"));
                }
            }
            let attributes = kind
                .attributes
                .iter()
                .all(|a| (a.simple as usize) < simples && a.slot < kind.slots);
            let text = kind
                .text
                .is_none_or(|(slot, simple)| (simple as usize) < simples && slot < kind.slots);
            let derived = kind
                .derived
                .iter()
                .all(|(_, _, kind)| (*kind as usize) < types);
            if let Some(wrong) = self.misplaced_name(kind) {
                return Err(format!("{}: {wrong}", kind.name));
            }
            if kind.nillable && (kind.text.is_none() || kind.mixed) {
                return Err(format!(
                    "{}: only a class of simple content is nillable",
                    kind.name
                ));
            }
            if !attributes || !text || !derived || kind.attributes.len() > 64 {
                return Err(fault("attribute"));
            }
        }
        for global in self.roots.iter().chain(&self.globals) {
            if self
                .types
                .get(global.kind as usize)
                .is_none_or(|kind| kind.inline)
            {
                return Err(format!(
                    "element {} out of range",
                    String::from_utf8_lossy(&global.local)
                ));
            }
        }
        Ok(())
    }

    /// Names with a prefix can only be read and written where the namespaces in scope are at hand, and declared once.
    fn misplaced_name(&self, kind: &Type) -> Option<&'static str> {
        let is_name = |simple: u32| {
            self.simples
                .get(simple as usize)
                .is_some_and(|simple| simple.kind == Kind::QName)
        };
        let names = kind.attributes.iter().filter(|a| is_name(a.simple));
        if names.count() > 1 {
            return Some("a second attribute that is a qname(); an element has one");
        }
        let leaf = |particle: &Particle| matches!(particle.target, Target::Leaf(simple) if is_name(simple));
        let misplaced =
            kind.particles.iter().any(leaf) || kind.text.is_some_and(|(_, simple)| is_name(simple));
        misplaced.then_some("a qname() is for attributes only")
    }

    /// The declared global element of this name.
    #[inline]
    pub fn global(&self, ns: NsId, local: &[u8]) -> Option<&Global> {
        let mask = self.table.len() - 1;
        let mut slot = hash(ns, local) & mask;
        loop {
            let place = self.table[slot].checked_sub(1)?;
            let global = &self.globals[usize::from(place)];
            if global.ns == ns && *global.local == *local {
                return Some(global);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The names under which, somewhere in the schema, an element has a secret value.
    pub(crate) fn secret_names(&self) -> Vec<(NsId, &[u8])> {
        let secret = |simple: u32| self.simples[simple as usize].secret;
        let is_secret = |particle: &&Particle| match particle.target {
            Target::Leaf(simple) => secret(simple),
            Target::Node(kind) => self
                .kind(kind)
                .text
                .is_some_and(|(_, simple)| secret(simple)),
            _ => false,
        };
        let mut names: Vec<(NsId, &[u8])> = self
            .types
            .iter()
            .flat_map(|kind| &kind.particles)
            .filter(is_secret)
            .map(|particle| (particle.ns, &*particle.local))
            .collect();
        names.sort_unstable_by_key(|(ns, local)| (ns.0, *local));
        names.dedup();
        names
    }

    /// The type of a number.
    #[inline(always)]
    pub fn kind(&self, kind: u32) -> &Type {
        &self.types[kind as usize]
    }

    /// A name with the prefix that the schema gives its namespace, for paths.
    pub fn display(&self, ns: NsId, local: &[u8]) -> String {
        let local = String::from_utf8_lossy(local);
        match ns.index().and_then(|index| self.namespaces.get(index)) {
            Some((_, prefix)) if !prefix.is_empty() => format!("{prefix}:{local}"),
            _ => local.into_owned(),
        }
    }
}

#[inline]
fn hash(ns: NsId, local: &[u8]) -> usize {
    let key = key8(local, 0, local.len());
    let mixed = key ^ u64::from(ns.0) << 48 ^ (local.len() as u64) << 40;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize
}

impl Type {
    fn new(declared: TypeDeclaration) -> Result<Type, String> {
        let mut edges = Vec::new();
        let mut states = Vec::new();
        for (targets, is_final) in declared.states {
            let first = edges.len();
            let is_wild = |edge: &(u16, u16)| {
                matches!(
                    declared
                        .particles
                        .get(usize::from(edge.0))
                        .map(|p| &p.target),
                    Some(Target::Any(..))
                )
            };
            let (wild, named): (Vec<_>, Vec<_>) = targets.into_iter().partition(is_wild);
            for &(particle, next) in named.iter().chain(&wild) {
                let Some(p) = declared.particles.get(usize::from(particle)) else {
                    return Err(format!("{}: edge out of range", declared.name));
                };
                edges.push(Edge {
                    key: key8(&p.local, 0, p.local.len()),
                    ns: p.ns,
                    length: p.local.len() as u16,
                    particle,
                    next,
                });
            }
            if edges.len() > 0xFFFF {
                return Err(format!("{}: its content model is too large", declared.name));
            }
            states.push(State {
                first: first as u16,
                named: named.len() as u16,
                wild: wild.len() as u16,
                is_final,
            });
        }
        if states.is_empty()
            || states.len() > 0xFFFF
            || edges
                .iter()
                .any(|edge| usize::from(edge.next) >= states.len())
        {
            return Err(format!("{}: state out of range", declared.name));
        }
        let required = declared
            .attributes
            .iter()
            .enumerate()
            .filter(|(_, attribute)| attribute.required);
        let needed = declared
            .model
            .as_ref()
            .map(Model::needed)
            .unwrap_or_default();
        let empty = edges.is_empty()
            && declared.text.is_none()
            && !declared.mixed
            && !declared.any
            && !declared.inline;
        let lists = declared.particles.iter().filter(|particle| particle.list);
        let mut tuples: Vec<u16> = lists.map(|particle| particle.slot).collect();
        tuples.sort_unstable();
        tuples.dedup();
        Ok(Type {
            empty,
            tuples,
            identifier: identifier(&declared.particles),
            special: declared.is_abstract || !declared.derived.is_empty(),
            slots: declared.fields.len() as u16,
            fields: declared.fields.into_iter().map(Into::into).collect(),
            required: required.fold(0, |bits, (place, _)| bits | 1 << place),
            attributes: declared.attributes,
            any_attributes: declared.any_attributes,
            text: declared.text,
            mixed: declared.mixed,
            any: declared.any,
            particles: declared.particles,
            states,
            first_state: 0,
            edges,
            model: declared.model,
            derived: declared
                .derived
                .into_iter()
                .map(|(ns, name, kind)| (ns, name.into_bytes().into(), kind))
                .collect(),
            type_name: declared
                .type_name
                .map(|(ns, name)| (ns, name.into_bytes().into())),
            is_abstract: declared.is_abstract,
            transparent: declared.transparent,
            nillable: declared.nillable,
            inline: declared.inline,
            needed,
            name: declared.name.into(),
        })
    }

    /// The named edge that an element takes from a state.
    #[inline(always)]
    pub(crate) fn edge(&self, state: u16, ns: NsId, key: u64, local: &[u8]) -> Option<Edge> {
        let state = self.states[usize::from(state)];
        let first = usize::from(state.first);
        let named = &self.edges[first..first + usize::from(state.named)];
        let found = named.iter().find(|edge| {
            edge.key == key
                && usize::from(edge.length) == local.len()
                && edge.ns == ns
                && (local.len() <= 8
                    || same(&self.particles[usize::from(edge.particle)].local, local))
        });
        found.copied()
    }

    /// The wildcard edges of a state.
    pub(crate) fn wild(&self, state: u16) -> &[Edge] {
        let state = self.states[usize::from(state)];
        let first = usize::from(state.first) + usize::from(state.named);
        &self.edges[first..first + usize::from(state.wild)]
    }

    /// All edges of a state.
    pub(crate) fn edges_of(&self, state: u16) -> &[Edge] {
        let state = self.states[usize::from(state)];
        let first = usize::from(state.first);
        &self.edges[first..first + usize::from(state.named) + usize::from(state.wild)]
    }

    /// The attribute of a name, with its place.
    #[inline(always)]
    pub(crate) fn attribute(
        &self,
        ns: NsId,
        key: u64,
        local: &[u8],
    ) -> Option<(usize, &Attribute)> {
        self.attributes.iter().enumerate().find(|(_, attribute)| {
            attribute.key == key
                && attribute.ns == ns
                && attribute.local.len() == local.len()
                && (local.len() <= 8 || same(&attribute.local, local))
        })
    }

    /// The type that `xsi:type` names, if it is this one or derived from it; `value` tells whether it names a simple type,
    /// for an element that is nothing but a value.
    pub(crate) fn chosen(
        &self,
        own: u32,
        ns: NsId,
        local: &[u8],
        value: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        if self
            .type_name
            .as_ref()
            .is_some_and(|(have, name)| *have == ns && **name == *local)
        {
            return Some(own);
        }
        if self.attributes.is_empty() && self.text.is_some_and(|(_, simple)| value(simple)) {
            return Some(own);
        }
        self.derived
            .iter()
            .find(|(have, name, _)| *have == ns && **name == *local)
            .map(|found| found.2)
    }
}

impl Admits {
    /// The wildcard admits a namespace, given by number and by name (empty: none).
    pub fn admits(&self, ns: NsId, uri: &[u8]) -> bool {
        match self {
            Admits::Any => true,
            Admits::Other(own) => ns != *own && ns != NsId::NONE,
            Admits::Listed(uris) if ns == NsId::NONE => {
                uris.iter().any(|listed| **listed == *b"##local")
            }
            Admits::Listed(uris) => uris.iter().any(|listed| **listed == *uri),
        }
    }
}
