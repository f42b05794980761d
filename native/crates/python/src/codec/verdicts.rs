//! Answers of check commands in one call: registries are asked for little else as often, and for many names at once.
use pyo3::PyTypeInfo;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple, PyType};

use super::collector::tuple_may_cycle;
use super::encode::items;
use super::foresight::{AHEAD, foresee};
use super::later::{filled, free};
use super::objects::{Layout, known, layout, make, slot};

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

/// Which of the values are free: one bit each, mostly without memory of its own.
#[derive(Default)]
struct Free {
    first: u128,
    more: Vec<bool>,
}

const FIRST: usize = 128;

impl Free {
    /// Asks for each value in order, once.
    #[inline(always)]
    fn ask(values: &Bound<'_, PyTuple>, taken: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = values.py();
        let mut free = Free::default();
        // SAFETY: a tuple, which the caller holds.
        let names = unsafe { items(Borrowed::from_ptr(py, values.as_ptr())) }.unwrap_or_default();
        for (place, name) in names.iter().enumerate() {
            if place % AHEAD == 0 {
                foresee(taken, &names[place..names.len().min(place + AHEAD)]);
            }
            // SAFETY: live objects.
            let found = unsafe { ffi::PySequence_Contains(taken.as_ptr(), *name) };
            if found < 0 {
                return Err(PyErr::fetch(py));
            }
            if place < FIRST {
                free.first |= u128::from(found == 0) << place;
            } else {
                free.more.push(found == 0);
            }
        }
        Ok(free)
    }

    #[inline(always)]
    fn is(&self, place: usize) -> bool {
        if place < FIRST {
            self.first >> place & 1 == 1
        } else {
            self.more.get(place - FIRST).copied().unwrap_or(false)
        }
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
    let made = [
        Made::new(values.py(), &*classes.get_borrowed_item(0)?, 1)?,
        Made::new(values.py(), &*classes.get_borrowed_item(1)?, 2)?,
        Made::new(values.py(), &*classes.get_borrowed_item(2)?, 2)?,
    ];
    build(values, &Free::ask(values, taken)?, &made, reason)
}

fn build<'py>(
    values: &Bound<'py, PyTuple>,
    free: &Free,
    [data, item, head]: &[Made; 3],
    reason: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
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
        for (place, value) in values.iter_borrowed().enumerate() {
            let (free, why) = if free.is(place) {
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

/// `tuple(item.<first>.<first> for item in items if item.<first>.<second>)`, of messages by the order of their fields: what an
/// answer to a check says is free. Given the answer instead of its items, those that are not built need not be.
#[pyfunction]
#[pyo3(signature = (items, /))]
pub(crate) fn available<'py>(items: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let py = items.py();
    if let Ok(items) = items.cast::<PyTuple>() {
        return available_of(items);
    }
    let wanted = || PyTypeError::new_err("the answer to a check is needed, or its items");
    let layout = known(py, items.get_type_ptr()).ok_or_else(wanted)?;
    let offset = layout.offsets.first().ok_or_else(wanted)?;
    // SAFETY: the offset is that of a slot of this object's class, which holds a reference or null.
    unsafe {
        let cell = slot(items.as_ptr(), *offset);
        if !(*cell).is_null()
            && ffi::PyBytes_CheckExact(*cell) != 0
            && layout.later() == Some(0)
            && let Some(names) = free(&Bound::from_borrowed_ptr(py, *cell))?
        {
            return Ok(names);
        }
        let items = filled(py, cell)?;
        available_of(
            Bound::from_borrowed_ptr(py, items)
                .cast()
                .map_err(|_| wanted())?,
        )
    }
}

fn available_of<'py>(items: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
    let py = items.py();
    let (mut item_is, mut head_is) = (Seen::none(), Seen::none());
    let mut free = Vec::with_capacity(items.len());
    for item in items.iter_borrowed() {
        let head = item_is.field(item, 0)?;
        if head_is.field(head, 1)?.is_truthy()? {
            free.push(head_is.field(head, 0)?.to_owned());
        }
    }
    PyTuple::new(py, free)
}

/// The message class seen last.
struct Seen(*mut ffi::PyTypeObject, Option<&'static Layout>);

impl Seen {
    fn none() -> Self {
        Seen(std::ptr::null_mut(), None)
    }

    /// A field of a message, by its place.
    #[inline(always)]
    fn field<'a, 'py>(
        &mut self,
        message: Borrowed<'a, 'py, PyAny>,
        place: usize,
    ) -> PyResult<Borrowed<'a, 'py, PyAny>> {
        let class = message.get_type_ptr();
        if class != self.0 {
            *self = Seen(class, known(message.py(), class));
        }
        let offset = self.1.and_then(|layout| layout.offsets.get(place));
        let offset = offset.ok_or_else(|| PyTypeError::new_err("items of a check are needed"))?;
        // SAFETY: the offset is that of a slot of this object's class. Messages are immutable, so that what a slot holds lives as
        // long as the message; an unset slot is null.
        let value =
            unsafe { Borrowed::from_ptr_or_opt(message.py(), *slot(message.as_ptr(), *offset)) };
        value.ok_or_else(|| PyTypeError::new_err("a message whose fields are not set"))
    }
}

/// What `verdicts` gives, kept as the values and a bit each: most answers are only ever sent, and what is sent needs no objects.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct Verdicts {
    values: Py<PyTuple>,
    free: Free,
    pub(super) classes: [*mut ffi::PyTypeObject; 3],
    /// Keeps the classes alive.
    owner: Py<PyTuple>,
    reason: Py<PyAny>,
}

// SAFETY: the class pointers are kept alive by `owner`, and used with the interpreter lock held only.
unsafe impl Send for Verdicts {}
// SAFETY: as for Send; everything is immutable.
unsafe impl Sync for Verdicts {}

#[pymethods]
impl Verdicts {
    #[new]
    #[pyo3(signature = (values, taken, classes, reason, /))]
    fn new(
        values: &Bound<'_, PyTuple>,
        taken: &Bound<'_, PyAny>,
        classes: &Bound<'_, PyTuple>,
        reason: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let free = Free::ask(values, taken)?;
        let class = |place| -> PyResult<_> {
            Ok(classes
                .get_borrowed_item(place)?
                .cast::<PyType>()?
                .as_type_ptr())
        };
        Ok(Self {
            values: values.clone().unbind(),
            free,
            classes: [class(0)?, class(1)?, class(2)?],
            owner: classes.clone().unbind(),
            reason: reason.clone().unbind(),
        })
    }

