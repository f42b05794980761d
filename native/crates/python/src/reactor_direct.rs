//! `Reactor.reply` for compiled callers: the hot loop of `regwire.session` calls it as C calls, which saves making and taking
//! apart the arguments of a Python call. It finds the function in the capsule `Reactor.direct_reply`.

use std::ffi::{CStr, c_int, c_longlong};
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::codec::{Reply, ReplyTemplate};
use crate::reactor::Reactor;

/// What the capsule is called; the signature is that of [`reply`].
const NAME: &CStr = c"regwire_native.Reactor.direct_reply";

/// The capsule of [`reply`].
pub(crate) fn capsule(py: Python<'_>) -> PyResult<Py<PyCapsule>> {
    // SAFETY: a pointer that is not null and a name that lives for ever; nothing is to be done at the capsule's end.
    unsafe {
        let made = ffi::PyCapsule_New(reply as *mut _, NAME.as_ptr(), None);
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        Ok(made.cast_into_unchecked::<PyCapsule>().unbind())
    }
}

/// `reactor.reply(session, template, result, cl_trid, sv_trid, data)`; -1 with an exception set, or 0.
///
/// # Safety
/// The interpreter lock is held; every pointer is to a live object that the caller holds, the first to a `Reactor`.
unsafe extern "C" fn reply(
    reactor: *mut ffi::PyObject,
    session: c_longlong,
    template: *mut ffi::PyObject,
    result: *mut ffi::PyObject,
    cl_trid: *mut ffi::PyObject,
    sv_trid: *mut ffi::PyObject,
    data: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: as the caller promises.
    let (py, reactor, given) = unsafe {
        let py = Python::assume_attached();
        let held = |object| Bound::<PyAny>::from_borrowed_ptr(py, object);
        let reactor = held(reactor).cast_into_unchecked::<Reactor>();
        (
            py,
            reactor,
            [template, result, cl_trid, sv_trid, data].map(held),
        )
    };
    let replied = catch_unwind(AssertUnwindSafe(|| -> PyResult<()> {
        let [template, result, cl_trid, sv_trid, data] = &given;
        let template = template.cast::<ReplyTemplate>()?;
        let reply = Reply::new(result, cl_trid, sv_trid, data);
        reactor
            .try_borrow_mut()?
            .write_reply(session, template.get(), &reply)
    }));
    match replied.unwrap_or_else(|_| Err(PyRuntimeError::new_err("the reactor panicked"))) {
        Ok(()) => 0,
        Err(error) => {
            error.restore(py);
            -1
        }
    }
}
