//! `ServerTls`, `ClientTls` and `Peer`.

use std::fmt::Write as _;
use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use regwire_tls::Transport;

/// PEM: its octets, or the path of a file that holds it.
pub(crate) enum Pem {
    Octets(Vec<u8>),
    File(PathBuf),
}

impl<'py> FromPyObject<'_, 'py> for Pem {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(octets) = value.cast::<PyBytes>() {
            return Ok(Self::Octets(octets.as_bytes().to_vec()));
        }
        value.extract().map(Self::File)
    }
}

impl Pem {
    fn load(self) -> PyResult<Vec<u8>> {
        match self {
            Self::Octets(octets) => Ok(octets),
            Self::File(path) => std::fs::read(&path).map_err(|error| {
                // An OSError with the file name, as open() would raise.
                let name = path.display().to_string();
                let code = error.raw_os_error().unwrap_or(0);
                PyErr::new::<pyo3::exceptions::PyOSError, _>((code, error.to_string(), name))
            }),
        }
    }
}

/// A configuration that cannot work is a mistake of the caller.
pub(crate) fn config_error(error: &regwire_tls::ConfigError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A server's side of TLS 1.2 and 1.3 (ECDHE with AES-GCM only); immutable, to be shared by any number of sessions.
///
/// `certificate` is the chain, own certificate first, and `key` its unencrypted private key; both are PEM, as bytes or as
/// the path of a file. With `client_ca` clients are asked for a certificate, which is verified against these roots;
/// `require_certificate` ends the handshake of a client without one. `key_log` names a file to which the secrets of every
/// session are appended (created with mode 0600). There are no tickets: no resumption and no early data.
///
/// Raises `OSError` for a file that cannot be read, `ValueError` for a part that cannot be used, with its name and reason.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct ServerTls(pub(crate) regwire_tls::ServerTls);

#[pymethods]
impl ServerTls {
    #[new]
    #[pyo3(signature = (*, certificate, key, client_ca=None, require_certificate=false, key_log=None))]
    fn new(
        certificate: Pem,
        key: Pem,
        client_ca: Option<Pem>,
        require_certificate: bool,
        key_log: Option<PathBuf>,
    ) -> PyResult<Self> {
        let mut builder = regwire_tls::ServerTls::builder(certificate.load()?, key.load()?)
            .require_certificate(require_certificate);
        if let Some(ca) = client_ca {
            builder = builder.client_ca(ca.load()?);
        }
        if let Some(path) = key_log {
            builder = builder.key_log(&path);
        }
        builder
            .build()
            .map(Self)
            .map_err(|error| config_error(&error))
    }
}

/// A client's side of TLS; immutable, to be shared.
///
/// The server's certificate is verified against `ca` (None: what the operating system trusts) and must be for the name or
/// address of the session in its subject alternative names. `certificate` and `key` are presented when the server asks;
/// all are PEM, as bytes or as the path of a file. `key_log` is as of `ServerTls`.
/// Raises `OSError` and `ValueError` as `ServerTls` does.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct ClientTls(pub(crate) regwire_tls::ClientTls);

#[pymethods]
impl ClientTls {
    #[new]
    #[pyo3(signature = (*, ca=None, certificate=None, key=None, key_log=None))]
    fn new(
        ca: Option<Pem>,
        certificate: Option<Pem>,
        key: Option<Pem>,
        key_log: Option<PathBuf>,
    ) -> PyResult<Self> {
        let mut builder = regwire_tls::ClientTls::builder();
        if let Some(ca) = ca {
            builder = builder.ca(ca.load()?);
        }
        match (certificate, key) {
            (Some(certificate), Some(key)) => {
                builder = builder.identity(certificate.load()?, key.load()?);
            }
            (None, None) => {}
            _ => {
                return Err(PyValueError::new_err(
                    "a certificate needs its key, and a key its certificate",
                ));
            }
        }
        if let Some(path) = key_log {
            builder = builder.key_log(&path);
        }
        builder
            .build()
            .map(Self)
            .map_err(|error| config_error(&error))
    }

    /// The client's own certificate, as DER; None: it presents none.
    #[getter]
    fn certificate<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.certificate().map(|der| PyBytes::new(py, der))
    }
}

/// Who is at the other end of a session.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct Peer(pub(crate) regwire_reactor::Peer);

#[pymethods]
impl Peer {
    #[getter]
    fn address(&self) -> Option<(String, u16)> {
        self.0
            .address
            .map(|address| (address.ip().to_canonical().to_string(), address.port()))
    }

    #[getter]
    fn tls_version(&self) -> Option<&'static str> {
        self.0.tls.as_ref().map(|tls| tls.version)
    }

    #[getter]
    fn cipher(&self) -> Option<&str> {
        self.0.tls.as_ref().map(|tls| tls.cipher.as_str())
    }

    #[getter]
    fn server_name(&self) -> Option<&str> {
        self.0.tls.as_ref()?.server_name.as_deref()
    }

    #[getter]
    fn certificates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let chain = self.0.tls.as_ref().map_or(&[][..], |tls| &tls.certificates);
        PyTuple::new(py, chain.iter().map(|der| PyBytes::new(py, der)))
    }

    #[getter]
    fn fingerprint(&self) -> Option<String> {
        let digest = self.0.tls.as_ref()?.fingerprint?;
        let mut text = String::with_capacity(2 * digest.len());
        for octet in digest {
            // Writing to a String cannot fail.
            let _ = write!(text, "{octet:02x}");
        }
        Some(text)
    }

    fn __repr__(&self) -> String {
        let address = self
            .0
            .address
            .map_or_else(|| "local".to_owned(), |address| address.to_string());
        match &self.0.tls {
            None => format!("<Peer {address} plain>"),
            Some(tls) => format!("<Peer {address} {} {}>", tls.version, tls.cipher),
        }
    }
}

pub(crate) fn client_transport(
    tls: Option<&ClientTls>,
    server_name: Option<&str>,
) -> PyResult<Transport> {
    match (tls, server_name) {
        (None, _) => Ok(Transport::plain()),
        (Some(tls), Some(name)) => {
            Transport::client(&tls.0, name).map_err(|error| config_error(&error))
        }
        (Some(_), None) => Err(PyValueError::new_err(
            "TLS needs the server_name that the certificate must be for",
        )),
    }
}

pub(crate) fn any_transport(
    tls: &Bound<'_, PyAny>,
    server_name: Option<&str>,
) -> PyResult<Transport> {
    if let Ok(server) = tls.cast::<ServerTls>() {
        return Transport::server(&server.get().0).map_err(|error| config_error(&error));
    }
    let client = tls.cast::<ClientTls>()?;
    client_transport(Some(client.get()), server_name)
}
