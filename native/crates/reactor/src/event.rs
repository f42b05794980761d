//! What the reactor tells its owner.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use regwire_framing::Violation;
use regwire_tls::TlsPeer;

use crate::endpoint::Batch;
use crate::source::{EndpointId, ListenerId, SessionId};

/// Something that happened. Within a session, in the order of the wire.
#[derive(Debug)]
pub enum Event {
    /// A session can be talked to: connected, and its handshake done. Again after an upgrade.
    Opened {
        /// Which session.
        session: SessionId,
        /// Where it was accepted; `None` for one that was attached.
        listener: Option<ListenerId>,
        /// What is known and shared of it.
        link: std::sync::Arc<Link>,
    },
    /// Whole frames.
    Frames {
        /// Which session.
        session: SessionId,
        /// The frames.
        chunk: Chunk,
    },
    /// A frame header that ends the conversation. Nothing more is read; the owner closes.
    Violation {
        /// Which session.
        session: SessionId,
        /// What is wrong.
        violation: Violation,
    },
    /// A timer expired. The reactor does nothing else about it.
    Timer {
        /// Which session.
        session: SessionId,
        /// Which timer.
        kind: TimerKind,
    },
    /// Output fell below the low-water mark after it was above the high one, or the owner wanted to know.
    Writable {
        /// Which session.
        session: SessionId,
    },
    /// The last event of a session.
    Closed {
        /// Which session.
        session: SessionId,
        /// How it ended.
        closed: Closed,
    },
    /// Datagrams arrived.
    Datagrams {
        /// At which socket.
        endpoint: EndpointId,
        /// The datagrams.
        batch: Batch,
    },
}

impl Event {
    /// Whose event it is; that of datagrams is no session's, and gets the number that none has.
    pub fn session(&self) -> SessionId {
        match self {
            Self::Opened { session, .. }
            | Self::Frames { session, .. }
            | Self::Violation { session, .. }
            | Self::Timer { session, .. }
            | Self::Writable { session }
            | Self::Closed { session, .. } => *session,
            Self::Datagrams { .. } => SessionId(0),
        }
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The kind of end.
    pub reason: Reason,
    /// More of it, for a log line.
    pub detail: String,
    /// The end was announced (`close_notify`; for plain, an end of file between frames) and cut no frame in two.
    pub clean: bool,
    /// Whether there was an [`Event::Opened`] before.
    pub opened: bool,
    /// The other end.
    pub address: Option<SocketAddr>,
}

/// Kinds of ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The peer closed.
    Eof,
    /// The connection broke.
    Reset,
    /// It could not be connected.
    Connect,
    /// TLS failed.
    Tls,
    /// Connecting or the handshake took too long.
    Timeout,
    /// The owner closed it.
    Local,
    /// Too much output waited, here and everywhere.
    Budget,
}

impl Reason {
    /// Its name for Python and for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eof => "eof",
            Self::Reset => "reset",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Local => "local",
            Self::Budget => "budget",
        }
    }
}

/// Timers of a session that its owner may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerKind {
    /// From the open session until somebody logged in.
    Login,
    /// From the first octet of a frame to its last.
    Frame,
    /// Between two frames.
    Idle,
    /// The whole session.
    Session,
}

impl TimerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Login, Self::Frame, Self::Idle, Self::Session];

    /// Its name for Python and for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Frame => "frame",
            Self::Idle => "idle",
            Self::Session => "session",
        }
    }
}

/// Whole frames of one session that arrived together. Holds the octets of the wire.
#[derive(Debug, Default)]
pub struct Chunk {
    data: Vec<u8>,
    /// The payload of the first frame; nearly always the only one, so that no list is needed.
    first: Range<u32>,
    rest: Vec<Range<u32>>,
    taken: usize,
    /// Where the frame after the last one taken starts: a frame ends with its payload.
    position: usize,
}

