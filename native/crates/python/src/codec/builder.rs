//! Python objects out of frames.
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};
use regwire_plan::simple::lexical::{Date, DateTime};
use regwire_plan::{Build, Constant, Later, RawParts, Step, Stop};

use super::later;
use super::memory::copy;
use super::objects::{Layout, allocate, empty_object, slot};
use super::raw::Raw;

/// A reference that the builder owns, or a mark: Python's objects are aligned, so that an odd "pointer" is free for marks.
pub(crate) type Value = *mut ffi::PyObject;

/// A type of the plan as the bindings need it.
pub(crate) struct Class {
    /// The class; null for the inside of a wrapper.
    pub(crate) pointer: *mut ffi::PyTypeObject,
    pub(crate) layout: Option<&'static Layout>,
    /// What a field holds that nothing was decoded for.
    fills: Box<[Py<PyAny>]>,
    /// Fields whose True is an element.
    pub(crate) flags: Box<[bool]>,
    transparent: bool,
    /// Keeps the class alive.
    owner: Option<Py<PyType>>,
}

// SAFETY: `pointer` points to the type that `_owner` keeps alive; it is used with the interpreter lock held only.
unsafe impl Send for Class {}
// SAFETY: as for Send.
unsafe impl Sync for Class {}

impl Class {
    pub(crate) fn new(
        py: Python<'_>,
        class: Option<Bound<'_, PyType>>,
        fills: Vec<Py<PyAny>>,
        flags: Vec<bool>,
        transparent: bool,
    ) -> PyResult<Class> {
        let pointer = class.as_ref().map_or(
            std::ptr::null_mut(),
            pyo3::types::PyTypeMethods::as_type_ptr,
        );
        let layout = match &class {
            Some(_) => Some(super::objects::layout(py, pointer)?),
            None => None,
        };
        Ok(Class {
            pointer,
            layout,
            fills: fills.into(),
            flags: flags.into(),
            transparent,
            owner: class.map(Bound::unbind),
        })
    }

    /// The same once more, for good; None for what no object is made of.
    pub(super) fn again(&self, py: Python<'_>) -> Option<Class> {
        if self.transparent {
            return None;
        }
        Some(Class {
            pointer: self.pointer,
            layout: Some(self.layout?),
            fills: self.fills.iter().map(|fill| fill.clone_ref(py)).collect(),
            flags: self.flags.clone(),
            transparent: false,
            owner: Some(self.owner.as_ref()?.clone_ref(py)),
        })
    }
}

/// What all decodes of a codec share.
pub(crate) struct Shared {
    pub(crate) classes: Vec<Class>,
    /// Of each type: the first global element that is of it.
    pub(crate) globals: Vec<Option<u32>>,
    pub(crate) constants: Vec<Py<PyAny>>,
    pub(crate) decimal: Py<PyAny>,
    pub(crate) duration: Py<PyAny>,
    pub(crate) qname: Py<PyAny>,
    pub(crate) empty: Py<PyTuple>,
    pub(crate) utc: Py<PyAny>,
}

/// Builds the objects of one frame.
pub(crate) struct Builder<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) shared: &'a Shared,
    /// Why building stopped.
    pub(crate) error: Option<PyErr>,
}

impl Builder<'_, '_> {
    #[inline(always)]
    fn made(&mut self, value: Value) -> Result<Value, Stop> {
        if value.is_null() {
            Err(self.stop())
        } else {
            Ok(value)
        }
    }

    #[cold]
    fn stop(&mut self) -> Stop {
        self.error = Some(PyErr::fetch(self.py));
        Stop
    }

    fn called(&mut self, result: PyResult<Bound<'_, PyAny>>) -> Result<Value, Stop> {
        result.map(Bound::into_ptr).map_err(|error| {
            self.error = Some(error);
            Stop
        })
    }
}

/// Text of a numeral or the like: ASCII by its lexical check.
fn string<'py>(py: Python<'py>, text: &[u8]) -> Bound<'py, PyString> {
    PyString::new(py, &String::from_utf8_lossy(text))
}

impl Build for Builder<'_, '_> {
    type Value = Value;
    const NULL: Value = std::ptr::null_mut();

