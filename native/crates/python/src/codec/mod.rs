//! `Codec`: a compiled schema that decodes frames to objects and encodes objects to frames.
mod ahead;
mod answers;
mod builder;
mod collector;
mod construct;
mod encode;
mod entry;
mod fault;
mod foresight;
mod later;
mod memory;
mod objects;
mod raw;
mod reply;
mod result;
mod trouble;
mod values;
mod verdicts;

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple, PyType};
use regwire_plan::simple::{Bound as Limit, SimpleDeclaration};
use regwire_plan::{
    Admits, Attribute, Declaration, Global, Marker, Model, ModelKind, Outcome, Particle, Plan,
    Process, Role, Scratch, Target, Templates, TypeDeclaration, faults,
};
use regwire_xml::{Limits, NsId};

use answers::Shapes;
use builder::{Builder, Class, Shared, Value};
use encode::Writer;
use fault::Fault;
use objects::ByClass;
use trouble::Trouble;

pub(crate) use objects::{copy_with, slot, slot_offset};
pub(crate) use reply::{Reply, ReplyTemplate};
pub(crate) use result::ResultTemplate;

/// A decoded frame.
pub(crate) struct Decoded {
    /// The message, or a `Fault`.
    pub(crate) item: Py<PyAny>,
    /// Bits of the namespaces that its document and wildcard elements are of; 0 of a fault.
    pub(crate) namespaces: u128,
}

/// A compiled schema.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct Codec {
    plan: Plan,
    templates: Templates,
    shared: Shared,
    kinds: ByClass<u32>,
    shapes: Shapes,
    encode_error: Py<PyAny>,
    limits: Limits,
    #[allow(clippy::vec_box, reason = "a scratch is large and moves twice a frame")]
    scratch: UnsafeCell<Vec<Box<Scratch<Value>>>>,
    /// Whether what was decoded is compared with what comes (`plan`'s memory), or every octet is read.
    remember: bool,
    buffers: Mutex<Vec<Vec<u8>>>,
}

// SAFETY: the values that a scratch remembers are touched by holders of the interpreter lock only, as the scratch is.
unsafe impl Send for Codec {}
// SAFETY: as for Send; `buffers` is behind a lock of its own, and `scratch` is touched by holders of the interpreter lock only
// (the extension does not declare support for running without it).
unsafe impl Sync for Codec {}

impl Drop for Codec {
    /// Lets go of what was remembered.
    fn drop(&mut self) {
        Python::attach(|py| {
            let mut builder = Builder {
                py,
                shared: &self.shared,
                error: None,
            };
            for scratch in self.scratch.get_mut() {
                scratch.forget(&mut builder);
            }
        });
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct SimpleItem<'py> {
    kind: String,
    min_length: usize,
    max_length: Option<usize>,
    patterns: Vec<String>,
    enumeration: Vec<(String, Bound<'py, PyAny>)>,
    low: Option<String>,
    low_exclusive: bool,
    high: Option<String>,
    high_exclusive: bool,
    total_digits: Option<usize>,
    fraction_digits: Option<usize>,
    secret: bool,
    item: Option<u32>,
    type_name: Option<(String, String)>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct AttributeItem<'py> {
    ns: i32,
    local: String,
    simple: u32,
    slot: u16,
    required: bool,
    default: Option<Bound<'py, PyAny>>,
    marker: Option<String>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct ParticleItem {
    kind: String,
    ns: i32,
    local: String,
    simple: Option<u32>,
    #[pyo3(item("type"))]
    node: Option<u32>,
    slot: u16,
    list: bool,
    marker: Option<String>,
    uris: Option<Vec<String>>,
    other: Option<i32>,
    process: String,
}

#[derive(FromPyObject)]
struct ModelItem<'py>(String, u32, i64, Vec<Bound<'py, PyAny>>, Vec<u16>, i32);

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "declarations are made of yes and no"
)]
struct TypeItem<'py> {
    name: String,
    cls: Option<Bound<'py, PyType>>,
    fields: Vec<String>,
    fills: Vec<Py<PyAny>>,
    flags: Vec<bool>,
    attributes: Vec<AttributeItem<'py>>,
    any_attributes: bool,
    text: Option<(u16, u32)>,
    mixed: bool,
    any: bool,
    particles: Vec<ParticleItem>,
    states: Vec<(Vec<(u16, u16)>, bool)>,
    model: Option<Bound<'py, PyAny>>,
    derived: Vec<(i32, String, u32)>,
    type_name: Option<(i32, String)>,
    #[pyo3(item("abstract"))]
    is_abstract: bool,
    transparent: bool,
    nillable: bool,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct SchemaItem<'py> {
    name: String,
    namespaces: Vec<(String, String)>,
    types: Vec<TypeItem<'py>>,
    simples: Vec<SimpleItem<'py>>,
    roots: Vec<(i32, String, u32)>,
    globals: Vec<(i32, String, u32)>,
    duration: Py<PyAny>,
    qname: Py<PyAny>,
    decimal: Py<PyAny>,
    encode_error: Py<PyAny>,
}

