//! What `Reactor.take()` gives besides messages, and the limits that are given to the reactor.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use regwire_framing::{Violation, xpc};

use crate::tls::Peer;

/// A session can be talked to.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct Opened {
    pub(crate) session: u64,
    pub(crate) listener: Option<u32>,
    pub(crate) peer: Py<Peer>,
}

#[pymethods]
impl Opened {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let listener = self
            .listener
            .map_or_else(|| "None".to_owned(), |number| number.to_string());
        Ok(format!(
            "Opened(session={}, listener={listener}, peer={})",
            self.session,
            self.peer.bind(py).repr()?
        ))
    }
}

/// The last item of a session.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct Closed {
    pub(crate) reason: &'static str,
    pub(crate) detail: String,
    pub(crate) clean: bool,
    pub(crate) opened: bool,
    pub(crate) address: Option<(String, u16)>,
}

impl Closed {
    pub(crate) fn of(closed: regwire_reactor::Closed) -> Self {
        Self {
            reason: closed.reason.name(),
            detail: closed.detail,
            clean: closed.clean,
            opened: closed.opened,
            address: closed
                .address
                .map(|address| (address.ip().to_canonical().to_string(), address.port())),
        }
    }
}

#[pymethods]
impl Closed {
    fn __repr__(&self) -> String {
        format!(
            "Closed(reason={:?}, detail={:?}, clean={})",
            self.reason,
            self.detail,
            if self.clean { "True" } else { "False" }
        )
    }
}

/// A stated length above the limit.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct FrameTooLarge {
    pub(crate) length: u64,
}

#[pymethods]
impl FrameTooLarge {
    fn __repr__(&self) -> String {
        format!("FrameTooLarge(length={})", self.length)
    }
}

/// A stated length shorter than the header.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct BadFrameLength {
    pub(crate) length: u64,
}

#[pymethods]
impl BadFrameLength {
    fn __repr__(&self) -> String {
        format!("BadFrameLength(length={})", self.length)
    }
}

/// A stream that cannot go on, for a reason that is no length.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct BadFrame {
    pub(crate) reason: &'static str,
}

#[pymethods]
impl BadFrame {
    fn __repr__(&self) -> String {
        format!("BadFrame(reason={:?})", self.reason)
    }
}

/// The header of another version of XPC.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct UnknownVersion {
    version: u8,
    keep_open: bool,
}

impl UnknownVersion {
    pub(crate) const fn of(header: u8) -> Self {
        Self {
            version: xpc::version(header),
            keep_open: xpc::keeps_open(header),
        }
    }
}

#[pymethods]
impl UnknownVersion {
    fn __repr__(&self) -> String {
        let keep_open = if self.keep_open { "True" } else { "False" };
        format!(
            "UnknownVersion(version={}, keep_open={keep_open})",
            self.version
        )
    }
}

/// A frame without a payload.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct EmptyFrame;

#[pymethods]
impl EmptyFrame {
    #[allow(clippy::unused_self, reason = "a method of Python's")]
    fn __repr__(&self) -> &'static str {
        "EmptyFrame()"
    }
}

/// A timer of the session expired.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct TimerExpired {
    pub(crate) kind: &'static str,
}

#[pymethods]
impl TimerExpired {
    fn __repr__(&self) -> String {
        format!("TimerExpired(kind={:?})", self.kind)
    }
}

/// Output fell below the low-water mark.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct Writable;

#[pymethods]
impl Writable {
    #[allow(clippy::unused_self, reason = "a method of Python's")]
    fn __repr__(&self) -> &'static str {
        "Writable()"
    }
}

/// The item for a stream that cannot go on.
pub(crate) fn violation_item(py: Python<'_>, violation: Violation) -> PyResult<Py<PyAny>> {
    Ok(match violation {
        Violation::BadLength { stated } => {
            Py::new(py, BadFrameLength { length: stated })?.into_any()
        }
        Violation::TooLarge { stated, .. } => {
            Py::new(py, FrameTooLarge { length: stated })?.into_any()
        }
        Violation::Version { header } => Py::new(py, UnknownVersion::of(header))?.into_any(),
        Violation::Malformed(reason) => Py::new(py, BadFrame { reason })?.into_any(),
    })
}

