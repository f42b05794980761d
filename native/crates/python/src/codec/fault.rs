//! `Fault`: what a refused frame was, as far as it can be told.
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use regwire_plan::faults::Report;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// One fault of a frame.
#[pyclass(frozen, get_all, eq, hash, module = "regwire_native")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FaultItem {
    /// Class: missing, structure, range, value, `unknown_namespace`; or syntax.
    cls: String,
    /// Path of the element or `@attribute`.
    path: String,
    /// The rule that was broken.
    rule: String,
    /// The offending value; masked where it is secret, None where there is none.
    value: Option<String>,
    /// Offset among the received octets.
    offset: usize,
}

#[pymethods]
impl FaultItem {
    #[new]
    #[pyo3(signature = (cls, path, rule, value=None, offset=0))]
    fn new(cls: String, path: String, rule: String, value: Option<String>, offset: usize) -> Self {
        FaultItem {
            cls,
            path,
            rule,
            value,
            offset,
        }
    }

    fn __repr__(&self) -> String {
        let value = self
            .value
            .as_ref()
            .map(|value| format!(", value={value:?}"))
            .unwrap_or_default();
        format!(
            "FaultItem({}: {} {}{value})",
            self.cls, self.path, self.rule
        )
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let item = slf.get();
        let values = (
            &item.cls,
            &item.path,
            &item.rule,
            item.value.as_ref(),
            item.offset,
        );
        Ok((slf.get_type(), values.into_pyobject(slf.py())?))
    }
}

/// A frame that is no message of the schema.
#[pyclass(frozen, eq, module = "regwire_native")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// "syntax" (not well-formed) or "schema".
    #[pyo3(get)]
    kind: String,
    /// The first fault of each class, in document order.
    faults: Vec<FaultItem>,
    /// Local name of the command element.
    #[pyo3(get)]
    command: Option<String>,
    /// Namespace of the command's object element, declared or not.
    #[pyo3(get)]
    object_ns: Option<String>,
    /// Its local name.
    #[pyo3(get)]
    object_tag: Option<String>,
    /// Namespaces of the extension's children.
    extension_ns: Vec<String>,
    /// The client's transaction identifier, if it is valid.
    #[pyo3(get)]
    cl_trid: Option<String>,
    /// Namespace and local name of the root element.
    #[pyo3(get)]
    root: Option<(String, String)>,
    /// Login's version as sent.
    #[pyo3(get)]
    login_version: Option<String>,
    /// Login's language as sent.
    #[pyo3(get)]
    login_lang: Option<String>,
    /// Of a syntax fault: the line, counted from 1.
    #[pyo3(get)]
    line: Option<u32>,
    /// Length of the frame as received; 0 where a session refused a message itself.
    #[pyo3(get)]
    octets: usize,
    /// SHA-256 of the frame as received, in hexadecimal: what is kept of a frame whose secrets cannot be found.
    #[pyo3(get)]
    sha256: Option<String>,
}

impl Fault {
    /// Adds what identifies the frame without telling what was in it.
    pub(crate) fn of_frame(mut self, frame: &[u8]) -> Fault {
        self.octets = frame.len();
        let mut text = String::with_capacity(64);
        for octet in Sha256::digest(frame) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{octet:02x}");
        }
        self.sha256 = Some(text);
        self
    }

    pub(crate) fn of_syntax(error: &regwire_xml::Error) -> Fault {
        Fault {
            kind: "syntax".into(),
            faults: vec![FaultItem {
                cls: "syntax".into(),
                path: String::new(),
                rule: error.reason.as_str().into(),
                value: None,
                offset: error.offset,
            }],
            line: Some(error.line),
            ..Fault::default()
        }
    }

    pub(crate) fn of_schema(report: Report) -> Fault {
        let (object_ns, object_tag) = report.object.unzip();
        let faults = report.findings.into_iter().map(|finding| FaultItem {
            cls: finding.rule.class().as_str().into(),
            path: finding.path,
            rule: finding.rule.as_str().into(),
            value: finding.value,
            offset: finding.offset,
        });
        Fault {
            kind: "schema".into(),
            faults: faults.collect(),
            command: report.command,
            object_ns,
            object_tag,
            extension_ns: report.extensions,
            cl_trid: report.cl_trid,
            root: report.root,
            login_version: report.login_version,
            login_lang: report.login_lang,
            line: None,
            ..Fault::default()
        }
    }
}

#[pymethods]
impl Fault {
    /// For tests and for sessions that refuse a message themselves.
    #[new]
    #[pyo3(signature = (kind, faults=Vec::new(), *, command=None, object_ns=None, object_tag=None, extension_ns=Vec::new(), cl_trid=None,
                        root=None, login_version=None, login_lang=None, line=None, octets=0, sha256=None))]
    #[allow(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "keyword arguments, one an attribute"
    )]
    fn new(
        kind: String,
        faults: Vec<Py<FaultItem>>,
        command: Option<String>,
        object_ns: Option<String>,
        object_tag: Option<String>,
        extension_ns: Vec<String>,
        cl_trid: Option<String>,
        root: Option<(String, String)>,
        login_version: Option<String>,
        login_lang: Option<String>,
        line: Option<u32>,
        octets: usize,
        sha256: Option<String>,
    ) -> Self {
        let faults = faults.iter().map(|item| item.get().clone()).collect();
        Fault {
            kind,
            faults,
            command,
            object_ns,
            object_tag,
            extension_ns,
            cl_trid,
            root,
            login_version,
            login_lang,
            line,
            octets,
            sha256,
        }
    }

    #[getter]
    fn faults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.faults.iter().cloned())
    }

    #[getter]
    fn extension_ns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.extension_ns)
    }

    fn __repr__(&self) -> String {
        let items: Vec<String> = self.faults.iter().map(FaultItem::__repr__).collect();
        format!(
            "Fault({:?}, [{}], command={:?}, cl_trid={:?})",
            self.kind,
            items.join(", "),
            self.command,
            self.cl_trid
        )
    }
}
