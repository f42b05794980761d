//! LWZ datagrams as objects, and back; for endpoints of the reactor and by themselves.

use std::net::SocketAddr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use regwire_framing::Side;
use regwire_framing::lwz::{
    Deflater, Fault, Fitted, Header, InflateError, Inflater, Kind, Question, Request, Response,
    Terms,
};

use crate::reactor_codec::{Content, Documents, named_side};
use crate::xpc::{authority_octets, authority_text, shown};

/// Why a datagram is not understood.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Descriptor(Fault),
    Payload(InflateError),
    /// The request has more octets than this; the rest is cut off.
    Size(usize),
}

impl Trouble {
    const fn name(self) -> &'static str {
        match self {
            Self::Descriptor(Fault::Version(_)) => "version",
            Self::Descriptor(_) => "descriptor-error",
            Self::Payload(_) => "payload-error",
            Self::Size(_) => "request-size",
        }
    }

    fn detail(self) -> String {
        match self {
            Self::Descriptor(fault) => fault.to_string(),
            Self::Payload(error) => error.to_string(),
            Self::Size(limit) => format!("the request has more than {limit} octets"),
        }
    }
}

/// How a datagram came; where its answer goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// `None`: it was handed in, not received.
    pub(crate) peer: Option<SocketAddr>,
    /// The address that was asked, when the socket has several.
    pub(crate) local: Option<regwire_sys::Local>,
    pub(crate) endpoint: u32,
    /// Its length, without the UDP header.
    pub(crate) octets: usize,
    /// It was longer.
    pub(crate) truncated: bool,
}

impl Origin {
    fn peer_name(&self) -> Option<(String, u16)> {
        let peer = self.peer?;
        Some((peer.ip().to_canonical().to_string(), peer.port()))
    }
}

/// What decodes the datagrams of an endpoint.
#[derive(Default)]
pub(crate) struct Reader {
    inflater: Inflater,
    /// The last authority and its text: nearly always the next one too.
    authority: Option<(Vec<u8>, Py<PyString>)>,
}

impl Reader {
    fn authority(&mut self, py: Python<'_>, octets: &[u8]) -> PyResult<Py<PyString>> {
        if let Some((last, text)) = &self.authority
            && last == octets
        {
            return Ok(text.clone_ref(py));
        }
        let text = authority_text(py, octets)?.unbind();
        self.authority = Some((octets.to_vec(), text.clone_ref(py)));
        Ok(text)
    }

    /// The item for one datagram; `None` for what must not be answered, or is no answer.
    pub(crate) fn item(
        &mut self,
        py: Python<'_>,
        documents: &Documents,
        side: Side,
        datagram: &[u8],
        limits: ReadLimits,
        origin: Origin,
    ) -> PyResult<Option<Py<PyAny>>> {
        match side {
            Side::Server => self.request(py, documents, datagram, limits, origin),
            Side::Client => self.response(py, documents, datagram, limits, origin),
        }
    }

    fn request(
        &mut self,
        py: Python<'_>,
        documents: &Documents,
        datagram: &[u8],
        limits: ReadLimits,
        origin: Origin,
    ) -> PyResult<Option<Py<PyAny>>> {
        let Some(request) = Request::parse(datagram) else {
            return Ok(None);
        };
        let mut trouble = request.fault.map(Trouble::Descriptor);
        if trouble.is_none() && origin.truncated {
            trouble = Some(Trouble::Size(limits.octets));
        }
        let mut document = None;
        if trouble.is_none() && request.header.kind() == Kind::Xml {
            (document, trouble) =
                self.document(py, documents, request.header, request.payload, limits)?;
        }
        let authority = self.authority(py, request.authority)?;
        let item = LwzDatagram {
            transaction: request.transaction,
            maximum: request.maximum,
            authority,
            header: request.header,
            document,
            trouble,
            origin,
        };
        Ok(Some(Py::new(py, item)?.into_any()))
    }

