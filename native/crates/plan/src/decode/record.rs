//! Recalling elements that were read before, and recording those that may come again; see [`super::memory`].
use regwire_xml::{Context, Text, TextFlags};

use super::memory::{GAPS, Goal, KEPT, OCTETS, Part, Tag, Trace, drop_parts};
use super::{Decoder, Mode, Scratch};
use crate::build::Build;
use crate::plan::{Particle, Role, Target};

/// What is recorded of the element that is read.
#[derive(Debug)]
pub(super) struct Recorder<V> {
    parts: Vec<Part<V>>,
    /// Of each object that is open inside: its first part.
    inside: Vec<u16>,
    state: usize,
    tag: Tag,
    slot: u16,
    list: bool,
    /// Offset of the element.
    from: u32,
    /// How many elements were open around it, and how many values there were.
    open: usize,
    base: usize,
    texts: usize,
    /// Something in it cannot be remembered.
    spoiled: bool,
}

impl<V> Default for Recorder<V> {
    fn default() -> Self {
        Recorder {
            parts: Vec::new(),
            inside: Vec::new(),
            state: 0,
            tag: Tag::default(),
            slot: 0,
            list: false,
            from: 0,
            open: 0,
            base: 0,
            texts: 0,
            spoiled: false,
        }
    }
}

impl<V> Recorder<V> {
    /// The number of a cell; the first one is the element's own.
    fn cell(&self, value: usize) -> u16 {
        (value - self.base + 1) as u16
    }

    /// The cell of a value that goes to a slot of the innermost open object.
    fn target(&self, open: usize, value: usize) -> u16 {
        if open == self.open {
            0
        } else {
            self.cell(value)
        }
    }
}

