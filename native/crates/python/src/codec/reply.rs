//! Replies without their objects: a document of one class whose result, data and identifiers are given as they are.
//!
//! A server answers with little else, a million times an hour: making the document's objects only to write them costs as much as
//! writing them. Nothing of a protocol is known here: what stands between the parts follows from the declarations.
use std::cell::UnsafeCell;
use std::ptr::null_mut;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use regwire_plan::{Occurs, Op};

use super::encode::{DECLARATION, Record, Writer, items};
use super::memory::{append, prefetch};
use super::trouble::{Object, Written, check_count, inside};
use super::{Codec, invalid};

/// How replies of one class are written; made once for a codec.
///
/// `ReplyTemplate(codec, cls, *, result, data, identifiers)`: documents `cls` where the field `result` holds a tuple of one
/// object, `data` a tuple of elements of any namespace, and `identifiers` an object of two texts, the client's and the
/// server's. Every other field has its default.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct ReplyTemplate {
    codec: Py<Codec>,
    /// The template of the document's class.
    template: u32,
    /// How deep its element lies.
    depth: u32,
    steps: Box<[Step]>,
    /// What stands behind the last step.
    tail: Box<[u8]>,
    results: UnsafeCell<Vec<Kept>>,
}

// SAFETY: `results` is touched by holders of the interpreter lock only (the extension does not declare support for running
// without it); everything else is immutable.
unsafe impl Sync for ReplyTemplate {}

/// A part of the document that differs between replies, with the octets in front of it.
struct Step {
    before: Box<[u8]>,
    part: Part,
}

/// Operations are told by their place among those of the document's template.
enum Part {
    Result { op: usize },
    Data { op: usize },
    Identifiers { kind: usize, template: u32 },
}

/// A result object, what it is written as and what stands in front of it. Result objects are immutable, and servers have one
/// for each code; the reference keeps its address from being another's.
struct Kept {
    object: Option<Py<PyAny>>,
    octets: Box<[u8]>,
}

/// How many are kept; the address chooses the place. A server that makes a result object for every reply replaces them all
/// the time, which costs it an allocation a reply.
const KEPT: usize = 256;

/// As much of the data's own memory is asked for while what stands in front of them is written.
const HEAD_LINES: usize = 3;
const LINE: usize = 64;

/// Result objects written longer than this are not kept.
const KEPT_OCTETS: usize = 4 << 10;

