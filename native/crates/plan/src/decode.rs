//! Decoding: one pass over the frame, values straight into the slots of objects.
//!
//! The decoder knows only right frames. At the first thing that is not right it stops building, lets the tokenizer read to
//! the end, and leaves saying what is wrong to [`crate::faults`], which reads the frame again: wrong frames are rare, and
//! the fast path stays short.
use regwire_xml::{Context, Error, Input, Limits, NsId, QName, Sink, Text, key8};

use crate::build::{Build, RawParts};
use crate::plan::{Particle, Plan, Process, Role, Target, XSI};
use crate::rule::Rule;

mod attributes;
mod look;
mod memory;
mod prefix;
mod record;
mod scratch;

pub(crate) use look::{chosen_nil, chosen_type, is_blank, is_nothing};
pub use scratch::Scratch;

/// What became of a frame.
#[derive(Debug)]
pub enum Outcome<V> {
    /// The message, and the bits of the namespaces that its document and wildcard elements are of.
    Message(V, u128),
    /// Well-formed, but not what the schema has; [`crate::faults::find`] tells why.
    Refused,
    /// Not well-formed.
    Syntax(Error),
    /// The builder failed.
    Stopped,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    kind: u32,
    base: u32,
    state: u16,
    slot: u16,
    list: bool,
    inline: bool,
    /// Children came out of order (role client): the automaton has no say any more.
    loose: bool,
    /// `xsi:nil`: there is no value.
    nil: bool,
    attributes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Inside an object or a wrapper.
    Normal,
    /// Inside an element of simple type.
    Leaf { simple: u32, slot: u16, list: bool },
    /// Inside content that is kept raw.
    Raw {
        from: u32,
        slot: u16,
        list: bool,
        ns: NsId,
        local: (u32, u32),
    },
    /// Inside content that is dropped; `true`: it must be empty.
    Drop(bool),
    /// Something was wrong: nothing more is built.
    Failed,
}

/// Decodes one frame.
#[inline]
pub fn decode<B: Build>(
    plan: &Plan,
    scratch: &mut Scratch<B::Value>,
    frame: &[u8],
    role: Role,
    limits: &Limits,
    build: &mut B,
) -> Outcome<B::Value> {
    let input = match Input::new(frame, limits) {
        Ok(input) => input,
        Err(error) => return Outcome::Syntax(error),
    };
    let mut tokenizer = scratch.tokenizer.take().unwrap_or_default();
    let mut prefixes = scratch.prefixes.take().unwrap_or_default();
    let mut decoder = Decoder::new(plan, scratch, role, build);
    decoder.beginning = decoder.remembers && prefixes.wants();
    let known = if decoder.remembers {
        prefixes.find(role, input.text())
    } else {
        None
    };
    let read = if let Some(prefix) = known {
        decoder.resume(prefix);
        tokenizer.run_from(&prefix.place, &plan.names, limits, &input, &mut decoder)
    } else {
        tokenizer.run(&plan.names, limits, &input, &mut decoder)
    };
    let outcome = decoder.finish(read);
    if let Some(prefix) = scratch.prefix.take() {
        prefixes.learn(prefix, build);
    }
    scratch.tokenizer = Some(tokenizer);
    scratch.prefixes = Some(prefixes);
    outcome
}

struct Decoder<'a, B: Build> {
    plan: &'a Plan,
    build: &'a mut B,
    scratch: &'a mut Scratch<B::Value>,
    role: Role,
    mode: Mode,
    /// Elements open inside raw or dropped content, its own included.
    depth: u32,
    /// Character data of the element of simple content that is open.
    text: Text,
    pieces: u32,
    lists: usize,
    namespaces: u128,
    stopped: bool,
    /// The scratch remembers elements of this plan.
    remembers: bool,
    /// The element that is read is recorded.
    recording: bool,
    /// Nothing was read yet but tags of elements that are open, and elements in which nothing varies.
    beginning: bool,
    /// The offset behind a prefix that was known.
    resumed: u32,
    /// The value whose list is put off (`Scratch::later`).
    later: usize,
}

