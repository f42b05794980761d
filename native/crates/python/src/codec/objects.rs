//! Message classes: where their slots are, and how their objects come and go.
//!
//! A class's slots lie at fixed offsets that its member descriptors tell. Decoding, encoding and construction read and write
//! there directly; nothing else of the object layout is assumed.
use std::cell::{Cell, OnceCell, UnsafeCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use pyo3::exceptions::{PyAttributeError, PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString, PyTuple, PyType};

use super::collector::{is_tracked, may_cycle};
use super::construct::construct;
use super::later::{LaterField, fill_all};

/// Hashes addresses: they are aligned and already well spread.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_usize(&mut self, address: usize) {
        self.0 = ((address >> 4) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

/// A map by the address of a class.
pub(crate) type ByClass<T> = HashMap<usize, T, BuildHasherDefault<AddressHasher>>;

/// What is known of a class.
pub(crate) struct Layout {
    /// Interned names of the fields.
    pub(super) names: Box<[Py<PyAny>]>,
    /// Offset of each field's slot.
    pub(crate) offsets: Box<[usize]>,
    /// Unset until the class is sealed.
    pub(super) sealed: OnceCell<Sealed>,
    /// Memory of dead objects, to be used again: messages come and go by the thousand.
    free: UnsafeCell<Vec<*mut ffi::PyObject>>,
    /// The field whose tuple may be built later.
    later: OnceCell<usize>,
    /// Objects are immutable: two of the same values may be one.
    pub(super) shares: bool,
    /// The last object that was constructed of a single value, as long as it lives; null if there is none.
    pub(super) last: Cell<*mut ffi::PyObject>,
}

/// What a class's fields have if they are not given.
pub(super) struct Sealed {
    /// Default of each field (`None`: must be given).
    pub(super) defaults: Box<[Option<Py<PyAny>>]>,
    /// How many fields there are up to the last that must be given.
    pub(super) required: usize,
}

impl Layout {
    /// The field whose tuple may be built when it is read (`super::later`).
    #[inline(always)]
    pub(super) fn later(&self) -> Option<usize> {
        self.later.get().copied()
    }

    /// The default of a field; `None`: it must be given.
    #[inline(always)]
    pub(super) fn default(&self, place: usize) -> Option<&Py<PyAny>> {
        self.sealed.get()?.defaults.get(place)?.as_ref()
    }
}

/// How many dead objects of a class are kept: what a batch of decoded messages needs again, such as the items of the checks
/// that a client has outstanding on twenty sessions.
const KEPT: usize = 2048;

/// Deeper than this, objects are let go of one after another instead of one inside another, which would use up the stack.
const NESTED: u32 = 48;

/// State that only the holder of the interpreter lock touches.
pub(super) struct Locked<T>(pub(super) UnsafeCell<T>);

// SAFETY: whoever accesses one holds the interpreter lock and runs no other code meanwhile; the extension does not
// declare support for running without it, so that the lock is on wherever it is loaded.
unsafe impl<T> Sync for Locked<T> {}

#[derive(Default)]
struct Registry {
    layouts: Option<ByClass<&'static Layout>>,
    /// Called with a class at its first use.
    seal: Option<Py<PyAny>>,
}

static REGISTRY: Locked<Registry> = Locked(UnsafeCell::new(Registry {
    layouts: None,
    seal: None,
}));

/// Objects that die: how deep one inside another, and those that wait for it to end.
struct Deaths {
    depth: u32,
    later: Vec<*mut ffi::PyObject>,
}

static DEATHS: Locked<Deaths> = Locked(UnsafeCell::new(Deaths {
    depth: 0,
    later: Vec::new(),
}));

/// The layouts asked for last, by the address of their class: one lookup for every object that is made and that dies.
static RECENT: Locked<[(usize, Option<&'static Layout>); RECENTS]> =
    Locked(UnsafeCell::new([(0, None); RECENTS]));

const RECENTS: usize = 1024;

/// The registry, for a moment: no Python code may run while the reference lives.
fn registry(_py: Python<'_>) -> &'static mut Registry {
    // SAFETY: the lock is held (see `Locked`), and every caller lets the reference go before it calls into Python, so that
    // there is only one.
    unsafe { &mut *REGISTRY.0.get() }
}

#[inline(always)]
fn layout_of(py: Python<'_>, class: *mut ffi::PyTypeObject) -> Option<&'static Layout> {
    recent(py, class).or_else(|| look_up(py, class))
}

/// The layout of a class that was asked for not long ago.
#[inline(always)]
pub(super) fn recent(_py: Python<'_>, class: *mut ffi::PyTypeObject) -> Option<&'static Layout> {
    let address = class as usize;
    // SAFETY: the lock is held (see `Locked`), and nothing runs while the entry is looked at.
    let recent = unsafe { (*RECENT.0.get())[recent_place(address)] };
    if recent.0 == address { recent.1 } else { None }
}

/// Classes lie some hundred octets apart: the product spreads what differs.
#[inline(always)]
fn recent_place(address: usize) -> usize {
    (((address >> 4) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 54) & (RECENTS - 1)
}

#[inline(never)]
fn look_up(py: Python<'_>, class: *mut ffi::PyTypeObject) -> Option<&'static Layout> {
    let found = find(py, class);
    if found.is_some() {
        // SAFETY: as for `layout_of`.
        unsafe { (*RECENT.0.get())[recent_place(class as usize)] = (class as usize, found) };
    }
    found
}

fn find(py: Python<'_>, class: *mut ffi::PyTypeObject) -> Option<&'static Layout> {
    registry(py)
        .layouts
        .as_ref()
        .and_then(|layouts| layouts.get(&(class as usize)).copied())
}

/// The layout of a class; `None`: it is no message class.
#[inline]
pub(super) fn known(py: Python<'_>, class: *mut ffi::PyTypeObject) -> Option<&'static Layout> {
    layout_of(py, class)
}

/// The layout of a class, sealing it first when this is its first use.
pub(crate) fn layout(py: Python<'_>, class: *mut ffi::PyTypeObject) -> PyResult<&'static Layout> {
    match layout_of(py, class) {
        Some(found) if found.sealed.get().is_some() => Ok(found),
        _ => seal(py, class),
    }
}

#[cold]
fn seal(py: Python<'_>, class: *mut ffi::PyTypeObject) -> PyResult<&'static Layout> {
    // SAFETY: `class` is a live type: its caller got it from an object or from Python.
    let class_object = unsafe { Bound::from_borrowed_ptr(py, class.cast()) };
    let seal = registry(py).seal.as_ref().map(|seal| seal.clone_ref(py));
    let seal = seal.ok_or_else(|| PyRuntimeError::new_err("regwire.schema is not imported"))?;
    seal.bind(py).call1((&class_object,))?;
    layout_of(py, class)
        .filter(|layout| layout.sealed.get().is_some())
        .ok_or_else(|| PyRuntimeError::new_err("the class was not sealed"))
}

/// Takes a new class in: from now on it is constructed and freed natively. `seal` is called with the class at its first use.
#[pyfunction]
#[pyo3(signature = (cls, names, seal, /))]
pub(crate) fn adopt_class(
    cls: &Bound<'_, PyType>,
    names: &Bound<'_, PyTuple>,
    seal: Py<PyAny>,
) -> PyResult<()> {
    let py = cls.py();
    let pointer = cls.as_type_ptr();
    let refuse = |reason| Err(PyTypeError::new_err(reason));
    let mut offsets = Vec::new();
    let mut interned = Vec::new();
    let later = OnceCell::new();
    for name in names {
        if let Ok(inherited) = cls.getattr(name.cast::<PyString>()?)?.cast::<LaterField>() {
            let _ = later.set(offsets.len());
            offsets.push(inherited.get().offset);
            interned.push(
                PyString::intern(py, &name.extract::<String>()?)
                    .into_any()
                    .unbind(),
            );
            continue;
        }
        offsets.push(slot_offset(cls, &name)?);
        let name: String = name.extract()?;
        interned.push(PyString::intern(py, &name).into_any().unbind());
    }
    // SAFETY: `cls` is a live heap type that its metaclass has just made, and the lock is held.
    unsafe {
        let meta = ffi::Py_TYPE(pointer.cast());
        if (*pointer).tp_dictoffset != 0
            || (*pointer).tp_weaklistoffset != 0
            || (class_is_bare(pointer) && (*pointer).tp_basicsize.cast_unsigned() > BARE)
        {
            return refuse("a message class has slots only; give its mixins __slots__ = ()");
        }
        if (*pointer).tp_finalize.is_some() || (*pointer).tp_del.is_some() {
            return refuse("a message class has no __del__, and neither have its mixins");
        }
        if ffi::PyType_HasFeature(pointer, ffi::Py_TPFLAGS_HEAPTYPE) == 0
            || (*meta).tp_vectorcall_offset.cast_unsigned()
                != std::mem::offset_of!(ffi::PyTypeObject, tp_vectorcall)
        {
            return refuse("not a class of the message metaclass");
        }
        (*meta).tp_flags |= ffi::Py_TPFLAGS_HAVE_VECTORCALL;
        (*pointer).tp_vectorcall = Some(construct);
        if !class_is_bare(pointer) {
            (*pointer).tp_dealloc = Some(deallocate);
        }
    }
    let layout = Layout {
        names: interned.into(),
        offsets: offsets.into(),
        sealed: OnceCell::new(),
        free: UnsafeCell::new(Vec::new()),
        later,
        // Only the metaclass of messages keeps what is set from changing; records of other classes may be changed.
        shares: cls.get_type().as_type_ptr() != &raw mut ffi::PyType_Type,
        last: Cell::new(std::ptr::null_mut()),
    };
    let registry = registry(py);
    let layouts = registry.layouts.get_or_insert_default();
    layouts.insert(pointer as usize, Box::leak(Box::new(layout)));
    // A class that lies where a dead one lay.
    // SAFETY: as for `layout_of`.
    unsafe { (*RECENT.0.get())[recent_place(pointer as usize)] = (0, None) };
    let old = registry.seal.replace(seal);
    drop(old);
    Ok(())
}

/// Size of an object without slots.
const BARE: usize = std::mem::size_of::<ffi::PyObject>();

/// Records the defaults of a class's fields (`missing`: none).
#[pyfunction]
#[pyo3(signature = (cls, defaults, missing, /))]
pub(crate) fn seal_class(
    cls: &Bound<'_, PyType>,
    defaults: &Bound<'_, PyTuple>,
    missing: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let defaults: Box<[_]> = defaults
        .iter()
        .map(|default| (!default.is(missing)).then(|| default.unbind()))
        .collect();
    let layout = layout_of(cls.py(), cls.as_type_ptr())
        .filter(|layout| layout.offsets.len() == defaults.len())
        .ok_or_else(|| PyTypeError::new_err("one default for each field of an adopted class"))?;
    let last = defaults.iter().rposition(Option::is_none);
    let sealed = Sealed {
        defaults,
        required: last.map_or(0, |last| last + 1),
    };
    // A second thread may have sealed it meanwhile, with the same defaults.
    drop(layout.sealed.set(sealed));
    Ok(())
}

/// Marks the field at an offset as one whose tuple may be built later.
pub(super) fn mark_later(cls: &Bound<'_, PyType>, offset: usize) -> PyResult<()> {
    let layout = layout_of(cls.py(), cls.as_type_ptr());
    let place = layout.and_then(|layout| layout.offsets.iter().position(|own| *own == offset));
    let marked = layout
        .zip(place)
        .map(|(layout, place)| layout.later.set(place));
    match marked {
        Some(Ok(())) => Ok(()),
        _ => Err(PyTypeError::new_err(
            "one field of an adopted class, and no more, is built later",
        )),
    }
}

/// The offset of a slot, from its member descriptor.
pub(crate) fn slot_offset(class: &Bound<'_, PyType>, name: &Bound<'_, PyAny>) -> PyResult<usize> {
    let descriptor = class.getattr(name.cast::<PyString>()?)?;
    let wrong = || PyTypeError::new_err(format!("{name} of {class} is no slot"));
    // SAFETY: the descriptor's type is compared first, so that the cast is right; CPython owns what it points to as long as
    // the descriptor lives.
    unsafe {
        if ffi::Py_TYPE(descriptor.as_ptr()) != &raw mut ffi::PyMemberDescr_Type {
            return Err(wrong());
        }
        let member = (*descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>()).d_member;
        if (*member).type_code != ffi::Py_T_OBJECT_EX {
            return Err(wrong());
        }
        let offset = usize::try_from((*member).offset).map_err(|_| wrong())?;
        let size = usize::try_from((*class.as_type_ptr()).tp_basicsize).map_err(|_| wrong())?;
        if offset + std::mem::size_of::<*mut ffi::PyObject>() > size {
            return Err(wrong());
        }
        Ok(offset)
    }
}

/// The place of a slot.
///
/// # Safety
/// `object` is of the class whose layout `offset` is from.
#[inline(always)]
pub(crate) unsafe fn slot(object: *mut ffi::PyObject, offset: usize) -> *mut *mut ffi::PyObject {
    // SAFETY: the offset lies inside the object (checked when the class was sealed) and is aligned for a pointer.
    unsafe { object.cast::<u8>().add(offset).cast() }
}

/// A new object that the collector does not track, its slots unset; null with an exception set on failure.
///
/// # Safety
/// The lock is held; `layout` is that of `class`. Every slot must be written before anything else sees the object.
#[inline(always)]
pub(crate) unsafe fn allocate(
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
) -> *mut ffi::PyObject {
    // SAFETY: kept memory came from an object of this class, collector's header included. Adopted classes have that header;
    // the allocator sets type and reference count. The list is only touched here and in `release`, under the lock.
    unsafe {
        match (*layout.free.get()).pop() {
            Some(memory) => {
                // As `PyObject_Init`: the type still stands there, and the reference count is the zero that it died with.
                ffi::Py_INCREF(memory);
                ffi::Py_INCREF(class.cast());
                memory
            }
            None => ffi::PyObject_GC_New(class),
        }
    }
}

/// An object of these values, one for each field; tracked by the collector as a constructed one is.
///
/// # Safety
/// `layout` is that of `class`, whose fields are `N`.
#[inline(always)]
pub(crate) unsafe fn make<'py, const N: usize>(
    py: Python<'py>,
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
    values: [Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: every slot of the new object is written before it is seen, with a reference that it takes over.
    unsafe {
        let object = allocate(class, layout);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        let mut cycle = false;
        for (value, offset) in values.into_iter().zip(&layout.offsets) {
            cycle = cycle || may_cycle(value.as_ptr());
            slot(object, *offset).write(value.into_ptr());
        }
        if cycle {
            ffi::PyObject_GC_Track(object.cast());
        }
        Ok(Bound::from_owned_ptr(py, object))
    }
}

/// A copy of a message with other values in some fields, told by their offsets; `None`: it is no message.
#[inline(always)]
pub(crate) fn copy_with<'py, const N: usize>(
    message: &Bound<'py, PyAny>,
    changes: [(usize, &Bound<'py, PyAny>); N],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (py, class) = (message.py(), message.get_type_ptr());
    let Some(layout) = layout_of(py, class) else {
        return Ok(None);
    };
    // SAFETY: the layout is that of the class; every slot of the new object is written before it is seen, with a reference of
    // its own (null where the message's is).
    unsafe {
        let object = allocate(class, layout);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        let mut cycle = false;
        for offset in &layout.offsets {
            let other = changes.iter().find(|change| change.0 == *offset);
            let value = other.map_or(*slot(message.as_ptr(), *offset), |change| change.1.as_ptr());
            ffi::Py_XINCREF(value);
            cycle = cycle || (!value.is_null() && may_cycle(value));
            slot(object, *offset).write(value);
        }
        if cycle {
            ffi::PyObject_GC_Track(object.cast());
        }
        Ok(Some(Bound::from_owned_ptr(py, object)))
    }
}

/// The class is a message class with slots.
#[inline(always)]
pub(super) unsafe fn is_own(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: `class` is a live type.
    let found = unsafe { (*class).tp_dealloc };
    found.is_some_and(|found| std::ptr::fn_addr_eq(found, deallocate as ffi::destructor))
}

/// `tp_dealloc` of every class with slots.
unsafe extern "C" fn deallocate(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls with the lock held, for an object that nobody refers to any more; no reference to
    // `DEATHS` is held while others die.
    unsafe {
        let deaths = DEATHS.0.get();
        if is_tracked(object) {
            ffi::PyObject_GC_UnTrack(object.cast());
        }
        let depth = (*deaths).depth;
        if depth >= NESTED {
            (*deaths).later.push(object);
            return;
        }
        (*deaths).depth = depth + 1;
        release(object);
        if depth == 0 && !(*deaths).later.is_empty() {
            release_later();
        }
        (*deaths).depth = depth;
    }
}

/// Those that died too deep inside others.
#[cold]
unsafe fn release_later() {
    // SAFETY: as `deallocate`, at the outermost of the objects that die.
    unsafe {
        let deaths = DEATHS.0.get();
        while let Some(next) = (*deaths).later.pop() {
            release(next);
        }
    }
}

/// Lets go of what an object holds and of its memory.
///
/// # Safety
/// As `deallocate`; the object is not tracked.
#[inline(always)]
unsafe fn release(object: *mut ffi::PyObject) {
    // SAFETY: the object's class was adopted, so its layout is known; each slot holds a reference or null.
    unsafe {
        let class = ffi::Py_TYPE(object);
        let Some(layout) = layout_of(Python::assume_attached(), class) else {
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
            return;
        };
        if layout.last.get() == object {
            layout.last.set(std::ptr::null_mut());
        }
        for offset in &layout.offsets {
            ffi::Py_XDECREF(*slot(object, *offset));
        }
        let free = &mut *layout.free.get();
        if free.len() < KEPT {
            free.push(object);
        } else {
            ffi::PyObject_GC_Del(object.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}

/// A class without any slot has no collector's header.
#[inline(always)]
pub(super) unsafe fn class_is_bare(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: `class` is a live type.
    unsafe { ffi::PyType_HasFeature(class, ffi::Py_TPFLAGS_HAVE_GC) == 0 }
}

#[cold]
pub(super) unsafe fn bare(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    keywords: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    // SAFETY: the class has no fields, so that there is nothing to fill; a given keyword is refused.
    unsafe {
        if !keywords.is_null() && ffi::PyTuple_GET_SIZE(keywords) > 0 {
            let keyword = ffi::PyTuple_GET_ITEM(keywords, 0);
            return Err(super::construct::unknown(py, class, keyword));
        }
        let object = ffi::PyType_GenericAlloc(class, 0);
        if object.is_null() {
            Err(PyErr::fetch(py))
        } else {
            Ok(object)
        }
    }
}

/// An empty object of a class without fields, for decoding.
pub(crate) fn empty_object(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    layout: &Layout,
) -> *mut ffi::PyObject {
    // SAFETY: the lock is held, the class was adopted.
    let made = unsafe {
        if class_is_bare(class) {
            bare(py, class, std::ptr::null_mut())
        } else {
            Ok(allocate(class, layout))
        }
    };
    made.unwrap_or_else(|error| {
        error.restore(py);
        std::ptr::null_mut()
    })
}

/// All values of a message, in the order of its fields.
#[pyfunction]
#[pyo3(signature = (message, /))]
pub(crate) fn values_of<'py>(message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let py = message.py();
    let layout = layout(py, message.get_type().as_type_ptr())?;
    // SAFETY: the object is of the class whose layout this is.
    unsafe { fill_all(py, message.as_ptr(), layout)? };
    let mut values = Vec::with_capacity(layout.offsets.len());
    for offset in &layout.offsets {
        // SAFETY: the object is of the class whose layout this is; a set slot holds a live reference.
        let value = unsafe {
            let value = *slot(message.as_ptr(), *offset);
            Bound::from_borrowed_ptr_or_opt(py, value)
        };
        values.push(value.ok_or_else(|| PyAttributeError::new_err("a field is not set"))?);
    }
    PyTuple::new(py, values)
}

/// The collector tracks the object (for tests).
#[pyfunction]
#[pyo3(signature = (value, /))]
#[pyo3(name = "is_tracked")]
pub(crate) fn shown_as_tracked<'py>(value: &Bound<'py, PyAny>) -> Bound<'py, PyBool> {
    // SAFETY: a live object.
    let tracked = unsafe { ffi::PyObject_GC_IsTracked(value.as_ptr()) != 0 };
    PyBool::new(value.py(), tracked).to_owned()
}
