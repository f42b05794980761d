//! Writing answers to checks, which are most of what registries say: `Verdicts`, the octets of the objects that they stand for
//! without the objects; and such objects, where somebody made them.
//!
//! What stands around the values is cut out of the templates of the three classes, once; where their declarations do not fit, or
//! something is not as it mostly is, the objects are (made and) written as any others, which also finds the words for what is wrong.
use std::cell::UnsafeCell;
use std::ptr::null_mut;

use pyo3::ffi;
use pyo3::prelude::*;
use regwire_plan::{Occurs, Op, Template};

use super::encode::{DEPTH, Record, Writer, items};
use super::memory::{Padded, append, append_again, append_padded};
use super::objects::{known, slot};
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
    free: Padded,
    taken: Padded,
    /// Behind a value that has no reason.
    plain: Padded,
    /// Behind a value, to where its reason stands.
    after: Box<[u8]>,
    /// Where the reason is written: an operation of a template.
    reason: (usize, usize),
    /// Kind of the objects that have the reason.
    kind: usize,
    /// Behind the reason.
    end: Box<[u8]>,
    close: Box<[u8]>,
}

/// The reason that was written last: its object, and where what stands behind a value with that reason lies in the output.
type Said = Option<(*mut ffi::PyObject, std::ops::Range<usize>)>;

/// The template of the data, and the classes of what is inside.
type Key = (u32, [*mut ffi::PyTypeObject; 3]);

/// Shapes by what they are of; `None`: the declarations do not fit.
#[derive(Default)]
pub(crate) struct Shapes {
    known: UnsafeCell<Vec<(Key, Option<Box<Shape>>)>>,
    /// By template, as far as the highest that was asked for.
    listed: UnsafeCell<Vec<Listed>>,
}

/// Whether objects of a template are written by a shape.
#[derive(Clone, Copy)]
enum Listed {
    Unknown,
    No,
    Yes(*const Shape, List),
}

/// The classes of an answer, and where their slots are.
#[derive(Clone, Copy)]
struct List {
    classes: [*mut ffi::PyTypeObject; 3],
    items: usize,
    /// Of an item: its head and its reason.
    item: [usize; 2],
    /// Of a head: its value, and whether that is free.
    head: [usize; 2],
}

/// More kinds of checks than any schema has.
const MOST_SHAPES: usize = 64;

impl<'py> Writer<'_, 'py> {
    /// Writes the element that verdicts stand for.
    pub(super) fn verdicts(&mut self, template: u32, verdicts: &Verdicts) -> Written {
        let (before, depth) = (self.out.len(), self.depth);
        if let Some(shape) = self.shape(template, verdicts.classes)
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
        let (mut said, reason) = (None, verdicts.reason().as_ptr());
        for (value, free) in each {
            let reason = if free { null_mut() } else { reason };
            // SAFETY: the verdicts hold the reason and the tuple that the value is in.
            unsafe { self.line(shape, (value, free, reason), &mut said) }?;
        }
        append(self.out, &shape.close);
        Some(())
    }

    /// Writes one value with what stands around it; a reason of null is none.
    ///
    /// # Safety
    /// Live objects, which the caller holds as long as it writes.
    #[inline(always)]
    unsafe fn line(
        &mut self,
        shape: &Shape,
        (value, free, reason): (*mut ffi::PyObject, bool, *mut ffi::PyObject),
        said: &mut Said,
    ) -> Option<()> {
        append_padded(self.out, if free { &shape.free } else { &shape.taken });
        let start = self.out.len();
        // SAFETY: as the caller promises.
        let value: Object<'py> = unsafe { Borrowed::from_ptr(self.py, value) };
        self.simple(shape.simple, value, false).ok()?;
        let end = self.out.len();
        if end == start {
            return None;
        }
        if reason.is_null() {
            append_padded(self.out, &shape.plain);
            return Some(());
        }
        match said {
            Some((earlier, octets)) if alike(self.py, *earlier, reason) => {
                append_again(self.out, octets.clone());
            }
            _ => {
                append(self.out, &shape.after);
                self.reason(shape, reason)?;
                append(self.out, &shape.end);
                *said = Some((reason, end..self.out.len()));
            }
        }
        Some(())
    }

    /// Writes the reason, which the caller holds.
    fn reason(&mut self, shape: &Shape, reason: *mut ffi::PyObject) -> Option<()> {
        let (templates, shared) = (self.templates, self.shared);
        let op = templates.templates[shape.reason.0]
            .ops
            .get(shape.reason.1)?;
        let row = [null_mut(), reason];
        // SAFETY: values in a row, of which the operation reads the second only; the caller holds it.
        let record = unsafe { Record::row(&row, &PAIR, &shared.classes[shape.kind]) };
        self.depth += 2;
        self.operations(std::slice::from_ref(op), record, None)
            .ok()?;
        self.depth -= 2;
        Some(())
    }
}

