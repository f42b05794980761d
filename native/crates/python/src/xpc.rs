//! XPC blocks as objects, and back; for sessions and by themselves.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use regwire_framing::xpc::{Block, Builder, Kind, Unbuildable};
use regwire_framing::{Framer, Side, Step};

use crate::reactor_codec::{Content, Documents, Profile, named_side};
use crate::reactor_items::violation_item;

/// A block whose end is known.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct XpcBlock {
    keep_open: bool,
    authority: Option<Py<PyString>>,
    document: Option<Py<PyAny>>,
    chunks: Py<PyTuple>,
    error: Option<String>,
}

#[pymethods]
impl XpcBlock {
    /// Lengths instead of data: SASL chunks carry passwords.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = vec![format!(
            "keep_open={}",
            if self.keep_open { "True" } else { "False" }
        )];
        if let Some(authority) = &self.authority {
            parts.push(format!("authority={}", authority.bind(py).repr()?));
        }
        if let Some(document) = &self.document {
            parts.push(format!("document={}", shown(document.bind(py))?));
        }
        for chunk in self.chunks.bind(py) {
            let (kind, data): (String, Bound<'_, PyBytes>) = chunk.extract()?;
            parts.push(format!("{kind}=<{} octets>", data.as_bytes().len()));
        }
        if let Some(error) = &self.error {
            parts.push(format!("error={error:?}"));
        }
        Ok(format!("XpcBlock({})", parts.join(", ")))
    }
}

/// A document in a repr: octets are counted, messages show what they want to.
pub(crate) fn shown(document: &Bound<'_, PyAny>) -> PyResult<String> {
    match document.cast::<PyBytes>() {
        Ok(octets) => Ok(format!("<{} octets>", octets.as_bytes().len())),
        Err(_) => Ok(document.repr()?.to_string()),
    }
}

/// An authority as text: octets that are not UTF-8 become lone surrogates, so that no two are confused.
pub(crate) fn authority_text<'py>(
    py: Python<'py>,
    octets: &[u8],
) -> PyResult<Bound<'py, PyString>> {
    if let Ok(text) = std::str::from_utf8(octets) {
        return Ok(PyString::new(py, text));
    }
    let length = octets.len().cast_signed();
    // SAFETY: the octets are valid for the length given, the handler's name ends with a zero, and the result is a new
    // reference, or null with an exception set.
    let text = unsafe {
        let text =
            ffi::PyUnicode_DecodeUTF8(octets.as_ptr().cast(), length, c"surrogateescape".as_ptr());
        Bound::from_owned_ptr_or_err(py, text)?
    };
    Ok(text.cast_into::<PyString>()?)
}

/// The octets of an authority that [`authority_text`] gave, or that a caller names.
pub(crate) fn authority_octets(authority: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    if let Ok(text) = authority.to_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let octets = authority.call_method1("encode", ("utf-8", "surrogateescape"))?;
    Ok(octets.cast::<PyBytes>()?.as_bytes().to_vec())
}

/// The item for one whole block.
pub(crate) fn block_item(
    py: Python<'_>,
    documents: &Documents,
    octets: &[u8],
    side: Side,
) -> PyResult<Py<PyAny>> {
    let Some(block) = Block::parse(octets, side) else {
        return Err(PyValueError::new_err("not a whole block"));
    };
    let authority = block
        .authority
        .map(|octets| authority_text(py, octets).map(Bound::unbind))
        .transpose()?;
    let error = block.fault().map(|fault| fault.to_string());
    let (mut document, mut chunks) = (None, Vec::new());
    let mut room = Vec::new();
    for run in block.runs() {
        let data = run.data(&mut room);
        if run.kind == Kind::Data && error.is_none() {
            document = Some(documents.decode(py, data)?.item);
        } else {
            chunks.push((run.kind.name(), PyBytes::new(py, data)));
        }
    }
    let block = XpcBlock {
        keep_open: block.keeps_open(),
        authority,
        document,
        chunks: PyTuple::new(py, chunks)?.unbind(),
        error,
    };
    Ok(Py::new(py, block)?.into_any())
}

/// What a block to be sent is made of, besides its content.
pub(crate) struct Envelope {
    keep_open: bool,
    /// `None` in a response.
    authority: Option<Vec<u8>>,
}