fn ns_of(number: i32) -> NsId {
    match number {
        -2 => NsId::XML,
        _ => u16::try_from(number).map_or(NsId::NONE, NsId),
    }
}

fn invalid(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

/// Collects the constants of a schema: members of enumerations and defaults.
#[derive(Default)]
struct Constants(Vec<Py<PyAny>>);

impl Constants {
    fn add(&mut self, value: Bound<'_, PyAny>) -> u32 {
        self.0.push(value.unbind());
        self.0.len() as u32 - 1
    }
}

impl SimpleItem<'_> {
    fn declare(self, constants: &mut Constants) -> SimpleDeclaration {
        let bound = |numeral: Option<String>, exclusive| {
            numeral.map(|numeral| Limit {
                numeral: numeral.into(),
                exclusive,
            })
        };
        SimpleDeclaration {
            kind: self.kind,
            min_length: self.min_length,
            max_length: self.max_length,
            patterns: self.patterns,
            enumeration: self
                .enumeration
                .into_iter()
                .map(|(text, value)| (text, constants.add(value)))
                .collect(),
            low: bound(self.low, self.low_exclusive),
            high: bound(self.high, self.high_exclusive),
            total_digits: self.total_digits,
            fraction_digits: self.fraction_digits,
            secret: self.secret,
            item: self.item,
            type_name: self.type_name,
        }
    }
}

impl AttributeItem<'_> {
    fn declare(self, constants: &mut Constants) -> Attribute {
        let mut attribute = Attribute::new(ns_of(self.ns), &self.local, self.simple, self.slot);
        attribute.required = self.required;
        attribute.default = self.default.map(|value| constants.add(value));
        attribute.marker = self.marker.as_deref().and_then(Marker::from_name);
        attribute
    }
}

impl ParticleItem {
    fn declare(self) -> PyResult<Particle> {
        let simple = || {
            self.simple
                .ok_or_else(|| invalid("a leaf needs a simple type"))
        };
        let node = || self.node.ok_or_else(|| invalid("a node needs a type"));
        let target = match self.kind.as_str() {
            "leaf" => Target::Leaf(simple()?),
            "node" => Target::Node(node()?),
            "wrap" => Target::Wrap(node()?),
            "flag" => Target::Flag(self.process == "lax"),
            "any" => {
                let admits = match (self.other, &self.uris) {
                    (Some(own), _) => Admits::Other(ns_of(own)),
                    (None, Some(uris)) => {
                        Admits::Listed(uris.iter().map(|uri| uri.as_bytes().into()).collect())
                    }
                    (None, None) => Admits::Any,
                };
                let process = match self.process.as_str() {
                    "strict" => Process::Strict,
                    "lax" => Process::Lax,
                    "skip" => Process::Skip,
                    "stranger" => Process::Stranger,
                    other => {
                        return Err(invalid(format!(
                            "process={other:?} is not strict, lax or skip"
                        )));
                    }
                };
                Target::Any(admits, process)
            }
            other => return Err(invalid(format!("no particle {other:?}"))),
        };
        Ok(Particle {
            ns: ns_of(self.ns),
            local: self.local.as_bytes().into(),
            target,
            slot: self.slot,
            list: self.list,
            marker: self.marker.as_deref().and_then(Marker::from_name),
        })
    }
}