impl<'py> Writer<'_, 'py> {
    /// Writes an object if it is such an answer; else nothing.
    #[inline(always)]
    pub(super) fn answer(&mut self, template: u32, object: Object<'py>) -> bool {
        let Some((shape, list)) = self.listed(template) else {
            return false;
        };
        let (before, depth) = (self.out.len(), self.depth);
        if self.fill_from(shape, list, object).is_some() {
            return true;
        }
        self.out.truncate(before);
        self.depth = depth;
        self.earlier = Default::default();
        false
    }

    /// Writes the values of objects; `None`: something is not as it mostly is.
    fn fill_from(&mut self, shape: &Shape, list: List, object: Object<'py>) -> Option<()> {
        // SAFETY: the caller has compared the object's class with the template's; it holds the object, and that what is in it.
        // An unset slot is null, which is no tuple.
        let given = unsafe {
            let given = *slot(object.as_ptr(), list.items);
            if given.is_null() {
                return None;
            }
            items(Borrowed::from_ptr(self.py, given)).ok()?
        };
        if !shape.counts.contains(&given.len()) || self.depth + 3 > DEPTH {
            return None;
        }
        append(self.out, &shape.open);
        let mut said = None;
        for item in given {
            let parts = list.parts(*item)?;
            // SAFETY: in slots of immutable objects that are held.
            unsafe { self.line(shape, parts, &mut said) }?;
        }
        append(self.out, &shape.close);
        Some(())
    }
}

impl List {
    /// The value of an item, whether it is free, and why not (null: for no reason); `None`: something else stands there.
    #[inline(always)]
    fn parts(
        &self,
        item: *mut ffi::PyObject,
    ) -> Option<(*mut ffi::PyObject, bool, *mut ffi::PyObject)> {
        // SAFETY: live objects, which hold what is in their slots; the classes are compared before slots of theirs are read, and
        // slots that are not set are found out.
        unsafe {
            if ffi::Py_TYPE(item) != self.classes[1] {
                return None;
            }
            let (head, reason) = (*slot(item, self.item[0]), *slot(item, self.item[1]));
            if head.is_null() || reason.is_null() || ffi::Py_TYPE(head) != self.classes[2] {
                return None;
            }
            let (value, free) = (*slot(head, self.head[0]), *slot(head, self.head[1]));
            if value.is_null() || (free != ffi::Py_True() && free != ffi::Py_False()) {
                return None;
            }
            let reason = if reason == ffi::Py_None() {
                null_mut()
            } else {
                reason
            };
            Some((value, free == ffi::Py_True(), reason))
        }
    }
}

/// Whether two messages hold the same objects, so that the same is written of them. A reason is often made anew for each name.
#[inline(always)]
fn alike(py: Python<'_>, one: *mut ffi::PyObject, other: *mut ffi::PyObject) -> bool {
    if one == other {
        return true;
    }
    // SAFETY: live objects; slots of the one class that they are of.
    unsafe {
        let class = ffi::Py_TYPE(one);
        class == ffi::Py_TYPE(other)
            && known(py, class).is_some_and(|layout| {
                let same = |offset: &usize| *slot(one, *offset) == *slot(other, *offset);
                layout.offsets.iter().all(same)
            })
    }
}