impl Envelope {
    pub(crate) fn new(
        profile: &Profile,
        keep_open: bool,
        authority: Option<&Bound<'_, PyString>>,
    ) -> PyResult<Self> {
        let authority = match (profile.xpc_side()?, authority) {
            (Side::Server, Some(_)) => {
                return Err(PyValueError::new_err("only requests name an authority"));
            }
            (Side::Server, None) => None,
            (Side::Client, None) => Some(Vec::new()),
            (Side::Client, Some(authority)) => Some(authority_octets(authority)?),
        };
        Ok(Self {
            keep_open,
            authority,
        })
    }

    /// Appends the block; on an error `out` is as before.
    pub(crate) fn write(
        &self,
        profile: &Profile,
        content: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        let start = out.len();
        self.append(&profile.documents, content, out)
            .inspect_err(|_| out.truncate(start))
    }

    fn append(
        &self,
        documents: &Documents,
        content: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        let mut block =
            Builder::begin(out, self.keep_open, self.authority.as_deref()).map_err(unbuildable)?;
        let mut part = |kind, data: &Bound<'_, PyAny>, out: &mut Vec<u8>| -> PyResult<()> {
            block.open(out, kind).map_err(unbuildable)?;
            documents.encode(data, out)?;
            block.close(out);
            Ok(())
        };
        if content.is_instance_of::<PyTuple>() || content.is_instance_of::<PyList>() {
            for chunk in content.try_iter()? {
                let (name, data): (String, Bound<'_, PyAny>) = chunk?.extract()?;
                part(kind_named(&name)?, &data, out)?;
            }
        } else {
            part(Kind::Data, content, out)?;
        }
        block.end(out).map_err(unbuildable)
    }
}

/// Appends a server's block of application data that keeps the session open; on an error `out` is as before.
pub(crate) fn write_reply(
    profile: &Profile,
    content: Content<'_, '_>,
    out: &mut Vec<u8>,
) -> PyResult<()> {
    if profile.xpc_side()? != Side::Server {
        return Err(PyValueError::new_err("only servers reply"));
    }
    let start = out.len();
    let written = (|| {
        let mut block = Builder::begin(out, true, None).map_err(unbuildable)?;
        block.open(out, Kind::Data).map_err(unbuildable)?;
        profile.documents.encode_content(content, out)?;
        block.close(out);
        block.end(out).map_err(unbuildable)
    })();
    written.inspect_err(|_| out.truncate(start))
}

fn kind_named(name: &str) -> PyResult<Kind> {
    Kind::named(name).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
        PyValueError::new_err(format!(
            "chunk type {name:?} is not one of {}",
            known.join(", ")
        ))
    })
}

fn unbuildable(error: Unbuildable) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The first block of `data` and the octets it takes.
#[pyfunction]
#[pyo3(signature = (data, *, role, codec=None, limit=1_048_576))]
pub(crate) fn xpc_parse(
    py: Python<'_>,
    data: &[u8],
    role: &str,
    codec: Option<Py<PyAny>>,
    limit: usize,
) -> PyResult<Option<(Py<PyAny>, usize)>> {
    let side = named_side(role)?;
    let profile = Profile::new(py, "xpc", side, codec, role)?;
    match profile.framing.framer().next(data, limit) {
        Step::More(_) => Ok(None),
        Step::Violation(violation) => Ok(Some((violation_item(py, violation)?, data.len()))),
        Step::Frame { payload, next } => {
            let item = block_item(py, &profile.documents, &data[payload], side)?;
            Ok(Some((item, next)))
        }
    }
}

/// The octets of a block.
#[pyfunction]
#[pyo3(signature = (content, *, keep_open, role, authority=None, codec=None))]
pub(crate) fn xpc_build<'py>(
    py: Python<'py>,
    content: &Bound<'py, PyAny>,
    keep_open: bool,
    role: &str,
    authority: Option<&Bound<'py, PyString>>,
    codec: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let profile = Profile::new(py, "xpc", named_side(role)?, codec, role)?;
    let mut out = Vec::new();
    Envelope::new(&profile, keep_open, authority)?.write(&profile, content, &mut out)?;
    Ok(PyBytes::new(py, &out))
}

/// The data of something that is neither a message for a codec nor octets.
pub(crate) fn no_codec() -> PyErr {
    PyTypeError::new_err("without a codec a document is bytes")
}