    #[inline(always)]
    fn is_null(value: Value) -> bool {
        value.is_null()
    }

    #[inline(always)]
    fn mark(list: u32) -> Value {
        std::ptr::without_provenance_mut((list as usize) << 1 | 1)
    }

    #[inline(always)]
    fn marked(value: Value) -> Option<u32> {
        let address = value.addr();
        (address & 1 == 1).then_some((address >> 1) as u32)
    }

    #[inline(always)]
    fn text(&mut self, text: &[u8], ascii: bool) -> Result<Value, Stop> {
        let value = fresh_text(text, ascii);
        self.made(value)
    }

    #[inline(always)]
    fn constant(&mut self, constant: Constant) -> Value {
        self.shared.constants[constant as usize]
            .clone_ref(self.py)
            .into_ptr()
    }

    #[inline(always)]
    fn integer(&mut self, value: i64) -> Result<Value, Stop> {
        // SAFETY: the lock is held.
        let value = unsafe { ffi::PyLong_FromLongLong(value) };
        self.made(value)
    }

    fn big_integer(&mut self, numeral: &[u8]) -> Result<Value, Stop> {
        let text = string(self.py, numeral);
        let result = self.py.get_type::<pyo3::types::PyInt>().call1((text,));
        self.called(result)
    }

    #[inline(always)]
    fn boolean(&mut self, value: bool) -> Value {
        pyo3::types::PyBool::new(self.py, value)
            .to_owned()
            .into_any()
            .into_ptr()
    }

    fn decimal(&mut self, numeral: &[u8]) -> Result<Value, Stop> {
        let result = self
            .shared
            .decimal
            .bind(self.py)
            .call1((string(self.py, numeral),));
        self.called(result)
    }

    fn date(&mut self, date: Date) -> Result<Value, Stop> {
        // SAFETY: the API was imported when the codec was made; the fields are in range.
        let value = unsafe {
            let api = &*ffi::PyDateTimeAPI();
            (api.Date_FromDate)(
                date.year.into(),
                date.month.into(),
                date.day.into(),
                api.DateType,
            )
        };
        self.made(value)
    }

    #[inline]
    fn date_time(&mut self, time: DateTime) -> Result<Value, Stop> {
        // SAFETY: as for `date`; the zone is alive as long as the codec.
        let value = unsafe {
            let api = &*ffi::PyDateTimeAPI();
            (api.DateTime_FromDateAndTime)(
                time.date.year.into(),
                time.date.month.into(),
                time.date.day.into(),
                time.hour.into(),
                time.minute.into(),
                time.second.into(),
                time.microsecond.cast_signed(),
                self.shared.utc.as_ptr(),
                api.DateTimeType,
            )
        };
        self.made(value)
    }

    fn duration(&mut self, text: &[u8]) -> Result<Value, Stop> {
        let result = self
            .shared
            .duration
            .bind(self.py)
            .call_method1("parse", (string(self.py, text),));
        self.called(result)
    }

    fn binary(&mut self, octets: &[u8]) -> Result<Value, Stop> {
        // SAFETY: the octets are copied.
        let value = unsafe {
            ffi::PyBytes_FromStringAndSize(octets.as_ptr().cast(), octets.len().cast_signed())
        };
        self.made(value)
    }

    fn qname(&mut self, namespace: &[u8], local: &[u8]) -> Result<Value, Stop> {
        let name = (string(self.py, namespace), string(self.py, local));
        let result = self.shared.qname.bind(self.py).call1(name);
        self.called(result)
    }

    fn raw(&mut self, parts: RawParts<'_>) -> Result<Value, Stop> {
        let raw = Raw::from_frame(parts.xml, parts.inherited, parts.namespace, parts.tag);
        let result = Py::new(self.py, raw).map(|raw| raw.into_bound(self.py).into_any());
        self.called(result)
    }

    #[inline]
    fn tuple(&mut self, values: &mut Vec<Value>) -> Result<Value, Stop> {
        if values.is_empty() {
            return Ok(self.shared.empty.clone_ref(self.py).into_ptr());
        }
        let tuple = fresh_tuple(values);
        self.made(tuple)
    }

