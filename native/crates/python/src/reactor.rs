//! `Reactor`: the owner's side of the reactor, under the GIL. Everything that waits, encrypts or calls the system happens
//! without it.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyString};
use regwire_framing::{Framer, Side};
use regwire_reactor::{
    Attach, Chunk, Command, Datagrams, EndpointId, Event, Listen, ListenerId, Reactor as Core,
    SessionId, Stats, Threaded, TimerKind,
};

use crate::codec::{Reply, ReplyTemplate, ResultTemplate};
use crate::driver::{Driver, carry_out, items};
use crate::endpoints::{DatagramLimits, Endpoints, checked};
use crate::lwz::kind_named;
use crate::numbers::NumberHasher;
use crate::reactor_codec::{Content, Profile, too_long};
use crate::reactor_direct;
use crate::reactor_items::{
    Closed, EmptyFrame, ReactorLimits, SessionLimits, Unnegotiated, millis,
};
use crate::reactor_session::Session;
use crate::tls::{ClientTls, Peer, ServerTls, any_transport, client_transport};
use crate::xpc::{self, Envelope};

/// Output buffers kept for reuse, and the largest one worth keeping.
const SPARE_BUFFERS: usize = 64;
const SPARE_OCTETS: usize = 64 << 10;

type Sessions = HashMap<u64, Session, BuildHasherDefault<NumberHasher>>;

#[pyclass(module = "regwire_native")]
pub(crate) struct Reactor {
    driver: Driver,
    backlog: Arc<AtomicUsize>,
    events: VecDeque<Event>,
    /// Items that `events` will give.
    waiting: usize,
    sessions: Sessions,
    /// Of each listener: what its sessions are like, and their high-water mark.
    profiles: Vec<(Arc<Profile>, usize)>,
    /// Sessions with output since the last flush.
    dirty: Vec<u64>,
    /// Sessions that were choked since the last flush.
    choked: Vec<u64>,
    /// Sessions that can be read again because everything delivered was taken.
    emptied: Vec<u64>,
    /// Sessions whose end was taken since the last flush.
    ended: Vec<u64>,
    spare: Vec<Vec<u8>>,
    endpoints: Endpoints,
    /// The descriptor has been made readable for events that are here already.
    woken: bool,
}

#[pymethods]
impl Reactor {
    #[new]
    #[pyo3(signature = (limits=None, *, thread=false))]
    fn new(limits: Option<&ReactorLimits>, thread: bool) -> PyResult<Self> {
        let limits = limits.map(|limits| limits.0.clone()).unwrap_or_default();
        let (driver, backlog) = if thread {
            let thread = Threaded::start(limits)?;
            let backlog = thread.backlog();
            (Driver::Thread(thread), backlog)
        } else {
            let core = Core::new(limits)?;
            let backlog = core.backlog();
            (Driver::Here(Box::new(core)), backlog)
        };
        Ok(Self {
            driver,
            backlog,
            events: VecDeque::new(),
            waiting: 0,
            sessions: Sessions::default(),
            profiles: Vec::new(),
            dirty: Vec::new(),
            choked: Vec::new(),
            emptied: Vec::new(),
            ended: Vec::new(),
            spare: Vec::new(),
            endpoints: Endpoints::default(),
            woken: false,
        })
    }

    fn fileno(&self) -> i32 {
        match &self.driver {
            Driver::Here(core) => core.descriptor(),
            Driver::Thread(thread) => thread.descriptor(),
        }
    }

