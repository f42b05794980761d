//! What the cyclic collector has to look at: only what could be part of a reference cycle is tracked.
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::objects::is_own;

/// The first word of the header in front of an object is zero as long as the collector does not track it.
static HEADER_TELLS: AtomicBool = AtomicBool::new(false);

/// What a header takes.
const HEADER_WORDS: usize = 2;

/// Finds out whether headers are as assumed: a version that is known, and a tuple to try it. To be done once, when the module is
/// made; until then, and elsewhere, the interpreter is asked.
pub(crate) fn learn(py: Python<'_>) {
    let version = py.version_info();
    let known = version.major == 3 && (11..15).contains(&version.minor);
    // Without the interpreter lock ("t") there are no headers.
    let flags = py.import("sys").and_then(|sys| sys.getattr("abiflags"));
    let locks = flags.is_ok_and(|flags| !flags.to_string().contains('t'));
    let (true, Ok(tuple)) = (known && locks, PyTuple::new(py, [py.None()])) else {
        return;
    };
    // SAFETY: a new tuple, which nobody else knows; what is read of it lies in front of it in every one of these versions.
    let told = unsafe {
        let tuple = tuple.as_ptr();
        ffi::PyObject_GC_UnTrack(tuple.cast());
        let before = header(tuple);
        ffi::PyObject_GC_Track(tuple.cast());
        let after = header(tuple);
        before == 0 && after != 0
    };
    HEADER_TELLS.store(told, Ordering::Relaxed);
}

/// The first word of an object's header.
///
/// # Safety
/// The object has one: it was made by the collector's allocator.
#[inline(always)]
unsafe fn header(object: *mut ffi::PyObject) -> usize {
    // SAFETY: as the caller promises; the header is aligned as the object is.
    unsafe { object.cast::<usize>().sub(HEADER_WORDS).read() }
}

/// The collector tracks an object.
///
/// # Safety
/// It is a tuple, or a message of a class with slots: these have a header.
#[inline(always)]
pub(super) unsafe fn is_tracked(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        if HEADER_TELLS.load(Ordering::Relaxed) {
            header(object) != 0
        } else {
            ffi::PyObject_GC_IsTracked(object) != 0
        }
    }
}

/// The collector tracks an object of any class.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn tracks(object: *mut ffi::PyObject) -> bool {
    // SAFETY: a live object; messages have a header.
    unsafe {
        let class = ffi::Py_TYPE(object);
        // Most values are texts: this look saves a call.
        if ffi::PyType_HasFeature(class, ffi::Py_TPFLAGS_HAVE_GC) == 0 {
            false
        } else if is_own(class) {
            is_tracked(object)
        } else {
            ffi::PyObject_GC_IsTracked(object) != 0
        }
    }
}

/// The value could be part of a reference cycle, so that whatever holds it has to be tracked.
///
/// # Safety
/// A live object.
#[inline(always)]
pub(super) unsafe fn may_cycle(value: *mut ffi::PyObject) -> bool {
    // SAFETY: `value` is a live object; items of a tuple are live as long as it is.
    unsafe { tracks(value) && (ffi::PyTuple_CheckExact(value) == 0 || tuple_may_cycle(value)) }
}

/// One of the items could be part of a reference cycle.
///
/// # Safety
/// A live tuple, all items set.
#[inline(always)]
pub(crate) unsafe fn tuple_may_cycle(tuple: *mut ffi::PyObject) -> bool {
    // SAFETY: items of a tuple are live as long as it is.
    unsafe {
        let items = ffi::PyTuple_GET_SIZE(tuple);
        (0..items).any(|place| tracks(ffi::PyTuple_GET_ITEM(tuple, place)))
    }
}
