//! Python bindings: the only crate that knows `PyO3`.

use pyo3::prelude::*;

/// The extension module `regwire_native._native`.
#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("PROFILE", if cfg!(debug_assertions) { "debug" } else { "release" })?;
    Ok(())
}