    #[pyo3(signature = (sock_fd, *, framing, tls, limits, codec=None, role="server"))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn listen(
        &mut self,
        py: Python<'_>,
        sock_fd: i32,
        framing: &str,
        tls: Option<&ServerTls>,
        limits: &SessionLimits,
        codec: Option<Py<PyAny>>,
        role: &str,
    ) -> PyResult<u32> {
        let profile = Arc::new(Profile::new(py, framing, Side::Server, codec, role)?);
        let listen = Listen {
            socket: regwire_sys::duplicate(sock_fd)?,
            framing: profile.framing,
            tls: tls.map(|tls| tls.0.clone()),
            limits: limits.0.clone(),
        };
        let (reply, answer) = sync_channel(1);
        self.submit(py, vec![Command::Listen(Box::new(listen), reply)]);
        let ListenerId(number) = py.detach(move || answer.recv()).map_err(|_| gone())??;
        self.profiles.push((profile, limits.0.output_high));
        Ok(number)
    }

    #[pyo3(signature = (sock_fd, *, framing, tls, server_name, limits, codec=None, role="client"))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn attach(
        &mut self,
        py: Python<'_>,
        sock_fd: i32,
        framing: &str,
        tls: Option<&ClientTls>,
        server_name: Option<&str>,
        limits: &SessionLimits,
        codec: Option<Py<PyAny>>,
        role: &str,
    ) -> PyResult<u64> {
        let profile = Arc::new(Profile::new(py, framing, Side::Client, codec, role)?);
        let transport = client_transport(tls, server_name)?;
        // Last, so that a refused argument leaves the descriptor with the caller.
        let socket = regwire_sys::adopt(sock_fd)
            .ok_or_else(|| PyValueError::new_err(format!("{sock_fd} is not an open descriptor")))?;
        let attach = Attach {
            socket,
            framing: profile.framing,
            transport,
            limits: limits.0.clone(),
        };
        let (reply, answer) = sync_channel(1);
        self.submit(py, vec![Command::Attach(Box::new(attach), reply)]);
        let SessionId(number) = py.detach(move || answer.recv()).map_err(|_| gone())??;
        let session = Self::new_session(py, number, profile, limits.0.output_high)?;
        self.sessions.insert(number, session);
        Ok(number)
    }

    #[pyo3(signature = (sock_fd, *, framing="lwz", limits, codec=None, role="server"))]
    fn listen_datagrams(
        &mut self,
        py: Python<'_>,
        sock_fd: i32,
        framing: &str,
        limits: &DatagramLimits,
        codec: Option<Py<PyAny>>,
        role: &str,
    ) -> PyResult<u32> {
        let (documents, side) = checked(py, framing, codec, role)?;
        let datagrams = Datagrams {
            socket: regwire_sys::duplicate(sock_fd)?,
            side,
            limits: limits.0.clone(),
        };
        let (reply, answer) = sync_channel(1);
        self.submit(py, vec![Command::Endpoint(Box::new(datagrams), reply)]);
        let EndpointId(number) = py.detach(move || answer.recv()).map_err(|_| gone())??;
        let limits = limits.0.clone();
        self.endpoints.add(py, number, documents, side, limits)?;
        Ok(number)
    }

    fn set_endpoint_owner(&mut self, endpoint: u32, owner: Py<PyAny>) {
        self.endpoints.set_owner(endpoint, owner);
    }

    #[pyo3(signature = (datagram, content, *, kind="xml"))]
    fn reply_datagram(
        &mut self,
        datagram: &Bound<'_, PyAny>,
        content: &Bound<'_, PyAny>,
        kind: &str,
    ) -> PyResult<()> {
        let kind = kind_named(kind)?;
        self.endpoints.reply(datagram, Content::of(content), kind)
    }

    #[pyo3(signature = (datagrams, contents, template=None, /))]
    fn reply_datagrams<'py>(
        &mut self,
        py: Python<'py>,
        datagrams: &Bound<'py, PyList>,
        contents: &Bound<'py, PyList>,
        template: Option<&ResultTemplate>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.endpoints.reply_many(py, datagrams, contents, template)
    }

    #[pyo3(signature = (endpoint, datagram, address=None))]
    fn send_datagram(
        &mut self,
        endpoint: u32,
        datagram: &[u8],
        address: Option<(String, u16)>,
    ) -> PyResult<()> {
        self.endpoints.send(endpoint, datagram, address)
    }

    fn close_datagrams(&mut self, py: Python<'_>, endpoint: u32) {
        self.endpoints.remove(endpoint);
        self.submit(py, vec![Command::CloseEndpoint(EndpointId(endpoint))]);
    }

    fn poll(&mut self, py: Python<'_>) -> PyResult<usize> {
        self.step(py, || Ok(true))
    }

    #[pyo3(signature = (beside, seconds, /))]
    fn linger(&mut self, py: Python<'_>, beside: i32, seconds: f64) -> PyResult<usize> {
        let own = self.fileno();
        let timeout = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.step(py, || regwire_sys::readable_alone(own, beside, timeout))
    }

    #[pyo3(signature = (n=32))]
    fn take<'py>(
        &mut self,
        py: Python<'py>,
        n: usize,
    ) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        let room = n.min(self.waiting);
        let (mut owners, mut taken) = (Vec::with_capacity(room), Vec::with_capacity(room));
        while taken.len() < n {
            let Some(event) = self.events.pop_front() else {
                break;
            };
            self.take_event(py, event, n, &mut owners, &mut taken)?;
        }
        if !self.emptied.is_empty() {
            let emptied = mem::take(&mut self.emptied);
            let checks = emptied
                .into_iter()
                .map(|number| Command::Check(SessionId(number)));
            self.submit(py, checks.collect());
        }
        if taken.len() < n {
            // Whatever was counted and gave nothing (sessions that the caller forgot) is gone.
            self.waiting = 0;
        } else {
            self.waiting = self.waiting.saturating_sub(taken.len());
        }
        Ok((PyList::new(py, owners)?, PyList::new(py, taken)?))
    }

    fn set_owner(&mut self, session: u64, owner: Py<PyAny>) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.owner = owner;
        }
    }

    fn set_allowed(&mut self, session: u64, namespaces: u128) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.allowed = namespaces;
        }
    }

    fn send(&mut self, session: i64, payload: &[u8]) -> PyResult<()> {
        self.output(session, |session| {
            session
                .framer
                .frame(payload, &mut session.output)
                .map_err(too_long)
        })
    }

    #[pyo3(signature = (session, message, cl_trid=None))]
    pub(crate) fn send_message<'py>(
        &mut self,
        session: i64,
        message: &Bound<'py, PyAny>,
        cl_trid: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        self.output(session, |session| {
            let (framer, output) = (&mut session.framer, &mut session.output);
            session.profile.encode(framer, message, cl_trid, output)
        })
    }

    #[pyo3(signature = (session, content, *, keep_open, authority=None))]
    fn send_xpc(
        &mut self,
        session: i64,
        content: &Bound<'_, PyAny>,
        keep_open: bool,
        authority: Option<&Bound<'_, PyString>>,
    ) -> PyResult<()> {
        self.output(session, |session| {
            let envelope = Envelope::new(&session.profile, keep_open, authority)?;
            envelope.write(&session.profile, content, &mut session.output)
        })
    }

    #[pyo3(signature = (session, content, template, /))]
    fn reply_xpc(
        &mut self,
        session: i64,
        content: &Bound<'_, PyAny>,
        template: &ResultTemplate,
    ) -> PyResult<()> {
        self.output(session, |session| {
            let content = Content {
                content,
                template: Some(template),
            };
            xpc::write_reply(&session.profile, content, &mut session.output)
        })
    }

    #[pyo3(signature = (session, template, result, cl_trid, sv_trid, data, /))]
    #[allow(clippy::too_many_arguments, reason = "by position, for speed")]
    fn reply(
        &mut self,
        session: i64,
        template: &ReplyTemplate,
        result: &Bound<'_, PyAny>,
        cl_trid: &Bound<'_, PyAny>,
        sv_trid: &Bound<'_, PyAny>,
        data: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.write_reply(
            session,
            template,
            &Reply::new(result, cl_trid, sv_trid, data),
        )
    }

    /// `reply` for compiled callers: see `reactor_direct.rs`.
    #[classattr]
    fn direct_reply(py: Python<'_>) -> PyResult<Py<PyCapsule>> {
        reactor_direct::replying(py)
    }

    /// `send_message` for compiled callers.
    #[classattr]
    fn direct_send(py: Python<'_>) -> PyResult<Py<PyCapsule>> {
        reactor_direct::sending(py)
    }

    fn flush(&mut self, py: Python<'_>) {
        let quiet = self.dirty.is_empty() && self.ended.is_empty() && self.choked.is_empty();
        if quiet && self.endpoints.is_clean() {
            return;
        }
        let mut datagrams = self.endpoints.outgoing();
        let mut batch: Vec<(u64, Vec<u8>)> = Vec::with_capacity(self.dirty.len());
        for number in mem::take(&mut self.dirty) {
            if let Some(session) = self.sessions.get_mut(&number) {
                batch.push((number, mem::take(&mut session.output)));
            }
        }
        let after = self.after_flush();
        match &mut self.driver {
            Driver::Here(core) => py.detach(|| {
                for (number, output) in &batch {
                    core.send(SessionId(*number), output);
                }
                for (endpoint, batch) in &datagrams {
                    core.send_datagrams(*endpoint, batch);
                }
                carry_out(core, after);
            }),
            Driver::Thread(thread) => {
                let sends = batch.drain(..).map(|(number, output)| {
                    if let Some(Session {
                        link: Some(link), ..
                    }) = self.sessions.get(&number)
                    {
                        link.hand_over(output.len());
                    }
                    Command::Send(SessionId(number), output)
                });
                let datagrams = datagrams
                    .drain(..)
                    .map(|(endpoint, batch)| Command::SendDatagrams(endpoint, batch));
                thread.submit(sends.chain(datagrams).chain(after));
            }
        }
        self.endpoints.keep(datagrams);
        for (_, output) in batch {
            self.keep_buffer(output);
        }
        self.wake_for_events();
    }

    #[pyo3(signature = (session, *, drain=true))]
    fn close(&mut self, py: Python<'_>, session: u64, drain: bool) {
        let mut commands = self.pending(session);
        commands.push(Command::Close(SessionId(session), drain));
        self.submit(py, commands);
    }

    fn set_limit(&mut self, py: Python<'_>, session: u64, frame_octets: usize) {
        self.submit(
            py,
            vec![Command::SetLimit(SessionId(session), frame_octets)],
        );
    }

    fn set_timer(
        &mut self,
        py: Python<'_>,
        session: u64,
        kind: &str,
        seconds: Option<f64>,
    ) -> PyResult<()> {
        let kind = TimerKind::ALL
            .into_iter()
            .find(|known| known.name() == kind)
            .ok_or_else(|| {
                PyValueError::new_err(format!(
                    "timer {kind:?} is not one of login, frame, idle, session"
                ))
            })?;
        let after = seconds
            .map(|seconds| millis("seconds", seconds))
            .transpose()?;
        self.submit(py, vec![Command::SetTimer(SessionId(session), kind, after)]);
        Ok(())
    }

    fn pause(&mut self, py: Python<'_>, session: u64) {
        if let Some(entry) = self.sessions.get_mut(&session)
            && !mem::replace(&mut entry.paused, true)
        {
            self.submit(py, vec![Command::Pause(SessionId(session))]);
        }
    }

    fn resume(&mut self, py: Python<'_>, session: u64) {
        if let Some(entry) = self.sessions.get_mut(&session)
            && mem::replace(&mut entry.paused, false)
        {
            if !entry.choked {
                self.unpark(session);
            }
            self.submit(py, vec![Command::Resume(SessionId(session))]);
        }
    }

    #[pyo3(signature = (session, tls, server_name=None))]
    fn upgrade(
        &mut self,
        py: Python<'_>,
        session: u64,
        tls: &Bound<'_, PyAny>,
        server_name: Option<&str>,
    ) -> PyResult<()> {
        let transport = any_transport(tls, server_name)?;
        if !self.sessions.contains_key(&session) {
            return Ok(());
        }
        let mut commands = self.pending(session);
        let early = self.withdraw(session);
        commands.push(Command::Upgrade(
            SessionId(session),
            Box::new(transport),
            early,
        ));
        self.submit(py, commands);
        Ok(())
    }

    fn queued(&self, session: u64) -> usize {
        self.sessions.get(&session).map_or(0, Session::queued)
    }

    fn peer(&self, session: u64) -> Option<Peer> {
        let link = self.sessions.get(&session)?.link.as_ref()?;
        Some(Peer(link.peer.clone()))
    }

    fn stop_accepting(&mut self, py: Python<'_>, listener: u32) {
        self.submit(py, vec![Command::StopAccepting(ListenerId(listener))]);
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats: Stats = match &self.driver {
            Driver::Here(core) => core.stats(),
            Driver::Thread(thread) => thread.stats(),
        };
        let figures = PyDict::new(py);
        for (name, value) in stats.figures() {
            figures.set_item(name, value)?;
        }
        self.endpoints.add_figures(&figures)?;
        Ok(figures)
    }

    fn shutdown(&mut self, py: Python<'_>) {
        self.endpoints.clear();
        self.submit(py, vec![Command::Shutdown]);
    }
}

