//! One session: its socket, its transport, what waits to be written, and when it must be looked at.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use regwire_framing::{AnyFramer, Framer, Framing, Step};
use regwire_sys::{self as sys, Interest, Millis, Ready};
use regwire_tls::{TlsError, Transport};

use crate::event::{Chunk, Closed, Event, Link, Peer, Reason, TimerKind};
use crate::io::Io;
use crate::limits::SessionLimits;
use crate::output::{Unsent, write};
use crate::source::{ListenerId, SessionId, Source};

/// Whether a session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Fate {
    Keep,
    Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connecting,
    Handshaking,
    Open,
    /// The owner closed: output is still being written.
    Draining,
    /// Everything is written and our side is shut: waiting for the peer to close, reading to no purpose, because closing a
    /// socket with unread input resets the connection and may destroy what was sent last.
    Lingering,
}

/// Deadlines that never come.
const NEVER: Millis = Millis(u64::MAX);
const HANDSHAKE: usize = 4;
/// The end of draining or lingering.
const END: usize = 5;

fn slot(kind: TimerKind) -> usize {
    match kind {
        TimerKind::Login => 0,
        TimerKind::Frame => 1,
        TimerKind::Idle => 2,
        TimerKind::Session => 3,
    }
}

#[allow(
    clippy::struct_excessive_bools,
    reason = "independent reasons for not reading, each set and cleared by itself"
)]
pub(crate) struct Session {
    id: SessionId,
    pub(crate) socket: OwnedFd,
    transport: Transport,
    framer: AnyFramer,
    frame_limit: usize,
    /// Plaintext needed before the framer is worth asking again.
    needed: usize,
    limits: Arc<SessionLimits>,
    phase: Phase,
    unsent: Unsent,
    /// The peer will send nothing more.
    eof: bool,
    /// Nothing that arrives can be understood any more.
    halted: bool,
    paused: bool,
    full: bool,
    /// The owner has not taken what was delivered.
    crowded: bool,
    starved: bool,
    /// May read once although the budget is used up.
    favoured: bool,
    /// The peer closed while the session was starved.
    gone: bool,
    /// The owner closed it before it was open; what is held back goes out first.
    closing: bool,
    closed_told: bool,
    opened: bool,
    registered: bool,
    interest: Interest,
    /// There may be something to read that the poller, which tells of news only, will not tell of by itself.
    more: bool,
    deadlines: [Millis; 6],
    armed: Millis,
    listener: Option<ListenerId>,
    pub(crate) address: Option<SocketAddr>,
    link: Option<Arc<Link>>,
    counted_partial: usize,
    counted_unsent: usize,
}

/// How a session comes into being.
pub(crate) struct Origin {
    pub(crate) socket: OwnedFd,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) listener: Option<ListenerId>,
    pub(crate) transport: Transport,
    pub(crate) framing: Framing,
    pub(crate) limits: Arc<SessionLimits>,
}

impl Session {
    pub(crate) fn new(id: SessionId, origin: Origin) -> Self {
        let connecting = origin.listener.is_none();
        Self {
            id,
            socket: origin.socket,
            transport: origin.transport,
            framer: origin.framing.framer(),
            frame_limit: origin.limits.frame_octets,
            needed: 0,
            limits: origin.limits,
            phase: if connecting {
                Phase::Connecting
            } else {
                Phase::Handshaking
            },
            unsent: Unsent::default(),
            eof: false,
            halted: false,
            paused: false,
            full: false,
            crowded: false,
            starved: false,
            favoured: false,
            gone: false,
            closing: false,
            closed_told: false,
            opened: false,
            registered: false,
            interest: Interest::default(),
            more: false,
            deadlines: [NEVER; 6],
            armed: NEVER,
            listener: origin.listener,
            address: origin.address,
            link: None,
            counted_partial: 0,
            counted_unsent: 0,
        }
    }

