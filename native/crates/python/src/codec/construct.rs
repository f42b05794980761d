//! The native constructor of message classes.
use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{ffi, intern};

use super::collector::may_cycle;
use super::later::fill_all;
use super::objects::{Layout, allocate, bare, class_is_bare, layout, recent, slot};

/// The vectorcall constructor of every message class.
pub(super) unsafe extern "C" fn construct(
    callable: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    flags: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let class = callable.cast::<ffi::PyTypeObject>();
    // SAFETY: the interpreter calls with the lock held, and the arguments are as the vectorcall protocol has them; the layout is
    // that of the class.
    unsafe {
        let py = Python::assume_attached();
        if let Some(layout) = recent(py, class)
            && let Some(object) = quickly(class, layout, arguments, flags, keywords)
        {
            return object;
        }
        carefully(py, class, arguments, flags, keywords)
    }
}

/// Makes an object as it is mostly made: a value for each field in their order, by position or by keyword, and defaults for
/// those at the end. None if it is made in another way, or cannot be; null with an exception set when there is no memory.
///
/// # Safety
/// As the vectorcall protocol; `layout` is that of `class`.
#[inline(always)]
unsafe fn quickly(
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
    arguments: *const *mut ffi::PyObject,
    flags: usize,
    keywords: *mut ffi::PyObject,
) -> Option<*mut ffi::PyObject> {
    // SAFETY: the values lie one after another, those by keyword behind the others; every slot of the new object is written
    // before it is seen.
    unsafe {
        let sealed = layout.sealed.get()?;
        let mut given = ffi::PyVectorcall_NARGS(flags).cast_unsigned();
        if !keywords.is_null() {
            given = in_order(layout, keywords, given)?;
        }
        let (first, defaults) = (layout.offsets.first()?, sealed.defaults.get(given..)?);
        if given < sealed.required {
            return None;
        }
        let single = given == 1 && layout.shares;
        if single {
            let last = layout.last.get();
            // One that is about to die has no references.
            if !last.is_null() && *slot(last, *first) == *arguments && ffi::Py_REFCNT(last) > 0 {
                ffi::Py_INCREF(last);
                return Some(last);
            }
        }
        let object = allocate(class, layout);
        if object.is_null() {
            return Some(object);
        }
        // Each value is looked at while it is at hand: what holds nothing that could be in a cycle is not tracked.
        let mut cycle = false;
        let (own, rest) = layout.offsets.split_at(given);
        for (place, offset) in own.iter().enumerate() {
            let value = *arguments.add(place);
            ffi::Py_INCREF(value);
            slot(object, *offset).write(value);
            cycle |= may_cycle(value);
        }
        for (default, offset) in defaults.iter().zip(rest) {
            let cell = slot(object, *offset);
            cell.write(std::ptr::null_mut());
            // There is one: of the fields that must be given, none is left.
            if let Some(default) = default {
                ffi::Py_INCREF(default.as_ptr());
                cell.write(default.as_ptr());
                cycle |= may_cycle(default.as_ptr());
            }
        }
        if cycle {
            ffi::PyObject_GC_Track(object.cast());
        } else if single {
            layout.last.set(object);
        }
        Some(object)
    }
}

/// How many fields are given when those by keyword are the next ones after the `given` by position; None: they are others.
///
/// # Safety
/// `keywords` is a tuple of strings.
#[inline(always)]
unsafe fn in_order(layout: &Layout, keywords: *mut ffi::PyObject, given: usize) -> Option<usize> {
    // SAFETY: as the caller promises.
    unsafe {
        let count = ffi::PyTuple_GET_SIZE(keywords).cast_unsigned();
        let names = layout.names.get(given..given.checked_add(count)?)?;
        let same = |(place, name): (usize, &Py<PyAny>)| {
            name.as_ptr() == ffi::PyTuple_GET_ITEM(keywords, place.cast_signed())
        };
        names.iter().enumerate().all(same).then_some(given + count)
    }
}

/// Makes an object in any way there is, or raises what is wrong.
///
/// # Safety
/// As the vectorcall protocol.
#[inline(never)]
unsafe fn carefully(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    arguments: *const *mut ffi::PyObject,
    flags: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let made = layout(py, class).and_then(|found| {
        // SAFETY: the arguments are as the vectorcall protocol has them.
        unsafe { build(py, class, found, arguments, flags, keywords) }
    });
    made.unwrap_or_else(|error| {
        error.restore(py);
        std::ptr::null_mut()
    })
}