impl Reactor {
    /// A step without the GIL, if `wait` says so; the number of items waiting then, else 0.
    fn step(
        &mut self,
        py: Python<'_>,
        wait: impl FnOnce() -> io::Result<bool> + Send,
    ) -> PyResult<usize> {
        let before = self.events.len();
        let (driver, events) = (&mut self.driver, &mut self.events);
        let stepped = py.detach(|| {
            let ready = wait()?;
            if ready {
                match driver {
                    Driver::Here(core) => core.step(Some(0)).map(|()| events.append(core.events())),
                    Driver::Thread(thread) => thread.take(events),
                }?;
            }
            Ok::<_, io::Error>(ready)
        })?;
        if !stepped {
            return Ok(0);
        }
        self.woken = false;
        self.waiting += self.events.range(before..).map(items).sum::<usize>();
        Ok(self.waiting)
    }

    #[inline(always)]
    pub(crate) fn write_reply(
        &mut self,
        session: i64,
        template: &ReplyTemplate,
        reply: &Reply<'_, '_>,
    ) -> PyResult<()> {
        self.output(session, |session| {
            let (framer, output) = (&mut session.framer, &mut session.output);
            session.profile.reply(framer, template, reply, output)
        })
    }

    fn submit(&mut self, py: Python<'_>, commands: Vec<Command>) {
        self.driver.submit(py, commands);
        self.wake_for_events();
    }

