//! The reactor itself: steps and commands.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use regwire_sys::{self as sys, Millis, Poller, Ready, Waker};

use crate::command::{Attach, Command, Datagrams, Listen};
use crate::endpoint::{Batch, Endpoint};
use crate::event::{Chunk, Event};
use crate::io::{Buffers, Io};
use crate::limits::{FAIR_SHARE, ReactorLimits};
use crate::listener::{Addresses, Listener};
use crate::session::{Fate, Origin, Session};
use crate::slots::Slots;
use crate::source::{EndpointId, ListenerId, SessionId, Source};
use crate::stats::Stats;
use crate::timers::Timers;

/// Output buffers above this are given back after use.
const KEPT_OUTPUT: usize = 1 << 20;

/// Half frames read to their end in one step although there is no room for them.
const LEAVING_PER_STEP: usize = 16;

/// A smaller share would not let an ordinary command through.
const SMALLEST_SHARE: usize = 2 << 10;

/// Many sessions behind one descriptor. Not for several threads at once; [`Threaded`](crate::Threaded) gives it its own.
pub struct Reactor {
    sessions: Slots<Session>,
    listeners: Vec<Option<Listener>>,
    addresses: Addresses,
    endpoints: Vec<Option<Endpoint>>,
    io: Io,
    ready: Vec<Ready>,
    /// Those of `ready` that were served; a step that received enough leaves the others to the next.
    served: usize,
    /// The poller has been made readable for those that are left.
    roused: bool,
    /// Handshakes that are ready, while a step serves the open sessions first.
    handshakes: Vec<Ready>,
}

impl Reactor {
    /// A reactor without listeners or sessions.
    pub fn new(limits: ReactorLimits) -> io::Result<Self> {
        let io = Io {
            poller: Poller::new(limits.events_per_step)?,
            now: Millis::now(),
            events: VecDeque::new(),
            backlog: Arc::new(AtomicUsize::new(0)),
            backlogged: false,
            timers: Timers::default(),
            stats: Stats::default(),
            input: vec![0; limits.octets_per_session.max(1)],
            output: Vec::new(),
            buffers: Buffers::default(),
            share: FAIR_SHARE,
            starved: VecDeque::new(),
            leaving: Vec::new(),
            turn_awaited: false,
            limits,
        };
        Ok(Self {
            sessions: Slots::new(),
            listeners: Vec::new(),
            addresses: Addresses::default(),
            endpoints: Vec::new(),
            io,
            ready: Vec::new(),
            served: 0,
            roused: false,
            handshakes: Vec::new(),
        })
    }

    /// The descriptor that is readable when there is something to do.
    pub fn descriptor(&self) -> RawFd {
        self.io.poller.as_raw_fd()
    }

    /// Ends a waiting [`step`](Self::step) from another thread.
    pub fn waker(&self) -> Waker {
        self.io.poller.waker()
    }

    /// The owner is done with a chunk: a session is not read while much of it is untaken.
    pub fn taken(&mut self, id: SessionId, chunk: Chunk) {
        let octets = chunk.octets();
        self.io.backlog.fetch_sub(octets, Ordering::Relaxed);
        self.recycle(chunk);
        self.with(id, |session, _| session.taken(octets));
    }

    /// Uses a chunk's buffer again; the owner has counted its octets itself.
    pub fn recycle(&mut self, chunk: Chunk) {
        self.io.buffers.give(chunk.into_buffer());
    }

    /// The owner is done with a batch, and has counted its octets itself.
    pub fn recycle_batch(&mut self, batch: Batch) {
        self.io.buffers.give(batch.into_buffer());
    }

    /// Octets delivered and not yet taken. An owner that does not call [`taken`](Self::taken) subtracts a chunk's octets
    /// here, and counts them in [`Link::taken`](crate::Link::taken).
    pub fn backlog(&self) -> Arc<AtomicUsize> {
        self.io.backlog.clone()
    }

    /// What happened and was not taken yet, in order.
    pub fn events(&mut self) -> &mut VecDeque<Event> {
        &mut self.io.events
    }

    /// Whether so much was delivered and not taken that nothing is read.
    pub fn is_backlogged(&self) -> bool {
        self.io.backlog.load(Ordering::Relaxed) > self.io.limits.backlog_octets
    }

    /// Counters and states.
    pub fn stats(&self) -> Stats {
        Stats {
            sessions: self.sessions.len() as u64,
            backlog_octets: self.io.backlog.load(Ordering::Relaxed) as u64,
            ..self.io.stats
        }
    }