/// Makes and fills an object.
///
/// # Safety
/// As the vectorcall protocol; `layout` is that of `class`.
#[inline(always)]
unsafe fn build(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
    arguments: *const *mut ffi::PyObject,
    flags: usize,
    keywords: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    // SAFETY: see each step; `object` is owned by this function until it is returned.
    unsafe {
        let given = ffi::PyVectorcall_NARGS(flags).cast_unsigned();
        let count = layout.offsets.len();
        if given > count {
            return Err(too_many(py, class, count, given));
        }
        if class_is_bare(class) {
            return bare(py, class, keywords);
        }
        let object = allocate(class, layout);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        let (offsets, later) = layout.offsets.split_at(given);
        // Each value is looked at while it is at hand: what holds nothing that could be in a cycle is not tracked.
        let mut cycle = false;
        for (place, offset) in offsets.iter().enumerate() {
            let value = *arguments.add(place);
            ffi::Py_INCREF(value);
            slot(object, *offset).write(value);
            cycle = cycle || may_cycle(value);
        }
        if !later.is_empty() || !keywords.is_null() {
            for offset in later {
                slot(object, *offset).write(std::ptr::null_mut());
            }
            let keywords = (keywords, arguments.add(given));
            match fill_later(py, class, layout, object, keywords, given) {
                Ok(found) => cycle = cycle || found,
                Err(error) => {
                    ffi::Py_DECREF(object);
                    return Err(error);
                }
            }
        }
        if cycle {
            ffi::PyObject_GC_Track(object.cast());
        }
        Ok(object)
    }
}

/// Fills the fields after the `given` ones from keywords, if there are any, and defaults; gives whether one of their values could
/// be part of a reference cycle.
///
/// # Safety
/// As `build`; the slots of these fields are null.
#[inline(always)]
unsafe fn fill_later(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
    object: *mut ffi::PyObject,
    (keywords, values): (*mut ffi::PyObject, *const *mut ffi::PyObject),
    given: usize,
) -> PyResult<bool> {
    // SAFETY: as the caller promises.
    unsafe {
        if !keywords.is_null() {
            fill_keywords(py, class, layout, object, values, keywords, given)?;
        }
        let defaults = layout
            .sealed
            .get()
            .map_or(&[][..], |sealed| &sealed.defaults);
        let mut cycle = false;
        for (place, offset) in layout.offsets.iter().enumerate().skip(given) {
            let cell = slot(object, *offset);
            if (*cell).is_null() {
                let Some(Some(default)) = defaults.get(place) else {
                    return Err(missing(py, class, layout, object));
                };
                cell.write(default.clone_ref(py).into_ptr());
            }
            cycle = cycle || may_cycle(*cell);
        }
        Ok(cycle)
    }
}

unsafe fn fill_keywords(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
    object: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
    given: usize,
) -> PyResult<()> {
    // SAFETY: `keywords` is a tuple of strings, `values` has one value for each (the vectorcall protocol).
    unsafe {
        let count = ffi::PyTuple_GET_SIZE(keywords).cast_unsigned();
        let mut expected = given;
        for place in 0..count {
            let keyword = ffi::PyTuple_GET_ITEM(keywords, place.cast_signed());
            let found = find_name(layout, keyword, expected);
            let Some(found) = found else {
                return Err(unknown(py, class, keyword));
            };
            expected = found + 1;
            let cell = slot(object, layout.offsets[found]);
            if !(*cell).is_null() {
                let name = Bound::from_borrowed_ptr(py, keyword);
                return Err(PyTypeError::new_err(format!(
                    "{}() got {name} twice",
                    class_name(py, class)
                )));
            }
            let value = *values.add(place);
            ffi::Py_INCREF(value);
            cell.write(value);
        }
    }
    Ok(())
}

