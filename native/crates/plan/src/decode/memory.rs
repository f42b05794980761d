//! Elements that were read before and come again.
//!
//! Documents of a peer say the same with other values: most of their octets are markup that was read, resolved and checked a
//! moment ago. A scratch that remembers keeps, for each state of an automaton, the elements that were read there as *traces*: the
//! octets between the texts that vary, and what was built. An element whose octets are those of a trace is not tokenized again.
//!
//! It is exact. What an element means depends on its octets, the state of the automaton, the namespaces in scope, the depth, the
//! role, and nothing else; all of that is compared ([`Tag`], the place, the octets). What was checked about the same octets in the
//! same place need not be checked again; a text that varies is read and checked every time as every text is. Texts start as part
//! of a trace and vary from the first time that they differ. Whatever does not match is read as if nothing were remembered.
//!
//! Values kept are immutable and given out again. Secrets are never kept, nor texts of more than a line.
use regwire_xml::{plain_text_end, same};

use crate::build::{Build, Step};
use crate::plan::{Plan, Role};

/// Traces of a place; a peer that writes one thing in more ways is read as if nothing were remembered.
const TRACES: usize = 8;
/// Texts of a trace that vary.
pub(super) const GAPS: usize = 16;
/// Octets of an element that is remembered.
pub(super) const OCTETS: usize = 1024;
/// Octets of a text that is kept.
pub(super) const KEPT: usize = 64;
/// Octets of all traces; beyond, everything is forgotten.
const TOTAL: usize = 1 << 18;
/// What a place has to learn with: an element that comes again earns one, learning costs more, most of all in vain.
const CREDIT: i16 = 96;
const MOST_CREDIT: i16 = 1024;
const COST: i16 = 16;
const COST_IN_VAIN: i16 = 48;
/// After so many elements in vain, a place tries again.
const PATIENCE: u16 = 4096;

/// Where an element stands, besides the automaton's state: scope of namespaces, depth and role, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tag(u64);

impl Tag {
    /// None where elements cannot be remembered.
    #[inline(always)]
    pub fn new(scope: u32, depth: usize, role: Role) -> Option<Self> {
        let well = scope != 0 && depth < 1 << 16;
        well.then_some(Tag(u64::from(scope) << 32
            | (depth as u64) << 8
            | role as u64))
    }
}

/// What an element consists of, in the order in which it was read. Cell 0 is the element's own value.
#[derive(Debug)]
pub(super) enum Part<V> {
    /// A text, by its octets; with its value while it is the same each time.
    Text {
        start: u32,
        end: u32,
        simple: u32,
        cell: u16,
        varies: bool,
        value: V,
    },
    /// The value of an attribute or of an element without text.
    Fixed { cell: u16, value: V },
    /// An object out of `count` cells from `first` on; its parts are those from `inside` on.
    Record {
        kind: u32,
        first: u16,
        count: u16,
        cell: u16,
        inside: u16,
        value: V,
    },
}

/// Whether an element may be built later, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Later {
    Unknown,
    Never,
    Recipe(u32),
}

/// Where an element's value goes, and the automaton with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Goal {
    pub next: u16,
    pub slot: u16,
    pub list: bool,
}

/// An element that was read.
#[derive(Debug)]
pub(super) struct Trace<V> {
    tag: Tag,
    pub goal: Goal,
    /// The element as it was read; texts that vary are blanks.
    octets: Box<[u8]>,
    parts: Vec<Part<V>>,
    /// Where the values of an element are put together; null between two of them.
    cells: Vec<V>,
    /// What stands before, between and behind the texts that vary, and the lengths of all but the last piece.
    literal: Vec<u8>,
    pieces: Vec<u32>,
    steps: Vec<Step<V>>,
    later: Later,
}

/// Ranges of the texts that vary.
pub(super) type Gaps = [(u32, u32); GAPS];

impl<V: Copy> Trace<V> {
    /// Compiles what was recorded.
    pub fn new<B: Build<Value = V>>(
        tag: Tag,
        goal: Goal,
        octets: &[u8],
        parts: Vec<Part<V>>,
        build: &mut B,
    ) -> Self {
        let mut octets: Box<[u8]> = octets.into();
        for part in &parts {
            if let Part::Text {
                start,
                end,
                varies: true,
                ..
            } = part
            {
                // Not kept: it may be a secret.
                octets[*start as usize..*end as usize].fill(b' ');
            }
        }
        let mut trace = Trace {
            tag,
            goal,
            octets,
            parts,
            cells: Vec::new(),
            literal: Vec::new(),
            pieces: Vec::new(),
            steps: Vec::new(),
            later: Later::Unknown,
        };
        trace.compile(build);
        trace
    }