    /// One bounded step: waits at most `millis` (`None`: until something happens), then serves whoever is ready. Not all of
    /// them when they have sent much: then the next step begins with the others and does not wait.
    pub fn step(&mut self, millis: Option<u64>) -> io::Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        if self.served == ready.len() {
            self.io.poller.arm(self.io.now, self.io.timers.next())?;
            ready.clear();
            self.served = 0;
            self.io.poller.wait(&mut ready, millis)?;
            self.roused = false;
        }
        self.io.now = Millis::now();
        self.io.stats.steps += 1;
        self.io.share = fair_share(&self.io.limits, self.sessions.len());
        self.expire();
        self.feed_starved();
        self.io.backlogged = self.is_backlogged();
        let enough = self.io.stats.octets_received + self.io.limits.octets_per_step as u64;
        while let Some(one) = ready.get(self.served) {
            self.serve(*one);
            self.served += 1;
            if self.io.stats.octets_received > enough {
                break;
            }
        }
        // The poller has told of the others already.
        if self.served < ready.len() && !std::mem::replace(&mut self.roused, true) {
            self.io.poller.waker().wake();
        }
        self.serve_handshakes();
        self.serve_leaving();
        self.ready = ready;
        self.io.poller.arm(self.io.now, self.io.timers.next())
    }

    /// Carries out a request.
    pub fn apply(&mut self, command: Command) {
        match command {
            Command::Listen(listen, reply) => drop(reply.send(self.listen(*listen))),
            Command::Attach(attach, reply) => drop(reply.send(self.attach(*attach))),
            Command::Endpoint(datagrams, reply) => drop(reply.send(self.endpoint(*datagrams))),
            Command::SendDatagrams(id, batch) => self.send_datagrams(id, &batch),
            Command::CloseEndpoint(id) => self.close_endpoint(id),
            Command::Send(id, data) => self.with(id, |session, io| session.send_handed(&data, io)),
            Command::Close(id, drain) => self.with(id, |session, io| session.close(drain, io)),
            Command::Reap(id) => self.with(id, Session::reap),
            Command::Check(id) => self.with(id, |_, _| Fate::Keep),
            Command::SetLimit(id, octets) => {
                self.with(id, |session, io| session.set_limit(octets, io));
            }
            Command::SetTimer(id, kind, millis) => {
                self.io.now = Millis::now();
                self.with(id, |session, io| session.set_timer(kind, millis, io));
            }
            Command::Pause(id) => self.with(id, |session, _| session.pause(true)),
            Command::Resume(id) => self.with(id, |session, _| session.pause(false)),
            Command::Upgrade(id, to, early) => {
                self.with(id, |session, io| session.upgrade(*to, early, io));
            }
            Command::StopAccepting(id) => self.stop_accepting(id),
            Command::Shutdown => self.shutdown(),
        }
    }

    /// Accepts connections from now on.
    pub fn listen(&mut self, listen: Listen) -> io::Result<ListenerId> {
        let id = ListenerId(u32::try_from(self.listeners.len()).map_err(io::Error::other)?);
        self.listeners
            .push(Some(Listener::new(id, listen, &self.io)?));
        Ok(id)
    }

    /// Receives datagrams from now on.
    pub fn endpoint(&mut self, datagrams: Datagrams) -> io::Result<EndpointId> {
        let id = EndpointId(u32::try_from(self.endpoints.len()).map_err(io::Error::other)?);
        let endpoint = Endpoint::new(id, datagrams, &self.io)?;
        self.endpoints.push(Some(endpoint));
        Ok(id)
    }

    /// Sends datagrams; an endpoint that is closed sends none.
    pub fn send_datagrams(&mut self, id: EndpointId, batch: &Batch) {
        if let Some(Some(endpoint)) = self.endpoints.get(id.0 as usize) {
            endpoint.send(batch, &mut self.io);
        }
    }

    fn close_endpoint(&mut self, id: EndpointId) {
        if let Some(endpoint) = self.endpoints.get_mut(id.0 as usize).and_then(Option::take) {
            endpoint.stop(&self.io);
        }
    }

    /// Takes over a connected or connecting socket.
    pub fn attach(&mut self, attach: Attach) -> io::Result<SessionId> {
        self.io.now = Millis::now();
        sys::prepare_stream(&attach.socket)?;
        let Attach {
            socket,
            framing,
            transport,
            limits,
        } = attach;
        let address = sys::peer_address(&socket);
        Ok(self.begin(Origin {
            socket,
            address,
            listener: None,
            transport,
            framing,
            limits,
        }))
    }

    /// Encrypts and writes octets that are framed already.
    pub fn send(&mut self, id: SessionId, data: &[u8]) {
        self.with(id, |session, io| session.send(data, io));
        if self.io.output.capacity() > KEPT_OUTPUT {
            self.io.output = Vec::new();
        }
    }

    /// Accepts no more from this listener.
    pub fn stop_accepting(&mut self, id: ListenerId) {
        if let Some(listener) = self.listeners.get_mut(id.0 as usize).and_then(Option::take) {
            listener.stop(&self.io);
        }
    }

    /// Closes everything at once.
    pub fn shutdown(&mut self) {
        for number in 0..self.listeners.len() {
            self.stop_accepting(ListenerId(number as u32));
        }
        for number in 0..self.endpoints.len() {
            self.close_endpoint(EndpointId(number as u32));
        }
        for id in self.sessions.ids() {
            self.with(id, |session, io| session.close(false, io));
        }
    }

    /// Arms the timer after commands; a step does it by itself.
    pub fn settle(&mut self) -> io::Result<()> {
        self.io.poller.arm(self.io.now, self.io.timers.next())
    }

    fn with(&mut self, id: SessionId, act: impl FnOnce(&mut Session, &mut Io) -> Fate) {
        let Some(session) = self.sessions.get_mut(id) else {
            return;
        };
        if act(session, &mut self.io) == Fate::Keep && session.settle(&mut self.io) == Fate::Keep {
            return;
        }
        if let Some(session) = self.sessions.remove(id) {
            if let (Some(address), true) = (session.address, session.is_accepted()) {
                self.addresses.leave(address.ip());
            }
            session.release(&mut self.io);
        }
    }

    fn begin(&mut self, origin: Origin) -> SessionId {
        let id = self.sessions.insert(|id| Session::new(id, origin));
        self.with(id, Session::begin);
        id
    }

    fn serve(&mut self, ready: Ready) {
        match Source::of(ready.token) {
            Source::Starved => {}
            Source::Listener(id) => self.accept(id),
            Source::Endpoint(id) => {
                if let (true, Some(Some(endpoint))) = (
                    ready.read && !self.io.backlogged,
                    self.endpoints.get_mut(id.0 as usize),
                ) {
                    endpoint.receive(&mut self.io);
                }
            }
            Source::Session(id) => match self.sessions.get_mut(id) {
                Some(session) if session.is_handshaking() => self.handshakes.push(ready),
                _ => self.with(id, |session, io| session.ready(ready, io)),
            },
        }
    }

    /// Handshakes come after the open sessions of a step, and only some: the poller brings the others again.
    fn serve_handshakes(&mut self) {
        let mut handshakes = std::mem::take(&mut self.handshakes);
        let now = handshakes
            .len()
            .min(self.io.limits.handshakes_per_step.max(1));
        self.io.stats.handshakes_deferred += (handshakes.len() - now) as u64;
        for ready in handshakes.drain(..).take(now) {
            if let Source::Session(id) = Source::of(ready.token) {
                self.with(id, |session, io| session.ready(ready, io));
            }
        }
        self.handshakes = handshakes;
    }

    fn accept(&mut self, id: ListenerId) {
        for _ in 0..self.io.limits.accepts_per_step.max(1) {
            let sessions = self.sessions.len();
            let Some(Some(listener)) = self.listeners.get_mut(id.0 as usize) else {
                return;
            };
            let Some(origin) = listener.accept(sessions, &mut self.addresses, &mut self.io) else {
                return;
            };
            self.begin(origin);
        }
    }

    fn expire(&mut self) {
        while let Some(source) = self.io.timers.pop_due(self.io.now) {
            match source {
                Source::Session(id) => self.with(id, Session::expired),
                Source::Starved => self.starved_turn(),
                // Datagrams wait for nothing.
                Source::Endpoint(_) => {}
                Source::Listener(id) => {
                    if let Some(Some(listener)) = self.listeners.get(id.0 as usize) {
                        listener.resume(&self.io);
                    }
                }
            }
        }
    }

    /// Sessions that hold half a frame and whose peer has closed read on to their end, some in each step.
    fn serve_leaving(&mut self) {
        let most = self.io.leaving.len().min(LEAVING_PER_STEP);
        let now: Vec<SessionId> = self.io.leaving.drain(..most).collect();
        for id in now {
            self.with(id, |session, _| session.feed_again());
        }
        if !self.io.leaving.is_empty() {
            self.io.poller.waker().wake();
        }
    }

    /// Sessions that waited for the budget of half received frames read on when an eighth of it is free.
    fn feed_starved(&mut self) {
        let budget = self.io.limits.partial_octets as u64;
        if self.io.starved.is_empty() || self.io.stats.partial_octets > budget - budget / 8 {
            return;
        }
        for id in std::mem::take(&mut self.io.starved) {
            self.with(id, |session, _| session.feed_again());
        }
    }

    /// There is no room, but the first in the queue may go on.
    fn starved_turn(&mut self) {
        self.io.turn_awaited = false;
        if let Some(id) = self.io.starved.pop_front() {
            self.with(id, |session, _| session.feed_again());
        }
        if !self.io.starved.is_empty() {
            self.io.await_turn();
        }
    }
}

/// What each session may hold of the budget for half received frames when that is used up.
fn fair_share(limits: &ReactorLimits, sessions: usize) -> usize {
    (limits.partial_octets / sessions.max(1)).clamp(SMALLEST_SHARE, FAIR_SHARE)
}
