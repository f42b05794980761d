//! What is wrong with a frame that decoding refused, and what can still be read of it.
//!
//! This pass builds nothing and is in no hurry: it goes on behind every fault as well as it can, keeps the first fault of
//! each class, and picks up what an answer needs (command, object, extensions, transaction identifier).
use std::collections::VecDeque;

use regwire_xml::{Context, Error, Input, Limits, NsId, QName, Sink, Text, Tokenizer, key8};

use crate::build::Nothing;
use crate::decode::{chosen_nil, chosen_type, is_blank, is_nothing};
use crate::plan::{Edge, Marker, Particle, Plan, Process, Role, Target, Type, XSI};
use crate::rule::Rule;
use crate::simple::Kind;

/// What a secret value shows as.
pub const MASK: &str = "***";
/// Longer values are cut: a fault is for people.
const SHOWN: usize = 256;
/// More namespaces of extensions than this are not told.
const EXTENSIONS: usize = 256;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken; its class is [`Rule::class`].
    pub rule: Rule,
    /// Path of the element or `@attribute`, with the schema's prefixes.
    pub path: String,
    /// The offending value, masked where it is secret.
    pub value: Option<String>,
    /// Offset among the received octets.
    pub offset: usize,
}

/// Everything known about a refused frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The first fault of each class, in document order. Empty when the frame is right.
    pub findings: Vec<Finding>,
    /// Namespace and name of the root element.
    pub root: Option<(String, String)>,
    /// Local name of the command element.
    pub command: Option<String>,
    /// Namespace and name of the command's object element, declared or not.
    pub object: Option<(String, String)>,
    /// Namespaces of the extension's children.
    pub extensions: Vec<String>,
    /// The client's transaction identifier, if it is valid.
    pub cl_trid: Option<String>,
    /// Login's version as sent.
    pub login_version: Option<String>,
    /// Login's language as sent.
    pub login_lang: Option<String>,
}

/// A frame in UTF-8 with every secret value replaced, for logs and stored frames.
///
/// In content that nobody declared, elements count as secret that bear the name of a declared secret one. A frame that is
/// not well-formed cannot be masked.
pub fn mask(plan: &Plan, frame: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    let input = Input::new(frame, limits)?;
    let mut finder = Finder::new(plan, Role::Client);
    finder.secret_names = plan.secret_names();
    Tokenizer::default().run(&plan.names, limits, &input, &mut finder)?;
    let text = input.text();
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for (start, end) in finder.secrets {
        out.extend_from_slice(&text[copied..start as usize]);
        out.extend_from_slice(MASK.as_bytes());
        copied = end as usize;
    }
    out.extend_from_slice(&text[copied..]);
    Ok(out)
}

/// Reads a frame for its faults.
pub fn find(plan: &Plan, frame: &[u8], role: Role, limits: &Limits) -> Result<Report, Error> {
    let input = Input::new(frame, limits)?;
    let mut finder = Finder::new(plan, role);
    Tokenizer::default().run(&plan.names, limits, &input, &mut finder)?;
    let mut report = finder.report;
    report.findings.sort_by_key(|finding| finding.offset);
    for finding in &mut report.findings {
        finding.offset = input.received_offset(finding.offset);
    }
    Ok(report)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// An object or a wrapper.
    Content(u32),
    /// A value.
    Leaf(u32),
    /// Nothing may be inside.
    Empty,
    /// Not looked at.
    Ignored,
}

/// A required element that was not where it belongs.
#[derive(Debug)]
struct Skipped {
    ns: NsId,
    local: Box<[u8]>,
    /// Another element of its slot, a choice, does as well.
    slot: u16,
    /// Where that was noticed.
    at: u32,
}

#[derive(Debug)]
struct Open {
    what: What,
    state: u16,
    /// Length of the path without this element.
    outer: usize,
    /// Offset of its `<`.
    at: u32,
    attributes: u64,
    text: Vec<u8>,
    marker: Option<Marker>,
    /// Particles that occurred.
    seen: Seen,
    /// Required elements that were skipped.
    missing: Vec<Skipped>,
    /// Role client: children out of order.
    loose: bool,
    /// `xsi:nil`: there is no value.
    nil: bool,
    /// An unknown or misplaced child may have been meant for what seems missing at the end, or hides the value.
    shaken: bool,
    deferred: Vec<(QName, Text)>,
    /// Not looked at, but named as an element whose value is secret.
    guarded: bool,
}