    fn response(
        &mut self,
        py: Python<'_>,
        documents: &Documents,
        datagram: &[u8],
        limits: ReadLimits,
        origin: Origin,
    ) -> PyResult<Option<Py<PyAny>>> {
        let Some(response) = Response::parse(datagram) else {
            return Ok(None);
        };
        let (mut document, mut trouble) = (None, response.fault.map(Trouble::Descriptor));
        if trouble.is_none() {
            (document, trouble) =
                self.document(py, documents, response.header, response.payload, limits)?;
        }
        let item = LwzReply {
            transaction: response.transaction,
            header: response.header,
            document,
            trouble,
            origin,
        };
        Ok(Some(Py::new(py, item)?.into_any()))
    }

    /// A payload that may be compressed, decoded.
    fn document(
        &mut self,
        py: Python<'_>,
        documents: &Documents,
        header: Header,
        payload: &[u8],
        limits: ReadLimits,
    ) -> PyResult<(Option<Py<PyAny>>, Option<Trouble>)> {
        let octets = if header.is_deflated() {
            match self.inflater.inflate(payload, limits.inflate) {
                Ok(octets) => octets,
                Err(error) => return Ok((None, Some(Trouble::Payload(error)))),
            }
        } else {
            payload
        };
        Ok((Some(documents.decode(py, octets)?.item), None))
    }
}

/// Bounds of what is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadLimits {
    /// Of a datagram.
    pub(crate) octets: usize,
    /// Of what a payload inflates to.
    pub(crate) inflate: usize,
}

/// A request, as a server receives it.
#[pyclass(frozen, freelist = 256, module = "regwire_native")]
pub(crate) struct LwzDatagram {
    #[pyo3(get)]
    transaction: u16,
    #[pyo3(get)]
    maximum: u16,
    #[pyo3(get)]
    pub(crate) authority: Py<PyString>,
    header: Header,
    #[pyo3(get)]
    pub(crate) document: Option<Py<PyAny>>,
    trouble: Option<Trouble>,
    pub(crate) origin: Origin,
}

impl LwzDatagram {
    /// What its answer must keep to; at most `limit` octets.
    pub(crate) fn terms(&self, limit: usize) -> Terms {
        Terms {
            transaction: self.transaction,
            maximum: self.maximum,
            deflates: self.header.deflates(),
            limit,
        }
    }
}

#[pymethods]
impl LwzDatagram {
    #[getter]
    fn kind(&self) -> &'static str {
        self.header.kind().name()
    }

    #[getter]
    fn deflated(&self) -> bool {
        self.header.is_deflated()
    }

    #[getter]
    fn deflate_supported(&self) -> bool {
        self.header.deflates()
    }

    #[getter]
    fn error(&self) -> Option<&'static str> {
        self.trouble.map(Trouble::name)
    }

    #[getter]
    fn detail(&self) -> String {
        self.trouble.map(Trouble::detail).unwrap_or_default()
    }

    #[getter]
    fn peer(&self) -> Option<(String, u16)> {
        self.origin.peer_name()
    }

    #[getter]
    fn endpoint(&self) -> u32 {
        self.origin.endpoint
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let parts = format!(
            "LwzDatagram(transaction={:#06x}, maximum={}, authority={}",
            self.transaction,
            self.maximum,
            self.authority.bind(py).repr()?
        );
        described(py, parts, self.header, self.document.as_ref(), self.trouble)
    }
}

/// A response, as a client receives it.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct LwzReply {
    #[pyo3(get)]
    transaction: u16,
    header: Header,
    #[pyo3(get)]
    document: Option<Py<PyAny>>,
    trouble: Option<Trouble>,
    origin: Origin,
}

#[pymethods]
impl LwzReply {
    #[getter]
    fn kind(&self) -> &'static str {
        self.header.kind().name()
    }

    #[getter]
    fn deflated(&self) -> bool {
        self.header.is_deflated()
    }

    #[getter]
    fn deflate_supported(&self) -> bool {
        self.header.deflates()
    }

    #[getter]
    fn error(&self) -> Option<&'static str> {
        self.trouble.map(Trouble::name)
    }

    #[getter]
    fn detail(&self) -> String {
        self.trouble.map(Trouble::detail).unwrap_or_default()
    }

    #[getter]
    fn peer(&self) -> Option<(String, u16)> {
        self.origin.peer_name()
    }

    #[getter]
    fn endpoint(&self) -> u32 {
        self.origin.endpoint
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let parts = format!("LwzReply(transaction={:#06x}", self.transaction);
        described(py, parts, self.header, self.document.as_ref(), self.trouble)
    }
}