/// No value's place.
const NOWHERE: usize = usize::MAX;

impl<'a, B: Build> Decoder<'a, B> {
    #[inline]
    fn new(
        plan: &'a Plan,
        scratch: &'a mut Scratch<B::Value>,
        role: Role,
        build: &'a mut B,
    ) -> Self {
        scratch.open.clear();
        scratch.values.clear();
        scratch.values.push(B::NULL);
        let remembers = scratch.memory.is_of(plan);
        Decoder {
            plan,
            build,
            scratch,
            role,
            mode: Mode::Normal,
            depth: 0,
            text: Text::default(),
            pieces: 0,
            lists: 0,
            namespaces: 0,
            stopped: false,
            remembers,
            recording: false,
            beginning: false,
            resumed: 0,
            later: NOWHERE,
        }
    }

    fn finish(mut self, read: Result<(), Error>) -> Outcome<B::Value> {
        if read.is_ok() && self.mode == Mode::Normal {
            let message = self.scratch.values[0];
            return Outcome::Message(message, self.namespaces);
        }
        self.release();
        if self.recording {
            self.stop_recording();
        }
        match read {
            Err(error) => Outcome::Syntax(error),
            Ok(()) if self.stopped => Outcome::Stopped,
            Ok(()) => Outcome::Refused,
        }
    }

    /// Lets go of everything built so far.
    #[cold]
    fn release(&mut self) {
        for value in self.scratch.values.drain(..) {
            if !B::is_null(value) && B::marked(value).is_none() {
                self.build.release(value);
            }
        }
        for list in &mut self.scratch.lists[..self.lists] {
            for value in list.drain(..) {
                self.build.release(value);
            }
        }
        self.scratch.mixed.clear();
        self.scratch.deferred.clear();
        self.scratch.joined.clear();
    }

    #[cold]
    fn fail(&mut self) {
        self.mode = Mode::Failed;
    }

    #[cold]
    fn fail_by(&mut self, rule: Rule) {
        self.stopped |= rule == Rule::Stopped;
        self.fail();
    }

    #[inline(always)]
    fn put(&mut self, base: u32, slot: u16, list: bool, value: B::Value) {
        let cell = base as usize + usize::from(slot);
        if list {
            self.append(cell, value);
        } else if B::is_null(self.scratch.values[cell]) {
            self.scratch.values[cell] = value;
        } else {
            self.twice(value);
        }
    }

    /// Role client: an element that came out of order came again in its place.
    #[cold]
    fn twice(&mut self, value: B::Value) {
        self.build.release(value);
        self.fail();
    }

    #[inline]
    fn append(&mut self, cell: usize, value: B::Value) {
        if cell == self.later && !self.build_later(cell) {
            self.build.release(value);
            return;
        }
        let index = self.list_of(cell);
        self.scratch.lists[index].push(value);
    }

    /// The number of the list that a value stands for; a new one if it stands for none.
    #[inline]
    fn list_of(&mut self, cell: usize) -> usize {
        match B::marked(self.scratch.values[cell]) {
            Some(index) if !B::is_null(self.scratch.values[cell]) => index as usize,
            _ => {
                let index = self.lists;
                if self.scratch.lists.len() == index {
                    self.scratch.lists.push(Vec::with_capacity(16));
                }
                self.lists += 1;
                self.scratch.values[cell] = B::mark(index as u32);
                index
            }
        }
    }

    /// An element comes that has to be built at once: so have those before it. False when building failed.
    #[cold]
    fn build_later(&mut self, cell: usize) -> bool {
        self.later = NOWHERE;
        let index = self.list_of(cell);
        let Scratch { lists, later, .. } = &mut *self.scratch;
        let built = self.build.build_now(later, &mut lists[index]);
        if built.is_err() {
            self.fail_by(Rule::Stopped);
        }
        built.is_ok()
    }

