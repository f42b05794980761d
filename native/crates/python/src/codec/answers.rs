//! Writing `Verdicts`: the octets of the objects that they stand for, without the objects.
//!
//! What stands around the values is cut out of the templates of the three classes, once; where their declarations do not fit, the
//! objects are made and written as any others, which also finds the words for what is wrong.
use std::cell::UnsafeCell;

use pyo3::ffi;
use pyo3::prelude::*;
use regwire_plan::{Occurs, Op, Template};

use super::encode::{DEPTH, Record, Writer};
use super::memory::append;
use super::reply::PAIR;
use super::trouble::{Object, Trouble, Written};
use super::verdicts::Verdicts;

/// The octets around the values.
struct Shape {
    /// How many values.
    counts: std::ops::RangeInclusive<usize>,
    /// Simple type of the values.
    simple: u32,
    open: Box<[u8]>,
    /// In front of a value that is free, and of one that is not.
    free: Box<[u8]>,
    taken: Box<[u8]>,
    /// Behind a value, to where the reason may stand.
    after: Box<[u8]>,
    /// Where the reason is written: an operation of a template.
    reason: (usize, usize),
    /// Kind of the objects that have the reason.
    kind: usize,
    /// Behind the reason.
    end: Box<[u8]>,
    close: Box<[u8]>,
}

/// The template of the data, and the classes of what is inside.
type Key = (u32, [*mut ffi::PyTypeObject; 3]);

/// Shapes by what they are of; `None`: the declarations do not fit.
#[derive(Default)]
pub(crate) struct Shapes(UnsafeCell<Vec<(Key, Option<Box<Shape>>)>>);

/// More kinds of checks than any schema has.
const MOST_SHAPES: usize = 64;

impl<'py> Writer<'_, 'py> {
    /// Writes the element that verdicts stand for.
    pub(super) fn verdicts(&mut self, template: u32, verdicts: &Verdicts) -> Written {
        let (before, depth) = (self.out.len(), self.depth);
        if let Some(shape) = self.shape(template, verdicts)
            && self.fill(shape, verdicts).is_some()
        {
            return Ok(());
        }
        self.out.truncate(before);
        self.depth = depth;
        self.earlier = Default::default();
        let data = verdicts.data(self.py).map_err(Trouble::raised)?;
        // SAFETY: held to the end of this function.
        let object: Object<'py> = unsafe { Borrowed::from_ptr(self.py, data.as_ptr()) };
        let written = self.object(template, object);
        // These objects die here, and others may come to lie where they lay.
        self.earlier = Default::default();
        written
    }

    /// Writes the values; `None`: something is not as it should be.
    #[inline(always)]
    fn fill(&mut self, shape: &Shape, verdicts: &Verdicts) -> Option<()> {
        let each = verdicts.each(self.py);
        if !shape.counts.contains(&each.len()) || self.depth + 3 > DEPTH {
            return None;
        }
        append(self.out, &shape.open);
        let mut reason = None;
        for (value, free) in each {
            append(self.out, if free { &shape.free } else { &shape.taken });
            let start = self.out.len();
            // SAFETY: an item of a tuple that the verdicts hold.
            let value: Object<'py> = unsafe { Borrowed::from_ptr(self.py, value) };
            self.simple(shape.simple, value, false).ok()?;
            if self.out.len() == start {
                return None;
            }
            append(self.out, &shape.after);
            if !free {
                match reason.clone() {
                    Some(earlier) => self.out.extend_from_within(earlier),
                    None => reason = Some(self.reason(shape, verdicts)?),
                }
            }
            append(self.out, &shape.end);
        }
        append(self.out, &shape.close);
        Some(())
    }

    /// Writes the reason; gives where.
    fn reason(&mut self, shape: &Shape, verdicts: &Verdicts) -> Option<std::ops::Range<usize>> {
        let start = self.out.len();
        let (templates, shared) = (self.templates, self.shared);
        let op = templates.templates[shape.reason.0]
            .ops
            .get(shape.reason.1)?;
        let row = [std::ptr::null_mut(), verdicts.reason().as_ptr()];
        // SAFETY: values in a row, of which the operation reads the second only; the verdicts hold it.
        let record = unsafe { Record::row(&row, &PAIR, &shared.classes[shape.kind]) };
        self.depth += 2;
        self.operations(std::slice::from_ref(op), record, None)
            .ok()?;
        self.depth -= 2;
        Some(start..self.out.len())
    }
}