fn described(
    py: Python<'_>,
    mut parts: String,
    header: Header,
    document: Option<&Py<PyAny>>,
    trouble: Option<Trouble>,
) -> PyResult<String> {
    use std::fmt::Write as _;

    // Writing to a String does not fail.
    let _ = write!(parts, ", kind={:?}", header.kind().name());
    if let Some(document) = document {
        let _ = write!(parts, ", document={}", shown(document.bind(py))?);
    }
    if let Some(trouble) = trouble {
        let _ = write!(parts, ", error={:?}", trouble.name());
        let _ = write!(parts, ", detail={:?}", trouble.detail());
    }
    parts.push(')');
    Ok(parts)
}

/// The kind of a payload by its name.
pub(crate) fn kind_named(name: &str) -> PyResult<Kind> {
    Kind::named(name).ok_or_else(|| {
        PyValueError::new_err(format!(
            "payload type {name:?} is not one of xml, vi, si, oi"
        ))
    })
}

/// Appends the answer to a datagram, encoded and made to fit; on an error `out` is as before.
pub(crate) fn write_reply(
    documents: &Documents,
    terms: Terms,
    kind: Kind,
    content: Content<'_, '_>,
    deflater: &mut Deflater,
    out: &mut Vec<u8>,
) -> PyResult<Fitted> {
    let start = Terms::begin(out);
    documents
        .encode_content(content, out)
        .inspect_err(|_| out.truncate(start))?;
    Ok(terms.finish(out, start, kind, deflater))
}

#[pyfunction]
#[pyo3(signature = (datagram, *, role, codec=None, inflate_limit=65_536))]
pub(crate) fn lwz_parse(
    py: Python<'_>,
    datagram: &[u8],
    role: &str,
    codec: Option<Py<PyAny>>,
    inflate_limit: usize,
) -> PyResult<Option<Py<PyAny>>> {
    let documents = Documents::new(py, codec, role)?;
    let limits = ReadLimits {
        octets: usize::MAX,
        inflate: inflate_limit,
    };
    let origin = Origin {
        peer: None,
        local: None,
        endpoint: 0,
        octets: datagram.len(),
        truncated: false,
    };
    let side = named_side(role)?;
    Reader::default().item(py, &documents, side, datagram, limits, origin)
}

#[pyfunction]
#[pyo3(signature = (
    content, *, transaction, maximum=1472, authority=None, kind="xml", deflated=false, deflate_supported=true,
    codec=None
))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn lwz_request<'py>(
    py: Python<'py>,
    content: &Bound<'py, PyAny>,
    transaction: u16,
    maximum: u16,
    authority: Option<&Bound<'py, PyString>>,
    kind: &str,
    deflated: bool,
    deflate_supported: bool,
    codec: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let authority = authority.map(authority_octets).transpose()?;
    let question = Question {
        transaction,
        maximum,
        authority: authority.as_deref().unwrap_or_default(),
        kind: kind_named(kind)?,
        deflated,
        deflates: deflate_supported,
    };
    let (mut payload, mut out) = (Vec::new(), Vec::new());
    Documents::new(py, codec, "client")?.encode(content, &mut payload)?;
    question
        .write(&payload, &mut Deflater::default(), &mut out)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyBytes::new(py, &out))
}

#[pyfunction]
#[pyo3(signature = (datagram, content, *, kind="xml", codec=None, limit=4000))]
pub(crate) fn lwz_response<'py>(
    py: Python<'py>,
    datagram: &Bound<'py, LwzDatagram>,
    content: &Bound<'py, PyAny>,
    kind: &str,
    codec: Option<Py<PyAny>>,
    limit: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let documents = Documents::new(py, codec, "server")?;
    let terms = datagram.get().terms(limit);
    let mut out = Vec::new();
    let mut deflater = Deflater::default();
    write_reply(
        &documents,
        terms,
        kind_named(kind)?,
        Content::of(content),
        &mut deflater,
        &mut out,
    )?;
    Ok(PyBytes::new(py, &out))
}