/// The place of a field, by identity from where it is expected, else by comparison.
#[inline(always)]
unsafe fn find_name(
    layout: &Layout,
    keyword: *mut ffi::PyObject,
    expected: usize,
) -> Option<usize> {
    let names = &layout.names;
    let same = |name: &Py<PyAny>| name.as_ptr() == keyword;
    if let Some(place) = names
        .get(expected..)
        .and_then(|rest| rest.iter().position(same))
    {
        return Some(expected + place);
    }
    // SAFETY: both are strings.
    names
        .iter()
        .position(|name| unsafe { ffi::PyUnicode_Compare(name.as_ptr(), keyword) == 0 })
}

fn class_name(py: Python<'_>, class: *mut ffi::PyTypeObject) -> String {
    // SAFETY: `class` is a live type.
    let class = unsafe { Bound::from_borrowed_ptr(py, class.cast()) };
    class
        .getattr(intern!(py, "__qualname__"))
        .map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

#[cold]
fn too_many(py: Python<'_>, class: *mut ffi::PyTypeObject, count: usize, given: usize) -> PyErr {
    let name = class_name(py, class);
    PyTypeError::new_err(format!("{name}() takes {count} fields, {given} were given"))
}

#[cold]
pub(super) fn unknown(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    keyword: *mut ffi::PyObject,
) -> PyErr {
    // SAFETY: a keyword is a live string.
    let keyword = unsafe { Bound::from_borrowed_ptr(py, keyword) };
    PyTypeError::new_err(format!(
        "{}() has no field {keyword}",
        class_name(py, class)
    ))
}

#[cold]
unsafe fn missing(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
    object: *mut ffi::PyObject,
) -> PyErr {
    let mut names = Vec::new();
    for (place, offset) in layout.offsets.iter().enumerate() {
        // SAFETY: `object` is of this layout, all its slots are set or null.
        if layout.default(place).is_none() && unsafe { (*slot(object, *offset)).is_null() } {
            names.push(layout.names[place].bind(py).to_string());
        }
    }
    PyTypeError::new_err(format!(
        "{}() needs {}",
        class_name(py, class),
        names.join(", ")
    ))
}

/// A copy of a message with some fields changed.
#[pyfunction]
#[pyo3(signature = (message, changes, /))]
pub(crate) fn replace_fields<'py>(
    message: &Bound<'py, PyAny>,
    changes: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = message.py();
    let class = message.get_type().as_type_ptr();
    let layout = layout(py, class)?;
    // SAFETY: the object is of the class whose layout this is.
    unsafe { fill_all(py, message.as_ptr(), layout)? };
    let mut values: Vec<*mut ffi::PyObject> = Vec::with_capacity(layout.offsets.len());
    for offset in &layout.offsets {
        // SAFETY: the object is of the class whose layout this is.
        values.push(unsafe { *slot(message.as_ptr(), *offset) });
    }
    let mut expected = 0;
    for (name, value) in changes {
        // SAFETY: the keys of keywords are strings.
        let Some(place) = (unsafe { find_name(layout, name.as_ptr(), expected) }) else {
            return Err(unknown(py, class, name.as_ptr()));
        };
        values[place] = value.as_ptr();
        expected = place + 1;
    }
    if values.iter().any(|value| value.is_null()) {
        return Err(PyAttributeError::new_err("a field is not set"));
    }
    // SAFETY: one value for each field, each kept alive by the message or the changes.
    unsafe {
        let copy = build(
            py,
            class,
            layout,
            values.as_ptr(),
            values.len(),
            std::ptr::null_mut(),
        )?;
        Ok(Bound::from_owned_ptr(py, copy))
    }
}

/// `outermost(...(innermost(value)))`: objects of these classes one inside another, in their first fields.
#[pyfunction]
#[pyo3(signature = (classes, value, /))]
pub(crate) fn nest<'py>(
    classes: &Bound<'py, PyTuple>,
    value: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = classes.py();
    let mut value = value;
    for class in classes.iter_borrowed().rev() {
        let class = class.cast::<PyType>()?.as_type_ptr();
        let layout = layout(py, class)?;
        // SAFETY: one argument, alive for the whole call; the layout is that of the class.
        value = unsafe {
            let argument = value.as_ptr();
            let made = build(
                py,
                class,
                layout,
                &raw const argument,
                1,
                std::ptr::null_mut(),
            )?;
            Bound::from_owned_ptr(py, made)
        };
    }
    Ok(value)
}
