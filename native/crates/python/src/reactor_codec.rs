//! How a session's frames become objects, and objects frames.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use regwire_framing::{AnyFramer, Framer, Framing, PayloadTooLong};

/// In which role frames are decoded; the numbers are `Codec.decode`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Strict = 0,
    Server = 1,
    Client = 2,
}

impl Role {
    pub(crate) fn parse(name: &str) -> PyResult<Self> {
        match name {
            "strict" => Ok(Self::Strict),
            "server" => Ok(Self::Server),
            "client" => Ok(Self::Client),
            _ => Err(PyValueError::new_err(format!(
                "role {name:?} is not one of strict, server, client"
            ))),
        }
    }
}

/// What a decoded frame is, and the namespaces it uses as a bit set.
pub(crate) struct Decoded {
    pub(crate) item: Py<PyAny>,
    pub(crate) namespaces: u64,
}

/// What the sessions of a listener have in common.
pub(crate) struct Profile {
    pub(crate) framing: Framing,
    codec: Option<Py<PyAny>>,
    role: Role,
}

impl Profile {
    pub(crate) fn new(framing: &str, codec: Option<Py<PyAny>>, role: &str) -> PyResult<Self> {
        let framing = framing
            .parse()
            .map_err(|error: regwire_framing::UnknownFraming| {
                PyValueError::new_err(error.to_string())
            })?;
        Ok(Self {
            framing,
            codec,
            role: Role::parse(role)?,
        })
    }

    /// The item for one payload: `bytes` without a codec.
    pub(crate) fn decode(&self, py: Python<'_>, payload: &[u8]) -> PyResult<Decoded> {
        let frame = PyBytes::new(py, payload);
        let item = match &self.codec {
            None => frame.into_any(),
            Some(codec) => codec
                .bind(py)
                .call_method1("decode", (frame, self.role as u8))?,
        };
        Ok(Decoded {
            item: item.unbind(),
            namespaces: 0,
        })
    }

    /// Appends the message as one frame; on an error `out` is as before.
    pub(crate) fn encode(
        &self,
        framer: &mut AnyFramer,
        message: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        let Some(codec) = &self.codec else {
            return Err(PyValueError::new_err(
                "send_message needs a codec; this session has none",
            ));
        };
        let payload = codec
            .bind(message.py())
            .call_method1("encode", (message,))?;
        framer
            .frame(payload.cast::<PyBytes>()?.as_bytes(), out)
            .map_err(too_long)
    }
}

pub(crate) fn too_long(error: PayloadTooLong) -> PyErr {
    PyValueError::new_err(error.to_string())
}
