//! Tuples that are built when somebody asks for them: of a long answer mostly a part is looked at, or a summary of it.
//!
//! What was read and checked (`regwire_plan::Later`) lies in the tuple's slot as a `bytes` until the tuple is asked for, which
//! costs one allocation instead of some for each item. Nobody else sees these octets: the field's descriptor (`LaterField`) and
//! everything here that reads slots puts the tuple in their place first.
use std::cell::UnsafeCell;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};
use regwire_plan::{Later, Step, Stop};

use super::builder::{Class, Value, fresh_text, fresh_tuple, record};
use super::objects::{Layout, Locked, layout, slot, slot_offset};

/// More of them than any schema has; what comes later is built at once.
const MOST_RECIPES: usize = 1024;

/// Number of items and whether all texts are ASCII, four octets each.
const HEAD: usize = 8;

/// How an item is built; what it needs lives as long as the process.
struct Recipe {
    steps: Box<[Make]>,
    cells: usize,
    /// It is an item of a check's answer: the place of its name among the texts, and whether it is free.
    verdict: Option<(usize, bool)>,
    texts: usize,
}

enum Make {
    Read {
        cell: usize,
    },
    Share {
        cell: usize,
        value: Py<PyAny>,
    },
    Build {
        class: Class,
        first: usize,
        count: usize,
        cell: usize,
    },
}

impl Make {
    /// Both do the same.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Make::Read { cell }, Make::Read { cell: other }) => cell == other,
            (
                Make::Share { cell, value },
                Make::Share {
                    cell: other_cell,
                    value: other,
                },
            ) => cell == other_cell && value.is(other),
            (
                Make::Build {
                    class,
                    first,
                    count,
                    cell,
                    ..
                },
                Make::Build {
                    class: other,
                    first: other_first,
                    count: other_count,
                    cell: other_cell,
                    ..
                },
            ) => {
                (class.pointer, first, count, cell)
                    == (other.pointer, other_first, other_count, other_cell)
            }
            _ => false,
        }
    }
}

static RECIPES: Locked<Vec<&'static Recipe>> = Locked(UnsafeCell::new(Vec::new()));

/// The number of a recipe, for good; None where an item cannot be built later.
#[cold]
pub(super) fn recipe(
    py: Python<'_>,
    classes: &[Class],
    steps: &[Step<Value>],
    cells: usize,
) -> Option<u32> {
    let mut makes = Vec::with_capacity(steps.len());
    for step in steps {
        makes.push(match *step {
            Step::Read { cell, .. } => Make::Read { cell: cell.into() },
            Step::Share { cell, value } => Make::Share {
                cell: cell.into(),
                // SAFETY: whoever remembers the steps holds their values.
                value: unsafe { Bound::from_borrowed_ptr(py, value) }.unbind(),
            },
            Step::Build {
                kind,
                first,
                count,
                cell,
            } => Make::Build {
                class: classes[kind as usize].again(py)?,
                first: first.into(),
                count: count.into(),
                cell: cell.into(),
            },
        });
    }
    let texts = makes
        .iter()
        .filter(|make| matches!(make, Make::Read { .. }))
        .count();
    let new = Recipe {
        verdict: verdict(py, &makes),
        steps: makes.into(),
        cells,
        texts,
    };
    // SAFETY: the lock is held (see `Locked`), and nothing else runs while the list is looked at.
    let known = unsafe { &mut *RECIPES.0.get() };
    let same = |old: &&Recipe| {
        old.cells == new.cells
            && old.steps.len() == new.steps.len()
            && old.steps.iter().zip(&new.steps).all(|(a, b)| a.is(b))
    };
    if let Some(place) = known.iter().position(same) {
        return Some(place as u32);
    }
    if known.len() == MOST_RECIPES {
        return None;
    }
    known.push(Box::leak(Box::new(new)));
    Some(known.len() as u32 - 1)
}

/// An object whose first field is an object of a text and a truth, in this order.
fn verdict(py: Python<'_>, makes: &[Make]) -> Option<(usize, bool)> {
    let [.., Make::Build { first, .. }] = makes else {
        return None;
    };
    let (head, count) = makes.iter().find_map(|make| match make {
        Make::Build {
            first: inside,
            count,
            cell,
            ..
        } if cell == first => Some((*inside, *count)),
        _ => None,
    })?;
    if count != 2 {
        return None;
    }
    let reads = makes.iter().filter_map(|make| match make {
        Make::Read { cell } => Some(*cell),
        _ => None,
    });
    let text = reads.into_iter().position(|cell| cell == head)?;
    makes.iter().find_map(|make| match make {
        Make::Share { cell, value } if *cell == head + 1 => {
            Some((text, value.bind(py).is_truthy().ok()?))
        }
        _ => None,
    })
}

