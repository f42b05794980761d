//! Python bindings: the only crate that knows `PyO3`.
#![allow(
    clippy::inline_always,
    reason = "the hot paths of decoding and encoding are one function each"
)]

use pyo3::prelude::*;

mod beep_items;
mod codec;
mod driver;
mod endpoints;
mod lookups;
mod lwz;
mod names;
mod numbers;
mod reactor;
mod reactor_codec;
mod reactor_direct;
mod reactor_items;
mod reactor_session;
mod tls;
mod wire;
mod xpc;

/// Whether this is the interpreter that the process began with: the classes here are one for the whole process.
#[pyfunction]
fn is_main_interpreter() -> bool {
    // SAFETY: a function of a module is called with an interpreter attached, whose state is alive and has a number.
    unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) == 0 }
}

/// The extension module `regwire_native._native`.
#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("PROFILE", env!("REGWIRE_PROFILE"))?;
    m.add_function(wrap_pyfunction!(is_main_interpreter, m)?)?;
    codec::add(m)?;
    add_iris(m)?;
    add_reactor(m)?;
    add_beep(m)
}

fn add_beep(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<beep_items::BeepFrame>()?;
    m.add_class::<beep_items::BeepSeq>()?;
    m.add_function(wrap_pyfunction!(beep_items::beep_build, m)?)?;
    m.add_function(wrap_pyfunction!(beep_items::beep_parse, m)?)
}

fn add_reactor(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<reactor::Reactor>()?;
    m.add_class::<wire::Wire>()?;
    m.add_class::<tls::ServerTls>()?;
    m.add_class::<tls::ClientTls>()?;
    m.add_class::<tls::Peer>()?;
    m.add_class::<reactor_items::ReactorLimits>()?;
    m.add_class::<reactor_items::SessionLimits>()?;
    m.add_class::<reactor_items::Opened>()?;
    m.add_class::<reactor_items::Closed>()?;
    m.add_class::<reactor_items::FrameTooLarge>()?;
    m.add_class::<reactor_items::BadFrameLength>()?;
    m.add_class::<reactor_items::BadFrame>()?;
    m.add_class::<reactor_items::UnknownVersion>()?;
    m.add_class::<reactor_items::EmptyFrame>()?;
    m.add_class::<reactor_items::TimerExpired>()?;
    m.add_class::<reactor_items::Writable>()?;
    m.add_class::<reactor_items::Unnegotiated>()
}

fn add_iris(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<xpc::XpcBlock>()?;
    m.add_class::<endpoints::DatagramLimits>()?;
    m.add_class::<lwz::LwzDatagram>()?;
    m.add_class::<lwz::LwzReply>()?;
    m.add_class::<lookups::Lookups>()?;
    m.add_class::<names::NameIndex>()?;
    m.add_class::<names::Stamps>()?;
    m.add_function(wrap_pyfunction!(lwz::lwz_parse, m)?)?;
    m.add_function(wrap_pyfunction!(lwz::lwz_request, m)?)?;
    m.add_function(wrap_pyfunction!(lwz::lwz_response, m)?)?;
    m.add_function(wrap_pyfunction!(xpc::xpc_parse, m)?)?;
    m.add_function(wrap_pyfunction!(xpc::xpc_build, m)?)
}