fn place_of(object: *mut ffi::PyObject) -> usize {
    ((object as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % KEPT
}

/// The fields that replies give, by their slots.
struct Slots {
    result: u16,
    data: u16,
    identifiers: u16,
}

impl Slots {
    fn has(&self, slot: u16) -> bool {
        [self.result, self.data, self.identifiers].contains(&slot)
    }
}

#[pymethods]
impl ReplyTemplate {
    #[new]
    #[pyo3(signature = (codec, cls, /, *, result, data, identifiers))]
    fn new(
        codec: &Bound<'_, Codec>,
        cls: &Bound<'_, PyType>,
        result: &str,
        data: &str,
        identifiers: &str,
    ) -> PyResult<Self> {
        let own = codec.get();
        let name = cls.qualname()?.to_string();
        let kind = own
            .kinds
            .get(&(cls.as_type_ptr() as usize))
            .copied()
            .ok_or_else(|| invalid(format!("{name} is no class of the schema")))?;
        let fields = &own.plan.types[kind as usize].fields;
        let slot = |wanted: &str| {
            let place = fields.iter().position(|field| &**field == wanted);
            place
                .and_then(|place| u16::try_from(place).ok())
                .ok_or_else(|| invalid(format!("{name} has no field {wanted}")))
        };
        let slots = Slots {
            result: slot(result)?,
            data: slot(data)?,
            identifiers: slot(identifiers)?,
        };
        let shell = shell(own, kind).ok_or_else(|| invalid(format!("{name} is no document")))?;
        let (steps, mut tail) = compile(codec.py(), own, shell.template, &slots, shell.open)
            .map_err(|part| {
                invalid(format!(
                    "{name}: the declaration of {part} does not fit a template for replies"
                ))
            })?;
        tail.extend_from_slice(&own.templates.templates[shell.template as usize].close);
        tail.extend_from_slice(&shell.close);
        let nothing = || Kept {
            object: None,
            octets: Box::default(),
        };
        Ok(Self {
            codec: codec.clone().unbind(),
            template: shell.template,
            depth: shell.depth,
            steps: steps.into(),
            tail: tail.into(),
            results: UnsafeCell::new(std::iter::repeat_with(nothing).take(KEPT).collect()),
        })
    }

    /// The payload of a reply; raises what `Codec.encode` raises for the document with these parts.
    #[pyo3(signature = (result, cl_trid, sv_trid, data, /))]
    fn encode<'py>(
        &self,
        result: &Bound<'py, PyAny>,
        cl_trid: &Bound<'py, PyAny>,
        sv_trid: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        self.encode_into(&Reply::new(result, cl_trid, sv_trid, data), &mut out)?;
        Ok(PyBytes::new(result.py(), &out))
    }
}

/// What differs between replies.
pub(crate) struct Reply<'a, 'py> {
    result: &'a Bound<'py, PyAny>,
    /// The client's and the server's.
    identifiers: [*mut ffi::PyObject; 2],
    /// A tuple of elements, or one that is no tuple.
    data: &'a Bound<'py, PyAny>,
}

impl<'a, 'py> Reply<'a, 'py> {
    pub(crate) fn new(
        result: &'a Bound<'py, PyAny>,
        cl_trid: &'a Bound<'py, PyAny>,
        sv_trid: &'a Bound<'py, PyAny>,
        data: &'a Bound<'py, PyAny>,
    ) -> Self {
        Self {
            result,
            identifiers: [cl_trid.as_ptr(), sv_trid.as_ptr()],
            data,
        }
    }
}

impl ReplyTemplate {
    /// Whether it writes for this codec.
    pub(crate) fn is_of(&self, codec: &Py<Codec>) -> bool {
        self.codec.is(codec)
    }

    /// Appends a reply's payload; on an error `out` is as it was.
    pub(crate) fn encode_into(&self, reply: &Reply<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
        let codec = self.codec.get();
        for line in 0..HEAD_LINES {
            prefetch(reply.data.as_ptr().wrapping_byte_add(line * LINE));
        }
        codec.write_with(reply.result.py(), out, |writer| {
            let name = &codec.templates.templates[self.template as usize].name;
            writer.depth = self.depth;
            for step in &self.steps {
                self.step(writer, step, reply)
                    .map_err(|trouble| inside(trouble, name))?;
            }
            append(writer.out, &self.tail);
            Ok(())
        })
    }

    #[inline(always)]
    fn step<'py>(
        &self,
        writer: &mut Writer<'_, 'py>,
        step: &Step,
        reply: &Reply<'_, 'py>,
    ) -> Written {
        match &step.part {
            Part::Result { op } => self.result(writer, &step.before, *op, reply.result),
            Part::Data { op } => {
                append(writer.out, &step.before);
                self.data(writer, *op, reply.data)
            }
            Part::Identifiers { kind, template } => {
                append(writer.out, &step.before);
                let (templates, shared) = (writer.templates, writer.shared);
                // SAFETY: two live values in a row, which the caller holds.
                let record =
                    unsafe { Record::row(&reply.identifiers, &PAIR, &shared.classes[*kind]) };
                writer.element(&templates.templates[*template as usize], record)
            }
        }
    }

    /// Writes a result with what stands in front of it, from memory if it was written before.
    #[inline(always)]
    fn result<'py>(
        &self,
        writer: &mut Writer<'_, 'py>,
        before: &[u8],
        op: usize,
        result: &Bound<'py, PyAny>,
    ) -> Written {
        // SAFETY: the lock is held; the reference ends before anything else runs.
        let results = unsafe { &*self.results.get() };
        let kept = &results[place_of(result.as_ptr())];
        if kept.object.as_ref().is_some_and(|object| object.is(result)) {
            append(writer.out, &kept.octets);
            return Ok(());
        }
        self.new_result(writer, before, op, result)
    }

    #[inline(never)]
    fn new_result<'py>(
        &self,
        writer: &mut Writer<'_, 'py>,
        before: &[u8],
        op: usize,
        result: &Bound<'py, PyAny>,
    ) -> Written {
        let start = writer.out.len();
        append(writer.out, before);
        let Op::Node { choices, name, .. } = self.op(writer, op) else {
            return Ok(());
        };
        // SAFETY: the caller holds the object for the whole time of writing.
        let object: Object<'py> = unsafe { Borrowed::from_ptr(writer.py, result.as_ptr()) };
        writer.node(choices, object, name)?;
        let octets = &writer.out[start..];
        if octets.len() <= KEPT_OCTETS {
            let kept = Kept {
                object: Some(result.clone().unbind()),
                octets: octets.into(),
            };
            // SAFETY: as for `result`; what was kept before dies after the exchange, when the reference has ended.
            let results = unsafe { &mut *self.results.get() };
            let old = std::mem::replace(&mut results[place_of(result.as_ptr())], kept);
            drop(old);
        }
        Ok(())
    }

    #[inline(always)]
    fn data<'py>(
        &self,
        writer: &mut Writer<'_, 'py>,
        op: usize,
        data: &Bound<'py, PyAny>,
    ) -> Written {
        let Op::Wrap {
            open,
            ops,
            close,
            name: outer,
            ..
        } = self.op(writer, op)
        else {
            return Ok(());
        };
        let [
            Op::Any {
                admits,
                table,
                occurs: Occurs::Many { min, max },
                name,
                ..
            },
        ] = &**ops
        else {
            return Ok(());
        };
        let alone = [data.as_ptr()];
        // SAFETY: the caller holds the data for the whole time of writing, and a tuple what is in it.
        let given: &[*mut ffi::PyObject] = unsafe {
            if ffi::PyTuple_Check(data.as_ptr()) == 0 {
                &alone
            } else {
                items(Borrowed::from_ptr(writer.py, data.as_ptr()))?
            }
        };
        if given.is_empty() {
            return Ok(());
        }
        append(writer.out, open);
        writer.depth += 1;
        check_count(given.len(), *min, *max)
            .map_err(|trouble| inside(inside(trouble, name), outer))?;
        for item in given {
            // SAFETY: as above.
            let item: Object<'py> = unsafe { Borrowed::from_ptr(writer.py, *item) };
            writer
                .any(admits, *table, item, name)
                .map_err(|trouble| inside(trouble, outer))?;
        }
        writer.depth -= 1;
        append(writer.out, close);
        Ok(())
    }

    #[inline(always)]
    fn op<'a>(&self, writer: &Writer<'a, '_>, op: usize) -> &'a Op {
        &writer.templates.templates[self.template as usize].ops[op]
    }
}

