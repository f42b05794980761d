//! How a session's frames become objects, and objects frames.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use regwire_framing::{AnyFramer, Framer, Framing, PayloadTooLong, Side};
use regwire_plan::Role;

use crate::beep_items;
use crate::codec::{Codec, Decoded, Reply, ReplyTemplate, ResultTemplate};
use crate::xpc::{block_item, no_codec};

/// The role of a name.
fn role_of(name: &str) -> PyResult<Role> {
    match name {
        "strict" => Ok(Role::Strict),
        "server" => Ok(Role::Server),
        "client" => Ok(Role::Client),
        _ => Err(PyValueError::new_err(format!(
            "role {name:?} is not one of strict, server, client"
        ))),
    }
}

/// The side of a role that says it.
pub(crate) fn named_side(role: &str) -> PyResult<Side> {
    match role {
        "server" => Ok(Side::Server),
        "client" => Ok(Side::Client),
        _ => Err(PyValueError::new_err(format!(
            "role {role:?} is not one of server, client"
        ))),
    }
}

/// How documents become objects, and objects documents.
pub(crate) struct Documents {
    codec: Option<Translator>,
    role: Role,
}

/// What is to be sent: a document, or with a template what it makes a document of.
#[derive(Clone, Copy)]
pub(crate) struct Content<'a, 'py> {
    pub(crate) content: &'a Bound<'py, PyAny>,
    pub(crate) template: Option<&'a ResultTemplate>,
}

impl<'a, 'py> Content<'a, 'py> {
    /// A whole document.
    pub(crate) fn of(content: &'a Bound<'py, PyAny>) -> Self {
        Self {
            content,
            template: None,
        }
    }
}

/// What the sessions of a listener have in common.
pub(crate) struct Profile {
    pub(crate) framing: Framing,
    pub(crate) documents: Documents,
}

/// The schema's codec, called without Python in between, or any object with its methods.
enum Translator {
    Native(Py<Codec>),
    Other(Py<PyAny>),
}

impl Translator {
    fn new(py: Python<'_>, codec: Py<PyAny>) -> Self {
        match codec.cast_bound::<Codec>(py) {
            Ok(native) => Self::Native(native.clone().unbind()),
            Err(_) => Self::Other(codec),
        }
    }
}

impl Documents {
    pub(crate) fn new(py: Python<'_>, codec: Option<Py<PyAny>>, role: &str) -> PyResult<Self> {
        Ok(Self {
            codec: codec.map(|codec| Translator::new(py, codec)),
            role: role_of(role)?,
        })
    }

    /// What one document is: `bytes` without a codec.
    #[inline]
    pub(crate) fn decode(&self, py: Python<'_>, payload: &[u8]) -> PyResult<Decoded> {
        match &self.codec {
            None => Ok(Decoded {
                item: PyBytes::new(py, payload).into_any().unbind(),
                namespaces: 0,
            }),
            Some(Translator::Native(codec)) => codec.get().decode_frame(py, payload, self.role),
            Some(Translator::Other(codec)) => Ok(Decoded {
                item: codec
                    .bind(py)
                    .call_method1("decode", (PyBytes::new(py, payload), self.role as u8))?
                    .unbind(),
                namespaces: 0,
            }),
        }
    }

    /// Appends a document, or that of an element by a template. On an error `out` may have grown.
    #[inline]
    pub(crate) fn encode_content(&self, given: Content<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
        match (&self.codec, given.template) {
            (Some(Translator::Native(codec)), Some(template)) if template.is_of(codec) => {
                template.encode_into(given.content, out)
            }
            (_, Some(_)) => Err(PyValueError::new_err(
                "a template is needed that was made for the codec of the listener",
            )),
            (_, None) => self.encode(given.content, out),
        }
    }