    /// Begins: accepted sockets with the handshake, attached ones with connecting.
    pub(crate) fn begin(&mut self, io: &mut Io) -> Fate {
        self.deadlines[HANDSHAKE] = self
            .limits
            .handshake
            .map_or(NEVER, |millis| io.now.after(millis));
        if self.phase == Phase::Connecting {
            Fate::Keep
        } else {
            self.start(io)
        }
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.listener.is_some()
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.phase == Phase::Handshaking
    }

    /// The socket is ready for something.
    pub(crate) fn ready(&mut self, ready: Ready, io: &mut Io) -> Fate {
        if self.phase == Phase::Connecting {
            return if ready.write || ready.hangup {
                self.connected(io)
            } else {
                Fate::Keep
            };
        }
        if ready.write && self.unsent.len() > 0 && self.write_unsent(io) == Fate::Release {
            return Fate::Release;
        }
        if ready.read && self.may_read() {
            return match self.phase {
                Phase::Draining | Phase::Lingering => self.discard(io),
                _ if io.backlogged => {
                    self.more = true;
                    Fate::Keep
                }
                _ => {
                    // An end that came together with the last octets is told once, with them.
                    self.more = ready.end || ready.hangup;
                    self.read(io)
                }
            };
        }
        if self.starved && (ready.end || ready.hangup) && !self.gone {
            self.gone = true;
            io.starve(self.id, true);
        }
        if ready.hangup && !self.interest.read {
            return self.hung_up(io);
        }
        Fate::Keep
    }

    /// Queues octets, framed already, and writes what there is room for.
    pub(crate) fn send(&mut self, data: &[u8], io: &mut Io) -> Fate {
        if self.closing || matches!(self.phase, Phase::Draining | Phase::Lingering) {
            return Fate::Keep;
        }
        self.emit(io, |transport, out| transport.send(data, out))
    }

    /// [`send`](Self::send) of octets that the link counted as on their way.
    pub(crate) fn send_handed(&mut self, data: &[u8], io: &mut Io) -> Fate {
        let fate = self.send(data, io);
        if let Some(link) = &self.link {
            link.arrived(data.len());
        }
        fate
    }

    pub(crate) fn close(&mut self, drain: bool, io: &mut Io) -> Fate {
        match self.phase {
            Phase::Draining | Phase::Lingering if drain => Fate::Keep,
            Phase::Connecting | Phase::Handshaking if drain && self.transport.held() > 0 => {
                self.closing = true;
                Fate::Keep
            }
            Phase::Open if drain => self.drain(io),
            _ => {
                self.tell_closed(Reason::Local, String::new(), false, io);
                Fate::Release
            }
        }
    }

    /// The owner has taken the Closed event of a session whose peer closed, and sent what it had to send.
    pub(crate) fn reap(&mut self, io: &mut Io) -> Fate {
        if self.closed_told {
            self.close(true, io)
        } else {
            Fate::Keep
        }
    }

    pub(crate) fn set_limit(&mut self, octets: usize, io: &mut Io) -> Fate {
        self.frame_limit = octets;
        self.needed = 0;
        if matches!(self.phase, Phase::Open) && !self.halted {
            self.cut_frames(io);
        }
        Fate::Keep
    }

    pub(crate) fn set_timer(&mut self, kind: TimerKind, millis: Option<u64>, io: &mut Io) -> Fate {
        self.deadlines[slot(kind)] = millis.map_or(NEVER, |millis| io.now.after(millis));
        Fate::Keep
    }

    pub(crate) fn pause(&mut self, paused: bool) -> Fate {
        self.paused = paused;
        Fate::Keep
    }

    /// The owner has taken a chunk; settling then finds whether there is room.
    pub(crate) fn taken(&self, octets: usize) -> Fate {
        if let Some(link) = &self.link {
            let _ = link.taken(octets);
        }
        Fate::Keep
    }

    pub(crate) fn feed_again(&mut self) -> Fate {
        self.favoured = std::mem::take(&mut self.starved);
        Fate::Keep
    }

