//! What an owner may ask of the reactor; as values, so that they can go to another thread.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use regwire_framing::{Framing, Side};
use regwire_tls::{ServerTls, Transport};

use crate::endpoint::Batch;
use crate::event::TimerKind;
use crate::limits::{DatagramLimits, SessionLimits};
use crate::source::{EndpointId, ListenerId, SessionId};

/// A listening socket and what its sessions are like.
#[derive(Debug)]
pub struct Listen {
    /// Bound and listening.
    pub socket: OwnedFd,
    /// How its streams are cut.
    pub framing: Framing,
    /// `None`: plain.
    pub tls: Option<ServerTls>,
    /// Limits of its sessions.
    pub limits: Arc<SessionLimits>,
}

/// A connected or connecting socket that becomes a session.
pub struct Attach {
    /// The socket; the reactor owns it from now on.
    pub socket: OwnedFd,
    /// How its stream is cut.
    pub framing: Framing,
    /// Plain or TLS, of either side.
    pub transport: Transport,
    /// Limits of the session.
    pub limits: Arc<SessionLimits>,
}

/// A datagram socket.
#[derive(Debug)]
pub struct Datagrams {
    /// Bound, or connected.
    pub socket: OwnedFd,
    /// Whether requests come in, or responses.
    pub side: Side,
    /// Its limits.
    pub limits: Arc<DatagramLimits>,
}

/// One request. Those for a session that is gone do nothing.
pub enum Command {
    /// Accept connections; answers with the listener's number.
    Listen(Box<Listen>, SyncSender<io::Result<ListenerId>>),
    /// Take over a socket; answers with the session's number.
    Attach(Box<Attach>, SyncSender<io::Result<SessionId>>),
    /// Receive datagrams; answers with the endpoint's number.
    Endpoint(Box<Datagrams>, SyncSender<io::Result<EndpointId>>),
    /// Send datagrams.
    SendDatagrams(EndpointId, Batch),
    /// Close a datagram socket.
    CloseEndpoint(EndpointId),
    /// Write these octets, framed already.
    Send(SessionId, Vec<u8>),
    /// Close; with `drain` after what was sent is written, and with a goodbye.
    Close(SessionId, bool),
    /// The owner has seen the end of this session: what it still wanted to send has been sent.
    Reap(SessionId),
    /// See [`Link::want_room`](crate::Link::want_room).
    Check(SessionId),
    /// Longest frame from now on.
    SetLimit(SessionId, usize),
    /// Restart a timer with this many milliseconds, or stop it.
    SetTimer(SessionId, TimerKind, Option<u64>),
    /// Stop reading.
    Pause(SessionId),
    /// Read again.
    Resume(SessionId),
    /// From plain to the given transport; the octets were delivered as frames, but belong to it.
    Upgrade(SessionId, Box<Transport>, Vec<u8>),
    /// Accept no more; sessions stay.
    StopAccepting(ListenerId),
    /// Close everything at once.
    Shutdown,
}
