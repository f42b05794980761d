//! Asking for the memory of a message before it is written.
//!
//! What a registry stores is seldom in the cache: an info reply of a domain is twenty objects, four of them one behind another, and
//! waiting for each in its turn took more than half of the time of writing it. Objects that are equally far from the message are asked
//! for together. Only what holds others is looked at; nothing is decided here.
use pyo3::ffi;
use pyo3::prelude::*;

use super::memory::prefetch;
use super::objects::{is_own, known, slot};

/// Objects of so many fields are worth it.
pub(super) const WORTH_FETCHING: usize = 6;

/// Where a short text ends in its object.
pub(super) const TEXT: usize = 63;

/// Items of a tuple that are asked for.
const MOST_ITEMS: isize = 8;

/// Asks for what an object's slots hold, and for what is inside of those that hold objects (by their place among the offsets).
///
/// # Safety
/// A live object, which has slots at the offsets.
#[inline(always)]
pub(super) unsafe fn fetch(
    py: Python<'_>,
    object: *mut ffi::PyObject,
    offsets: &[usize],
    holders: &[u16],
) {
    // SAFETY: slots hold live objects or null; so does what is inside of them, and all of it lives as long as the object.
    unsafe {
        for offset in offsets {
            ask(*slot(object, *offset));
        }
        let inner = |place: &u16| {
            let offset = offsets.get(usize::from(*place));
            offset.map(|offset| *slot(object, *offset))
        };
        for holder in holders.iter().filter_map(inner) {
            each(py, holder, ask);
        }
        for holder in holders.iter().filter_map(inner) {
            each(py, holder, |value| each(py, value, ask));
        }
    }
}

/// Asks for an object, of which null is none.
#[inline(always)]
fn ask(object: *mut ffi::PyObject) {
    prefetch(object);
    // The characters of a short text may lie in the next line.
    prefetch(object.wrapping_byte_add(TEXT));
}

/// Does something with each item of a tuple, or with the value of each field of a message; with nothing of anything else.
///
/// # Safety
/// A live object, or null.
#[inline(always)]
unsafe fn each(
    py: Python<'_>,
    holder: *mut ffi::PyObject,
    mut with: impl FnMut(*mut ffi::PyObject),
) {
    if holder.is_null() {
        return;
    }
    // SAFETY: a live object; tuples do not change, and a message's slots are those of its class.
    unsafe {
        let class = ffi::Py_TYPE(holder);
        if ffi::PyTuple_CheckExact(holder) != 0 {
            for place in 0..ffi::PyTuple_GET_SIZE(holder).min(MOST_ITEMS) {
                with(ffi::PyTuple_GET_ITEM(holder, place));
            }
        } else if is_own(class)
            && let Some(layout) = known(py, class)
        {
            for offset in &layout.offsets {
                with(*slot(holder, *offset));
            }
        }
    }
}