    /// Another transport from this octet on; `early` was delivered as frames, but arrived after the boundary.
    pub(crate) fn upgrade(&mut self, to: Transport, early: Vec<u8>, io: &mut Io) -> Fate {
        if self.phase != Phase::Open || self.closed_told {
            return Fate::Keep;
        }
        self.phase = Phase::Handshaking;
        // What the owner has not taken is the new transport's now; the link of the opened session counts from nothing.
        self.link = None;
        self.needed = 0;
        self.halted = false;
        self.deadlines[HANDSHAKE] = self
            .limits
            .handshake
            .map_or(NEVER, |millis| io.now.after(millis));
        self.deadlines[slot(TimerKind::Frame)] = NEVER;
        let mut progress = Ok(regwire_tls::Progress::default());
        let fate = self.emit(io, |transport, out| {
            progress = transport.upgrade(to, early, out);
            Ok(())
        });
        if fate == Fate::Release {
            return fate;
        }
        self.received(progress, io)
    }

    /// The connection did not come about, or did.
    fn connected(&mut self, io: &mut Io) -> Fate {
        if let Err(error) = sys::connect_result(&self.socket) {
            self.tell_closed(Reason::Connect, error.to_string(), false, io);
            return Fate::Release;
        }
        self.address = sys::peer_address(&self.socket).or(self.address);
        self.start(io)
    }

    /// Connected: what opens the conversation.
    fn start(&mut self, io: &mut Io) -> Fate {
        self.phase = Phase::Handshaking;
        if self.transport.is_handshaking() {
            // A client speaks first; for a server nothing happens here.
            return if self.listener.is_none() {
                self.emit(io, Transport::start)
            } else {
                Fate::Keep
            };
        }
        self.open(io);
        Fate::Keep
    }

    fn open(&mut self, io: &mut Io) {
        self.phase = Phase::Open;
        self.deadlines[HANDSHAKE] = NEVER;
        let link = Arc::new(Link::new(Peer {
            address: self.address,
            tls: self.transport.peer(),
        }));
        if !self.opened {
            let limits = &self.limits;
            for (kind, millis) in [
                (TimerKind::Login, limits.login),
                (TimerKind::Idle, limits.idle),
                (TimerKind::Session, limits.session),
            ] {
                self.deadlines[slot(kind)] = millis.map_or(NEVER, |millis| io.now.after(millis));
            }
            io.stats.opened += 1;
        }
        self.opened = true;
        self.link = Some(link.clone());
        io.events.push_back(Event::Opened {
            session: self.id,
            listener: self.listener,
            link,
        });
    }

    /// Reads once; the poller tells of what is left, when it is asked to.
    fn read(&mut self, io: &mut Io) -> Fate {
        let scarce = io.stats.partial_octets > io.limits.partial_octets as u64;
        if scarce && self.transport.buffered() > io.share && !std::mem::take(&mut self.favoured) {
            self.starved = true;
            io.starve(self.id, self.gone);
            io.stats.partial_stops += 1;
            return Fate::Keep;
        }
        let most = if scarce {
            io.share.min(io.input.len())
        } else {
            io.input.len()
        };
        io.stats.receives += 1;
        match sys::receive(&self.socket, &mut io.input[..most]) {
            Ok(0) => self.peer_gone(false, io),
            Ok(n) => {
                self.more |= n == most;
                io.stats.octets_received += n as u64;
                self.transport.lend(|| io.buffers.lend());
                let fate = self.feed(n, io);
                io.buffers.give(self.transport.reclaim());
                fate
            }
            Err(error) => {
                self.more |= error.kind() == io::ErrorKind::Interrupted;
                self.broken(&error, io)
            }
        }
    }

    /// Passes what was received through the transport, writes what it wants to say, and delivers.
    fn feed(&mut self, n: usize, io: &mut Io) -> Fate {
        let mut out = std::mem::take(&mut io.output);
        out.clear();
        let progress = self.transport.receive(&mut io.input[..n], &mut out);
        let written = self.write_out(&out, io);
        io.output = out;
        match written {
            Fate::Keep => self.received(progress, io),
            Fate::Release => Fate::Release,
        }
    }

