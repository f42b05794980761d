//! `Decoder`: the `decode` of a protocol package as one native call, for the time of a short frame is short.
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

use super::fault::Fault;
use super::{Codec, role_or_strict};

/// Decodes with the codec of a package, or with that of a Schema that is given.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct Decoder {
    codec: PyOnceLock<Py<Codec>>,
    first: Py<PyAny>,
    refuse: Py<PyAny>,
    home: Py<PyAny>,
}

#[pymethods]
impl Decoder {
    /// `first` gives the package's codec when it is needed for the first time; `refuse` raises what a `Fault` is; `home` is
    /// a function of a module that gives this object, for pickling `decode`.
    #[new]
    #[pyo3(signature = (first, refuse, home, /))]
    fn new(first: Py<PyAny>, refuse: Py<PyAny>, home: Py<PyAny>) -> Decoder {
        Decoder {
            codec: PyOnceLock::new(),
            first,
            refuse,
            home,
        }
    }

    /// Return the message in a frame (the payload without its length); without a ``schema`` by that of the package.
    ///
    /// ``strict`` takes what the XML schemas take; ``server`` and ``client`` take in addition what peers get wrong
    /// (`regwire.schema.roles`). Raises `regwire.errors.XmlError` when the frame is not well-formed and `regwire.errors.SchemaFault` when it is not a
    /// message of the Schema.
    #[pyo3(signature = (frame, *, role=None, schema=None), text_signature = "($self, frame, *, role='strict', schema=None)")]
    fn decode(
        &self,
        py: Python<'_>,
        frame: &Bound<'_, PyAny>,
        role: Option<&Bound<'_, PyAny>>,
        schema: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let role = role_or_strict(role)?;
        let given;
        let codec = if let Some(schema) = schema {
            given = schema
                .getattr(pyo3::intern!(py, "codec"))?
                .cast_into::<Codec>()?;
            given.get()
        } else {
            self.codec.get_or_try_init(py, || self.ask(py))?.get()
        };
        let found = codec.decode_object(frame, role)?;
        if found.bind(py).is_exact_instance_of::<Fault>() {
            return self.refuse.call1(py, (found,));
        }
        Ok(found)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Py<PyAny>, Bound<'py, PyTuple>) {
        (self.home.clone_ref(py), PyTuple::empty(py))
    }
}

impl Decoder {
    #[cold]
    fn ask(&self, py: Python<'_>) -> PyResult<Py<Codec>> {
        Ok(self.first.bind(py).call0()?.cast_into::<Codec>()?.unbind())
    }
}