impl Chunk {
    pub(crate) fn new(data: Vec<u8>, first: Range<u32>, rest: Vec<Range<u32>>) -> Self {
        Self {
            data,
            first,
            rest,
            taken: 0,
            position: 0,
        }
    }

    /// Octets it holds.
    pub fn octets(&self) -> usize {
        self.data.len()
    }

    /// Frames not taken yet.
    pub fn remaining(&self) -> usize {
        1 + self.rest.len() - self.taken
    }

    /// The payload of the next frame.
    pub fn next_frame(&mut self) -> Option<&[u8]> {
        let range = if self.taken == 0 {
            &self.first
        } else {
            self.rest.get(self.taken - 1)?
        };
        let range = range.start as usize..range.end as usize;
        self.taken += 1;
        self.position = range.end;
        Some(&self.data[range])
    }

    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.data
    }

    /// The octets of the frames not taken, as they were on the wire.
    pub fn into_untaken(mut self) -> Vec<u8> {
        self.data.drain(..self.position);
        self.data
    }
}

/// Who is at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address; `None` for a local socket.
    pub address: Option<SocketAddr>,
    /// What TLS knows of it; `None` for plain.
    pub tls: Option<TlsPeer>,
}

/// What reactor and owner share of an open session.
#[derive(Debug, Default)]
pub struct Link {
    /// Who is at the other end.
    pub peer: Peer,
    unsent: AtomicUsize,
    /// Octets on their way to the reactor.
    handed_over: AtomicUsize,
    wanted: AtomicBool,
    /// Octets of frames delivered and not yet taken.
    untaken: AtomicUsize,
    /// The reactor does not read because of them.
    crowded: AtomicBool,
}

impl Link {
    pub(crate) fn new(peer: Peer) -> Self {
        Self {
            peer,
            unsent: AtomicUsize::new(0),
            handed_over: AtomicUsize::new(0),
            wanted: AtomicBool::new(false),
            untaken: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
        }
    }

    /// Octets of output handed to the reactor and not yet written.
    pub fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Relaxed) + self.handed_over.load(Ordering::Relaxed)
    }

    /// Octets are on their way in a [`Command::Send`](crate::Command::Send), which counts them down again.
    pub fn hand_over(&self, octets: usize) {
        self.handed_over.fetch_add(octets, Ordering::Relaxed);
    }

    pub(crate) fn arrived(&self, octets: usize) {
        // A session whose owner did not count them has nothing to count down.
        let counted = self.handed_over.load(Ordering::Relaxed).min(octets);
        self.handed_over.fetch_sub(counted, Ordering::Relaxed);
    }

    /// The owner will not make more output before it is told that the session is [`Writable`](Event::Writable). A
    /// [`Command::Check`](crate::Command::Check) must follow, for the case that it is already.
    pub fn want_room(&self) {
        self.wanted.store(true, Ordering::Release);
    }

    pub(crate) fn is_room_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    pub(crate) fn room_told(&self) {
        self.wanted.store(false, Ordering::Release);
    }

    pub(crate) fn delivered(&self, octets: usize) {
        self.untaken.fetch_add(octets, Ordering::AcqRel);
    }

    /// The owner has taken (not only put aside) a chunk of this many octets. True: a
    /// [`Command::Check`](crate::Command::Check) makes the reactor read on.
    #[must_use]
    pub fn taken(&self, octets: usize) -> bool {
        let before = self.untaken.fetch_sub(octets, Ordering::AcqRel);
        before == octets && self.crowded.swap(false, Ordering::AcqRel)
    }

    /// Whether more than `most` octets are untaken; the owner is then asked to tell when all are taken.
    pub(crate) fn is_crowded(&self, most: usize) -> bool {
        if self.untaken.load(Ordering::Acquire) <= most {
            return false;
        }
        self.crowded.store(true, Ordering::Release);
        // It may have taken everything just before it was asked.
        self.untaken.load(Ordering::Acquire) > 0 || !self.crowded.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn set_unsent(&self, octets: usize) {
        self.unsent.store(octets, Ordering::Relaxed);
    }
}