impl<'a> Writer<'a, '_> {
    #[inline(always)]
    fn shape(&mut self, template: u32, verdicts: &Verdicts) -> Option<&'a Shape> {
        let key = (template, verdicts.classes);
        // SAFETY: the lock is held, and the reference ends before anything else runs.
        let known = unsafe { &*self.shapes.0.get() };
        match known.iter().find(|(known, _)| *known == key) {
            // SAFETY: boxes are never moved or let go of as long as the codec lives.
            Some((_, shape)) => shape
                .as_ref()
                .map(|shape| unsafe { &*std::ptr::from_ref::<Shape>(shape) }),
            None => self.new_shape(key),
        }
    }

    #[cold]
    fn new_shape(&mut self, key: Key) -> Option<&'a Shape> {
        let before = self.out.len();
        let shape = self.cut(&key).map(Box::new);
        self.out.truncate(before);
        // SAFETY: as for `shape`.
        let known = unsafe { &mut *self.shapes.0.get() };
        if known.len() >= MOST_SHAPES {
            return None;
        }
        known.push((key, shape));
        // SAFETY: as for `shape`.
        let shape = known.last()?.1.as_ref()?;
        Some(unsafe { &*std::ptr::from_ref::<Shape>(shape) })
    }

    /// Cuts the templates of data, item and head around what differs; `None` where they are of another form.
    fn cut(&mut self, (template, classes): &Key) -> Option<Shape> {
        let data = self.of_class(*template, classes[0])?;
        let items = only(data, 0)?;
        let Op::Node {
            choices,
            occurs:
                Occurs::Many {
                    min: min @ 1..,
                    max,
                },
            ..
        } = &data.ops[items]
        else {
            return None;
        };
        let [(_, inner)] = **choices else { return None };
        let item = self.of_class(inner, classes[1])?;
        let (named, reasoned) = (only(item, 0)?, only(item, 1)?);
        let (
            Op::Node {
                choices,
                occurs: Occurs::Once,
                ..
            },
            Op::Node {
                occurs: Occurs::Optional,
                ..
            },
            true,
        ) = (&item.ops[named], &item.ops[reasoned], named < reasoned)
        else {
            return None;
        };
        let [(_, inmost)] = **choices else {
            return None;
        };
        let head = self.of_class(inmost, classes[2])?;
        let valued = only(head, 0)?;
        let Op::Content { simple, .. } = head.ops[valued] else {
            return None;
        };
        let item_open = fixed(&item.ops[..named])?;
        let mut start = |free| {
            let opened = self.head(head, valued, free)?;
            Some([&*item_open, &*opened].concat().into())
        };
        let (free, taken) = (start(true)?, start(false)?);
        let (behind, between) = (
            fixed(&head.ops[valued + 1..])?,
            fixed(&item.ops[named + 1..reasoned])?,
        );
        let rest = fixed(&item.ops[reasoned + 1..])?;
        let last = fixed(&data.ops[items + 1..])?;
        Some(Shape {
            counts: *min..=*max,
            simple,
            open: fixed(&data.ops[..items])?.into(),
            free,
            taken,
            after: [&*behind, &*head.close, &*between].concat().into(),
            reason: (inner as usize, reasoned),
            kind: item.kind as usize,
            end: [&*rest, &*item.close].concat().into(),
            close: [&*last, &*data.close].concat().into(),
        })
    }

    fn of_class(&self, template: u32, class: *mut ffi::PyTypeObject) -> Option<&'a Template> {
        let template = &self.templates.templates[template as usize];
        (self.shared.classes[template.kind as usize].pointer == class).then_some(template)
    }

    /// What stands in front of a head's value.
    fn head(&mut self, head: &Template, valued: usize, free: bool) -> Option<Vec<u8>> {
        let before = self.out.len();
        let shared = self.shared;
        let truth = pyo3::types::PyBool::new(self.py, free);
        let row = [std::ptr::null_mut(), truth.as_ptr()];
        // SAFETY: values in a row; only the operation of the first would miss it, and comes later. A truth lives for ever.
        let record = unsafe { Record::row(&row, &PAIR, &shared.classes[head.kind as usize]) };
        self.operations(&head.ops[..valued], record, None).ok()?;
        Some(self.out.split_off(before))
    }
}

/// What operations write that depend on nothing.
fn fixed(ops: &[Op]) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    for op in ops {
        match op {
            Op::Literal(fixed) => octets.extend_from_slice(fixed),
            Op::EndTag => octets.push(b'>'),
            _ => return None,
        }
    }
    Some(octets)
}

/// The only operation that writes a slot, and nothing but it.
fn only(template: &Template, slot: u16) -> Option<usize> {
    let mut found = None;
    for (place, op) in template.ops.iter().enumerate() {
        if op.slots().contains(&slot) {
            if found.is_some() || op.slots().len() > 1 {
                return None;
            }
            found = Some(place);
        }
    }
    found
}