    /// What follows from octets that went through the transport.
    fn received(&mut self, progress: Result<regwire_tls::Progress, TlsError>, io: &mut Io) -> Fate {
        if self.phase == Phase::Handshaking && !self.transport.is_handshaking() {
            self.open(io);
        }
        if self.phase == Phase::Open && !self.halted {
            self.cut_frames(io);
        }
        match progress {
            Err(error) => self.tls_failed(&error, io),
            Ok(progress) if progress.peer_closed => self.peer_gone(true, io),
            Ok(_) if self.closing && self.phase == Phase::Open => self.drain(io),
            Ok(_) => Fate::Keep,
        }
    }

    /// Delivers the whole frames in the plaintext, and a violation after them.
    fn cut_frames(&mut self, io: &mut Io) {
        let plain = self.transport.plaintext();
        if plain.len() < self.needed.max(1) {
            self.frame_timer(false, io);
            return;
        }
        let (mut first, mut rest, mut end) = (None, Vec::new(), 0);
        let violation = loop {
            match self.framer.next(&plain[end..], self.frame_limit) {
                Step::More(needed) => {
                    self.needed = needed;
                    break None;
                }
                Step::Violation(violation) => break Some(violation),
                Step::Frame { payload, next } => {
                    let range = (end + payload.start) as u32..(end + payload.end) as u32;
                    if first.is_none() {
                        first = Some(range);
                    } else {
                        rest.push(range);
                    }
                    end += next;
                }
            }
        };
        if let Some(first) = first.clone() {
            io.stats.frames += 1 + rest.len() as u64;
            let chunk = Chunk::new(self.transport.take(end), first, rest);
            io.backlog.fetch_add(chunk.octets(), Ordering::Relaxed);
            if let Some(link) = &self.link {
                link.delivered(chunk.octets());
            }
            io.events.push_back(Event::Frames {
                session: self.id,
                chunk,
            });
            let idle = slot(TimerKind::Idle);
            if self.deadlines[idle] != NEVER {
                self.deadlines[idle] = self
                    .limits
                    .idle
                    .map_or(NEVER, |millis| io.now.after(millis));
            }
        }
        if let Some(violation) = violation {
            io.stats.violations += 1;
            // The octets stay: after an upgrade they are the other transport's.
            self.halted = true;
            io.events.push_back(Event::Violation {
                session: self.id,
                violation,
            });
        }
        self.frame_timer(first.is_some(), io);
    }

    /// The frame timer runs while a frame is incomplete, from its first octet.
    fn frame_timer(&mut self, progressed: bool, io: &Io) {
        let deadline = &mut self.deadlines[slot(TimerKind::Frame)];
        let partial = !self.transport.plaintext().is_empty() || !self.transport.at_boundary();
        if !partial || self.halted {
            *deadline = NEVER;
        } else if progressed || *deadline == NEVER {
            *deadline = self
                .limits
                .frame
                .map_or(NEVER, |millis| io.now.after(millis));
        }
    }

    /// The peer will send nothing more; it may still read.
    fn peer_gone(&mut self, announced: bool, io: &mut Io) -> Fate {
        self.eof = true;
        if self.phase != Phase::Open {
            let reason = if self.phase == Phase::Handshaking {
                Reason::Tls
            } else {
                Reason::Eof
            };
            self.tell_closed(
                reason,
                "the peer closed during the handshake".to_owned(),
                false,
                io,
            );
            return Fate::Release;
        }
        let whole = self.transport.plaintext().is_empty() && self.transport.at_boundary();
        let announced = announced || !self.transport.is_tls();
        let detail = match (announced, whole) {
            (true, true) => "",
            (false, true) => "no close_notify",
            (_, false) => "in the middle of a frame",
        };
        self.tell_closed(Reason::Eof, detail.to_owned(), announced && whole, io);
        let _ = self.transport.take(self.transport.plaintext().len());
        self.deadlines = [NEVER; 6];
        self.deadlines[END] = io.now.after(self.limits.drain);
        Fate::Keep
    }