    #[inline(always)]
    fn open(&mut self, kind: u32, slot: u16, list: bool) {
        let declared = self.plan.kind(kind);
        let (base, inline) = if declared.inline {
            (self.scratch.open.last().map_or(0, |open| open.base), true)
        } else {
            let base = self.scratch.values.len();
            self.scratch
                .values
                .resize(base + usize::from(declared.slots), B::NULL);
            (base as u32, false)
        };
        if declared.text.is_some() {
            self.pieces = 0;
        }
        self.scratch.open.push(Open {
            kind,
            base,
            state: 0,
            slot,
            list,
            inline,
            loose: false,
            nil: false,
            attributes: 0,
        });
    }

    #[inline(always)]
    fn enter(&mut self, cx: &Context<'_>, particle: &Particle, name: QName, at: u32) {
        let (slot, list) = (particle.slot, particle.list);
        if self.recording {
            self.record_start(cx, particle);
        }
        match &particle.target {
            Target::Leaf(simple) => {
                self.pieces = 0;
                self.mode = Mode::Leaf {
                    simple: *simple,
                    slot,
                    list,
                };
            }
            Target::Node(kind) | Target::Wrap(kind) => self.open(*kind, slot, list),
            Target::Flag(anything) => {
                let value = self.build.boolean(true);
                let base = self.scratch.open.last().map_or(0, |open| open.base);
                self.depth = 1;
                self.mode = Mode::Drop(!anything || self.role == Role::Server);
                self.put(base, slot, list, value);
            }
            Target::Any(_, process) => self.enter_any(cx, *process, slot, list, name, at),
        }
    }

    fn enter_any(
        &mut self,
        cx: &Context<'_>,
        process: Process,
        slot: u16,
        list: bool,
        name: QName,
        at: u32,
    ) {
        if let Some(index) = name.ns.index() {
            self.namespaces |= 1 << (index & 127);
        }
        if process != Process::Skip
            && let Some(global) = self.plan.global(name.ns, name.local(cx.doc()))
        {
            if process == Process::Stranger {
                self.fail();
                return;
            }
            self.open(global.kind, slot, list);
            return;
        }
        if process == Process::Strict && self.role != Role::Client {
            self.fail();
            return;
        }
        self.depth = 1;
        self.mode = Mode::Raw {
            from: at,
            slot,
            list,
            ns: name.ns,
            local: (name.local, name.end),
        };
    }

    #[cold]
    fn start_root(&mut self, cx: &Context<'_>, name: QName) {
        let local = name.local(cx.doc());
        match self
            .plan
            .roots
            .iter()
            .find(|root| root.ns == name.ns && *root.local == *local)
        {
            Some(root) => {
                if let Some(index) = name.ns.index() {
                    self.namespaces |= 1 << (index & 127);
                }
                self.open(root.kind, 0, false);
            }
            None => self.fail(),
        }
    }

    /// No named edge: a wildcard, or (role client) an element out of order.
    #[inline(never)]
    fn start_other(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        let Some(&top) = self.scratch.open.last() else {
            return;
        };
        self.spoil();
        let plan = self.plan;
        let kind = plan.kind(top.kind);
        if kind.any {
            if self.role == Role::Server {
                self.fail();
            } else {
                self.depth = 1;
                self.mode = Mode::Drop(false);
            }
            return;
        }
        let uri = cx.uri(name.ns);
        for edge in kind.wild(top.state) {
            let particle = &kind.particles[usize::from(edge.particle)];
            if let Target::Any(admits, process) = &particle.target
                && admits.admits(name.ns, uri)
                && (*process != Process::Stranger || self.role == Role::Server)
            {
                self.advance(edge.next);
                self.enter(cx, particle, name, at);
                return;
            }
        }
        if self.role == Role::Client && self.start_loose(cx, name, at, top) {
            return;
        }
        self.fail();
    }