/// Seconds from Python, milliseconds inside.
pub(crate) fn millis(name: &str, seconds: f64) -> PyResult<u64> {
    if !seconds.is_finite() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!(
            "{name}: {seconds} is not a number of seconds"
        )));
    }
    #[allow(
        clippy::cast_sign_loss,
        reason = "checked above; a fraction of a millisecond rounds up"
    )]
    Ok((seconds * 1000.0).ceil() as u64)
}

fn optional_millis(name: &str, seconds: Option<f64>) -> PyResult<Option<u64>> {
    seconds.map(|seconds| millis(name, seconds)).transpose()
}

/// Limits of one session.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct SessionLimits(pub(crate) std::sync::Arc<regwire_reactor::SessionLimits>);

#[pymethods]
impl SessionLimits {
    #[new]
    #[pyo3(signature = (
        *, frame_octets=16 << 10, output_high=256 << 10, output_low=64 << 10, handshake_seconds=Some(10.0),
        login_seconds=Some(10.0), frame_seconds=Some(30.0), idle_seconds=Some(600.0), session_seconds=Some(86400.0),
        drain_seconds=10.0, linger_seconds=2.0
    ))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn new(
        frame_octets: usize,
        output_high: usize,
        output_low: usize,
        handshake_seconds: Option<f64>,
        login_seconds: Option<f64>,
        frame_seconds: Option<f64>,
        idle_seconds: Option<f64>,
        session_seconds: Option<f64>,
        drain_seconds: f64,
        linger_seconds: f64,
    ) -> PyResult<Self> {
        if output_low > output_high {
            return Err(PyValueError::new_err("output_low is above output_high"));
        }
        Ok(Self(std::sync::Arc::new(regwire_reactor::SessionLimits {
            frame_octets,
            output_high,
            output_low,
            handshake: optional_millis("handshake_seconds", handshake_seconds)?,
            login: optional_millis("login_seconds", login_seconds)?,
            frame: optional_millis("frame_seconds", frame_seconds)?,
            idle: optional_millis("idle_seconds", idle_seconds)?,
            session: optional_millis("session_seconds", session_seconds)?,
            drain: millis("drain_seconds", drain_seconds)?,
            linger: millis("linger_seconds", linger_seconds)?,
        })))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// Limits of a whole reactor.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct ReactorLimits(pub(crate) regwire_reactor::ReactorLimits);

#[pymethods]
impl ReactorLimits {
    #[new]
    #[pyo3(signature = (
        *, sessions=16_384, sessions_per_address=16_384, partial_octets=64 << 20, unsent_octets=64 << 20,
        backlog_octets=16 << 20, events_per_step=256, octets_per_session=64 << 10, octets_per_step=64 << 10,
        handshakes_per_step=8, accepts_per_step=64, accept_back_off_seconds=0.05
    ))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn new(
        sessions: usize,
        sessions_per_address: usize,
        partial_octets: usize,
        unsent_octets: usize,
        backlog_octets: usize,
        events_per_step: usize,
        octets_per_session: usize,
        octets_per_step: usize,
        handshakes_per_step: usize,
        accepts_per_step: usize,
        accept_back_off_seconds: f64,
    ) -> PyResult<Self> {
        Ok(Self(regwire_reactor::ReactorLimits {
            sessions,
            sessions_per_address,
            partial_octets,
            unsent_octets,
            backlog_octets,
            events_per_step,
            octets_per_session,
            octets_per_step,
            handshakes_per_step,
            accepts_per_step,
            accept_back_off: millis("accept_back_off_seconds", accept_back_off_seconds)?,
        }))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// A message that uses namespaces the session did not negotiate.
#[pyclass(frozen, get_all, module = "regwire_native")]
pub(crate) struct Unnegotiated {
    pub(crate) message: Py<PyAny>,
    pub(crate) namespaces: u128,
}

#[pymethods]
impl Unnegotiated {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Unnegotiated({}, namespaces={:#x})",
            self.message.bind(py).repr()?,
            self.namespaces
        ))
    }
}