    fn broken(&mut self, error: &io::Error, io: &mut Io) -> Fate {
        if matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
        ) {
            return Fate::Keep;
        }
        self.tell_closed(Reason::Reset, error.to_string(), false, io);
        Fate::Release
    }

    /// TLS failed: the alert is on its way or waits in the output; give the peer the time to read it.
    fn tls_failed(&mut self, error: &TlsError, io: &mut Io) -> Fate {
        self.halted = true;
        self.tell_closed(Reason::Tls, error.reason.clone(), false, io);
        if error.by_peer {
            return Fate::Release;
        }
        self.phase = Phase::Draining;
        self.deadlines = [NEVER; 6];
        self.deadlines[END] = io.now.after(self.limits.linger);
        self.finish_drain(io)
    }

    /// A broken connection that the poller reports although nobody wants to read: without this it would report for ever.
    fn hung_up(&mut self, io: &mut Io) -> Fate {
        if self.closed_told {
            return Fate::Release;
        }
        let _ = io.poller.remove(&self.socket);
        self.registered = false;
        Fate::Keep
    }

    fn drain(&mut self, io: &mut Io) -> Fate {
        self.phase = Phase::Draining;
        self.deadlines = [NEVER; 6];
        self.deadlines[END] = io.now.after(self.limits.drain);
        let fate = self.emit(io, |transport, out| {
            transport.close_notify(out);
            Ok(())
        });
        if fate == Fate::Release {
            fate
        } else {
            self.finish_drain(io)
        }
    }

    /// When everything is written, shuts our side and waits for the peer's end.
    fn finish_drain(&mut self, io: &mut Io) -> Fate {
        if self.phase != Phase::Draining || self.unsent.len() > 0 {
            return Fate::Keep;
        }
        if self.eof || sys::shutdown_write(&self.socket).is_err() {
            self.tell_closed(Reason::Local, String::new(), true, io);
            return Fate::Release;
        }
        self.phase = Phase::Lingering;
        self.deadlines[END] = io.now.after(self.limits.linger);
        Fate::Keep
    }

    /// Reads to no purpose while draining or lingering.
    fn discard(&mut self, io: &mut Io) -> Fate {
        match sys::receive(&self.socket, &mut io.input) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Fate::Keep
            }
            Ok(n) if n > 0 => Fate::Keep,
            Ok(_) if self.phase == Phase::Draining => {
                self.eof = true;
                Fate::Keep
            }
            result => {
                self.tell_closed(Reason::Local, String::new(), result.is_ok(), io);
                Fate::Release
            }
        }
    }

    /// Lets the transport produce output, and writes it: straight from the shared buffer when nothing waits.
    fn emit(
        &mut self,
        io: &mut Io,
        produce: impl FnOnce(&mut Transport, &mut Vec<u8>) -> Result<(), TlsError>,
    ) -> Fate {
        if self.unsent.len() > 0 {
            let result = produce(&mut self.transport, &mut self.unsent.octets);
            return result.map_or_else(|error| self.tls_failed(&error, io), |()| Fate::Keep);
        }
        let mut out = std::mem::take(&mut io.output);
        out.clear();
        let result = produce(&mut self.transport, &mut out);
        let fate = self.write_out(&out, io);
        io.output = out;
        match (fate, result) {
            (Fate::Keep, Err(error)) => self.tls_failed(&error, io),
            (fate, _) => fate,
        }
    }

    /// Writes `out` behind what waits already, and keeps what there is no room for.
    fn write_out(&mut self, out: &[u8], io: &mut Io) -> Fate {
        if out.is_empty() {
            return Fate::Keep;
        }
        if self.unsent.len() > 0 || self.phase == Phase::Connecting {
            self.unsent.octets.extend_from_slice(out);
            return Fate::Keep;
        }
        match write(&self.socket, out, &mut io.stats) {
            Ok(written) => {
                self.unsent.octets.extend_from_slice(&out[written..]);
                Fate::Keep
            }
            Err(error) => self.write_failed(&error, io),
        }
    }

    fn write_unsent(&mut self, io: &mut Io) -> Fate {
        match write(&self.socket, self.unsent.rest(), &mut io.stats) {
            Ok(written) => {
                self.unsent.advance(written);
                self.finish_drain(io)
            }
            Err(error) => self.write_failed(&error, io),
        }
    }

    /// A failed write does not end reading: frames that arrived before the reset are delivered first.
    fn write_failed(&mut self, error: &io::Error, io: &mut Io) -> Fate {
        self.unsent = Unsent::default();
        if self.phase == Phase::Open && !self.closed_told && !self.halted {
            self.deliver_rest(io);
        }
        self.tell_closed(Reason::Reset, error.to_string(), false, io);
        Fate::Release
    }

    /// Delivers the frames of a connection that cannot be written to: what was received, and what the kernel still holds, up
    /// to one step's worth.
    fn deliver_rest(&mut self, io: &mut Io) {
        if let Ok(n @ 1..) = sys::receive(&self.socket, &mut io.input) {
            io.stats.octets_received += n as u64;
            // Nothing can be sent any more: what the transport wants to say goes nowhere.
            let _ = self.transport.receive(&mut io.input[..n], &mut Vec::new());
        }
        self.cut_frames(io);
    }

    fn tell_closed(&mut self, reason: Reason, detail: String, clean: bool, io: &mut Io) {
        if self.closed_told {
            return;
        }
        self.closed_told = true;
        if !self.opened {
            io.stats.handshakes_failed += 1;
        }
        let closed = Closed {
            reason,
            detail,
            clean,
            opened: self.opened,
            address: self.address,
        };
        io.events.push_back(Event::Closed {
            session: self.id,
            closed,
        });
    }

    /// A timer of this session may have expired.
    pub(crate) fn expired(&mut self, io: &mut Io) -> Fate {
        self.armed = NEVER;
        if self.deadlines[END] <= io.now {
            self.tell_closed(
                Reason::Local,
                "the peer did not read or close in time".to_owned(),
                false,
                io,
            );
            return Fate::Release;
        }
        if self.deadlines[HANDSHAKE] <= io.now {
            let what = if self.phase == Phase::Connecting {
                "connecting"
            } else {
                "handshake"
            };
            self.tell_closed(Reason::Timeout, what.to_owned(), false, io);
            return Fate::Release;
        }
        for kind in TimerKind::ALL {
            if self.deadlines[slot(kind)] <= io.now {
                self.timer_expired(kind, io);
            }
        }
        Fate::Keep
    }

    fn timer_expired(&mut self, kind: TimerKind, io: &mut Io) {
        let (again, ours) = match kind {
            TimerKind::Frame => (self.limits.frame, self.paused || self.full || self.crowded),
            TimerKind::Idle => (self.limits.idle, self.paused),
            TimerKind::Login | TimerKind::Session => (None, false),
        };
        self.deadlines[slot(kind)] = again.map_or(NEVER, |millis| io.now.after(millis));
        // Time during which we did not read is not held against the peer.
        if !ours {
            io.stats.timers += 1;
            io.events.push_back(Event::Timer {
                session: self.id,
                kind,
            });
        }
    }

    fn may_read(&self) -> bool {
        match self.phase {
            Phase::Connecting => false,
            Phase::Draining | Phase::Lingering => !self.eof,
            Phase::Handshaking | Phase::Open => {
                let stopped = self.paused || self.full || self.crowded || self.starved;
                !(self.eof || self.halted || stopped)
            }
        }
    }

    /// After anything happened: totals, marks, what to wait for, when to look again.
    pub(crate) fn settle(&mut self, io: &mut Io) -> Fate {
        self.count(io);
        // Two reads: one that is being worked on, and one that waits.
        let most = 2 * io.limits.octets_per_session;
        self.crowded = self.link.as_ref().is_some_and(|link| link.is_crowded(most));
        if self.check_marks(io) == Fate::Release {
            return Fate::Release;
        }
        let interest = self.interest();
        let token = Source::Session(self.id).token();
        let changed = if !self.registered {
            // After a hang-up there is nothing to wait for until somebody wants to read again.
            if interest == self.interest && self.opened {
                Ok(())
            } else {
                self.register(interest, io)
            }
        } else if interest != self.interest || (self.more && interest.edge) {
            io.poller.modify(&self.socket, token, interest)
        } else {
            Ok(())
        };
        self.more = false;
        if let Err(error) = changed {
            return self.broken(&error, io);
        }
        self.interest = interest;
        let next = self.deadlines.iter().copied().min().unwrap_or(NEVER);
        if next < self.armed {
            self.armed = next;
            io.timers.add(next, Source::Session(self.id));
        }
        Fate::Keep
    }

    /// What to wait for. News are enough where a read takes all there is: in an open session that nothing holds up.
    fn interest(&self) -> Interest {
        let (read, write) = (
            self.may_read(),
            self.unsent.len() > 0 || self.phase == Phase::Connecting,
        );
        let edge = read && !write && self.phase == Phase::Open;
        Interest {
            read,
            write,
            end: edge || (self.starved && !self.gone),
            edge,
        }
    }

    fn register(&mut self, interest: Interest, io: &mut Io) -> io::Result<()> {
        io.poller
            .add(&self.socket, Source::Session(self.id).token(), interest)?;
        self.registered = true;
        Ok(())
    }

    fn count(&mut self, io: &mut Io) {
        let partial = self.transport.buffered();
        let unsent = self.unsent.len() + self.transport.held();
        if partial != self.counted_partial {
            io.stats.partial_octets =
                io.stats.partial_octets + partial as u64 - self.counted_partial as u64;
            self.counted_partial = partial;
        }
        if unsent != self.counted_unsent {
            io.stats.unsent_octets =
                io.stats.unsent_octets + unsent as u64 - self.counted_unsent as u64;
            self.counted_unsent = unsent;
            if let Some(link) = &self.link {
                link.set_unsent(unsent);
            }
        }
    }

    /// High- and low-water marks of this session, and the budget of all.
    fn check_marks(&mut self, io: &mut Io) -> Fate {
        let (unsent, total, budget) = (
            self.counted_unsent,
            io.stats.unsent_octets,
            io.limits.unsent_octets as u64,
        );
        let wanted = self.link.as_ref().is_some_and(|link| link.is_room_wanted());
        if unsent == 0 && !self.full && !wanted {
            return Fate::Keep;
        }
        if total > 2 * budget && unsent > self.limits.output_low {
            io.stats.output_drops += 1;
            self.tell_closed(
                Reason::Budget,
                format!("{unsent} octets unsent, {total} in all"),
                false,
                io,
            );
            return Fate::Release;
        }
        // An owner that waits for room takes no frames: reading on would only pile them up before it.
        let mark = if wanted {
            self.limits.output_low
        } else {
            self.limits.output_high
        };
        if !self.full && unsent > 0 && (unsent > mark || total > budget) {
            self.full = true;
            io.stats.output_stops += 1;
        } else if (self.full || wanted)
            && unsent <= self.limits.output_low
            && (total <= budget || unsent == 0)
        {
            self.full = false;
            if let Some(link) = &self.link {
                link.room_told();
            }
            if self.phase == Phase::Open && !self.closed_told {
                io.events.push_back(Event::Writable { session: self.id });
            }
        }
        Fate::Keep
    }

    /// The end: what this session took of everything is given back, and its owner knows.
    pub(crate) fn release(mut self, io: &mut Io) {
        self.tell_closed(Reason::Local, String::new(), false, io);
        if self.registered {
            let _ = io.poller.remove(&self.socket);
        }
        io.stats.partial_octets -= self.counted_partial as u64;
        io.stats.unsent_octets -= self.counted_unsent as u64;
        io.stats.closed += 1;
        if let Some(link) = &self.link {
            link.set_unsent(0);
        }
    }
}