    /// Not all of it is the same each time.
    #[inline(always)]
    pub fn varies(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// The offset behind the element at `at`, if it is this one; `gaps` are its texts that vary then.
    #[inline(always)]
    fn matches(&self, doc: &[u8], at: usize, gaps: &mut Gaps) -> Option<usize> {
        let (mut place, mut from) = (at, 0);
        for (piece, gap) in self.pieces.iter().zip(gaps) {
            let length = *piece as usize;
            let literal = self.literal.get(from..from + length)?;
            if !same(doc.get(place..place + length)?, literal) {
                return None;
            }
            from += length;
            place += length;
            let end = plain_text_end(doc, place)?;
            *gap = (place as u32, end as u32);
            place = end;
        }
        let tail = self.literal.get(from..)?;
        same(doc.get(place..place + tail.len())?, tail).then_some(place + tail.len())
    }

    /// Builds the element's value; the texts are those that `matches` found. None: a text is not what its type allows, or building
    /// failed; nothing is left over then.
    #[inline(always)]
    pub fn build<B: Build<Value = V>>(
        &mut self,
        plan: &Plan,
        (doc, ascii, lenient): (&[u8], bool, bool),
        gaps: &Gaps,
        build: &mut B,
    ) -> Option<V> {
        let cells = &mut self.cells[..];
        let mut texts = gaps.iter();
        for step in &self.steps {
            let (cell, made) = match *step {
                Step::Share { cell, value } => (cell, Some(build.share(value))),
                Step::Read { simple, cell } => {
                    let (start, end) = texts.next().copied().unwrap_or_default();
                    let simple = &plan.simples[simple as usize];
                    let text = &doc[start as usize..end as usize];
                    let read = simple.read(text, ascii, lenient, &plan.simples, build);
                    (cell, read.ok())
                }
                Step::Build {
                    kind,
                    first,
                    count,
                    cell,
                } => {
                    let first = usize::from(first);
                    let fields = &mut cells[first..first + usize::from(count)];
                    let record = build.record(kind as usize, fields);
                    // The next object may have its fields in the same cells.
                    fields.fill(B::NULL);
                    (cell, record.ok())
                }
            };
            match made {
                Some(value) => cells[usize::from(cell)] = value,
                None => return give_up(cells, build),
            }
        }
        let value = cells.first_mut()?;
        Some(std::mem::replace(value, B::NULL))
    }

    /// What the element is built by, if it can be built later out of its texts: then each of them is what its type allows.
    #[inline(always)]
    pub fn recipe<B: Build<Value = V>>(
        &mut self,
        plan: &Plan,
        (doc, ascii, lenient): (&[u8], bool, bool),
        gaps: &Gaps,
        build: &mut B,
    ) -> Option<u32> {
        let recipe = match self.later {
            Later::Recipe(recipe) => recipe,
            Later::Never => return None,
            Later::Unknown => self.find_recipe(plan, build)?,
        };
        let mut texts = gaps.iter();
        for step in &self.steps {
            if let Step::Read { simple, .. } = step {
                let &(start, end) = texts.next()?;
                let text = &doc[start as usize..end as usize];
                if !plan.simples[*simple as usize].takes(text, ascii, lenient) {
                    return None;
                }
            }
        }
        Some(recipe)
    }

    #[cold]
    fn find_recipe<B: Build<Value = V>>(&mut self, plan: &Plan, build: &mut B) -> Option<u32> {
        let mut reads = self.steps.iter().filter_map(|step| match step {
            Step::Read { simple, .. } => Some(&plan.simples[*simple as usize]),
            _ => None,
        });
        let recipe = if reads.all(|simple| simple.is_free_text() && !simple.secret) {
            build.recipe(&self.steps, self.cells.len())
        } else {
            None
        };
        self.later = recipe.map_or(Later::Never, Later::Recipe);
        recipe
    }

    /// How many texts vary.
    #[inline(always)]
    pub fn texts(&self) -> usize {
        self.pieces.len()
    }

    /// Takes in an element that differs in its texts only: these vary from now on. False when it differs in more.
    fn widen<B: Build<Value = V>>(&mut self, other: &Trace<V>, build: &mut B) -> bool {
        if self.tag != other.tag || self.goal != other.goal || !self.is_like(other) {
            return false;
        }
        let mut changed = false;
        for (part, now) in self.parts.iter_mut().zip(&other.parts) {
            let (
                Part::Text {
                    start,
                    end,
                    varies,
                    value,
                    ..
                },
                Part::Text {
                    start: from,
                    end: to,
                    varies: other_varies,
                    ..
                },
            ) = (part, now)
            else {
                continue;
            };
            let old = &mut self.octets[*start as usize..*end as usize];
            let new = &other.octets[*from as usize..*to as usize];
            if !*varies && (*other_varies || old != new) {
                old.fill(b' ');
                build.release(std::mem::replace(value, B::NULL));
                *varies = true;
                changed = true;
            }
        }
        if changed {
            self.compile(build);
        }
        true
    }

    /// Everything but the texts is the same.
    fn is_like(&self, other: &Trace<V>) -> bool {
        if self.parts.len() != other.parts.len() {
            return false;
        }
        let (mut at, mut other_at) = (0, 0);
        for pair in self.parts.iter().zip(&other.parts) {
            match pair {
                (
                    Part::Text {
                        start,
                        end,
                        simple,
                        cell,
                        ..
                    },
                    Part::Text {
                        start: from,
                        end: to,
                        simple: other_simple,
                        cell: other_cell,
                        ..
                    },
                ) => {
                    let markup = &self.octets[at..*start as usize];
                    if (simple, cell) != (other_simple, other_cell)
                        || markup != &other.octets[other_at..*from as usize]
                    {
                        return false;
                    }
                    (at, other_at) = (*end as usize, *to as usize);
                }
                // The same markup in the same state says the same; this only makes sure that the parts are the same ones.
                (Part::Fixed { cell, .. }, Part::Fixed { cell: other, .. }) if cell == other => {}
                (
                    Part::Record { kind, cell, .. },
                    Part::Record {
                        kind: other_kind,
                        cell: other,
                        ..
                    },
                ) if (kind, cell) == (other_kind, other) => {}
                _ => return false,
            }
        }
        self.octets[at..] == other.octets[other_at..]
    }

    /// What to compare and what to do, out of the parts: objects in which nothing varies are shared whole.
    fn compile<B: Build<Value = V>>(&mut self, build: &mut B) {
        self.literal.clear();
        self.pieces.clear();
        self.steps.clear();
        self.later = Later::Unknown;
        let mut cells = 1;
        let mut at = 0;
        let mut begun = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            begun.push(self.steps.len());
            match part {
                Part::Text {
                    start,
                    end,
                    simple,
                    cell,
                    varies: true,
                    ..
                } => {
                    self.literal
                        .extend_from_slice(&self.octets[at..*start as usize]);
                    self.pieces.push(*start - at as u32);
                    at = *end as usize;
                    self.steps.push(Step::Read {
                        simple: *simple,
                        cell: *cell,
                    });
                }
                Part::Text { cell, value, .. } | Part::Fixed { cell, value } => {
                    self.steps.push(Step::Share {
                        cell: *cell,
                        value: *value,
                    });
                }
                Part::Record {
                    kind,
                    first,
                    count,
                    cell,
                    inside,
                    value,
                } => {
                    cells = cells.max(*first + *count);
                    let own = begun.get(usize::from(*inside)).copied().unwrap_or_default();
                    if self.steps[own..]
                        .iter()
                        .all(|step| matches!(step, Step::Share { .. }))
                    {
                        self.steps.truncate(own);
                        self.steps.push(Step::Share {
                            cell: *cell,
                            value: *value,
                        });
                    } else {
                        if !B::is_null(*value) {
                            build.release(std::mem::replace(value, B::NULL));
                        }
                        self.steps.push(Step::Build {
                            kind: *kind,
                            first: *first,
                            count: *count,
                            cell: *cell,
                        });
                    }
                }
            }
        }
        self.literal.extend_from_slice(&self.octets[at..]);
        self.cells.clear();
        self.cells.resize(usize::from(cells), B::NULL);
    }
}

