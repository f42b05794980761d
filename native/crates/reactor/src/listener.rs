//! Accepting connections, and not accepting them.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use regwire_framing::Framing;
use regwire_sys::{self as sys, Interest};
use regwire_tls::{ServerTls, Transport};

use crate::command::Listen;
use crate::io::Io;
use crate::limits::SessionLimits;
use crate::session::Origin;
use crate::source::{ListenerId, Source};

/// Sessions by address.
#[derive(Default)]
pub(crate) struct Addresses(HashMap<IpAddr, usize>);

impl Addresses {
    /// Counts one in, unless there are `limit` already.
    fn enter(&mut self, address: IpAddr, limit: usize) -> bool {
        let count = self.0.entry(address).or_insert(0);
        if *count >= limit {
            return false;
        }
        *count += 1;
        true
    }

    /// Counts one out.
    pub(crate) fn leave(&mut self, address: IpAddr) {
        if let Some(count) = self.0.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&address);
            }
        }
    }
}

pub(crate) struct Listener {
    id: ListenerId,
    socket: OwnedFd,
    framing: Framing,
    tls: Option<ServerTls>,
    limits: Arc<SessionLimits>,
    /// The pause after the next failure, doubled with each in a row; `None` when the last accept worked.
    back_off: Option<u64>,
}

/// How many times the first pause the longest one is.
const LONGEST_BACK_OFF: u64 = 32;

impl Listener {
    pub(crate) fn new(id: ListenerId, listen: Listen, io: &Io) -> io::Result<Self> {
        sys::set_nonblocking(&listen.socket)?;
        io.poller
            .add(&listen.socket, Source::Listener(id).token(), Interest::READ)?;
        let Listen {
            socket,
            framing,
            tls,
            limits,
        } = listen;
        Ok(Self {
            id,
            socket,
            framing,
            tls,
            limits,
            back_off: None,
        })
    }

    /// The next connection that may become a session; `None` when there is none, or it must wait.
    pub(crate) fn accept(
        &mut self,
        sessions: usize,
        addresses: &mut Addresses,
        io: &mut Io,
    ) -> Option<Origin> {
        let accepted = match sys::accept(&self.socket) {
            Ok(accepted) => accepted,
            Err(error) => {
                self.failed(&error, io);
                return None;
            }
        };
        self.back_off = None;
        io.stats.accepted += 1;
        if sessions >= io.limits.sessions {
            io.stats.refused_sessions += 1;
            return None;
        }
        if let Some(address) = accepted.address
            && !addresses.enter(address.ip(), io.limits.sessions_per_address)
        {
            io.stats.refused_address += 1;
            return None;
        }
        let transport = match self.tls.as_ref().map(Transport::server) {
            Some(Ok(transport)) => transport,
            Some(Err(_)) => {
                if let Some(address) = accepted.address {
                    addresses.leave(address.ip());
                }
                return None;
            }
            None => Transport::plain(),
        };
        Some(Origin {
            socket: accepted.socket,
            address: accepted.address,
            listener: Some(self.id),
            transport,
            framing: self.framing,
            limits: self.limits.clone(),
        })
    }

    /// Out of descriptors or memory: the connection stays in the queue, and asking again at once would only spin.
    fn failed(&mut self, error: &io::Error, io: &mut Io) {
        if matches!(
            error.kind(),
            io::ErrorKind::WouldBlock
                | io::ErrorKind::Interrupted
                | io::ErrorKind::ConnectionAborted
        ) {
            return;
        }
        let first = io.limits.accept_back_off;
        let pause = self
            .back_off
            .map_or(first, |last| (last * 2).min(first * LONGEST_BACK_OFF));
        self.back_off = Some(pause);
        io.stats.accept_back_offs += 1;
        let token = Source::Listener(self.id).token();
        if io
            .poller
            .modify(&self.socket, token, Interest::default())
            .is_ok()
        {
            io.timers
                .add(io.now.after(pause), Source::Listener(self.id));
        }
    }

    /// The pause is over.
    pub(crate) fn resume(&self, io: &Io) {
        let _ = io.poller.modify(
            &self.socket,
            Source::Listener(self.id).token(),
            Interest::READ,
        );
    }

    pub(crate) fn stop(self, io: &Io) {
        let _ = io.poller.remove(&self.socket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_and_gives_it_back() {
        let (mut addresses, here) = (Addresses::default(), IpAddr::from([127, 0, 0, 1]));
        assert!(addresses.enter(here, 2) && addresses.enter(here, 2));
        assert!(!addresses.enter(here, 2));
        addresses.leave(here);
        assert!(addresses.enter(here, 2));
        assert!(addresses.enter(IpAddr::from([127, 0, 0, 2]), 1));
        addresses.leave(here);
        addresses.leave(here);
        assert!(!addresses.0.contains_key(&here));
    }
}
