//! Frames out of Python objects: runs the templates of the plan and checks what the schema would refuse.
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use regwire_plan::{Admits, Branch, Occurs, Op, Plan, Template, Templates};

use super::ahead::{WORTH_FETCHING, fetch};
use super::answers::Shapes;
use super::builder::{Class, Shared};
use super::later::fill_all;
use super::memory::{append, prefetch};
use super::objects::{ByClass, slot};
use super::raw::Raw;
use super::trouble::{Object, Trouble, Written, check_count, inside, not_tuple};
use super::verdicts::Verdicts;

/// What stands in front of every document.
pub(super) const DECLARATION: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Offsets of values in a row: as many as a document has fields, and more.
const ROW: [usize; 8] = {
    let mut row = [0; 8];
    let mut place = 0;
    while place < row.len() {
        row[place] = place * size_of::<*mut ffi::PyObject>();
        place += 1;
    }
    row
};

/// As deep as decoding goes, so that what is written can be read.
pub(super) const DEPTH: u32 = 32;

/// Everything that writing needs of a codec.
pub(crate) struct Writer<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) plan: &'a Plan,
    pub(crate) templates: &'a Templates,
    pub(crate) shared: &'a Shared,
    pub(crate) kinds: &'a ByClass<u32>,
    pub(crate) shapes: &'a Shapes,
    pub(crate) out: &'a mut Vec<u8>,
    pub(crate) depth: u32,
    /// Bits of the namespaces that the document and wildcard elements are of.
    pub(crate) namespaces: u128,
    /// Namespaces of raw content that the schema does not know.
    pub(crate) others: Vec<String>,
    /// Objects that may occur again in the document.
    pub(crate) earlier: [Earlier; EARLIER],
    /// Secret values are written as `MASK`.
    pub(crate) masking: bool,
    /// Something was written that nobody declared, so that only its names say what is secret.
    pub(crate) undeclared: bool,
}

/// How many objects are remembered; the template chooses the place.
const EARLIER: usize = 4;

/// Where in the output an object lies that others refer to as well: replies often hold the same one many times, such as the
/// reason of each name that is taken. Objects are immutable, and the document keeps them alive while it is written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Earlier {
    object: usize,
    template: u32,
    /// How deep it was written; what is inside may be written as deep again, but no deeper.
    depth: u32,
    start: usize,
    end: usize,
}

/// Where the operations find the values of fields: in an object, or in anything else that has them side by side.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    /// What the offsets count from.
    base: *mut ffi::PyObject,
    /// Of each field's slot.
    offsets: &'a [usize],
    /// Fields whose True is an element.
    flags: &'a [bool],
}

impl<'a> Record<'a> {
    /// The fields of an object.
    ///
    /// # Safety
    /// The object is of the class, and outlives the writing.
    #[inline(always)]
    unsafe fn of(object: Object<'_>, class: &'a Class) -> Self {
        Self {
            base: object.as_ptr(),
            offsets: class.layout.map_or(&[], |layout| &layout.offsets),
            flags: &class.flags,
        }
    }

    /// Fields that lie in a row: values of live objects.
    ///
    /// # Safety
    /// `offsets` are those of the values in the row (in octets), which outlive the writing.
    #[inline(always)]
    pub(super) unsafe fn row(
        values: &'a [*mut ffi::PyObject],
        offsets: &'a [usize],
        class: &'a Class,
    ) -> Self {
        Self {
            base: values.as_ptr().cast_mut().cast(),
            offsets,
            flags: &class.flags,
        }
    }
}

