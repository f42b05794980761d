//! `Raw`: content that no declaration claims, as it was received.
use std::hash::{Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple, PyType};
use regwire_xml::{Context, Input, Limits, Names, QName, Sink, Text, Tokenizer, write};

/// An element kept as XML. `Raw(xml)` takes one well-formed element in UTF-8 (a declaration in front of it is dropped).
#[pyclass(frozen, module = "regwire_native")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Raw {
    /// The element, with all namespace declarations it needs: it can stand alone.
    pub(crate) xml: Box<[u8]>,
    pub(crate) namespace: Box<str>,
    tag: Box<str>,
}

impl Raw {
    /// Raw content out of a frame; `inherited` are the declarations around it that it may use.
    pub(crate) fn from_frame(xml: &[u8], inherited: &[u8], namespace: &[u8], tag: &[u8]) -> Raw {
        let mut out = Vec::with_capacity(xml.len() + inherited.len());
        write::standalone(&mut out, xml, inherited);
        Raw {
            xml: closed(out),
            namespace: String::from_utf8_lossy(namespace).into(),
            tag: String::from_utf8_lossy(tag).into(),
        }
    }
}

/// The element in a form that means the same inside any other: names without a prefix stay in no namespace.
fn closed(xml: Vec<u8>) -> Box<[u8]> {
    if declares_default(&xml) || !write::may_use_default(&xml) {
        return xml.into();
    }
    let mut out = Vec::with_capacity(xml.len() + 9);
    write::standalone(&mut out, &xml, b" xmlns=\"\"");
    out.into()
}

/// The start tag has an attribute `xmlns`.
fn declares_default(xml: &[u8]) -> bool {
    let mut quote = None;
    for (at, &octet) in xml.iter().enumerate() {
        match quote {
            Some(open) if octet == open => quote = None,
            None if matches!(octet, b'"' | b'\'') => quote = Some(octet),
            None if octet == b'>' => return false,
            None if octet.is_ascii_whitespace() => {
                let name = xml[at + 1..]
                    .strip_prefix(b"xmlns")
                    .map(<[u8]>::trim_ascii_start);
                if name.is_some_and(|rest| rest.starts_with(b"=")) {
                    return true;
                }
            }
            Some(_) | None => {}
        }
    }
    false
}

#[derive(Default)]
struct Outline {
    depth: usize,
    range: (u32, u32),
    namespace: String,
    tag: String,
}

impl Sink for Outline {
    fn start(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        if self.depth == 0 {
            self.range.0 = at;
            self.namespace = String::from_utf8_lossy(cx.uri(name.ns)).into_owned();
            self.tag = String::from_utf8_lossy(name.local(cx.doc())).into_owned();
        }
        self.depth += 1;
    }
    fn attribute(&mut self, _cx: &Context<'_>, _name: QName, _value: Text) {}
    fn attributes_done(&mut self, _cx: &Context<'_>) {}
    fn text(&mut self, _cx: &Context<'_>, _text: Text) {}
    fn end(&mut self, _cx: &Context<'_>, at: u32) {
        self.depth -= 1;
        self.range.1 = at;
    }
}

#[pymethods]
impl Raw {
    #[new]
    fn new(xml: &[u8]) -> PyResult<Raw> {
        let limits = Limits::default();
        let refuse = |error: regwire_xml::Error| PyValueError::new_err(format!("Raw: {error}"));
        let input = Input::new(xml, &limits).map_err(refuse)?;
        let mut outline = Outline::default();
        Tokenizer::default()
            .run(&Names::default(), &limits, &input, &mut outline)
            .map_err(refuse)?;
        let (start, end) = (outline.range.0 as usize, outline.range.1 as usize);
        Ok(Raw {
            xml: closed(input.text()[start..end].to_vec()),
            namespace: outline.namespace.into(),
            tag: outline.tag.into(),
        })
    }

    /// The element in UTF-8, with every namespace declaration it needs.
    #[getter]
    fn xml<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.xml)
    }

    /// Its namespace; empty for none.
    #[getter]
    fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its local name.
    #[getter]
    fn tag(&self) -> &str {
        &self.tag
    }

    /// The element as an lxml element, parsed anew at each access.
    #[getter]
    fn element<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let etree = py.import("lxml.etree")?;
        let options = [
            ("resolve_entities", false),
            ("no_network", true),
            ("huge_tree", false),
        ];
        let options = pyo3::types::IntoPyDict::into_py_dict(options, py)?;
        let parser = etree.call_method("XMLParser", (), Some(&options))?;
        etree.call_method1("fromstring", (PyBytes::new(py, &self.xml), parser))
    }

    fn __eq__(&self, other: &Raw) -> bool {
        self == other
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!(
            "<Raw {{{}}}{} of {} octets>",
            self.namespace,
            self.tag,
            self.xml.len()
        )
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        Ok((
            slf.get_type(),
            PyTuple::new(py, [PyBytes::new(py, &slf.get().xml)])?,
        ))
    }

    fn __str__<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &String::from_utf8_lossy(&self.xml))
    }
}