fn model_of(item: &Bound<'_, PyAny>) -> PyResult<Model> {
    let ModelItem(kind, min, max, items, particles, slot) = item.extract()?;
    let kind = match kind.as_str() {
        "field" => ModelKind::Field,
        "seq" => ModelKind::Sequence,
        "choice" => ModelKind::Choice,
        other => return Err(invalid(format!("no model {other:?}"))),
    };
    Ok(Model {
        kind,
        min,
        max: u32::try_from(max).ok(),
        items: items.iter().map(model_of).collect::<PyResult<_>>()?,
        particles,
        slot: u16::try_from(slot).unwrap_or_default(),
    })
}

impl<'py> TypeItem<'py> {
    fn declare(
        self,
        py: Python<'py>,
        constants: &mut Constants,
    ) -> PyResult<(TypeDeclaration, Class)> {
        let inline = self.cls.is_none();
        let class = Class::new(py, self.cls, self.fills, self.flags, self.transparent)?;
        let slots = class.layout.map_or(0, |layout| layout.offsets.len());
        if !inline && slots != self.fields.len() {
            return Err(invalid(format!(
                "{}: its slots are not its fields",
                self.name
            )));
        }
        let declaration = TypeDeclaration {
            name: self.name,
            fields: self.fields,
            attributes: self
                .attributes
                .into_iter()
                .map(|item| item.declare(constants))
                .collect(),
            any_attributes: self.any_attributes,
            text: self.text,
            mixed: self.mixed,
            any: self.any,
            particles: self
                .particles
                .into_iter()
                .map(ParticleItem::declare)
                .collect::<PyResult<_>>()?,
            states: self.states,
            model: self.model.as_ref().map(model_of).transpose()?,
            derived: self
                .derived
                .into_iter()
                .map(|(ns, name, kind)| (ns_of(ns), name, kind))
                .collect(),
            type_name: self.type_name.map(|(ns, name)| (ns_of(ns), name)),
            is_abstract: self.is_abstract,
            transparent: self.transparent,
            nillable: self.nillable,
            inline,
        };
        Ok((declaration, class))
    }
}

fn globals(items: Vec<(i32, String, u32)>) -> Vec<Global> {
    let global = |(ns, local, kind): (i32, String, u32)| Global {
        ns: ns_of(ns),
        local: local.into_bytes().into(),
        kind,
    };
    items.into_iter().map(global).collect()
}

/// The role that was given, strict if none was.
#[inline]
fn role_or_strict(given: Option<&Bound<'_, PyAny>>) -> PyResult<Role> {
    given.map_or(Ok(Role::Strict), role_given)
}

/// A role by its name or its number.
fn role_given(given: &Bound<'_, PyAny>) -> PyResult<Role> {
    let Ok(name) = given.cast::<PyString>() else {
        return role_of(given.extract()?);
    };
    match name.to_str()? {
        "strict" => Ok(Role::Strict),
        "server" => Ok(Role::Server),
        "client" => Ok(Role::Client),
        _ => Err(invalid(format!(
            "role {} is not one of strict, server, client",
            name.repr()?
        ))),
    }
}

pub(crate) fn role_of(number: u8) -> PyResult<Role> {
    match number {
        0 => Ok(Role::Strict),
        1 => Ok(Role::Server),
        2 => Ok(Role::Client),
        _ => Err(invalid("role is 0 (strict), 1 (server) or 2 (client)")),
    }
}