/// Particles of a type that occurred: as many as the type has, however often each did.
#[derive(Debug, Default)]
struct Seen {
    bits: Vec<u64>,
    last: Option<u16>,
}

impl Seen {
    fn push(&mut self, place: u16) {
        let word = usize::from(place / 64);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (place % 64);
        self.last = Some(place);
    }

    fn contains(&self, place: usize) -> bool {
        self.bits
            .get(place / 64)
            .is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// A particle of this slot occurred.
    fn fills(&self, kind: &Type, slot: u16) -> bool {
        let fills =
            |(place, particle): (usize, &Particle)| particle.slot == slot && self.contains(place);
        kind.particles.iter().enumerate().any(fills)
    }
}

struct Finder<'a> {
    plan: &'a Plan,
    role: Role,
    report: Report,
    open: Vec<Open>,
    path: String,
    buffer: Vec<u8>,
    /// Ranges of secret values.
    secrets: Vec<(u32, u32)>,
    /// What counts as secret in content that nobody declared; empty when nobody asks.
    secret_names: Vec<(NsId, &'a [u8])>,
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

impl<'a> Finder<'a> {
    fn new(plan: &'a Plan, role: Role) -> Self {
        Finder {
            plan,
            role,
            report: Report::default(),
            open: Vec::new(),
            path: String::new(),
            buffer: Vec::new(),
            secrets: Vec::new(),
            secret_names: Vec::new(),
        }
    }

    fn guard(&mut self, simple: u32, text: Text) {
        if self.plan.simples[simple as usize].secret && !text.is_empty() {
            self.secrets.push((text.start, text.end));
        }
    }

    /// The fault is the first of its class so far: only then it is worth a path.
    fn is_first(&self, rule: Rule, at: u32) -> bool {
        let before =
            |found: &Finding| found.rule.class() == rule.class() && found.offset <= at as usize;
        !self.report.findings.iter().any(before)
    }

    fn note(&mut self, rule: Rule, path: String, value: Option<String>, at: u32) {
        if !self.is_first(rule, at) {
            return;
        }
        let findings = &mut self.report.findings;
        findings.retain(|found| found.rule.class() != rule.class());
        findings.push(Finding {
            rule,
            path,
            value,
            offset: at as usize,
        });
    }

    fn note_here(&mut self, rule: Rule, at: u32) {
        if self.is_first(rule, at) {
            self.note(rule, self.path.clone(), None, at);
        }
    }

    fn display(&self, cx: &Context<'_>, name: QName) -> String {
        if name.ns.is_known() {
            self.plan.display(name.ns, name.local(cx.doc()))
        } else {
            lossy(name.written(cx.doc()))
        }
    }

    fn push(&mut self, cx: &Context<'_>, name: QName, what: What, marker: Option<Marker>, at: u32) {
        let outer = self.path.len();
        self.path.push('/');
        let shown = self.display(cx, name);
        self.path.push_str(&shown);
        self.open_up(cx, name, what, marker, at, outer);
    }

    /// Nothing inside is looked at, so that nobody asks for its path.
    fn ignore(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        self.open_up(cx, name, What::Ignored, None, at, self.path.len());
    }

    fn open_up(
        &mut self,
        cx: &Context<'_>,
        name: QName,
        what: What,
        marker: Option<Marker>,
        at: u32,
        outer: usize,
    ) {
        self.open.push(Open {
            what,
            state: 0,
            outer,
            at,
            attributes: 0,
            text: Vec::new(),
            marker,
            seen: Seen::default(),
            missing: Vec::new(),
            loose: false,
            nil: false,
            shaken: false,
            deferred: Vec::new(),
            guarded: what == What::Ignored
                && self.secret_names.contains(&(name.ns, name.local(cx.doc()))),
        });
    }

    fn refuse(&mut self, cx: &Context<'_>, name: QName, rule: Rule, at: u32) {
        if self.is_first(rule, at) {
            self.push(cx, name, What::Ignored, None, at);
            self.note_here(rule, at);
        } else {
            self.ignore(cx, name, at);
        }
    }

    fn start_root(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        let local = name.local(cx.doc());
        self.report.root = Some((lossy(cx.uri(name.ns)), lossy(local)));
        match self
            .plan
            .roots
            .iter()
            .find(|root| root.ns == name.ns && *root.local == *local)
        {
            Some(root) => self.push(cx, name, What::Content(root.kind), None, at),
            None => self.refuse(cx, name, Rule::Unexpected, at),
        }
    }

    fn start_child(&mut self, cx: &Context<'_>, name: QName, at: u32, kind: &'a Type) {
        let Some(top) = self.open.last() else { return };
        let state = top.state;
        if kind.any {
            let what = if self.role == Role::Server {
                Some(Rule::Unexpected)
            } else {
                None
            };
            match what {
                Some(rule) => self.refuse(cx, name, rule, at),
                None => self.ignore(cx, name, at),
            }
            return;
        }
        if let Some(edge) = matching(kind, state, cx, name) {
            let particle = &kind.particles[usize::from(edge.particle)];
            // A particle that leads back to its own state is one of an All().
            let again = (self.role == Role::Client || edge.next == state)
                && !particle.list
                && self.is_filled(kind, particle.slot);
            self.take(edge);
            self.enter(cx, name, at, particle);
            if again {
                self.note_here(Rule::Duplicate, at);
            }
            return;
        }
        if self.role == Role::Client
            && let Some(particle) = self.free(cx, name, kind)
        {
            if let Some(top) = self.open.last_mut() {
                top.loose = true;
                top.seen.push(particle);
            }
            return self.enter(cx, name, at, &kind.particles[usize::from(particle)]);
        }
        self.recover(cx, name, at, kind, state);
    }

    fn take(&mut self, edge: Edge) {
        if let Some(top) = self.open.last_mut() {
            top.state = edge.next;
            top.seen.push(edge.particle);
        }
    }

    fn is_filled(&self, kind: &Type, slot: u16) -> bool {
        self.open
            .last()
            .is_some_and(|top| top.seen.fills(kind, slot))
    }

    /// Role client: a particle of this name whose slot is free.
    fn free(&self, cx: &Context<'_>, name: QName, kind: &Type) -> Option<u16> {
        let free = |particle: &Particle| {
            is_of(particle, cx, name) && (particle.list || !self.is_filled(kind, particle.slot))
        };
        let place = kind.particles.iter().position(free)?;
        Some(place as u16)
    }

    /// The element is not expected here: find out why, and go on where it leads.
    fn recover(&mut self, cx: &Context<'_>, name: QName, at: u32, kind: &'a Type, state: u16) {
        let place = kind
            .particles
            .iter()
            .position(|particle| is_of(particle, cx, name));
        let Some(place) = place else {
            self.unknown(cx, name, at, kind, state);
            return;
        };
        if let Some((skipped, edge)) = ahead(kind, state, cx, name) {
            let particle = &kind.particles[usize::from(skipped)];
            let known = self.open.last().is_some_and(|top| top.shaken);
            if let Some(top) = self.open.last_mut()
                && !known
            {
                top.missing.push(Skipped {
                    ns: particle.ns,
                    local: particle.local.clone(),
                    slot: particle.slot,
                    at,
                });
            }
            self.take(edge);
            return self.enter(cx, name, at, &kind.particles[usize::from(edge.particle)]);
        }
        let particle = &kind.particles[place];
        let mut rule = Rule::Order;
        if let Some(top) = self.open.last_mut() {
            let before = top.missing.len();
            top.missing.retain(|skipped| {
                skipped.slot != particle.slot
                    && !(skipped.ns == particle.ns && skipped.local == particle.local)
            });
            let again = top.seen.contains(place);
            let last = top.seen.last == Some(place as u16);
            if before == top.missing.len() && again && (last || !particle.list) {
                rule = Rule::Duplicate;
            }
            top.seen.push(place as u16);
            top.shaken = true;
        }
        self.enter(cx, name, at, particle);
        self.note_here(rule, at);
    }

    fn unknown(&mut self, cx: &Context<'_>, name: QName, at: u32, kind: &Type, state: u16) {
        let expected = kind
            .edges_of(state)
            .iter()
            .map(|edge| &kind.particles[usize::from(edge.particle)]);
        for particle in expected {
            if particle.marker == Some(Marker::Command)
                && particle.ns == name.ns
                && self.report.command.is_none()
            {
                self.report.command = Some(lossy(name.local(cx.doc())));
            }
        }
        if let Some(top) = self.open.last_mut() {
            top.shaken = true;
        }
        self.refuse(cx, name, Rule::Unexpected, at);
    }

    fn enter(&mut self, cx: &Context<'_>, name: QName, at: u32, particle: &Particle) {
        let marker = particle.marker;
        let local = name.local(cx.doc());
        match (marker, &particle.target) {
            (_, Target::Wrap(_)) => {}
            (Some(Marker::Command), _) if self.report.command.is_none() => {
                self.report.command = Some(lossy(local));
            }
            (Some(Marker::Object), _) if self.report.object.is_none() => {
                self.report.object = Some((lossy(cx.uri(name.ns)), lossy(local)));
            }
            (Some(Marker::Extension), _) => {
                let uri = lossy(cx.uri(name.ns));
                if !self.report.extensions.contains(&uri)
                    && self.report.extensions.len() < EXTENSIONS
                {
                    self.report.extensions.push(uri);
                }
            }
            _ => {}
        }
        match &particle.target {
            Target::Leaf(simple) => self.push(cx, name, What::Leaf(*simple), marker, at),
            Target::Node(kind) | Target::Wrap(kind) => {
                self.push(cx, name, What::Content(*kind), None, at);
            }
            Target::Flag(anything) => {
                let refused = !anything || self.role == Role::Server;
                self.push(
                    cx,
                    name,
                    if refused { What::Empty } else { What::Ignored },
                    None,
                    at,
                );
            }
            Target::Any(_, process) => self.enter_any(cx, name, at, *process),
        }
    }

    fn enter_any(&mut self, cx: &Context<'_>, name: QName, at: u32, process: Process) {
        let global = match process {
            Process::Skip => None,
            _ => self.plan.global(name.ns, name.local(cx.doc())),
        };
        match global {
            found
                if process == Process::Stranger
                    && (found.is_some() || self.role != Role::Server) =>
            {
                if let Some(top) = self.open.last_mut() {
                    top.shaken = true;
                }
                self.refuse(cx, name, Rule::Unexpected, at);
            }
            Some(global) => self.push(cx, name, What::Content(global.kind), None, at),
            None if process == Process::Strict && self.role != Role::Client => {
                self.refuse(cx, name, Rule::Undeclared, at);
            }
            None => self.ignore(cx, name, at),
        }
    }

    fn check_value(&mut self, simple: u32, text: &[u8]) -> Option<Rule> {
        let lenient = self.role == Role::Client;
        let plan = self.plan;
        plan.simples[simple as usize]
            .read(text, text.is_ascii(), lenient, &plan.simples, &mut Nothing)
            .err()
    }

    fn shown(&self, simple: u32, text: &[u8]) -> String {
        if self.plan.simples[simple as usize].secret {
            return MASK.to_owned();
        }
        let mut shown = lossy(text);
        if shown.len() > SHOWN {
            let cut = (0..=SHOWN)
                .rev()
                .find(|at| shown.is_char_boundary(*at))
                .unwrap_or(0);
            shown.truncate(cut);
            shown.push('…');
        }
        shown
    }

    fn own_attribute(&mut self, cx: &Context<'_>, name: QName, value: Text, last: bool) {
        let Some(Open {
            what: What::Content(kind),
            at,
            ..
        }) = self.open.last()
        else {
            return;
        };
        let (kind, at) = (self.plan.kind(*kind), *at);
        let doc = cx.doc();
        let key = key8(doc, name.local as usize, name.end as usize);
        let path = format!("{}/@{}", self.path, self.display(cx, name));
        let Some((place, attribute)) = kind.attribute(name.ns, key, name.local(doc)) else {
            if !last && !kind.derived.is_empty() {
                if let Some(top) = self.open.last_mut() {
                    top.deferred.push((name, value));
                }
            } else if !(kind.any_attributes || (kind.any && self.role != Role::Server)) {
                self.note(Rule::Unexpected, path, None, at);
            }
            return;
        };
        if let Some(top) = self.open.last_mut() {
            top.attributes |= 1 << place;
        }
        self.guard(attribute.simple, value);
        let mut text = Vec::new();
        value.expand(doc, &mut text);
        let broken = match &self.plan.simples[attribute.simple as usize] {
            simple if simple.kind == Kind::QName => {
                let resolve = |prefix: &[u8]| cx.resolve(prefix).map(|ns| cx.uri(ns));
                simple.read_qname(&text, resolve, &mut Nothing).err()
            }
            _ => self.check_value(attribute.simple, &text),
        };
        if let Some(rule) = broken {
            let shown = self.shown(attribute.simple, &text);
            self.note(rule, path, Some(shown), value.start);
        }
    }

    /// The type of a value that `xsi:type` chooses.
    fn leaf_type(&mut self, cx: &Context<'_>, simple: u32, value: Text) -> Option<What> {
        let plan = self.plan;
        chosen_type(cx, value, &mut self.buffer)
            .and_then(|(ns, local)| plan.chosen_simple(simple, cx.uri(ns), local))
            .map(What::Leaf)
    }

    fn schema_attribute(&mut self, cx: &Context<'_>, name: QName, value: Text) {
        let Some(top) = self.open.last() else { return };
        let (what, at) = (top.what, top.at);
        match name.local(cx.doc()) {
            b"schemaLocation" | b"noNamespaceSchemaLocation" => {}
            b"type" => {
                let chosen = match what {
                    What::Leaf(simple) => self.leaf_type(cx, simple, value),
                    What::Content(kind) => chosen_type(cx, value, &mut self.buffer)
                        .and_then(|(ns, local)| {
                            let plan = self.plan;
                            let named =
                                |own: u32| plan.simples[own as usize].is_named(cx.uri(ns), local);
                            plan.kind(kind).chosen(kind, ns, local, named)
                        })
                        .map(What::Content),
                    _ => None,
                };
                if let (Some(chosen), Some(top)) = (chosen, self.open.last_mut()) {
                    top.what = chosen;
                } else {
                    let shown = lossy(value.as_raw(cx.doc()));
                    self.note(Rule::XsiType, self.path.clone(), Some(shown), at);
                }
            }
            b"nil" if matches!(what, What::Content(kind) if self.plan.kind(kind).nillable) => {
                let nil = chosen_nil(cx, value, &mut self.buffer);
                if let (Some(nil), Some(top)) = (nil, self.open.last_mut()) {
                    top.nil = nil;
                } else {
                    let path = format!("{}/@{}", self.path, self.display(cx, name));
                    let shown = lossy(value.as_raw(cx.doc()));
                    self.note(Rule::Datatype, path, Some(shown), at);
                }
            }
            _ => {
                let path = format!("{}/@{}", self.path, self.display(cx, name));
                self.note(Rule::Unexpected, path, None, at);
            }
        }
    }

    fn end_content(&mut self, top: &Open, kind: &'a Type, at: u32) {
        if top.nil && !top.text.is_empty() {
            self.note(Rule::Text, self.path.clone(), None, top.at);
        }
        if let Some((_, simple)) = kind.text
            && !kind.mixed
            && !top.nil
            && !top.shaken
            && let Some(rule) = self.check_value(simple, &top.text)
        {
            let shown = self.shown(simple, &top.text);
            self.note(rule, self.path.clone(), Some(shown), top.at);
        }
        for (place, attribute) in kind.attributes.iter().enumerate() {
            if attribute.required && top.attributes & 1 << place == 0 {
                let name = self.plan.display(attribute.ns, &attribute.local);
                self.note(
                    Rule::Required,
                    format!("{}/@{name}", self.path),
                    None,
                    top.at,
                );
            }
        }
        for Skipped {
            ns,
            local,
            at: noticed,
            ..
        } in &top.missing
        {
            let name = self.plan.display(*ns, local);
            self.note(
                Rule::Required,
                format!("{}/{name}", self.path),
                None,
                *noticed,
            );
        }
        if kind.states[usize::from(top.state)].is_final || self.forgives(top, kind) {
            return;
        }
        let next = ahead_required(kind, top);
        let path = match next {
            Some(particle) if !particle.local.is_empty() => {
                format!(
                    "{}/{}",
                    self.path,
                    self.plan.display(particle.ns, &particle.local)
                )
            }
            _ => self.path.clone(),
        };
        if !top.shaken || next.is_some_and(|particle| !was_seen(kind, top, particle)) {
            self.note(Rule::Required, path, None, at.saturating_sub(1));
        }
    }

    fn forgives(&self, top: &Open, kind: &Type) -> bool {
        if self.role != Role::Client {
            return false;
        }
        let filled = |slot: &u16| top.seen.fills(kind, *slot);
        kind.mixed || (top.loose && kind.needed.iter().all(filled))
    }

    fn end_leaf(&mut self, top: &Open, simple: u32) {
        let broken = self.check_value(simple, &top.text);
        if let Some(rule) = broken
            && !top.shaken
        {
            let shown = self.shown(simple, &top.text);
            self.note(rule, self.path.clone(), Some(shown), top.at);
        }
        let collapsed = || {
            let text = lossy(&top.text);
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        };
        match top.marker {
            Some(Marker::ClTrid)
                if broken.is_none() && !top.shaken && self.report.cl_trid.is_none() =>
            {
                self.report.cl_trid = Some(collapsed());
            }
            Some(Marker::LoginVersion) => self.report.login_version = Some(collapsed()),
            Some(Marker::LoginLang) => self.report.login_lang = Some(collapsed()),
            _ => {}
        }
    }
}

fn is_of(particle: &Particle, cx: &Context<'_>, name: QName) -> bool {
    match &particle.target {
        Target::Any(admits, _) => admits.admits(name.ns, cx.uri(name.ns)),
        _ => particle.ns == name.ns && *particle.local == *name.local(cx.doc()),
    }
}

fn matching(kind: &Type, state: u16, cx: &Context<'_>, name: QName) -> Option<Edge> {
    let found = kind
        .edges_of(state)
        .iter()
        .find(|edge| is_of(&kind.particles[usize::from(edge.particle)], cx, name));
    found.copied()
}

/// The element would be right later: what is skipped first, and the edge it then takes.
fn ahead(kind: &Type, state: u16, cx: &Context<'_>, name: QName) -> Option<(u16, Edge)> {
    let mut known = vec![false; kind.states.len()];
    let mut queue: VecDeque<(u16, u16)> = VecDeque::new();
    for edge in kind.edges_of(state) {
        queue.push_back((edge.next, edge.particle));
    }
    while let Some((state, first)) = queue.pop_front() {
        if std::mem::replace(&mut known[usize::from(state)], true) {
            continue;
        }
        if let Some(edge) = matching(kind, state, cx, name) {
            return Some((first, edge));
        }
        for edge in kind.edges_of(state) {
            queue.push_back((edge.next, first));
        }
    }
    None
}

/// What the shortest way to a right end begins with.
fn ahead_required<'a>(kind: &'a Type, top: &Open) -> Option<&'a Particle> {
    let mut known = vec![false; kind.states.len()];
    let mut queue: VecDeque<(u16, u16)> = VecDeque::new();
    for edge in kind.edges_of(top.state) {
        queue.push_back((edge.next, edge.particle));
    }
    while let Some((state, first)) = queue.pop_front() {
        if std::mem::replace(&mut known[usize::from(state)], true) {
            continue;
        }
        if kind.states[usize::from(state)].is_final {
            return Some(&kind.particles[usize::from(first)]);
        }
        for edge in kind.edges_of(state) {
            queue.push_back((edge.next, first));
        }
    }
    None
}