    /// Events that came about outside of `poll` must not wait for the network.
    fn wake_for_events(&mut self) {
        let here = match &mut self.driver {
            Driver::Here(core) => !core.events().is_empty(),
            Driver::Thread(_) => false,
        };
        if !self.woken && (here || self.waiting > 0) {
            self.woken = true;
            self.driver.wake();
        }
    }

    fn new_session(
        py: Python<'_>,
        number: u64,
        profile: Arc<Profile>,
        high: usize,
    ) -> PyResult<Session> {
        Ok(Session {
            owner: number.into_pyobject(py)?.into_any().unbind(),
            framer: profile.framing.framer(),
            profile,
            allowed: u128::MAX,
            output: Vec::new(),
            paused: false,
            choked: false,
            high,
            parked: VecDeque::new(),
            link: None,
        })
    }

    fn take_event(
        &mut self,
        py: Python<'_>,
        event: Event,
        most: usize,
        owners: &mut Vec<Py<PyAny>>,
        taken: &mut Vec<Py<PyAny>>,
    ) -> PyResult<()> {
        if matches!(event, Event::Datagrams { .. }) {
            return self.take_datagrams(py, event, most, owners, taken);
        }
        let SessionId(number) = event.session();
        self.welcome(py, &event)?;
        let Some(session) = self.sessions.get_mut(&number) else {
            // The end of a connection that never opened, or of one that the caller gave up.
            if let Event::Closed { closed, .. } = event {
                owners.push(number.into_pyobject(py)?.into_any().unbind());
                taken.push(Py::new(py, Closed::of(closed))?.into_any());
            }
            return Ok(());
        };
        if session.choked && session.may_breathe(&event) {
            session.choked = false;
            if !session.paused && !session.parked.is_empty() {
                self.events.push_front(event);
                self.unpark(number);
                return Ok(());
            }
        }
        if matches!(event, Event::Frames { .. })
            && !session.choked
            && session.queued() > session.high
        {
            session.choked = true;
            self.choked.push(number);
        }
        if session.choked && matches!(event, Event::Writable { .. }) {
            self.choked.push(number);
        }
        if session.must_wait(&event) {
            if let Event::Frames { chunk, .. } = &event {
                self.backlog.fetch_sub(chunk.octets(), Ordering::Relaxed);
            }
            self.waiting = self.waiting.saturating_sub(items(&event));
            session.parked.push_back(event);
            return Ok(());
        }
        if let Event::Frames { mut chunk, .. } = event {
            let result = take_frames(py, session, &mut chunk, most, owners, taken);
            if result.is_ok() && chunk.remaining() > 0 {
                let session = SessionId(number);
                self.events.push_front(Event::Frames { session, chunk });
                return result;
            }
            self.backlog.fetch_sub(chunk.octets(), Ordering::Relaxed);
            if session
                .link
                .as_ref()
                .is_some_and(|link| link.taken(chunk.octets()))
            {
                self.emptied.push(number);
            }
            if let Driver::Here(core) = &mut self.driver {
                core.recycle(chunk);
            }
            return result;
        }
        if matches!(event, Event::Closed { .. }) {
            self.ended.push(number);
        }
        owners.push(session.owner.clone_ref(py));
        taken.push(session.item_of(py, event)?);
        Ok(())
    }