impl<'a> Writer<'a, '_> {
    /// The shape of a template's objects.
    #[inline(always)]
    fn listed(&mut self, template: u32) -> Option<(&'a Shape, List)> {
        // SAFETY: the lock is held, and the reference ends before anything else runs.
        let listed = unsafe { &*self.shapes.listed.get() };
        match listed.get(template as usize) {
            Some(Listed::No) => None,
            // SAFETY: boxes are never moved or let go of as long as the codec lives.
            Some(Listed::Yes(shape, list)) => Some((unsafe { &**shape }, *list)),
            Some(Listed::Unknown) | None => self.new_list(template),
        }
    }

    #[cold]
    fn new_list(&mut self, template: u32) -> Option<(&'a Shape, List)> {
        let found = self.list_of(template).and_then(|list| {
            let shape = self.shape(template, list.classes)?;
            Some((shape, list))
        });
        // SAFETY: as for `listed`.
        let listed = unsafe { &mut *self.shapes.listed.get() };
        let place = template as usize;
        if listed.len() <= place {
            listed.resize(place + 1, Listed::Unknown);
        }
        listed[place] = found.map_or(Listed::No, |(shape, list)| Listed::Yes(shape, list));
        found
    }

    /// The classes that the declarations of a template's objects name, if they are of the form of an answer.
    fn list_of(&self, template: u32) -> Option<List> {
        let (data, items) = self.kind_of::<1>(template)?;
        let (item, inside) = self.kind_of::<2>(self.choice(template)?)?;
        let (head, values) = self.kind_of::<2>(self.choice(self.choice(template)?)?)?;
        Some(List {
            classes: [data, item, head],
            items: items[0],
            item: inside,
            head: values,
        })
    }

    /// A template's class and its slots, if these are so many.
    fn kind_of<const N: usize>(
        &self,
        template: u32,
    ) -> Option<(*mut ffi::PyTypeObject, [usize; N])> {
        let template = &self.templates.templates[template as usize];
        let class = &self.shared.classes[template.kind as usize];
        let offsets = class.layout?.offsets.as_ref().try_into().ok()?;
        Some((class.pointer, offsets))
    }

    /// The template of what the first field holds.
    fn choice(&self, template: u32) -> Option<u32> {
        let template = &self.templates.templates[template as usize];
        match &template.ops[only(template, 0)?] {
            Op::Node { choices, .. } => match **choices {
                [(_, inner)] => Some(inner),
                _ => None,
            },
            _ => None,
        }
    }

    #[inline(always)]
    fn shape(&mut self, template: u32, classes: [*mut ffi::PyTypeObject; 3]) -> Option<&'a Shape> {
        let key = (template, classes);
        // SAFETY: the lock is held, and the reference ends before anything else runs.
        let known = unsafe { &*self.shapes.known.get() };
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
        let known = unsafe { &mut *self.shapes.known.get() };
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
            Some(Padded::new(&[&*item_open, &*opened].concat()))
        };
        let (free, taken) = (start(true)?, start(false)?);
        let after = [
            &*fixed(&head.ops[valued + 1..])?,
            &*head.close,
            &*fixed(&item.ops[named + 1..reasoned])?,
        ]
        .concat();
        let end = [&*fixed(&item.ops[reasoned + 1..])?, &*item.close].concat();
        let last = fixed(&data.ops[items + 1..])?;
        Some(Shape {
            counts: *min..=*max,
            simple,
            open: fixed(&data.ops[..items])?.into(),
            free,
            taken,
            plain: Padded::new(&[&*after, &*end].concat()),
            after: after.into(),
            reason: (inner as usize, reasoned),
            kind: item.kind as usize,
            end: end.into(),
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
        let row = [null_mut(), truth.as_ptr()];
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