/// Offsets of two values in a row.
pub(super) const PAIR: [usize; 2] = [0, size_of::<*mut ffi::PyObject>()];

/// Where the template of a document is, and what stands around it.
pub(super) struct Shell {
    pub(super) open: Vec<u8>,
    pub(super) template: u32,
    /// How deep the document's own element lies.
    pub(super) depth: u32,
    pub(super) close: Box<[u8]>,
}

pub(super) fn shell(codec: &Codec, kind: u32) -> Option<Shell> {
    codec.templates.roots.iter().find_map(|root| {
        if root.kind == kind {
            return Some(Shell {
                open: DECLARATION.to_vec(),
                template: root.template,
                depth: 1,
                close: Box::default(),
            });
        }
        let (open, choices, close) = root.transparent.as_ref()?;
        let (_, template) = choices.iter().find(|choice| choice.0 == kind)?;
        Some(Shell {
            open: [DECLARATION, open].concat(),
            template: *template,
            depth: 2,
            close: close.clone(),
        })
    })
}

/// Cuts the operations of the document's template around the parts that differ; what is between is written here and now. The
/// error names a field that stands in the way.
fn compile(
    py: Python<'_>,
    codec: &Codec,
    template: u32,
    slots: &Slots,
    mut before: Vec<u8>,
) -> Result<(Vec<Step>, Vec<u8>), String> {
    let template = &codec.templates.templates[template as usize];
    let class = &codec.shared.classes[template.kind as usize];
    let layout = class.layout.ok_or("the class")?;
    let mut defaults = vec![null_mut(); layout.offsets.len()];
    for (place, value) in defaults.iter_mut().enumerate() {
        if let Some(default) = layout.default(place) {
            *value = default.as_ptr();
        }
    }
    let row: Vec<usize> = (0..defaults.len())
        .map(|place| place * size_of::<*mut ffi::PyObject>())
        .collect();
    let mut steps = Vec::new();
    for (place, op) in template.ops.iter().enumerate() {
        let part = match op {
            Op::Node {
                slot,
                occurs:
                    Occurs::Many {
                        min: 0..=1,
                        max: 1..,
                    },
                ..
            } if *slot == slots.result => Part::Result { op: place },
            Op::Wrap {
                slot,
                ops,
                required: false,
                ..
            } if *slot == slots.data
                && matches!(
                    &**ops,
                    [Op::Any {
                        occurs: Occurs::Many { .. },
                        ..
                    }]
                ) =>
            {
                Part::Data { op: place }
            }
            Op::Node { slot, choices, .. } if *slot == slots.identifiers => {
                let [(kind, template)] = **choices else {
                    return Err(op.name());
                };
                if codec.plan.types[kind as usize].fields.len() != PAIR.len() {
                    return Err(op.name());
                }
                Part::Identifiers {
                    kind: kind as usize,
                    template,
                }
            }
            _ if op.slots().iter().any(|slot| slots.has(*slot)) => return Err(op.name()),
            _ => {
                // SAFETY: as many values in a row as the class has fields; the layout holds the defaults.
                let record = unsafe { Record::row(&defaults, &row, class) };
                let written = codec.write_with(py, &mut before, |writer| {
                    writer.operations(std::slice::from_ref(op), record, None)
                });
                written.map_err(|_| op.name())?;
                continue;
            }
        };
        steps.push(Step {
            before: std::mem::take(&mut before).into(),
            part,
        });
    }
    if steps.len() == 3 {
        Ok((steps, before))
    } else {
        Err("result, data or identifiers".to_owned())
    }
}
