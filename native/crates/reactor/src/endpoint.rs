//! A datagram socket: what arrives is delivered in batches, what leaves is sent in batches.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;

use regwire_framing::Side;
use regwire_framing::lwz::Header;
use regwire_sys::{self as sys, Departure, Inbox, Interest, Local};

use crate::command::Datagrams;
use crate::event::Event;
use crate::io::Io;
use crate::prefixes::Prefixes;
use crate::source::{EndpointId, Source};

/// Datagrams in one piece of memory, in order: those that arrived together, or those to be sent together.
#[derive(Debug, Default)]
pub struct Batch {
    data: Vec<u8>,
    entries: Vec<Entry>,
    taken: usize,
}

#[derive(Debug)]
struct Entry {
    end: usize,
    peer: Option<SocketAddr>,
    local: Option<Local>,
    truncated: bool,
}

/// One datagram of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Its octets.
    pub octets: &'a [u8],
    /// The other end; `None`: whom the socket is connected to.
    pub peer: Option<SocketAddr>,
    /// This end, on a socket that has several addresses.
    pub local: Option<Local>,
    /// It was longer.
    pub truncated: bool,
}

impl Batch {
    fn in_buffer(data: Vec<u8>) -> Self {
        Self {
            data,
            ..Self::default()
        }
    }

    /// Where the next datagram's octets are appended; then [`end`](Self::end).
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    /// What was appended since the last one is a datagram.
    pub fn end(&mut self, peer: Option<SocketAddr>, local: Option<Local>) {
        self.push(peer, local, false);
    }

    fn push(&mut self, peer: Option<SocketAddr>, local: Option<Local>, truncated: bool) {
        self.entries.push(Entry {
            end: self.data.len(),
            peer,
            local,
            truncated,
        });
    }

    fn get(&self, at: usize) -> Option<Datagram<'_>> {
        let entry = self.entries.get(at)?;
        let start = at
            .checked_sub(1)
            .map_or(0, |before| self.entries[before].end);
        Some(Datagram {
            octets: &self.data[start..entry.end],
            peer: entry.peer,
            local: entry.local,
            truncated: entry.truncated,
        })
    }

    /// The next datagram that was not taken.
    pub fn next_datagram(&mut self) -> Option<Datagram<'_>> {
        self.taken += 1;
        self.get(self.taken - 1)
    }

    /// Datagrams not taken yet.
    pub fn remaining(&self) -> usize {
        self.entries.len().saturating_sub(self.taken)
    }

    /// Octets of all of them.
    pub fn octets(&self) -> usize {
        self.data.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets them, and keeps the room.
    pub fn clear(&mut self) {
        self.data.clear();
        self.entries.clear();
        self.taken = 0;
    }

    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.data
    }
}

pub(crate) struct Endpoint {
    id: EndpointId,
    socket: OwnedFd,
    side: Side,
    inbox: Inbox,
    prefixes: Option<Prefixes>,
}

impl Endpoint {
    pub(crate) fn new(id: EndpointId, datagrams: Datagrams, io: &Io) -> io::Result<Self> {
        let Datagrams {
            socket,
            side,
            limits,
        } = datagrams;
        sys::prepare_datagram(&socket)?;
        io.poller
            .add(&socket, Source::Endpoint(id).token(), Interest::READ)?;
        let prefixes = match side {
            Side::Server => Prefixes::new(&limits),
            // A client hears from whom it asked.
            Side::Client => None,
        };
        Ok(Self {
            id,
            socket,
            side,
            inbox: Inbox::new(limits.request_octets),
            prefixes,
        })
    }

    /// Receives one batch; the poller tells of what is left.
    pub(crate) fn receive(&mut self, io: &mut Io) {
        let mut batch = Batch::in_buffer(io.buffers.lend());
        let (stats, now) = (&mut io.stats, io.now);
        stats.receives += 1;
        let (side, prefixes) = (self.side, &mut self.prefixes);
        // An error is another datagram's, or there was none: what can be read is read at the next turn.
        let _ = self.inbox.receive(&self.socket, |arrival| {
            stats.datagrams += 1;
            stats.octets_received += arrival.octets.len() as u64;
            let header = Header(arrival.octets.first().copied().unwrap_or(0));
            if side == Side::Server && header.is_response() {
                // Answering could go round for ever between two servers.
                stats.datagrams_misdirected += 1;
                return;
            }
            if let Some(prefixes) = prefixes
                && !prefixes.admit(arrival.peer.ip(), now)
            {
                stats.datagrams_limited += 1;
                return;
            }
            batch.data.extend_from_slice(arrival.octets);
            batch.push(Some(arrival.peer), arrival.local, arrival.truncated);
        });
        if batch.is_empty() {
            io.buffers.give(batch.into_buffer());
            return;
        }
        io.backlog.fetch_add(batch.octets(), Ordering::Relaxed);
        io.events.push_back(Event::Datagrams {
            endpoint: self.id,
            batch,
        });
    }

    /// Sends what there is room for; the rest is lost, as datagrams may be.
    pub(crate) fn send(&self, batch: &Batch, io: &mut Io) {
        let departures = (0..batch.entries.len()).filter_map(|at| batch.get(at));
        let sent = sys::send_datagrams(
            &self.socket,
            departures.map(|datagram| Departure {
                octets: datagram.octets,
                peer: datagram.peer,
                local: datagram.local,
            }),
        );
        io.stats.datagrams_sent += sent as u64;
        io.stats.datagrams_unsent += (batch.entries.len() - sent) as u64;
    }

    pub(crate) fn stop(self, io: &Io) {
        let _ = io.poller.remove(&self.socket);
    }
}