#[pymethods]
impl Codec {
    /// Compiles a description (made by `regwire.schema`); raises `ValueError` with one line that names the class.
    #[new]
    #[pyo3(signature = (description, *, remember = true))]
    fn new(py: Python<'_>, description: SchemaItem<'_>, remember: bool) -> PyResult<Codec> {
        // SAFETY: the lock is held.
        unsafe { ffi::PyDateTime_IMPORT() };
        let mut constants = Constants::default();
        let mut types = Vec::new();
        let mut classes = Vec::new();
        for item in description.types {
            let (declaration, class) = item.declare(py, &mut constants)?;
            types.push(declaration);
            classes.push(class);
        }
        let simples = description
            .simples
            .into_iter()
            .map(|item| item.declare(&mut constants))
            .collect();
        let declaration = Declaration {
            name: description.name,
            namespaces: description.namespaces,
            types,
            simples,
            roots: globals(description.roots),
            globals: globals(description.globals),
        };
        let plan = Plan::new(declaration).map_err(invalid)?;
        let templates = Templates::new(&plan).map_err(invalid)?;
        let kinds = classes
            .iter()
            .enumerate()
            .filter(|(_, class)| !class.pointer.is_null());
        let kinds = kinds
            .map(|(kind, class)| (class.pointer as usize, kind as u32))
            .collect();
        let utc = pyo3::types::PyTzInfo::utc(py)?
            .to_owned()
            .into_any()
            .unbind();
        let mut globals = vec![None; classes.len()];
        for (place, global) in plan.globals.iter().enumerate().rev() {
            globals[global.kind as usize] = Some(place as u32);
        }
        let shared = Shared {
            classes,
            globals,
            constants: constants.0,
            decimal: description.decimal,
            duration: description.duration,
            qname: description.qname,
            empty: PyTuple::empty(py).unbind(),
            utc,
        };
        Ok(Codec {
            plan,
            templates,
            shared,
            kinds,
            shapes: Shapes::default(),
            encode_error: description.encode_error,
            limits: Limits::default(),
            scratch: UnsafeCell::default(),
            remember,
            buffers: Mutex::default(),
        })
    }

    /// Decodes a frame to a message or a `Fault`; never raises on what a peer sent. `role` is a name or a number.
    #[pyo3(name = "decode", signature = (frame, role=None, /), text_signature = "($self, frame, role='strict', /)")]
    fn py_decode(
        &self,
        frame: &Bound<'_, PyAny>,
        role: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        self.decode_object(frame, role_or_strict(role)?)
    }

    /// As `decode`, with the bits of the namespaces that the document and wildcard elements are of.
    #[pyo3(signature = (frame, role=0, /))]
    fn decode_with_namespaces(
        &self,
        py: Python<'_>,
        frame: &[u8],
        role: u8,
    ) -> PyResult<(Py<PyAny>, u128)> {
        let decoded = self.decode_frame(py, frame, role_of(role)?)?;
        Ok((decoded.item, decoded.namespaces))
    }