    /// An accepted session is known from its first event on.
    fn welcome(&mut self, py: Python<'_>, event: &Event) -> PyResult<()> {
        let SessionId(number) = event.session();
        if let Event::Opened {
            listener: Some(ListenerId(listener)),
            ..
        } = event
            && !self.sessions.contains_key(&number)
        {
            let (profile, high) = self
                .profiles
                .get(*listener as usize)
                .ok_or_else(gone)?
                .clone();
            let session = Self::new_session(py, number, profile, high)?;
            self.sessions.insert(number, session);
        }
        Ok(())
    }

    fn take_datagrams(
        &mut self,
        py: Python<'_>,
        event: Event,
        most: usize,
        owners: &mut Vec<Py<PyAny>>,
        taken: &mut Vec<Py<PyAny>>,
    ) -> PyResult<()> {
        if let Event::Datagrams {
            endpoint,
            mut batch,
        } = event
        {
            let octets = batch.octets();
            let result = self
                .endpoints
                .take(py, endpoint, &mut batch, most, owners, taken);
            if result.is_ok() && batch.remaining() > 0 {
                self.events.push_front(Event::Datagrams { endpoint, batch });
                return result;
            }
            self.backlog.fetch_sub(octets, Ordering::Relaxed);
            if let Driver::Here(core) = &mut self.driver {
                core.recycle_batch(batch);
            }
            return result;
        }
        Ok(())
    }

