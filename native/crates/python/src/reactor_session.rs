//! What the owner's side of a reactor keeps of a session.

use std::collections::VecDeque;
use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use regwire_framing::AnyFramer;
use regwire_reactor::{Event, Link, ListenerId, SessionId};

use crate::reactor_codec::Profile;
use crate::reactor_items::{Closed, Opened, TimerExpired, Writable, violation_item};
use crate::tls::Peer;

/// What the owner's side keeps of a session.
pub(crate) struct Session {
    /// What `take()` gives as its owner: its number until `set_owner`.
    pub(crate) owner: Py<PyAny>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) framer: AnyFramer,
    /// Namespaces that a message may use without being wrapped.
    pub(crate) allowed: u128,
    /// Framed output since the last flush.
    pub(crate) output: Vec<u8>,
    pub(crate) paused: bool,
    /// So much output waits that no more frames are delivered until it is [`Event::Writable`].
    pub(crate) choked: bool,
    /// Output above which it is choked.
    pub(crate) high: usize,
    /// Events that arrived while it is paused or choked, in order.
    pub(crate) parked: VecDeque<Event>,
    pub(crate) link: Option<Arc<Link>>,
}

impl Session {
    /// Octets of output not yet written.
    pub(crate) fn queued(&self) -> usize {
        self.output.len() + self.link.as_ref().map_or(0, |link| link.unsent())
    }

    /// What `take()` gives for an event other than frames.
    pub(crate) fn item_of(&mut self, py: Python<'_>, event: Event) -> PyResult<Py<PyAny>> {
        Ok(match event {
            // Their items are made one by one.
            Event::Frames { .. } | Event::Datagrams { .. } => {
                return Err(PyRuntimeError::new_err("frames are no item"));
            }
            Event::Opened {
                session: SessionId(number),
                listener,
                link,
            } => {
                let peer = Py::new(py, Peer(link.peer.clone()))?;
                self.link = Some(link);
                let listener = listener.map(|ListenerId(number)| number);
                Py::new(
                    py,
                    Opened {
                        session: number,
                        listener,
                        peer,
                    },
                )?
                .into_any()
            }
            Event::Violation { violation, .. } => violation_item(py, violation)?,
            Event::Timer { kind, .. } => {
                Py::new(py, TimerExpired { kind: kind.name() })?.into_any()
            }
            Event::Writable { .. } => Py::new(py, Writable)?.into_any(),
            Event::Closed { closed, .. } => Py::new(py, Closed::of(closed))?.into_any(),
        })
    }

    /// Whether an event ends the wait for room.
    pub(crate) fn may_breathe(&mut self, event: &Event) -> bool {
        match event {
            // Told for what was flushed; more may have been queued since, and the next flush asks again.
            Event::Writable { .. } => self.queued() <= self.high,
            Event::Closed { .. } => {
                // Nothing is read any more, so nothing that is sent from now on can be waited for.
                self.high = usize::MAX;
                true
            }
            _ => false,
        }
    }

    /// Whether an event must wait until the session is resumed, or its output is read: those in the order of the wire, and
    /// the end when something waits before it.
    pub(crate) fn must_wait(&self, event: &Event) -> bool {
        (self.paused || self.choked)
            && match event {
                Event::Frames { .. } | Event::Violation { .. } => true,
                Event::Closed { .. } => !self.parked.is_empty(),
                _ => false,
            }
    }
}