    /// Encodes a message; raises `EncodeError` for what the schema would refuse.
    #[pyo3(name = "encode", signature = (message, /))]
    fn py_encode<'py>(&self, message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let mut buffer = self.buffer();
        buffer.clear();
        self.encode_into(message, None, &mut buffer)?;
        let payload = PyBytes::new(message.py(), &buffer);
        self.keep(buffer);
        Ok(payload)
    }

    /// The bit of a namespace in `decode_with_namespaces`; 0 for one that the schema does not know.
    #[pyo3(signature = (uri, /))]
    fn namespace_bit(&self, uri: &str) -> u128 {
        self.plan
            .names
            .get(uri.as_bytes())
            .and_then(regwire_xml::NsId::index)
            .map_or(0, |index| 1 << (index & 127))
    }

    /// The frame in UTF-8 with secret values replaced by `***`; None when it is not well-formed.
    #[pyo3(signature = (frame, /))]
    fn mask<'py>(&self, py: Python<'py>, frame: &[u8]) -> Option<Bound<'py, PyBytes>> {
        let masked = faults::mask(&self.plan, frame, &self.limits).ok()?;
        Some(PyBytes::new(py, &masked))
    }

    /// A message as XML with secret values replaced by `***`; raises as `encode` does.
    #[pyo3(signature = (message, /))]
    fn redacted<'py>(&self, message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
        let py = message.py();
        let mut out = self.buffer();
        out.clear();
        let undeclared = self.write_with(py, &mut out, |writer| {
            writer.masking = true;
            writer.document(message, None)?;
            Ok(writer.undeclared)
        })?;
        let text = if undeclared {
            // What nobody declared has to be read for the names of its elements.
            let masked = faults::mask(&self.plan, &out, &self.limits).map_err(|_| {
                PyValueError::new_err("what stands in a wildcard is not well-formed")
            })?;
            PyString::from_bytes(py, &masked)
        } else {
            PyString::from_bytes(py, &out)
        };
        self.keep(out);
        text
    }

    /// The namespaces that the document and wildcard elements of a message are of, raw content's included.
    #[pyo3(signature = (message, /))]
    fn namespaces_used(&self, message: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        let mut out = Vec::new();
        let (bits, mut names) = self.write(message, &mut out)?;
        for (index, (uri, _)) in self.plan.namespaces.iter().enumerate() {
            if bits >> (index & 127) & 1 == 1 {
                names.push(uri.to_string());
            }
        }
        Ok(names)
    }
}