    /// What a flush does besides sending: asks for room for the choked, lets go of the ended.
    fn after_flush(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        for number in mem::take(&mut self.choked) {
            if let Some(Session {
                link: Some(link), ..
            }) = self.sessions.get(&number)
            {
                link.want_room();
                commands.push(Command::Check(SessionId(number)));
            }
        }
        for number in mem::take(&mut self.ended) {
            self.sessions.remove(&number);
            commands.push(Command::Reap(SessionId(number)));
        }
        commands
    }

    /// Puts back what was held, in front: what came later may be in the queue already.
    fn unpark(&mut self, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        let parked = mem::take(&mut session.parked);
        self.waiting += parked.iter().map(items).sum::<usize>();
        for event in parked.into_iter().rev() {
            if let Event::Frames { chunk, .. } = &event {
                self.backlog.fetch_add(chunk.octets(), Ordering::Relaxed);
            }
            self.events.push_front(event);
        }
    }

    /// Lets `write` append a frame to the session's output; a session that is gone takes nothing. Numbers of sessions fit into
    /// signed ones, which are got out of Python's sooner.
    #[inline(always)]
    fn output(
        &mut self,
        number: i64,
        write: impl FnOnce(&mut Session) -> PyResult<()>,
    ) -> PyResult<()> {
        let number = number.cast_unsigned();
        let Some(session) = self.sessions.get_mut(&number) else {
            return Ok(());
        };
        let clean = session.output.is_empty();
        if clean
            && session.output.capacity() == 0
            && let Some(buffer) = self.spare.pop()
        {
            session.output = buffer;
        }
        let result = write(session);
        if clean && !session.output.is_empty() {
            self.dirty.push(number);
        }
        result
    }