    /// The answers as objects, made anew each time.
    #[getter]
    pub(super) fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let classes = self.owner.bind(py);
        let made = [
            Made::new(py, &*classes.get_borrowed_item(0)?, 1)?,
            Made::new(py, &*classes.get_borrowed_item(1)?, 2)?,
            Made::new(py, &*classes.get_borrowed_item(2)?, 2)?,
        ];
        build(
            self.values.bind(py),
            &self.free,
            &made,
            self.reason.bind(py),
        )
    }

    /// The class of `data`.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.owner.bind(py).get_item(0)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.values.bind(py).len()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Verdicts {}>", self.data(py)?.repr()?))
    }
}

impl Verdicts {
    /// The values, and whether each is free.
    #[inline(always)]
    pub(super) fn each<'a>(
        &'a self,
        py: Python<'_>,
    ) -> impl ExactSizeIterator<Item = (*mut ffi::PyObject, bool)> + 'a {
        // SAFETY: the tuple lives as long as this object.
        let values: &'a [*mut ffi::PyObject] =
            unsafe { items(Borrowed::from_ptr(py, self.values.as_ptr())) }.unwrap_or_default();
        let each = values.iter().enumerate();
        each.map(|(place, value)| (*value, self.free.is(place)))
    }

    #[inline(always)]
    pub(super) fn reason(&self) -> &Py<PyAny> {
        &self.reason
    }
}

/// Lets the class be called without a tuple of its arguments; to be done once, when the module is made.
pub(crate) fn quicken(py: Python<'_>) {
    // SAFETY: the class lives as long as the module, and the lock is held.
    unsafe { (*Verdicts::type_object_raw(py)).tp_vectorcall = Some(call) }
}

/// `Verdicts(values, taken, classes, reason)`.
unsafe extern "C" fn call(
    _class: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    flags: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls with the lock held.
    let (py, given) = unsafe { (Python::assume_attached(), ffi::PyVectorcall_NARGS(flags)) };
    let made = if given == 4 && keywords.is_null() {
        // SAFETY: four live objects, which the caller holds (the vectorcall protocol).
        let argument =
            |place| unsafe { Borrowed::<PyAny>::from_ptr(py, *arguments.add(place)).to_owned() };
        of_arguments(&[argument(0), argument(1), argument(2), argument(3)])
    } else {
        Err(PyTypeError::new_err(
            "Verdicts needs values, taken, classes and a reason, by position",
        ))
    };
    match made {
        Ok(made) => made.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    }
}

fn of_arguments(
    [values, taken, classes, reason]: &[Bound<'_, PyAny>; 4],
) -> PyResult<Py<Verdicts>> {
    let (values, classes) = (values.cast::<PyTuple>()?, classes.cast::<PyTuple>()?);
    Py::new(values.py(), Verdicts::new(values, taken, classes, reason)?)
}