impl<'py> Writer<'_, 'py> {
    /// Writes a document; with `identifier`, as if its message were the identifier of the transaction.
    pub(crate) fn document(
        &mut self,
        message: &Bound<'py, PyAny>,
        identifier: Option<&Bound<'py, PyAny>>,
    ) -> Written {
        let templates = self.templates;
        // SAFETY: the caller holds the message for the whole time of writing.
        let object: Object<'py> = unsafe { Borrowed::from_ptr(self.py, message.as_ptr()) };
        let class = message.get_type_ptr();
        let kind = self.kinds.get(&(class as usize)).copied();
        self.out.extend_from_slice(DECLARATION);
        for (root, global) in templates.roots.iter().zip(&self.plan.roots) {
            let bit = global.ns.index().map_or(0, |index| 1 << (index & 127));
            if kind == Some(root.kind) {
                self.namespaces |= bit;
                return self.root(root.template, object, identifier);
            }
            let Some((open, choices, close)) = &root.transparent else {
                continue;
            };
            if let Some((_, template)) = choices.iter().find(|choice| Some(choice.0) == kind) {
                self.namespaces |= bit;
                append(self.out, open);
                self.depth += 1;
                self.root(*template, object, identifier)?;
                append(self.out, close);
                return Ok(());
            }
        }
        let name = message
            .get_type()
            .qualname()
            .map_or_else(|_| "?".to_owned(), |name| name.to_string());
        Err(Trouble::new(
            "unexpected",
            format!("{name} is no document of the schema {}", self.plan.name),
            None,
        ))
    }

    /// Writes the object of a document.
    #[inline(always)]
    fn root(
        &mut self,
        number: u32,
        object: Object<'py>,
        identifier: Option<&Bound<'py, PyAny>>,
    ) -> Written {
        match identifier {
            None => self.object(number, object),
            Some(identifier) => self.identified(number, object, identifier),
        }
    }

    /// Writes an object with an identifier that it does not hold itself.
    fn identified(
        &mut self,
        number: u32,
        object: Object<'py>,
        identifier: &Bound<'py, PyAny>,
    ) -> Written {
        let templates = self.templates;
        let template = &templates.templates[number as usize];
        let shared = self.shared;
        let class = &shared.classes[template.kind as usize];
        let place = self.plan.types[template.kind as usize].identifier;
        let offsets = class.layout.map_or(&[][..], |layout| &layout.offsets);
        let (Some(place), true) = (place, offsets.len() <= ROW.len()) else {
            return Err(Trouble::new("unexpected", "has no identifier", None));
        };
        let mut row = [std::ptr::null_mut(); ROW.len()];
        for (value, offset) in row.iter_mut().zip(offsets) {
            // SAFETY: the caller has compared the object's class with the template's, and holds it with all its values.
            *value = unsafe { *slot(object.as_ptr(), *offset) };
        }
        row[usize::from(place)] = identifier.as_ptr();
        // SAFETY: as many values as the class has fields, in a row; the caller holds them all.
        let record = unsafe { Record::row(&row, &ROW[..offsets.len()], class) };
        self.depth += 1;
        self.element(template, record)?;
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn object(&mut self, number: u32, object: Object<'py>) -> Written {
        let templates = self.templates;
        let template = &templates.templates[number as usize];
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(inside(
                Trouble::new("depth", format!("nested over {DEPTH} deep"), None),
                &template.name,
            ));
        }
        // SAFETY: a live object. One that nobody else refers to cannot occur a second time.
        let shared = unsafe { ffi::Py_REFCNT(object.as_ptr()) } > 1;
        if shared && self.again(number, object) {
            self.depth -= 1;
            return Ok(());
        }
        let before = self.out.len();
        let shared_by_all = self.shared;
        let classes = &shared_by_all.classes;
        let class = &classes[template.kind as usize];
        if let Some(layout) = class.layout
            && layout.later().is_some()
        {
            // SAFETY: as below.
            unsafe { fill_all(self.py, object.as_ptr(), layout) }.map_err(Trouble::raised)?;
        }
        // SAFETY: the caller has compared the object's class with the template's, and holds it.
        let record = unsafe { Record::of(object, class) };
        if record.offsets.len() >= WORTH_FETCHING {
            // SAFETY: the slots are those of a live object.
            unsafe { fetch(self.py, object.as_ptr(), record.offsets, &template.objects) };
        }
        self.element(template, record)?;
        if shared {
            self.earlier[number as usize % EARLIER] = Earlier {
                object: object.as_ptr() as usize,
                template: number,
                depth: self.depth,
                start: before,
                end: self.out.len(),
            };
        }
        self.depth -= 1;
        Ok(())
    }

    /// Writes an element whose fields are in a record.
    #[inline(always)]
    pub(super) fn element(&mut self, template: &Template, record: Record<'_>) -> Written {
        match self.operations(&template.ops, record, None) {
            Ok(start) if start != 0 && start == self.out.len() => {
                self.out.pop();
                self.out.extend_from_slice(b"/>");
            }
            Ok(_) => append(self.out, &template.close),
            Err(trouble) => return Err(inside(trouble, &template.name)),
        }
        Ok(())
    }

    /// Writes an object as it was written before in this document, if it is remembered.
    #[inline(always)]
    fn again(&mut self, number: u32, object: Object<'py>) -> bool {
        let earlier = self.earlier[number as usize % EARLIER];
        let same = earlier.object == object.as_ptr() as usize
            && earlier.template == number
            && earlier.depth >= self.depth;
        if same {
            self.out.extend_from_within(earlier.start..earlier.end);
        }
        same
    }

    /// The value of a slot, or of the `index`-th item of the tuple in it.
    #[inline(always)]
    fn value(
        &self,
        record: Record<'_>,
        place: u16,
        index: Option<usize>,
    ) -> Result<Object<'py>, Box<Trouble>> {
        let Some(&offset) = record.offsets.get(usize::from(place)) else {
            return Err(Trouble::new("unexpected", "no such slot", None));
        };
        // SAFETY: whoever made the record promised that the offsets fit, and that it lives as long as the writing. An object
        // keeps what is in its slots alive: it is immutable.
        let value = unsafe {
            let value = *slot(record.base, offset);
            if value.is_null() {
                return Err(Trouble::new("required", "a field is not set", None));
            }
            Borrowed::from_ptr(self.py, value)
        };
        match index {
            None => Ok(value),
            Some(index) => {
                let tuple = value.cast::<PyTuple>().map_err(|_| not_tuple(value))?;
                // SAFETY: the tuple, alive as above, keeps its items alive.
                tuple
                    .get_borrowed_item(index)
                    .map(|item| unsafe { Borrowed::from_ptr(self.py, item.as_ptr()) })
                    .map_err(|_| {
                        Trouble::new(
                            "required",
                            "the tuples of a repeated sequence are equally long",
                            None,
                        )
                    })
            }
        }
    }

    /// Runs operations; gives the length of the output behind the start tag, 0 if they write none.
    pub(super) fn operations(
        &mut self,
        ops: &[Op],
        record: Record<'_>,
        index: Option<usize>,
    ) -> Result<usize, Box<Trouble>> {
        let mut start = 0;
        for op in ops {
            match op {
                Op::Literal(octets) => append(self.out, octets),
                Op::EndTag => {
                    self.out.push(b'>');
                    start = self.out.len();
                }
                Op::Leaf {
                    slot,
                    simple,
                    open,
                    close,
                    occurs,
                    name,
                } => {
                    let value = self.value(record, *slot, index)?;
                    self.leaf(*simple, open, close, *occurs, value)
                        .map_err(|trouble| inside(trouble, name))?;
                }
                Op::Node {
                    slot,
                    choices,
                    occurs,
                    name,
                } => {
                    let value = self.value(record, *slot, index)?;
                    self.each(*occurs, value, name, |this, item| {
                        this.node(choices, item, name)
                    })?;
                }
                Op::Attribute {
                    slot,
                    simple,
                    open,
                    required,
                    default,
                    name,
                } => {
                    let value = self.value(record, *slot, index)?;
                    if !self.is_default(value, *default) {
                        self.attribute(*simple, open, *required, value)
                            .map_err(|trouble| inside(trouble, name))?;
                    }
                }
                Op::Content { slot, simple } => {
                    let value = self.value(record, *slot, index)?;
                    self.simple(*simple, value, false)?;
                }
                Op::Nillable { slot, simple, nil } => {
                    let value = self.value(record, *slot, index)?;
                    if value.is_none() {
                        append(self.out, nil);
                    }
                    self.out.push(b'>');
                    start = self.out.len();
                    if !value.is_none() {
                        self.simple(*simple, value, false)?;
                    }
                }
                Op::Name { slot, name, .. } => {
                    let value = self.value(record, *slot, index)?;
                    self.name(op, value)
                        .map_err(|trouble| inside(trouble, name))?;
                }
                Op::Any {
                    slot,
                    admits,
                    table,
                    occurs,
                    name,
                    ..
                } => {
                    let value = self.value(record, *slot, index)?;
                    self.each(*occurs, value, name, |this, item| {
                        this.any(admits, *table, item, name)
                    })?;
                }
                Op::Flag { .. } | Op::Wrap { .. } | Op::Choice { .. } | Op::Zip { .. } => {
                    self.group(op, record, index)?;
                }
            }
        }
        Ok(start)
    }

    /// The rarer operations.
    fn group(&mut self, op: &Op, record: Record<'_>, index: Option<usize>) -> Written {
        match op {
            Op::Flag {
                slot,
                element,
                name,
            } => {
                let value = self.value(record, *slot, index)?;
                if Self::truth(value).map_err(|trouble| inside(trouble, name))? {
                    append(self.out, element);
                }
            }
            Op::Wrap {
                slot,
                open,
                ops,
                close,
                required,
                name,
            } => {
                let value = self.value(record, *slot, index)?;
                if *required || present(value) {
                    append(self.out, open);
                    self.depth += 1;
                    self.operations(ops, record, index)
                        .map_err(|trouble| inside(trouble, name))?;
                    self.depth -= 1;
                    append(self.out, close);
                }
            }
            Op::Choice {
                branches,
                optional,
                slots,
                name,
            } => match self.branch(branches, slots, *optional, record, index) {
                Ok(Some(branch)) => {
                    self.operations(&branch.ops, record, index)?;
                }
                Ok(None) => {}
                Err(trouble) => return Err(inside(trouble, name)),
            },
            Op::Zip {
                ops,
                slots,
                min,
                max,
                name,
            } => {
                let count = self.zipped(slots, record)?;
                check_count(count, *min, *max).map_err(|trouble| inside(trouble, name))?;
                for item in 0..count {
                    self.operations(ops, record, Some(item))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn zipped(&self, slots: &[u16], record: Record<'_>) -> Result<usize, Box<Trouble>> {
        let mut longest = 0;
        for place in slots {
            let value = self.value(record, *place, None)?;
            longest = longest.max(value.cast::<PyTuple>().map_err(|_| not_tuple(value))?.len());
        }
        Ok(longest)
    }

    /// The branch of a choice that fits what is there.
    fn branch<'b>(
        &self,
        branches: &'b [Branch],
        slots: &[u16],
        optional: bool,
        record: Record<'_>,
        index: Option<usize>,
    ) -> Result<Option<&'b Branch>, Box<Trouble>> {
        let mut there = Vec::with_capacity(slots.len());
        for place in slots {
            let value = self.value(record, *place, index)?;
            let flag = record
                .flags
                .get(usize::from(*place))
                .copied()
                .unwrap_or_default();
            let counts = if flag {
                !value.is_none() && Self::truth(value)?
            } else {
                present(value)
            };
            if counts {
                there.push(*place);
            }
        }
        if there.is_empty() && optional {
            return Ok(None);
        }
        let fits = |branch: &&Branch| {
            there.iter().all(|place| branch.covers.contains(place))
                && branch.needs.iter().all(|place| there.contains(place))
                && branch.model.as_ref().is_none_or(|model| model.fits(&there))
        };
        match branches.iter().find(fits) {
            Some(branch) => Ok(Some(branch)),
            None if there.is_empty() => {
                Err(Trouble::new("required", "one of these is required", None))
            }
            None => Err(Trouble::new(
                "unexpected",
                "what is given of these fits no alternative of the schema",
                None,
            )),
        }
    }

    /// Writes each value that a slot holds.
    #[inline(always)]
    fn each(
        &mut self,
        occurs: Occurs,
        value: Object<'py>,
        name: &str,
        mut write: impl FnMut(&mut Self, Object<'py>) -> Written,
    ) -> Written {
        match occurs {
            Occurs::Optional if value.is_none() => Ok(()),
            Occurs::Optional | Occurs::Once => write(self, value),
            Occurs::Many { min, max } => {
                // SAFETY: see `items`; the sequence outlives the writing.
                let items = unsafe { items(value) }.map_err(|trouble| inside(trouble, name))?;
                check_count(items.len(), min, max).map_err(|trouble| inside(trouble, name))?;
                items.iter().skip(1).for_each(|item| prefetch(*item));
                for item in items {
                    // SAFETY: an item of a live sequence.
                    let item = unsafe { Borrowed::from_ptr(self.py, *item) };
                    write(self, item)?;
                }
                Ok(())
            }
        }
    }

    #[inline(always)]
    fn leaf(
        &mut self,
        simple: u32,
        open: &[u8],
        close: &[u8],
        occurs: Occurs,
        value: Object<'py>,
    ) -> Written {
        match occurs {
            Occurs::Optional if value.is_none() => Ok(()),
            Occurs::Optional | Occurs::Once => self.one_leaf(simple, open, close, value),
            Occurs::Many { min, max } => {
                // SAFETY: see `items`.
                let items = unsafe { items(value) }?;
                check_count(items.len(), min, max)?;
                for item in items {
                    // SAFETY: an item of a live sequence.
                    let item = unsafe { Borrowed::from_ptr(self.py, *item) };
                    self.one_leaf(simple, open, close, item)?;
                }
                Ok(())
            }
        }
    }

    #[inline(always)]
    fn one_leaf(&mut self, simple: u32, open: &[u8], close: &[u8], value: Object<'py>) -> Written {
        append(self.out, open);
        self.simple(simple, value, false)?;
        append(self.out, close);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn node(
        &mut self,
        choices: &[(u32, u32)],
        value: Object<'py>,
        name: &str,
    ) -> Written {
        let class = value.get_type_ptr();
        for (kind, template) in choices {
            if self.shared.classes[*kind as usize].pointer == class {
                return self.object(*template, value);
            }
        }
        Err(inside(self.wrong_class(choices, value), name))
    }

    #[cold]
    fn wrong_class(&self, choices: &[(u32, u32)], value: Object<'py>) -> Box<Trouble> {
        if value.is_none() {
            return Trouble::new("required", "is required", None);
        }
        let wanted: Vec<&str> = choices
            .iter()
            .map(|choice| &*self.plan.types[choice.0 as usize].name)
            .collect();
        // Its type only: text in the place of a class may be a secret (a password where an authInfo belongs).
        let given = value
            .get_type()
            .name()
            .map_or_else(|_| "object".to_owned(), |name| name.to_string());
        Trouble::new(
            "datatype",
            format!("a {} is needed, not a {given}", wanted.join(" or ")),
            None,
        )
    }

    pub(super) fn any(
        &mut self,
        admits: &Admits,
        table: usize,
        value: Object<'py>,
        name: &str,
    ) -> Written {
        let verdicts = value.cast_exact::<Verdicts>().ok();
        let class = verdicts.map_or(value.get_type_ptr(), |verdicts| verdicts.get().classes[0]);
        if let Some(kind) = self.kinds.get(&(class as usize)) {
            let template = self
                .templates
                .any
                .get(table)
                .and_then(|table| table.get(*kind as usize))
                .copied();
            let global = self.shared.globals[*kind as usize]
                .and_then(|place| self.plan.globals.get(place as usize));
            if let (Some(template), Some(global)) =
                (template.filter(|template| *template != u32::MAX), global)
            {
                let uri = self.plan.names.uri(global.ns).unwrap_or_default();
                if !admits.admits(global.ns, uri) {
                    return Err(inside(
                        Trouble::new(
                            "unexpected",
                            "may not stand here by its namespace",
                            Some(&value),
                        ),
                        name,
                    ));
                }
                self.namespaces |= global.ns.index().map_or(0, |index| 1 << (index & 127));
                return match verdicts {
                    None if self.answer(template, value) => Ok(()),
                    None => self.object(template, value),
                    Some(verdicts) => self.verdicts(template, verdicts.get()),
                };
            }
        }
        let Ok(raw) = value.cast::<Raw>() else {
            let detail = if value.is_none() {
                "is required"
            } else {
                "an Element of the schema or a Raw is needed"
            };
            let rule = if value.is_none() {
                "required"
            } else {
                "unexpected"
            };
            return Err(inside(
                Trouble::new(rule, detail, (!value.is_none()).then_some(&*value)),
                name,
            ));
        };
        let raw = raw.get();
        let ns = self.plan.names.get(raw.namespace.as_bytes());
        match ns.and_then(regwire_xml::NsId::index) {
            Some(index) => self.namespaces |= 1 << (index & 127),
            None => self.others.push(raw.namespace.to_string()),
        }
        let ns = if raw.namespace.is_empty() {
            regwire_xml::NsId::NONE
        } else {
            ns.unwrap_or(regwire_xml::NsId(0x8000))
        };
        if !admits.admits(ns, raw.namespace.as_bytes()) {
            return Err(inside(
                Trouble::new(
                    "unexpected",
                    "may not stand here by its namespace",
                    Some(&value),
                ),
                name,
            ));
        }
        self.undeclared = true;
        self.out.extend_from_slice(&raw.xml);
        Ok(())
    }

    fn is_default(&self, value: Object<'py>, default: Option<u32>) -> bool {
        let Some(default) = default else { return false };
        let default = self.shared.constants[default as usize].bind_borrowed(self.py);
        value.is(default)
            || (value.get_type_ptr() == default.get_type_ptr()
                && value.eq(default).unwrap_or(false))
    }

    #[inline(always)]
    fn attribute(
        &mut self,
        simple: u32,
        open: &[u8],
        required: bool,
        value: Object<'py>,
    ) -> Written {
        if value.is_none() {
            if required {
                return Err(Trouble::new("required", "is required", None));
            }
            return Ok(());
        }
        append(self.out, open);
        self.simple(simple, value, true)?;
        self.out.push(b'"');
        Ok(())
    }

    fn truth(value: Object<'py>) -> Result<bool, Box<Trouble>> {
        match value.cast::<pyo3::types::PyBool>() {
            Ok(value) => Ok(value.is_true()),
            Err(_) => Err(Trouble::new(
                "datatype",
                "True or False is needed",
                Some(&value),
            )),
        }
    }
}

/// A value counts as given: neither None nor an empty tuple.
#[inline(always)]
fn present(value: Object<'_>) -> bool {
    // SAFETY: a live object.
    let empty = unsafe {
        ffi::PyTuple_CheckExact(value.as_ptr()) != 0 && ffi::PyTuple_GET_SIZE(value.as_ptr()) == 0
    };
    !value.is_none() && !empty
}

/// The items of a tuple.
///
/// # Safety
/// The slice is only valid as long as `value` lives; tuples do not change.
#[inline(always)]
pub(super) unsafe fn items<'a>(
    value: Object<'_>,
) -> Result<&'a [*mut ffi::PyObject], Box<Trouble>> {
    // SAFETY: a tuple's items lie one after another behind its header.
    unsafe {
        let pointer = value.as_ptr();
        if ffi::PyTuple_Check(pointer) == 0 {
            return Err(not_tuple(value));
        }
        let count = ffi::PyTuple_GET_SIZE(pointer).cast_unsigned();
        let first = (&raw const (*pointer.cast::<ffi::PyTupleObject>()).ob_item)
            .cast::<*mut ffi::PyObject>();
        Ok(std::slice::from_raw_parts(first, count))
    }
}