    #[inline(always)]
    fn record(&mut self, kind: usize, values: &mut [Value]) -> Result<Value, Stop> {
        let class = &self.shared.classes[kind];
        if class.transparent && values.len() == 1 {
            return Ok(values[0]);
        }
        if class.layout.is_none() {
            return Err(Stop);
        }
        let value = record(self.py, class, values);
        self.made(value)
    }

    fn release(&mut self, value: Value) {
        // SAFETY: the builder gave this reference out and nobody took it over.
        unsafe { ffi::Py_DECREF(value) }
    }

    #[inline(always)]
    fn share(&mut self, value: Value) -> Value {
        // SAFETY: a live object, of which the caller holds a reference.
        unsafe { ffi::Py_INCREF(value) }
        value
    }

    #[inline(always)]
    fn puts_off(&self, kind: usize) -> Option<u16> {
        let later = self.shared.classes[kind].layout?.later()?;
        Some(later as u16)
    }

    fn recipe(&mut self, steps: &[Step<Value>], cells: usize) -> Option<u32> {
        later::recipe(self.py, &self.shared.classes, steps, cells)
    }

    #[inline]
    fn put_off(&mut self, elements: &Later) -> Result<Value, Stop> {
        let value = later::packed(elements);
        self.made(value)
    }

    #[cold]
    fn build_now(&mut self, elements: &Later, into: &mut Vec<Value>) -> Result<(), Stop> {
        later::build_all(self.py, elements.octets(), elements.is_ascii(), into)
            .map_err(|Stop| self.stop())
    }
}

/// A new string; null with an exception set on failure.
#[inline(always)]
pub(super) fn fresh_text(text: &[u8], ascii: bool) -> Value {
    let length = text.len().cast_signed();
    // SAFETY: a new string of this length and kind has room for the octets, and nobody else has seen it; text that is not
    // ASCII is UTF-8, which the interpreter checks itself.
    unsafe {
        if ascii {
            let value = ffi::PyUnicode_New(length, 127);
            if !value.is_null() {
                copy(text, ffi::PyUnicode_DATA(value).cast());
            }
            value
        } else {
            ffi::PyUnicode_DecodeUTF8(text.as_ptr().cast(), length, std::ptr::null())
        }
    }
}

/// A new tuple that takes over these references, of which there is one at least; null with an exception set on failure, and then
/// they are still the caller's.
#[inline(always)]
pub(super) fn fresh_tuple(values: &mut Vec<Value>) -> Value {
    // SAFETY: a new tuple has room for exactly these items, whose references it takes over. What is decoded is immutable
    // and built from the leaves up, so that no cycle can pass through it: the collector need not look at it.
    unsafe {
        let tuple = ffi::PyTuple_New(values.len().cast_signed());
        if !tuple.is_null() {
            for (place, value) in values.drain(..).enumerate() {
                ffi::PyTuple_SET_ITEM(tuple, place.cast_signed(), value);
            }
            ffi::PyObject_GC_UnTrack(tuple.cast());
        }
        tuple
    }
}

/// A new object that takes over these values, whatever becomes of it; null with an exception set on failure.
#[inline(always)]
pub(super) fn record(py: Python<'_>, class: &Class, values: &[Value]) -> Value {
    let Some(layout) = class.layout else {
        return std::ptr::null_mut();
    };
    // SAFETY: the class was adopted; `offsets` are its slots, one for each value, and all of them are written before the
    // object is seen. It stays untracked for the same reason as a tuple.
    unsafe {
        let object = if values.is_empty() {
            empty_object(py, class.pointer, layout)
        } else {
            allocate(class.pointer, layout)
        };
        if object.is_null() {
            for value in values.iter().filter(|value| !value.is_null()) {
                ffi::Py_DECREF(*value);
            }
            return object;
        }
        for ((value, offset), fill) in values.iter().zip(&layout.offsets).zip(&class.fills) {
            let value = if value.is_null() {
                fill.clone_ref(py).into_ptr()
            } else {
                *value
            };
            slot(object, *offset).write(value);
        }
        object
    }
}