/// What stands in the slot: a new `bytes`, null with an exception set on failure.
#[inline]
pub(super) fn packed(elements: &Later) -> Value {
    let octets = elements.octets();
    // SAFETY: a new object of this size that nobody else has seen; all of it is written.
    unsafe {
        let size = (HEAD + octets.len()).cast_signed();
        let value = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        if !value.is_null() {
            let to = ffi::PyBytes_AsString(value).cast::<u8>();
            let head = [elements.count() as u32, elements.is_ascii().into()];
            to.cast::<[u32; 2]>().write_unaligned(head);
            to.add(HEAD)
                .copy_from_nonoverlapping(octets.as_ptr(), octets.len());
        }
        value
    }
}

/// Elements that were put off, and whether all their texts are ASCII.
struct Elements<'a> {
    rest: &'a [u8],
    ascii: bool,
}

impl<'a> Elements<'a> {
    /// The next element, and its texts.
    #[inline(always)]
    fn next(&mut self) -> Option<(&'static Recipe, Texts<'a>)> {
        let number = number(&mut self.rest)?;
        // SAFETY: the lock is held (see `Locked`), and the reference ends here.
        let recipe = unsafe { (&*RECIPES.0.get()).get(number as usize).copied() }?;
        let texts = Texts(self.rest);
        for _ in 0..recipe.texts {
            text(&mut self.rest)?;
        }
        Some((recipe, texts))
    }
}

struct Texts<'a>(&'a [u8]);

#[inline(always)]
fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u32::from_ne_bytes(*number))
}

#[inline(always)]
fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(rest)?;
    let (text, behind) = rest.split_at_checked(length as usize)?;
    *rest = behind;
    Some(text)
}

/// Builds elements one after another; an exception is set where that fails.
pub(super) fn build_all(
    py: Python<'_>,
    octets: &[u8],
    ascii: bool,
    into: &mut Vec<Value>,
) -> Result<(), Stop> {
    let mut elements = Elements {
        rest: octets,
        ascii,
    };
    let mut cells = Vec::new();
    while let Some((recipe, mut texts)) = elements.next() {
        cells.clear();
        cells.resize(recipe.cells.max(1), std::ptr::null_mut());
        let built = build_one(py, recipe, &mut texts, ascii, &mut cells);
        for left in &mut cells[usize::from(built.is_ok())..] {
            // SAFETY: what a step made and none took over.
            unsafe { ffi::Py_XDECREF(*left) };
        }
        built?;
        into.push(cells[0]);
    }
    Ok(())
}

fn build_one(
    py: Python<'_>,
    recipe: &Recipe,
    texts: &mut Texts<'_>,
    ascii: bool,
    cells: &mut [Value],
) -> Result<(), Stop> {
    for step in &recipe.steps {
        let (cell, value) = match step {
            Make::Read { cell } => {
                let text = text(&mut texts.0).unwrap_or_default();
                (*cell, fresh_text(text, ascii))
            }
            Make::Share { cell, value } => (*cell, value.clone_ref(py).into_ptr()),
            Make::Build {
                class,
                first,
                count,
                cell,
                ..
            } => {
                let fields = &mut cells[*first..*first + *count];
                let value = record(py, class, fields);
                fields.fill(std::ptr::null_mut());
                (*cell, value)
            }
        };
        if value.is_null() {
            return Err(Stop);
        }
        cells[cell] = value;
    }
    Ok(())
}

/// What is in a slot: the tuple is built now if it was put off. A borrowed reference that lives as long as the object.
///
/// # Safety
/// A slot of a live object that the caller holds.
#[inline(always)]
pub(super) unsafe fn filled(py: Python<'_>, cell: *mut *mut ffi::PyObject) -> PyResult<Value> {
    // SAFETY: a slot holds a reference or null.
    unsafe {
        let value = *cell;
        if value.is_null() {
            return Err(PyAttributeError::new_err("a field is not set"));
        }
        if ffi::PyBytes_CheckExact(value) == 0 {
            return Ok(value);
        }
        fill(py, cell)
    }
}

/// Builds the tuple.
///
/// # Safety
/// As `filled`; the slot holds elements that were put off.
#[inline(never)]
unsafe fn fill(py: Python<'_>, cell: *mut *mut ffi::PyObject) -> PyResult<Value> {
    // SAFETY: the octets live as long as `octets`, and nobody changes them. Building may run the collector and with it anything:
    // the slot is looked at again before it is written.
    unsafe {
        let octets = Bound::from_borrowed_ptr(py, *cell);
        let (elements, count) = elements(&octets);
        let mut values = Vec::with_capacity(count);
        let built = build_all(py, elements.rest, elements.ascii, &mut values);
        let tuple = match built {
            Ok(()) => fresh_tuple(&mut values),
            Err(_) => std::ptr::null_mut(),
        };
        if tuple.is_null() {
            for value in values {
                ffi::Py_DECREF(value);
            }
            return Err(PyErr::fetch(py));
        }
        let tuple = Bound::from_owned_ptr(py, tuple);
        if *cell == octets.as_ptr() {
            let old = std::mem::replace(&mut *cell, tuple.into_ptr());
            ffi::Py_DECREF(old);
        }
        Ok(*cell)
    }
}

