//! `Reactor.reply` and `Reactor.send_message` for compiled callers: the hot loops of `regwire.session` call them as C calls, which
//! saves making and taking apart the arguments of a Python call. They find the functions in the capsules `Reactor.direct_reply`
//! and `Reactor.direct_send`.

use std::ffi::{CStr, c_int, c_longlong, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::codec::{Reply, ReplyTemplate};
use crate::reactor::Reactor;

/// What the capsules are called; the signatures are those of [`reply`] and [`send`].
const REPLY: &CStr = c"regwire_native.Reactor.direct_reply";
const SEND: &CStr = c"regwire_native.Reactor.direct_send";

/// The capsule of [`reply`].
pub(crate) fn replying(py: Python<'_>) -> PyResult<Py<PyCapsule>> {
    capsule(py, reply as *mut _, REPLY)
}

/// The capsule of [`send`].
pub(crate) fn sending(py: Python<'_>) -> PyResult<Py<PyCapsule>> {
    capsule(py, send as *mut _, SEND)
}

fn capsule(py: Python<'_>, function: *mut c_void, name: &'static CStr) -> PyResult<Py<PyCapsule>> {
    // SAFETY: a pointer that is not null and a name that lives for ever; nothing is to be done at the capsule's end.
    unsafe {
        let made = ffi::PyCapsule_New(function, name.as_ptr(), None);
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
    outcome(py, replied)
}

/// `reactor.send_message(session, message, cl_trid)`, null for none; -1 with an exception set, or 0.
///
/// # Safety
/// As of [`reply`].
unsafe extern "C" fn send(
    reactor: *mut ffi::PyObject,
    session: c_longlong,
    message: *mut ffi::PyObject,
    cl_trid: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: as the caller promises.
    let (py, reactor, message, cl_trid) = unsafe {
        let py = Python::assume_attached();
        let reactor = Bound::<PyAny>::from_borrowed_ptr(py, reactor);
        (
            py,
            reactor.cast_into_unchecked::<Reactor>(),
            Bound::from_borrowed_ptr(py, message),
            Bound::from_borrowed_ptr_or_opt(py, cl_trid),
        )
    };
    let sent = catch_unwind(AssertUnwindSafe(|| -> PyResult<()> {
        reactor
            .try_borrow_mut()?
            .send_message(session, &message, cl_trid.as_ref())
    }));
    outcome(py, sent)
}

fn outcome(py: Python<'_>, called: std::thread::Result<PyResult<()>>) -> c_int {
    match called.unwrap_or_else(|_| Err(PyRuntimeError::new_err("the reactor panicked"))) {
        Ok(()) => 0,
        Err(error) => {
            error.restore(py);
            -1
        }
    }
}