impl<B: Build> Decoder<'_, B> {
    /// Reads the element at `at` if it is one that is remembered, and those that follow it: the offset behind them.
    #[inline(always)]
    pub(super) fn recalled(&mut self, cx: &Context<'_>, at: u32) -> Option<u32> {
        if self.mode != Mode::Normal || self.recording || !self.remembers {
            return None;
        }
        let doc = cx.doc();
        let tag = Tag::new(cx.scope(), cx.depth(), self.role)?;
        let mut behind = self.recalled_one(cx, tag, at)?;
        // As the tokenizer would: another start tag at once.
        while let Some([b'<', next]) = doc.get(behind as usize..behind as usize + 2)
            && !matches!(next, b'/' | b'!' | b'?')
            && self.mode == Mode::Normal
        {
            match self.recalled_one(cx, tag, behind) {
                Some(further) => behind = further,
                None => break,
            }
        }
        Some(behind)
    }

    #[inline(always)]
    fn recalled_one(&mut self, cx: &Context<'_>, tag: Tag, at: u32) -> Option<u32> {
        let Scratch {
            open,
            memory,
            values,
            gaps,
            later,
            ..
        } = &mut *self.scratch;
        let top = open.last_mut()?;
        let state = self.plan.kind(top.kind).first_state + usize::from(top.state);
        let Some((trace, behind)) = memory.find(state, tag, cx.doc(), at as usize, gaps) else {
            self.consider(state, tag, at);
            return None;
        };
        if self.beginning && trace.varies() {
            self.beginning = false;
            if at != self.resumed {
                self.save(cx, at);
                return None;
            }
        }
        let text = (cx.doc(), cx.is_ascii(), self.role == Role::Client);
        let (base, slot, list) = (top.base, trace.goal.slot, trace.goal.list);
        if list && !self.beginning && self.build.puts_off(top.kind as usize) == Some(slot) {
            let cell = base as usize + usize::from(slot);
            let first = B::is_null(values[cell]);
            if (first || cell == self.later)
                && let Some(recipe) = trace.recipe(self.plan, text, gaps, self.build)
            {
                if first {
                    later.begin(cx.is_ascii());
                }
                later.element(recipe);
                for &(start, end) in &gaps[..trace.texts()] {
                    later.text(&cx.doc()[start as usize..end as usize]);
                }
                top.state = trace.goal.next;
                if first {
                    self.later = cell;
                    self.list_of(cell);
                }
                return Some(behind as u32);
            }
        }
        let value = trace.build(self.plan, text, gaps, self.build)?;
        top.state = trace.goal.next;
        self.put(base, slot, list, value);
        Some(behind as u32)
    }

    /// An element that is not known: record it if such elements are worth it.
    #[inline(never)]
    fn consider(&mut self, state: usize, tag: Tag, at: u32) {
        if !self.scratch.memory.wants(state) {
            return;
        }
        self.recording = true;
        let (open, base) = (self.scratch.open.len(), self.scratch.values.len());
        let recorder = &mut self.scratch.recorder;
        recorder.inside.clear();
        recorder.state = state;
        recorder.tag = tag;
        recorder.from = at;
        recorder.open = open;
        recorder.base = base;
        recorder.texts = 0;
        recorder.spoiled = false;
    }

    /// What is read cannot be remembered.
    #[cold]
    pub(super) fn spoil(&mut self) {
        self.scratch.recorder.spoiled = true;
    }

    /// An element begins whose declaration is known.
    #[cold]
    pub(super) fn record_start(&mut self, cx: &Context<'_>, particle: &Particle) {
        let recorder = &mut self.scratch.recorder;
        let first = self.scratch.open.len() == recorder.open;
        if first {
            recorder.slot = particle.slot;
            recorder.list = particle.list;
        }
        recorder.spoiled |= (particle.list && !first) || cx.scope() == 0;
        match particle.target {
            Target::Leaf(_) => {}
            Target::Node(kind) => {
                recorder.inside.push(recorder.parts.len() as u16);
                let kind = self.plan.kind(kind);
                recorder.spoiled |= kind.mixed || kind.any || kind.special;
            }
            Target::Wrap(_) | Target::Flag(_) | Target::Any(..) => recorder.spoiled = true,
        }
    }

    /// The value of an attribute was read.
    #[cold]
    pub(super) fn record_attribute(&mut self, place: usize, simple: u32, value: B::Value) {
        let recorder = &mut self.scratch.recorder;
        recorder.spoiled |= self.plan.simples[simple as usize].secret;
        if !recorder.spoiled {
            let cell = recorder.cell(place);
            let value = self.build.share(value);
            recorder.parts.push(Part::Fixed { cell, value });
        }
    }

    /// The text of an element was read; its value goes to `place`, or is that of the whole element.
    #[cold]
    pub(super) fn record_text(&mut self, place: usize, whole: bool, simple: u32, value: B::Value) {
        let recorder = &mut self.scratch.recorder;
        let Text { start, end, flags } = self.text;
        let strange =
            flags.contains(TextFlags::NEEDS_EXPANSION) || flags.contains(TextFlags::CDATA);
        recorder.texts += 1;
        recorder.spoiled |=
            self.pieces > 1 || (self.pieces == 1 && strange) || recorder.texts > GAPS;
        if recorder.spoiled {
            return;
        }
        let open = self.scratch.open.len();
        let cell = if whole {
            recorder.target(open, place)
        } else {
            recorder.cell(place)
        };
        if self.pieces == 0 {
            let value = self.build.share(value);
            recorder.parts.push(Part::Fixed { cell, value });
            return;
        }
        let varies = self.plan.simples[simple as usize].secret || (end - start) as usize > KEPT;
        let value = if varies {
            B::NULL
        } else {
            self.build.share(value)
        };
        recorder.parts.push(Part::Text {
            start: start - recorder.from,
            end: end - recorder.from,
            simple,
            cell,
            varies,
            value,
        });
    }

    /// An object was built out of the values from `base` on; it goes to `place`, or is the whole element.
    #[cold]
    pub(super) fn record_object(
        &mut self,
        kind: u32,
        (base, count): (usize, usize),
        place: usize,
        value: B::Value,
    ) {
        let recorder = &mut self.scratch.recorder;
        let Some(inside) = recorder.inside.pop() else {
            recorder.spoiled = true;
            return;
        };
        if recorder.spoiled {
            return;
        }
        let part = Part::Record {
            kind,
            first: recorder.cell(base),
            count: count as u16,
            cell: recorder.target(self.scratch.open.len(), place),
            inside,
            value: self.build.share(value),
        };
        recorder.parts.push(part);
    }

    /// An element ended: the one that is recorded?
    #[cold]
    pub(super) fn record_end(&mut self, cx: &Context<'_>, at: u32) {
        let recorder = &mut self.scratch.recorder;
        if self.scratch.open.len() != recorder.open || self.mode != Mode::Normal {
            return;
        }
        self.recording = false;
        let next = self.scratch.open.last().map_or(0, |open| open.state);
        let octets = &cx.doc()[recorder.from as usize..at as usize];
        let trace = if recorder.spoiled || octets.len() > OCTETS {
            drop_parts(&mut recorder.parts, self.build);
            None
        } else {
            let goal = Goal {
                next,
                slot: recorder.slot,
                list: recorder.list,
            };
            let parts = std::mem::take(&mut recorder.parts);
            Some(Trace::new(recorder.tag, goal, octets, parts, self.build))
        };
        let state = recorder.state;
        self.scratch.memory.learn(state, trace, self.build);
    }

    /// The document ended while an element was recorded: it was wrong.
    #[cold]
    pub(super) fn stop_recording(&mut self) {
        self.recording = false;
        drop_parts(&mut self.scratch.recorder.parts, self.build);
    }
}