    /// What a session still wants to send, before a command that must come after it.
    fn pending(&mut self, number: u64) -> Vec<Command> {
        match self.sessions.get_mut(&number) {
            Some(session) if !session.output.is_empty() => {
                if let Some(link) = &session.link {
                    link.hand_over(session.output.len());
                }
                vec![Command::Send(
                    SessionId(number),
                    mem::take(&mut session.output),
                )]
            }
            _ => Vec::new(),
        }
    }

    /// The octets of frames that were delivered and not taken: after an upgrade they are not frames.
    fn withdraw(&mut self, number: u64) -> Vec<u8> {
        let mut early = Vec::new();
        if let Some(session) = self.sessions.get_mut(&number) {
            let uncounted = AtomicUsize::new(usize::MAX / 2);
            early = regwire_reactor::withdraw(&mut session.parked, SessionId(number), &uncounted);
        }
        early.extend(regwire_reactor::withdraw(
            &mut self.events,
            SessionId(number),
            &self.backlog,
        ));
        self.waiting = self.events.iter().map(items).sum();
        early
    }

    fn keep_buffer(&mut self, mut buffer: Vec<u8>) {
        if self.spare.len() < SPARE_BUFFERS && buffer.capacity() <= SPARE_OCTETS {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

/// Decodes frames of one chunk until `most` items are there.
fn take_frames(
    py: Python<'_>,
    session: &Session,
    chunk: &mut Chunk,
    most: usize,
    owners: &mut Vec<Py<PyAny>>,
    taken: &mut Vec<Py<PyAny>>,
) -> PyResult<()> {
    while taken.len() < most {
        let Some(payload) = chunk.next_frame() else {
            break;
        };
        let item = if payload.is_empty() {
            Py::new(py, EmptyFrame)?.into_any()
        } else {
            let decoded = session.profile.decode(py, payload)?;
            let foreign = decoded.namespaces & !session.allowed;
            if foreign == 0 {
                decoded.item
            } else {
                Py::new(
                    py,
                    Unnegotiated {
                        message: decoded.item,
                        namespaces: foreign,
                    },
                )?
                .into_any()
            }
        };
        owners.push(session.owner.clone_ref(py));
        taken.push(item);
    }
    Ok(())
}

fn gone() -> PyErr {
    PyRuntimeError::new_err("the reactor has ended")
}
