//! `ResultTemplate`: documents that hold one thing, written without the objects around it.
use std::cell::Cell;
use std::ptr::null_mut;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use regwire_plan::{Occurs, Op};

use super::encode::Record;
use super::memory::append;
use super::reply::shell;
use super::trouble::{Object, inside};
use super::{Codec, invalid};

/// How documents are written of which all but one element is the same; made once for a codec.
///
/// `ResultTemplate(codec, nothing, /, *path)`: documents of the class of `nothing`, where the field `path[0]` holds one object
/// (or a tuple of one), in whose field `path[1]` there is one object, and so on; the field named last holds a tuple of one
/// element. Every other field has its default. `nothing` is the document that is written for `None`.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct ResultTemplate {
    codec: Py<Codec>,
    /// The class of whole documents, which are written as they are.
    document: Py<PyType>,
    nothing: Box<[u8]>,
    head: Box<[u8]>,
    /// Where the element is written: an operation of a template, and how deep.
    template: u32,
    op: usize,
    depth: u32,
    tail: Box<[u8]>,
    /// Names of the elements around it, the innermost first.
    names: Box<[Box<str>]>,
    last: Last,
}

/// The class of the last element and its template: nearly always those of the next one.
#[derive(Default)]
struct Last(Cell<(usize, u32)>);

// SAFETY: touched by holders of the interpreter lock only; the extension does not declare support for running without it.
unsafe impl Sync for Last {}

#[pymethods]
impl ResultTemplate {
    #[new]
    #[pyo3(signature = (codec, nothing, /, *path))]
    #[allow(clippy::needless_pass_by_value, reason = "arguments of Python's")]
    fn new(
        codec: &Bound<'_, Codec>,
        nothing: &Bound<'_, PyAny>,
        path: Vec<String>,
    ) -> PyResult<Self> {
        let own = codec.get();
        let class = nothing.get_type();
        let name = class.qualname()?.to_string();
        let kind = own
            .kinds
            .get(&(class.as_type_ptr() as usize))
            .copied()
            .ok_or_else(|| invalid(format!("{name} is no class of the schema")))?;
        let shell = shell(own, kind).ok_or_else(|| invalid(format!("{name} is no document")))?;
        let unfit = |field: &str| {
            invalid(format!(
                "{name}: the declaration of {field} does not fit a template for results"
            ))
        };
        let (mut head, mut tail) = (shell.open, shell.close.to_vec());
        let (mut template, mut place, mut names) = (shell.template, 0, Vec::new());
        for (level, field) in path.iter().enumerate() {
            names.insert(0, own.templates.templates[template as usize].name.clone());
            let (op, end) =
                around(codec.py(), own, template, field, &mut head).ok_or_else(|| unfit(field))?;
            tail.splice(0..0, end);
            place = op;
            if level + 1 < path.len() {
                template = only(own, template, op).ok_or_else(|| unfit(field))?;
            }
        }
        if !matches!(
            own.templates.templates[template as usize].ops.get(place),
            Some(Op::Node {
                occurs: Occurs::Many { .. },
                ..
            })
        ) {
            return Err(unfit(path.last().map_or("", String::as_str)));
        }
        let mut octets = Vec::new();
        own.encode_into(nothing, None, &mut octets)?;
        Ok(Self {
            codec: codec.clone().unbind(),
            document: class.unbind(),
            nothing: octets.into(),
            head: head.into(),
            template,
            op: place,
            depth: shell.depth + u32::try_from(path.len()).unwrap_or(0) - 1,
            tail: tail.into(),
            names: names.into(),
            last: Last::default(),
        })
    }

    /// The document of an element; of `None`, and whole ones, too. Raises what `Codec.encode` raises for the document.
    #[pyo3(signature = (content, /))]
    fn encode<'py>(&self, content: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        self.encode_into(content, &mut out)?;
        Ok(PyBytes::new(content.py(), &out))
    }
}

impl ResultTemplate {
    /// Whether it writes for this codec.
    pub(crate) fn is_of(&self, codec: &Py<Codec>) -> bool {
        self.codec.is(codec)
    }

    /// Appends the document of an element; on an error `out` is as it was.
    pub(crate) fn encode_into(
        &self,
        content: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        if content.is_none() {
            append(out, &self.nothing);
            return Ok(());
        }
        let codec = self.codec.get();
        let class = content.get_type_ptr();
        if class.cast() == self.document.as_ptr() {
            return codec.encode_into(content, None, out);
        }
        codec.write_with(content.py(), out, |writer| {
            append(writer.out, &self.head);
            writer.depth = self.depth;
            // SAFETY: the caller holds the object for the whole time of writing.
            let object: Object<'_> = unsafe { Borrowed::from_ptr(writer.py, content.as_ptr()) };
            let (known, template) = self.last.0.get();
            let written = if known == class as usize {
                writer.object(template, object)
            } else if let Op::Node { choices, name, .. } =
                &writer.templates.templates[self.template as usize].ops[self.op]
            {
                let shared = writer.shared;
                let of = |choice: &&(u32, u32)| shared.classes[choice.0 as usize].pointer == class;
                if let Some((_, template)) = choices.iter().find(of) {
                    self.last.0.set((class as usize, *template));
                }
                writer.node(choices, object, name)
            } else {
                Ok(())
            };
            written.map_err(|trouble| {
                self.names
                    .iter()
                    .fold(trouble, |trouble, name| inside(trouble, name))
            })?;
            append(writer.out, &self.tail);
            Ok(())
        })
    }
}

/// The template of the only class that an operation writes.
fn only(codec: &Codec, template: u32, op: usize) -> Option<u32> {
    match &codec.templates.templates[template as usize].ops[op] {
        Op::Node { choices, .. } => match **choices {
            [(_, template)] => Some(template),
            _ => None,
        },
        _ => None,
    }
}

/// Writes what stands in front of a field, with the defaults of all others; gives its operation and what stands behind it.
fn around(
    py: Python<'_>,
    codec: &Codec,
    template: u32,
    field: &str,
    head: &mut Vec<u8>,
) -> Option<(usize, Vec<u8>)> {
    let template = &codec.templates.templates[template as usize];
    let class = &codec.shared.classes[template.kind as usize];
    let layout = class.layout?;
    let fields = &codec.plan.types[template.kind as usize].fields;
    let slot = u16::try_from(fields.iter().position(|name| &**name == field)?).ok()?;
    let defaults: Vec<*mut ffi::PyObject> = (0..fields.len())
        .map(|place| layout.default(place).map_or(null_mut(), Py::as_ptr))
        .collect();
    let row: Vec<usize> = (0..defaults.len())
        .map(|place| place * size_of::<*mut ffi::PyObject>())
        .collect();
    let wanted = |op: &Op| matches!(op, Op::Node { slot: own, .. } if *own == slot);
    let place = template.ops.iter().position(wanted)?;
    let mut tail = Vec::new();
    for (at, op) in template.ops.iter().enumerate() {
        if at == place {
            continue;
        }
        if op.slots().contains(&slot) {
            return None;
        }
        let out = if at < place { &mut *head } else { &mut tail };
        // SAFETY: as many values in a row as the class has fields; the layout holds the defaults.
        let record = unsafe { Record::row(&defaults, &row, class) };
        codec
            .write_with(py, out, |writer| {
                writer.operations(std::slice::from_ref(op), record, None)
            })
            .ok()?;
    }
    tail.extend_from_slice(&template.close);
    Some((place, tail))
}