/// The elements in a slot's octets, and how many.
fn elements<'a>(octets: &'a Bound<'_, PyAny>) -> (Elements<'a>, usize) {
    // SAFETY: the caller has seen that it is a `bytes`; its octets live as long as it does.
    let mut rest = unsafe {
        let start = ffi::PyBytes_AsString(octets.as_ptr()).cast::<u8>();
        let length = ffi::PyBytes_Size(octets.as_ptr()).cast_unsigned();
        std::slice::from_raw_parts(start, length)
    };
    let count = number(&mut rest).unwrap_or_default() as usize;
    let ascii = number(&mut rest).unwrap_or_default() != 0;
    (Elements { rest, ascii }, count)
}

/// The names that are free, without building anything else; None: not elements of that form.
pub(super) fn free<'py>(octets: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let py = octets.py();
    let (mut elements, count) = elements(octets);
    let ascii = elements.ascii;
    let mut names: Vec<Bound<'py, PyAny>> = Vec::with_capacity(count);
    while let Some((recipe, mut texts)) = elements.next() {
        let Some((place, free)) = recipe.verdict else {
            return Ok(None);
        };
        if !free {
            continue;
        }
        for _ in 0..place {
            text(&mut texts.0);
        }
        let name = fresh_text(text(&mut texts.0).unwrap_or_default(), ascii);
        // SAFETY: a new reference, or null with an exception set.
        names.push(unsafe { Bound::from_owned_ptr_or_err(py, name)? });
    }
    PyTuple::new(py, names).map(Some)
}

/// Fills what was put off of an object whose slots are about to be read.
///
/// # Safety
/// A live object that the caller holds; `layout` is that of its class.
#[inline(always)]
pub(super) unsafe fn fill_all(
    py: Python<'_>,
    object: *mut ffi::PyObject,
    layout: &Layout,
) -> PyResult<()> {
    if let Some(place) = layout.later() {
        // SAFETY: as the caller promises; one that is not set is not for us to complain of.
        unsafe {
            let cell = slot(object, layout.offsets[place]);
            if !(*cell).is_null() {
                filled(py, cell)?;
            }
        }
    }
    Ok(())
}

/// A field whose tuple may be built when it is read.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct LaterField {
    pub(super) offset: usize,
    owner: Py<PyType>,
    #[pyo3(get, name = "__name__")]
    name: Py<PyString>,
}

#[pymethods]
impl LaterField {
    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        instance: Option<&Bound<'py, PyAny>>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, field) = (slf.py(), slf.get());
        let Some(instance) = instance else {
            return Ok(slf.clone().into_any());
        };
        let owner = field.owner.bind(py).as_type_ptr();
        // SAFETY: the object is of a class that has the slot there, and its caller holds it.
        unsafe {
            if instance.get_type_ptr() != owner
                && ffi::PyType_IsSubtype(instance.get_type_ptr(), owner) == 0
            {
                return Err(PyTypeError::new_err("a field of another class"));
            }
            let value = filled(py, slot(instance.as_ptr(), field.offset))?;
            Ok(Bound::from_borrowed_ptr(py, value))
        }
    }

    #[allow(clippy::unused_self, reason = "a method of Python's")]
    fn __set__(&self, _instance: &Bound<'_, PyAny>, _value: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyAttributeError::new_err("messages are immutable"))
    }

    #[getter]
    fn __objclass__(&self, py: Python<'_>) -> Py<PyType> {
        self.owner.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let owner = self.owner.bind(py).name()?;
        Ok(format!("<field {:?} of {owner}>", self.name.bind(py)))
    }
}

/// Lets a field of a class that was just adopted be built later: gives the descriptor to put in place of the slot's own.
#[pyfunction]
#[pyo3(signature = (cls, name, /))]
pub(crate) fn put_off(cls: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyResult<LaterField> {
    let offset = slot_offset(cls, name.as_any())?;
    super::objects::mark_later(cls, offset)?;
    Ok(LaterField {
        offset,
        owner: cls.clone().unbind(),
        name: name.clone().unbind(),
    })
}

/// The tuple of the field is not built yet (for tests).
#[pyfunction]
#[pyo3(signature = (message, /))]
pub(crate) fn is_put_off(message: &Bound<'_, PyAny>) -> PyResult<bool> {
    let layout = layout(message.py(), message.get_type_ptr())?;
    let Some(place) = layout.later() else {
        return Ok(false);
    };
    // SAFETY: a slot of a live object holds a reference or null.
    unsafe {
        let value = *slot(message.as_ptr(), layout.offsets[place]);
        Ok(!value.is_null() && ffi::PyBytes_CheckExact(value) != 0)
    }
}
