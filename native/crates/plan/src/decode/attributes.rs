//! Attributes: values of their own, the choice of a type, and those that nobody declared.
use regwire_xml::{Context, QName, Text, key8};

use super::look::{chosen_nil, chosen_type};
use super::{Decoder, Mode};
use crate::build::Build;
use crate::plan::Role;
use crate::rule::Rule;
use crate::simple::{Kind, Simple};

impl<B: Build> Decoder<'_, B> {
    /// `xsi:type` and its kin.
    #[cold]
    pub(super) fn schema_attribute(&mut self, cx: &Context<'_>, name: QName, value: Text) {
        self.spoil();
        match name.local(cx.doc()) {
            b"schemaLocation" | b"noNamespaceSchemaLocation" => {}
            b"type" if matches!(self.mode, Mode::Leaf { .. }) => self.leaf_type(cx, value),
            b"type" => {
                let chosen = match (self.mode, self.scratch.open.last()) {
                    (Mode::Normal, Some(top)) => chosen_type(cx, value, &mut self.scratch.expanded)
                        .and_then(|(ns, local)| {
                            let plan = self.plan;
                            let named =
                                |own: u32| plan.simples[own as usize].is_named(cx.uri(ns), local);
                            plan.kind(top.kind).chosen(top.kind, ns, local, named)
                        }),
                    _ => None,
                };
                match chosen {
                    Some(kind) => self.become_type(kind),
                    None => self.fail(),
                }
            }
            b"nil" => {
                let nil = match (self.mode, self.scratch.open.last()) {
                    (Mode::Normal, Some(top)) if self.plan.kind(top.kind).nillable => {
                        chosen_nil(cx, value, &mut self.scratch.expanded)
                    }
                    _ => None,
                };
                match (nil, self.scratch.open.last_mut()) {
                    (Some(nil), Some(top)) => top.nil = nil,
                    _ => self.fail(),
                }
            }
            _ => self.fail(),
        }
    }

    /// A value's `xsi:type` names its own simple type, or a built-in one that is derived from it.
    #[cold]
    fn leaf_type(&mut self, cx: &Context<'_>, value: Text) {
        let Mode::Leaf {
            simple: own,
            slot,
            list,
        } = self.mode
        else {
            return;
        };
        let plan = self.plan;
        match chosen_type(cx, value, &mut self.scratch.expanded)
            .and_then(|(ns, local)| plan.chosen_simple(own, cx.uri(ns), local))
        {
            Some(simple) => self.mode = Mode::Leaf { simple, slot, list },
            None => self.fail(),
        }
    }

    pub(super) fn become_type(&mut self, kind: u32) {
        // Its own type: a wrapper has no slots of its own, so that nothing may be cut.
        if self.scratch.open.last().is_some_and(|top| top.kind == kind) {
            return;
        }
        let slots = usize::from(self.plan.kind(kind).slots);
        if let Some(top) = self.scratch.open.last_mut() {
            top.kind = kind;
            self.scratch
                .values
                .resize(top.base as usize + slots, B::NULL);
        }
        if self.plan.kind(kind).text.is_some() {
            self.pieces = 0;
        }
    }

    #[cold]
    pub(super) fn late_attributes(&mut self, cx: &Context<'_>) {
        let deferred = std::mem::take(&mut self.scratch.deferred);
        for (name, value) in &deferred {
            if self.mode == Mode::Normal {
                self.own_attribute(cx, *name, *value, true);
            }
        }
        self.scratch.deferred = deferred;
        self.scratch.deferred.clear();
        if let Some(top) = self.scratch.open.last()
            && self.plan.kind(top.kind).is_abstract
        {
            self.fail();
        }
    }

    #[inline(always)]
    pub(super) fn own_attribute(&mut self, cx: &Context<'_>, name: QName, value: Text, last: bool) {
        let Some(top) = self.scratch.open.last() else {
            return;
        };
        // Field by field, see `collect`.
        let (kind, base) = (top.kind, top.base);
        let plan = self.plan;
        let kind = plan.kind(kind);
        let doc = cx.doc();
        let key = key8(doc, name.local as usize, name.end as usize);
        let Some((number, attribute)) = kind.attribute(name.ns, key, name.local(doc)) else {
            self.other_attribute(name, value, last);
            return;
        };
        let simple = &plan.simples[attribute.simple as usize];
        self.beginning &= !simple.secret;
        let lenient = self.role == Role::Client;
        let read = if simple.kind == Kind::QName {
            self.read_name(cx, simple, value)
        } else if value.needs_expansion() {
            self.scratch.expanded.clear();
            value.expand(doc, &mut self.scratch.expanded);
            let expanded = &self.scratch.expanded;
            simple.read(
                expanded,
                expanded.is_ascii(),
                lenient,
                &plan.simples,
                self.build,
            )
        } else {
            simple.read(
                value.as_raw(doc),
                cx.is_ascii(),
                lenient,
                &plan.simples,
                self.build,
            )
        };
        match read {
            Ok(value) => {
                let place = base as usize + usize::from(attribute.slot);
                self.scratch.values[place] = value;
                if self.recording {
                    self.record_attribute(place, attribute.simple, value);
                }
                if let Some(top) = self.scratch.open.last_mut() {
                    top.attributes |= 1 << number;
                }
            }
            Err(rule) => self.fail_by(rule),
        }
    }

    #[inline(never)]
    pub(super) fn read_name(
        &mut self,
        cx: &Context<'_>,
        simple: &Simple,
        value: Text,
    ) -> Result<B::Value, Rule> {
        self.scratch.expanded.clear();
        value.expand(cx.doc(), &mut self.scratch.expanded);
        let resolve = |prefix: &[u8]| cx.resolve(prefix).map(|ns| cx.uri(ns));
        simple.read_qname(&self.scratch.expanded, resolve, self.build)
    }

    /// There is nothing at all in an element that `xsi:nil` calls empty.
    #[cold]
    pub(super) fn end_nil(&mut self) -> bool {
        match self.pieces {
            0 => true,
            1 => self.text.is_empty(),
            _ => self.scratch.joined.is_empty(),
        }
    }

    #[cold]
    pub(super) fn other_attribute(&mut self, name: QName, value: Text, last: bool) {
        let Some(top) = self.scratch.open.last() else {
            return;
        };
        let kind = self.plan.kind(top.kind);
        if !last && !kind.derived.is_empty() {
            self.scratch.deferred.push((name, value));
        } else if !(kind.any_attributes || (kind.any && self.role != Role::Server)) {
            self.fail();
        }
    }
}