/// Lets go of what the steps made before one of them failed.
#[cold]
fn give_up<B: Build>(cells: &mut [B::Value], build: &mut B) -> Option<B::Value> {
    for value in cells {
        if !B::is_null(*value) {
            build.release(std::mem::replace(value, B::NULL));
        }
    }
    None
}

/// Lets go of the values that parts hold.
pub(super) fn drop_parts<B: Build>(parts: &mut Vec<Part<B::Value>>, build: &mut B) {
    for part in parts.drain(..) {
        let (Part::Text { value, .. } | Part::Fixed { value, .. } | Part::Record { value, .. }) =
            part;
        if !B::is_null(value) {
            build.release(value);
        }
    }
}

/// What is remembered of a state.
#[derive(Debug)]
struct Place<V> {
    credit: i16,
    misses: u16,
    traces: Vec<Trace<V>>,
}

/// What a scratch remembers.
#[derive(Debug)]
pub(super) struct Memory<V> {
    /// The plan it is of; 0: nothing is remembered.
    plan: u64,
    /// Of each state: its place plus one.
    index: Vec<u16>,
    places: Vec<Place<V>>,
    octets: usize,
}

impl<V> Memory<V> {
    /// Remembers nothing.
    pub const fn none() -> Self {
        Memory {
            plan: 0,
            index: Vec::new(),
            places: Vec::new(),
            octets: 0,
        }
    }