    /// Role client: an element that the type has, somewhere else.
    fn start_loose(&mut self, cx: &Context<'_>, name: QName, at: u32, top: Open) -> bool {
        let plan = self.plan;
        let (local, uri) = (name.local(cx.doc()), cx.uri(name.ns));
        for particle in &plan.kind(top.kind).particles {
            let same = match &particle.target {
                Target::Any(admits, process) => {
                    *process != Process::Stranger && admits.admits(name.ns, uri)
                }
                _ => particle.ns == name.ns && *particle.local == *local,
            };
            let cell = top.base as usize + usize::from(particle.slot);
            if same && (particle.list || B::is_null(self.scratch.values[cell])) {
                if let Some(open) = self.scratch.open.last_mut() {
                    open.loose = true;
                }
                self.enter(cx, particle, name, at);
                return true;
            }
        }
        false
    }

    #[inline(always)]
    fn advance(&mut self, state: u16) {
        if let Some(open) = self.scratch.open.last_mut() {
            open.state = state;
        }
    }

    /// The value of the collected character data.
    #[inline(always)]
    fn read(&mut self, cx: &Context<'_>, simple: u32) -> Result<B::Value, Rule> {
        let simple = &self.plan.simples[simple as usize];
        let lenient = self.role == Role::Client;
        if self.pieces == 1 && !self.text.needs_expansion() {
            let raw = self.text.as_raw(cx.doc());
            return simple.read(raw, cx.is_ascii(), lenient, &self.plan.simples, self.build);
        }
        if self.pieces == 0 {
            return simple.read(b"", true, lenient, &self.plan.simples, self.build);
        }
        if self.pieces == 1 {
            self.scratch.joined.clear();
            self.text.expand(cx.doc(), &mut self.scratch.joined);
        }
        let joined = &self.scratch.joined;
        simple.read(
            joined,
            joined.is_ascii(),
            lenient,
            &self.plan.simples,
            self.build,
        )
    }

    #[inline(always)]
    fn collect(&mut self, cx: &Context<'_>, text: Text) {
        if self.pieces == 0 {
            // One by one: the fields have just been written so, and a wider read would wait for these writes to settle.
            self.text.start = text.start;
            self.text.end = text.end;
            self.text.flags = text.flags;
        } else {
            self.collect_more(cx, text);
        }
        self.pieces += 1;
    }

    #[cold]
    fn collect_more(&mut self, cx: &Context<'_>, text: Text) {
        if self.pieces == 1 {
            self.scratch.joined.clear();
            self.text.expand(cx.doc(), &mut self.scratch.joined);
        }
        text.expand(cx.doc(), &mut self.scratch.joined);
    }

    /// Text where the automaton expects elements.
    #[cold]
    fn stray_text(&mut self, cx: &Context<'_>, text: Text) {
        self.spoil();
        let depth = self.scratch.open.len();
        let Some(top) = self.scratch.open.last() else {
            return;
        };
        let kind = self.plan.kind(top.kind);
        if kind.mixed && !kind.any {
            if kind.text.is_none() {
                return;
            }
            if self
                .scratch
                .mixed
                .last()
                .is_none_or(|(have, _)| *have != depth)
            {
                self.scratch.mixed.push((depth, Vec::new()));
            }
            if let Some((_, joined)) = self.scratch.mixed.last_mut() {
                text.expand(cx.doc(), joined);
            }
            return;
        }
        if kind.empty {
            if !is_nothing(cx, text, self.role, &mut self.scratch.expanded) {
                self.fail();
            }
            return;
        }
        let dropped = kind.any && self.role != Role::Server;
        if !dropped && !is_blank(cx, text, &mut self.scratch.expanded) {
            self.fail();
        }
    }

    #[inline(always)]
    fn end_open(&mut self, cx: &Context<'_>) {
        let Some(top) = self.scratch.open.last() else {
            return;
        };
        // Field by field, see `collect`.
        let (kind, base, slot, list, inline) = (top.kind, top.base, top.slot, top.list, top.inline);
        let (state, attributes) = (top.state, top.attributes);
        let plan = self.plan;
        let declared = plan.kind(kind);
        if let Some((slot, simple)) = declared.text {
            if declared.mixed {
                self.end_mixed(base, slot, simple);
            } else if top.nil {
                if !self.end_nil() {
                    return self.fail();
                }
            } else {
                match self.read(cx, simple) {
                    Ok(value) => {
                        let place = base as usize + usize::from(slot);
                        self.scratch.values[place] = value;
                        if self.recording {
                            self.record_text(place, false, simple, value);
                        }
                    }
                    Err(rule) => return self.fail_by(rule),
                }
            }
        }
        if !declared.states[usize::from(state)].is_final && !self.forgives() {
            return self.fail();
        }
        if attributes & declared.required != declared.required {
            return self.fail();
        }
        self.scratch.open.pop();
        if !inline {
            self.close_record(kind, base, slot, list);
        }
    }