    /// Appends a document that somebody else frames: octets as they are, messages by the codec. On an error `out` may have
    /// grown.
    pub(crate) fn encode(&self, document: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
        if let Ok(octets) = document.cast::<PyBytes>() {
            out.extend_from_slice(octets.as_bytes());
            return Ok(());
        }
        match &self.codec {
            None => Err(no_codec()),
            Some(Translator::Native(codec)) => codec.get().encode_into(document, None, out),
            Some(Translator::Other(codec)) => {
                let payload = codec
                    .bind(document.py())
                    .call_method1("encode", (document,))?;
                out.extend_from_slice(payload.cast::<PyBytes>()?.as_bytes());
                Ok(())
            }
        }
    }
}

impl Profile {
    pub(crate) fn new(
        py: Python<'_>,
        framing: &str,
        side: Side,
        codec: Option<Py<PyAny>>,
        role: &str,
    ) -> PyResult<Self> {
        let framing = Framing::named(framing, side)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self {
            framing,
            documents: Documents::new(py, codec, role)?,
        })
    }

    /// The side of sessions that speak XPC.
    pub(crate) fn xpc_side(&self) -> PyResult<Side> {
        if let Framing::Xpc(side) = self.framing {
            return Ok(side);
        }
        Err(PyValueError::new_err(format!(
            "send_xpc is for sessions of framing xpc; this one's is {}",
            self.framing.name()
        )))
    }

    /// The item for one frame.
    #[inline]
    pub(crate) fn decode(&self, py: Python<'_>, payload: &[u8]) -> PyResult<Decoded> {
        match self.framing {
            // A message may take several frames: what is inside is for who joins them.
            Framing::Beep => Ok(Decoded {
                item: beep_items::item(py, payload)?,
                namespaces: 0,
            }),
            Framing::Epp => self.documents.decode(py, payload),
            Framing::Xpc(side) => Ok(Decoded {
                item: block_item(py, &self.documents, payload, side)?,
                namespaces: 0,
            }),
        }
    }

    /// Appends a reply as one frame; on an error `out` is as before.
    #[inline]
    pub(crate) fn reply(
        &self,
        framer: &mut AnyFramer,
        template: &ReplyTemplate,
        reply: &Reply<'_, '_>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        match &self.documents.codec {
            Some(Translator::Native(codec))
                if template.is_of(codec) && self.framing != Framing::Beep =>
            {
                let start = out.len();
                let mark = framer.begin(out);
                template
                    .encode_into(reply, out)
                    .inspect_err(|_| out.truncate(start))?;
                framer.finish(out, mark).map_err(too_long)
            }
            _ => Err(PyValueError::new_err(
                "reply needs a template made for the session's own codec",
            )),
        }
    }

    /// Appends the message as one frame; on an error `out` is as before. With `identifier`, as if the message held it.
    pub(crate) fn encode<'py>(
        &self,
        framer: &mut AnyFramer,
        message: &Bound<'py, PyAny>,
        identifier: Option<&Bound<'py, PyAny>>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        if identifier.is_some()
            && (self.framing == Framing::Beep
                || !matches!(self.documents.codec, Some(Translator::Native(_))))
        {
            return Err(PyValueError::new_err(
                "an identifier beside the message needs a schema's own codec",
            ));
        }
        if self.framing == Framing::Beep {
            return beep_items::write(message, out);
        }
        match &self.documents.codec {
            None => Err(PyValueError::new_err(
                "send_message needs a codec; this session has none",
            )),
            Some(Translator::Native(codec)) => {
                let start = out.len();
                let mark = framer.begin(out);
                codec
                    .get()
                    .encode_into(message, identifier, out)
                    .inspect_err(|_| out.truncate(start))?;
                framer.finish(out, mark).map_err(too_long)
            }
            Some(Translator::Other(codec)) => {
                let payload = codec
                    .bind(message.py())
                    .call_method1("encode", (message,))?;
                framer
                    .frame(payload.cast::<PyBytes>()?.as_bytes(), out)
                    .map_err(too_long)
            }
        }
    }
}

pub(crate) fn too_long(error: PayloadTooLong) -> PyErr {
    PyValueError::new_err(error.to_string())
}
