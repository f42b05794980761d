//! BEEP frames as Python objects, and building and parsing them without any socket.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use regwire_framing::beep::{self, Data, Header, Keyword, MAX_NUMBER, Seq};
use regwire_framing::{Framer as _, Step};

use crate::reactor_items::violation_item;

/// A data frame.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct BeepFrame {
    data: Data,
    payload: Py<PyBytes>,
}

fn number(value: u64, max: u32, what: &str) -> PyResult<u32> {
    u32::try_from(value)
        .ok()
        .filter(|value| *value <= max)
        .ok_or_else(|| PyValueError::new_err(format!("{what} {value} is above {max}")))
}

#[pymethods]
impl BeepFrame {
    #[new]
    #[pyo3(signature = (keyword, channel, msgno, more, seqno, ansno=None, payload=None))]
    #[allow(clippy::too_many_arguments, reason = "the header's parts")]
    fn new(
        py: Python<'_>,
        keyword: &str,
        channel: u64,
        msgno: u64,
        more: bool,
        seqno: u64,
        ansno: Option<u64>,
        payload: Option<Py<PyBytes>>,
    ) -> PyResult<Self> {
        let keyword = Keyword::of(keyword).ok_or_else(|| {
            PyValueError::new_err(format!(
                "keyword {keyword:?} is not one of MSG, RPY, ERR, ANS, NUL"
            ))
        })?;
        if ansno.is_some() != (keyword == Keyword::Ans) {
            return Err(PyValueError::new_err(
                "ANS has an answer number, and nothing else has one",
            ));
        }
        let payload = payload.unwrap_or_else(|| PyBytes::new(py, b"").unbind());
        let size = payload.bind(py).as_bytes().len() as u64;
        Ok(Self {
            data: Data {
                keyword,
                channel: number(channel, MAX_NUMBER, "channel")?,
                msgno: number(msgno, MAX_NUMBER, "msgno")?,
                more,
                seqno: number(seqno, u32::MAX, "seqno")?,
                size: number(size, MAX_NUMBER, "payload size")?,
                ansno: ansno
                    .map(|value| number(value, MAX_NUMBER, "ansno"))
                    .transpose()?,
            },
            payload,
        })
    }

    #[getter]
    fn keyword(&self) -> &'static str {
        self.data.keyword.name()
    }

    #[getter]
    fn channel(&self) -> u32 {
        self.data.channel
    }

    #[getter]
    fn msgno(&self) -> u32 {
        self.data.msgno
    }

    #[getter]
    fn more(&self) -> bool {
        self.data.more
    }

    #[getter]
    fn seqno(&self) -> u32 {
        self.data.seqno
    }

    #[getter]
    fn ansno(&self) -> Option<u32> {
        self.data.ansno
    }

    #[getter]
    fn payload(&self, py: Python<'_>) -> Py<PyBytes> {
        self.payload.clone_ref(py)
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.data == other.data
                && self.payload.bind(py).as_bytes() == other.payload.bind(py).as_bytes()
        })
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        let data = &self.data;
        (data.channel, data.msgno, data.more, data.seqno, data.ansno).hash(&mut hasher);
        data.keyword.name().hash(&mut hasher);
        self.payload.bind(py).as_bytes().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let data = &self.data;
        let ansno = data
            .ansno
            .map_or_else(|| "None".to_owned(), |ansno| ansno.to_string());
        Ok(format!(
            "BeepFrame({:?}, channel={}, msgno={}, more={}, seqno={}, ansno={ansno}, payload={})",
            data.keyword.name(),
            data.channel,
            data.msgno,
            if data.more { "True" } else { "False" },
            data.seqno,
            self.payload.bind(py).repr()?,
        ))
    }
}

/// A SEQ frame.
#[pyclass(frozen, eq, hash, module = "regwire_native")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct BeepSeq {
    #[pyo3(get)]
    channel: u32,
    #[pyo3(get)]
    ackno: u32,
    #[pyo3(get)]
    window: u32,
}

#[pymethods]
impl BeepSeq {
    #[new]
    fn new(channel: u64, ackno: u64, window: u64) -> PyResult<Self> {
        Ok(Self {
            channel: number(channel, MAX_NUMBER, "channel")?,
            ackno: number(ackno, u32::MAX, "ackno")?,
            window: number(window, MAX_NUMBER, "window")?,
        })
    }

    fn __repr__(&self) -> String {
        format!(
            "BeepSeq(channel={}, ackno={}, window={})",
            self.channel, self.ackno, self.window
        )
    }
}

/// The item for a whole frame, as the framer delivers it.
pub(crate) fn item(py: Python<'_>, frame: &[u8]) -> PyResult<Py<PyAny>> {
    match beep::parse(frame) {
        Some((Header::Data(data), payload)) => {
            let payload = PyBytes::new(py, &frame[payload]).unbind();
            Ok(Py::new(py, BeepFrame { data, payload })?.into_any())
        }
        Some((Header::Seq(seq), _)) => Ok(Py::new(
            py,
            BeepSeq {
                channel: seq.channel,
                ackno: seq.ackno,
                window: seq.window,
            },
        )?
        .into_any()),
        None => Err(PyValueError::new_err("not a BEEP frame")),
    }
}

/// The octets of a frame.
#[pyfunction]
pub(crate) fn beep_build<'py>(
    py: Python<'py>,
    frame: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::new();
    write(frame, &mut out)?;
    Ok(PyBytes::new(py, &out))
}

/// Appends the octets of a frame; on an error `out` is as before.
pub(crate) fn write(frame: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    if let Ok(seq) = frame.cast::<BeepSeq>() {
        let seq = seq.get();
        beep::write_seq(
            Seq {
                channel: seq.channel,
                ackno: seq.ackno,
                window: seq.window,
            },
            out,
        );
        return Ok(());
    }
    let data = frame.cast::<BeepFrame>()?.get();
    let payload = data.payload.bind(frame.py()).as_bytes();
    beep::write_data(&data.data, payload, out).map_err(crate::reactor_codec::too_long)
}

/// The first frame of `data` and the octets it takes; None when it is not whole.
#[pyfunction]
#[pyo3(signature = (data, *, limit=16 << 20))]
pub(crate) fn beep_parse(
    py: Python<'_>,
    data: &[u8],
    limit: usize,
) -> PyResult<Option<(Py<PyAny>, usize)>> {
    match beep::Framer.next(data, limit) {
        Step::More(_) => Ok(None),
        Step::Frame { payload, next } => Ok(Some((item(py, &data[payload])?, next))),
        Step::Violation(violation) => Ok(Some((violation_item(py, violation)?, 0))),
    }
}
