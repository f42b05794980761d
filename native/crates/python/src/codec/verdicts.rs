//! Answers of check commands in one call: registries are asked for little else as often, and for many names at once.
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple, PyType};

use super::foresight::{AHEAD, foresee};
use super::objects::{Layout, layout, make, tuple_may_cycle};

/// A message class and where its slots are.
struct Made {
    class: *mut ffi::PyTypeObject,
    layout: &'static Layout,
}

impl Made {
    #[inline(always)]
    fn new(py: Python<'_>, class: &Bound<'_, PyAny>, fields: usize) -> PyResult<Made> {
        let class = class.cast::<PyType>()?.as_type_ptr();
        let layout = layout(py, class)?;
        if layout.offsets.len() != fields {
            return Err(PyTypeError::new_err(format!("a class of {fields} fields")));
        }
        Ok(Made { class, layout })
    }

    /// An object of these values.
    #[inline(always)]
    fn object<'py, const N: usize>(
        &self,
        py: Python<'py>,
        values: [Bound<'py, PyAny>; N],
    ) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: the layout is that of the class, which was adopted, and has as many fields as there are values (`new`).
        unsafe { make(py, self.class, self.layout, values) }
    }
}

/// `data(tuple(item(head(value, free), None if free else reason) for value in values))`, where `free` is `value not in taken`;
/// `classes` are `(data, item, head)`, of one, two and two fields.
#[pyfunction]
#[pyo3(signature = (values, taken, classes, reason, /))]
pub(crate) fn verdicts<'py>(
    values: &Bound<'py, PyTuple>,
    taken: &Bound<'py, PyAny>,
    classes: &Bound<'py, PyTuple>,
    reason: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let data = Made::new(py, &*classes.get_borrowed_item(0)?, 1)?;
    let item = Made::new(py, &*classes.get_borrowed_item(1)?, 2)?;
    let head = Made::new(py, &*classes.get_borrowed_item(2)?, 2)?;
    let none = py.None().into_bound(py);
    let yes = PyBool::new(py, true).to_owned().into_any();
    let no = PyBool::new(py, false).to_owned().into_any();
    // SAFETY: a new tuple that nobody else knows has room for as many items as `values`, each of which is set once; it owns
    // what it holds, so that it can be let go of half filled. Until it is full the collector does not see it.
    unsafe {
        let tuple = ffi::PyTuple_New(values.len().cast_signed());
        let items = Bound::from_owned_ptr_or_err(py, tuple)?;
        if !values.is_empty() {
            ffi::PyObject_GC_UnTrack(tuple.cast());
        }
        let names =
            super::encode::items(Borrowed::from_ptr(py, values.as_ptr())).unwrap_or_default();
        for (place, value) in values.iter_borrowed().enumerate() {
            if place % AHEAD == 0 {
                foresee(taken, &names[place..names.len().min(place + AHEAD)]);
            }
            let found = ffi::PySequence_Contains(taken.as_ptr(), value.as_ptr());
            if found < 0 {
                return Err(PyErr::fetch(py));
            }
            let (free, why) = if found == 0 {
                (&yes, &none)
            } else {
                (&no, reason)
            };
            let name = head.object(py, [value.to_owned(), free.clone()])?;
            let answer = item.object(py, [name, why.clone()])?;
            ffi::PyTuple_SET_ITEM(tuple, place.cast_signed(), answer.into_ptr());
        }
        if tuple_may_cycle(tuple) {
            ffi::PyObject_GC_Track(tuple.cast());
        }
        data.object(py, [items])
    }
}