    /// Remembers what is read by this plan.
    pub fn of(plan: &Plan) -> Self {
        Memory {
            plan: plan.identity,
            index: vec![0; plan.states],
            ..Self::none()
        }
    }

    #[inline(always)]
    pub fn is_of(&self, plan: &Plan) -> bool {
        self.plan == plan.identity
    }
}

impl<V: Copy> Memory<V> {
    /// The trace of the element at `at` and the offset behind it; `gaps` are its texts that vary then.
    #[inline(always)]
    pub fn find(
        &mut self,
        state: usize,
        tag: Tag,
        doc: &[u8],
        at: usize,
        gaps: &mut Gaps,
    ) -> Option<(&mut Trace<V>, usize)> {
        let place = usize::from(*self.index.get(state)?).checked_sub(1)?;
        let place = self.places.get_mut(place)?;
        for number in 0..place.traces.len() {
            let trace = &place.traces[number];
            if trace.tag == tag
                && let Some(behind) = trace.matches(doc, at, gaps)
            {
                place.credit = (place.credit + 1).min(MOST_CREDIT);
                if number > 1 {
                    // What comes often is found first.
                    place.traces.swap(number, number - 1);
                    return Some((&mut place.traces[number - 1], behind));
                }
                return Some((&mut place.traces[number], behind));
            }
        }
        None
    }

    /// An element at this state was not known: whether to learn it.
    #[inline]
    pub fn wants(&mut self, state: usize) -> bool {
        let Some(number) = self.index.get_mut(state) else {
            return false;
        };
        if *number == 0 {
            self.places.push(Place {
                credit: CREDIT,
                misses: 0,
                traces: Vec::new(),
            });
            // More places than fit: the last one stands for all of them and is not found by any.
            *number = u16::try_from(self.places.len()).unwrap_or(u16::MAX);
        }
        let Some(place) = self.places.get_mut(usize::from(*number) - 1) else {
            return false;
        };
        if place.credit > 0 {
            return true;
        }
        place.misses += 1;
        if place.misses >= PATIENCE {
            place.misses = 0;
            place.credit = CREDIT / 2;
        }
        false
    }

    /// Takes in what was recorded at a state; nothing when it cannot be remembered.
    pub fn learn<B: Build<Value = V>>(
        &mut self,
        state: usize,
        trace: Option<Trace<V>>,
        build: &mut B,
    ) {
        let number = usize::from(self.index[state]);
        let Some(place) = self.places.get_mut(number - 1) else {
            if let Some(mut trace) = trace {
                drop_parts(&mut trace.parts, build);
            }
            return;
        };
        place.credit -= if trace.is_some() { COST } else { COST_IN_VAIN };
        let Some(mut trace) = trace else { return };
        let known = place
            .traces
            .iter_mut()
            .any(|known| known.widen(&trace, build));
        if known {
            drop_parts(&mut trace.parts, build);
            return;
        }
        self.octets += trace.octets.len();
        if place.traces.len() == TRACES
            && let Some(mut old) = place.traces.pop()
        {
            self.octets -= old.octets.len();
            drop_parts(&mut old.parts, build);
        }
        place.traces.push(trace);
        if self.octets > TOTAL {
            self.forget(build);
        }
    }

    /// Lets go of everything that is remembered.
    pub fn forget<B: Build<Value = V>>(&mut self, build: &mut B) {
        for mut place in self.places.drain(..) {
            for trace in &mut place.traces {
                drop_parts(&mut trace.parts, build);
            }
        }
        self.index.fill(0);
        self.octets = 0;
    }
}