impl Codec {
    /// A buffer to write to, with whatever it held.
    fn buffer(&self) -> Vec<u8> {
        self.buffers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    /// Keeps a buffer for the next one who writes.
    fn keep(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= 1 << 20 {
            self.buffers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(buffer);
        }
    }

    /// As `decode_frame`, of any object with octets.
    #[inline]
    fn decode_object(&self, frame: &Bound<'_, PyAny>, role: Role) -> PyResult<Py<PyAny>> {
        let py = frame.py();
        if let Ok(octets) = frame.cast::<PyBytes>() {
            return Ok(self.decode_frame(py, octets.as_bytes(), role)?.item);
        }
        // A copy: a buffer may change while objects are built.
        let octets = pyo3::buffer::PyBuffer::<u8>::get(frame)?.to_vec(py)?;
        Ok(self.decode_frame(py, &octets, role)?.item)
    }

    /// Decodes a frame to a message or a `Fault`. Errors are those of building objects (memory, a panic), never the peer's.
    pub(crate) fn decode_frame(
        &self,
        py: Python<'_>,
        frame: &[u8],
        role: Role,
    ) -> PyResult<Decoded> {
        // SAFETY: `py` holds the lock, and nothing else runs while the pool is looked at.
        let mut scratch = unsafe { (*self.scratch.get()).pop() }.unwrap_or_else(|| {
            Box::new(if self.remember {
                Scratch::remembering(&self.plan)
            } else {
                Scratch::default()
            })
        });
        let mut builder = Builder {
            py,
            shared: &self.shared,
            error: None,
        };
        let decode = AssertUnwindSafe(|| {
            regwire_plan::decode(
                &self.plan,
                &mut scratch,
                frame,
                role,
                &self.limits,
                &mut builder,
            )
        });
        let outcome = catch_unwind(decode).map_err(|_| panicked("decoding"))?;
        // SAFETY: as above.
        unsafe { (*self.scratch.get()).push(scratch) };
        match outcome {
            Outcome::Message(message, namespaces) => {
                // SAFETY: a successful decode gives one owned reference.
                let item = unsafe { Bound::from_owned_ptr(py, message).unbind() };
                Ok(Decoded { item, namespaces })
            }
            Outcome::Stopped => Err(builder
                .error
                .unwrap_or_else(|| PyRuntimeError::new_err("building stopped"))),
            Outcome::Syntax(error) => Self::fault(py, Fault::of_syntax(&error), frame),
            Outcome::Refused => self.refused(py, frame, role),
        }
    }

    #[cold]
    fn refused(&self, py: Python<'_>, frame: &[u8], role: Role) -> PyResult<Decoded> {
        let find = AssertUnwindSafe(|| faults::find(&self.plan, frame, role, &self.limits));
        let fault = match catch_unwind(find).map_err(|_| panicked("finding faults"))? {
            Ok(report) => Fault::of_schema(report),
            Err(error) => Fault::of_syntax(&error),
        };
        Self::fault(py, fault, frame)
    }

    #[cold]
    fn fault(py: Python<'_>, fault: Fault, frame: &[u8]) -> PyResult<Decoded> {
        Ok(Decoded {
            item: Py::new(py, fault.of_frame(frame))?.into_any(),
            namespaces: 0,
        })
    }

    /// Appends a message's payload; on an error `out` is as it was. With `identifier`, as if the message held it as that of its
    /// transaction.
    pub(crate) fn encode_into<'py>(
        &self,
        message: &Bound<'py, PyAny>,
        identifier: Option<&Bound<'py, PyAny>>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        self.write_with(message.py(), out, |writer| {
            writer.document(message, identifier)
        })
    }

    fn write(
        &self,
        message: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
    ) -> PyResult<(u128, Vec<String>)> {
        self.write_with(message.py(), out, |writer| {
            writer.document(message, None)?;
            Ok((writer.namespaces, std::mem::take(&mut writer.others)))
        })
    }

    /// Lets `write` append; on an error `out` is as it was.
    fn write_with<'py, T>(
        &self,
        py: Python<'py>,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Writer<'_, 'py>) -> Result<T, Box<Trouble>>,
    ) -> PyResult<T> {
        let before = out.len();
        let mut writer = Writer {
            py,
            plan: &self.plan,
            templates: &self.templates,
            shared: &self.shared,
            kinds: &self.kinds,
            shapes: &self.shapes,
            out,
            depth: 0,
            namespaces: 0,
            others: Vec::new(),
            earlier: Default::default(),
            masking: false,
            undeclared: false,
        };
        let written = catch_unwind(AssertUnwindSafe(|| write(&mut writer)));
        let error = match written {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(trouble)) => trouble.into_error(py, &self.encode_error),
            Err(_) => panicked("encoding"),
        };
        out.truncate(before);
        Err(error)
    }
}

#[cold]
fn panicked(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!(
        "regwire_native panicked while {what}: please report this"
    ))
}

/// Adds what this module has to the extension module.
pub(crate) fn add(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Codec>()?;
    m.add_class::<ReplyTemplate>()?;
    m.add_class::<ResultTemplate>()?;
    m.add_class::<entry::Decoder>()?;
    m.add_class::<verdicts::Verdicts>()?;
    collector::learn(m.py());
    verdicts::quicken(m.py());
    m.add_class::<raw::Raw>()?;
    m.add_class::<Fault>()?;
    m.add_class::<fault::FaultItem>()?;
    m.add_function(wrap_pyfunction!(objects::adopt_class, m)?)?;
    m.add_function(wrap_pyfunction!(objects::seal_class, m)?)?;
    m.add_function(wrap_pyfunction!(construct::nest, m)?)?;
    m.add_function(wrap_pyfunction!(construct::replace_fields, m)?)?;
    m.add_function(wrap_pyfunction!(objects::values_of, m)?)?;
    m.add_function(wrap_pyfunction!(objects::shown_as_tracked, m)?)?;
    m.add_class::<later::LaterField>()?;
    m.add_function(wrap_pyfunction!(later::put_off, m)?)?;
    m.add_function(wrap_pyfunction!(later::is_put_off, m)?)?;
    m.add_function(wrap_pyfunction!(verdicts::available, m)?)?;
    m.add_function(wrap_pyfunction!(verdicts::verdicts, m)?)
}