fn was_seen(kind: &Type, top: &Open, particle: &Particle) -> bool {
    let is_it =
        |(place, own): (usize, &Particle)| std::ptr::eq(own, particle) && top.seen.contains(place);
    kind.particles.iter().enumerate().any(is_it)
}

impl Sink for Finder<'_> {
    fn start(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        let Some(top) = self.open.last() else {
            return self.start_root(cx, name, at);
        };
        match top.what {
            What::Ignored => self.ignore(cx, name, at),
            What::Leaf(_) | What::Empty => {
                if let Some(top) = self.open.last_mut() {
                    top.shaken = true;
                }
                self.refuse(cx, name, Rule::Unexpected, at);
            }
            What::Content(kind) => {
                let plan = self.plan;
                self.start_child(cx, name, at, plan.kind(kind));
            }
        }
    }

    fn attribute(&mut self, cx: &Context<'_>, name: QName, value: Text) {
        let Some(top) = self.open.last() else { return };
        match top.what {
            What::Ignored => {}
            _ if name.ns == XSI => self.schema_attribute(cx, name, value),
            What::Content(_) => self.own_attribute(cx, name, value, false),
            What::Leaf(_) | What::Empty => {
                let at = top.at;
                let path = format!("{}/@{}", self.path, self.display(cx, name));
                self.note(Rule::Unexpected, path, None, at);
            }
        }
    }

    fn attributes_done(&mut self, cx: &Context<'_>) {
        let Some(top) = self.open.last_mut() else {
            return;
        };
        let deferred = std::mem::take(&mut top.deferred);
        let (what, at) = (top.what, top.at);
        for (name, value) in deferred {
            self.own_attribute(cx, name, value, true);
        }
        if let What::Content(kind) = what
            && self.plan.kind(kind).is_abstract
        {
            self.note_here(Rule::Abstract, at);
        }
    }

    fn text(&mut self, cx: &Context<'_>, text: Text) {
        let secret = match self.open.last().map(|top| top.what) {
            Some(What::Leaf(simple)) => Some(simple),
            Some(What::Content(kind)) => self.plan.kind(kind).text.map(|(_, simple)| simple),
            _ => None,
        };
        if let Some(simple) = secret {
            self.guard(simple, text);
        }
        if self.open.last().is_some_and(|top| top.guarded) && !text.is_empty() {
            self.secrets.push((text.start, text.end));
        }
        let Some(top) = self.open.last_mut() else {
            return;
        };
        let empty = match top.what {
            What::Empty => true,
            What::Content(kind) => self.plan.kind(kind).empty,
            What::Leaf(_) | What::Ignored => false,
        };
        if empty {
            if !is_nothing(cx, text, self.role, &mut self.buffer) {
                self.note_here(Rule::Text, text.start);
            }
            return;
        }
        let refused = match top.what {
            What::Ignored | What::Empty => false,
            What::Leaf(_) => {
                text.expand(cx.doc(), &mut top.text);
                false
            }
            What::Content(kind) => {
                let kind = self.plan.kind(kind);
                if kind.text.is_some() && !kind.mixed {
                    text.expand(cx.doc(), &mut top.text);
                    false
                } else {
                    !(kind.mixed || (kind.any && self.role != Role::Server))
                }
            }
        };
        if refused && !is_blank(cx, text, &mut self.buffer) {
            self.note_here(Rule::Text, text.start);
        }
    }

    fn end(&mut self, _cx: &Context<'_>, at: u32) {
        let Some(top) = self.open.pop() else { return };
        match top.what {
            What::Content(kind) => {
                let plan = self.plan;
                self.end_content(&top, plan.kind(kind), at);
            }
            What::Leaf(simple) => self.end_leaf(&top, simple),
            What::Empty | What::Ignored => {}
        }
        self.path.truncate(top.outer);
    }
}
