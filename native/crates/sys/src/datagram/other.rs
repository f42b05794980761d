//! Other systems: one datagram a call, and no address that was asked.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use rustix::net::{self, RecvFlags, SendFlags};

use super::{Arrival, BATCH, Departure};

/// Where datagrams are received; used again for every call.
pub struct Inbox {
    room: Vec<u8>,
    each: usize,
}

impl Inbox {
    /// An inbox for datagrams of at most so many octets; the rest of longer ones is cut off.
    pub fn new(each: usize) -> Self {
        Self {
            // One more, by which a longer one is recognized.
            room: vec![0; each + 1],
            each,
        }
    }

    /// Octets of room for each datagram.
    pub fn each(&self) -> usize {
        self.each
    }

    /// Receives what is there, at most [`BATCH`]; the number of datagrams, those from no internet address included.
    pub fn receive(
        &mut self,
        socket: impl AsFd,
        mut deliver: impl FnMut(Arrival<'_>),
    ) -> io::Result<usize> {
        for count in 0..BATCH {
            let received = net::recvfrom(&socket, &mut self.room[..], RecvFlags::DONTWAIT);
            let (length, _, name) = match received {
                Ok(received) => received,
                Err(_) if count > 0 => return Ok(count),
                Err(error) => return Err(error.into()),
            };
            let Some(peer) = name.and_then(|name| SocketAddr::try_from(name).ok()) else {
                continue;
            };
            deliver(Arrival {
                octets: &self.room[..length.min(self.each)],
                peer,
                local: None,
                truncated: length > self.each,
            });
        }
        Ok(BATCH)
    }
}

/// Sends datagrams in order; how many were taken by the kernel. One that cannot be sent is left out; when there is no room
/// for any, so are the others.
pub fn send_datagrams<'a>(
    socket: impl AsFd,
    departures: impl IntoIterator<Item = Departure<'a>>,
) -> usize {
    let mut sent = 0;
    for departure in departures {
        let result = match departure.peer {
            Some(peer) => net::sendto(&socket, departure.octets, SendFlags::DONTWAIT, &peer),
            None => net::send(&socket, departure.octets, SendFlags::DONTWAIT),
        };
        match result.map_err(io::Error::from) {
            Ok(_) => sent += 1,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return sent,
            Err(_) => {}
        }
    }
    sent
}

/// Addresses that were asked are told on Linux only; elsewhere a server binds each of its addresses.
#[allow(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
pub(super) fn tell_local(_socket: impl AsFd, _bound: SocketAddr) -> io::Result<()> {
    Ok(())
}
