//! `Wire`: one connection, sans-IO.

use std::mem;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use regwire_framing::{AnyFramer, Framer, Side, Step};
use regwire_reactor::Reason;
use regwire_tls::Transport;

use crate::reactor_codec::{Profile, too_long};
use crate::reactor_items::{Closed, EmptyFrame, violation_item};
use crate::tls::{Peer, ServerTls, any_transport};
use crate::xpc::Envelope;

#[pyclass(module = "regwire_native")]
pub(crate) struct Wire {
    transport: Transport,
    framer: AnyFramer,
    profile: Profile,
    frame_limit: usize,
    /// What must be written.
    output: Vec<u8>,
    /// Nothing more can be received.
    ended: bool,
    /// We said goodbye.
    closing: bool,
    /// The stream of frames cannot go on.
    halted: bool,
}

#[pymethods]
impl Wire {
    #[new]
    #[pyo3(signature = (*, framing, tls, server_name=None, frame_limit, codec=None, role="client"))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn new(
        py: Python<'_>,
        framing: &str,
        tls: Option<&Bound<'_, PyAny>>,
        server_name: Option<&str>,
        frame_limit: usize,
        codec: Option<Py<PyAny>>,
        role: &str,
    ) -> PyResult<Self> {
        let serves = role == "server" || tls.is_some_and(PyAnyMethods::is_instance_of::<ServerTls>);
        let side = if serves { Side::Server } else { Side::Client };
        let profile = Profile::new(py, framing, side, codec, role)?;
        let mut transport = match tls {
            None => Transport::plain(),
            Some(tls) => any_transport(tls, server_name)?,
        };
        let mut output = Vec::new();
        transport
            .start(&mut output)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let framer = profile.framing.framer();
        Ok(Self {
            transport,
            framer,
            profile,
            frame_limit,
            output,
            ended: false,
            closing: false,
            halted: false,
        })
    }

    fn receive<'py>(&mut self, py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyList>> {
        let items = PyList::empty(py);
        if self.ended {
            return Ok(items);
        }
        if data.is_empty() {
            self.end_of_file(py, &items, false)?;
            return Ok(items);
        }
        let mut data = data.to_vec();
        let progress = self.transport.receive(&mut data, &mut self.output);
        self.cut_frames(py, &items)?;
        match progress {
            Err(error) => self.end(py, &items, Reason::Tls, error.reason, false)?,
            Ok(progress) if progress.peer_closed => self.end_of_file(py, &items, true)?,
            Ok(_) => {}
        }
        Ok(items)
    }

    fn send(&mut self, payload: &[u8]) -> PyResult<()> {
        let mut frame = Vec::with_capacity(payload.len() + 4);
        self.framer.frame(payload, &mut frame).map_err(too_long)?;
        self.write(&frame)
    }

    fn send_message(&mut self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut frame = Vec::new();
        self.profile
            .encode(&mut self.framer, message, None, &mut frame)?;
        self.write(&frame)
    }

    #[pyo3(signature = (content, *, keep_open, authority=None))]
    fn send_xpc(
        &mut self,
        content: &Bound<'_, PyAny>,
        keep_open: bool,
        authority: Option<&Bound<'_, PyString>>,
    ) -> PyResult<()> {
        let mut block = Vec::new();
        let envelope = Envelope::new(&self.profile, keep_open, authority)?;
        envelope.write(&self.profile, content, &mut block)?;
        self.write(&block)
    }

    fn outgoing<'py>(&mut self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &mem::take(&mut self.output))
    }

    fn close(&mut self) {
        if !mem::replace(&mut self.closing, true) {
            self.transport.close_notify(&mut self.output);
        }
    }

    fn set_limit(&mut self, frame_octets: usize) {
        self.frame_limit = frame_octets;
    }

    #[pyo3(signature = (tls, server_name=None))]
    fn upgrade(&mut self, tls: &Bound<'_, PyAny>, server_name: Option<&str>) -> PyResult<()> {
        let to = any_transport(tls, server_name)?;
        self.halted = false;
        self.transport
            .upgrade(to, Vec::new(), &mut self.output)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(())
    }

    #[getter]
    fn handshaking(&self) -> bool {
        self.transport.is_handshaking()
    }

    #[getter]
    fn closed(&self) -> bool {
        self.ended
    }

    #[getter]
    fn peer(&self) -> Option<Peer> {
        let tls = Some(self.transport.peer()?);
        Some(Peer(regwire_reactor::Peer { address: None, tls }))
    }
}

impl Wire {
    fn write(&mut self, frame: &[u8]) -> PyResult<()> {
        if self.closing {
            return Err(PyValueError::new_err("the wire was closed on this side"));
        }
        self.transport
            .send(frame, &mut self.output)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn cut_frames(&mut self, py: Python<'_>, items: &Bound<'_, PyList>) -> PyResult<()> {
        let mut end = 0;
        while !self.halted {
            let plain = &self.transport.plaintext()[end..];
            match self.framer.next(plain, self.frame_limit) {
                Step::More(_) => break,
                Step::Violation(violation) => {
                    self.halted = true;
                    items.append(violation_item(py, violation)?)?;
                }
                Step::Frame { payload, .. } if payload.is_empty() => {
                    end += payload.end;
                    items.append(Py::new(py, EmptyFrame)?)?;
                }
                Step::Frame { payload, next } => {
                    items.append(self.profile.decode(py, &plain[payload])?.item)?;
                    end += next;
                }
            }
        }
        if end > 0 {
            self.transport.take(end);
        }
        Ok(())
    }

    fn end_of_file(
        &mut self,
        py: Python<'_>,
        items: &Bound<'_, PyList>,
        announced: bool,
    ) -> PyResult<()> {
        if self.transport.is_handshaking() {
            return self.end(
                py,
                items,
                Reason::Tls,
                "the peer closed during the handshake".to_owned(),
                false,
            );
        }
        let announced = announced || !self.transport.is_tls();
        let whole = self.transport.plaintext().is_empty() && self.transport.at_boundary();
        let detail = match (announced, whole) {
            (true, true) => "",
            (false, true) => "no close_notify",
            (_, false) => "in the middle of a frame",
        };
        self.end(
            py,
            items,
            Reason::Eof,
            detail.to_owned(),
            announced && whole,
        )
    }

    fn end(
        &mut self,
        py: Python<'_>,
        items: &Bound<'_, PyList>,
        reason: Reason,
        detail: String,
        clean: bool,
    ) -> PyResult<()> {
        let opened = !self.transport.is_handshaking();
        self.ended = true;
        let closed = regwire_reactor::Closed {
            reason,
            detail,
            clean,
            opened,
            address: None,
        };
        items.append(Py::new(py, Closed::of(closed))?)
    }
}