    #[inline(never)]
    fn end_mixed(&mut self, base: u32, slot: u16, simple: u32) {
        let depth = self.scratch.open.len();
        let text = match self.scratch.mixed.last() {
            Some((have, _)) if *have == depth => self.scratch.mixed.pop().unwrap_or_default().1,
            _ => Vec::new(),
        };
        let simple = &self.plan.simples[simple as usize];
        match simple.read(&text, text.is_ascii(), true, &self.plan.simples, self.build) {
            Ok(value) => self.scratch.values[base as usize + usize::from(slot)] = value,
            Err(rule) => self.fail_by(rule),
        }
    }

    /// Role client: the content ended too early for the automaton, but what is needed is there.
    #[cold]
    fn forgives(&self) -> bool {
        let Some(top) = self.scratch.open.last() else {
            return false;
        };
        let kind = self.plan.kind(top.kind);
        if self.role != Role::Client {
            return false;
        }
        let filled =
            |slot: &u16| !B::is_null(self.scratch.values[top.base as usize + usize::from(*slot)]);
        kind.mixed || (top.loose && kind.needed.iter().all(filled))
    }

    #[inline(always)]
    fn close_record(&mut self, kind: u32, base: u32, slot: u16, list: bool) {
        if self.mode == Mode::Failed {
            return;
        }
        let base = base as usize;
        let plan = self.plan;
        let tuples = &plan.kind(kind).tuples;
        if !tuples.is_empty() && !self.close_lists(base, tuples) {
            return;
        }
        let record = self
            .build
            .record(kind as usize, &mut self.scratch.values[base..]);
        let count = self.scratch.values.len() - base;
        self.scratch.values.truncate(base);
        match record {
            Ok(record) => {
                let outer = self.scratch.open.last().map_or(0, |open| open.base);
                if self.recording {
                    let place = outer as usize + usize::from(slot);
                    self.record_object(kind, (base, count), place, record);
                }
                self.put(outer, slot, list, record);
            }
            Err(_) => self.fail_by(Rule::Stopped),
        }
    }

    /// Turns the lists of the record at `base` into tuples.
    #[inline]
    fn close_lists(&mut self, base: usize, tuples: &[u16]) -> bool {
        let mut lowest = self.lists;
        for slot in tuples {
            let cell = base + usize::from(*slot);
            let value = self.scratch.values[cell];
            if B::is_null(value) {
                continue;
            }
            let Some(index) = B::marked(value) else {
                continue;
            };
            lowest = lowest.min(index as usize);
            let made = if cell == self.later {
                self.later = NOWHERE;
                self.build.put_off(&self.scratch.later)
            } else {
                self.build.tuple(&mut self.scratch.lists[index as usize])
            };
            if let Ok(tuple) = made {
                self.scratch.values[cell] = tuple;
            } else {
                self.fail_by(Rule::Stopped);
                return false;
            }
        }
        self.lists = lowest;
        true
    }

    #[inline]
    fn end_leaf(&mut self, cx: &Context<'_>, simple: u32, slot: u16, list: bool) {
        match self.read(cx, simple) {
            Ok(value) => {
                let base = self.scratch.open.last().map_or(0, |open| open.base);
                self.mode = Mode::Normal;
                if self.recording {
                    let place = base as usize + usize::from(slot);
                    self.record_text(place, true, simple, value);
                }
                self.put(base, slot, list, value);
            }
            Err(rule) => self.fail_by(rule),
        }
    }

    #[inline(never)]
    fn end_inside(&mut self, cx: &Context<'_>, at: u32) {
        self.depth -= 1;
        if self.depth > 0 {
            return;
        }
        let Mode::Raw {
            from,
            slot,
            list,
            ns,
            local,
        } = self.mode
        else {
            self.mode = Mode::Normal;
            return;
        };
        let doc = cx.doc();
        let xml = &doc[from as usize..at as usize];
        self.scratch.inherited.clear();
        cx.render_used(xml, &mut self.scratch.inherited);
        let raw = self.build.raw(RawParts {
            xml,
            inherited: &self.scratch.inherited,
            namespace: cx.uri(ns),
            tag: &doc[local.0 as usize..local.1 as usize],
        });
        match raw {
            Ok(value) => {
                let base = self.scratch.open.last().map_or(0, |open| open.base);
                self.mode = Mode::Normal;
                self.put(base, slot, list, value);
            }
            Err(_) => self.fail_by(Rule::Stopped),
        }
    }
}

impl<B: Build> Sink for Decoder<'_, B> {
    #[inline(always)]
    fn start(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        match self.mode {
            Mode::Normal => {}
            Mode::Raw { .. } | Mode::Drop(false) => {
                self.depth += 1;
                return;
            }
            Mode::Leaf { .. } | Mode::Drop(true) => return self.fail(),
            Mode::Failed => return,
        }
        let Some(top) = self.scratch.open.last() else {
            return self.start_root(cx, name);
        };
        let plan = self.plan;
        let kind = plan.kind(top.kind);
        let doc = cx.doc();
        let key = key8(doc, name.local as usize, name.end as usize);
        match kind.edge(top.state, name.ns, key, name.local(doc)) {
            Some(edge) => {
                self.advance(edge.next);
                self.enter(cx, &kind.particles[usize::from(edge.particle)], name, at);
            }
            None => self.start_other(cx, name, at),
        }
    }

    #[inline]
    fn attribute(&mut self, cx: &Context<'_>, name: QName, value: Text) {
        match self.mode {
            Mode::Failed | Mode::Raw { .. } | Mode::Drop(false) => {}
            _ if name.ns == XSI => self.schema_attribute(cx, name, value),
            Mode::Leaf { .. } | Mode::Drop(true) => self.fail(),
            Mode::Normal => self.own_attribute(cx, name, value, false),
        }
    }

    #[inline(always)]
    fn attributes_done(&mut self, cx: &Context<'_>) {
        if self.mode == Mode::Normal
            && let Some(top) = self.scratch.open.last()
            && self.plan.kind(top.kind).special
        {
            self.late_attributes(cx);
        }
    }

    #[inline(always)]
    fn text(&mut self, cx: &Context<'_>, text: Text) {
        match self.mode {
            Mode::Leaf { .. } => self.collect(cx, text),
            Mode::Normal => {
                let Some(top) = self.scratch.open.last() else {
                    return;
                };
                let kind = self.plan.kind(top.kind);
                if kind.text.is_some() && !kind.mixed {
                    self.collect(cx, text);
                } else if !text.is_whitespace() || kind.mixed || kind.empty {
                    self.stray_text(cx, text);
                }
            }
            Mode::Drop(true) => {
                if !is_nothing(cx, text, self.role, &mut self.scratch.expanded) {
                    self.fail();
                }
            }
            Mode::Failed | Mode::Raw { .. } | Mode::Drop(false) => {}
        }
    }

    #[inline(always)]
    fn end(&mut self, cx: &Context<'_>, at: u32) {
        match self.mode {
            Mode::Normal => self.end_open(cx),
            Mode::Leaf { simple, slot, list } => self.end_leaf(cx, simple, slot, list),
            Mode::Raw { .. } | Mode::Drop(_) => self.end_inside(cx, at),
            Mode::Failed => {}
        }
        self.beginning = false;
        if self.recording {
            self.record_end(cx, at);
        }
    }

    #[inline(always)]
    fn recall(&mut self, cx: &Context<'_>, at: u32) -> Option<u32> {
        self.recalled(cx, at)
    }
}
